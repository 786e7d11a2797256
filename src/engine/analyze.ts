import { engineLabel, type EngineChoice, type EngineFallback, type EngineName } from "../shared/engines";
import { CancelledError, messageOf, UserError } from "../shared/errors";
import type { Progress } from "../shared/progress";
import type { AnalysisRequest } from "../shared/request";
import type { Coverage, Warning } from "../shared/result";
import { recogniseModel } from "./architecture/families";
import type { Checkpoint } from "./checkpoint/checkpoint";
import { openCheckpoint } from "./checkpoint/formats";
import { composeResult, type Analysis, type RuntimeDescription } from "./compose";
import { describeModel } from "./describe";
import { forward, writeStages, type ForwardProgress, type NormCall } from "./forward";
import { prepareInput } from "./input/prepare";
import type { Measurer } from "./measurer/measurer";
import { NormMeasurements, readNorm, type MeasuredNorm } from "./norm-measurements";
import type { RowsOfNorm } from "./norm-rows";
import { keepAnalyzed } from "./outputs";
import { chooseRuntime } from "./runtime/choose";
import type { Prover } from "./runtime/proof/prover";
import type { FallingRuntime } from "./runtime/fallback";
import type { RuntimeOptions } from "./runtime/runtime";
import { stopwatch } from "./stopwatch";
import { surveyNorms, unreachedNorms, type SurveyedNorm } from "./survey";
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
export async function analyzeCheckpoint(request: AnalysisRequest, { onProgress, signal, measurer, prover, onChoice }: RunContext): Promise<Analysis> {
  const watch = stopwatch();
  onProgress({ phase: "open", done: 0, total: 1 });
  const checkpoint = await openCheckpoint(request.checkpoint);
  await keepAnalyzed(request, checkpoint);
  const open = watch.lap();

  onProgress({ phase: "build", done: 0, total: 1 });
  const recognised = recogniseModel(checkpoint);
  const { architecture } = recognised;
  const model = describeModel(checkpoint, recognised);
  const stages = writeStages(architecture.stages);
  const survey = surveyNorms(stages);
  const norms = await readNorms(survey);
  const build = watch.lap();

  onProgress({ phase: "engine", done: 0, total: 1 });
  const { runtime, choice } = await chooseRuntime({ runtime: request.runtime, device: request.device }, runtimeOptions(request), {
    prover,
    signal,
    onTrying: (engine) => { onProgress({ phase: "engine", stage: engineLabel(engine), done: 0, total: 1 }); },
  });
  onChoice?.({ runtime: runtime.name, device: runtime.device }, choice);
  const choosing = watch.lap();

  onProgress({ phase: "input", done: 0, total: 1 });
  const input = await prepareInput(architecture.input, checkpoint.folder, { ...request, choice: request.input });
  const { batches } = input;

  const measurements = new NormMeasurements(measurer, norms, survey, batches.length, request);
  const taps = await openTaps(request.taps, norms, survey, batches, { model, input: input.description });
  const began = performance.now();
  let statistics = 0;
  const take = async (calls: readonly NormCall[]): Promise<void> => {
    const handed = stopwatch();
    await measurements.add(calls);
    statistics += handed.lap();
    await taps.add(calls);
  };
  const { seconds } = await taps.closeAfter(() =>
    refusingForeign(checkpoint, () => forward(runtime, stages, batches, {
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
  return composeResult({
    model,
    input: { ...input.description, skipFirst: request.skipFirst },
    engine: describeRuntime(runtime, choice, fallback),
    seconds: { open, build: build + seconds.build, engine: choosing, forward: seconds.forward, statistics, fit, total: watch.total() },
    coverage: coverageOf(survey, measured, unreachedNorms(checkpoint, stages), recognised.family),
    measured,
    remarks: [
      ...architecture.assumptions.map((message): Warning => ({ code: "assumption", message })),
      ...input.warnings.map((message): Warning => ({ code: "input", message })),
      ...(fallback === undefined ? [] : [fellBack(fallback, runtime)]),
    ],
  });
}

/** A graph of unknown origin may fail for reasons of its own; that is no defect of NormLens. */
async function refusingForeign<T>({ path, graph }: Checkpoint, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!graph || error instanceof UserError || error instanceof CancelledError) throw error;
    throw new UserError(`${path} can't be run on what is fed (${messageOf(error).split("\n")[0]!}); give its inputs as --input NAME=FILE.npy, or export it anew.`, { cause: error });
  }
}

function runtimeOptions({ threads, gpu, tf32, libtensorflow }: AnalysisRequest): RuntimeOptions {
  return { threads, gpu, tf32, libtensorflow };
}

function describeRuntime({ name, device, version, hardware }: FallingRuntime, choice: EngineChoice, fallback: EngineFallback | undefined): RuntimeDescription {
  return { runtime: name, device, version, choice, ...(hardware !== undefined && { hardware }), ...(fallback !== undefined && { fallback }) };
}

function fellBack(failed: EngineFallback, { name, device }: FallingRuntime): Warning {
  return { code: "fallback", message: `${engineLabel(failed)} failed while it ran (${failed.reason}); ${engineLabel({ runtime: name, device })} took over.` };
}

async function readNorms(survey: ReadonlyMap<string, SurveyedNorm>): Promise<ReadonlyMap<string, RowsOfNorm>> {
  const norms = await Promise.all([...survey.values()].map(readNorm));
  return new Map(norms.map((norm) => [norm.name, norm]));
}

function coverageOf(survey: ReadonlyMap<string, SurveyedNorm>, measured: readonly MeasuredNorm[], unreached: readonly string[], family: string): Coverage {
  const seen = new Set(measured.filter(({ layer }) => layer.tokens > 0).map(({ layer }) => layer.name));
  const unseen = [...survey.keys()].filter((name) => !seen.has(name));
  return {
    found: survey.size + unreached.length,
    measured: seen.size,
    missing: [
      ...unseen.map((name) => ({ name, reason: "no row of its input was finite" })),
      ...unreached.map((name) => ({ name, reason: `the forward pass of the family ${family} does not reach it` })),
    ],
  };
}

function timedProgress({ stage, done, total }: ForwardProgress, stages: number, began: number): Progress {
  const elapsed = (performance.now() - began) / 1000;
  return { phase: "forward", stage, done, total, tokensPerSecond: done / stages / elapsed, secondsLeft: ((total - done) / done) * elapsed };
}
