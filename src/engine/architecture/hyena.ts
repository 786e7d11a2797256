import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { causalConvolution } from "./causal-convolution";
import { architectureName, eps, optionalSize } from "./config";
import { decoder, tableEmbedding, tiedHead } from "./decoder";
import { denseFeedForward } from "./feed-forward";
import { hyenaFilter } from "./hyena-filter";
import { longConvolution } from "./long-convolution";
import { normsOf } from "./norm-in";
import { any, holds, type Weights } from "./weights";

const marker = "embeddings.word_embeddings.weight";

const defaultEps = 1e-5;

/** A block's mixer, which checkpoints of trainings that recompute activations have one level deeper. */
const filters = ["mixer.filter_fn.bias", "mixer.layer.filter_fn.bias"];

/** HyenaDNA (arXiv 2306.15794) in the names of its authors and of their models for Hugging Face: long convolutions in place of attention, two gates each. */
export const hyenaDna: Family = {
  name: "hyenadna",
  modelTypes: ["hyenadna"],
  recognises: (checkpoint) => holds(checkpoint, marker) && filters.some((name) => holds(checkpoint, `layers.0.${name}`)),
  build: (weights, config) => build(weights.within(marker), config),
};

/** The norm in front of a mixer has the role "other": it feeds no attention. */
function build(weights: Weights, config: Config): Architecture {
  const table = weights.tensor(marker, [any, any]);
  const [vocabularySize, width] = table.shape as [number, number];
  const depth = weights.blocks((block) => `layers.${block}.norm1.weight`, optionalSize(config, "n_layer"));
  const nested = weights.has(`layers.0.${filters[1]}`) ? ".layer" : "";
  const mixerOf = (index: number): Weights => weights.at(`layers.${index}.mixer${nested}`);
  const stated = eps(config, ["layer_norm_epsilon"], defaultEps);
  // Hugging Face's models give the last norm alone the eps that is stated.
  const norm = normsOf("layernorm", config["model_type"] === undefined ? stated : defaultEps);
  return decoder({
    name: architectureName(config, "hyenadna"),
    width,
    depth,
    vocabularySize,
    contextLength: mixerOf(0).tensor("filter_fn.pos_emb.z", [1, any, any]).shape[1]!,
    embed: tableEmbedding(table),
    block: (g, x, index) => {
      const parts = weights.at(`layers.${index}`);
      const mixed = g.add(x, mixer(g, g.norm(x, norm(parts, "norm1", width, "other", index)), mixerOf(index), width));
      const feedForward = denseFeedForward(parts.at(`mlp${nested}`).feedForward("fc1", "fc2", width), activation("gelu_pytorch_tanh"));
      return g.add(mixed, g.unflatten(feedForward(g, g.norm(mixed, norm(parts, "norm2", width, "ffn", index))), x, [width]));
    },
    finalNorm: normsOf("layernorm", stated)(weights, "ln_f", width, "final", depth),
    head: tiedHead(weights.outside("backbone.").outside("hyena."), "lm_head.weight", table),
  });
}

/** What enters is gated, convolved with the long filter, and gated once more. */
function mixer(g: GraphBuilder, x: Value, names: Weights, width: number): Value {
  const into = g.project(x, names.linear("in_proj", width, 3 * width));
  const short = causalConvolution(g, into, { weight: names.tensor("short_filter.weight", [3 * width, 1, any]), bias: names.optional("short_filter.bias", [3 * width]) });
  const [outer, inner, value] = g.ops("Split", [short], { axis: { int: 2 }, num_outputs: { int: 3 } }, 3) as [Value, Value, Value];
  const gated = g.multiply(value, inner);
  const convolved = longConvolution(g, gated, hyenaFilter(g, g.sequenceLength(x), names.at("filter_fn"), width));
  const passed = g.add(convolved, g.multiply(gated, g.weight(names.tensor("filter_fn.bias", [width]))));
  return g.project(g.multiply(passed, outer), names.linear("out_proj", width, width));
}
