// Measures the panel's page in Chromium: how soon it has painted, and how soon it answers its user.
// usage: npm run build && node bench/panel.mjs [-- --quick]
/* global document, window, Event, KeyboardEvent, requestAnimationFrame */
import { pathToFileURL } from "node:url";
import { loadKit } from "../test/webview/load-kit.mjs";

/** Milliseconds that are asked for. */
const asked = { paint: 500, interaction: 100 };

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const summary = (name, target, milliseconds) => ({ name, target, median: median(milliseconds), worst: Math.max(...milliseconds), runs: milliseconds.length });

/**
 * First paint with 65 layers, and answers with 400: for each the median and the worst in milliseconds.
 * @param runs how often each is measured
 */
export async function measurePanel(runs = 12) {
  const kit = await loadKit();
  const browser = await kit.launchBrowser();
  try {
    return [await firstPaint(browser, kit, runs), ...(await interactions(browser, kit, runs))];
  } finally {
    await browser.close();
  }
}

/** From the page's first byte until the frame with the result is on the screen, the result's message included. */
async function firstPaint(browser, { idleState, openPanel, syntheticResult }, runs) {
  const result = syntheticResult(32);
  const times = [];
  for (let run = 0; run < runs + 1; run += 1) {
    const panel = await openPanel(browser, { updates: [{ type: "state", state: idleState }, main(result)] });
    const painted = await panel.page.waitForFunction(() => window.host.actions.find(({ type }) => type === "painted"));
    times.push((await painted.jsonValue()).milliseconds);
    await panel.close();
  }
  // The first run warms the browser.
  return summary("first paint, 65 layers", asked.paint, times.slice(1));
}

/** What a user does with 400 layers. Each is timed in the page, from the event until the frame after it can begin: what it holds is painted. */
async function interactions(browser, { idleState, openPanel, syntheticResult, themes }, runs) {
  const panel = await openPanel(browser, { width: 1280, height: 900, updates: [{ type: "state", state: idleState }, main(syntheticResult(200, 12))] });
  const { page } = panel;
  await page.waitForFunction(() => window.host.actions.some(({ type }) => type === "painted"));
  await page.evaluate(inPage);
  const colors = [themes.light, themes.dark];
  const actions = [
    { name: "select a layer in the table", act: (run) => page.evaluate((at) => window.timed(() => document.querySelectorAll(".layers tbody tr")[at].click()), 3 + 5 * (run % 13)) },
    { name: "select a layer in a drawing", act: () => page.evaluate(() => window.timed(() => window.press(document.querySelector(".overview canvas"), "ArrowRight"))) },
    { name: "sort the table", act: (run) => page.evaluate((at) => window.timed(() => document.querySelectorAll(".layers thead button")[at].click()), 2 + (run % 10)) },
    { name: "type a filter", act: (run) => page.evaluate((text) => window.timed(() => window.enter(document.querySelector("input[type=search]"), text)), ["h.1", "h.17", "", "ffn", "ffn 9", ""][run % 6]) },
    { name: "drag alpha", act: (run) => page.evaluate((share) => window.timed(() => window.slide(document.querySelector(".try input[type=range]"), share)), 0.3 + 0.03 * run) },
    { name: "switch the view", act: (run) => page.evaluate((at) => window.timed(() => document.querySelectorAll(".switches .choice button")[at].click()), [1, 2, 0, 4, 3, 6, 5][run % 7]) },
    { name: "change the theme", act: (run) => page.evaluate((theme) => window.timed(() => window.paint(theme)), colors[run % 2]) },
  ];
  const measured = [];
  for (const { name, act } of actions) {
    const times = [];
    for (let run = 0; run < runs + 1; run += 1) times.push(await act(run));
    measured.push(summary(`${name}, 401 layers`, asked.interaction, times.slice(1)));
  }
  if (panel.problems.length > 0) throw new Error(panel.problems.join("; "));
  await panel.close();
  return measured;
}

const main = (result) => ({ type: "result", slot: "main", shown: { uri: "file:///bench", label: "bench", result } });

/** Put into the page: what it is used with, and a clock that stops when the frame that answers has been handed on. */
function inPage() {
  const set = (input, value) => {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const frame = () => new Promise((resolve) => { requestAnimationFrame(() => { setTimeout(resolve); }); });
  Object.assign(window, {
    timed: async (action) => {
      await frame();
      await new Promise((resolve) => { setTimeout(resolve, 50); });
      const start = performance.now();
      action();
      await frame();
      return performance.now() - start;
    },
    enter: set,
    slide: (input, share) => { set(input, Number(input.min) + share * (Number(input.max) - Number(input.min))); },
    press: (element, key) => { element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })); },
    paint: (theme) => {
      for (const [name, value] of Object.entries(theme.colors)) document.documentElement.style.setProperty(`--vscode-${name}`, value);
      document.body.className = theme.class;
    },
  });
}

/** The figures as a table in Markdown. */
export function panelTable(measured) {
  const milliseconds = (value) => `${value.toFixed(0)} ms`;
  const rows = measured.map(({ name, target, median: middle, worst }) => [name, milliseconds(middle), milliseconds(worst), `under ${target} ms`]);
  return [["panel", "median", "worst", "asked"], ["---", "---", "---", "---"], ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const measured = await measurePanel(process.argv.includes("--quick") ? 3 : 12);
  console.log(panelTable(measured));
  process.exitCode = measured.every(({ target, median: middle }) => middle < target) ? 0 : 1;
}
