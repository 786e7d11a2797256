import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from "vitest";
import { installExtension } from "../../scripts/vscode-server.mjs";
import { root, startWorkbench, type Window, type Workbench } from "./workbench";
import { makeTestWorkspace } from "./workspace.mjs";

/*
 * What only a window shows, with the packed extension as a user installs it.
 */

const patience = 30_000;
const folder = mkdtempSync(join(tmpdir(), "normlens-vsix-"));
const workspace = makeTestWorkspace();
let vsix = "";

beforeAll(() => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/package.mjs"), "--target", `${process.platform}-${process.arch}`, "--out", folder], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const [name] = readdirSync(folder).filter((file) => file.endsWith(".vsix"));
  vsix = join(folder, name ?? "");
}, 180_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(dirname(workspace), { recursive: true, force: true });
});

/** Opens a window and collects what its console complains of, as far as it comes from our pages. */
async function openWith(workbench: Workbench, path?: string): Promise<Window & { readonly complaints: string[] }> {
  const window = await workbench.open(path === undefined ? {} : { path });
  const complaints: string[] = [];
  window.page.on("console", (message) => { if (/Content Security Policy|normlens/i.test(message.text()) && message.type() === "error") complaints.push(message.text()); });
  // What the window looked like is half of why a test failed.
  onTestFailed(async () => { await window.page.screenshot({ path: join(root, "dist-test/failed.png") }); });
  return { ...window, complaints };
}

/** Waits until the page of the panel says something. */
async function panelSays({ panel }: Window, text: string): Promise<void> {
  await panel.getByText(text).first().waitFor({ timeout: patience });
}

describe("the packed extension", () => {
  let workbench: Workbench;
  beforeAll(async () => {
    workbench = await startWorkbench();
    installExtension(workbench.data, vsix);
  }, 60_000);
  afterAll(() => workbench.close());

  it("analyses the sample from the palette with no folder open", async () => {
    const window = await openWith(workbench);
    await window.command("NormLens: Analyze Sample");
    await panelSays(window, "transformer.h.5.ln_2");
    expect(window.complaints).toEqual([]);
    await window.close();
  });

  it("offers a checkpoint of the workspace, keeps its panel and result over a reload, and leads from lens to layer", async () => {
    const window = await openWith(workbench, workspace);
    const { page } = window;
    await window.command("NormLens: Analyze Checkpoint...");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "no tokenizer" }).waitFor({ timeout: patience });
    await page.locator(".quick-input-list .monaco-list-row", { hasText: /^gpt2/ }).click();
    await panelSays(window, "transformer.h.5.ln_2");

    await window.command("Developer: Reload Window");
    await panelSays(window, "transformer.h.5.ln_2");

    await page.keyboard.press("Control+P");
    await page.locator(".quick-input-widget input[type=text]").fill("model.py");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "model.py" }).first().click();
    const lens = page.locator(".codelens-decoration a", { hasText: /6 layers, alpha/ }).first();
    await lens.click({ timeout: patience });
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "transformer.h.3.ln_1" }).click();
    await window.panel.getByRole("heading", { name: "transformer.h.3.ln_1" }).waitFor({ timeout: patience });
    expect(window.complaints).toEqual([]);
    await window.close();
  });
});

describe("in Restricted Mode the packed extension", () => {
  let workbench: Workbench;
  beforeAll(async () => {
    workbench = await startWorkbench({ restricted: true });
    installExtension(workbench.data, vsix);
  }, 60_000);
  afterAll(() => workbench.close());

  it("shows results and analyses nothing, until the workspace is trusted", async () => {
    const window = await openWith(workbench, workspace);
    const { page } = window;
    await page.getByText("Restricted Mode").first().waitFor({ timeout: patience });
    await page.locator(".activitybar [aria-label^=NormLens]").first().click();
    await page.getByText("no checkpoint is analysed").first().waitFor({ timeout: patience });
    await page.keyboard.press("F1");
    await page.locator(".quick-input-widget input[type=text]").fill(">NormLens: ");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "NormLens: Open Result..." }).waitFor({ timeout: patience });
    expect(await page.locator(".quick-input-list .monaco-list-row", { hasText: "NormLens: Analyze" }).count()).toBe(0);
    await page.keyboard.press("Escape");
    await window.command("NormLens: Show Panel");
    await panelSays(window, "Restricted Mode");
    await window.close();
  });
});
