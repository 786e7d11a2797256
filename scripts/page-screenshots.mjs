// Draws every state of the panel's page and of the HTML report into docs/pictures/.
// usage: npm run build && node scripts/page-screenshots.mjs [part of a picture's name]
/* global document, scrollY */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadKit } from "../test/webview/load-kit.mjs";

const root = join(import.meta.dirname, "..");
const pictures = join(root, "docs", "pictures");
const work = mkdtempSync(join(tmpdir(), "normlens-pictures-"));
const only = process.argv[2] ?? "";
const { idleState, launchBrowser, openPanel } = await loadKit();

function normlens(...args) {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "dist", "cli.js"), ...args], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`normlens ${args.join(" ")}: ${stderr}`);
}

function analyzed(name, ...args) {
  return resultOf(name, "analyze", ...args);
}

function resultOf(name, command, ...args) {
  const file = join(work, `${name}.normlens.json`);
  normlens(command, ...args, "--out", file, "--quiet");
  return JSON.parse(readFileSync(file, "utf8"));
}

const text = analyzed("text", "media/samples/gpt2", "--text", "media/samples/gpt2/calibration.txt");
const costed = resultOf("costed", "replace", "media/samples/gpt2", "--text", "media/samples/gpt2/calibration.txt", "--tune", "60");
const converted = join(work, "converted");
normlens("convert", "media/samples/gpt2", "--text", "media/samples/gpt2/calibration.txt", "--out", converted, "--quiet");
const trained = analyzed("trained", converted, "--text", "media/samples/gpt2/calibration.txt");
const random = analyzed("random", "media/samples/gpt2", "--random");

const state = (changes = {}) => ({ type: "state", state: { ...idleState, ...changes } });
const shown = (slot, result, label) => ({ type: "result", slot, shown: { uri: `file:///${label}.normlens.json`, label, result } });
const withSource = state({ sourceLayers: text.layers.map(({ name }) => name) });
const result = [withSource, shown("main", text, "gpt2")];
const nothing = { type: "result", slot: "main" };
const offered = [
  { uri: "file:///a", label: "gpt2", detail: "media/samples/gpt2/calibration.txt, 2,048 tokens", time: Date.UTC(2026, 2, 14, 9, 26) },
  { uri: "file:///b", label: "vit", detail: "bundled images, 16 sequences", time: Date.UTC(2026, 2, 13, 17, 5) },
];
const running = { kind: "running", task: "analysis", label: "llama-1b", stopping: false, queued: [{ task: "conversion", label: "gpt2" }], progress: { phase: "forward", stage: "block 9", done: 9, total: 17, tokensPerSecond: 812, secondsLeft: 9 } };
const tuning = { kind: "running", task: "replacement", label: "gpt2", stopping: false, queued: [], progress: { phase: "replace", stage: "tuning all layers together", done: 17, total: 60 } };
const failed = { kind: "failed", task: "analysis", label: "llama-1b", message: "model-00002-of-00003.safetensors ends before its header does: download it again.", defect: false };
const partial = {
  ...text,
  layers: text.layers.map((layer, index) => (index === 4 ? unseen(layer) : layer)),
  coverage: { found: 15, measured: 13, missing: [{ name: "features.bn1", reason: "BatchNorm normalises over the batch, so no function of one element can take its place" }, { name: "transformer.h.3.q_norm", reason: "its axes are not known" }] },
};

function unseen(layer) {
  const curve = { binnedMean: { x: [], y: [], count: [] }, density: { xMin: 0, xMax: 0, yMin: 0, yMax: 0, columns: 0, rows: 0, counts: [] }, points: { x: [], y: [], token: [], channel: [] }, affine: { channel: [], weight: [], bias: [], gamma: [], beta: [] } };
  return { ...layer, tokens: 0, fit: { ...layer.fit, status: "no-data", alpha: Number.NaN, r2: Number.NaN }, suggest: { ...layer.suggest, convert: 0 }, curve };
}

const layer = (name) => ({ view: { layer: name } });
const typical = layer("transformer.h.2.ln_2");
const whatIf = { view: { ...typical.view, tab: "what-if", tried: { "transformer.h.0.ln_1": 4.2 } } };
const toEnd = (page) => page.evaluate(() => document.documentElement.scrollHeight);
const toDetailEnd = (page) => page.locator(".detail").evaluate((each) => each.getBoundingClientRect().bottom + scrollY + 14);

