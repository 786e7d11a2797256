import { ColorThemeKind, Hover, l10n, MarkdownString, Range, window, type HoverProvider, type Position, type TextDocument } from "vscode";
import { formatCounted, formatNumber, formatR2, formatShare, printable } from "../../shared/format";
import type { Intent } from "../../shared/intent";
import type { Replacement } from "../../shared/replacement";
import { formatCostIn } from "../../shared/replacement-words";
import type { LayerResult, Result } from "../../shared/result";
import { trainedText } from "../../shared/trained-words";
import type { StartAlpha } from "../../source/norm-site";
import type { IntentStore } from "../intent-store";
import { labelOf } from "../results/result-store";
import { settings } from "../settings";
import { curvePicture, pictureSize, type PictureColors } from "./curve-picture";
import { alphaRange, alphaText, lensText } from "./layer-words";
import { siteAt, type MatchedSite, type NormLines } from "./norm-lines";
import { comparedText, shownAlphas, startText } from "./start-words";

/** Layers that a hover lists by name. */
const listed = 6;

const light: PictureColors = { curve: "#1a85ff", others: "#1a85ff", data: "#b0b0b0", axis: "#d0d0d0" };
const dark: PictureColors = { curve: "#3794ff", others: "#3794ff", data: "#6b6b6b", axis: "#4a4a4a" };

/** The numbers of a norm layer, with its curve, where the pointer rests on what creates it. */
export class NormHoverProvider implements HoverProvider {
  constructor(
    private readonly lines: NormLines,
    private readonly intent: IntentStore,
  ) {}

  async provideHover(document: TextDocument, position: Position): Promise<Hover | undefined> {
    if (!settings.hoverEnabled(document)) return undefined;
    const matched = await this.lines.matched(document);
    const found = matched && siteAt(matched.sites, position);
    if (matched === undefined || found === undefined) return undefined;
    const { start } = found.site.span;
    const callee = new Range(start.line, start.column, start.line, start.column + found.site.callee.length);
    return callee.contains(position) ? new Hover(contents(found, this.intent.value, matched.result), callee) : undefined;
  }
}

function contents({ site, layers }: MatchedSite, intent: Intent, result: Result): MarkdownString {
  const text = new MarkdownString(undefined, true);
  text.isTrusted = { enabledCommands: ["normlens.showLayer", "normlens.showLensLayers"] };
  const [layer] = layers;
  if (result.input.kind === "random") text.appendText(l10n.t("{0}, on random input: no measure of real use", printable(labelOf(result)))).appendMarkdown("\n\n");
  if (layers.length === 1 && layer !== undefined) appendLayer(text, layer, intent, result, site.alpha);
  else appendSummary(text, layers, intent, result, site.alpha);
  appendPicture(text, layers);
  if (layers.length > 1) appendNames(text, layers, intent);
  if (result.input.kind !== "random") text.appendMarkdown("\n\n").appendText(l10n.t("Measured in {0}", printable(labelOf(result))));
  return text;
}

function appendLayer(text: MarkdownString, layer: LayerResult, intent: Intent, { replacement }: Result, start: StartAlpha | undefined): void {
  const { kind, role, linear, fit, ceiling, inverseStd, saturation, channels, trained } = layer;
  text.appendMarkdown("**").appendText(printable(layer.name)).appendMarkdown("** ").appendText(`${kind}, ${role}, ${formatCounted(channels, "channel")}`).appendMarkdown(` · ${link([layer])}`);
  const rows = [
    ...(trained === undefined ? [] : [[l10n.t("alpha, trained"), trainedText(trained)], [l10n.t("saturated as trained, |α · x| > 2"), formatShare(trained.saturation)]]),
    [intent === "convert" ? l10n.t("alpha, to convert") : l10n.t("alpha, from scratch"), alphaText(layer, intent)],
    ...(start === undefined ? [] : [[l10n.t("alpha at the start, in source"), comparedText(start, shownAlphas([layer], intent))]]),
    ["1/std", formatNumber(inverseStd)],
    [l10n.t("R² line, tanh, ceiling"), `${formatR2(linear.r2)}, ${formatR2(fit.r2)}, ${formatR2(ceiling.r2)}`],
    [l10n.t("saturated, |α · x| > 2"), formatShare(saturation["2"])],
    ...replacementRows(layer, replacement),
  ];
  const cell = (content: string) => content.replaceAll("|", "\\|");
  text.appendMarkdown(`\n\n| | |\n|---|---|\n${rows.map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n")}`);
}

/** What replacing the layer alone costs, where it was measured. */
function replacementRows({ name }: LayerResult, replacement: Replacement | undefined): string[][] {
  const cost = replacement?.layers.find((each) => each.name === name);
  if (replacement === undefined || cost === undefined) return [];
  const inUnit = (value: number | null) => formatCostIn(value, replacement.measure);
  return [
    [l10n.t("replaced alone"), `${inUnit(cost.cost)} ± ${formatNumber(cost.standardError, 2)}`],
    [l10n.t("replaced with alpha 0.5"), inUnit(cost.defaultCost)],
  ];
}

function appendSummary(text: MarkdownString, layers: readonly LayerResult[], intent: Intent, result: Result, start: StartAlpha | undefined): void {
  const median = alphaRange(layers, intent)?.median;
  text.appendMarkdown("**NormLens** ").appendText(lensText(layers, intent, result));
  if (median !== undefined) text.appendText(l10n.t(", median {0}", formatNumber(median)));
  const compared = startText(start === undefined ? [] : [start], shownAlphas(layers, intent));
  if (compared !== undefined) text.appendText(` · ${compared}`);
  text.appendMarkdown(` · ${link(layers)}`);
}

function appendPicture(text: MarkdownString, layers: readonly LayerResult[]): void {
  const kind = window.activeColorTheme.kind;
  const picture = curvePicture(layers, kind === ColorThemeKind.Light || kind === ColorThemeKind.HighContrastLight ? light : dark);
  if (picture === undefined) return;
  const data = Buffer.from(picture).toString("base64");
  text.appendMarkdown(`\n\n![${l10n.t("fitted curve: x to normalised x")}](data:image/svg+xml;base64,${data}|width=${pictureSize.width},height=${pictureSize.height})`);
}

function appendNames(text: MarkdownString, layers: readonly LayerResult[], intent: Intent): void {
  for (const layer of layers.slice(0, listed)) text.appendMarkdown("\n\n").appendText(`${printable(layer.name)}: ${alphaText(layer, intent)}`);
  if (layers.length > listed) text.appendMarkdown("\n\n").appendText(l10n.t("and {0} more", layers.length - listed));
}

function link(layers: readonly LayerResult[]): string {
  const names = layers.map(({ name }) => name);
  const [command, given, title] =
    names.length === 1 ? (["showLayer", names[0], l10n.t("Show in Panel")] as const) : (["showLensLayers", names, l10n.t("List Layers")] as const);
  // A bracket in a name would end the link's address.
  const query = encodeURIComponent(JSON.stringify([given])).replace(/[()]/g, (bracket) => `%${bracket.charCodeAt(0).toString(16)}`);
  return `[${title}](command:normlens.${command}?${query})`;
}
