import { t } from "@vscode/l10n";
import { formatNumber, formatShare } from "../../src/shared/format";
import type { CostMeasure, ReplacementCost, ReplacementScores } from "../../src/shared/replacement";
import { costUnits } from "../../src/shared/replacement-words";
import { meanings } from "./meanings";
import { costText } from "./cost-words";

/** A column of numbers of a table of costs. */
export interface CostColumn<Row> {
  readonly heading: string;
  readonly meaning: string;
  readonly text: (row: Row) => string;
}

/** Perplexity of scores: NaN where they have no cross-entropy. */
export function perplexityOf({ crossEntropy }: ReplacementScores): number {
  return Math.exp(crossEntropy ?? Number.NaN);
}

/** The columns that a model of that measure has numbers for. */
export function costColumns<Row extends ReplacementCost>(measure: CostMeasure): readonly CostColumn<Row>[] {
  return [
    { heading: `${t("cost")}, ${costUnits[measure]}`, meaning: meanings.cost(), text: ({ cost }) => (measure === "error" && cost !== null ? formatShare(cost) : costText(cost)) },
    { heading: "±", meaning: meanings.standardError(), text: ({ standardError }) => formatNumber(standardError, 2) },
    ...(measure === "cross-entropy" ? [{ heading: t("perplexity"), meaning: meanings.perplexity(), text: ({ scores }: Row) => formatNumber(perplexityOf(scores)) }] : []),
    ...(measure === "error" ? [] : [
      { heading: "KL", meaning: meanings.kl(), text: ({ scores }: Row) => formatNumber(scores.kl ?? Number.NaN) },
      { heading: t("top-1 agrees"), meaning: meanings.top1(), text: ({ scores }: Row) => formatShare(scores.top1 ?? Number.NaN) },
    ]),
  ];
}
