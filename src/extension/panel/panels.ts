import type { Disposable, Uri } from "vscode";
import type { Parts } from "../parts";

/** The panel, and the editors of result files, which show the same page. */
export interface Panels extends Disposable {
  /** Shows the panel: what runs, or the current result. */
  show(): Promise<void>;
  /** Shows a result in the panel and makes it current. */
  showResult(uri: Uri): Promise<void>;
  /** Shows a layer of the current result in the panel. */
  showLayer(layer: string): Promise<void>;
  /** Shows a second result beside that of the page in front, or of the panel where none is in front. */
  compare(uri: Uri): Promise<void>;
  /** File of the result of the page in front; undefined where no page of ours is. */
  readonly activeResult: Uri | undefined;
  /** Whether the panel is in view. */
  readonly visible: boolean;
  /** Text of the page that was shown last, read from the page itself. */
  text(): Promise<string | undefined>;
  /** Milliseconds until the page that was opened last had painted. */
  readonly firstPaint: number | undefined;
}

/** Registers the panel, its restoration after a restart, and the editor of result files. */
export function createPanels({ log }: Omit<Parts, "panels">): Panels {
  const missing = () => {
    log.debug("not built yet");
    return Promise.resolve();
  };
  return {
    show: missing,
    showResult: missing,
    showLayer: missing,
    compare: missing,
    activeResult: undefined,
    visible: false,
    text: () => Promise.resolve(undefined),
    firstPaint: undefined,
    dispose: () => undefined,
  };
}
