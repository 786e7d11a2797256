import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { optionalSize, optionalText } from "./config";
import { mambaLike } from "./mamba-like";
import { mambaMixer } from "./mamba-mixer";
import { any, holds, type Weights } from "./weights";

const marker = "layers.0.mixer.A_log";

/** Mamba (arXiv 2312.00752) in the names of Hugging Face and of its authors, who call the embedding in the singular. */
export const mamba: Family = {
  name: "mamba",
  modelTypes: ["mamba"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "layers.0.mixer.x_proj.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const act = activation(optionalText(config, "hidden_act") ?? "silu");
  return mambaLike(weights, config, {
    family: "mamba",
    table: weights.tensor(weights.has("embedding.weight") ? "embedding.weight" : "embeddings.weight", [any, any]),
    depth: weights.blocks((block) => `layers.${block}.mixer.A_log`, optionalSize(config, "num_hidden_layers", "n_layer")),
    epsField: "layer_norm_epsilon",
    outside: weights.outside("backbone."),
    mix: (g, x, names, width) => mambaMixer(g, x, names, width, act),
  });
}
