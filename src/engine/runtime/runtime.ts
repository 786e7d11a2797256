import type { Graph, Value } from "../graph/graph";
import type { Tensor } from "../tensor";

/** How a runtime is opened. */
export interface RuntimeOptions {
  /** As many threads as the runtime likes where absent. */
  readonly threads?: number | undefined;
  /** Which GPU, as its driver counts from 0; the first where absent. */
  readonly gpu?: number | undefined;
  /** True lets a GPU round the factors of float32 products to 10 bits of mantissa (TF32): faster, and off by 1e-3. */
  readonly tf32?: boolean | undefined;
  /** Where libtensorflow lies, a file or a folder; looked for where absent. */
  readonly libtensorflow?: string | undefined;
}

/** Something that runs graphs. A new runtime is one file that exports this, and one line in runtimes.ts. */
export interface Runtime {
  /** "onnxruntime", "tfjs" ... */
  readonly name: string;
  /** "cpu", "webgpu", "cuda" ... */
  readonly device: string;
  readonly version: string;
  /** Name of the GPU that computes, where the runtime tells it. */
  readonly hardware?: string;
  /** Makes a graph ready to run; its weights are held until the session is closed. */
  open(graph: Graph): Promise<Session>;
}

/** A graph that is ready to run. */
export interface Session {
  /**
   * One forward pass.
   * @param feeds a tensor for every graph input.
   * @param fetches graph outputs to hand back.
   */
  run(feeds: Readonly<Record<Value, Tensor>>, fetches: readonly Value[]): Promise<Record<Value, Tensor>>;
  /** Lets go of the weights. */
  close(): Promise<void>;
}
