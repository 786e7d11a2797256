import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";

/** A short convolution of every channel by itself. */
export interface CausalConvolution {
  /** [channels, 1, kernel] */
  readonly weight: TensorReference;
  readonly bias: TensorReference | undefined;
}

/** Each position with those right before it: x [batch, sequence, channels] to the same shape. */
export function causalConvolution(g: GraphBuilder, x: Value, { weight, bias }: CausalConvolution): Value {
  const [channels, , kernel] = weight.shape as [number, number, number];
  const length = g.sequenceLength(x);
  const byPlace = g.op("Transpose", [g.op("Reshape", [g.weight(weight), g.ints([channels, kernel])])], { perm: { ints: [1, 0] } });
  const taps = g.ops("Split", [byPlace], { axis: { int: 0 }, num_outputs: { int: kernel } }, kernel);
  const padded = g.op("Pad", [x, g.ints([0, kernel - 1, 0, 0, 0, 0])]);
  const terms = taps.map((tap, place) => g.multiply(g.op("Slice", [padded, g.ints([place]), g.add(length, g.ints([place])), g.ints([1])]), tap));
  const sum = terms.reduce((before, term) => g.add(before, term));
  return bias ? g.add(sum, g.weight(bias)) : sum;
}
