import type { Family } from "./architecture";
import { bertLike, bertMarker, type BertNames, type MaskedHeadNames } from "./bert-like";
import { holds } from "./weights";

const names: BertNames = {
  block: (index) => `transformer.layer.${index}`,
  query: "attention.q_lin",
  key: "attention.k_lin",
  value: "attention.v_lin",
  attentionOut: "attention.out_lin",
  attentionNorm: "sa_layer_norm",
  up: "ffn.lin1",
  down: "ffn.lin2",
  ffnNorm: "output_layer_norm",
};

const head: MaskedHeadNames = { dense: "vocab_transform", norm: "vocab_layer_norm", decoder: "vocab_projector.weight", bias: "vocab_projector.bias" };

/** DistilBERT: BERT without token types, in other names. */
export const distilbert: Family = {
  name: "distilbert",
  modelTypes: ["distilbert"],
  recognises: (checkpoint) => holds(checkpoint, bertMarker) && holds(checkpoint, "transformer.layer.0.sa_layer_norm.weight"),
  build: (weights, config) => bertLike(weights.within(bertMarker), config, { family: "distilbert", module: "distilbert.", names, head }),
};
