// Feeds mutated files to the checkpoint readers: `npm run fuzz -- [MINUTES] [FIRST CASE] [ENDING]`, ten minutes and seeds of all names unless said otherwise; ENDING `tensorflow` means models of TensorFlow. Each file that is neither read nor refused in one sentence, or takes too
// long or too much memory, is kept in fuzz-findings/ and belongs into test/engine/checkpoint/found/ when that is mended.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { bundleFromTests, loadFromTests } from "./load-typescript.mjs";

const minutes = Number(process.argv[2] ?? 10);
const firstCase = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const ending = process.argv[4] ?? "";
const longestCase = 10_000;
const mostMemory = 3 * 2 ** 30;
const findings = "fuzz-findings";

const program = await bundleFromTests("engine/checkpoint/fuzz/worker");
const { casesOf } = await loadFromTests("engine/checkpoint/fuzz/cases");
const writeCase = casesOf(ending);
const folder = mkdtempSync(join(tmpdir(), "normlens-fuzz-"));
const end = Date.now() + minutes * 60_000;
let found = 0;

function keep(number, reason) {
  found += 1;
  mkdirSync(findings, { recursive: true });
  const file = join(findings, `case-${number}`);
  void writeCase(number, file);
  console.log(`${file}: ${reason}`);
}

/** Runs cases from a number on until the time is up, or until one has to be ended with its worker; resolves to the next number. */
function runFrom(first) {
  return new Promise((resolve) => {
    let current = first;
    let since = Date.now();
    const worker = new Worker(program, { workerData: { first, ending, file: join(folder, "case") }, resourceLimits: { maxOldGenerationSizeMb: 1024 } });
    const finish = (next) => {
      clearInterval(watch);
      void worker.terminate().then(() => resolve(next));
    };
    const giveUp = (reason) => {
      keep(current, reason);
      finish(current + 1);
    };
    const watch = setInterval(() => {
      if (Date.now() - since > longestCase) giveUp(`took more than ${longestCase} ms`);
      else if (process.memoryUsage.rss() > mostMemory) giveUp(`took more than ${mostMemory} bytes`);
    }, 100);
    worker.on("error", (error) => giveUp(error.stack));
    worker.on("message", ({ number, defect }) => {
      if (defect) keep(number, defect);
      current = number + 1;
      since = Date.now();
      if (since > end) finish(current);
    });
  });
}

let next = firstCase;
while (Date.now() < end) next = await runFrom(next);
rmSync(folder, { recursive: true });
console.log(`${next - firstCase} cases from number ${firstCase} on: ${found} found.`);
process.exit(found === 0 ? 0 : 1);
