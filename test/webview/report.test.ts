import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { html } from "../../src/export/html";
import type { Result } from "../../src/shared/result";
import { launchBrowser } from "../browser";
import { withReplacement } from "../synthetic-replacement";
import { syntheticResult } from "../synthetic-result";

const result = syntheticResult(3, 6);

let browser: Browser;
let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "normlens-report-"));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

/** Opens the report of a result as a file, lets it be used, and asserts that nothing went wrong in it. */
async function visit(from: Result, options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
  const file = join(folder, "report.html");
  writeFileSync(file, html.export(from));
  const page = await browser.newPage(options);
  const problems: string[] = [];
  page.on("pageerror", ({ message }) => problems.push(message));
  page.on("console", (message) => { if (message.type() === "error") problems.push(message.text()); });
  await page.goto(pathToFileURL(file).href);
  await use(page);
  expect(problems).toEqual([]);
  await page.close();
}

/** Mean brightness of what a drawing's strokes and texts have painted, 0 to 255. */
const inkOf = (page: Page) => page.locator(".overview canvas").first().evaluate((canvas: HTMLCanvasElement) => {
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
  const gray = Array.from({ length: data.length / 4 }, (_, pixel) => data.subarray(4 * pixel, 4 * pixel + 4)).filter(([red, green, blue, opacity]) => opacity! > 200 && Math.abs(red! - blue!) < 20 && Math.abs(red! - green!) < 20);
  return gray.reduce((sum, [red]) => sum + red!, 0) / gray.length;
});

describe("the report", () => {
  it("has a What-if tab where replacing was measured, and asks for nothing", async () => {
    await visit(withReplacement(result), {}, async (page) => {
      await page.getByRole("tab", { name: "What-if" }).click();
      expect(await page.locator(".headline").innerText()).toContain("+0.688 nats");
      expect(await page.getByRole("button", { name: /^Measure/ }).count()).toBe(0);
    });
    await visit(result, {}, async (page) => { expect(await page.getByRole("tab").count()).toBe(0); });
  });

  it("is dark on the screen where the system is, and ink on white on paper", async () => {
    await visit(result, { colorScheme: "dark" }, async (page) => {
      expect(await inkOf(page)).toBeGreaterThan(140);
      await page.emulateMedia({ media: "print" });
      await expect.poll(() => inkOf(page)).toBeLessThan(115);
      expect(await page.evaluate("getComputedStyle(document.body).color")).toBe("rgb(29, 32, 38)");
      await page.emulateMedia({ media: "screen" });
      await expect.poll(() => inkOf(page)).toBeGreaterThan(140);
    });
  });

  it("leaves on paper out what can't be pressed there, and fits a sheet", async () => {
    await visit(result, { viewport: { width: 700, height: 1000 } }, async (page) => {
      await page.emulateMedia({ media: "print" });
      for (const part of [".actions", ".picture-buttons", ".switches", ".try", "input[type=search]"]) expect(await page.locator(part).first().isVisible()).toBe(false);
      for (const part of [".role-list", ".overview canvas", ".curve canvas", ".facts", ".layers table"]) expect(await page.locator(part).first().isVisible()).toBe(true);
      expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
      // Drawings take on the size of the sheet, and keep it.
      await page.waitForTimeout(300);
      for (const height of await page.locator("canvas").evaluateAll((all) => (all as HTMLCanvasElement[]).map((each) => each.height))) expect(height).toBeGreaterThan(120);
      expect(await page.getByRole("button", { name: "convert this checkpoint" }).isVisible()).toBe(true);
      expect(await page.getByRole("button", { name: "train from scratch" }).isVisible()).toBe(false);
    });
  });

  it("keeps the colours that tell roles apart where colours are forced", async () => {
    await visit(result, { forcedColors: "active" }, async (page) => {
      const marks = await page.locator(".roles-switch .role-mark").evaluateAll((all) => all.map((each) => getComputedStyle(each).color));
      expect(new Set(marks).size).toBe(3);
      const hues = await page.locator(".overview canvas").first().evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        const coloured = Array.from({ length: data.length / 4 }, (_, pixel) => [...data.subarray(4 * pixel, 4 * pixel + 4)]).filter(([red, , blue, opacity]) => opacity === 255 && Math.abs(red! - blue!) > 60);
        return { bluish: coloured.filter(([red, , blue]) => blue! > red!).length, reddish: coloured.filter(([red, , blue]) => red! > blue!).length };
      });
      expect(hues.bluish).toBeGreaterThan(50);
      expect(hues.reddish).toBeGreaterThan(50);
    });
  });

  it("prints every row of a long table", async () => {
    const many = syntheticResult(100, 2);
    await visit(many, {}, async (page) => {
      const count = () => page.locator(".layers tbody tr").count();
      expect(await count()).toBeLessThan(many.layers.length);
      await page.emulateMedia({ media: "print" });
      await expect.poll(count).toBe(many.layers.length);
    });
  });

  it("copies an alpha, or hands it over where the clipboard is closed", async () => {
    await visit(result, { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
      const alpha = String(Number(result.groups[0]!.alphaMedian.toPrecision(4)));
      await page.getByRole("button", { name: "Copy alpha of attention" }).click();
      await page.getByText("Copied", { exact: true }).waitFor({ state: "attached" });
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(alpha);
      await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new Error("closed")); });
      const [dialog] = await Promise.all([
        page.waitForEvent("dialog").then(async (asked) => {
          await asked.dismiss();
          return asked;
        }),
        page.getByRole("button", { name: "Copy alpha of attention" }).click(),
      ]);
      expect(dialog.defaultValue()).toBe(alpha);
    });
  });
});
