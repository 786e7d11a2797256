import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import type { PanelState, PanelUpdate, RunState } from "../../src/shared/panel";
import type { Result } from "../../src/shared/result";
import { launchBrowser } from "../browser";
import { syntheticResult } from "../synthetic-result";
import { seriousFindings } from "./axe";
import { idleState, openPanel, type PanelPage, type PanelView } from "./panel-page";
import { themes, type ThemeName } from "./themes";

const result = syntheticResult(3, 6);
const last = result.layers.at(-1)!;

let browser: Browser;
beforeAll(async () => { browser = await launchBrowser(); });
afterAll(async () => { await browser.close(); });

function state(changes: Partial<PanelState> = {}): PanelUpdate {
  return { type: "state", state: { ...idleState, ...changes } };
}

function main(shown: Result, label = "gpt2"): PanelUpdate {
  return { type: "result", slot: "main", shown: { uri: "file:///gpt2.normlens.json", label, result: shown } };
}

/** Opens a page, lets it be used, and asserts that nothing went wrong in it. */
async function visit(view: PanelView, updates: readonly PanelUpdate[], use: (panel: PanelPage) => Promise<void>): Promise<void> {
  const panel = await openPanel(browser, view);
  try {
    await panel.send(...updates);
    await use(panel);
    expect(panel.problems).toEqual([]);
  } finally {
    await panel.close();
  }
}

const titleOf = ({ page }: PanelPage) => page.locator(".detail h2").innerText();
const rowsOf = ({ page }: PanelPage) => page.locator(".layers tbody tr th").allInnerTexts();
const button = ({ page }: PanelPage, name: string) => page.getByRole("button", { name, exact: true });

