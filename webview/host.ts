import type { PanelAction } from "../src/shared/panel";

/** What stands around the page: VS Code, or nothing but a browser. */
export interface Host {
  /** Asks for an action. */
  post(action: PanelAction): void;
}
