import type { Family } from "./architecture";
import { blockMarker, huggingFaceMarker, huggingFaceNames, huggingFaceVision } from "./hugging-face-vision";
import { timmMarker, timmVision } from "./timm-vision";
import { visionTransformer } from "./vision-transformer";
import { holds, holdsTogether } from "./weights";

/** Vision Transformer, in the names of Hugging Face and of timm. */
export const vit: Family = {
  name: "vit",
  modelTypes: ["vit"],
  recognises: (checkpoint) =>
    (holds(checkpoint, huggingFaceMarker) && huggingFaceNames.some((names) => holds(checkpoint, blockMarker(names)))) ||
    holdsTogether(checkpoint, timmMarker, "blocks.0.attn.qkv.weight"),
  build: (weights, config) =>
    visionTransformer(
      holds(weights.checkpoint, timmMarker) ? timmVision(weights.within(timmMarker), config, { name: "vit" }) : huggingFaceVision(weights.within(huggingFaceMarker), config, { name: "vit", module: "vit.", prefix: ["cls_token"] }),
    ),
};
