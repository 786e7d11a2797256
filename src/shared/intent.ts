import { hasAlpha } from "./alpha";
import type { LayerResult } from "./result";

/** What the alphas are wanted for: to train a new network from scratch, or to take over the checkpoint that was analysed. */
export const intents = ["scratch", "convert"] as const;
export type Intent = (typeof intents)[number];

/** How well the suggested alpha does on this checkpoint's own input, after the affine; undefined where it is meant for another network. */
export function suggestedR2({ perChannel }: LayerResult, intent: Intent): number | undefined {
  return intent === "convert" ? perChannel.r2 : undefined;
}

/** The alpha that is suggested for a layer: NaN where its input determined none. */
export function suggestedAlpha(layer: LayerResult, intent: Intent): number {
  if (intent === "scratch") return layer.suggest.scratch;
  return hasAlpha(layer) ? layer.suggest.convert : Number.NaN;
}
