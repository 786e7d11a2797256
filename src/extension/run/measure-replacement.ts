import { isAbsolute, join } from "node:path";
import { l10n, workspace, type Uri } from "vscode";
import { UserError } from "../../shared/errors";
import { printable } from "../../shared/format";
import { inputChoiceOf } from "../../shared/input-choice";
import type { ReplaceRequest } from "../../shared/request";
import type { Result } from "../../shared/result";
import type { Parts } from "../parts";
import { labelOf } from "../results/result-store";
import { engineSettings, settings } from "../settings";
import { requireTrust } from "./analyze";

/** What is measured beside the methods that always are. */
export type ReplacementWish = Pick<ReplaceRequest, "alphas" | "layers">;

/** Most tokens to measure on. */
const heldOutTokens = 1024;

/**
 * Measures what replacing the norms of a result's checkpoint costs, with its input; the new result takes the old one's place.
 * @returns the file of the new result.
 * @throws UserError where the result is of a capture, which has no model to run, and as the runner does.
 */
export async function measureReplacement({ results, runner, panels }: Parts, uri: Uri, wish: ReplacementWish = {}): Promise<Uri> {
  requireTrust();
  const result = await results.load(uri);
  const label = labelOf(result);
  const request = requestFor(result, uri, wish);
  const measured = await results.newUri(label);
  void panels.show();
  await runner.run({ label, request: { ...request, out: measured.fsPath } });
  await panels.showResult(measured);
  await results.removeOwn(uri);
  return measured;
}

function requestFor(result: Result, uri: Uri, wish: ReplacementWish): ReplaceRequest {
  const input = inputChoiceOf(result.input);
  if (input === undefined) throw new UserError(l10n.t("{0} was fitted to a capture, so there is no model to replace norms in: analyze its checkpoint.", printable(labelOf(result))));
  const sequenceLength = settings.sequenceLength(uri);
  const there = (path: string) => fromWorkspace(path, uri);
  return {
    kind: "replace",
    checkpoint: there(result.model.path),
    input: "path" in input ? { ...input, path: there(input.path) } : input,
    maxTokens: result.input.tokens,
    heldOutTokens,
    skipFirst: result.input.skipFirst,
    seed: result.input.seed,
    runtime: settings.runtime(uri),
    device: settings.device(uri),
    ...(sequenceLength > 0 && { sequenceLength }),
    ...engineSettings(uri),
    ...wish,
  };
}

/** The command line keeps paths as they were typed: they count from the workspace, where the result lies in one. */
function fromWorkspace(path: string, uri: Uri): string {
  const folder = workspace.getWorkspaceFolder(uri) ?? workspace.workspaceFolders?.[0];
  return isAbsolute(path) || folder === undefined ? path : join(folder.uri.fsPath, path);
}
