import type { LayerResult, Warning } from "../shared/result";

/** A kind of warning that hits more layers than this is told once for all of them. */
export const namedLayers = 3;

/** One warning for each layer concerned, or one for all where they are many. */
export function aboutLayers(code: Warning["code"], layers: readonly LayerResult[], concerns: (layer: LayerResult) => boolean, text: string): Warning[] {
  const concerned = layers.filter(concerns);
  if (concerned.length <= namedLayers) return concerned.map(({ name }) => ({ code, layer: name, message: `${name}: ${text}.` }));
  const names = concerned.slice(0, namedLayers).map(({ name }) => name);
  return [{ code, message: `${concerned.length} of ${layers.length} layers (${names.join(", ")} ...): ${text}.` }];
}
