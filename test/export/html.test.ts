import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { html } from "../../src/export/html";
import type { Result } from "../../src/shared/result";
import { launchBrowser } from "../browser";
import { syntheticResult } from "../synthetic-result";
import { seriousFindings } from "../webview/axe";

const result = syntheticResult(3, 6);
const hostileName = "</script><img src=x onerror=alert(1)>\"'<!--<script>alert(2)</script>";
const hostile: Result = {
  ...result,
  model: { ...result.model, path: hostileName, architecture: hostileName, family: hostileName },
  input: { ...result.input, source: hostileName },
  layers: result.layers.map((layer, index) => ({ ...layer, name: `${hostileName}${index}` })),
  warnings: [{ code: "degenerate", layer: hostileName, message: hostileName }],
};

function pageOf(from: Result): string {
  const page = html.export(from);
  if (typeof page !== "string") throw new Error("the page is not text");
  return page;
}

function between(page: string, start: string, end: string): string {
  const from = page.indexOf(start) + start.length;
  return page.slice(from, page.indexOf(end, from));
}

function sha256(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

describe("html", () => {
  const page = pageOf(result);

  it("lets in only its own script and style", () => {
    const policy = between(page, 'http-equiv="Content-Security-Policy" content="', '"');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${sha256(between(page, "\n<script>", "</script>"))};`);
    expect(policy).toContain(`style-src ${sha256(between(page, "<style>", "</style>"))};`);
    expect(policy).not.toMatch(/unsafe|https?:/);
  });

  it("names nothing outside itself, and evaluates no text", () => {
    const markup = page.replace(between(page, "\n<script>", "</script>"), "");
    expect(markup).not.toMatch(/\b(?:src|href)="(?!data:)|url\((?!["']?data:)|@import/);
    expect(page).not.toMatch(/\beval\(|new Function\(|\bimport\(/);
  });

  it("carries the result as it is", () => {
    for (const each of [result, hostile]) {
      expect(JSON.parse(between(pageOf(each), 'id="result">', "</script>"))).toEqual(each);
    }
  });

  it("keeps the same elements whatever the names are", () => {
    const tags = (text: string) => text.replace(between(text, "\n<script>", "</script>"), "").match(/<[/!a-z][a-z]*/g);
    expect(tags(pageOf(hostile))).toEqual(tags(page));
  });
});

describe("html in Chromium", () => {
  let browser: Browser;
  let folder = "";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "normlens-page-"));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a page from a file, lets it be used, and asserts that nothing went wrong in it and nothing outside was asked for. */
  async function visit(from: Result, options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
    const file = join(folder, "page.html");
    writeFileSync(file, pageOf(from));
    const page = await browser.newPage(options);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => { if (message.type() === "error") problems.push(message.text()); });
    page.on("request", (request) => { if (!/^(file|data):/.test(request.url())) problems.push(request.url()); });
    await page.goto(pathToFileURL(file).href);
    await use(page);
    expect(problems).toEqual([]);
    await page.close();
  }

  const rowsOf = (page: Page) => page.locator(".layers tbody tr th").allInnerTexts();

  it("shows every layer, and selects one", async () => {
    await visit(result, {}, async (page) => {
      expect(await rowsOf(page)).toEqual(result.layers.map(({ name }) => name));
      await page.locator(".layers tbody tr").nth(2).click();
      expect(await page.locator(".detail h2").innerText()).toBe(result.layers[2]!.name);
    });
  });

  it("offers only what a plain page can do, and hands on pictures as downloads", async () => {
    await visit(result, { acceptDownloads: true }, async (page) => {
      expect(await page.getByRole("button", { name: /export|compare|open|analyze|source/i }).count()).toBe(0);
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as SVG" }).first().click()]);
      expect(download.suggestedFilename()).toBe("alpha-by-depth.svg");
      expect(readFileSync(await download.path(), "utf8")).toContain("<svg");
    });
  });

  it("switches the intent", async () => {
    await visit(result, {}, async (page) => {
      await page.getByRole("button", { name: "train from scratch" }).click();
      expect(await page.locator(".role-list strong").first().innerText()).toBe("1.00");
    });
  });

  it("runs nothing that a name says", async () => {
    await visit(hostile, {}, async (page) => {
      expect(await rowsOf(page)).toEqual(hostile.layers.map(({ name }) => name));
      expect(await page.locator("img").count()).toBe(0);
    });
  });

  it.each(["light", "dark"] as const)("fits 400 pixels, %s", async (colorScheme) => {
    await visit(result, { viewport: { width: 400, height: 800 }, colorScheme }, async (page) => {
      expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(22, 24, 29)");
      expect(await seriousFindings(page)).toEqual([]);
    });
  });
});
