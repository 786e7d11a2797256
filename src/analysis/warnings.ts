import type { Coverage, InputDescription, LayerResult, ModelDescription, Result, Warning } from "../shared/result";
import { aboutLayers, namedLayers } from "./layer-warnings";
import { aboutTrained } from "./trained-warnings";

/** Below this many rows a fit describes the rows, not the layer. */
const fewRows = 256;
/** First positions stand apart where their standard deviation exceeds the mean token's by this factor (GPT-2: 35; arXiv 2507.02559). */
const standsApart = 4;
/** Hidden size from which an image model counts as ViT-L. */
const vitLargeWidth = 1024;
/** Above this alpha supervised ViT-L training diverged (arXiv 2503.10622, section 7.1). */
const vitLargeAlpha = 0.6;

/** What a user should know before using the numbers, each in one sentence. */
export function warningsFor({ model, input, coverage, layers }: Pick<Result, "model" | "input" | "coverage" | "layers">): Warning[] {
  return [
    ...aboutInput(input),
    ...aboutTokens(layers),
    ...aboutCoverage(coverage),
    ...aboutTrained(layers),
    ...aboutLayers("non-finite", layers, (layer) => layer.input.nonFinite > 0, "NaN or infinite elements came in, and rows that hold any were left out"),
    ...aboutLayers("degenerate", layers, (layer) => layer.fit.status === "no-data", "no finite row came in, so there is no fit and alpha is a placeholder"),
    ...aboutLayers("degenerate", layers, (layer) => layer.fit.status === "degenerate", "the input does not vary, so there is no fit and alpha is a placeholder"),
    ...aboutLayers("near-linear", layers, (layer) => layer.fit.status === "linear", "the norm is close to a line, so only gain * alpha is determined and alpha is an upper bound"),
    ...aboutFirstTokens(input, layers),
    ...aboutModel(model, layers),
  ];
}

function aboutInput(input: InputDescription): Warning[] {
  if (input.kind !== "random") return [];
  return [{ code: "random-input", message: "The input was random, so the numbers show the norm layers on noise: give text, images or token ids of the kind the model was trained on." }];
}

function aboutTokens(layers: readonly LayerResult[]): Warning[] {
  const fewest = Math.min(...layers.map((layer) => layer.tokens));
  if (layers.length === 0 || fewest >= fewRows) return [];
  return [{ code: "few-tokens", message: `As few as ${fewest} rows were measured, so the fits may not hold for other input: give at least ${fewRows} tokens.` }];
}

function aboutCoverage({ found, measured, missing }: Coverage): Warning[] {
  if (missing.length === 0) return [];
  const names = missing.slice(0, namedLayers).map(({ name, reason }) => `${name} (${reason})`);
  const rest = missing.length > namedLayers ? ` and ${missing.length - namedLayers} more` : "";
  return [{ code: "not-covered", message: `${measured} of ${found} norm layers were measured; missing: ${names.join(", ")}${rest}.` }];
}

function aboutFirstTokens(input: InputDescription, layers: readonly LayerResult[]): Warning[] {
  if (input.skipFirst) return [];
  const apart = ({ input: { first, tokenStdMean } }: LayerResult) => first !== undefined && first.std > standsApart * tokenStdMean;
  return aboutLayers(
    "first-token-outliers",
    layers,
    apart,
    "the first position of a sequence is far larger than the rest and bends the fit: compare with a run that skips first positions (--skip-first; in VS Code normlens.analysis.skipFirst)",
  );
}

function aboutModel({ isLanguageModel, width }: ModelDescription, layers: readonly LayerResult[]): Warning[] {
  const warnings: Warning[] = [];
  const roles = new Set(layers.map((layer) => layer.role));
  if (isLanguageModel) {
    warnings.push({
      code: "embedding-scale",
      message: "The alphas for training from scratch presuppose a learnable scale on the embedding, starting at sqrt(hidden size), as the DyT paper's language models have it.",
    });
  } else if (width >= vitLargeWidth) {
    warnings.push({ code: "vit-large", message: `At hidden size ${width} keep alpha at ${vitLargeAlpha} or below for supervised training from scratch: the DyT paper's ViT-L diverged above.` });
  }
  if ((roles.has("post-attention") || roles.has("post-ffn")) && !roles.has("attention") && !roles.has("ffn")) {
    warnings.push({ code: "post-norm", message: "The norms stand after the residual sum, where DyT is untested: the DyT paper replaced norms in front of a branch only." });
  }
  const final = layers.find((layer) => layer.role === "final");
  if (final !== undefined) {
    warnings.push({ code: "final-norm", layer: final.name, message: `${final.name}: the final norm sets the scale of the outputs, so check them first after replacing it.` });
  }
  return warnings;
}
