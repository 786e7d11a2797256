import { normRoles } from "./norm";
import { replacementCurves, replacementMethods, type CostMeasure, type Replacement, type ReplacementScores } from "./replacement";
import { first, firstDifference, optionalDifference } from "./shape";

/* A replacement that has every field that must be there, against which those of files are compared. Null is a number that may be infinite. */

const cost = { cost: null, standardError: null, scores: { hiddenError: null } };

const example: { readonly [Field in keyof Replacement]: unknown } = {
  measure: "",
  heldOut: { source: "", sequences: 0, tokens: 0, sha256: "" },
  sampleTokens: 0,
  original: cost.scores,
  unchanged: cost,
  methods: [{ method: "", ...cost }],
  chosen: "",
  roles: [{ role: "", layers: 0, ...cost }],
  layers: [{ name: "", curve: "", alpha: 0, shift: 0, defaultCost: null, ...cost }],
  budget: { order: [""], points: [{ count: 0, cost: null }] },
  kept: [{ name: "", reason: "" }],
  seconds: 0,
};

const measures: Readonly<Record<CostMeasure, true>> = { "cross-entropy": true, kl: true, error: true };

/** What is wrong with the part of a result that tells what replacing norms costs, in words; undefined where nothing is, or it is not there. */
export function damageOfReplacement(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return firstDifference(example, value, "replacement") ?? damagedScore(value as Replacement) ?? optionalDifference(0, (value as Replacement).tuneSteps, "replacement.tuneSteps") ?? unknownWord(value as Replacement) ?? damagedBudget(value as Replacement);
}

/** Scores that a model need not have. */
function damagedScore({ original, unchanged, methods, roles, layers }: Replacement): string | undefined {
  const scores: readonly ReplacementScores[] = [original, ...[unchanged, ...methods, ...roles, ...layers].map((each) => each.scores)];
  return first(scores, ({ crossEntropy, kl, top1 }) =>
    optionalDifference(null, crossEntropy, "replacement: a crossEntropy") ?? optionalDifference(null, kl, "replacement: a kl") ?? optionalDifference(null, top1, "replacement: a top1"));
}

function unknownWord({ measure, methods, chosen, roles, layers }: Replacement): string | undefined {
  const unless = (known: boolean, what: string, word: string) => (known ? undefined : `the ${what} ${JSON.stringify(word).slice(0, 40)} is not known`);
  return (
    unless(Object.hasOwn(measures, measure), "measure of cost", measure) ??
    first([...methods.map(({ method }) => method), chosen], (method) => unless(replacementMethods.includes(method), "method", method)) ??
    first(roles, ({ role }) => unless(normRoles.includes(role), "role", role)) ??
    first(layers, ({ curve }) => unless(replacementCurves.includes(curve), "curve", curve))
  );
}

function damagedBudget({ budget: { order, points, limit, count } }: Replacement): string | undefined {
  const isCount = (value: number) => Number.isInteger(value) && value >= 0 && value <= order.length;
  return (
    optionalDifference(0, limit, "replacement.budget.limit") ??
    first([...points.map((point) => point.count), ...(count === undefined ? [] : [count])], (each) => (isCount(each) ? undefined : "a count of replacement.budget is none of its layers"))
  );
}
