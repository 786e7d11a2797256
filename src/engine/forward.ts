import { CancelledError } from "../shared/errors";
import type { Stage } from "./architecture/architecture";
import { inputNames, outputNames, type Graph, type Value } from "./graph/graph";
import { runsOf } from "./graph/runs";
import { findNorms, tapNorms, type NormNode } from "./graph/norms";
import type { Batch } from "./input/input";
import type { Runtime, Session } from "./runtime/runtime";
import type { Tensor } from "./tensor";

/** A stage whose graph is written and whose norms are found. */
export interface WrittenStage {
  readonly name: string;
  readonly graph: Graph;
  /** In the order in which they run. */
  readonly norms: readonly NormNode[];
}

/** Writes the graphs of stages; weights are only referred to, so a large model's take little memory. */
export function writeStages(stages: readonly Stage[]): WrittenStage[] {
  return stages.map((stage) => {
    const graph = stage.build();
    return { name: stage.name, graph, norms: stage.norms ?? findNorms(graph) };
  });
}

/** One run of one norm layer over one batch. */
export interface NormCall {
  readonly norm: NormNode;
  /** What went into the norm: [batch, sequence, ..., channels], or [batch, channels] behind a pooling. */
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

/** Named values of one batch. */
export type Values = Readonly<Record<Value, Tensor>>;

/** What a forward pass gave and took. */
export interface ForwardResult {
  /** Values that the last stage handed on, for each batch. */
  readonly outputs: readonly Values[];
  /** Wall-clock seconds of opening sessions, and of running them. */
  readonly seconds: { readonly build: number; readonly forward: number };
}

/**
 * Runs the stages one after another, each over all batches before the next is opened: in memory are one stage's weights
 * and the values that later stages take.
 * @throws CancelledError once `signal` is aborted; it is looked at between runs.
 */
export async function forward(runtime: Runtime, stages: readonly WrittenStage[], batches: readonly Batch[], options: ForwardOptions = {}): Promise<ForwardResult> {
  const seconds = { build: 0, forward: 0 };
  const total = stages.length * batches.reduce((sum, batch) => sum + tokensOf(batch), 0);
  let values: readonly Values[] = batches.map((batch) => batch.feeds);
  let done = 0;
  for (const [index, stage] of stages.entries()) {
    const needed = new Set(index + 1 === stages.length ? outputNames(stage.graph) : stages.slice(index + 1).flatMap(({ graph }) => inputNames(graph)));
    const session = await timed(seconds, "build", () => openStage(runtime, stage));
    try {
      const handedOn: Values[] = [];
      for (const [position, batch] of batches.entries()) {
        await breathe(options.signal);
        const before = values[position]!;
        const { outputs, calls } = await timed(seconds, "forward", () => session.run(batch, before));
        handedOn.push(keep({ ...before, ...outputs }, needed));
        await options.onNormCalls?.(calls);
        done += tokensOf(batch);
        options.onProgress?.({ stage: stage.name, done, total });
      }
      values = handedOn;
    } finally {
      await session.close();
    }
  }
  return { outputs: values, seconds };
}

/** A stage's session, which hands out its outputs and what goes into its norms. */
interface StageSession {
  run(batch: Batch, values: Values): Promise<{ outputs: Values; calls: NormCall[] }>;
  close(): Promise<void>;
}

const nothingToRun: Session = { run: () => Promise.resolve({}), close: () => Promise.resolve() };

async function openStage(runtime: Runtime, { graph, norms }: WrittenStage): Promise<StageSession> {
  const tapped = tapNorms(graph, norms);
  const inputs = new Set(inputNames(graph));
  const outputs = new Set(outputNames(graph));
  // A norm of what the graph is fed needs nothing run.
  const session = outputs.size + tapped.taps.length === 0 ? nothingToRun : await runtime.open(tapped.graph);
  return {
    run: async (batch, values) => {
      const feeds = keep(values, inputs);
      const fetched = await session.run(feeds, [...outputs, ...tapped.taps]);
      const seen: Values = { ...feeds, ...fetched };
      const inputsOf = ({ input, sizes }: NormNode): Tensor[] => (sizes === undefined ? [seen[input]!] : runsOf(seen[input]!, seen[sizes]!));
      const calls = norms.flatMap((norm) => inputsOf(norm).map((input) => ({ norm, batch, input })));
      return { outputs: keep(fetched, outputs), calls };
    },
    close: () => session.close(),
  };
}

/**
 * Lets messages in, since a run blocks its thread, and stops where they asked for it.
 * @throws CancelledError once `signal` is aborted.
 */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
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

/** The values of some names. */
export function keep(values: Values, names: ReadonlySet<Value>): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}
