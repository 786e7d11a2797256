import type { TensorReference } from "./checkpoint";
import { contiguousStrides, isContiguous } from "./strides";

/**
 * The same bytes with the axes in another order: axis i of the outcome is axis `axes[i]` of the tensor. Nothing is copied.
 * @param tensor whose elements stand one after another.
 */
export function permuted(tensor: TensorReference, axes: readonly number[]): TensorReference {
  const stored = contiguousStrides(tensor.shape);
  const shape = axes.map((axis) => tensor.shape[axis]!);
  const strides = axes.map((axis) => stored[axis]!);
  return isContiguous(shape, strides) ? { ...tensor, shape } : { ...tensor, shape, encoding: { kind: "strided", strides } };
}

/** The kernel of a dense layer or of a convolution, of which JAX and TensorFlow store [places ..., in, out], as PyTorch has it: [out, in, places ...]. */
export function outputsFirst(kernel: TensorReference): TensorReference {
  const last = kernel.shape.length - 1;
  const places = Array.from({ length: last - 1 }, (_, place) => place);
  return last < 1 ? kernel : permuted(kernel, [last, last - 1, ...places]);
}
