import type { Family } from "./architecture";
import { huggingFaceMarker, huggingFaceVision } from "./hugging-face-vision";
import { visionTransformer } from "./vision-transformer";
import { holds } from "./weights";

const distillationToken = "embeddings.distillation_token";

/** DeiT (arXiv 2012.12877) in the names of Hugging Face: a ViT with a token for the teacher. timm's names are the family vit's. */
export const deit: Family = {
  name: "deit",
  modelTypes: ["deit"],
  recognises: (checkpoint) => holds(checkpoint, distillationToken),
  build: (weights, config) =>
    visionTransformer(huggingFaceVision(weights.within(huggingFaceMarker), config, { name: "deit", module: "deit.", prefix: ["cls_token", "distillation_token"] })),
};
