import type { LayerResult, Result, TrainedLayer } from "../src/shared/result";

/** The alphas that training made, as multiples of 1 / std. */
const nearness = 0.8;

/** What training would have made of a layer that is DyT: an alpha near 1 / std. */
export function trainedLayer(layer: LayerResult, changes: Partial<TrainedLayer> = {}): LayerResult {
  const alpha = nearness * layer.inverseStd;
  return { ...layer, kind: "dyt", trained: { curve: "tanh", alpha, alphaMin: alpha, alphaMax: alpha, alphas: 1, shift: 0, saturation: 0.0123, against: "layernorm", ...changes } };
}

/** The result as that of a checkpoint whose layers are DyT already. */
export function withTrained(result: Result): Result {
  return { ...result, layers: result.layers.map((layer) => trainedLayer(layer)) };
}
