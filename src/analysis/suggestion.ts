import type { NormRole } from "../shared/norm";
import { normRoles } from "../shared/norm";
import type { AlphaSuggestion, GroupResult, LayerResult, ModelDescription } from "../shared/result";

/** What a suggestion depends on. The number of blocks is no part of it: the paper found its effect negligible (Table 11). */
export type SuggestedModel = Pick<ModelDescription, "isLanguageModel" | "width">;

/** alpha to start from outside language models (arXiv 2503.10622, section 7.1). */
const defaultAlpha = 0.5;

/**
 * Starting alphas of language models by width, for DyT in front of attention and for all others
 * (arXiv 2503.10622, Table 11 for 1024 to 8192, Table 10 for 4096 and up; 5120 is the 13B model).
 */
const published: readonly { readonly width: number; readonly attention: number; readonly other: number }[] = [
  { width: 1024, attention: 1, other: 1 },
  { width: 2048, attention: 1, other: 0.5 },
  { width: 4096, attention: 0.8, other: 0.2 },
  { width: 5120, attention: 0.6, other: 0.15 },
  { width: 8192, attention: 0.2, other: 0.05 },
];

/**
 * Only the norm that feeds the attention block is "attention" in the paper; FFN norms and the final one are "other". Query and key norms
 * did not occur there: they stand inside attention and are counted to it. Norms after a branch feed the residual stream: "other".
 */
const attentionRoles: readonly NormRole[] = ["attention", "query", "key"];

/**
 * Alphas to start from.
 * From scratch: 0.5 outside language models and where the width is unknown; else the paper's value for the width, in between interpolated
 * in log2(width) (ours: the paper gives no formula), below 1024 and above 8192 the value at that end.
 * @param convert per-channel alpha of the layer or the median of a group's
 */
export function suggestAlphas(model: SuggestedModel, role: NormRole, convert: number): AlphaSuggestion {
  if (!model.isLanguageModel || model.width <= 0) return { scratch: defaultAlpha, scratchSource: "default", convert };
  const site = attentionRoles.includes(role) ? "attention" : "other";
  const exact = published.find((row) => row.width === model.width);
  if (exact !== undefined) return { scratch: exact[site], scratchSource: "published", convert };
  const scratchSource = model.width < published[0]!.width || model.width > published.at(-1)!.width ? "nearest" : "interpolated";
  return { scratch: interpolated(model.width, site), scratchSource, convert };
}

function interpolated(width: number, site: "attention" | "other"): number {
  const above = published.findIndex((row) => row.width > width);
  if (above === 0) return published[0]![site];
  if (above === -1) return published.at(-1)![site];
  const from = published[above - 1]!;
  const to = published[above]!;
  const share = Math.log2(width / from.width) / Math.log2(to.width / from.width);
  return from[site] + share * (to[site] - from[site]);
}

/** The layers of each role together, in the order of normRoles. */
export function groupByRole(layers: readonly LayerResult[], model: SuggestedModel): GroupResult[] {
  return normRoles.flatMap((role) => {
    const members = layers.filter((layer) => layer.role === role);
    if (members.length === 0) return [];
    const alphas = members.filter((layer) => layer.fit.status === "ok").map((layer) => layer.perChannel.alpha);
    const convert = median(alphas.length > 0 ? alphas : members.map((layer) => layer.perChannel.alpha));
    return {
      role,
      count: members.length,
      alphaMedian: median(alphas),
      alphaMin: alphas.length === 0 ? 0 : Math.min(...alphas),
      alphaMax: alphas.length === 0 ? 0 : Math.max(...alphas),
      suggest: suggestAlphas(model, role, convert),
    };
  });
}

/** 0 of nothing. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
