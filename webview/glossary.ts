import { t } from "@vscode/l10n";

/** What the page's numbers mean: tooltips, and the list at its end. Functions, since the user's language is known only when the page starts. */
export const glossary = {
  convert: () => ({
    name: t("α convert"),
    text: t("Alpha that takes over this checkpoint: fitted to the layer's output after its affine, together with a weight and a bias for every channel (the safetensors and python exports hold them)."),
  }),
  pooled: () => ({
    name: t("α pooled"),
    text: t("Alpha of gain · tanh(α · x) + offset, fitted to the normalised value x̂ before the affine, with its 95 % interval from resampled tokens. “≤” marks a layer so close to a line that only gain · α is determined."),
  }),
  scratch: () => ({
    name: t("α scratch"),
    text: t("Alpha to start training from scratch: 0.5 outside language models, by width and role inside them, as published for DyT or interpolated between published widths."),
  }),
  inverseStd: () => ({
    name: "1 / std",
    text: t("What the DyT paper saw trained alphas follow. A prior, not a law."),
  }),
  trained: () => ({
    name: t("α trained"),
    text: t("What training made of alpha, where the layer is DyT, Derf or the like already. The other alphas are those that would take the place of a norm there."),
  }),
  std: () => ({ name: "std", text: t("Standard deviation of the layer's input over all tokens and channels.") }),
  gain: () => ({ name: t("gain"), text: t("Factor of the pooled fit; folded into the weight where a norm is replaced.") }),
  offset: () => ({ name: t("offset"), text: t("Constant of the pooled fit; folded into the bias where a norm is replaced.") }),
  unitAlpha: () => ({ name: t("α unit gain"), text: t("Alpha with which tanh(α · x) alone, with neither gain nor offset, explains most of x̂.") }),
  alphaTimesRms: () => ({ name: "α · rms", text: t("Where on the tanh the layer works: far below 1 it is a line, above 2 it saturates.") }),
  linearR2: () => ({ name: t("R² line"), text: t("How much of x̂ a straight line explains: the closer to 1, the less the layer squashes.") }),
  tanhR2: () => ({ name: t("R² tanh"), text: t("How much of x̂ the pooled tanh explains.") }),
  channelR2: () => ({ name: t("R² per channel"), text: t("How much of the layer's output α convert explains, with a weight and a bias for every channel.") }),
  unitR2: () => ({ name: t("R² unit gain"), text: t("How much of x̂ tanh(α · x) alone explains, with neither gain nor offset.") }),
  ceilingR2: () => ({ name: t("R² ceiling"), text: t("How much of x̂ the best element-wise function at all could explain: what a fit is to be judged against.") }),
  saturation: () => ({ name: t("saturation"), text: t("Share of elements with |α · x| above a threshold, at α pooled. A measurement, not a verdict.") }),
  rows: () => ({ name: t("rows × channels"), text: t("Rows that were measured (tokens, times heads for query and key norms), and the length of each.") }),
  calls: () => ({ name: t("calls"), text: t("How often the layer ran in one forward pass: more than once where blocks share parameters.") }),
  eps: () => ({ name: "eps", text: t("What the norm adds to the variance (LayerNorm) or mean square (RMSNorm) before it divides.") }),
  rms: () => ({ name: "rms", text: t("Root mean square of the layer's input.") }),
  absMax: () => ({ name: t("largest |x|"), text: t("Largest magnitude in the layer's input.") }),
  kurtosis: () => ({ name: t("kurtosis"), text: t("Fourth standardised moment of the input: 3 for a Gaussian, more with heavy tails.") }),
  tokenStd: () => ({ name: t("token std"), text: t("Standard deviation of a token over its channels: mean ± deviation over tokens. The S-shape comes from tokens that differ in it.") }),
  first: () => ({ name: t("first position"), text: t("Standard deviation and largest |x| of the first position of every sequence, which often is an outlier.") }),
  quantiles: () => ({ name: "0.1 % … 99.9 %", text: t("Range that holds all but the outermost elements of the input.") }),
  nonFinite: () => ({ name: t("non-finite"), text: t("NaN and infinite elements, left out of every other number.") }),
};

/** Key of an explained number. */
export type Term = keyof typeof glossary;
