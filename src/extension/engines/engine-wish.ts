import { ConfigurationTarget, window, workspace, type Uri } from "vscode";
import type { EngineName } from "../../shared/engines";
import { settings } from "../settings";

/** Any engine: the fastest that works. */
export const anyEngine: EngineName = { runtime: "auto", device: "auto" };

/** Folder whose settings hold where no file is asked about: that of the active editor, or the first one. */
export function settingsScope(): Uri | undefined {
  const open = window.activeTextEditor?.document.uri;
  return ((open && workspace.getWorkspaceFolder(open)) ?? workspace.workspaceFolders?.[0])?.uri;
}

/** The engine that the settings ask for; "auto" stands for any. */
export function wishedEngine(): EngineName {
  const scope = settingsScope();
  return { runtime: settings.runtime(scope), device: settings.device(scope) };
}

/** Has the settings ask for an engine: in the workspace where one of the two is set there, else for the whole machine. */
export async function wishEngine({ runtime, device }: EngineName): Promise<void> {
  await write({ "analysis.runtime": runtime, "analysis.device": device });
}

/** Names a TensorFlow in the settings, or none. */
export async function nameLibtensorflow(path: string | undefined): Promise<void> {
  await write({ "analysis.libtensorflow": path });
}

/** Writes settings together, in the most specific place in which one of them is set. */
async function write(values: Readonly<Record<string, string | undefined>>): Promise<void> {
  const configuration = workspace.getConfiguration("normlens", settingsScope());
  const places = Object.keys(values).map((name) => configuration.inspect(name));
  const isSet = (place: "workspaceFolderValue" | "workspaceValue") => places.some((found) => found?.[place] !== undefined);
  const target = isSet("workspaceFolderValue") ? ConfigurationTarget.WorkspaceFolder : isSet("workspaceValue") ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  for (const [name, value] of Object.entries(values)) await configuration.update(name, value, target);
}
