import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe-core finds serious or critical on a page, as "rule: element". */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Through the debugger, since the page's own policy rightly refuses scripts of others.
  await page.evaluate(readFileSync(axe, "utf8"));
  const found = await page.evaluate<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>("window.axe.run()");
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}
