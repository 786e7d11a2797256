import { commands, Disposable, l10n, Uri, workspace } from "vscode";
import { UserError } from "../../shared/errors";
import type { InputChoice } from "../../shared/request";
import type { Parts } from "../parts";
import { sayError } from "../say";
import { analyzeAndTell, analyzeSample, type AnalysisOptions } from "./analyze";
import { pickCheckpoint } from "./checkpoint-picker";
import { pickOptions } from "./options-picker";

/** Last choices, as the workspace's memento keeps them. */
const mementos = { recent: "normlens.recentCheckpoints", options: "normlens.options" } as const;
const recentCheckpoints = 10;

/** Registers Analyze Checkpoint, Analyze with Options, Analyze Sample, the explorer's item, Stop Analysis. */
export function registerAnalysisCommands(parts: Parts): Disposable {
  const { workspaceState } = parts.context;
  const recent = () => workspaceState.get<readonly string[]>(mementos.recent, []);

  const start = async (checkpoint: Uri, options: AnalysisOptions = {}) => {
    const key = checkpoint.toString();
    await workspaceState.update(mementos.recent, [key, ...recent().filter((each) => each !== key)].slice(0, recentCheckpoints));
    await analyzeAndTell(parts, checkpoint, options);
  };
  const whenTrusted = (action: (...given: readonly unknown[]) => Promise<void>) => async (...given: unknown[]) => {
    if (workspace.isTrusted) return action(...given);
    return sayError(new UserError(l10n.t("This workspace is in Restricted Mode, where no checkpoint is analysed: trust the workspace first.")), parts.log);
  };
  return Disposable.from(
    commands.registerCommand("normlens.analyzeCheckpoint", whenTrusted(async () => {
      const checkpoint = await pickCheckpoint(recent());
      if (checkpoint !== undefined) await start(checkpoint);
    })),
    commands.registerCommand("normlens.analyzeWithOptions", whenTrusted(async () => {
      const pick = () => pickCheckpoint(recent());
      const checkpoint = await pick();
      if (checkpoint === undefined) return;
      const chosen = await pickOptions({ checkpoint, options: rememberedOptions(workspaceState.get(mementos.options)) }, pick);
      if (chosen === undefined) return;
      await workspaceState.update(mementos.options, chosen.options);
      await start(chosen.checkpoint, chosen.options);
    })),
    commands.registerCommand("normlens.analyzeSample", whenTrusted(() => analyzeSample(parts))),
    commands.registerCommand("normlens.analyzeResource", whenTrusted(async (resource, selected) => {
      const chosen = [...new Set(Array.isArray(selected) ? selected : [resource])].filter((each) => each instanceof Uri);
      if (chosen.length === 0) await commands.executeCommand("normlens.analyzeCheckpoint");
      await Promise.all(chosen.map((checkpoint) => start(checkpoint)));
    })),
    commands.registerCommand("normlens.stopAnalysis", () => parts.runner.stop()),
  );
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
  return ["text", "ids", "images"].includes(String(value.kind)) && "path" in value && typeof value.path === "string";
}