/** The pictures: how the page is looked at, what it is told, what is done with it, and down to where it is drawn. */
const all = [
  ...["light", "dark", "high-contrast", "high-contrast-light"].map((theme) => ({ name: `panel-${theme}`, view: { theme, width: 1180, kept: typical }, updates: result, bottom: toDetailEnd })),
  { name: "panel-narrow", view: { theme: "dark", width: 400, kept: typical }, updates: result, bottom: () => 1900 },
  { name: "panel-zoom-200", view: { theme: "light", width: 1280, zoom: 2, kept: typical }, updates: result, bottom: () => 760 },
  { name: "panel-compare", view: { theme: "dark", width: 1180, kept: typical }, updates: [...result, shown("other", random, "gpt2")], bottom: toDetailEnd },
  {
    name: "panel-tokens",
    view: { theme: "light", width: 1180, kept: typical },
    updates: result,
    part: ".curve",
    use: (page) => page.getByRole("button", { name: "by token" }).click(),
  },
  {
    name: "panel-channels",
    view: { theme: "dark", width: 1180, kept: typical },
    updates: result,
    part: ".curve",
    use: (page) => page.getByRole("button", { name: "after affine" }).click(),
  },
  {
    name: "panel-try",
    view: { theme: "dark", width: 1180, kept: typical },
    updates: result,
    part: ".detail",
    use: async (page) => {
      await page.getByRole("checkbox").check();
      await page.getByRole("spinbutton").fill("0.9");
      await page.keyboard.press("Enter");
      await page.locator(".facts .term").nth(5).focus();
    },
  },
  { name: "panel-table", view: { theme: "light", width: 1180, kept: typical }, updates: result, part: ".layers", use: (page) => page.locator(".layers tbody tr").nth(2).hover() },
  { name: "panel-trained", view: { theme: "dark", width: 1180, kept: typical }, updates: [state(), shown("main", trained, "gpt2-dyt")], bottom: toEnd },
  { name: "panel-partial", view: { theme: "dark", width: 1180, kept: layer(partial.layers[4].name) }, updates: [state(), shown("main", partial, "gpt2")], bottom: toDetailEnd },
  ...["light", "dark", "high-contrast", "high-contrast-light"].map((theme) => ({
    name: `panel-what-if-${theme}`,
    view: { theme, width: 1180, kept: whatIf },
    updates: [state(), shown("main", costed, "gpt2")],
    bottom: toEnd,
    use: (page) => page.locator(".sensitivity canvas").hover(),
  })),
  { name: "panel-what-if-narrow", view: { theme: "dark", width: 400, kept: whatIf }, updates: [state(), shown("main", costed, "gpt2")], bottom: toEnd },
  { name: "panel-what-if-offer", view: { theme: "dark", width: 1000, height: 460, kept: whatIf }, updates: [state(), shown("main", text, "gpt2")] },
  { name: "panel-empty", view: { theme: "dark", width: 1000, height: 400 }, updates: [state({ offered }), nothing] },
  { name: "panel-untrusted", view: { theme: "light", width: 1000, height: 400 }, updates: [state({ trusted: false, offered }), nothing] },
  { name: "panel-loading", view: { theme: "dark", width: 1000, height: 160 }, updates: [] },
  { name: "panel-running", view: { theme: "dark", width: 1000, height: 220 }, updates: [state({ run: running }), nothing] },
  { name: "panel-tuning", view: { theme: "dark", width: 1000, height: 220 }, updates: [state({ run: tuning }), nothing] },
  { name: "panel-error", view: { theme: "light", width: 1000, height: 420 }, updates: [state({ run: failed, error: "old.normlens.json is no result of NormLens: its schema is missing.", offered }), nothing] },
];

/** The report from its file, as a browser opens it. */
const reports = [{ name: "panel-report", page: { viewport: { width: 1180, height: 1000 }, colorScheme: "light" } }];

async function drawPanel(browser, { name, view, updates, use, part, bottom }) {
  const panel = await openPanel(browser, view);
  await panel.send(...updates);
  await use?.(panel.page);
  await panel.page.waitForTimeout(300);
  const path = join(pictures, `${name}.png`);
  if (part !== undefined) await panel.page.screenshot({ path, fullPage: true, clip: await around(panel.page.locator(part)) });
  else if (bottom === undefined) await panel.page.screenshot({ path });
  else await panel.page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: panel.page.viewportSize().width, height: Math.ceil(await bottom(panel.page)) } });
  if (panel.problems.length > 0) throw new Error(`${name}: ${panel.problems.join("; ")}`);
  await panel.close();
}

/** An element's place on the page, with a margin. */
function around(locator) {
  return locator.evaluate((element) => {
    const margin = 14;
    const { left, top, width, height } = element.getBoundingClientRect();
    return { x: left - margin, y: top + scrollY - margin, width: width + 2 * margin, height: height + 2 * margin };
  });
}

async function drawReport(browser, file, { name, page: view }) {
  const page = await browser.newPage(view);
  await page.goto(pathToFileURL(file).href);
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
  await page.close();
}

mkdirSync(pictures, { recursive: true });
const browser = await launchBrowser();
try {
  for (const picture of all.filter(({ name }) => name.includes(only))) await drawPanel(browser, picture);
  const json = join(work, "report.normlens.json");
  const page = join(work, "report.html");
  writeFileSync(json, JSON.stringify(text));
  normlens("export", json, "--format", "html", "--out", page);
  for (const report of reports.filter(({ name }) => name.includes(only))) await drawReport(browser, page, report);
} finally {
  await browser.close();
  rmSync(work, { recursive: true });
}
