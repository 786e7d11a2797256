import type { Intent } from "./intent";
import type { Progress } from "./progress";
import type { Result } from "./result";

/*
 * Messages between the panel's page and its host. The host keeps the truth: the page asks for it once with `ready`, shows what it is
 * told, and reports what its user does. A page that was hidden or reloaded asks again.
 */

/** Host to page. */
export type PanelUpdate =
  | { readonly type: "state"; readonly state: PanelState }
  /** Sent after `ready` and when one of the two changes; `other` is compared with `main`. */
  | { readonly type: "result"; readonly slot: "main" | "other"; readonly shown?: ShownResult }
  | { readonly type: "goTo"; readonly layer: string }
  /** Asks for the page's text, which comes back as `text`: how a test reads a page without a browser at hand. */
  | { readonly type: "readText" };

/** Page to host. */
export type PanelAction =
  | { readonly type: "ready" }
  | { readonly type: "analyze"; readonly what: "checkpoint" | "options" | "sample" }
  | { readonly type: "stop" }
  /** Measures what replacing the norms of the main result costs: with alphas of the user's own, by layer, of some layers alone, and with so many steps in which all are tuned together; the host asks how many where it is not told. */
  | { readonly type: "measureReplacement"; readonly alphas?: Readonly<Record<string, number>>; readonly layers?: readonly string[]; readonly tune?: number }
  /** Writes the checkpoint of the main result anew with its norms replaced: some of them, and with alphas of the user's own where there are any. The host asks for the rest. */
  | { readonly type: "convert"; readonly alphas?: Readonly<Record<string, number>>; readonly layers?: readonly string[] }
  /** Opens a result: one that the page was offered, or asks which. */
  | { readonly type: "open"; readonly uri?: string }
  /** Picks the result to compare with; `uri` names it where the page offered it. */
  | { readonly type: "compare"; readonly uri?: string }
  | { readonly type: "stopComparing" }
  | { readonly type: "setIntent"; readonly intent: Intent }
  | { readonly type: "goToSource"; readonly layer: string }
  /** Exports the alphas; asks for the format where none is given. */
  | { readonly type: "export"; readonly format?: string }
  | { readonly type: "copy"; readonly text: string }
  | { readonly type: "savePicture"; readonly name: string; readonly format: PictureFormat; readonly base64: string }
  | { readonly type: "showLog" }
  /** The first frame with content was painted, so long after the page began to load. */
  | { readonly type: "painted"; readonly milliseconds: number }
  | { readonly type: "text"; readonly text: string };

export const pictureFormats = ["png", "svg"] as const;
export type PictureFormat = (typeof pictureFormats)[number];

/** A result with where it comes from. */
export interface ShownResult {
  /** Of the result file. */
  readonly uri: string;
  /** Short name: the model's and, where two share it, what tells them apart. */
  readonly label: string;
  readonly result: Result;
}

/** Everything the page shows beside the results. */
export interface PanelState {
  readonly run: RunState;
  readonly intent: Intent;
  /** Whether the workspace is trusted, so that checkpoints may be analysed. */
  readonly trusted: boolean;
  /** Results that can be opened or compared with, newest first. */
  readonly offered: readonly OfferedResult[];
  /** Layers of the main result that a line of source in the workspace is known for. */
  readonly sourceLayers: readonly string[];
  /** Why the result could not be opened, in a sentence. */
  readonly error?: string;
  /** What the page hands to `setState` beside its own view, so that the host can restore the panel from it. */
  readonly restore: PanelRestore;
}

/** A result of an earlier analysis. */
export interface OfferedResult {
  readonly uri: string;
  readonly label: string;
  /** What was fed. */
  readonly detail: string;
  /** When it became known, in milliseconds since 1970. */
  readonly time: number;
}

/** What brings a panel back after a restart, beside the current result; a value of another shape or version is not used. */
export interface PanelRestore {
  readonly version: 1;
  /** Result that is compared with it. */
  readonly other?: string;
}

/** What runs do: fit alphas, also measure what replacing norms costs, or write a converted checkpoint. */
export type RunTask = "analysis" | "replacement" | "conversion";

/** A run that was asked for and is not begun. */
export interface WaitingRun {
  readonly task: RunTask;
  readonly label: string;
}

/** What the analysis runner is doing. */
export type RunState =
  | { readonly kind: "idle" }
  /** `label` names what is analysed, `queued` has what waits, the next one first. */
  | { readonly kind: "running"; readonly task: RunTask; readonly label: string; readonly progress?: Progress; readonly stopping: boolean; readonly queued: readonly WaitingRun[] }
  /** `dropped` counts the runs that waited and were not begun. */
  | { readonly kind: "stopped"; readonly task: RunTask; readonly label: string; readonly dropped: number }
  /** `defect`: not the user's doing, and the log has more. */
  | { readonly kind: "failed"; readonly task: RunTask; readonly label: string; readonly message: string; readonly defect: boolean };
