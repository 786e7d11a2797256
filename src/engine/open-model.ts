import { engineLabel, type EngineChoice } from "../shared/engines";
import type { CheckpointRequest } from "../shared/request";
import type { ModelDescription } from "../shared/result";
import type { RunContext } from "./analyze";
import type { Architecture } from "./architecture/architecture";
import { recogniseModel } from "./architecture/families";
import type { Checkpoint } from "./checkpoint/checkpoint";
import { openCheckpoint } from "./checkpoint/formats";
import { checkRunnable } from "./checkpoint/runnable";
import { describeModel } from "./describe";
import { writeStages, type WrittenStage } from "./forward";
import { readNorm } from "./norm-measurements";
import type { RowsOfNorm } from "./norm-rows";
import { keepAnalyzed } from "./outputs";
import { chooseRuntime } from "./runtime/choose";
import type { FallingRuntime } from "./runtime/fallback";
import { stopwatch } from "./stopwatch";
import { surveyNorms, type SurveyedNorm } from "./survey";

/** A model that is ready to run: its graphs written, its norms found and read, its engine chosen. */
export interface OpenModel {
  readonly checkpoint: Checkpoint;
  readonly architecture: Architecture;
  readonly family: string;
  readonly description: ModelDescription;
  readonly stages: readonly WrittenStage[];
  readonly survey: ReadonlyMap<string, SurveyedNorm>;
  readonly norms: ReadonlyMap<string, RowsOfNorm>;
  readonly runtime: FallingRuntime;
  readonly choice: EngineChoice;
  readonly seconds: { readonly open: number; readonly build: number; readonly engine: number };
  /** Seconds since the checkpoint began to be opened. */
  readonly elapsed: () => number;
}

/**
 * Opens a checkpoint, writes its graphs and chooses the engine that will run them.
 * @throws UserError where the checkpoint or the machine do not allow it; CancelledError where it is stopped.
 */
export async function openModel(request: CheckpointRequest, { onProgress, signal, prover, onChoice }: RunContext): Promise<OpenModel> {
  const watch = stopwatch();
  onProgress({ phase: "open", done: 0, total: 1 });
  const checkpoint = await openCheckpoint(request.checkpoint);
  checkRunnable(checkpoint);
  await keepAnalyzed(request, checkpoint);
  const open = watch.lap();

  onProgress({ phase: "build", done: 0, total: 1 });
  const recognised = recogniseModel(checkpoint);
  const { architecture, family } = recognised;
  const description = describeModel(checkpoint, recognised);
  const stages = writeStages(architecture.stages);
  const survey = surveyNorms(stages);
  const norms = await readNorms(survey);
  const build = watch.lap();

  onProgress({ phase: "engine", done: 0, total: 1 });
  const { threads, gpu, tf32, libtensorflow } = request;
  const { runtime, choice } = await chooseRuntime({ runtime: request.runtime, device: request.device }, { threads, gpu, tf32, libtensorflow }, {
    prover,
    signal,
    onTrying: (engine) => { onProgress({ phase: "engine", stage: engineLabel(engine), done: 0, total: 1 }); },
  });
  onChoice?.({ runtime: runtime.name, device: runtime.device }, choice);
  return { checkpoint, architecture, family, description, stages, survey, norms, runtime, choice, seconds: { open, build, engine: watch.lap() }, elapsed: () => watch.total() };
}

async function readNorms(survey: ReadonlyMap<string, SurveyedNorm>): Promise<ReadonlyMap<string, RowsOfNorm>> {
  const norms = await Promise.all([...survey.values()].map(readNorm));
  return new Map(norms.map((norm) => [norm.name, norm]));
}
