import { l10n } from "vscode";
import { formatCostIn } from "../../shared/replacement-words";
import type { Replacement } from "../../shared/replacement";
import type { ConversionChoice, ConversionOffer, ValuesKind } from "./conversion-choice";

/** Values for people. */
export function valuesText({ result: { replacement }, alphas }: ConversionOffer, values: ValuesKind): string {
  switch (values) {
    case "beside":
      return replacement === undefined ? l10n.t("the suggestion: every layer fitted by itself") : l10n.t("what measured best: {0}", chosenCost(replacement));
    case "in-order":
      return l10n.t("fitted anew for these layers, one after the other");
    case "alone":
      return l10n.t("the suggestion: every layer fitted by itself, anew");
    case "own": {
      const count = Object.keys(alphas).length;
      return count === 1 ? l10n.t("your alpha for 1 layer; weights and biases are fitted to it") : l10n.t("your alphas for {0} layers; weights and biases are fitted to them", count);
    }
  }
}

/** Layers for people: how many, and what they cost where that was measured. */
export function layersText({ result }: ConversionOffer, layers: ConversionChoice["layers"]): string {
  if (layers === undefined) return l10n.t("all that can be replaced");
  const cost = result.replacement && budgetCost(result.replacement, layers);
  const count = l10n.t("{0} of {1} layers", layers.length, result.layers.length);
  return cost === undefined ? count : `${count}, ${cost}`;
}

/** What the layers cost together, where they are a measured point of the budget. */
function budgetCost({ budget: { order, points }, measure }: Replacement, layers: readonly string[]): string | undefined {
  const cheapest = new Set(order.slice(0, layers.length));
  const point = points.find(({ count }) => count === layers.length);
  return point !== undefined && layers.every((name) => cheapest.has(name)) ? formatCostIn(point.cost, measure) : undefined;
}

function chosenCost({ methods, chosen, measure }: Replacement): string {
  return formatCostIn(methods.find(({ method }) => method === chosen)?.cost ?? null, measure);
}
