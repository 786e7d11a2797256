import { spawnSync } from "node:child_process";
import { chromium, type Browser } from "playwright-core";

const names = [process.env["CHROMIUM"] ?? "", "chromium", "chromium-browser", "google-chrome"];

/**
 * Starts the Chromium of this machine, without a window.
 * @throws Error that says what to install, where there is none: a test that needs a browser fails, it is not skipped.
 */
export function launchBrowser(): Promise<Browser> {
  const executablePath = pathOf(names);
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"] });
}

function pathOf(candidates: readonly string[]): string {
  const found = candidates.find((name) => name !== "" && spawnSync(name, ["--version"]).status === 0);
  if (found === undefined) throw new Error("These tests need Chromium: install it (Debian: apt-get install chromium), or name it in the variable CHROMIUM.");
  return found.includes("/") ? found : spawnSync("which", [found], { encoding: "utf8" }).stdout.trim();
}
