// Finds the Chromium of this machine.
import { spawnSync } from "node:child_process";

const names = [process.env["CHROMIUM"] ?? "", "chromium", "chromium-browser", "google-chrome"];

/** Its path; undefined where there is none. CHROMIUM names another. */
export function findChromium() {
  const found = names.find((name) => name !== "" && spawnSync(name, ["--version"]).status === 0);
  if (found === undefined || found.includes("/")) return found;
  return spawnSync("which", [found], { encoding: "utf8" }).stdout.trim();
}
