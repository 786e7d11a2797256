import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { PanelState, PanelUpdate } from "../../src/shared/panel";
import type { Result } from "../../src/shared/result";
import { launchBrowser } from "../browser";
import { idleState, openPanel, type PanelPage, type PanelView } from "./panel-page";

export type Visit = (view: PanelView, updates: readonly PanelUpdate[], use: (panel: PanelPage) => Promise<void>) => Promise<void>;

/** A browser for the tests of a file; what it gives opens a page, lets it be used, and asserts that nothing went wrong in it. */
export function browserForVisits(): Visit {
  let browser: Browser;
  beforeAll(async () => { browser = await launchBrowser(); });
  afterAll(async () => { await browser.close(); });
  return async (view, updates, use) => {
    const panel = await openPanel(browser, view);
    try {
      await panel.send(...updates);
      await use(panel);
      expect(panel.problems).toEqual([]);
    } finally {
      await panel.close();
    }
  };
}

/** A message about a host that differs so from one with nothing going on. */
export function state(changes: Partial<PanelState> = {}): PanelUpdate {
  return { type: "state", state: { ...idleState, ...changes } };
}

/** A message with the result to show. */
export function main(shown: Result, label = "gpt2"): PanelUpdate {
  return { type: "result", slot: "main", shown: { uri: "file:///gpt2.normlens.json", label, result: shown } };
}

/** A message with the result to compare with. */
export function other(shown: Result, label = "later"): PanelUpdate {
  return { type: "result", slot: "other", shown: { uri: "file:///later.normlens.json", label, result: shown } };
}

/** Name of the selected layer. */
export const titleOf = ({ page }: PanelPage) => page.locator(".detail h2").innerText();
/** Names in the table. */
export const rowsOf = ({ page }: PanelPage) => page.locator(".layers tbody th").allInnerTexts();
export const button = ({ page }: PanelPage, name: string) => page.getByRole("button", { name, exact: true });
