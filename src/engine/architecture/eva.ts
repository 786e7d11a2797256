import type { Family } from "./architecture";
import { rotateOnGrid } from "./grid-rotary";
import { timmMarker, timmVision, type TimmFamily } from "./timm-vision";
import { visionTransformer } from "./vision-transformer";
import { any, holdsTogether, type Weights } from "./weights";

/** Side of the grid that all published EVA-02 were first trained on. */
const trainedSide = 16;

/** EVA and EVA-02 (arXiv 2211.07636, 2303.11331) in timm's names: a ViT whose keys have no bias; the latter with rotary positions and SwiGLU. */
export const eva: Family = {
  name: "eva",
  modelTypes: [],
  recognises: (checkpoint) => ["q_bias", "q_proj.weight"].some((name) => holdsTogether(checkpoint, timmMarker, `blocks.0.attn.${name}`)),
  build: (stored, config) => {
    const weights = stored.within(timmMarker);
    return visionTransformer(timmVision(weights, config, { name: "eva", place: isSecond(weights) ? place : undefined }));
  },
};

const place: TimmFamily["place"] = (headSize, [rows, columns], prefix) => (g, heads) => rotateOnGrid(g, heads, headSize, { rows, columns, prefix, pairs: "neighbours", theta: 10_000, place: onTrainedGrid });

/** Larger grids are shrunk to the one that a model was first trained on. */
function onTrainedGrid(index: number, count: number): number {
  return (index / count) * trainedSide;
}

/** EVA-02 has SwiGLU. */
function isSecond(weights: Weights): boolean {
  if (!weights.has("blocks.0.mlp.fc1.weight")) return true;
  const [up, down] = ["fc1", "fc2"].map((name) => weights.tensor(`blocks.0.mlp.${name}.weight`, [any, any]).shape) as [readonly number[], readonly number[]];
  return up[0] !== down[1];
}
