import { commands, Disposable, l10n, Uri } from "vscode";
import { UserError } from "../../shared/errors";
import { panelActionOf } from "../../shared/panel-action";
import type { InputChoice } from "../../shared/request";
import type { Parts } from "../parts";
import { registerCommand } from "../register-command";
import { storedUri } from "../results/stored-uri";
import { uriOfResult } from "../tree/items";
import { analyzeAndTell, analyzeSample, requireTrust, tellError, type AnalysisOptions } from "./analyze";
import { pickCheckpoint } from "./checkpoint-picker";
import { measureReplacement, type ReplacementWish } from "./measure-replacement";
import { pickOptions } from "./options-picker";

/** Last choices, as the workspace's memento keeps them. */
const mementos = { recent: "normlens.recentCheckpoints", options: "normlens.options" } as const;
const recentCheckpoints = 10;

/** Registers Analyze Checkpoint, Analyze with Options, Analyze Sample, the explorer's item, Measure Replacement Cost, Stop Analysis. */
export function registerAnalysisCommands(parts: Parts): Disposable {
  const { context: { workspaceState }, log } = parts;
  const recent = () => recentOf(workspaceState.get(mementos.recent));

  const start = async (checkpoint: Uri, options: AnalysisOptions = {}) => {
    // What could not be analysed is not offered again.
    if (!(await analyzeAndTell(parts, checkpoint, options))) return;
    const keys = [checkpoint, ...recent()].map((uri) => uri.toString());
    await workspaceState.update(mementos.recent, [...new Set(keys)].slice(0, recentCheckpoints));
  };
  const registerTrusted = (name: string, action: (...given: readonly unknown[]) => Promise<void>) =>
    registerCommand(log, name, (...given) => {
      requireTrust();
      return action(...given);
    });
  return Disposable.from(
    registerTrusted("analyzeCheckpoint", async () => {
      const checkpoint = await pickCheckpoint(l10n.t("Analyze Checkpoint"), recent());
      if (checkpoint !== undefined) await start(checkpoint);
    }),
    registerTrusted("analyzeWithOptions", async () => {
      const pick = () => pickCheckpoint(l10n.t("Analyze with Options"), recent());
      const checkpoint = await pick();
      if (checkpoint === undefined) return;
      const chosen = await pickOptions({ checkpoint, options: rememberedOptions(workspaceState.get(mementos.options)) }, pick);
      if (chosen === undefined) return;
      await workspaceState.update(mementos.options, chosen.options);
      await start(chosen.checkpoint, chosen.options);
    }),
    registerTrusted("analyzeSample", () => analyzeSample(parts)),
    registerTrusted("analyzeResource", async (resource, selected) => {
      const chosen = [...new Set(Array.isArray(selected) ? selected : [resource])].filter((each) => each instanceof Uri);
      if (chosen.length === 0) await commands.executeCommand("normlens.analyzeCheckpoint");
      await Promise.all(chosen.map((checkpoint) => start(checkpoint)));
    }),
    registerTrusted("measureReplacement", async (given, wish) => {
      const uri = uriOfResult(given) ?? parts.panels.activeResult ?? parts.results.currentUri;
      if (uri === undefined) throw new UserError(l10n.t("There is no result to measure replacements of: analyze a checkpoint or open a result first."));
      await measureReplacement(parts, uri, wishOf(wish)).catch((error: unknown) => { tellError(parts, error); });
    }),
    registerCommand(log, "stopAnalysis", () => parts.runner.stop()),
  );
}

/** What the panel asks for; other callers of the command ask for nothing. */
function wishOf(given: unknown): ReplacementWish {
  const action = panelActionOf({ ...(typeof given === "object" && given), type: "measureReplacement" });
  if (action?.type !== "measureReplacement") return {};
  const { alphas, layers, tune } = action;
  return { ...(alphas !== undefined && { alphas }), ...(layers !== undefined && { layers }), ...(tune !== undefined && { tune }) };
}

/** Checkpoints of earlier times, the last one first. */
export function recentOf(value: unknown): readonly Uri[] {
  return Array.isArray(value) ? (value as unknown[]).flatMap((kept) => storedUri(kept) ?? []) : [];
}

/** Options of the last time; those that name files of another time are kept, since a file that has gone is refused in a sentence. */
function rememberedOptions(value: unknown): AnalysisOptions {
  if (typeof value !== "object" || value === null) return {};
  const { input, maxTokens, sequenceLength, skipFirst, seed } = value as Record<string, unknown>;
  return {
    ...(isInputChoice(input) && { input }),
    ...(typeof maxTokens === "number" && { maxTokens }),
    ...(typeof sequenceLength === "number" && { sequenceLength }),
    ...(typeof skipFirst === "boolean" && { skipFirst }),
    ...(typeof seed === "number" && { seed }),
  };
}

function isInputChoice(value: unknown): value is InputChoice {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  if (value.kind === "default" || value.kind === "random") return true;
  return ["text", "ids", "images", "audio"].includes(String(value.kind)) && "path" in value && typeof value.path === "string";
}
