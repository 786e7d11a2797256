import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";

/**
 * Every channel's convolution with a filter as long as the sequence: y_t is the sum of filter_s * x_(t - s) over s from 0 to t.
 * Both are taken apart into waves over twice the length, so that nothing runs round its end, as products with two matrices [sequence, sequence]: a filter
 * written out as a matrix would take one for each channel. Waves of odd half-frequencies are chosen, since all of them count alike.
 * @param x [batch, sequence, channels]
 * @param filter [sequence, channels]
 */
export function longConvolution(g: GraphBuilder, x: Value, filter: Value): Value {
  const [cosines, sines] = waves(g, x);
  const apart = (value: Value): [Value, Value] => [g.op("MatMul", [cosines, value]), g.op("MatMul", [sines, value])];
  const [x0, x1] = apart(x);
  const [filter0, filter1] = apart(filter);
  const even = g.op("Sub", [g.multiply(x0, filter0), g.multiply(x1, filter1)]);
  const odd = g.add(g.multiply(x0, filter1), g.multiply(x1, filter0));
  const together = (matrix: Value, value: Value): Value => g.op("MatMul", [g.op("Transpose", [matrix], { perm: { ints: [1, 0] } }), value]);
  return g.op("Div", [g.add(together(cosines, even), together(sines, odd)), g.toFloat(g.sequenceLength(x))]);
}

/** cos and sin of pi * (2 f + 1) * t / (2 * length) for wave f and position t, each [sequence, sequence]; whole turns are taken off while numbers are whole. */
function waves(g: GraphBuilder, x: Value): [Value, Value] {
  const length = g.sequenceLength(x);
  const positions = g.op("Range", [g.int(0), g.op("Squeeze", [length]), g.int(1)]);
  const doubled = g.op("Unsqueeze", [g.add(g.multiply(positions, g.int(2)), g.int(1)), g.ints([1])]);
  const turn = g.multiply(length, g.int(4));
  const steps = g.op("Mod", [g.multiply(doubled, positions), turn]);
  const angles = g.op("Div", [g.multiply(g.toDouble(steps), g.doubles("two_pi", [], () => Float64Array.of(2 * Math.PI))), g.toDouble(turn)]);
  return [g.toFloat(g.op("Cos", [angles])), g.toFloat(g.op("Sin", [angles]))];
}
