import { l10n, Uri, workspace } from "vscode";
import { UserError } from "../../shared/errors";
import type { AnalysisRequest, InputChoice } from "../../shared/request";
import type { Parts } from "../parts";
import { logError, sayError } from "../say";
import { engineSettings, settings } from "../settings";

/** What an analysis may be told beside its checkpoint; what is absent comes from the settings. */
export interface AnalysisOptions {
  readonly input?: InputChoice;
  readonly maxTokens?: number;
  /** 0 stands for the model's own. */
  readonly sequenceLength?: number;
  readonly skipFirst?: boolean;
  readonly device?: string;
  readonly seed?: number;
}

/**
 * Analyses a checkpoint and shows it in the panel from the start.
 * @returns the file of the result.
 * @throws UserError, CancelledError or Error as the runner does.
 */
export async function analyze({ results, runner, panels }: Parts, checkpoint: Uri, options: AnalysisOptions = {}): Promise<Uri> {
  requireTrust();
  if (checkpoint.scheme !== "file") throw new UserError(l10n.t("{0} is not a file of this machine: NormLens reads checkpoints from disk only.", checkpoint.toString(true)));
  const label = nameOf(checkpoint);
  const out = await results.newUri(label);
  void panels.show();
  const uri = await runner.run({ label, request: { ...requestFor(checkpoint, options), out: out.fsPath } });
  await panels.showResult(uri);
  return uri;
}

/** @throws UserError in Restricted Mode. */
export function requireTrust(): void {
  if (!workspace.isTrusted) throw new UserError(l10n.t("This workspace is in Restricted Mode, where no checkpoint is analysed: trust the workspace first."));
}

/** Tells of an error, unless it is of a run and the panel, which shows those, is in view. */
export function tellError({ panels, runner, log }: Parts, error: unknown): void {
  if (panels.visible && runner.hasTold(error)) logError(error, log);
  else void sayError(error, log);
}

/**
 * As {@link analyze}, and tells of an error.
 * @returns whether there is a result.
 */
export async function analyzeAndTell(parts: Parts, checkpoint: Uri, options: AnalysisOptions = {}): Promise<boolean> {
  try {
    await analyze(parts, checkpoint, options);
    return true;
  } catch (error) {
    tellError(parts, error);
    return false;
  }
}

/** The bundled language model with its own held-out text. */
export async function analyzeSample(parts: Parts): Promise<void> {
  const sample = Uri.joinPath(parts.context.extensionUri, "media", "samples", "gpt2");
  const text = Uri.joinPath(sample, "calibration.txt").fsPath;
  await analyzeAndTell(parts, sample, { input: { kind: "text", path: text } });
}

/** Last part of a path: what people call a checkpoint. */
export function nameOf(uri: Uri): string {
  return uri.path.split("/").filter((part) => part !== "").at(-1) ?? uri.path;
}

function requestFor(checkpoint: Uri, options: AnalysisOptions): AnalysisRequest {
  const sequenceLength = options.sequenceLength ?? settings.sequenceLength(checkpoint);
  return {
    kind: "analyze",
    checkpoint: checkpoint.fsPath,
    input: options.input ?? { kind: "default" },
    maxTokens: options.maxTokens ?? settings.maxTokens(checkpoint),
    skipFirst: options.skipFirst ?? settings.skipFirst(checkpoint),
    seed: options.seed ?? settings.seed(checkpoint),
    runtime: settings.runtime(checkpoint),
    device: options.device ?? settings.device(checkpoint),
    ...(sequenceLength > 0 && { sequenceLength }),
    ...engineSettings(checkpoint),
  };
}
