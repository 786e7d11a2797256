import { UserError } from "../../shared/errors";
import type { Linear } from "../graph/builder";
import { hiddenState, stage, type Architecture, type Config, type Family } from "./architecture";
import { bertHead, bertLike, bertMarker, bertNames, type BertNames } from "./bert-like";
import { eps, flag, headSize, optionalNumber, optionalTableLength, size } from "./config";
import { disentangledBias, signedBucket } from "./disentangled-bias";
import { normsOf } from "./norm-in";
import { any, type Weights } from "./weights";

const names: BertNames = { ...bertNames, query: "attention.self.query_proj", key: "attention.self.key_proj", value: "attention.self.value_proj" };

/** Name under which the embeddings of relative positions are handed on. */
const relativePositions = "relative_positions";

/** DeBERTa 2 and 3: BERT whose attention tells contents from relative positions. */
export const deberta: Family = {
  name: "deberta",
  modelTypes: ["deberta-v2"],
  recognises: () => false,
  build: (weights, config) => build(weights.within(bertMarker), { layer_norm_eps: 1e-7, ...config }),
};

function build(weights: Weights, config: Config): Architecture {
  if (weights.has("encoder.conv.conv.weight")) throw new UserError(`${weights.checkpoint.path}: DeBERTa's convolution behind the first block is not read; use a capture file (docs/capture.md).`);
  if (!flag(config, "relative_attention", false)) return bertLike(weights, config, { family: "deberta", module: "deberta.", names, head: bertHead });
  const kinds = attentionKinds(config);
  if (kinds.length === 0) throw new UserError(`config.json: "pos_att_type" names neither c2p nor p2c, which relative attention is made of; take config.json from the place the weights came from.`);
  const table = weights.tensor("encoder.rel_embeddings.weight", [any, any]);
  const [rowCount, width] = table.shape as [number, number];
  const heads = size(config, "num_attention_heads");
  const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
  const scale = 1 / Math.sqrt(shape.headSize * (1 + kinds.length));
  const isShared = flag(config, "share_att_key", false);
  const rows = relativeRows(config, rowCount);

  // One copy for each sequence, so that its norm has rows as all others have.
  const relative = stage("relative positions", (g) => {
    const x = g.input(hiddenState(0), "float32", ["batch", "sequence", width]);
    const copies = g.op("Concat", [g.op("Shape", [x], { end: { int: 1 } }), g.ints([1, 1])], { axis: { int: 0 } });
    const spread = g.op("Expand", [g.weight(table), copies]);
    const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-7));
    g.output(weights.hasNorm("encoder.LayerNorm") ? g.norm(spread, norm(weights, "encoder.LayerNorm", width, "embedding", 0)) : spread, relativePositions);
  });

  return bertLike(weights, config, {
    family: "deberta",
    module: "deberta.",
    names,
    head: bertHead,
    between: [relative],
    attention: (g, x, parts) => {
      const all = g.input(relativePositions, "float32", ["batch", rowCount, width]);
      const embeddings = g.op("Slice", [all, g.ints([0]), g.ints([1]), g.ints([0])]);
      const layer = (kind: string, shared: string, own: string): Linear | undefined =>
        kinds.includes(kind) ? parts.linear(`attention.self.${isShared ? shared : own}`, width, width) : undefined;
      const key = layer("c2p", "key_proj", "pos_key_proj");
      const query = layer("p2c", "query_proj", "pos_query_proj");
      return { scale, contentBias: disentangledBias(g, x, { shape, scale, embeddings, rows, key, query }) };
    },
  });
}

/** "c2p" where contents look at positions, "p2c" where positions look at contents. */
function attentionKinds(config: Config): string[] {
  const stated: unknown = config["pos_att_type"];
  const kinds = typeof stated === "string" ? stated.split("|") : Array.isArray(stated) ? stated.map(String) : [];
  return ["c2p", "p2c"].filter((kind) => kinds.some((one) => one.trim().toLowerCase() === kind));
}

/** The row of the table for every distance between two positions of the longest sequence, from the most negative on. */
function relativeRows(config: Config, rowCount: number): number[] {
  const context = optionalTableLength(config, "max_position_embeddings") ?? size(config, "max_position_embeddings");
  const stated = optionalNumber(config, "max_relative_positions") ?? -1;
  const furthest = stated < 1 ? context : stated;
  const buckets = optionalNumber(config, "position_buckets") ?? -1;
  return Array.from({ length: 2 * context - 1 }, (_, index) => {
    const distance = index - (context - 1);
    const bucket = buckets > 0 ? signedBucket(distance, buckets, furthest) : distance;
    return Math.min(rowCount - 1, Math.max(0, bucket + rowCount / 2));
  });
}
