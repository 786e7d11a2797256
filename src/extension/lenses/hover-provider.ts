import { ColorThemeKind, Hover, l10n, MarkdownString, Range, window, type HoverProvider, type Position, type TextDocument } from "vscode";
import { formatCounted, formatNumber, formatR2, formatShare, printable } from "../../shared/format";
import type { Intent } from "../../shared/intent";
import type { LayerResult } from "../../shared/result";
import type { IntentStore } from "../intent-store";
import { settings } from "../settings";
import { curvePicture, pictureSize, type PictureColors } from "./curve-picture";
import { alphaRange, alphaText, lensText } from "./layer-words";
import type { NormLines } from "./norm-lines";

/** Layers that a hover lists by name. */
const listed = 6;

const light: PictureColors = { curve: "#1a85ff", others: "#1a85ff", data: "#b0b0b0", axis: "#d0d0d0" };
const dark: PictureColors = { curve: "#3794ff", others: "#3794ff", data: "#6b6b6b", axis: "#4a4a4a" };

/** The numbers of a norm layer, with its curve, where the pointer rests on it. */
export class NormHoverProvider implements HoverProvider {
  constructor(
    private readonly lines: NormLines,
    private readonly intent: IntentStore,
  ) {}

  async provideHover(document: TextDocument, position: Position): Promise<Hover | undefined> {
    if (!settings.hoverEnabled(document)) return undefined;
    const line = (await this.lines.withLayers(document)).find((each) => each.line === position.line);
    if (line === undefined) return undefined;
    const { start } = line.site.span;
    const callee = new Range(start.line, start.column, start.line, start.column + line.site.callee.length);
    return callee.contains(position) ? new Hover(contents(line.layers, this.intent.value), callee) : undefined;
  }
}

function contents(layers: readonly LayerResult[], intent: Intent): MarkdownString {
  const text = new MarkdownString(undefined, true);
  text.isTrusted = { enabledCommands: ["normlens.showLayer", "normlens.showLensLayers"] };
  const [layer] = layers;
  if (layers.length === 1 && layer !== undefined) appendLayer(text, layer, intent);
  else appendLayers(text, layers, intent);
  const kind = window.activeColorTheme.kind;
  const picture = curvePicture(layers, kind === ColorThemeKind.Light || kind === ColorThemeKind.HighContrastLight ? light : dark);
  if (picture !== undefined) text.appendMarkdown(`\n\n![${l10n.t("fitted curve: x to normalised x")}](data:image/svg+xml;base64,${Buffer.from(picture).toString("base64")}|width=${pictureSize.width},height=${pictureSize.height})`);
  return text;
}

function appendLayer(text: MarkdownString, layer: LayerResult, intent: Intent): void {
  const { kind, role, linear, fit, ceiling, inverseStd, saturation, channels } = layer;
  text.appendMarkdown("**").appendText(printable(layer.name)).appendMarkdown("** ").appendText(`${kind}, ${role}, ${formatCounted(channels, "channel")}`).appendMarkdown(` · ${link([layer])}`);
  const rows = [
    [intent === "convert" ? l10n.t("alpha, to convert") : l10n.t("alpha, from scratch"), alphaText(layer, intent)],
    ["1/std", formatNumber(inverseStd)],
    [l10n.t("R² line, tanh, ceiling"), `${formatR2(linear.r2)}, ${formatR2(fit.r2)}, ${formatR2(ceiling.r2)}`],
    [l10n.t("saturated, |α · x| > 2"), formatShare(saturation["2"])],
  ];
  const cell = (content: string) => content.replaceAll("|", "\\|");
  text.appendMarkdown(`\n\n| | |\n|---|---|\n${rows.map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n")}`);
}

function appendLayers(text: MarkdownString, layers: readonly LayerResult[], intent: Intent): void {
  const median = alphaRange(layers, intent)?.median;
  text.appendMarkdown("**NormLens** ").appendText(lensText(layers, intent));
  if (median !== undefined) text.appendText(l10n.t(", median {0}", formatNumber(median)));
  text.appendMarkdown(` · ${link(layers)}`);
  for (const layer of layers.slice(0, listed)) text.appendMarkdown("\n\n").appendText(`${printable(layer.name)}: ${alphaText(layer, intent)}`);
  if (layers.length > listed) text.appendMarkdown("\n\n").appendText(l10n.t("and {0} more", layers.length - listed));
}

function link(layers: readonly LayerResult[]): string {
  const names = layers.map(({ name }) => name);
  const [command, given, title] =
    names.length === 1 ? (["showLayer", names[0], l10n.t("Show in Panel")] as const) : (["showLensLayers", names, l10n.t("List Layers")] as const);
  return `[${title}](command:normlens.${command}?${encodeURIComponent(JSON.stringify([given]))})`;
}
