import type { Uri } from "vscode";
import type { ReplaceRequest } from "../../shared/request";
import type { Parts } from "../parts";
import { labelOf } from "../results/result-store";
import { requireTrust } from "./analyze";
import { runAgain } from "./run-again";
import { pickTuning } from "./tuning-picker";

/** What is measured beside the methods that always are; how long to tune is asked for where `tune` is absent, and with 0 nothing is tuned. */
export type ReplacementWish = Pick<ReplaceRequest, "alphas" | "layers" | "tune">;

/** Most tokens to measure on, and never more than half of what is fitted on: a third of all, which is as much as an engine holds out. */
const mostHeldOut = 1024;

/**
 * Measures what replacing the norms of a result's checkpoint costs, with its input; the new result takes the old one's place.
 * @returns the file of the new result; undefined where the user thought better of it.
 * @throws UserError where the result is of a capture, which has no model to run, and as the runner does.
 */
export async function measureReplacement({ results, runner, panels }: Parts, uri: Uri, wish: ReplacementWish = {}): Promise<Uri | undefined> {
  requireTrust();
  const result = await results.load(uri);
  const label = labelOf(result);
  const again = runAgain(result, uri);
  const { tune = await pickTuning(result), ...what } = wish;
  if (tune === undefined) return undefined;
  const heldOutTokens = Math.max(2, Math.min(mostHeldOut, Math.floor(again.maxTokens / 2)));
  const measured = await results.newUri(label);
  void panels.show();
  await runner.run({ label, request: { ...again, kind: "replace", heldOutTokens, ...what, ...(tune > 0 && { tune }), out: measured.fsPath } });
  await panels.showResult(measured);
  await results.removeOwn(uri);
  return measured;
}
