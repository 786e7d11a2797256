import type { Family } from "./architecture";
import { bertLike, bertMarker, languageModelHead, type BertNames } from "./bert-like";
import { size } from "./config";
import { relativeBias } from "./relative-bias";

const names: BertNames = {
  block: (index) => `encoder.layer.${index}`,
  query: "attention.attn.q",
  key: "attention.attn.k",
  value: "attention.attn.v",
  attentionOut: "attention.attn.o",
  attentionNorm: "attention.LayerNorm",
  up: "intermediate.dense",
  down: "output.dense",
  ffnNorm: "output.LayerNorm",
};

/** Distances from here on are one to MPNet, whatever its configuration states. */
const furthest = 128;

/** MPNet: BERT with a bias by distance, shared by all blocks; its table of positions begins with two rows for padding. */
export const mpnet: Family = {
  name: "mpnet",
  modelTypes: ["mpnet"],
  recognises: () => false,
  build: (outer, config) => {
    const weights = outer.within(bertMarker);
    const heads = size(config, "num_attention_heads");
    const table = weights.tensor("encoder.relative_attention_bias.weight", [32, heads]);
    return bertLike(weights, config, {
      family: "mpnet",
      module: "mpnet.",
      names,
      head: languageModelHead,
      firstPosition: 2,
      attention: (g, x) => ({ bias: relativeBias(g, x, { table, furthest, bothWays: true }) }),
    });
  },
};
