import { hasAlpha } from "../shared/alpha";
import { batchNormReason, firstBatchNorms } from "../shared/batch-norms";
import { formatCount, formatCounted, formatLarge, formatNumber, formatR2, formatShare, noNumber, printable } from "../shared/format";
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
      ...section("By layer", table(layerColumns, result.layers)),
      footnote,
    ].join("\n\n") + "\n",
};

const footnote =
  "DyT(x) = γ · tanh(α · x) + β. **α convert** takes over this checkpoint, together with a weight and a bias for every channel; " +
  "**α scratch** is to start training from. R² is that of a straight line, of the fitted tanh and of the best element-wise function at all.";

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