describe("the panel's page", () => {
  it("asks for its state, and tells when it has painted", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      await panel.page.waitForFunction("window.host.actions.some(({ type }) => type === 'painted')");
      const [first, painted] = await panel.actions();
      expect(first).toEqual({ type: "ready" });
      expect(painted).toMatchObject({ type: "painted" });
    });
  });

  it("shows every layer in the table and the first one's curve", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      expect(await rowsOf(panel)).toEqual(result.layers.map(({ name }) => name));
      expect(await titleOf(panel)).toBe(result.layers[0]!.name);
      for (const canvas of await panel.page.locator("canvas").all()) {
        const painted = await canvas.evaluate((each: HTMLCanvasElement) => each.getContext("2d")!.getImageData(0, 0, each.width, each.height).data.some((value) => value > 0));
        expect(painted).toBe(true);
      }
      expect(await panel.page.locator("canvas").count()).toBe(4);
    });
  });

  it("selects by row, by a click into a drawing, by arrow keys and by the buttons", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      await panel.page.locator(".layers tbody tr").nth(2).click();
      expect(await titleOf(panel)).toBe(result.layers[2]!.name);
      const chart = panel.page.locator(".overview canvas").first();
      const { width, height } = (await chart.boundingBox())!;
      await chart.click({ position: { x: width - 14, y: height / 3 } });
      expect(await titleOf(panel)).toBe(last.name);
      await chart.focus();
      await panel.page.keyboard.press("Home");
      await panel.page.keyboard.press("ArrowRight");
      expect(await titleOf(panel)).toBe(result.layers[1]!.name);
      await button(panel, "Next layer").click();
      expect(await titleOf(panel)).toBe(result.layers[2]!.name);
      expect(await panel.page.locator("tr[aria-current] th").innerText()).toBe(result.layers[2]!.name);
    });
  });

  it("sorts by a column, both ways, and filters by name and role", async () => {
    const byStd = [...result.layers].sort((a, b) => a.input.std - b.input.std).map(({ name }) => name);
    await visit({}, [state(), main(result)], async (panel) => {
      await button(panel, "std").click();
      expect(await rowsOf(panel)).toEqual(byStd);
      await button(panel, "std").click();
      expect(await rowsOf(panel)).toEqual([...byStd].reverse());
      await panel.page.getByRole("searchbox").fill("FINAL");
      expect(await rowsOf(panel)).toEqual([last.name]);
      await panel.page.getByRole("searchbox").fill("h.1 ffn");
      expect(await rowsOf(panel)).toEqual(["transformer.h.1.ln_2"]);
    });
  });

  it("changes the suggestion with the intent, and says why", async () => {
    await visit({}, [state({ intent: "convert" }), main(result)], async (panel) => {
      const suggestion = panel.page.locator(".role-list strong").first();
      expect(await suggestion.innerText()).toBe(result.groups[0]!.alphaMedian.toPrecision(3));
      await button(panel, "train from scratch").click();
      expect(await panel.actions()).toContainEqual({ type: "setIntent", intent: "scratch" });
      await panel.send(state({ intent: "scratch" }));
      expect(await suggestion.innerText()).toBe("1.00");
      expect(await panel.page.locator(".why").innerText()).toContain("width 768");
    });
  });

  it("asks its host for everything that it can't do itself", async () => {
    await visit({}, [state({ sourceLayers: [result.layers[0]!.name] }), main(result)], async (panel) => {
      for (const name of ["Export Alphas...", "Compare...", "Open...", "Analyze...", "Source", "Copy all"]) await button(panel, name).click();
      await button(panel, "Copy alpha of ffn").click();
      await panel.page.getByRole("button", { name: /^Copy α/ }).click();
      const asked = (await panel.actions()).filter(({ type }) => type !== "ready" && type !== "painted");
      expect(asked.map(({ type }) => type)).toEqual(["export", "compare", "open", "analyze", "goToSource", "copy", "copy", "copy"]);
      expect(asked[4]).toEqual({ type: "goToSource", layer: result.layers[0]!.name });
      expect(asked[6]).toEqual({ type: "copy", text: String(Number(result.groups[1]!.alphaMedian.toPrecision(4))) });
    });
  });

  it("says what another alpha would give, by slider, field and ring, and goes back", async () => {
    const layer = result.layers.find(({ fit }) => fit.status === "ok")!;
    await visit({ kept: { view: { layer: layer.name } } }, [state(), main(result)], async (panel) => {
      const said = panel.page.locator(".try output");
      const atFit = await said.innerText();
      await panel.page.getByRole("slider", { name: "Try α" }).focus();
      await panel.page.keyboard.press("ArrowRight");
      const nudged = await said.innerText();
      expect(nudged).not.toBe(atFit);
      await panel.page.getByRole("spinbutton").fill(String(10 * layer.fit.alpha));
      await panel.page.keyboard.press("Enter");
      expect(await said.innerText()).not.toBe(nudged);
      await button(panel, "Reset").click();
      expect(await said.innerText()).toBe(atFit);
      const canvas = panel.page.locator(".curve canvas");
      const ring = await canvas.evaluate((each: HTMLCanvasElement) => {
        const data = each.getContext("2d")!.getImageData(0, 0, each.width, each.height);
        return { width: data.width, height: data.height };
      });
      expect(ring.width).toBeGreaterThan(300);
    });
  });

  it("draws each view of a layer differently", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      const drawing = () => panel.page.locator(".curve canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
      const seen = new Set([await drawing()]);
      const look = async (change: () => Promise<unknown>) => {
        await change();
        const now = await drawing();
        expect(seen.has(now)).toBe(false);
        seen.add(now);
      };
      await look(() => button(panel, "by token").click());
      await look(() => button(panel, "by channel").click());
      await look(() => button(panel, "after affine").click());
      expect(await button(panel, "density").isDisabled()).toBe(true);
      await button(panel, "before affine").click();
      await button(panel, "density").click();
      await look(() => panel.page.getByRole("checkbox").check());
      await look(() => panel.page.getByRole("combobox").selectOption("erf"));
      await look(() => button(panel, "all").click());
    });
  });

  it("makes pictures: PNG, and SVG that stands alone with its texts as text", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      for (const name of ["Save as SVG", "Save as PNG"]) {
        for (const each of await panel.page.getByRole("button", { name }).all()) await each.click();
      }
      const saved = (await panel.actions()).filter((action) => action.type === "savePicture");
      expect(saved.map(({ name, format }) => `${name}.${format}`)).toEqual(
        ["svg", "png"].flatMap((format) => ["alpha-by-depth", "r2-by-depth", "saturation-by-depth", result.layers[0]!.name].map((name) => `${name}.${format}`)),
      );
      const [svg] = saved.map(({ base64 }) => Buffer.from(base64, "base64").toString("utf8"));
      const parsed = await panel.page.evaluate((text) => {
        const document = new DOMParser().parseFromString(text!, "image/svg+xml");
        return { root: document.documentElement.nodeName, paths: document.querySelectorAll("path").length, texts: [...document.querySelectorAll("text")].map(({ textContent }) => textContent) };
      }, svg);
      expect(parsed.root).toBe("svg");
      expect(parsed.paths).toBeGreaterThan(10);
      expect(parsed.texts).toContain("block");
      expect(svg).toContain('font-size="12px"');
      expect(svg).not.toMatch(/var\(|href="http(?!:\/\/www\.w3)/);
      expect(Buffer.from(saved.at(-1)!.base64, "base64").subarray(1, 4).toString()).toBe("PNG");
    });
  });

  it("overlays a second result, tells differences, and names layers without a counterpart", async () => {
    const other = syntheticResult(4, 5);
    await visit({}, [state(), main(result), { type: "result", slot: "other", shown: { uri: "file:///b", label: "later", result: other } }], async (panel) => {
      const text = await panel.page.innerText("body");
      expect(text).toContain("Compared with later");
      expect(text).toContain("Only in the result compared with: transformer.h.3.ln_1, transformer.h.3.ln_2");
      expect(await panel.page.locator("thead").innerText()).toContain("Δ α convert");
      await button(panel, "Stop comparing").click();
      expect(await panel.actions()).toContainEqual({ type: "stopComparing" });
      await panel.send({ type: "result", slot: "other" });
      expect(await panel.page.locator("thead").innerText()).not.toContain("Δ");
    });
  });

  it("keeps how it was looked at, and what brings the panel back", async () => {
    let kept: unknown;
    const restore = { version: 1, main: "file:///gpt2.normlens.json" } as const;
    await visit({}, [state({ restore }), main(result)], async (panel) => {
      await panel.page.locator(".layers tbody tr").nth(3).click();
      await button(panel, "by token").click();
      await button(panel, "R² tanh").click();
      kept = await panel.kept();
    });
    expect(kept).toMatchObject({ restore });
    await visit({ kept }, [state({ restore }), main(result)], async (panel) => {
      expect(await titleOf(panel)).toBe(result.layers[3]!.name);
      expect(await button(panel, "by token").getAttribute("aria-pressed")).toBe("true");
      expect(await panel.page.locator("th[aria-sort=ascending]").innerText()).toContain("R² tanh");
    });
  });

  it.each([null, 3, { view: { layer: 7, hidden: "x", order: { column: "no" }, layerView: [] } }])("starts anew from what it does not understand: %j", async (kept) => {
    await visit({ kept }, [state(), main(result)], async (panel) => { expect(await titleOf(panel)).toBe(result.layers[0]!.name); });
  });

  it("goes to a layer, and tells its text, when the host asks", async () => {
    await visit({}, [state(), main(result), { type: "goTo", layer: last.name }, { type: "readText" }], async (panel) => {
      expect(await titleOf(panel)).toBe(last.name);
      const text = (await panel.actions()).find((action) => action.type === "text")!.text;
      for (const { name } of result.layers) expect(text).toContain(name);
    });
  });
});

