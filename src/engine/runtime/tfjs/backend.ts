/** A backend of tfjs-core that is registered and initialised: what the interpreter has to know of it. */
export interface TfjsBackend {
  /** "tensorflow", "wasm", "cpu": the runtime's device, and the name under which tfjs-core knows the backend. */
  readonly device: string;
  /** Version of what does the arithmetic: libtensorflow's, else that of tfjs. */
  readonly version: string;
  /** Name of the GPU that computes; absent where the processor does. */
  readonly hardware?: string;
  /** Most bytes that all tensors together may take; absent where only the machine's memory limits them. */
  readonly memoryLimit?: number;
  /** True where sums run in float32 from one end to the other, so that long ones must be cut into blocks. */
  readonly naiveSums?: boolean;
  /** True where a product with a transposed right side is so slow that its weights are better transposed once. */
  readonly slowTransposeB?: boolean;
  /** True where several products at once are so much slower than one that they are better done one after the other. */
  readonly slowBatches?: boolean;
}
