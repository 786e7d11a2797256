import type { Family } from "./architecture";
import { huggingFaceMarker, huggingFaceVision } from "./hugging-face-vision";
import { gridOffsetsWithClass, relativeBias } from "./relative-position";
import { visionTransformer } from "./vision-transformer";
import { holds, type Weights } from "./weights";

const table = "relative_position_bias.relative_position_bias_table";

/** Where a block's table stands: in its attention as checkpoints have it, in the block as transformers 5 has it in memory, or shared by all blocks. */
const places = (block: string): string[] => [`${block}.attention.attention.${table}`, `${block}.${table}`, `encoder.${table}`, "shared_position_bias.relative_position_bias_table"];

/** BEiT (arXiv 2106.08254) in the names of Hugging Face: a ViT with relative positions and layer scale. */
export const beit: Family = {
  name: "beit",
  modelTypes: ["beit"],
  recognises: (checkpoint) => holds(checkpoint, huggingFaceMarker) && [...places("encoder.layer.0"), ...places("layers.0")].some((place) => holds(checkpoint, place)),
  build: (weights, config) => {
    const model = huggingFaceVision(weights.within(huggingFaceMarker), config, { name: "beit", module: "beit.", prefix: ["cls_token"], attentionBias });
    return visionTransformer(model);
  },
};

function attentionBias(weights: Weights, block: string, heads: number, [rows, columns]: readonly [number, number]) {
  const place = places(block).find((name) => weights.has(name));
  if (place === undefined) return undefined;
  const kinds = (2 * rows - 1) * (2 * columns - 1) + 3;
  return relativeBias("pairs_of_tokens", weights.tensor(place, [kinds, heads]), rows * columns + 1, () => gridOffsetsWithClass(rows, columns));
}