describe("states of the panel's page", () => {
  const running: RunState = { kind: "running", label: "llama", stopping: false, queued: 2, progress: { phase: "forward", stage: "block 3", done: 3, total: 12, tokensPerSecond: 812, secondsLeft: 12 } };
  const none: PanelUpdate = { type: "result", slot: "main" };

  it("loads", async () => {
    await visit({}, [], async ({ page }) => { expect(await page.innerText("body")).toContain("Loading"); });
  });

  it("without a result: what to do, and earlier results", async () => {
    const offered = [{ uri: "file:///old", label: "old one", detail: "bundled text", time: 0 }];
    await visit({}, [state({ offered }), none], async (panel) => {
      for (const name of ["Analyze Checkpoint...", "With Options...", "Try the bundled sample", "Open Result...", "old one"]) await button(panel, name).click();
      expect((await panel.actions()).slice(-5)).toEqual([
        { type: "analyze", what: "checkpoint" }, { type: "analyze", what: "options" }, { type: "analyze", what: "sample" }, { type: "open" }, { type: "open", uri: "file:///old" },
      ]);
    });
  });

  it("untrusted: says so, and offers no analysis", async () => {
    await visit({}, [state({ trusted: false }), none], async (panel) => {
      expect(await panel.page.innerText("body")).toContain("Restricted Mode");
      expect(await panel.page.getByRole("button", { name: /analyze|sample/i }).count()).toBe(0);
      await panel.send(main(result));
      expect(await panel.page.getByRole("button", { name: /analyze/i }).count()).toBe(0);
    });
  });

  it("running: stage, speed, time left, queue, and a stop", async () => {
    await visit({}, [state({ run: running }), main(result)], async (panel) => {
      const text = await panel.page.locator(".run").innerText();
      for (const part of ["llama", "Running the model", "block 3", "812 tokens/s", "12 s left", "2 analyses wait"]) expect(text).toContain(part);
      await button(panel, "Stop").click();
      expect(await panel.actions()).toContainEqual({ type: "stop" });
      await panel.send(state({ run: { ...running, stopping: true } }));
      expect(await button(panel, "Stopping...").isDisabled()).toBe(true);
    });
  });

  it("stopped, failed, broken off, and a result that can't be read", async () => {
    await visit({}, [state({ run: { kind: "stopped", label: "llama" } }), none], async (panel) => {
      expect(await panel.page.locator(".run").innerText()).toContain("was stopped");
      await panel.send(state({ run: { kind: "failed", label: "llama", message: "the header is cut off.", defect: false } }));
      expect(await panel.page.getByRole("alert").innerText()).toContain("could not be analysed: the header is cut off.");
      await panel.send(state({ run: { kind: "failed", label: "llama", message: "the engine ended by SIGKILL.", defect: true } }));
      await button(panel, "Show Log").click();
      expect(await panel.actions()).toContainEqual({ type: "showLog" });
      await panel.send(state({ error: "x.normlens.json can't be read." }));
      expect(await panel.page.getByRole("alert").innerText()).toContain("can't be read");
    });
  });

  it("a layer that saw no input, a partial result, and one without layers", async () => {
    const first = result.layers[0]!;
    const unseen: Result = {
      ...result,
      coverage: { found: 8, measured: 7, missing: [{ name: "transformer.h.9.bn", reason: "BatchNorm is no candidate" }] },
      layers: [{ ...first, tokens: 0, fit: { ...first.fit, status: "no-data" }, curve: { binnedMean: { x: [], y: [], count: [] }, density: { xMin: 0, xMax: 0, yMin: 0, yMax: 0, columns: 0, rows: 0, counts: [] }, points: { x: [], y: [], token: [], channel: [] }, affine: { channel: [], weight: [], bias: [], gamma: [], beta: [] } } }],
    };
    await visit({}, [state(), main(unseen)], async (panel) => {
      const text = await panel.page.innerText("body");
      expect(text).toContain("7 of 8 norm layers measured");
      expect(text).toContain("transformer.h.9.bn was not measured: BatchNorm is no candidate");
      expect(text).toContain("nothing is known of it");
      expect(await panel.page.getByRole("button", { name: /^Copy α/ }).count()).toBe(0);
      await panel.send(main({ ...result, layers: [], groups: [] }));
      expect(await panel.page.innerText("body")).toContain("No norm layer was measured");
    });
  });
});

