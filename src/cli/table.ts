import pc from "picocolors";
import { hasAlpha } from "../shared/alpha";
import { batchNormReason, firstBatchNorms } from "../shared/batch-norms";
import { engineLabel, type EngineStatus } from "../shared/engines";
import { formatFamily } from "../shared/family";
import {
  describeRuntime,
  formatBytes,
  formatCount,
  formatCounted,
  formatLarge,
  formatNumber,
  formatR2,
  formatSeconds,
  formatShare,
  noNumber,
  printable,
} from "../shared/format";
import { formatFeed } from "../shared/graph-feed";
import type { InspectedNorm, Inspection } from "../shared/inspection";
import type { NormRole } from "../shared/norm";
import type { Coverage, EngineDescription, GroupResult, InputDescription, LayerResult, PooledFit, Result } from "../shared/result";
import { trainedText } from "../shared/trained-words";
import { renderColumns, renderPairs, type Column } from "./columns";

/** How a table is drawn. */
export interface TableOptions {
  /** Whether the terminal shows colours; the caller looks at NO_COLOR and at whether it writes to a terminal. */
  readonly color: boolean;
  /** Characters in a line. */
  readonly width: number;
}

type Colors = ReturnType<typeof pc.createColors>;

/**
 * What `normlens analyze` and `normlens fit` print: the model, one line for every layer, roles, warnings; it ends with a
 * line feed.
 */
export function renderTable(result: Result, options: TableOptions): string {
  const colors = pc.createColors(options.color);
  return joinBlocks([
    renderPairs(resultHeader(result), options.width, colors.dim),
    renderColumns(layerColumns(colors, result.layers.some(({ trained }) => trained)), result.layers, options.width, colors.bold),
    renderColumns(groupColumns(colors), result.groups, options.width, colors.bold),
    renderPairs(warningPairs(result), options.width, colors.yellow),
  ]);
}

/** What `normlens inspect` prints: the checkpoint and its norm layers; it ends with a line feed. */
export function renderInspection(inspection: Inspection, options: TableOptions): string {
  const colors = pc.createColors(options.color);
  return joinBlocks([
    renderPairs(inspectionHeader(inspection), options.width, colors.dim),
    renderColumns(normColumns(colors), inspection.norms, options.width, colors.bold),
    renderPairs(inspection.cannotRun === undefined ? [] : [{ label: "!", text: printable(inspection.cannotRun) }], options.width, colors.yellow),
  ]);
}

/** What `normlens engines` prints: a line for every engine that works, and what the others lack; it ends with a line feed. */
export function renderEngines(statuses: readonly EngineStatus[], options: TableOptions): string {
  const colors = pc.createColors(options.color);
  const working = statuses.filter(({ available }) => available);
  const lacking = statuses.filter(({ available }) => !available).map((status) => ({ label: engineLabel(status), text: printable(status.reason ?? "unknown reason") }));
  return joinBlocks([
    working.length === 0 ? "No engine works on this machine." : renderColumns(engineColumns(colors), working, options.width, colors.bold),
    renderPairs(lacking, options.width, colors.dim),
  ]);
}

/** A GPU by its name, where the engine tells it; TensorFlow tells of every GPU that it uses. */
function computesOn({ device, hardware }: EngineStatus): string {
  if (hardware !== undefined) return printable(hardware);
  return ["cpu", "wasm", "tensorflow"].includes(device) ? "the processor" : "a GPU";
}

function engineColumns(colors: Colors): readonly Column<EngineStatus>[] {
  return [
    { heading: "engine", align: "left", text: engineLabel },
    { heading: "GFLOP/s", align: "right", text: ({ gigaflops }) => (gigaflops === undefined ? noNumber : formatNumber(gigaflops)), paint: (text) => colors.bold(colors.cyan(text)) },
    { heading: "version", align: "left", keep: 1, text: ({ version }) => printable(version ?? noNumber) },
    { heading: "computes on", align: "left", keep: 0, text: computesOn, paint: colors.dim },
  ];
}

function resultHeader(result: Result) {
  const { model, input, engine, coverage } = result;
  const missing = coverage.missing.map(({ name, reason }) => ({
    label: "Missing",
    text: `${printable(name)}: ${printable(reason)}`,
  }));
  return [
    { label: "Model", text: describeModel(model) },
    { label: "", text: printable(model.path) },
    { label: "Input", text: describeInput(input) },
    { label: "Engine", text: describeEngine(engine) },
    { label: "Norms", text: `${formatCount(coverage.measured)} of ${formatCount(coverage.found)} measured` },
    ...missing,
    ...batchNormLine(coverage),
  ];
}

