import type { Family } from "./architecture";
import { bertLike, bertMarker, bertNames, type MaskedHeadNames } from "./bert-like";
import { holds } from "./weights";

const head: MaskedHeadNames = {
  dense: "cls.predictions.transform.dense",
  norm: "cls.predictions.transform.LayerNorm",
  decoder: "cls.predictions.decoder.weight",
  bias: "cls.predictions.bias",
};

/** BERT, with or without its masked-language head. */
export const bert: Family = {
  name: "bert",
  modelTypes: ["bert"],
  recognises: (checkpoint) => holds(checkpoint, bertMarker) && holds(checkpoint, "encoder.layer.0.attention.self.query.weight"),
  build: (weights, config) => bertLike(weights.within(bertMarker), config, { family: "bert", module: "bert.", names: bertNames, head }),
};
