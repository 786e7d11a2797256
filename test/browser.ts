import { chromium, type Browser } from "playwright-core";
import { findChromium } from "../scripts/chromium.mjs";

/**
 * Starts the Chromium of this machine, without a window.
 * @throws Error that says what to install, where there is none: a test that needs a browser fails, it is not skipped.
 */
export function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("These tests need Chromium: install it (Debian: apt-get install chromium), or name it in the variable CHROMIUM.");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
}
