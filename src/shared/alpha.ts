import type { LayerResult } from "./result";

/** Whether a layer's input determined an alpha at all: constant or unseen input does not, whatever number stands there. */
export function hasAlpha(layer: LayerResult): boolean {
  return (layer.fit.status === "ok" || layer.fit.status === "linear") && layer.suggest.convert > 0;
}
