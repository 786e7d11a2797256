import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, eps, flag, optionalSize, optionalText } from "./config";
import { decoder, tableEmbedding, tiedHead } from "./decoder";
import { mambaMixer } from "./mamba-mixer";
import { normsOf } from "./norm-in";
import { longestScan } from "./selective-scan";
import { any, holds, type Weights } from "./weights";

const marker = "layers.0.mixer.A_log";

/** Mamba (arXiv 2312.00752) in the names of Hugging Face and of its authors, who call the embedding in the singular. */
export const mamba: Family = {
  name: "mamba",
  modelTypes: ["mamba"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "layers.0.mixer.x_proj.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

/** The norm in front of a mixer has the role "other": it feeds no attention. */
function build(weights: Weights, config: Config): Architecture {
  const table = weights.tensor(weights.has("embedding.weight") ? "embedding.weight" : "embeddings.weight", [any, any]);
  const [vocabularySize, width] = table.shape as [number, number];
  const depth = weights.blocks((block) => `layers.${block}.mixer.A_log`, optionalSize(config, "num_hidden_layers", "n_layer"));
  const act = activation(optionalText(config, "hidden_act") ?? "silu");
  const norm = normsOf(flag(config, "rms_norm", true) ? "rmsnorm" : "layernorm", eps(config, ["layer_norm_epsilon"], 1e-5));
  return decoder({
    name: architectureName(config, "mamba"),
    width,
    depth,
    vocabularySize,
    contextLength: longestScan,
    embed: tableEmbedding(table),
    block: (g, x, index) => {
      const parts = weights.at(`layers.${index}`);
      return g.add(x, mambaMixer(g, g.norm(x, norm(parts, "norm", width, "other", index)), parts.at("mixer"), width, act));
    },
    finalNorm: norm(weights, "norm_f", width, "final", depth),
    head: tiedHead(weights.outside("backbone."), "lm_head.weight", table),
  });
}
