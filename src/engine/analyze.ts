import { engineLabel, type EngineChoice, type EngineFallback, type EngineName } from "../shared/engines";
import { CancelledError, messageOf, UserError } from "../shared/errors";
import { feedOptions, type GraphFeed } from "../shared/graph-feed";
import type { Progress } from "../shared/progress";
import type { AnalysisRequest } from "../shared/request";
import type { Coverage, Warning } from "../shared/result";
import { batchNormsOf } from "./batch-norms";
import type { Checkpoint } from "./checkpoint/checkpoint";
import { composeResult, type Analysis, type RuntimeDescription } from "./compose";
import { forward, type ForwardProgress, type NormCall } from "./forward";
import type { CalibrationInput, InputOptions } from "./input/input";
import { prepareInput } from "./input/prepare";
import type { Measurer } from "./measurer/measurer";
import { NormMeasurements, type MeasuredNorm } from "./norm-measurements";
import { openModel, type OpenModel } from "./open-model";
import type { Prover } from "./runtime/proof/prover";
import type { FallingRuntime } from "./runtime/fallback";
import { stopwatch } from "./stopwatch";
import { unreachedNorms, type SurveyedNorm } from "./survey";
import { openTaps } from "./taps";

/** What an analysis tells while it runs, and how it is stopped. */
export interface RunContext {
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
  readonly measurer: Measurer;
  /** Has an engine prove itself before it is used. */
  readonly prover: Prover;
  /** Told which engine was taken, and why. */
  readonly onChoice?: (engine: EngineName, choice: EngineChoice) => void;
}

/**
 * Opens a checkpoint, runs it over calibration input, measures and fits every norm layer.
 * @throws UserError where the checkpoint, the input or the machine do not allow it; CancelledError where it is stopped.
 */
export async function analyzeCheckpoint(request: AnalysisRequest, context: RunContext): Promise<Analysis> {
  const model = await openModel(request, context);
  context.onProgress({ phase: "input", done: 0, total: 1 });
  const input = await prepareInput(model.architecture.input, model.checkpoint.folder, { ...request, choice: request.input, ...withTokenizer(model.checkpoint) });
  return analyzeModel(model, input, request, context);
}

/** What the input is told of a checkpoint's own tokenizer. */
export function withTokenizer({ tokenizer }: Checkpoint): Pick<InputOptions, "tokenizer"> {
  return tokenizer === undefined ? {} : { tokenizer };
}

/** What an analysis of an open model needs to be told. */
export type MeasuringRequest = Pick<AnalysisRequest, "seed" | "skipFirst" | "taps" | "fallback">;

/**
 * Runs a model over calibration input, measures and fits every norm layer.
 * @throws UserError where the input or the machine do not allow it; CancelledError where it is stopped.
 */
export async function analyzeModel(model: OpenModel, input: CalibrationInput, request: MeasuringRequest, { onProgress, signal, measurer }: RunContext): Promise<Analysis> {
  const { checkpoint, architecture, stages, survey, norms, runtime, choice } = model;
  const watch = stopwatch();
  const { batches } = input;
  const measurements = new NormMeasurements(measurer, norms, survey, batches.length, request);
  const taps = await openTaps(request.taps, norms, survey, batches, { model: model.description, input: input.description });
  const began = performance.now();
  let statistics = 0;
  const take = async (calls: readonly NormCall[]): Promise<void> => {
    const handed = stopwatch();
    await measurements.add(calls);
    statistics += handed.lap();
    await taps.add(calls);
  };
  const { seconds } = await taps.closeAfter(() =>
    refusingForeign(model, () => forward(runtime, stages, batches, {
      signal,
      onNormCalls: take,
      onProgress: (progress) => {
        onProgress(timedProgress(progress, stages.length, began));
      },
    })),
  );

  onProgress({ phase: "fit", done: 0, total: 1 });
  watch.lap();
  const measured = await measurements.results();
  const fit = watch.lap();
  const fallback = runtime.fallback ?? request.fallback;
  const { open, build, engine } = model.seconds;
  return composeResult({
    model: model.description,
    input: { ...input.description, skipFirst: request.skipFirst },
    engine: describeRuntime(runtime, choice, fallback),
    seconds: { open, build: build + seconds.build, engine, forward: seconds.forward, statistics, fit, total: model.elapsed() },
    coverage: coverageOf(survey, measured, unreachedNorms(checkpoint, stages), batchNormsOf(checkpoint), model.family),
    measured,
    remarks: [
      ...architecture.assumptions.map((message): Warning => ({ code: "assumption", message })),
      ...input.warnings.map((message): Warning => ({ code: "input", message })),
      ...(fallback === undefined ? [] : [fellBack(fallback, runtime)]),
    ],
  });
}

/** A graph of unknown origin may fail for reasons of its own; that is no defect of NormLens. */
export async function refusingForeign<T>({ checkpoint: { path, graph }, architecture: { input } }: Pick<OpenModel, "checkpoint" | "architecture">, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!graph || error instanceof UserError || error instanceof CancelledError) throw error;
    const feeds = input.modality === "graph" ? input.feeds : [];
    const advice = [...(hasOpenSequences(feeds) ? ["feed shorter sequences (--sequence-length N), or "] : []), ...(feeds.length > 0 ? [`give ${feedOptions(feeds)}, or `] : []), "export it anew"];
    throw new UserError(`${path} can't be run on what is fed (${messageOf(error).split("\n")[0]!}); ${advice.join("")}.`, { cause: error });
  }
}

/** Whether ids come in sequences of a length that the graph leaves open, though its table of positions may be short. */
function hasOpenSequences(feeds: readonly GraphFeed[]): boolean {
  return feeds.some(({ type, shape }) => type === "int64" && typeof shape.at(-1) === "string");
}

function describeRuntime({ name, device, version, hardware }: FallingRuntime, choice: EngineChoice, fallback: EngineFallback | undefined): RuntimeDescription {
  return { runtime: name, device, version, choice, ...(hardware !== undefined && { hardware }), ...(fallback !== undefined && { fallback }) };
}

function fellBack(failed: EngineFallback, { name, device }: FallingRuntime): Warning {
  return { code: "fallback", message: `${engineLabel(failed)} failed while it ran (${failed.reason}); ${engineLabel({ runtime: name, device })} took over.` };
}

function coverageOf(survey: ReadonlyMap<string, SurveyedNorm>, measured: readonly MeasuredNorm[], unreached: readonly string[], batchNorms: readonly string[], family: string): Coverage {
  const seen = new Set(measured.filter(({ layer }) => layer.tokens > 0).map(({ layer }) => layer.name));
  const ran = new Set(measured.map(({ layer }) => layer.name));
  const unseen = [...survey.keys()].filter((name) => !seen.has(name));
  return {
    ...(batchNorms.length > 0 && { batchNorms }),
    found: survey.size + unreached.length,
    measured: seen.size,
    missing: [
      ...unseen.map((name) => ({ name, reason: ran.has(name) ? "no row of its input was finite" : "it stands in a branch or loop that was not run" })),
      ...unreached.map((name) => ({ name, reason: `the forward pass of the family ${family} does not reach it` })),
    ],
  };
}

function timedProgress({ stage, done, total }: ForwardProgress, stages: number, began: number): Progress {
  const elapsed = (performance.now() - began) / 1000;
  return { phase: "forward", stage, done, total, tokensPerSecond: done / stages / elapsed, secondsLeft: ((total - done) / done) * elapsed };
}
