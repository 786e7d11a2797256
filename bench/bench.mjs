// Measures the command line against what people use today, in the same run. Figures are medians of several runs.
// usage: npm run bench [-- --quick]; NORMLENS_BENCH_PYTHON names a Python that has torch, transformers, safetensors and scipy.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { activationTimes } from "./activation.mjs";
import { conversionTable, measureConversion } from "./convert.mjs";
import { gpt2Checkpoint, shardedIndex } from "./checkpoint.mjs";
import { measurePanel, panelTable } from "./panel.mjs";

const root = join(import.meta.dirname, "..");
const cache = join(import.meta.dirname, "cache");
const python = process.env["NORMLENS_BENCH_PYTHON"] ?? "python3";
const runs = process.argv.includes("--quick") ? 1 : 5;
const tokens = 1024;
mkdirSync(cache, { recursive: true });

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const times = (count, work) => Array.from({ length: count }, work);

/** Runs a program; wall-clock seconds of the whole process, and the JSON that it prints. */
function run(command, args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 30, cwd: root });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return { seconds, json: JSON.parse(stdout) };
}

/** The same token ids that the peer feeds. */
function idsFile(count) {
  const file = join(cache, `ids-${count}.json`);
  writeFileSync(file, JSON.stringify(Array.from({ length: count }, (_, index) => (index * 7919) % 50257)));
  return file;
}

function analyze(folder, count) {
  const { seconds, json } = run("node", ["dist/cli.js", "analyze", folder, "--ids", idsFile(count), "--max-tokens", String(count), "--sequence-length", "1024", "--json", "--quiet"]);
  return { wall: seconds, memory: json.engine.peakMemoryBytes, layers: json.layers, ...json.engine.seconds };
}

function summary(measured) {
  const of = (field) => median(measured.map((one) => one[field]));
  return { ...Object.fromEntries(["wall", "open", "build", "forward", "statistics", "fit", "memory"].map((field) => [field, of(field)])), layers: measured[0].layers };
}

const seconds = (value) => `${value.toFixed(2)} s`;
const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);

console.log(`${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${mebibytes(totalmem())}, Node ${process.version}; medians of ${runs} runs\n`);

const gpt2 = gpt2Checkpoint(join(cache, "gpt2-124m"));
await build({ entryPoints: [join(import.meta.dirname, "bare.ts")], outfile: join(cache, "bare.cjs"), bundle: true, platform: "node", format: "cjs", external: ["onnxruntime-node"], logLevel: "warning" });

// One after the other, so that a slow minute of the machine meets all of them alike.
const ours = [];
const bare = [];
const peers = [];
const hasPeer = spawnSync(python, ["-c", "import torch, transformers, scipy, safetensors"]).status === 0;
analyze(gpt2, tokens);
for (let i = 0; i < runs; i += 1) {
  ours.push(analyze(gpt2, tokens));
  bare.push(run("node", [join(cache, "bare.cjs"), gpt2, String(tokens)]).json);
  if (hasPeer) peers.push(run(python, [join(import.meta.dirname, "peer_hooks.py"), gpt2, String(tokens)]));
}
const our = summary(ours);

console.log(`## GPT-2 124M, ${tokens} tokens\n`);
row("", "whole process", "peak memory", "forward", "statistics", "fit");
row("---", "---", "---", "---", "---", "---");
row("NormLens", seconds(our.wall), mebibytes(our.memory), seconds(our.forward), seconds(our.statistics), seconds(our.fit));
if (hasPeer) {
  const peer = { wall: median(peers.map((one) => one.seconds)), memory: median(peers.map((one) => one.json.peakMemoryBytes)), forward: median(peers.map((one) => one.json.forward)), fit: median(peers.map((one) => one.json.fit)) };
  row("PyTorch hooks and scipy", seconds(peer.wall), mebibytes(peer.memory), seconds(peer.forward), "-", seconds(peer.fit));
  row("ratio", `${(peer.wall / our.wall).toFixed(1)} times faster (asked: 3)`, `${(our.memory / peer.memory).toFixed(2)} of its memory (asked: 0.5)`, "", "", "");
} else {
  console.log(`\nNo peer: ${python} has no torch, transformers, safetensors and scipy; set NORMLENS_BENCH_PYTHON.`);
}
const bareRun = median(bare.map((one) => one.run));
const bareAll = median(bare.map((one) => one.open + one.run));
console.log(`\nstatistics and fits / forward: ${((our.statistics + our.fit) / our.forward).toFixed(2)} (asked: at most 0.25)`);
console.log(`forward / bare onnxruntime run: ${(our.forward / bareRun).toFixed(2)} (asked: at most 1.2); with opening the sessions ${((our.forward + our.build) / bareAll).toFixed(2)}\n`);

