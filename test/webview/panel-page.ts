import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import type { PanelAction, PanelState, PanelUpdate } from "../../src/shared/panel";
import { themes, type ThemeName } from "./themes";

/** How the panel's page is looked at. */
export interface PanelView {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  /** Zoom of the window: 2 for 200 %. */
  readonly zoom?: number;
  readonly reducedMotion?: boolean;
  /** What an earlier page kept. */
  readonly kept?: unknown;
  /** Translations by English text. */
  readonly strings?: Readonly<Record<string, string>>;
  /** What the host answers as soon as the page is ready. */
  readonly updates?: readonly PanelUpdate[];
}

/** The panel's page in a browser, with a host that records what it is asked. */
export interface PanelPage {
  readonly page: Page;
  /** Exceptions, errors of the console, among them what the content security policy refused, and requests for anything but the page's own files. */
  readonly problems: readonly string[];
  send(...updates: readonly PanelUpdate[]): Promise<void>;
  /** What the page asked for since it was opened. */
  actions(): Promise<PanelAction[]>;
  /** What the page keeps for the next one. */
  kept(): Promise<unknown>;
  close(): Promise<void>;
}

const origin = "https://panel.test";
const nonce = "bm9uY2U";
const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${origin}; img-src ${origin} data: blob:; base-uri 'none'; form-action 'none'`;

/** The fonts that VS Code gives a page. */
const fonts = { "font-family": 'system-ui, "Ubuntu", "Droid Sans", sans-serif', "font-size": "13px", "font-weight": "normal" };

/** The state of a host with nothing going on. */
export const idleState: PanelState = { run: { kind: "idle" }, intent: "convert", trusted: true, offered: [], sourceLayers: [], restore: { version: 1 } };

/** Opens the built page as VS Code does: its own origin, its policy, its colours, and its host. */
export async function openPanel(browser: Browser, { theme = "dark", width = 1200, height = 900, zoom = 1, reducedMotion = false, kept, strings = {}, updates = [] }: PanelView = {}): Promise<PanelPage> {
  const context = await browser.newContext({
    viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
    deviceScaleFactor: zoom,
    reducedMotion: reducedMotion ? "reduce" : "no-preference",
    ...(theme.startsWith("high") && { forcedColors: "none" }),
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") problems.push(message.text()); });
  page.on("dialog", (dialog) => { problems.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  await page.route("**/*", (route) => {
    const { pathname } = new URL(route.request().url());
    const file = { "/panel.js": "text/javascript", "/page.css": "text/css" }[pathname];
    if (pathname === "/") return route.fulfill({ contentType: "text/html", body: markup(themes[theme].class, strings) });
    if (file !== undefined) return route.fulfill({ contentType: file, body: readFileSync(new URL(`../../dist/webview${pathname}`, import.meta.url)) });
    problems.push(`request: ${route.request().url().slice(0, 100)}`);
    return route.abort();
  });
  await page.addInitScript(
    ({ colors, keptState, answers }: { colors: Readonly<Record<string, string>>; keptState: unknown; answers: string }) => {
      const host = { actions: [] as unknown[], state: keptState };
      const colour = () => { for (const [name, value] of Object.entries(colors)) document.documentElement.style.setProperty(`--vscode-${name}`, value); };
      document.addEventListener("readystatechange", colour, { once: true });
      Object.assign(window, {
        host,
        acquireVsCodeApi: () => ({
          postMessage: (action: PanelAction) => {
            host.actions.push(action);
            // As text, which the browser reads much faster than a literal in a script.
            if (action.type === "ready") for (const update of JSON.parse(answers) as PanelUpdate[]) window.postMessage(update, "*");
          },
          getState: () => host.state,
          setState: (state: unknown) => { host.state = state; },
        }),
      });
    },
    { colors: { ...themes[theme].colors, ...fonts }, keptState: kept, answers: JSON.stringify(updates) },
  );
  await page.goto(`${origin}/`);
  const inPage = <Value>(expression: string) => page.evaluate<Value>(expression);
  return {
    page,
    problems,
    send: async (...updates) => {
      for (const update of updates) await page.evaluate((data) => { window.postMessage(data, "*"); }, update);
      await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve); }));
      await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(resolve); }));
    },
    actions: () => inPage<PanelAction[]>("window.host.actions"),
    kept: () => inPage("window.host.state"),
    close: () => context.close(),
  };
}

function markup(bodyClass: string, strings: Readonly<Record<string, string>>): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NormLens</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${origin}/page.css">
</head>
<body class="${bodyClass}">
<div id="page"></div>
<script type="application/json" id="strings">${JSON.stringify(strings)}</script>
<script nonce="${nonce}" src="${origin}/panel.js"></script>
</body>
</html>
`;
}
