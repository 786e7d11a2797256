import { fitPairs, type PairedFitOptions } from "../../analysis/paired-fit";
import { keep, type Values, type WrittenStage } from "../forward";
import { inputsOf, prunedTo } from "../graph/prune";
import { viewOf } from "../graph/find/view";
import { inputNames, withOutputs, type Graph, type Value } from "../graph/graph";
import { tapNorms, type NormNode } from "../graph/norms";
import { replaceNorms, type ElementWiseValues } from "../graph/replace";
import type { Batch } from "../input/input";
import { channelShape, type RowsOfNorm } from "../norm-rows";
import type { Runtime } from "../runtime/runtime";
import type { Tensor } from "../tensor";
import type { OpenModel } from "../open-model";
import { pairsOf, type LayerPairs } from "./pairs";
import { directValues, type Candidate } from "./values";
import { neededAfter, runStage } from "./variants";

/** One way of converting a network layer after layer. */
export interface ChainForm {
  readonly curve: PairedFitOptions["curve"];
  /**
   * What a layer is fitted to: what the norm would make of what reaches it, or what it made of what reached it in the original network. The
   * latter wants of a layer to undo errors that lie before it; least squares then make it small.
   */
  readonly target: "norm" | "original";
  readonly shifted?: boolean;
  /** Leaves out rows that are far larger than the others. */
  readonly withoutOutliers?: boolean;
  /** alphas that are given; others are looked for. */
  readonly alphas?: Readonly<Record<string, number>>;
}

/** Values of the layers that were converted, by name. */
export type LayerValues = ReadonlyMap<string, ElementWiseValues>;

