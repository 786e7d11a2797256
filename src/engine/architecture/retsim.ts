import type { GraphBuilder, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Family, type Stage } from "./architecture";
import { elementWiseIn } from "./element-wise-in";
import { gatedAttentionUnit } from "./gated-attention-unit";
import { any, holds, type Weights } from "./weights";

const marker = "gau_layers.0.proj1.weight";

/** Not in the checkpoint. */
const eps = 1e-6;

/** Exponent of the mean over positions. */
const exponent = 3;

/** Slowest of the waves that tell positions apart has a period of this many times 2 pi. */
const longestPeriod = 10_000;

/** RETSim (arXiv 2311.17264): an embedding of text that finds near duplicates and reads code points by their bits. A norm has one gain for all of its channels. */
export const retsim: Family = {
  name: "retsim",
  modelTypes: ["retsim"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "gau_layers.0.positional_encoding.a"),
  build: (weights) => build(weights.within(marker)),
};

function build(weights: Weights): Architecture {
  const start = weights.linear("encoder_start", any, any);
  const [width, bits] = start.weight.shape as [number, number];
  const shared = weights.tensor("gau_layers.0.gamma", [2, any]).shape[1]!;
  const longest = weights.tensor("gau_layers.0.positional_encoding.a", [any]).shape[0]!;
  const depth = weights.blocks((unit) => `gau_layers.${unit}.proj1.weight`);

  const embed = stage("embedding", (g) => {
    const ids = g.input("input_ids", "int64", ["batch", "sequence"]);
    const placed = g.add(bitsOf(g, ids, bits), g.multiply(waves(g, ids, bits), g.weight(weights.tensor("positional_embedding.scale", []))));
    g.output(activation("silu")(g, g.project(placed, start)), hiddenState(0));
  });

  const unit = (index: number): Stage =>
    stage(`block ${index}`, (g) => {
      const parts = weights.at(`gau_layers.${index}`);
      const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
      g.output(gatedAttentionUnit(g, x, parts, normIn(parts, width, index), { width, shared, longest }), hiddenState(index + 1));
    });

  // Behind the last norm, but what the model is for: what replacing norms costs shows here.
  const pool = stage("pooling", (g) => {
    const x = g.input(hiddenState(depth), "float32", ["batch", "sequence", width]);
    const embedded = g.linear(generalizedMean(g, x), weights.linear("metric_embedding.linear", width, any));
    g.output(g.op("LpNormalization", [embedded], { axis: { int: -1 }, p: { int: 2 } }), "text_embedding");
  });

  return {
    name: "RETSim",
    width,
    depth,
    isLanguageModel: false,
    input: { modality: "text", vocabularySize: 2 ** bits, contextLength: longest, characters: true },
    stages: [embed, ...blockIndices(depth).map(unit), pool],
    assumptions: [],
  };
}

function normIn(parts: Weights, width: number, depth: number): NormSpecification {
  const own = elementWiseIn(parts, "norm", width) ?? { name: `${parts.prefix}norm`, channels: width, weight: parts.tensor("norm.scale", []) };
  return { ...own, kind: "rmsnorm", role: "attention", depth, eps };
}

/** Code points [batch, sequence] as their bits [batch, sequence, bits], the highest first. */
function bitsOf(g: GraphBuilder, ids: Value, bits: number): Value {
  const places = g.longs("places", [bits], () => BigInt64Array.from({ length: bits }, (_, place) => 2n ** BigInt(bits - 1 - place)));
  const shifted = g.op("Div", [g.op("Unsqueeze", [ids, g.ints([2])]), places]);
  return g.toFloat(g.op("Mod", [shifted, g.int(2)]));
}

/** Sines, then cosines of positions [sequence, channels], of falling frequency. */
function waves(g: GraphBuilder, ids: Value, channels: number): Value {
  const half = channels / 2;
  const frequencies = g.doubles("frequencies", [1, half], () => Float64Array.from({ length: half }, (_, index) => longestPeriod ** (-index / (half - 1))));
  const positions = g.op("Range", [g.int(0), g.op("Squeeze", [g.sequenceLength(ids)]), g.int(1)]);
  const angles = g.multiply(g.toDouble(g.op("Unsqueeze", [positions, g.ints([1])])), frequencies);
  return g.op("Concat", ["Sin", "Cos"].map((wave) => g.toFloat(g.op(wave, [angles]))), { axis: { int: 1 } });
}

/** The cubic root of the mean cube over positions, of what is first raised to 1 and more: [batch, width]. */
function generalizedMean(g: GraphBuilder, x: Value): Value {
  const least = g.op("Sub", [g.op("ReduceMin", [x, g.ints([1])]), g.float(1)]);
  const raised = g.op("Pow", [g.op("Sub", [x, least]), g.float(exponent)]);
  const mean = g.op("Pow", [g.op("ReduceMean", [raised, g.ints([1])]), g.float(1 / exponent)]);
  return g.op("Squeeze", [g.add(mean, least), g.ints([1])]);
}
