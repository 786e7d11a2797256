import type { Config, Family } from "./architecture";
import { bertLike, bertMarker, bertNames, languageModelHead } from "./bert-like";
import { optionalNumber } from "./config";

/** RoBERTa, XLM-RoBERTa and CamemBERT: BERT whose positions count from behind the padding token's id. */
export const roberta: Family = {
  name: "roberta",
  modelTypes: ["roberta", "xlm-roberta", "camembert"],
  recognises: () => false,
  build: (weights, config) =>
    bertLike(weights.within(bertMarker), { layer_norm_eps: 1e-5, ...config }, {
      family: "roberta",
      module: "roberta.",
      names: bertNames,
      head: languageModelHead,
      firstPosition: firstPosition(config),
    }),
};

function firstPosition(config: Config): number {
  return (optionalNumber(config, "pad_token_id") ?? 1) + 1;
}
