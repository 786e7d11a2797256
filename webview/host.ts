import type { PanelAction } from "../src/shared/panel";

/** What stands around the page: VS Code, or nothing but a browser. */
export interface Host {
  /** In VS Code, where checkpoints are analysed, results opened and files saved. */
  readonly inEditor: boolean;
  /** Asks for an action. */
  post(action: PanelAction): void;
}
