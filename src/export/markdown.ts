import { hasAlpha } from "../shared/alpha";
import { batchNormReason, firstBatchNorms } from "../shared/batch-norms";
import { formatCount, formatCounted, formatLarge, formatNumber, formatR2, formatShare, noNumber, printable } from "../shared/format";
import { notAskedFor, type CostMeasure, type LayerCost, type MethodCost, type Replacement, type ReplacementCost, type RoleCost } from "../shared/replacement";
import { costUnits, formatCostIn, methodText } from "../shared/replacement-words";
import type { GroupResult, LayerResult, PooledFit, Result } from "../shared/result";
import type { ExportFormat } from "./format";

/** A report for an issue, a wiki or a notebook: model, roles, layers, warnings. */
export const markdown: ExportFormat = {
  name: "markdown",
  extension: ".md",
  description: "a report with a table of layers, for an issue or a wiki",
  export: (result) =>
    [
      `# DyT alphas of ${text(result.model.architecture)}`,
      header(result),
      ...section("Warnings", warnings(result)),
      ...section("By role", table(groupColumns, result.groups)),
      ...section("By layer", table(result.layers.some(({ trained }) => trained) ? withTrained(layerColumns) : layerColumns, result.layers)),
      ...(result.replacement === undefined ? [] : replacementSections(result.replacement)),
      footnote,
    ].join("\n\n") + "\n",
};

const footnote =
  "DyT(x) = γ · tanh(α · x) + β. **α convert** takes over this checkpoint, together with a weight and a bias for every channel; " +
  "**α scratch** is to start training from. R² is that of a straight line, of the fitted tanh and of the best element-wise function at all.";

/** What replacing the norms costs: all of them by every method, and each layer alone. */
function replacementSections(replacement: Replacement): string[] {
  const { measure, methods, unchanged, chosen, tuneSteps, roles, layers } = replacement;
  const label = ({ method }: MethodCost) => text(methodText(method, tuneSteps));
  const all: readonly MethodRow[] = [
    { label: "nothing replaced (control)", ...unchanged },
    ...methods.map((cost) => ({ label: cost.method === chosen ? `**${label(cost)}**` : label(cost), ...cost })),
  ];
  const costs = costColumns(measure);
  return [
    ...section("What replacing the norms costs", measured(replacement)),
    table([{ heading: "all norms replaced", number: false, cell: ({ label }: MethodRow) => label }, ...costs], all),
    ...section("One role replaced", table([{ heading: "role", number: false, cell: ({ role }: RoleCost) => role }, ...costs], roles)),
    ...section("One layer replaced", table([
      { heading: "layer", number: false, cell: ({ name }: LayerCost) => code(name) },
      { heading: "α", number: true, cell: ({ alpha }: LayerCost) => formatNumber(alpha) },
      ...costs,
      { heading: "with α 0.5", number: true, cell: ({ defaultCost }: LayerCost) => formatCostIn(defaultCost, measure) },
    ], layers)),
  ];
}

interface MethodRow extends ReplacementCost {
  readonly label: string;
}

function costColumns(measure: CostMeasure): readonly MarkdownColumn<ReplacementCost>[] {
  return [
    { heading: "cost", number: true, cell: ({ cost }) => formatCostIn(cost, measure) },
    { heading: "±", number: true, cell: ({ standardError }) => formatNumber(standardError, 2) },
    ...(measure === "error" ? [] : [
      { heading: "KL", number: true, cell: ({ scores }: ReplacementCost) => formatNumber(scores.kl ?? Number.NaN) },
      { heading: "top-1 agrees", number: true, cell: ({ scores }: ReplacementCost) => formatShare(scores.top1 ?? Number.NaN) },
    ]),
  ];
}

function measured({ measure, original: { crossEntropy }, heldOut, sampleTokens, budget: { limit, count, order }, kept }: Replacement): string {
  const original = crossEntropy === undefined ? "" : `; the original's cross-entropy is ${formatNumber(crossEntropy, 4)} nats a token, its perplexity ${formatNumber(Math.exp(crossEntropy), 4)}`;
  const within = limit === undefined || count === undefined ? [] : [`- Budget: ${formatCount(count)} of ${formatCounted(order.length, "layer")} can be replaced for at most ${formatNumber(limit)} ${costUnits[measure]}`];
  return [
    `- Measured on ${formatCounted(heldOut.tokens, "token")} of ${text(heldOut.source)}, single layers and roles on ${formatCount(sampleTokens)}${original}`,
    ...within,
    ...kept.filter(({ reason }) => reason !== notAskedFor).map(({ name, reason }) => `- Stays a norm: ${code(name)}, ${text(reason)}`),
  ].join("\n");
}

