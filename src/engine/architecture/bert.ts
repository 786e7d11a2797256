import type { Family } from "./architecture";
import { bertHead, bertLike, bertMarker, bertNames } from "./bert-like";
import { holds } from "./weights";

/** BERT, with or without its masked-language head. */
export const bert: Family = {
  name: "bert",
  modelTypes: ["bert"],
  recognises: (checkpoint) => holds(checkpoint, bertMarker) && holds(checkpoint, "encoder.layer.0.attention.self.query.weight"),
  build: (weights, config) => bertLike(weights.within(bertMarker), config, { family: "bert", module: "bert.", names: bertNames, head: bertHead }),
};
