import { breathe, type Values } from "../../forward";
import type { Value } from "../../graph/graph";
import type { Batch } from "../../input/input";
import type { Network } from "../network";
import { neededAfter, runStage } from "../variants";
import { openLoss, type Distance } from "./loss";
import { openTunedStage, type CurrentValues, type Gradients, type LayerGradients, type TunedStage } from "./tuned-stage";

/** Something that holds on to memory until it is closed. */
interface Closing {
  close(): Promise<void>;
}

/** How far a network is from the original on a batch, and which way its layers' values would bring it nearer. */
export interface Slope {
  readonly distance: number;
  /** Gradients from every stage in which a layer stands. */
  readonly layers: readonly LayerGradients[];
}

/** A converted network that stays open while its values change. */
export interface TunedNetwork {
  /** How far it is, without the way back. */
  distanceAt(place: number, layers: CurrentValues): Promise<number>;
  /** @param place of the batch @param layers the values as they are now @throws CancelledError once the signal is aborted. */
  slopeAt(place: number, layers: CurrentValues): Promise<Slope>;
  close(): Promise<void>;
}

/**
 * Opens all stages from the first layer on, each twice: to go through it and back. What lies before is run once.
 * @param batches all of one shape
 * @throws NoGradientError where an operator has no gradient; CancelledError once `signal` is aborted.
 */
export async function openTunedNetwork(network: Network, batches: readonly Batch[], start: CurrentValues, signal: AbortSignal): Promise<TunedNetwork> {
  const first = network.stages.findIndex(({ norms }) => norms.some(({ name }) => start.has(name)));
  const { entering, handedOn } = await runOriginal(network, batches, first, signal);
  const open: Closing[] = [];
  const close = async (): Promise<void> => { for (const one of open) await one.close(); };
  const opening = async <Opened extends Closing>(promise: Promise<Opened>): Promise<Opened> => {
    const opened = await promise;
    open.push(opened);
    return opened;
  };
  try {
    const loss = await opening(openLoss(network, batches));
    const stages: TunedStage[] = [];
    const active = new Set<Value>();
    let example = entering[0]!;
    for (const stage of network.stages.slice(first)) {
      await breathe(signal);
      const opened = await opening(openTunedStage(network.runtime, stage, start, example, active));
      example = { ...example, ...opened.ofExample };
      // A second tower hands on values of its own under names of the first.
      opened.outputs.forEach((name) => active.delete(name));
      opened.active.forEach((name) => active.add(name));
      stages.push(opened);
    }
    const runAt = async (place: number, layers: CurrentValues): Promise<Distance & { readonly fed: readonly Values[] }> => {
      const fed = await runThrough(stages, entering[place]!, layers, signal);
      return { fed, ...await loss.of(place, fed.at(-1)!, handedOn[place]!) };
    };
    return {
      close,
      distanceAt: async (place, layers) => (await runAt(place, layers)).distance,
      slopeAt: async (place, layers) => {
        const { fed, distance, gradients } = await runAt(place, layers);
        return { distance, layers: await goBack(stages, fed, gradients, layers, signal) };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What enters each stage, and what the last one hands on. */
async function runThrough(stages: readonly TunedStage[], entering: Values, layers: CurrentValues, signal: AbortSignal): Promise<readonly Values[]> {
  const fed = [entering];
  for (const stage of stages) {
    await breathe(signal);
    fed.push({ ...fed.at(-1)!, ...await stage.run(fed.at(-1)!, layers) });
  }
  return fed;
}

async function goBack(stages: readonly TunedStage[], fed: readonly Values[], last: Gradients, layers: CurrentValues, signal: AbortSignal): Promise<LayerGradients[]> {
  const found: LayerGradients[] = [];
  let gradients = last;
  for (const [index, stage] of [...stages.entries()].toReversed()) {
    await breathe(signal);
    const back = await stage.back(fed[index]!, gradients, layers);
    gradients = passedOn(gradients, stage.outputs, back.inputs);
    found.push(back.layers);
  }
  return found;
}

/** Gradients of what is handed on before a stage: those of what the stage hands on itself end there, what it takes gets its part. */
function passedOn(gradients: Gradients, handedOn: readonly Value[], taken: Gradients): Gradients {
  const left = new Map([...gradients].filter(([name]) => !handedOn.includes(name)));
  for (const [name, gradient] of taken) {
    const { shape, data } = gradient;
    const other = left.get(name);
    left.set(name, other === undefined ? gradient : { shape, data: data.map((value, index) => value + other.data[index]!) });
  }
  return left;
}

/** What the original network hands to the stage `first`, and hands on last, for each batch. */
async function runOriginal({ runtime, stages }: Network, batches: readonly Batch[], first: number, signal: AbortSignal): Promise<{ readonly entering: readonly Values[]; readonly handedOn: readonly Values[] }> {
  let values: readonly Values[] = batches.map(({ feeds }) => feeds);
  let entering = values;
  for (const [index, stage] of stages.entries()) {
    if (index === first) entering = values;
    values = (await runStage(runtime, stage.graph, [values], neededAfter(stages, index), signal))[0]!;
  }
  return { entering, handedOn: values };
}
