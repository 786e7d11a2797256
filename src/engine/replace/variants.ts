import { breathe, keep, type Values, type WrittenStage } from "../forward";
import { inputNames, outputNames, type Graph } from "../graph/graph";
import type { NormNode } from "../graph/norms";
import { replaceNorms, type ElementWiseValues } from "../graph/replace";
import type { Batch } from "../input/input";
import type { Runtime } from "../runtime/runtime";

/** What a norm is replaced with; undefined for one that stays. */
export type ValuesOf = (norm: NormNode) => ElementWiseValues | undefined;

/** A network in which some norms are replaced. */
export interface Variant {
  readonly valuesOf: ValuesOf;
  /** Runs all of it, even what is the original's: a control. */
  readonly runsWhole?: true;
}

/** Values by the names of layers. */
export function byName(values: ReadonlyMap<string, ElementWiseValues>): ValuesOf {
  return ({ name }) => values.get(name);
}

/** What the original and each variant hand on last, for every batch. */
export interface VariantOutputs {
  readonly original: readonly Values[];
  /** In the order of the variants. */
  readonly variants: readonly (readonly Values[])[];
}

/** How a run of variants is stopped and watched. */
export interface VariantOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told after every run of a stage over a batch how many of them are done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Runs a network and variants of it side by side, stage by stage. A variant costs nothing before the first stage in which it differs: until then its
 * values are the original's. Variants that have the same replacements in a stage share its session.
 * @throws CancelledError once `signal` is aborted.
 */
export async function runVariants(runtime: Runtime, stages: readonly WrittenStage[], batches: readonly Batch[], variants: readonly Variant[], options: VariantOptions = {}): Promise<VariantOutputs> {
  const forks = variants.map((variant) => firstDifference(stages, variant));
  const total = batches.length * (stages.length + forks.reduce((sum, fork) => sum + stages.length - fork, 0));
  let done = 0;
  let original: readonly Values[] = batches.map(({ feeds }) => feeds);
  let own: (readonly Values[])[] = variants.map(() => original);
  for (const [index, stage] of stages.entries()) {
    const needed = neededAfter(stages, index);
    const run = async (graph: Graph, entries: readonly (readonly Values[])[]): Promise<Values[][]> =>
      runStage(runtime, graph, entries, needed, options.signal, () => { options.onProgress?.(++done, total); });
    const changed = variants.map((variant, number) => (index < forks[number]! ? undefined : replacementsIn(stage, variant.valuesOf)));
    const groups = grouped(changed);
    const entering = [original, ...own];
    const same = groups.get("") ?? [];
    const [handedOn, ...unchanged] = await run(stage.graph, [original, ...same.map((number) => entering[number + 1]!)]);
    own = own.map(() => handedOn!);
    same.forEach((number, place) => { own[number] = unchanged[place]!; });
    for (const [key, members] of groups) {
      if (key === "") continue;
      const graph = replaceNorms(stage.graph, stage.norms, variants[members[0]!]!.valuesOf);
      const outputs = await run(graph, members.map((number) => entering[number + 1]!));
      members.forEach((number, place) => { own[number] = outputs[place]!; });
    }
    original = handedOn!;
  }
  return { original, variants: own };
}

/** Number of the first stage that has to be run apart from the original's. */
function firstDifference(stages: readonly WrittenStage[], { valuesOf, runsWhole }: Variant): number {
  if (runsWhole) return 0;
  const first = stages.findIndex(({ norms }) => norms.some((norm) => valuesOf(norm) !== undefined));
  return first < 0 ? stages.length : first;
}

/** Values of the norms of a stage, those that stay included. */
function replacementsIn({ norms }: WrittenStage, valuesOf: ValuesOf): readonly (ElementWiseValues | undefined)[] {
  return norms.map(valuesOf);
}

/** Numbers of the variants that have the same values in a stage, by what these are: "" where nothing is replaced. Those that need not run are left out. */
function grouped(changed: readonly (readonly (ElementWiseValues | undefined)[] | undefined)[]): Map<string, number[]> {
  const numbers = new Map<ElementWiseValues, number>();
  const groups = new Map<string, number[]>();
  changed.forEach((values, number) => {
    if (values === undefined) return;
    const ids = values.map((one) => (one === undefined ? 0 : numbers.get(one) ?? numbers.set(one, numbers.size + 1).size));
    const key = ids.every((id) => id === 0) ? "" : ids.join(" ");
    groups.set(key, [...(groups.get(key) ?? []), number]);
  });
  return groups;
}

/** Names of the values that stages behind this one take, or that are handed on to none of them: what the network gives. A model of two towers gives what each hands on. */
export function neededAfter(stages: readonly WrittenStage[], index: number): ReadonlySet<string> {
  const given = stages.flatMap(({ graph }, from) => outputNames(graph).filter((name) => !isTaken(stages.slice(from + 1), name)));
  return new Set([...given, ...stages.slice(index + 1).flatMap(({ graph }) => inputNames(graph))]);
}

/** Whether one of the stages takes a value before another hands one on under the same name, as the second of two towers does. */
function isTaken(stages: readonly WrittenStage[], name: string): boolean {
  const next = stages.find(({ graph }) => inputNames(graph).includes(name) || outputNames(graph).includes(name));
  return next !== undefined && inputNames(next.graph).includes(name);
}

/**
 * Runs a stage over the batches of several variants.
 * @param onRun told before every run
 * @throws CancelledError once `signal` is aborted.
 */
export async function runStage(runtime: Runtime, graph: Graph, entries: readonly (readonly Values[])[], needed: ReadonlySet<string>, signal: AbortSignal | undefined, onRun?: () => void): Promise<Values[][]> {
  const inputs = new Set(inputNames(graph));
  const outputs = outputNames(graph);
  const session = await runtime.open(graph);
  try {
    const results: Values[][] = [];
    for (const batches of entries) {
      const result: Values[] = [];
      for (const values of batches) {
        await breathe(signal);
        onRun?.();
        result.push(keep({ ...values, ...await session.run(keep(values, inputs), outputs) }, needed));
      }
      results.push(result);
    }
    return results;
  } finally {
    await session.close();
  }
}