interface MarkdownColumn<Row> {
  readonly heading: string;
  readonly number: boolean;
  cell(row: Row): string;
}

const groupColumns: readonly MarkdownColumn<GroupResult>[] = [
  { heading: "role", number: false, cell: ({ role }) => role },
  { heading: "layers", number: true, cell: ({ count }) => formatCount(count) },
  { heading: "α median", number: true, cell: ({ alphaMedian }) => determined(alphaMedian) },
  { heading: "α from", number: true, cell: ({ alphaMin }) => determined(alphaMin) },
  { heading: "α to", number: true, cell: ({ alphaMax }) => determined(alphaMax) },
  { heading: "α scratch", number: true, cell: ({ suggest }) => `${formatNumber(suggest.scratch)} (${suggest.scratchSource})` },
];

/** Behind the first columns, what training made of layers that are element-wise already. */
function withTrained([layer, role, std, ...others]: readonly MarkdownColumn<LayerResult>[]): readonly MarkdownColumn<LayerResult>[] {
  const trained: MarkdownColumn<LayerResult> = { heading: "α trained", number: true, cell: (one) => (one.trained ? `${formatNumber(one.trained.alpha)}${one.trained.alphas > 1 ? " (median)" : ""}` : noNumber) };
  return [layer!, role!, std!, trained, ...others];
}

const layerColumns: readonly MarkdownColumn<LayerResult>[] = [
  { heading: "layer", number: false, cell: ({ name }) => code(name) },
  { heading: "role", number: false, cell: ({ role }) => role },
  { heading: "std", number: true, cell: ({ input }) => formatNumber(input.std) },
  { heading: "α pooled", number: true, cell: ({ fit }) => pooledAlpha(fit) },
  { heading: "R² line", number: true, cell: ({ linear }) => formatR2(linear.r2) },
  { heading: "R² tanh", number: true, cell: ({ fit }) => formatR2(fit.r2) },
  { heading: "R² ceiling", number: true, cell: ({ ceiling }) => formatR2(ceiling.r2) },
  { heading: "\\|αx\\| > 2", number: true, cell: ({ saturation }) => formatShare(saturation["2"]) },
  { heading: "α convert", number: true, cell: (layer) => (hasAlpha(layer) ? `**${formatNumber(layer.suggest.convert)}**` : noNumber) },
  { heading: "α scratch", number: true, cell: ({ suggest }) => formatNumber(suggest.scratch) },
];

function header({ model, input, coverage }: Result): string {
  const random = input.kind === "random" ? " (random input: these alphas do not describe real use)" : "";
  return [
    `- Model: ${code(model.path)}, ${text(model.family)}, ${formatCounted(model.depth, "block")}, width ${formatCount(model.width)}, ${formatLarge(model.parameters)} parameters, ${text(model.dtype)}`,
    `- Input: ${text(input.source)}${random}, ${formatCounted(input.tokens, "token")} in ${formatCounted(input.sequences, "sequence")}`,
    `- Norm layers: ${formatCount(coverage.measured)} of ${formatCount(coverage.found)} measured`,
    ...coverage.missing.map(({ name, reason }) => `- Not measured: ${code(name)}, ${text(reason)}`),
    ...(coverage.batchNorms ? [`- Not a candidate: ${formatCounted(coverage.batchNorms.length, "batch norm")} (${text(firstBatchNorms(coverage.batchNorms))}), ${batchNormReason}`] : []),
  ].join("\n");
}

function warnings({ warnings }: Result): string {
  return warnings.map(({ message }) => `- ${text(message)}`).join("\n");
}

function section(title: string, body: string): string[] {
  return body === "" ? [] : [`## ${title}`, body];
}

function table<Row>(columns: readonly MarkdownColumn<Row>[], rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ heading }) => heading)),
    line(columns.map(({ number }) => (number ? "---:" : "---"))),
    ...rows.map((row) => line(columns.map((column) => column.cell(row)))),
  ].join("\n");
}

function pooledAlpha(fit: PooledFit): string {
  if (fit.status === "ok") return `${formatNumber(fit.alpha)} (${formatNumber(fit.alphaLow)}–${formatNumber(fit.alphaHigh)})`;
  return fit.status === "linear" ? `≤ ${formatNumber(fit.alpha)} (linear)` : fit.status;
}

function determined(alpha: number): string {
  return alpha === 0 ? noNumber : formatNumber(alpha);
}

/** Code style for what is a plain name or path; anything stranger is escaped text. */
function code(name: string): string {
  return /^[\w./:~@ -]+$/.test(name) ? `\`${name}\`` : text(name);
}

/** Text with everything escaped that Markdown, or HTML inside it, would read as more than text. */
function text(raw: string): string {
  return printable(raw).replace(/[\\`*_{}[\]<>#|~&!]/g, "\\$&");
}
