import type { Replacement, ReplacementMethod, ReplacementScores } from "../src/shared/replacement";
import type { LayerResult, Result } from "../src/shared/result";

const crossEntropy = 3.609;

function scoresOf(cost: number): ReplacementScores {
  return { crossEntropy: crossEntropy + cost, kl: 0.9 * cost, top1: 1 / (1 + cost), hiddenError: cost / (1 + cost) };
}

const methodCosts: readonly (readonly [ReplacementMethod, number])[] = [["in-order", 0.733], ["in-order-robust", 0.688], ["per-channel", 0.748], ["pooled", 0.773], ["default", 2.19], ["official", 2.29]];

/** The result with what `normlens replace` would find: costs that fall with depth, over five decades, the last below 0. */
export function withReplacement(result: Result, changes: Partial<Replacement> = {}): Result {
  const { layers } = result;
  const costOf = (index: number) => (index === layers.length - 1 ? -0.0007 : 0.336 * 10 ** ((-4 * index) / layers.length));
  const order = layers.map(({ name }) => name).reverse();
  const roles = [...new Set(layers.map(({ role }) => role))];
  const ofRole = (role: LayerResult["role"]) => layers.filter((layer) => layer.role === role).length;
  const replacement: Replacement = {
    measure: "cross-entropy",
    heldOut: { source: "bundled text", sequences: 4, tokens: 1024, sha256: "3f".repeat(32) },
    sampleTokens: 512,
    original: { crossEntropy, hiddenError: 0 },
    unchanged: { cost: 0, standardError: 0, scores: { crossEntropy, kl: 0, top1: 1, hiddenError: 0 } },
    methods: methodCosts.map(([method, cost]) => ({ method, cost, standardError: 0.043, scores: scoresOf(cost) })),
    chosen: "in-order-robust",
    roles: roles.map((role) => ({ role, layers: ofRole(role), cost: 0.08 * ofRole(role), standardError: 0.05, scores: scoresOf(0.08 * ofRole(role)) })),
    layers: layers.map(({ name, perChannel }, index) => ({
      name, curve: "tanh", alpha: perChannel.alpha, shift: 0, cost: costOf(index), standardError: 0.004, scores: scoresOf(Math.max(0, costOf(index))), defaultCost: 5 * Math.abs(costOf(index)),
    })),
    budget: { order, points: [...order.keys(), order.length].map((count) => ({ count, cost: count === 0 ? 0 : 0.001 * 2 ** count })) },
    kept: [],
    seconds: 30,
    ...changes,
  };
  return { ...result, replacement };
}