/** What a conversion starts from. */
export interface InOrderInput {
  readonly runtime: Runtime;
  readonly stages: readonly WrittenStage[];
  readonly norms: ReadonlyMap<string, RowsOfNorm>;
  readonly batches: readonly Batch[];
  /** Names of the layers to convert, with the alphas to start from. */
  readonly starts: ReadonlyMap<string, number>;
  /** Layers that run several times in a pass, which no order can do justice to: they have these values from the start. */
  readonly given: LayerValues;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** What the conversion of a network's layers starts from: the alphas that are fitted to each by itself. */
export function inOrderInput({ runtime, norms }: Pick<OpenModel, "runtime" | "norms">, stages: readonly WrittenStage[], taken: readonly Candidate[], batches: readonly Batch[]): InOrderInput {
  return {
    ...{ runtime, stages, norms, batches },
    starts: new Map(taken.map(({ name, measured }) => [name, measured.channelFit.alpha])),
    given: new Map(taken.filter(({ measured }) => measured.calls > 1).map((one) => [one.name, directValues("per-channel", one)])),
  };
}

/** A conversion under way. */
interface Chain {
  readonly form: ChainForm;
  readonly fitted: Map<string, ElementWiseValues>;
  /** What enters the next stage; the original network's own where nothing differs yet. */
  values: readonly Values[];
}

/**
 * Converts a network layer after layer: each layer is fitted on what the converted layers before it hand it. Several forms run side by side.
 * @returns the values for each form; undefined for a form without outliers where there are none, as its values would be another's.
 * @throws CancelledError once `signal` is aborted.
 */
export async function fitInOrder(input: InOrderInput, forms: readonly ChainForm[]): Promise<(LayerValues | undefined)[]> {
  const { runtime, stages, batches, signal, onProgress } = input;
  const feeds = batches.map((batch): Values => batch.feeds);
  let original: readonly Values[] = feeds;
  const chains = forms.map((form): Chain => ({ form, fitted: new Map(input.given), values: feeds }));
  let sawOutliers = false;
  for (const [index, stage] of stages.entries()) {
    onProgress?.(stage.name, index, stages.length);
    const needed = neededAfter(stages, index);
    const tapped = tapNorms(stage.graph, stage.norms);
    const inputs = new Set(inputNames(stage.graph));
    const [seen] = await runStage(runtime, tapped.graph, [original], new Set([...needed, ...inputs, ...tapped.taps, ...stage.norms.map(({ input: value }) => value)]), signal);
    for (const chain of chains) {
      const outliers = await convertStage(input, stage, chain, seen!, original);
      sawOutliers ||= outliers;
    }
    const before = original;
    original = seen!.map((values) => keep(values, needed));
    for (const chain of chains) {
      const isChanged = stage.norms.some(({ name }) => chain.fitted.has(name)) || chain.values !== before;
      if (!isChanged) { chain.values = original; continue; }
      const graph = replaceNorms(stage.graph, stage.norms, ({ name }) => chain.fitted.get(name));
      chain.values = (await runStage(runtime, graph, [chain.values], needed, signal))[0]!;
    }
  }
  return chains.map(({ form, fitted }) => (form.withoutOutliers && !sawOutliers ? undefined : fitted));
}

/** Fits the layers of a stage in the order in which they run. @returns whether there were outliers. */
async function convertStage({ runtime, norms, batches, starts, given, signal }: InOrderInput, stage: WrittenStage, chain: Chain, seen: readonly Values[], original: readonly Values[]): Promise<boolean> {
  const { form, fitted } = chain;
  let left = stage.norms.filter(({ name }) => starts.has(name) && !given.has(name));
  let sawOutliers = false;
  while (left.length > 0) {
    const ready = independent(stage.graph, left);
    const changed = await tapsOf(runtime, stage, chain, ready, seen, original, signal);
    for (const norm of ready) {
      const known = norms.get(norm.name)!;
      const inputs = seen.map((values) => values[norm.input]!);
      const shape = channelShape(known, inputs[0]!)!;
      const reached = changed.map((values) => values[norm.input]!);
      const pairs = pairsOf(known, form.target === "norm" ? reached : inputs, reached, batches);
      sawOutliers ||= pairs.ordinary !== pairs.rows;
      const fit = fitPairs(chosenRows(pairs, form), {
        curve: form.curve,
        start: form.alphas?.[norm.name] ?? starts.get(norm.name)!,
        fixed: form.alphas?.[norm.name] !== undefined,
        ...(form.shifted && { shifted: true }),
      });
      fitted.set(norm.name, { curve: form.curve, alpha: fit.alpha, shift: fit.shift, gain: fit.gain, offset: fit.offset, shape });
    }
    left = left.slice(ready.length);
  }
  return sawOutliers;
}

function chosenRows(pairs: LayerPairs, { withoutOutliers }: ChainForm): LayerPairs {
  return withoutOutliers ? { ...pairs, rows: pairs.ordinary } : pairs;
}

/** The leading norms none of which depends on another that is not converted yet. */
function independent(graph: Graph, left: readonly NormNode[]): readonly NormNode[] {
  const view = viewOf(graph);
  const ready: NormNode[] = [];
  for (const norm of left) {
    const outputs = new Set(ready.map(({ output }) => output));
    const seen = new Set<Value>();
    const depends = (value: Value): boolean => {
      if (outputs.has(value)) return true;
      if (seen.has(value)) return false;
      seen.add(value);
      const node = view.producer(value);
      return node !== undefined && inputsOf(node).some(depends);
    };
    if (depends(norm.input)) break;
    ready.push(norm);
  }
  return ready;
}

/** What reaches norms in the converted network; nothing is run where nothing differs from the original. */
async function tapsOf(runtime: Runtime, stage: WrittenStage, { fitted, values }: Chain, norms: readonly NormNode[], seen: readonly Values[], original: readonly Values[], signal: AbortSignal | undefined): Promise<readonly Values[]> {
  const isUnchanged = values === original && !stage.norms.some(({ name }) => fitted.has(name));
  if (isUnchanged) return seen;
  const graph = replaceNorms(stage.graph, stage.norms, ({ name }) => fitted.get(name));
  const fed = new Set(inputNames(stage.graph));
  const taps = [...new Set(norms.map(({ input }) => input))].filter((value) => !fed.has(value));
  const run = taps.length === 0 ? values.map((): Values => ({})) : (await runStage(runtime, withOutputs(prunedTo(graph, taps), taps), [values], new Set(taps), signal))[0]!;
  return values.map((entering, index): Readonly<Record<Value, Tensor>> => ({ ...entering, ...run[index]! }));
}
