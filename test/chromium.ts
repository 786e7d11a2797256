import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";

const names = [process.env["CHROMIUM"] ?? "", "chromium", "chromium-browser", "google-chrome"];

/** Command of the Chromium on this machine; undefined where there is none, and tests that need it are skipped. */
export const chromium = names.find((name) => name !== "" && spawnSync(name, ["--version"]).status === 0);

/** How the page is looked at. */
export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/** A page that is open in Chromium. */
export interface OpenPage {
  /** Exceptions, errors of the console, dialogs and requests for anything outside the file, in order. */
  readonly problems: readonly string[];
  /** Value of an expression in the page; it must be JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Presses a key where the focus is: "Tab", "Enter", "ArrowRight". */
  press(key: "Tab" | "Enter" | "ArrowRight"): Promise<void>;
  /** Clicks at a place of the window, in CSS pixels. */
  click(x: number, y: number): Promise<void>;
  /** The whole page as PNG. */
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}

type Message = { id?: number; method?: string; params?: Record<string, unknown>; result?: Record<string, unknown>; error?: { message: string } };

/** Opens a file in a headless Chromium, over a pipe: nothing listens on a port. */
export async function openPage(file: string, { width = 1280, height = 900, dark = false }: View = {}): Promise<OpenPage> {
  if (chromium === undefined) throw new Error("no Chromium");
  const profile = mkdtempSync(join(tmpdir(), "normlens-chromium-"));
  const quiet = ["background-networking", "component-update", "sync", "gpu", "quic", "extensions"].map((feature) => `--disable-${feature}`);
  const browser = spawn(
    chromium,
    ["--headless", "--no-sandbox", "--no-first-run", "--hide-scrollbars", ...quiet, `--user-data-dir=${profile}`, "--remote-debugging-pipe"],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const [, , , input, output] = browser.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, { resolve: (result: Record<string, unknown>) => void; reject: (error: Error) => void }>();
  const problems: string[] = [];
  let loaded: () => void = () => undefined;
  const load = new Promise<void>((resolve) => { loaded = resolve; });

  const receive = (message: Message) => {
    const { method, params = {} } = message;
    if (message.id !== undefined) {
      const call = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error === undefined) call?.resolve(message.result ?? {});
      else call?.reject(new Error(message.error.message));
    }
    if (method === "Page.loadEventFired") loaded();
    if (method === "Runtime.exceptionThrown" || method === "Page.javascriptDialogOpening") problems.push(JSON.stringify(params));
    if (method === "Log.entryAdded") problems.push(JSON.stringify(params["entry"]));
    if (method === "Network.requestWillBeSent") {
      const { url } = params["request"] as { url: string };
      if (url !== pathToFileURL(file).href && !url.startsWith("data:")) problems.push(`request for ${url}`);
    }
  };
  let pending = "";
  output.on("data", (chunk: Buffer) => {
    const parts = (pending + chunk.toString()).split("\0");
    pending = parts.pop() ?? "";
    for (const part of parts) receive(JSON.parse(part) as Message);
  });
  let calls = 0;
  const call = (method: string, params: object = {}, sessionId?: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      calls += 1;
      waiting.set(calls, { resolve, reject });
      input.write(`${JSON.stringify({ id: calls, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    });

  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = (await call("Target.attachToTarget", { targetId, flatten: true })) as { sessionId: string };
  const inPage = (method: string, params: object = {}) => call(method, params, sessionId);
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await inPage(`${domain}.enable`);
  await inPage("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  await inPage("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
  await inPage("Page.navigate", { url: pathToFileURL(file).href });
  await load;
  return {
    problems,
    evaluate: async (expression) => {
      const { result } = await inPage("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
      return (result as { value?: unknown }).value;
    },
    press: async (key) => {
      const text = key === "Enter" ? { text: "\r" } : {};
      await inPage("Input.dispatchKeyEvent", { type: "keyDown", key, code: key, windowsVirtualKeyCode: { Tab: 9, Enter: 13, ArrowRight: 39 }[key], ...text });
      await inPage("Input.dispatchKeyEvent", { type: "keyUp", key, code: key });
    },
    click: async (x, y) => {
      for (const type of ["mousePressed", "mouseReleased"]) {
        await inPage("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
      }
      // chart.js handles events with the next frame.
      await inPage("Runtime.evaluate", { expression: "new Promise(requestAnimationFrame)", awaitPromise: true });
    },
    screenshot: async () => {
      const { data } = await inPage("Page.captureScreenshot", { captureBeyondViewport: true });
      return Buffer.from(String(data), "base64");
    },
    close: async () => {
      const ended = new Promise((resolve) => browser.once("exit", resolve));
      await call("Browser.close");
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
