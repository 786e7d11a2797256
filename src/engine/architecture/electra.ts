import type { Family } from "./architecture";
import { bertLike, bertMarker, bertNames } from "./bert-like";

/** ELECTRA without its heads: BERT, whose embedding may be narrower. */
export const electra: Family = {
  name: "electra",
  modelTypes: ["electra"],
  recognises: () => false,
  build: (weights, config) => bertLike(weights.within(bertMarker), config, { family: "electra", module: "electra.", names: bertNames }),
};
