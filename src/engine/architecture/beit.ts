import type { Config, Family } from "./architecture";
import type { AttentionShape } from "./attention";
import { huggingFaceMarker, huggingFaceVision } from "./hugging-face-vision";
import { gridOffsetsWithClass, relativeBias } from "./relative-position";
import { timmMarker, timmVision, type Grid } from "./timm-vision";
import { visionTransformer, type VisionTransformer } from "./vision-transformer";
import { any, holds, holdsTogether, type Weights } from "./weights";

const table = "relative_position_bias.relative_position_bias_table";

/** Where a block's table stands: in its attention as checkpoints have it, in the block as transformers 5 has it in memory, or shared by all blocks. */
const places = (block: string): string[] => [`${block}.attention.attention.${table}`, `${block}.${table}`, `encoder.${table}`, "shared_position_bias.relative_position_bias_table"];

const timmTable = "attn.relative_position_bias_table";

/** BEiT (arXiv 2106.08254) in the names of Hugging Face and of timm: a ViT with relative positions and layer scale. */
export const beit: Family = {
  name: "beit",
  modelTypes: ["beit"],
  recognises: (checkpoint) =>
    (holds(checkpoint, huggingFaceMarker) && [...places("encoder.layer.0"), ...places("layers.0")].some((place) => holds(checkpoint, place))) ||
    holdsTogether(checkpoint, timmMarker, `blocks.0.${timmTable}`),
  build: (weights, config) => {
    if (holds(weights.checkpoint, timmMarker)) return visionTransformer(fromTimm(weights.within(timmMarker), config));
    const model = huggingFaceVision(weights.within(huggingFaceMarker), config, { name: "beit", module: "beit.", prefix: ["cls_token"], attentionBias });
    return visionTransformer(model);
  },
};

function fromTimm(weights: Weights, config: Config): VisionTransformer {
  const heads = weights.tensor(`blocks.0.${timmTable}`, [any, any]).shape[1]!;
  return timmVision(weights, config, { name: "beit", heads, attentionBias: (parts, _heads, grid) => biasOf(parts, timmTable, heads, grid) });
}

function attentionBias(weights: Weights, block: string, heads: number, grid: Grid): AttentionShape["bias"] {
  const place = places(block).find((name) => weights.has(name));
  return place === undefined ? undefined : biasOf(weights, place, heads, grid);
}

function biasOf(weights: Weights, place: string, heads: number, [rows, columns]: Grid): AttentionShape["bias"] {
  const kinds = (2 * rows - 1) * (2 * columns - 1) + 3;
  return relativeBias("pairs_of_tokens", weights.tensor(place, [kinds, heads]), rows * columns + 1, () => gridOffsetsWithClass(rows, columns));
}
