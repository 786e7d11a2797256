import { outSize, type GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Activation } from "./activation";
import { causalConvolution } from "./causal-convolution";
import { selectiveScan } from "./selective-scan";
import { any, type Weights } from "./weights";

/**
 * What a Mamba block does in place of attention (arXiv 2312.00752, Section 3.4): x [batch, sequence, width] to the same shape.
 * @param names the mixer's tensors; `in_proj` may come from others that share it.
 */
export function mambaMixer(g: GraphBuilder, x: Value, names: Weights, width: number, act: Activation, shared: Weights = names): Value {
  const into = shared.linear("in_proj", width, any);
  const channels = outSize(into) / 2;
  const rates = names.tensor("A_log", [channels, any]);
  const states = rates.shape[1]!;
  const toStep = names.linear("dt_proj", any, channels);
  const rank = toStep.weight.shape[1]!;
  const [inner, gate] = g.ops("Split", [g.project(x, into)], { axis: { int: 2 }, num_outputs: { int: 2 } }, 2) as [Value, Value];
  const mixed = act(g, causalConvolution(g, inner, { weight: names.tensor("conv1d.weight", [channels, 1, any]), bias: names.optional("conv1d.bias", [channels]) }));
  const selected = g.project(mixed, names.linear("x_proj", channels, rank + 2 * states));
  const [lowRank, entries, reads] = g.ops("Split", [selected, g.ints([rank, states, states])], { axis: { int: 2 } }, 3) as [Value, Value, Value];
  const scanned = selectiveScan(g, {
    channels,
    states,
    steps: g.op("Softplus", [g.project(lowRank, toStep)]),
    inputs: mixed,
    entries,
    reads,
    rates: g.op("Transpose", [g.op("Neg", [g.op("Exp", [g.weight(rates)])])], { perm: { ints: [1, 0] } }),
  });
  const passed = g.add(scanned, g.multiply(mixed, g.weight(names.tensor("D", [channels]))));
  return g.project(g.multiply(passed, act(g, gate)), shared.linear("out_proj", channels, width));
}