console.log("## Replacing norms\n");
await build({ entryPoints: [join(import.meta.dirname, "replace.ts")], outfile: join(cache, "replace.cjs"), bundle: true, platform: "node", format: "cjs", external: ["onnxruntime-node"], logLevel: "warning" });
const replaced = times(runs, () => run("node", [join(cache, "replace.cjs"), gpt2, String(tokens)]).json);
console.log(`all ${replaced[0].layers} single-layer replacements, on ${replaced[0].sampleTokens} of ${tokens} held-out tokens: ${median(replaced.map((one) => one.single / one.pass)).toFixed(1)} forward passes (asked: at most 4)`);
const step = median(replaced.map((one) => one.step));
const tunedByPeer = hasPeer ? times(runs, () => run(python, [join(import.meta.dirname, "peer_tune.py"), gpt2, String(tokens)]).json.step) : [];
console.log(`a step of tuning all layers on ${tokens} tokens: ${seconds(step)}, ${median(replaced.map((one) => one.step / one.pass)).toFixed(1)} forward passes${hasPeer ? `; dyt.calibrate in PyTorch ${seconds(median(tunedByPeer))}, ratio ${(median(tunedByPeer) / step).toFixed(2)}` : ""}\n`);

console.log("## Header only\n");
const shards = shardedIndex(join(cache, "shards-100"));
console.log(`inspect of 100 shards, whole process: ${Math.round(1000 * median(times(runs, () => run("node", ["dist/cli.js", "inspect", shards, "--json"]).seconds)))} ms (asked: under 300)\n`);

/** Seconds from Ctrl-C in the middle of the forward pass to the end of the process. */
async function stopping() {
  const child = spawn("node", ["dist/cli.js", "analyze", gpt2, "--ids", idsFile(4096), "--max-tokens", "4096"], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  while (!String((await once(child.stderr, "data"))[0]).includes("Running"));
  const start = performance.now();
  child.kill("SIGINT");
  await once(child, "close");
  return (performance.now() - start) / 1000;
}

const stops = [];
for (let i = 0; i < runs; i += 1) stops.push(await stopping());
console.log(`Ctrl-C in mid-run to the end of the process: ${seconds(median(stops))}, at most ${seconds(Math.max(...stops))} (asked: within 1 s)\n`);

console.log(`## Writing a converted checkpoint\n\n${conversionTable(measureConversion(Math.min(runs, 3)))}\n`);

console.log("## Cost against tokens and layers\n");
row("tokens", "blocks", "forward", "statistics", "fit", "peak memory");
row("---", "---", "---", "---", "---", "---");
for (const [depth, count] of [[12, 256], [12, 512], [12, 1024], [12, 2048], [12, 4096], [3, 1024], [6, 1024]]) {
  const folder = depth === 12 ? gpt2 : gpt2Checkpoint(join(cache, `gpt2-${depth}`), { depth });
  const cost = summary(times(Math.min(runs, 3), () => analyze(folder, count)));
  row(count, depth, seconds(cost.forward), seconds(cost.statistics), seconds(cost.fit), mebibytes(cost.memory));
}

console.log("\n## In VS Code\n");
const activation = await activationTimes(runs);
console.log(`activation in a new window: ${median(activation).toFixed(1)} ms, at most ${Math.max(...activation).toFixed(1)} ms (asked: under 50)\n`);
console.log(`${panelTable(await measurePanel(runs > 1 ? 12 : 3))}\n`);
// In a process of its own, as an editor's host is one that has not run anything else.
spawnSync("node", [join(import.meta.dirname, "source.mjs")], { stdio: "inherit" });
