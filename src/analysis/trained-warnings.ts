import { formatNumber, formatShare } from "../shared/format";
import type { LayerResult, TrainedLayer, Warning } from "../shared/result";
import { aboutLayers } from "./layer-warnings";

/** Ratio to 1 / std, either way, from which on a trained alpha is far from it: trained networks of the DyT paper stay within a small factor (arXiv 2503.10622, section 6.2). */
const far = 10;
/** Alphas within this share of each other have not moved: the runs of LLaMA that failed had 2.00 ± 0.02. */
const unmoved = 0.01;
/** Share of elements in the flat part above which a layer whose alpha did not move has failed to adapt; healthy ones have less than a half. */
const muchSaturation = 0.5;
/** As few alphas can be alike by chance. */
const fewestAlphas = 3;

/** An element-wise layer of the result. */
type Trained = LayerResult & { readonly trained: TrainedLayer };

/** What is odd about layers that are DyT, Derf or the like already. */
export function aboutTrained(layers: readonly LayerResult[]): Warning[] {
  const has = (condition: (layer: Trained) => boolean) => (layer: LayerResult): boolean => isTrained(layer) && condition(layer);
  return [
    ...aboutLayers("alpha-sign", layers, has(({ trained }) => trained.alphaMin === 0 && trained.alphaMax === 0), "alpha is 0, so the layer gives the same for every input: it may be stored as what it is more than its start (x-transformers' unit_offset), which config.json has to say"),
    ...aboutLayers("alpha-sign", layers, has(({ trained }) => trained.alphaMin < 0), "alpha is negative, which is the same as a positive one with the other sign of the gain: such a layer was not trained from a positive start, or with too large steps"),
    ...aboutLayers("alpha-vector", layers, has(({ trained }) => trained.alphas > 1), "every channel has its own alpha, where DyT and Derf have one for all: the median stands for them"),
    ...aboutUnmoved(layers.filter(isTrained)),
    ...aboutLayers("alpha-far", layers, has(isFar), `alpha is more than ${far} times above or below 1/std of what goes in, which trained layers come close to`),
  ];
}

function isTrained(layer: LayerResult): layer is Trained {
  return layer.trained !== undefined;
}

/** An alpha of 0 has a warning of its own. */
function isFar({ trained: { alpha }, inverseStd }: Trained): boolean {
  const ratio = Math.abs(alpha) / inverseStd;
  return alpha !== 0 && inverseStd > 0 && (ratio > far || ratio < 1 / far);
}

function aboutUnmoved(layers: readonly Trained[]): Warning[] {
  const lowest = Math.min(...layers.map(({ trained }) => trained.alphaMin));
  const highest = Math.max(...layers.map(({ trained }) => trained.alphaMax));
  if (layers.length < fewestAlphas || lowest <= 0 || highest > lowest * (1 + unmoved)) return [];
  const saturation = Math.max(...layers.map(({ trained }) => trained.saturation));
  const where = `alpha is ${formatNumber(lowest)} in all ${layers.length} element-wise layers, as at the start of training`;
  const saturated = `and up to ${formatShare(saturation)} of a layer's elements are in the flat part, which is what a training that failed looks like`;
  const untouched = "so they were not trained, or weights of a checkpoint with norms were loaded into a converted model";
  return [{ code: "alpha-unmoved", message: `${where}, ${saturation > muchSaturation ? saturated : untouched}.` }];
}
