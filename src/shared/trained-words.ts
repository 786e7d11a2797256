import { formatNumber } from "./format";
import type { TrainedLayer } from "./result";

/** What training made of a layer's alpha: "0.5", "0.2–0.9" where channels have their own, with the curve where it is no tanh. */
export function trainedText({ curve, alpha, alphaMin, alphaMax, alphas }: TrainedLayer): string {
  const text = alphas === 1 ? formatNumber(alpha) : `${formatNumber(alphaMin)}–${formatNumber(alphaMax)}`;
  return curve === "tanh" ? text : `${text} (${curve})`;
}
