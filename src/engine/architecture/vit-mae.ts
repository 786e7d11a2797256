import type { Family } from "./architecture";
import { huggingFaceMarker, huggingFaceVision } from "./hugging-face-vision";
import { visionTransformer } from "./vision-transformer";

/** The encoder of a masked autoencoder (MAE, arXiv 2111.06377); what the decoder adds for pretraining is not run. */
export const vitMae: Family = {
  name: "vit_mae",
  modelTypes: ["vit_mae"],
  recognises: () => false,
  build: (weights, config) =>
    visionTransformer(
      huggingFaceVision(weights.within(huggingFaceMarker), config, {
        name: "vit_mae",
        module: "vit.",
        prefix: ["cls_token"],
        assumptions: ["The encoder saw every patch, as it does after pretraining; none was masked."],
      }),
    ),
};
