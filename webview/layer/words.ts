import { t } from "@vscode/l10n";
import { formatNumber, formatShare } from "../../src/shared/format";
import type { LayerResult } from "../../src/shared/result";

/** What was found out about a layer, in sentences. */
export function wordsOf(layer: LayerResult): readonly string[] {
  const { trained, kind } = layer;
  if (trained === undefined) return wordsOfNorm(layer);
  return [t("This layer is {0} already; what follows is of the {1} that could stand in its place.", kind, trained.against), ...wordsOfNorm({ ...layer, kind: trained.against })];
}

function wordsOfNorm({ fit, linear, ceiling, saturation, alphaTimesRms, kind }: LayerResult): readonly string[] {
  switch (fit.status) {
    case "no-data":
      return [t("No input of this layer was seen, so nothing is known of it.")];
    case "degenerate":
      return [t("The input of this layer does not vary, so no alpha is determined.")];
    case "linear":
      return [
        t("On this input the {0} is close to a straight line, which explains {1} of it: any alpha below {2} fits about as well.", kind, formatShare(linear.r2), formatNumber(fit.alpha)),
        t("No element-wise function explains more than {0}.", formatShare(ceiling.r2)),
      ];
    case "ok":
      return [
        t("A tanh explains {0} of what this {1} does, a straight line {2}, and no element-wise function more than {3}.", formatShare(fit.r2), kind, formatShare(linear.r2), formatShare(ceiling.r2)),
        t("At α {0} the typical |α · x| is {1}, and {2} of the elements are beyond 2, where the tanh is nearly flat.", formatNumber(fit.alpha), formatNumber(alphaTimesRms), formatShare(saturation["2"])),
      ];
  }
}
