import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { html } from "../../src/export/html";
import type { Result } from "../../src/shared/result";
import { chromium, openPage, type OpenPage, type View } from "../chromium";
import { syntheticResult } from "../synthetic-result";

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
    expect(markup).not.toMatch(/\b(?:src|href)="(?!data:)|url\(|@import/);
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

describe.skipIf(chromium === undefined)("html in Chromium", () => {
  let folder = "";
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), "normlens-page-")); });
  afterAll(() => { rmSync(folder, { recursive: true }); });

  async function visit(from: Result, view: View, action: (page: OpenPage) => Promise<void>): Promise<void> {
    const file = join(folder, "page.html");
    writeFileSync(file, pageOf(from));
    const page = await openPage(file, view);
    try {
      await action(page);
      expect(page.problems).toEqual([]);
    } finally {
      await page.close();
    }
  }

  const names = "[...document.querySelectorAll('[aria-label=Layers] tbody tr')].map((row) => row.querySelector('button').textContent)";
  const title = "document.querySelector('.detail h2').textContent";
  const last = result.layers.at(-1)!.name;

  it("shows every layer, and the first one's curve", async () => {
    await visit(result, {}, async (page) => {
      expect(await page.evaluate(names)).toEqual(result.layers.map(({ name }) => name));
      expect(await page.evaluate(title)).toBe(result.layers[0]!.name);
      const painted = `(() => {
        const canvas = document.querySelector(".detail canvas");
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
      })()`;
      expect(await page.evaluate(painted)).toBe(true);
    });
  });

  it("selects by row, by a click into a drawing and by the keyboard", async () => {
    await visit(result, { height: 1000 }, async (page) => {
      await page.evaluate("document.querySelectorAll('[aria-label=Layers] tbody tr')[2].click()");
      expect(await page.evaluate(title)).toBe(result.layers[2]!.name);
      expect(await page.evaluate("document.querySelector('tr[aria-current] button').textContent")).toBe(result.layers[2]!.name);

      const right = (await page.evaluate("(({ right, top, height }) => [right - 20, top + height / 3])(document.querySelector('.overview canvas').getBoundingClientRect())")) as [number, number];
      await page.click(...right);
      expect(await page.evaluate(title)).toBe(last);

      await page.evaluate("document.querySelectorAll('[aria-label=Layers] tbody button')[0].focus()");
      await page.press("Enter");
      expect(await page.evaluate(title)).toBe(result.layers[0]!.name);
      await page.evaluate("document.querySelector('.overview canvas').focus()");
      await page.press("ArrowRight");
      expect(await page.evaluate(title)).toBe(result.layers[1]!.name);
    });
  });

  it("sorts by a column, both ways, and filters", async () => {
    const byStd = [...result.layers].sort((a, b) => a.input.std - b.input.std).map(({ name }) => name);
    const sort = "[...document.querySelectorAll('thead button')].find((button) => button.textContent === 'std').click()";
    await visit(result, {}, async (page) => {
      await page.evaluate(sort);
      expect(await page.evaluate(names)).toEqual(byStd);
      await page.evaluate(sort);
      expect(await page.evaluate(names)).toEqual([...byStd].reverse());
      await page.evaluate("(({ value }) => value)(Object.assign(document.querySelector('input'), { value: 'FINAL' })); document.querySelector('input').dispatchEvent(new Event('input'))");
      expect(await page.evaluate(names)).toEqual([last]);
    });
  });

  it("runs nothing that a name says", async () => {
    await visit(hostile, {}, async (page) => {
      expect(await page.evaluate(names)).toEqual(hostile.layers.map(({ name }) => name));
      expect(await page.evaluate("document.querySelectorAll('img').length")).toBe(0);
    });
  });

  it.each([true, false])("fits 400 pixels, dark: %s", async (dark) => {
    await visit(result, { width: 400, dark }, async (page) => {
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(400);
    });
  });

  it("shows a layer that saw no input, and a result without layers", async () => {
    const first = result.layers[0]!;
    const empty = { x: [], y: [], count: [] };
    const unseen: Result = {
      ...result,
      layers: [
        {
          ...first,
          fit: { ...first.fit, status: "no-data" },
          curve: {
            binnedMean: empty,
            density: { xMin: 0, xMax: 0, yMin: 0, yMax: 0, columns: 0, rows: 0, counts: [] },
            points: { x: [], y: [], token: [], channel: [] },
            affine: { channel: [], weight: [], bias: [], gamma: [], beta: [] },
          },
        },
      ],
    };
    await visit(unseen, {}, async (page) => {
      expect(await page.evaluate("document.querySelector('.empty').hidden")).toBe(false);
    });
    await visit({ ...result, layers: [], groups: [] }, {}, async (page) => {
      expect(await page.evaluate(names)).toEqual([]);
    });
  });
});
