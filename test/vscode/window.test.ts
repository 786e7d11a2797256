import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { installExtension } from "../../scripts/vscode-server.mjs";
import { normlens } from "../cli/run";
import { root, startWorkbench, type Window, type Workbench } from "./workbench";
import { makeTestWorkspace } from "./workspace.mjs";

/*
 * What only a window shows, with the packed extension as a user installs it.
 */

const patience = 30_000;
// A test has several steps, each of which may take that long on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const folder = mkdtempSync(join(tmpdir(), "normlens-vsix-"));
const workspace = makeTestWorkspace();
let vsix = "";

beforeAll(() => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/package.mjs"), "--target", `${process.platform}-${process.arch}`, "--out", folder], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const [name] = readdirSync(folder).filter((file) => file.endsWith(".vsix"));
  vsix = join(folder, name ?? "");
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(dirname(workspace), { recursive: true, force: true });
});

/** Opens a window and collects what its console complains of, as far as it comes from our pages. */
async function openWith(workbench: Workbench, path?: string): Promise<Window & { readonly complaints: string[] }> {
  const window = await workbench.open(path === undefined ? {} : { path });
  const complaints: string[] = [];
  window.page.on("console", (message) => { if (/Content Security Policy|normlens\.normlens/.test(message.text()) && message.type() === "error") complaints.push(message.text()); });
  return { ...window, complaints };
}

/** Waits until the page of the panel says something. */
async function panelSays({ panel }: Window, text: string): Promise<void> {
  await panel.getByText(text).first().waitFor({ timeout: patience });
}

describe("the packed extension", () => {
  // A server of its own for every window: one that has had another may open a workspace without its folders.
  let workbench: Workbench;
  beforeEach(async () => {
    workbench = await startWorkbench();
    installExtension(workbench.data, vsix);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await workbench.picture(join(root, "dist-test", "failed.png"));
    await workbench.close();
  });

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

    await page.locator(".explorer-folders-view .monaco-list-row", { hasText: /^gpt2$/ }).click({ button: "right" });
    await page.locator(".monaco-menu .action-item", { hasText: "Analyze Norm Layers" }).waitFor({ timeout: patience });
    await page.keyboard.press("Escape");

    // The old page would show the panel for a while still.
    const reloaded = page.waitForEvent("load", { timeout: patience });
    await window.command("Developer: Reload Window");
    await reloaded;
    await panelSays(window, "transformer.h.5.ln_2");

    await openFile(page, "model.py");
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
  beforeEach(async () => {
    workbench = await startWorkbench({ restricted: true });
    installExtension(workbench.data, vsix);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await workbench.picture(join(root, "dist-test", "failed.png"));
    await workbench.close();
  });

  it("shows results and lenses and analyses nothing, until the workspace is trusted", async () => {
    const result = join(dirname(workspace), "second folder", "earlier.normlens.json");
    const { code, stderr } = await normlens("analyze", join(root, "media/samples/gpt2"), "--out", result, "--quiet");
    expect(code, stderr).toBe(0);
    const window = await openWith(workbench, workspace);
    const { page } = window;
    await page.getByText("Restricted Mode").first().waitFor({ timeout: patience });
    await page.locator(".activitybar [aria-label^=NormLens]").first().click();
    await page.getByText("no checkpoint is analysed").first().waitFor({ timeout: patience });
    expect(await offeredRuns(page)).toBe(0);
    await window.command("NormLens: Show Panel");
    await panelSays(window, "Restricted Mode");

    await openFile(page, "earlier.normlens.json");
    await panelSays(window, "transformer.h.5.ln_2");
    await page.getByRole("button", { name: "Use for Lenses" }).first().click();
    await openFile(page, "model.py");
    await page.locator(".codelens-decoration a", { hasText: /6 layers, alpha/ }).first().waitFor({ timeout: patience });

    await window.command("Workspaces: Manage Workspace Trust");
    await page.locator(".workspace-trust-editor").getByRole("button", { name: "Trust", exact: true }).click();
    await expect.poll(() => offeredRuns(page), { timeout: patience }).toBeGreaterThan(0);
    await window.close();
  });
});

/** How many commands that run native code the palette offers. */
async function offeredRuns(page: Page): Promise<number> {
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input[type=text]").fill(">NormLens: ");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "NormLens: Open Result..." }).waitFor({ timeout: patience });
  const count = await page.locator(".quick-input-list .monaco-list-row", { hasText: /NormLens: (Analyze|Select Engine|Set Up)/ }).count();
  await page.keyboard.press("Escape");
  return count;
}

/** A new window hears no keys at first, so this asks again. */
async function openFile(page: Page, name: string): Promise<void> {
  const box = page.locator(".quick-input-widget input[type=text]");
  await expect.poll(async () => {
    await page.keyboard.press("Control+P");
    return box.fill(name, { timeout: 3000 }).then(() => true, () => false);
  }, { timeout: patience }).toBe(true);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
}