describe("for everyone", () => {
  const names = Object.keys(themes) as ThemeName[];
  it.each(names)("axe finds nothing serious in %s", async (theme) => {
    await visit({ theme }, [state({ sourceLayers: [result.layers[0]!.name], run: { kind: "running", label: "a", stopping: false, queued: 0 } }), main(result)], async ({ page }) => {
      await page.locator("details").evaluateAll((all) => { for (const each of all as HTMLDetailsElement[]) each.open = true; });
      expect(await seriousFindings(page)).toEqual([]);
    });
    await visit({ theme }, [state({ offered: [{ uri: "a", label: "a", detail: "b", time: 0 }] }), { type: "result", slot: "main" }], async ({ page }) => {
      expect(await seriousFindings(page)).toEqual([]);
    });
  });

  it.each([{ width: 400 }, { width: 1200, zoom: 2 }, { width: 700 }])("fits %j without scrolling sideways", async (view) => {
    await visit(view, [state(), main(result)], async ({ page }) => {
      expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
      expect(await seriousFindings(page)).toEqual([]);
    });
  });

  it("takes on another theme while it is open", async () => {
    await visit({ theme: "dark" }, [state(), main(result)], async ({ page }) => {
      const drawing = () => page.locator(".overview canvas").first().evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
      const dark = await drawing();
      await page.evaluate(({ colors, kind }) => {
        for (const [name, value] of Object.entries(colors)) document.documentElement.style.setProperty(`--vscode-${name}`, value);
        document.body.className = kind;
      }, { colors: themes.light.colors, kind: themes.light.class });
      await page.waitForTimeout(200);
      expect(await drawing()).not.toBe(dark);
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    });
  });

  it("nothing moves where less motion is wanted", async () => {
    await visit({ reducedMotion: true }, [], async ({ page }) => {
      expect(await page.evaluate("document.getAnimations().length")).toBe(0);
    });
    await visit({}, [], async ({ page }) => {
      expect(await page.evaluate("document.getAnimations().length")).toBe(1);
    });
  });

  it("the keyboard alone reaches everything, and shows what numbers mean", async () => {
    await visit({}, [state({ sourceLayers: [result.layers[0]!.name] }), main(result)], async ({ page }) => {
      const reached = new Set<string>();
      for (let presses = 0; presses < 250; presses++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate<string>("(({ activeElement: at }) => at === document.body ? '' : `${at.tagName} ${at.getAttribute('aria-label') ?? at.textContent.slice(0, 40)}`)(document)");
        if (at === "") break;
        reached.add(at);
      }
      const reachable = await page.evaluate<string[]>(
        "[...document.querySelectorAll('button:not(:disabled), input:not(:disabled), select:not(:disabled), summary, [tabindex=\"0\"]')].map((at) => `${at.tagName} ${at.getAttribute('aria-label') ?? at.textContent.slice(0, 40)}`)",
      );
      expect(reachable.filter((each) => !reached.has(each))).toEqual([]);
      await page.locator(".term").first().focus();
      expect(await page.locator("#tip").innerText()).toContain("takes over this checkpoint");
      await page.keyboard.press("Escape");
      expect(await page.locator("#tip").isVisible()).toBe(false);
    });
  });

  const hostileNames = ["<img src=x onerror=alert(1)>", "a".repeat(10_000), "\u202Egpj.exe\u202C\u0007", "</script><script>alert(2)</script>"];
  it("hostile names do no harm", async () => {
    const hostile: Result = {
      ...result,
      model: { ...result.model, path: hostileNames[0]!, architecture: hostileNames[1]!, family: hostileNames[2]! },
      input: { ...result.input, source: hostileNames[1]! },
      layers: result.layers.map((layer, index) => ({ ...layer, name: `${hostileNames[index % 4]}${index}` })),
      warnings: hostileNames.map((message) => ({ code: "degenerate" as const, layer: `${hostileNames[1]}1`, message })),
    };
    await visit({ width: 700 }, [state(), main(hostile, hostileNames[1])], async (panel) => {
      const { page } = panel;
      await page.locator(".layers tbody tr").nth(1).click();
      await page.locator(".overview canvas").first().hover();
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.innerText("body")).not.toMatch(/\p{Cf}/u);
      expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
      expect(await page.evaluate<number>("document.documentElement.scrollHeight")).toBeLessThan(6000);
    });
  });
});
