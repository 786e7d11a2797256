import type { Batch } from "../../input/input";
import { tokensOf } from "../held-out";
import type { LayerValues } from "../in-order";
import type { Network, OnSteps } from "../network";
import { TunedLayer } from "./tuned-layer";
import { openTunedNetwork, type TunedNetwork } from "./tuned-network";
import type { LayerGradients } from "./tuned-stage";

/** Length of the longest step, as a share of the values; it falls evenly to 0. */
const longestStep = 0.04;
/** Steps in which it is come to, as Adam knows little of the gradients at first. */
const warmUp = 10;

/** How many batches tell which values come nearest, before tuning and after. */
const batchesToChooseBy = 4;

/** What is tuned, on what, and for how long. */
export interface TuneOptions {
  readonly network: Network;
  /** Calibration input; batches of the commonest shape are used. */
  readonly batches: readonly Batch[];
  /** Values of the same layers and curve to start from: those that come nearest to the original. At least one. */
  readonly starts: readonly LayerValues[];
  readonly steps: number;
  readonly signal: AbortSignal;
  readonly onSteps: OnSteps;
}

/**
 * Tunes the values of all layers together, by gradients, so that the converted network predicts what the original predicts: what fitting layer by
 * layer can't know is how errors of layers meet. No labels are needed, and nothing else of the network changes. Every step looks at one batch, in turn.
 * What was started from is given back where tuning did not come nearer.
 * @throws NoGradientError where an operator has no gradient; CancelledError once `signal` is aborted.
 */
export async function tuneTogether({ network, batches: given, starts, steps, signal, onSteps }: TuneOptions): Promise<LayerValues> {
  const batches = sameShaped(given);
  const opened = await openTunedNetwork(network, batches, starts[0]!, signal);
  try {
    const nearestOf = (some: readonly LayerValues[]): Promise<LayerValues> => nearest(opened, Math.min(batches.length, batchesToChooseBy), some);
    const start = await nearestOf(starts);
    const layers = new Map([...start].map(([name, values]) => [name, new TunedLayer(values)]));
    const current = (): LayerValues => new Map([...layers].map(([name, layer]) => [name, layer.values]));
    for (let step = 0; step < steps; step++) {
      onSteps(step, steps);
      const slope = await opened.slopeAt(step % batches.length, current());
      for (const [name, layer] of layers) layer.step(gradientsOf(name, slope.layers), longestStep * Math.min(1, (step + 1) / warmUp) * (1 - step / steps));
    }
    return await nearestOf([start, current()]);
  } finally {
    await opened.close();
  }
}

/** The values that bring the network nearest to the original, on the first batches. */
async function nearest(network: TunedNetwork, batches: number, starts: readonly LayerValues[]): Promise<LayerValues> {
  if (starts.length === 1) return starts[0]!;
  const distances: number[] = [];
  for (const start of starts) {
    let distance = 0;
    for (let place = 0; place < batches; place++) distance += await network.distanceAt(place, start);
    distances.push(Number.isNaN(distance) ? Infinity : distance);
  }
  return starts[distances.indexOf(Math.min(...distances))]!;
}

/** Gradients of one layer, from every stage in which it stands. */
function gradientsOf(name: string, stages: readonly LayerGradients[]): readonly NonNullable<ReturnType<LayerGradients["get"]>>[] {
  return stages.map((layers) => layers.get(name)).filter((found) => found !== undefined);
}

/** The batches of the shape that most tokens are in. */
function sameShaped(batches: readonly Batch[]): readonly Batch[] {
  const groups = new Map<string, Batch[]>();
  for (const batch of batches) {
    const shapes = JSON.stringify(Object.entries(batch.feeds).map(([name, { shape }]) => [name, shape]));
    groups.set(shapes, [...(groups.get(shapes) ?? []), batch]);
  }
  return [...groups.values()].toSorted((a, b) => tokensOf(b) - tokensOf(a))[0]!;
}
