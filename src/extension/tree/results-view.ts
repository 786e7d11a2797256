import { EventEmitter, MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState, Disposable, l10n, window, type TreeDataProvider } from "vscode";
import { messageOf } from "../../shared/errors";
import { formatNumber, formatR2, noNumber, printable } from "../../shared/format";
import { suggestedAlpha, suggestedR2 } from "../../shared/intent";
import { normRoles } from "../../shared/norm";
import { roleColor } from "../../shared/role-color";
import type { GroupResult, LayerResult } from "../../shared/result";
import type { Parts } from "../parts";
import type { Item, LayerItem, ProblemItem, ResultItem, RoleItem } from "./items";

/** Registers the view of results, their roles and layers in the activity bar. */
export function registerResultsView(parts: Parts): Disposable {
  const tree = new ResultsTree(parts);
  const view = window.createTreeView("normlens.results", { treeDataProvider: tree, showCollapseAll: true });
  const refresh = () => { tree.refresh(); };
  return Disposable.from(view, tree, parts.results.onDidChange(refresh), parts.intent.onDidChange(refresh));
}

/** The tree: results, newest first; under each its roles, and under those their layers. Contents are read when they are unfolded. */
class ResultsTree implements TreeDataProvider<Item>, Disposable {
  private readonly changes = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changes.event;

  constructor(private readonly parts: Parts) {}

  refresh(): void {
    this.changes.fire(undefined);
  }

  dispose(): void {
    this.changes.dispose();
  }

  getChildren(item?: Item): Item[] | Promise<Item[]> {
    if (item === undefined) return this.parts.results.known.map((known): ResultItem => ({ kind: "result", ...known }));
    switch (item.kind) {
      case "result":
        return this.rolesOf(item);
      case "role":
        return item.result.layers.filter(({ role }) => role === item.role).map((layer): LayerItem => ({ kind: "layer", uri: item.uri, layer }));
      case "layer":
      case "problem":
        return [];
    }
  }

  getTreeItem(item: Item): TreeItem {
    switch (item.kind) {
      case "result":
        return this.resultLine(item);
      case "role":
        return this.roleLine(item);
      case "layer":
        return this.layerLine(item);
      case "problem":
        return problemLine(item);
    }
  }

  private async rolesOf({ uri }: ResultItem): Promise<Item[]> {
    try {
      const result = await this.parts.results.load(uri);
      const roles = normRoles.filter((role) => result.layers.some((layer) => layer.role === role));
      return roles.map((role): RoleItem => ({ kind: "role", uri, role, result }));
    } catch (error) {
      return [{ kind: "problem", message: messageOf(error) }];
    }
  }

  private resultLine({ uri, label, detail, time, path }: ResultItem): TreeItem {
    const isCurrent = uri.toString() === this.parts.results.currentUri?.toString();
    const line = new TreeItem(printable(label), isCurrent ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed);
    line.id = uri.toString();
    const when = new Date(time).toLocaleString();
    const alike = this.parts.results.known.filter((each) => each.label === label && each.detail === detail);
    line.description = printable(alike.length > 1 ? `${detail}, ${when}` : detail);
    line.tooltip = plainTooltip([label, detail, when, ...(path === undefined ? [] : [path])]);
    line.iconPath = new ThemeIcon(isCurrent ? "pass-filled" : "graph", isCurrent ? new ThemeColor("charts.green") : undefined);
    line.contextValue = isCurrent ? "normlens.result.current" : "normlens.result";
    return line;
  }

  private roleLine({ uri, role, result }: RoleItem): TreeItem {
    const line = new TreeItem(role, TreeItemCollapsibleState.Collapsed);
    line.id = `${uri.toString()}#${role}`;
    const group = result.groups.find((each) => each.role === role);
    if (group !== undefined) line.description = this.roleText(group);
    line.iconPath = new ThemeIcon("circle-filled", new ThemeColor(roleColor(role)));
    return line;
  }

  private roleText({ count, suggest, alphaMedian, alphaMin, alphaMax }: GroupResult): string {
    const layers = count === 1 ? l10n.t("1 layer") : l10n.t("{0} layers", count);
    if (this.parts.intent.value === "scratch") return l10n.t("α {0}, {1}", formatNumber(suggest.scratch), layers);
    if (alphaMedian === 0) return l10n.t("no α, {0}", layers);
    return count === 1 ? l10n.t("α {0}, {1}", formatNumber(alphaMedian), layers) : l10n.t("α {0} to {1}, {2}", formatNumber(alphaMin), formatNumber(alphaMax), layers);
  }

  private layerLine({ uri, layer }: LayerItem): TreeItem {
    const { name, fit, kind } = layer;
    const intent = this.parts.intent.value;
    const line = new TreeItem(printable(name));
    line.id = `${uri.toString()}#${layer.role}#${name}`;
    line.description = alphaText(suggestedAlpha(layer, intent), suggestedR2(layer, intent));
    line.tooltip = plainTooltip([name, kind, l10n.t("R² of the line {0}, of the tanh {1}, at most {2}", formatR2(layer.linear.r2), formatR2(fit.r2), formatR2(layer.ceiling.r2))]);
    line.iconPath = iconOf(layer);
    line.contextValue = "normlens.layer";
    line.command = { command: "normlens.showLayer", title: l10n.t("Show Layer"), arguments: [{ kind: "layer", uri, layer } satisfies LayerItem] };
    return line;
  }
}

/** An alpha, with how well it does where that is known. */
function alphaText(alpha: number, r2: number | undefined): string {
  if (!Number.isFinite(alpha)) return noNumber;
  return r2 === undefined ? l10n.t("α {0}", formatNumber(alpha)) : l10n.t("α {0}, R² {1}", formatNumber(alpha), formatR2(r2));
}

/** How well a tanh does in the layer's place: well, no better than a line, or not determined. */
function iconOf({ fit }: LayerResult): ThemeIcon {
  switch (fit.status) {
    case "ok":
      return new ThemeIcon("graph-scatter");
    case "linear":
      return new ThemeIcon("graph-line");
    case "degenerate":
    case "no-data":
      return new ThemeIcon("circle-slash");
  }
}

function problemLine({ message }: ProblemItem): TreeItem {
  const line = new TreeItem(printable(message));
  line.iconPath = new ThemeIcon("warning", new ThemeColor("list.warningForeground"));
  line.tooltip = plainTooltip([message]);
  return line;
}

/** Text that no name in it can turn into markup. */
function plainTooltip(lines: readonly string[]): MarkdownString {
  const tooltip = new MarkdownString();
  lines.forEach((text, index) => tooltip.appendMarkdown(index === 0 ? "" : "\n\n").appendText(printable(text)));
  return tooltip;
}
