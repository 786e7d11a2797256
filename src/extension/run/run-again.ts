import { isAbsolute, join } from "node:path";
import { l10n, workspace, type Uri } from "vscode";
import { UserError } from "../../shared/errors";
import { printable } from "../../shared/format";
import { inputChoiceOf } from "../../shared/input-choice";
import type { AnalysisRequest, InputChoice } from "../../shared/request";
import type { Result } from "../../shared/result";
import { labelOf } from "../results/result-store";
import { engineSettings, settings } from "../settings";

/**
 * The run that gave a result, once more: its checkpoint, input, lengths and seed, on the engine that the settings name now.
 * @param uri of the result
 * @throws UserError where the result is of a capture, which has no model to run.
 */
export function runAgain(result: Result, uri: Uri): AnalysisRequest {
  const choice = inputChoiceOf(result.input);
  if (choice === undefined) throw new UserError(l10n.t("{0} was fitted to a capture, so there is no model to replace norms in: analyze its checkpoint.", printable(labelOf(result))));
  const { tokens, sequenceLength, skipFirst, seed } = result.input;
  const there = (path: string) => fromWorkspace(path, uri);
  return {
    kind: "analyze",
    checkpoint: there(result.model.path),
    input: placed(choice, there),
    maxTokens: tokens,
    skipFirst,
    seed,
    runtime: settings.runtime(uri),
    device: settings.device(uri),
    ...(sequenceLength !== undefined && { sequenceLength }),
    ...engineSettings(uri),
  };
}

function placed(choice: InputChoice, there: (path: string) => string): InputChoice {
  if (choice.kind === "tensors") return { ...choice, files: Object.fromEntries(Object.entries(choice.files).map(([name, path]) => [name, there(path)])) };
  return "path" in choice ? { ...choice, path: there(choice.path) } : choice;
}

/** The command line keeps paths as they were typed: they count from the workspace, where the result lies in one. */
function fromWorkspace(path: string, uri: Uri): string {
  const folder = workspace.getWorkspaceFolder(uri) ?? workspace.workspaceFolders?.[0];
  return isAbsolute(path) || folder === undefined ? path : join(folder.uri.fsPath, path);
}
