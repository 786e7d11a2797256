// Takes the pictures of VS Code in docs/pictures/: the extension as it is built, on a copy of the demo workspace, in each kind of theme.
// usage: npm run screenshots [-- NAME ...]
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadFromTests } from "./load-typescript.mjs";

const root = join(import.meta.dirname, "..");
const pictures = join(root, "docs/pictures");
const patience = 60_000;
const themes = { dark: "Default Dark Modern", light: "Default Light Modern", "high-contrast": "Default High Contrast", "high-contrast-light": "Default High Contrast Light" };
const quiet = { "chat.disableAIFeatures": true, "workbench.secondarySideBar.defaultVisibility": "hidden", "window.autoDetectColorScheme": false, "editor.minimap.enabled": false, "editor.stickyScroll.enabled": false, "workbench.startupEditor": "none" };

const { startWorkbench } = await loadFromTests("vscode/workbench");
const only = process.argv.slice(2);
mkdirSync(pictures, { recursive: true });

/** A copy of the demo workspace with a theme. */
function workspaceIn(theme) {
  const home = mkdtempSync(join(tmpdir(), "normlens-pictures-"));
  const folder = join(home, "demo");
  cpSync(join(root, "media/demo-workspace"), folder, { recursive: true });
  mkdirSync(join(folder, ".vscode"));
  writeFileSync(join(folder, ".vscode/settings.json"), JSON.stringify({ ...quiet, "workbench.colorTheme": themes[theme] }));
  return { folder, remove: () => { rmSync(home, { recursive: true, force: true }); } };
}

/** Opens a window in a theme, and hands it to what takes pictures in it. */
async function inWindow(theme, use, { restricted = false, width = 1400, height = 900 } = {}) {
  const { folder, remove } = workspaceIn(theme);
  const workbench = await startWorkbench({ restricted });
  try {
    const window = await workbench.open({ path: folder, development: root, width, height });
    await window.page.locator(".explorer-folders-view .monaco-list-row", { hasText: "model.py" }).waitFor({ timeout: patience });
    // What stands there by default is not ours.
    if (await window.page.locator(".part.auxiliarybar").isVisible()) await window.command("View: Toggle Secondary Side Bar Visibility");
    await use(window);
  } finally {
    await workbench.close();
    remove();
  }
}

async function take({ page }, name) {
  if (only.length > 0 && !only.includes(name)) return;
  await page.waitForTimeout(1200);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
  console.log(`docs/pictures/${name}.png`);
}

async function openSource({ page }) {
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "model.py" }).dblclick();
  await page.locator(".view-line", { hasText: "dataclass" }).first().waitFor({ timeout: patience });
}

/** Scrolls to the block's norm layers. */
async function goToLine({ page }, line) {
  await page.keyboard.press("Control+G");
  await page.locator(".quick-input-widget input[type=text]").fill(`:${line}`);
  await page.keyboard.press("Enter");
}

async function analyzeSample(window) {
  await window.command("NormLens: Analyze Sample");
  await window.panel.getByText("transformer.h.5.ln_2").first().waitFor({ timeout: patience });
}

const showView = async ({ page }) => { await page.locator(".activitybar [aria-label^=NormLens]").first().click(); };
const unfold = async ({ page }, text) => { await page.locator(".tree-explorer-viewlet-tree-view .monaco-list-row", { hasText: text }).first().click(); };
const escape = async ({ page }) => { await page.keyboard.press("Escape"); };

await inWindow("dark", async (window) => {
  const { page } = window;
  await showView(window);
  await take(window, "vscode-welcome");
  await page.locator(".activitybar [aria-label^=Explorer]").first().click();
  await openSource(window);
  await analyzeSample(window);
  await showView(window);
  await unfold(window, "attention");
  await goToLine(window, 49);
  await take(window, "vscode-dark");

  await page.locator(".view-line", { hasText: "self.ln_f" }).locator("span", { hasText: "LayerNorm" }).last().hover();
  await page.locator(".monaco-hover", { hasText: "transformer.ln_f" }).waitFor({ timeout: patience });
  await take(window, "vscode-hover");
  await escape(window);

  await page.locator(".codelens-decoration a", { hasText: /layers, alpha/ }).first().click();
  await take(window, "vscode-layers");
  await escape(window);

  await goToLine(window, 63);
  await page.keyboard.press("Control+.");
  await page.locator(".action-widget", { hasText: "Replace with DyT" }).waitFor({ timeout: patience });
  await take(window, "vscode-action");
  await page.locator(".action-widget .monaco-list-row", { hasText: "Replace with DyT" }).click();
  await take(window, "vscode-replaced");
  await escape(window);
  await page.locator(".view-line", { hasText: "= DyT(" }).locator("span", { hasText: "DyT" }).last().hover();
  await page.locator(".monaco-hover", { hasText: "in source" }).waitFor({ timeout: patience });
  await take(window, "vscode-start-alpha");
  await escape(window);

  await window.command("NormLens: Export Alphas...");
  await take(window, "vscode-formats");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "csv" }).first().click();
  await take(window, "vscode-export");
  await escape(window);

  await window.command("NormLens: Measure Replacement Cost");
  await take(window, "vscode-tuning");
  await escape(window);

  await window.command("NormLens: Analyze with Options...");
  await take(window, "vscode-checkpoints");
  await escape(window);
});

for (const theme of ["light", "high-contrast", "high-contrast-light"]) {
  await inWindow(theme, async (window) => {
    await openSource(window);
    await analyzeSample(window);
    await showView(window);
    await unfold(window, "ffn");
    await goToLine(window, 49);
    await take(window, `vscode-${theme}`);
  });
}

await inWindow("light", async (window) => {
  await analyzeSample(window);
  await window.command("View: Toggle Primary Side Bar Visibility");
  await take(window, "vscode-narrow");
}, { width: 450, height: 900 });

await inWindow("light", async (window) => {
  await showView(window);
  await window.command("NormLens: Show Panel");
  await take(window, "vscode-restricted");
}, { restricted: true });

await inWindow("light", async (window) => {
  await window.command("Welcome: Open Walkthrough...");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "Get started with NormLens" }).click();
  await take(window, "vscode-walkthrough");
});

await inWindow("dark", async (window) => {
  await window.command("NormLens: Select Engine...");
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "GFLOP/s" }).first().waitFor({ timeout: patience });
  await take(window, "vscode-engines");
  await escape(window);
  await window.command("NormLens: Set Up GPU Engine...");
  await take(window, "vscode-set-up");
  await escape(window);
});
