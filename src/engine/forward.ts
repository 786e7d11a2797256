import { CancelledError } from "../shared/errors";
import type { Stage } from "./architecture/architecture";
import { inputNames, outputNames, type Value } from "./graph/graph";
import { findNorms, tapNorms, type NormNode } from "./graph/norms";
import type { Batch } from "./input/input";
import type { Runtime } from "./runtime/runtime";
import type { Tensor } from "./tensor";

/** One run of one norm layer over one batch. */
export interface NormCall {
  readonly norm: NormNode;
  /** What went into the norm: [batch, sequence, ..., channels]. */
  readonly input: Tensor;
  readonly batch: Batch;
}

/** What a forward pass does on its way. */
export interface ForwardOptions {
  readonly signal?: AbortSignal | undefined;
  /** Sees the input of every norm; the next run waits for it. */
  readonly onNormCalls?: (calls: readonly NormCall[]) => Promise<void>;
  /** After each batch of each stage. */
  readonly onProgress?: (progress: ForwardProgress) => void;
}

/** How far a forward pass has come. */
export interface ForwardProgress {
  readonly stage: string;
  /** Tokens times stages that are done, and that there are. */
  readonly done: number;
  readonly total: number;
}

/** What a forward pass took and gave. */
export interface ForwardResult {
  /** Values that the last stage handed on, for each batch. */
  readonly outputs: readonly Readonly<Record<Value, Tensor>>[];
  readonly seconds: {
    /** Writing graphs and opening sessions. */
    readonly build: number;
    /** Running. */
    readonly forward: number;
  };
}

/**
 * Runs the stages one after another, each over all batches before the next is opened: in memory are one stage's weights
 * and the hidden states of all batches.
 * @throws CancelledError once `signal` is aborted; it is looked at between runs.
 */
export async function forward(runtime: Runtime, stages: readonly Stage[], batches: readonly Batch[], options: ForwardOptions = {}): Promise<ForwardResult> {
  const seconds = { build: 0, forward: 0 };
  const total = stages.length * batches.reduce((sum, batch) => sum + tokensOf(batch), 0);
  let values: Readonly<Record<Value, Tensor>>[] = batches.map((batch) => batch.feeds);
  let done = 0;
  for (const stage of stages) {
    const opened = await timed(seconds, "build", () => openStage(runtime, stage));
    try {
      const handedOn: Readonly<Record<Value, Tensor>>[] = [];
      for (const [index, batch] of batches.entries()) {
        await breathe(options.signal);
        const { outputs, calls } = await timed(seconds, "forward", () => opened.run(batch, values[index]!));
        handedOn.push(outputs);
        await options.onNormCalls?.(calls);
        done += tokensOf(batch);
        options.onProgress?.({ stage: stage.name, done, total });
      }
      values = handedOn;
    } finally {
      await opened.close();
    }
  }
  return { outputs: values, seconds };
}

/** A stage's session, which hands out what later stages take and what goes into its norms. */
interface OpenStage {
  run(batch: Batch, values: Readonly<Record<Value, Tensor>>): Promise<{ outputs: Record<Value, Tensor>; calls: NormCall[] }>;
  close(): Promise<void>;
}

async function openStage(runtime: Runtime, stage: Stage): Promise<OpenStage> {
  const written = stage.build();
  const norms = findNorms(written);
  const { graph, taps } = tapNorms(written, norms);
  const session = await runtime.open(graph);
  const handedOn = outputNames(written);
  return {
    run: async (batch, values) => {
      const feeds = pick(values, inputNames(written));
      const fetched = await session.run(feeds, [...handedOn, ...taps]);
      const calls = norms.map((norm) => ({ norm, batch, input: valueOf({ ...feeds, ...fetched }, norm.input) }));
      return { outputs: pick(fetched, handedOn), calls };
    },
    close: () => session.close(),
  };
}

/** Lets messages in, since a run blocks its thread, and stops where they asked for it. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise(setImmediate);
  if (signal?.aborted) throw new CancelledError();
}

async function timed<Key extends string, T>(seconds: Record<Key, number>, key: Key, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    seconds[key] += (performance.now() - start) / 1000;
  }
}

function tokensOf(batch: Batch): number {
  return batch.sequences * batch.sequenceLength;
}

function pick(values: Readonly<Record<Value, Tensor>>, names: readonly Value[]): Record<Value, Tensor> {
  return Object.fromEntries(names.map((name) => [name, valueOf(values, name)]));
}

function valueOf(values: Readonly<Record<Value, Tensor>>, name: Value): Tensor {
  const value = values[name];
  if (!value) throw new Error(`The value ${name} was not handed on.`);
  return value;
}
