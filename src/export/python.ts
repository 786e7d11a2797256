import { hasAlpha } from "../shared/alpha";
import type { LayerResult, Result } from "../shared/result";
import type { ExportFormat } from "./format";
import { pythonModule } from "./python-module";

/** A Python file that puts DyT in the place of a PyTorch model's norms, with the alphas of this result. */
export const python: ExportFormat = {
  name: "python",
  extension: ".py",
  description: "a PyTorch module that applies itself: apply_dyt(model)",
  export: (result) => `${pythonModule}${data(result)}`,
};

function data({ model, input, layers }: Result): string {
  const convertible = layers.filter(isConvertible);
  const left = layers.filter((layer) => !isConvertible(layer));
  return [
    "# What NormLens measured, by module name.",
    `MODEL = ${literal(model.path)}`,
    `INPUT = ${literal(`${input.source}, ${input.tokens} tokens`)}`,
    "",
    "# Alphas that take over this checkpoint together with a weight and a bias for every channel (the weights file).",
    dictionary("ALPHA", convertible, ({ suggest }) => number(suggest.convert)),
    "",
    "# (alpha, gain, offset) of gain * tanh(alpha * x) + offset before the norm's own affine: used without the weights file.",
    dictionary("POOLED", convertible, ({ fit }) => `(${number(fit.alpha)}, ${number(fit.gain)}, ${number(fit.offset)})`),
    "",
    "# Alphas to start training from.",
    dictionary("SCRATCH", layers, ({ suggest }) => number(suggest.scratch)),
    "",
    "# (kind, channels) of the norms that are replaced.",
    dictionary("NORMS", layers, ({ kind, channels }) => `(${literal(kind)}, ${channels})`),
    "",
    "# Norms that apply_dyt leaves as they are, and why.",
    dictionary("KEPT", left, (layer) => literal(reasonToKeep(layer))),
    "",
  ].join("\n");
}

/** DyT works on the last axis; norms over other axes stay. */
function isConvertible(layer: LayerResult): boolean {
  return hasAlpha(layer) && overLastAxis(layer);
}

function overLastAxis({ axes }: LayerResult): boolean {
  return axes.length === 1 && axes[0] === -1;
}

function reasonToKeep(layer: LayerResult): string {
  if (!overLastAxis(layer)) return `it normalises over axes ${layer.axes.join(", ")}, not over the last alone`;
  return layer.fit.status === "no-data" ? "no input of it was seen" : "its input did not vary, so no alpha is determined";
}

function dictionary(name: string, layers: readonly LayerResult[], value: (layer: LayerResult) => string): string {
  const entries = layers.map((layer) => `    ${literal(layer.name)}: ${value(layer)},\n`);
  return `${name} = {${entries.length > 0 ? "\n" : ""}${entries.join("")}}`;
}

/** A JSON string is a Python string too. */
function literal(text: string): string {
  return JSON.stringify(text);
}

function number(value: number): string {
  return Number.isFinite(value) ? String(value) : 'float("nan")';
}
