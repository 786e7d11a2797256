import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, FrameLocator, Page } from "playwright-core";
import { startServer } from "../../scripts/vscode-server.mjs";
import { launchBrowser } from "../browser";

/** The project's root: the extension as it is built here. */
export const root = join(import.meta.dirname, "../..");

/** A VS Code server with its own data, and a browser to open windows in. */
export interface Workbench {
  /** Folder with the server's data and extensions. */
  readonly data: string;
  readonly pid: number;
  /** Opens a window. */
  open(what: WindowOptions): Promise<Window>;
  /** Keeps a picture of the window that was opened last: half of why a test failed. */
  picture(file: string): Promise<void>;
  close(): Promise<void>;
}

export interface WindowOptions {
  /** Folder or .code-workspace file; an empty window where absent. */
  readonly path?: string;
  /** Extension that runs from its folder, not installed. */
  readonly development?: string;
  /** Module with the tests that run in the extension host. */
  readonly tests?: string;
  readonly width?: number;
  readonly height?: number;
}

/** A window of VS Code. */
export interface Window {
  readonly page: Page;
  /** The page of the panel or of an editor of ours that is in view. */
  readonly panel: FrameLocator;
  /** Runs a command by its title, from the palette. */
  command(title: string): Promise<void>;
  /** Resolves with the exit code of the tests that run in it. */
  readonly exitCode: Promise<number>;
  close(): Promise<void>;
}

/** Starts a server and a browser. */
export async function startWorkbench(options: { readonly restricted?: boolean; readonly env?: Readonly<Record<string, string>>; readonly data?: string } = {}): Promise<Workbench> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), "vscode-data-"));
  const server = await startServer(data, options);
  let browser: Browser;
  try {
    browser = await launchBrowser();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    data,
    pid: server.pid ?? 0,
    open: (what) => openWindow(browser, server, what),
    picture: async (path) => { await browser.contexts().at(-1)?.pages().at(-1)?.screenshot({ path }); },
    close: async () => {
      await browser.close();
      await server.stop();
      rmSync(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function openWindow(browser: Browser, { url, authority }: { readonly url: string; readonly authority: string }, { path, development, tests, width = 1400, height = 900 }: WindowOptions): Promise<Window> {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  let ended: (code: number) => void = () => undefined;
  const exitCode = new Promise<number>((resolve) => { ended = resolve; });
  // The window's own log; the suite reports by itself.
  await page.exposeFunction("codeAutomationLog", () => undefined);
  await page.exposeFunction("codeAutomationExit", (code: number) => { ended(code); });
  const remote = (file: string) => `vscode-remote://${authority}${encodeURI(file)}`;
  const payload = [
    ["skipWelcome", "true"],
    ["skipReleaseNotes", "true"],
    ...(development === undefined ? [] : [["extensionDevelopmentPath", remote(development)]]),
    ...(tests === undefined ? [] : [["extensionTestsPath", remote(tests)]]),
  ];
  const query = new URLSearchParams({
    ...(path === undefined ? { ew: "true" } : { [path.endsWith(".code-workspace") ? "workspace" : "folder"]: path }),
    payload: JSON.stringify(payload),
  });
  await page.goto(`${url}?${query.toString()}`);
  await page.locator(".monaco-workbench .statusbar-item").first().waitFor();
  // Its folders come a little later than the window itself.
  if (path !== undefined) await page.locator(".explorer-folders-view").waitFor();
  return {
    page,
    panel: page.locator("iframe.webview.ready").last().contentFrame().locator("iframe#active-frame").contentFrame(),
    command: (title) => runCommand(page, title),
    exitCode,
    close: () => context.close(),
  };
}

/** A new window hears no keys at first, and its palette does not learn of commands while it is open: so this asks again. */
async function runCommand(page: Page, title: string): Promise<void> {
  const row = page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
  for (let attempt = 0; attempt < 10; attempt++) {
    await page.keyboard.press("F1");
    try {
      await page.locator(".quick-input-widget input[type=text]").fill(`>${title}`, { timeout: 3000 });
      await row.waitFor({ timeout: 3000 });
      await page.keyboard.press("Enter");
      return;
    } catch {
      await page.keyboard.press("Escape");
    }
  }
  throw new Error(`The palette has no "${title}".`);
}
