// Milliseconds that activation takes in real VS Code, each time in a new window of a new server.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { loadFromTests } from "../scripts/load-typescript.mjs";

const root = join(import.meta.dirname, "..");
const suite = join(root, "dist-test/bench-activation.js");

/** Activation times of so many windows, in milliseconds. */
export async function activationTimes(windows = 5) {
  await build({ entryPoints: [join(import.meta.dirname, "activation.ts")], outfile: suite, bundle: true, platform: "node", format: "cjs", external: ["vscode"], logLevel: "warning" });
  const { startWorkbench } = await loadFromTests("vscode/workbench");
  const folder = mkdtempSync(join(tmpdir(), "normlens-bench-"));
  const report = join(folder, "report.json");
  const times = [];
  try {
    for (let i = 0; i < windows; i += 1) {
      const workbench = await startWorkbench({ env: { NORMLENS_BENCH_REPORT: report } });
      try {
        const window = await workbench.open({ path: folder, development: root, tests: suite });
        if ((await window.exitCode) !== 0) throw new Error("Activation could not be measured: the extension did not activate.");
        times.push(JSON.parse(readFileSync(report, "utf8")));
      } finally {
        await workbench.close();
      }
    }
    return times;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) console.log((await activationTimes()).map((time) => `${time.toFixed(1)} ms`).join(", "));
