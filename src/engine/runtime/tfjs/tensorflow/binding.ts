import type { TFJSBinding } from "@tensorflow/tfjs-node-gpu/dist/tfjs_binding";

/** An attribute of an op. */
export interface OpAttribute {
  readonly name: string;
  /** One of the binding's TF_ATTR_*. */
  readonly type: number;
  readonly value: string | number | boolean | readonly number[] | readonly boolean[];
}

/** An output of an op. */
export interface TensorMetadata {
  /** Under which the binding keeps it. */
  readonly id: number;
  readonly shape: number[];
  /** One of the binding's TF_*. */
  readonly dtype: number;
}

/** Values of a tensor, row-major: complex64 as pairs of float32, bool as bytes, int64 as BigInt64Array. */
export type TensorData = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/**
 * What the kernels of TensorFlow.js want from a TensorFlow: tensors by id, and ops by name. TFJSBinding of @tensorflow/tfjs-node-gpu, without two classes
 * that it names and no addon has, and with int64 as addons hand it out.
 */
export interface Binding extends Omit<TFJSBinding, "TensorMetadata" | "TFEOpAttr" | "executeOp" | "runSavedModel" | "tensorDataSync"> {
  /** @throws where the op fails. */
  executeOp(name: string, attributes: readonly OpAttribute[], inputIds: readonly number[], outputCount: number): TensorMetadata[];
  runSavedModel(id: number, inputIds: readonly number[], inputNames: string, outputNames: string): TensorMetadata[];
  tensorDataSync(id: number): TensorData;
}

/** A TensorFlow that is loaded and has its devices open. */
export interface Tensorflow {
  readonly binding: Binding;
  /** Name of the GPU that computes; absent where the processor does. */
  readonly hardware?: string;
}
