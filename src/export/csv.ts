import { hasAlpha } from "../shared/alpha";
import type { LayerCost } from "../shared/replacement";
import { saturationThresholds, type LayerResult } from "../shared/result";
import type { ExportFormat } from "./format";

/** Every scalar of every layer, one line a layer, headed by the result's own field names: `fit.alpha`, `input.std` ... */
export const csv: ExportFormat = {
  name: "csv",
  extension: ".csv",
  description: "every number of every layer, for a spreadsheet or pandas",
  export: ({ layers, replacement }) => {
    const costs = new Map(replacement?.layers.map((cost) => [cost.name, cost]));
    const records = layers.map((layer) => record(layer, costs.get(layer.name)));
    const headings = [...new Set(records.flatMap((each) => [...each.keys()]))];
    const lines = [headings, ...records.map((each) => headings.map((heading) => each.get(heading)))];
    return lines.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
  },
};

type Scalar = string | number | null | undefined;

function record(layer: LayerResult, replacement: LayerCost | undefined): Map<string, Scalar> {
  const { eps, channels, tokens, calls, input, linear, ceiling, fit, perChannel, alphaTimesRms, inverseStd } = layer;
  const numbers = { eps, channels, tokens, calls, input, linear, ceiling, fit, perChannel, alphaTimesRms, inverseStd };
  return new Map<string, Scalar>([
    ["name", layer.name],
    ["role", layer.role],
    ["kind", layer.kind],
    ["depth", layer.depth],
    ["dyt_alpha", hasAlpha(layer) ? layer.suggest.convert : undefined],
    ["dyt_alpha_scratch", layer.suggest.scratch],
    ["dyt_alpha_scratch_source", layer.suggest.scratchSource],
    ["axes", layer.axes.join(" ")],
    ...flatten(numbers, ""),
    ...saturationThresholds.map((threshold) => [`saturation.${threshold}`, layer.saturation[threshold]] as const),
    ...layer.families.flatMap(({ name, ...family }) => flatten(family, `families.${name}.`)),
    ...(layer.trained === undefined ? [] : flatten(layer.trained, "trained.")),
    ...(replacement === undefined ? [] : replacementCells(replacement)),
  ]);
}

/** What replacing the layer alone costs; an infinite cost is an empty cell. */
function replacementCells({ cost, standardError, defaultCost, curve, alpha, shift, scores }: LayerCost): [string, Scalar][] {
  return [["replacement.cost", cost], ["replacement.defaultCost", defaultCost], ...flatten({ standardError, curve, alpha, shift, ...scores }, "replacement.")];
}

function flatten(value: object, prefix: string): [string, Scalar][] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]): [string, Scalar][] => {
    if (typeof part === "object" && part !== null) return flatten(part, `${prefix}${key}.`);
    return typeof part === "number" || typeof part === "string" ? [[`${prefix}${key}`, part]] : [];
  });
}

/** A cell by RFC 4180; what is no finite number is left empty, and no text is read as a formula by a spreadsheet. */
function csvCell(value: Scalar): string {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = (value ?? "").replace(/^(?=[=+@\t\r]|-[^\d])/, "'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