function inspectionHeader(inspection: Inspection) {
  const dtypes = Object.entries(inspection.dtypes).map(
    ([dtype, { tensors, bytes }]) => `${printable(dtype)}: ${formatCounted(tensors, "tensor")}, ${formatBytes(bytes)}`,
  );
  return [
    { label: "Model", text: describeModel(inspection) },
    { label: "", text: printable(inspection.path) },
    { label: "Format", text: printable(inspection.format) },
    { label: "Tensors", text: `${dtypes.join("; ")}${dtypes.length > 1 ? `; together ${formatBytes(inspection.bytes)}` : ""}` },
    { label: "Norms", text: formatCount(inspection.norms.length) },
    ...batchNormLine(inspection),
    ...(inspection.inputs ?? []).map((feed, index) => ({ label: index === 0 ? "Input" : "", text: printable(formatFeed(feed)) })),
  ];
}

function batchNormLine({ batchNorms = [] }: Pick<Coverage, "batchNorms">) {
  if (batchNorms.length === 0) return [];
  return [{ label: "Not a candidate", text: `${formatCounted(batchNorms.length, "batch norm")} (${printable(firstBatchNorms(batchNorms))}): ${batchNormReason}` }];
}

function describeModel(model: Pick<Inspection, "architecture" | "family" | "depth" | "width" | "parameters" | "dtype">): string {
  return [
    printable(model.architecture),
    ...[formatFamily(model.family)].filter((text) => text !== model.architecture).map(printable),
    ...(model.depth > 0 ? [formatCounted(model.depth, "block")] : []),
    ...(model.width > 0 ? [`width ${formatCount(model.width)}`] : []),
    ...(model.parameters > 0 ? [`${formatLarge(model.parameters)} parameters`] : []),
    ...(model.dtype === "unknown" ? [] : [printable(model.dtype)]),
  ].join(", ");
}

function describeInput(input: InputDescription): string {
  const random = input.kind === "random" ? " (random: alphas from it do not describe real use)" : "";
  const skipped = input.skipFirst ? ", first positions skipped" : "";
  return `${printable(input.source)}${random}, ${formatCounted(input.tokens, "token")} in ${formatCounted(input.sequences, "sequence")}${skipped}`;
}

function describeEngine(engine: EngineDescription): string {
  const { forward, statistics, fit, total } = engine.seconds;
  const parts = `forward ${formatSeconds(forward)}, statistics ${formatSeconds(statistics)}, fit ${formatSeconds(fit)}`;
  return `${describeRuntime(engine)}, ${formatSeconds(total)} (${parts}), at most ${formatBytes(engine.peakMemoryBytes)}`;
}

/** @param withTrained layers are element-wise already, so that what training made of alpha is of interest. */
function layerColumns(colors: Colors, withTrained: boolean): readonly Column<LayerResult>[] {
  const faintUnlessFitted = (text: string, { fit }: LayerResult) => (fit.status === "ok" ? text : colors.dim(text));
  return [
    { heading: "layer", align: "left", shrinks: true, text: ({ name }) => printable(name) },
    { heading: "role", align: "left", keep: 8, text: ({ role }) => role, paint: (text, { role }) => paintRole(colors, role, text) },
    { heading: "tokens", align: "right", keep: 0, text: ({ tokens }) => formatCount(tokens), paint: colors.dim },
    { heading: "std", align: "right", keep: 6, text: ({ input }) => formatNumber(input.std) },
    ...(withTrained ? [
      { heading: "trained", align: "right", text: trainedAlpha, paint: (text: string) => colors.bold(text) },
      { heading: "1/std", align: "right", keep: 8, text: ({ inverseStd }: LayerResult) => formatNumber(inverseStd) },
    ] satisfies Column<LayerResult>[] : []),
    {
      heading: "alpha",
      align: "right",
      text: ({ fit }) => describeAlpha(fit),
      paint: (text, { fit }) => (fit.status === "ok" ? colors.cyan(text) : colors.yellow(text)),
    },
    { heading: "95 %", align: "left", keep: 3, text: ({ fit }) => describeInterval(fit), paint: colors.dim },
    { heading: "gain", align: "right", keep: 2, text: ({ fit }) => (fit.status === "ok" ? formatNumber(fit.gain) : noNumber) },
    { heading: "R² line", align: "right", keep: 5, text: ({ linear }) => formatR2(linear.r2) },
    { heading: "R² tanh", align: "right", keep: 7, text: ({ fit }) => formatR2(fit.r2) },
    { heading: "R² ceiling", align: "right", keep: 4, text: ({ ceiling }) => formatR2(ceiling.r2), paint: colors.dim },
    { heading: "|αx|>2", align: "right", keep: 1, text: ({ saturation }) => formatShare(saturation["2"]), paint: faintUnlessFitted },
    { heading: "convert", align: "right", text: convertAlpha, paint: (text) => colors.bold(colors.cyan(text)) },
    { heading: "scratch", align: "right", keep: 9, text: ({ suggest }) => formatNumber(suggest.scratch) },
  ];
}

