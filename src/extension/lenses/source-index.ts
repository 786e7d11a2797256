import { EventEmitter, type Disposable, type Event, type Location, type LogOutputChannel, type Uri } from "vscode";
import type { ResultStore } from "../results/result-store";

/** Knows which lines of Python source create which norm layers of the current result. */
export interface SourceIndex extends Disposable {
  /** Names of layers of the current result that a line is known for. */
  layersWithSource(): Promise<readonly string[]>;
  /** The line that creates a layer; undefined where none is found in the workspace. */
  locate(layer: string): Promise<Location | undefined>;
  /** What `layersWithSource` says may have changed. */
  readonly onDidChange: Event<void>;
}

/** @param extensionUri where dist/ with the grammar is. */
export function createSourceIndex(extensionUri: Uri, results: ResultStore, log: LogOutputChannel): SourceIndex {
  const changes = new EventEmitter<void>();
  log.debug(extensionUri.toString(), String(results.known.length));
  return {
    layersWithSource: () => Promise.resolve([]),
    locate: () => Promise.resolve(undefined),
    onDidChange: changes.event,
    dispose: () => { changes.dispose(); },
  };
}
