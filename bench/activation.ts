import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { extensions } from "vscode";

/** Milliseconds that a window has to itself first. */
const settling = 5000;

/** Runs in VS Code's extension host: activates the extension, and writes the milliseconds that took to the file that NORMLENS_BENCH_REPORT names. */
export async function run(): Promise<void> {
  const extension = extensions.getExtension("normlens.normlens");
  if (extension === undefined || extension.isActive) throw new Error("The extension is not there, or is active already.");
  // A new window starts extensions of its own, which is not what is measured.
  await new Promise((resolve) => { setTimeout(resolve, settling); });
  const start = performance.now();
  await extension.activate();
  writeFileSync(process.env["NORMLENS_BENCH_REPORT"] ?? "", JSON.stringify(performance.now() - start));
}