function trainedAlpha({ trained }: LayerResult): string {
  return trained === undefined ? noNumber : trainedText(trained);
}

function convertAlpha(layer: LayerResult): string {
  return hasAlpha(layer) ? formatNumber(layer.suggest.convert) : noNumber;
}

function describeAlpha(fit: PooledFit): string {
  switch (fit.status) {
    case "ok":
      return formatNumber(fit.alpha);
    case "linear":
      return `≤ ${formatNumber(fit.alpha)} (linear)`;
    case "degenerate":
      return "constant input";
    case "no-data":
      return "no data";
  }
}

function describeInterval({ status, alphaLow, alphaHigh }: PooledFit): string {
  return status === "ok" ? `${formatNumber(alphaLow)}–${formatNumber(alphaHigh)}` : "";
}

function groupColumns(colors: Colors): readonly Column<GroupResult>[] {
  return [
    { heading: "role", align: "left", text: ({ role }) => role, paint: (text, { role }) => paintRole(colors, role, text) },
    { heading: "layers", align: "right", text: ({ count }) => formatCount(count) },
    {
      heading: "convert median",
      align: "right",
      text: ({ suggest }) => determined(suggest.convert),
      paint: (text) => colors.bold(colors.cyan(text)),
    },
    { heading: "from", align: "right", keep: 1, text: ({ alphaMin }) => determined(alphaMin) },
    { heading: "to", align: "right", keep: 0, text: ({ alphaMax }) => determined(alphaMax) },
    { heading: "scratch", align: "right", keep: 3, text: ({ suggest }) => formatNumber(suggest.scratch) },
    { heading: "source", align: "left", keep: 2, text: ({ suggest }) => suggest.scratchSource, paint: colors.dim },
  ];
}

/** No alpha is 0: that stands for a role none of whose layers has a determined fit. */
function determined(alpha: number): string {
  return alpha === 0 ? noNumber : formatNumber(alpha);
}

function normColumns(colors: Colors): readonly Column<InspectedNorm>[] {
  return [
    { heading: "norm", align: "left", shrinks: true, text: ({ name }) => printable(name) },
    { heading: "role", align: "left", keep: 4, text: ({ role }) => role, paint: (text, { role }) => paintRole(colors, role, text) },
    { heading: "kind", align: "left", keep: 3, text: ({ kind }) => kind },
    { heading: "depth", align: "right", keep: 1, text: ({ depth }) => formatCount(depth) },
    { heading: "channels", align: "right", keep: 2, text: ({ channels }) => (channels === 0 ? noNumber : formatCount(channels)) },
    { heading: "eps", align: "right", keep: 0, text: ({ eps }) => eps.toExponential().replace("e-0", "e-"), paint: colors.dim },
  ];
}

/** The header names the layers that were not measured, each with its reason. */
function warningPairs({ warnings }: Result) {
  return warnings.filter(({ code }) => code !== "not-covered").map(({ message }) => ({ label: "!", text: printable(message) }));
}

function paintRole(colors: Colors, role: NormRole, text: string): string {
  const paints: Record<NormRole, (text: string) => string> = {
    embedding: colors.gray,
    attention: colors.blue,
    query: colors.blueBright,
    key: colors.blueBright,
    "post-attention": colors.cyan,
    ffn: colors.magenta,
    "post-ffn": colors.magentaBright,
    final: colors.green,
    other: colors.reset,
  };
  return paints[role](text);
}

function joinBlocks(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}
