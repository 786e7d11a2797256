import type { LayerWriter } from "./call";
import { activationLayers } from "./layers/activations";
import { attentionLayers } from "./layers/attention";
import { convolutionLayers } from "./layers/convolutions";
import { denseLayers } from "./layers/dense";
import { mergingLayers } from "./layers/merging";
import { normLayers } from "./layers/norms";
import { shapeLayers } from "./layers/shapes";

/** What writes each class of layer, and each operation. */
export const layerWriters: Readonly<Record<string, LayerWriter>> = {
  ...activationLayers,
  ...attentionLayers,
  ...convolutionLayers,
  ...denseLayers,
  ...mergingLayers,
  ...normLayers,
  ...shapeLayers,
};
