import { UserError } from "../../shared/errors";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Config, type Family } from "./architecture";
import { attention, type AttentionShape } from "./attention";
import { architectureName, headSize, optionalSize } from "./config";
import { lastHiddenState } from "./ends";
import { denseFeedForward } from "./feed-forward";
import { embedPatches, type PatchEmbedding } from "./patch-embedding";
import { plainNormsOf } from "./plain-norm-in";
import { projected } from "./pre-norm-block";
import { any, holds, type Weights } from "./weights";

const marker = "x_embedder.proj.weight";

/** Not in the checkpoint: no norm has anything stored. */
const normEps = 1e-6;

/** Steps of the noise that all published models are trained on. */
const noiseSteps = 1000;

/** Slowest of the waves that tell steps apart has a period of this many times 2 pi. */
const longestPeriod = 10_000;

/** The value that every block is told: [batch, width]. */
const condition = "condition";

/** Diffusion transformer with adaLN-Zero (arXiv 2212.09748) in the names of its authors: norms without an affine, whose place scales and shifts take that follow from step and class. */
export const dit: Family = {
  name: "dit",
  modelTypes: ["dit"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "blocks.0.adaLN_modulation.1.weight") && holds(checkpoint, "y_embedder.embedding_table.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const patchWeight = weights.tensor(marker, [any, any, any, any]);
  const [width, channels, patchHeight, patchWidth] = patchWeight.shape as [number, number, number, number];
  const positions = weights.tensor("pos_embed", [1, any, width]);
  const patches = positions.shape[1]!;
  const side = Math.sqrt(patches);
  if (!Number.isInteger(side)) throw new UserError(`${weights.checkpoint.path}: pos_embed places ${patches} patches, which make no square; the checkpoint is of a model that NormLens does not know.`);
  const imageSize = [side * patchHeight, side * patchWidth] as const;
  const embedding: PatchEmbedding = { patchWeight, patchBias: weights.optional("x_embedder.proj.bias", [width]), prefix: [], positions, imageSize };
  const depth = weights.blocks((block) => `blocks.${block}.adaLN_modulation.1.weight`, optionalSize(config, "depth"));
  const stated = optionalSize(config, "num_heads", "num_attention_heads");
  const heads = stated ?? usualHeads(width);
  const labels = weights.tensor("y_embedder.embedding_table.weight", [any, width]);
  const norm = plainNormsOf(normEps);

  const embed = stage("embedding", (g) => {
    const latents = g.input("latents", "float32", ["batch", channels, ...imageSize]);
    const steps = g.input("timesteps", "int64", ["batch"]);
    const classes = g.input("class_labels", "int64", ["batch"]);
    g.output(embedPatches(g, latents, embedding), hiddenState(0));
    g.output(g.add(embedSteps(g, steps, weights, width), g.lookUp(labels, classes)), condition);
  });

  const block = (index: number) =>
    stage(`block ${index}`, (g) => {
      const parts = weights.at(`blocks.${index}`);
      const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
      const shape: AttentionShape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
      const [shift, scale, gate, ffnShift, ffnScale, ffnGate] = modulation(g, parts, width, 6) as [Value, Value, Value, Value, Value, Value];
      const branch = (to: Value, rows: Value, factor: Value): Value => g.add(to, g.multiply(g.unflatten(rows, to, [width]), factor));
      const attended = branch(x, selfAttention(g, modulated(g, g.norm(x, norm(parts, "norm1", width, "attention", index)), shift, scale), parts, shape), gate);
      const feedForward = denseFeedForward(parts.feedForward("mlp.fc1", "mlp.fc2", width), activation("gelu_pytorch_tanh"));
      g.output(branch(attended, feedForward(g, modulated(g, g.norm(attended, norm(parts, "norm2", width, "ffn", index)), ffnShift, ffnScale)), ffnGate), hiddenState(index + 1));
    });

  const last = stage("final norm", (g) => {
    const x = g.input(hiddenState(depth), "float32", ["batch", "sequence", width]);
    const normed = g.norm(x, norm(weights, "final_layer.norm_final", width, "final", depth));
    const [shift, scale] = modulation(g, weights.at("final_layer"), width, 2) as [Value, Value];
    g.output(modulated(g, normed, shift, scale), lastHiddenState);
  });

  return {
    name: architectureName(config, "DiT"),
    width,
    depth,
    isLanguageModel: false,
    input: {
      modality: "latents",
      shape: [channels, ...imageSize],
      tokensPerPiece: patches,
      // The last row stands for no class at all.
      conditions: { timesteps: noiseSteps, class_labels: Math.max(1, labels.shape[0]! - 1) },
    },
    stages: [embed, ...blockIndices(depth).map(block), last],
    assumptions: stated === undefined ? [`config.json states no number of attention heads; took ${heads}, as published models of this width have.`] : [],
  };
}

/** One for each 64 channels, but 16 of 72 in the largest (DiT-XL). */
function usualHeads(width: number): number {
  return width === 1152 ? 16 : Math.max(1, Math.round(width / 64));
}

/** Steps of the noise, int64 [batch], as waves of falling frequency, and two layers of them: [batch, width]. */
function embedSteps(g: GraphBuilder, steps: Value, weights: Weights, width: number): Value {
  const names = weights.at("t_embedder.mlp");
  const first = names.linear("0", any, width);
  const half = first.weight.shape[1]! / 2;
  const frequencies = g.doubles("frequencies", [1, half], () => Float64Array.from({ length: half }, (_, index) => longestPeriod ** (-index / half)));
  const angles = g.multiply(g.toDouble(g.op("Unsqueeze", [steps, g.ints([1])])), frequencies);
  const waves = g.op("Concat", ["Cos", "Sin"].map((wave) => g.toFloat(g.op(wave, [angles]))), { axis: { int: 1 } });
  return g.linear(activation("silu")(g, g.linear(waves, first)), names.linear("2", width, width));
}

/** `count` shifts, scales and gates, each [batch, 1, width]. */
function modulation(g: GraphBuilder, names: Weights, width: number, count: number): Value[] {
  const told = g.input(condition, "float32", ["batch", width]);
  const layer = names.linear("adaLN_modulation.1", width, count * width);
  const all = g.op("Reshape", [g.linear(activation("silu")(g, told), layer), g.ints([-1, 1, count * width])]);
  return g.ops("Split", [all], { axis: { int: 2 }, num_outputs: { int: count } }, count);
}

function modulated(g: GraphBuilder, x: Value, shift: Value, scale: Value): Value {
  return g.add(g.multiply(x, g.add(scale, g.float(1))), shift);
}

/** Rows of what every patch sees in all of them. */
function selfAttention(g: GraphBuilder, x: Value, names: Weights, shape: AttentionShape): Value {
  const width = shape.heads * shape.headSize;
  const [q, k, v] = projected(g, x, [names.linear("attn.qkv", width, 3 * width)]).map((part) => g.unflatten(part, x, [shape.heads, shape.headSize])) as [Value, Value, Value];
  return g.linear(attention(g, q, k, v, shape), names.linear("attn.proj", width, width));
}
