import pc from "picocolors";
import { formatCount, formatCounted, formatNumber, formatSeconds, formatShare, noNumber, printable } from "../shared/format";
import type { BudgetCurve, CostMeasure, LayerCost, Replacement, ReplacementCost, RoleCost } from "../shared/replacement";
import { costUnits, formatCost, methodText } from "../shared/replacement-words";
import { renderColumns, renderPairs, type Column } from "./columns";
import type { TableOptions } from "./table";

interface MethodRow extends ReplacementCost {
  readonly label: string;
  readonly isChosen: boolean;
}

/** What `normlens replace` prints of the cost of replacing norms; it ends with a line feed. */
export function renderReplacement(replacement: Replacement, { color, width }: TableOptions): string {
  const colors = pc.createColors(color);
  const { measure, methods, chosen, tuneSteps, unchanged, roles, layers, budget } = replacement;
  const rows: MethodRow[] = [
    { label: "nothing replaced (control)", isChosen: false, ...unchanged },
    ...methods.map((cost): MethodRow => ({ label: methodText(cost.method, tuneSteps), isChosen: cost.method === chosen, ...cost })),
  ];
  const chosenColor = (text: string, { isChosen }: MethodRow): string => (isChosen ? colors.bold(colors.cyan(text)) : text);
  return `${[
    renderPairs(header(replacement), width, colors.dim),
    renderColumns([{ heading: "all norms replaced", align: "left", text: ({ label, isChosen }: MethodRow) => `${isChosen ? "> " : "  "}${label}`, paint: chosenColor }, ...costColumns<MethodRow>(measure, true)], rows, width, colors.bold),
    renderColumns([{ heading: "one role replaced", align: "left", text: ({ role }: RoleCost) => role }, { heading: "layers", align: "right", text: ({ layers: count }: RoleCost) => formatCount(count) }, ...costColumns<RoleCost>(measure, false)], roles, width, colors.bold),
    renderColumns(layerColumns(measure), layers.toSorted((a, b) => (b.cost ?? Infinity) - (a.cost ?? Infinity)), width, colors.bold),
    renderPairs([...valuesPairs(replacement), ...budgetPairs(budget, measure)], width, colors.dim),
  ].filter((block) => block !== "").join("\n\n")}\n`;
}

function header({ measure, heldOut, sampleTokens, original, kept, seconds, layers }: Replacement): { label: string; text: string }[] {
  const { crossEntropy } = original;
  const measured = { "cross-entropy": `cross-entropy of the original ${formatNumber(crossEntropy ?? NaN, 4)} nats a token (perplexity ${formatNumber(Math.exp(crossEntropy ?? NaN), 4)})`, kl: "KL divergence from the original's predictions", error: "relative error of what the network hands on last" };
  return [
    { label: "Cost", text: `${measured[measure]}; on ${formatCounted(heldOut.tokens, "held-out token")} of ${printable(heldOut.source)}${sampleTokens < heldOut.tokens ? `; layers, roles and budget on ${formatCount(sampleTokens)} of them${measure === "cross-entropy" ? samplePerplexity(layers[0]) : ""}` : ""}` },
    { label: "", text: `measured in ${formatSeconds(seconds)}` },
    ...kept.slice(0, 5).map(({ name, reason }) => ({ label: "Kept", text: `${printable(name)}: ${printable(reason)}` })),
    ...(kept.length > 5 ? [{ label: "", text: `and ${formatCount(kept.length - 5)} more` }] : []),
  ];
}

/** The original's on the tokens that single layers were measured on: what a cost was added to. */
function samplePerplexity(layer: LayerCost | undefined): string {
  const crossEntropy = layer?.scores.crossEntropy;
  return crossEntropy === undefined || layer?.cost === null || layer === undefined ? "" : `, where the original's perplexity is ${formatNumber(Math.exp(crossEntropy - layer.cost))}`;
}

function costColumns<Row extends ReplacementCost>(measure: CostMeasure, withError: boolean): Column<Row>[] {
  const hasPredictions = measure !== "error";
  return [
    { heading: `cost (${costUnits[measure]})`, align: "right", text: ({ cost }) => formatCost(cost) },
    { heading: "±", align: "right", keep: 3, text: ({ standardError }) => formatNumber(standardError, 2) },
    ...(measure === "cross-entropy" ? [{ heading: "perplexity", align: "right", keep: 4, text: ({ scores }: Row) => formatNumber(Math.exp(scores.crossEntropy ?? NaN)) } satisfies Column<Row>] : []),
    ...(hasPredictions
      ? [
          { heading: "KL", align: "right", keep: 2, text: ({ scores }: Row) => formatNumber(scores.kl ?? NaN) } satisfies Column<Row>,
          { heading: "top-1 agrees", align: "right", keep: 5, text: ({ scores }: Row) => formatShare(scores.top1 ?? NaN) } satisfies Column<Row>,
        ]
      : []),
    ...(withError ? [{ heading: "hidden error", align: "right", keep: 1, text: ({ scores }: Row) => formatShare(scores.hiddenError) } satisfies Column<Row>] : []),
  ];
}

function layerColumns(measure: CostMeasure): Column<LayerCost>[] {
  return [
    { heading: "one layer replaced", align: "left", shrinks: true, text: ({ name }) => printable(name) },
    { heading: "alpha", align: "right", text: ({ alpha }) => formatNumber(alpha) },
    ...costColumns<LayerCost>(measure, false),
    { heading: "with alpha 0.5", align: "right", keep: 6, text: ({ defaultCost }) => formatCost(defaultCost) },
  ];
}

/** Where alphas and costs of single layers come from, which are of two methods as a rule. */
function valuesPairs({ chosen, tuneSteps }: Replacement): { label: string; text: string }[] {
  const fittedAlone = methodText("per-channel", undefined);
  const written = `of "${methodText(chosen, tuneSteps)}", the cheapest for all norms together; --out and convert --values write these`;
  return [{ label: "Values", text: chosen === "per-channel" ? `the alphas are ${written}` : `the alphas above are ${written}; costs of single layers, roles and budget, and the alphas under "convert", are of "${fittedAlone}"` }];
}

function budgetPairs({ order, points, limit, count }: BudgetCurve, measure: CostMeasure): { label: string; text: string }[] {
  if (order.length < 2) return [];
  const curve = points.map((point) => `${point.count}: ${formatCost(point.cost)}`).join(", ");
  const within = limit === undefined || count === undefined ? [] : [
    { label: "Budget", text: `${formatCount(count)} of ${formatCounted(order.length, "layer")} can be replaced for at most ${formatNumber(limit)} ${costUnits[measure]}${count === 0 ? "" : `: ${order.slice(0, count).map(printable).join(" ")}`}${count < order.length ? `; these stay: ${order.slice(count).map(printable).join(" ")}` : ""}` },
  ];
  return [{ label: "Layers", text: `the cheapest first, ${costUnits[measure]} for so many: ${curve === "" ? noNumber : curve}` }, ...within];
}
