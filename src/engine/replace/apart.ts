import { normRoles } from "../../shared/norm";
import type { CostMeasure, ReplacementCost, RoleCost } from "../../shared/replacement";
import type { Batch } from "../input/input";
import { costOf } from "./costs";
import type { LayerValues } from "./in-order";
import type { Replacing } from "./methods";
import { scoreVariants, workOf, type Network } from "./network";
import type { Candidate } from "./values";
import { byName, type Variant } from "./variants";

/** Forward passes over all held-out input that replacing every layer by itself may cost; the number of tokens that they see follows from it. */
const sensitivityPasses = 3.5;
/** Fewest tokens that single layers are measured on. */
const fewestTokens = 64;

/** Costs of replacing parts of a network. */
export interface ApartCosts {
  /** One layer at a time, with fitted values, in the order of the candidates. */
  readonly layers: readonly ReplacementCost[];
  /** The same with the usual alpha. */
  readonly defaults: readonly ReplacementCost[];
  /** The layers of each role together. */
  readonly roles: readonly RoleCost[];
}

/**
 * Measures one layer at a time, with fitted values and with the usual alpha, and the layers of each role.
 * @throws CancelledError once `signal` is aborted.
 */
export async function measureApart({ network, taken, signal, steps }: Replacing, batches: readonly Batch[], fitted: LayerValues, usual: LayerValues, measure: CostMeasure): Promise<ApartCosts> {
  const roles = normRoles.map((role) => ({ role, names: taken.filter(({ measured }) => measured.layer.role === role).map(({ name }) => name) })).filter(({ names }) => names.length > 0);
  const variants = [...oneByOne(taken, fitted), ...oneByOne(taken, usual), ...roles.map(({ names }) => replacing(names, fitted))];
  const [original, ...scored] = await scoreVariants(network, batches, variants, signal, steps("one layer at a time"));
  const costs = scored.map((scores) => costOf(measure, original!, scores));
  return {
    layers: costs.slice(0, taken.length),
    defaults: costs.slice(taken.length, 2 * taken.length),
    roles: roles.map(({ role, names }, index) => ({ role, layers: names.length, ...costs[2 * taken.length + index]! })),
  };
}

/** A variant for every layer, in which that layer alone is replaced. */
export function oneByOne(taken: readonly Candidate[], values: LayerValues): Variant[] {
  return taken.map(({ name }) => replacing([name], values));
}

/** A variant in which these layers are replaced. */
export function replacing(names: readonly string[], values: LayerValues): Variant {
  return { valuesOf: byName(new Map(names.map((name) => [name, values.get(name)!]))) };
}

/** Tokens on which replacing every layer by itself costs `sensitivityPasses` forward passes over all held-out input: a layer costs what comes behind it. */
export function sampleTokens(network: Network, taken: readonly Candidate[], tokens: number): number {
  const { stages, head } = workOf(network);
  const names = new Set(taken.map(({ name }) => name));
  const whole = stages.reduce((sum, work) => sum + work, head);
  const first = new Map<string, number>();
  network.stages.forEach(({ norms }, index) => { for (const { name } of norms) if (names.has(name) && !first.has(name)) first.set(name, index); });
  const behind = [...first.values()].reduce((sum, index) => sum + stages.slice(index).reduce((rest, work) => rest + work, head), 0);
  return Math.max(Math.min(tokens, fewestTokens), behind === 0 ? tokens : Math.min(tokens, Math.floor((sensitivityPasses * tokens * whole) / behind)));
}
