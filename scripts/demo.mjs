// Analyzes the bundled language model on its own held-out text, prints the table, and writes the result and its page.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const sample = "media/samples/gpt2";
const result = "demo-output/gpt2.normlens.json";
const page = "demo-output/gpt2.html";

function normlens(...args) {
  const { status } = spawnSync(process.execPath, [join(root, "dist/cli.js"), ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

mkdirSync(join(root, "demo-output"), { recursive: true });
normlens("analyze", sample, "--text", `${sample}/calibration.txt`, "--out", result);
normlens("export", result, "--format", "html", "--out", page);
console.log(`Wrote ${page}: open it in a browser.`);
