// Measures every engine that works here: the forward pass of GPT-2 124M beside PyTorch in the same run, and how far its numbers are from PyTorch's and its alphas from onnxruntime's.
// usage: node bench/engines.mjs [--software-vulkan] [--tokens 1024] after a build; NORMLENS_BENCH_PYTHON names a Python with torch, transformers, safetensors and scipy; NORMLENS_LIBTENSORFLOW a libtensorflow.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleFromTests } from "../scripts/load-typescript.mjs";
import { softwareVulkan } from "../scripts/software-vulkan.mjs";
import { gpt2Checkpoint } from "./checkpoint.mjs";

const { values: options } = parseArgs({ options: { "software-vulkan": { type: "boolean", default: false }, tokens: { type: "string", default: "1024" } } });
const root = join(import.meta.dirname, "..");
const cache = join(import.meta.dirname, "cache");
const python = process.env["NORMLENS_BENCH_PYTHON"] ?? "python3";
const tokens = Number(options.tokens);
const runs = 3;
/** Where a pass of the whole model would take minutes: pure JavaScript, and Vulkan in software. */
const tooSlow = 5;
const environment = { ...process.env, ...(options["software-vulkan"] ? softwareVulkan() : {}) };
mkdirSync(cache, { recursive: true });

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);
const seconds = (value) => `${value.toFixed(2)} s`;
const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;

function runJson(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 30, cwd: root, env: environment });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return JSON.parse(stdout);
}

const ids = join(cache, `ids-${tokens}.json`);
writeFileSync(ids, JSON.stringify(Array.from({ length: tokens }, (_, index) => (index * 7919) % 50257)));
const gpt2 = gpt2Checkpoint(join(cache, "gpt2-124m"));
const engines = runJson("node", ["dist/cli.js", "engines", "--json"]);
const agreement = await bundleFromTests("engine/runtime/agreement/process");

console.log(`${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), Node ${process.version}; GPT-2 124M, ${tokens} tokens, medians of ${runs} runs\n`);
const hasPeer = spawnSync(python, ["-c", "import torch, transformers, scipy, safetensors"]).status === 0;
const peer = hasPeer ? Array.from({ length: runs }, () => runJson(python, [join(import.meta.dirname, "peer_hooks.py"), gpt2, String(tokens)])) : [];
const peerForward = hasPeer ? median(peer.map(({ forward }) => forward)) : undefined;

row("engine", "version", "GFLOP/s", "forward", "of PyTorch's", "peak memory", "norm inputs", "alphas");
row("---", "---", "---", "---", "---", "---", "---", "---");
if (hasPeer) row("PyTorch on the processor", "", "", seconds(peerForward), "1.00", mebibytes(median(peer.map(({ peakMemoryBytes }) => peakMemoryBytes))), "", "");
for (const { runtime, device, version, gigaflops, hardware } of engines.filter(({ available }) => available)) {
  const passes = gigaflops < tooSlow ? [] : Array.from({ length: runs }, () => runJson("node", ["dist/cli.js", "analyze", gpt2, "--ids", ids, "--max-tokens", String(tokens), "--sequence-length", "1024", "--runtime", runtime, "--device", device, "--json", "--quiet"]).engine);
  const forward = passes.length === 0 ? undefined : median(passes.map((engine) => engine.seconds.forward));
  const { families, alphas } = runJson("node", [agreement, runtime, device]);
  const worst = (record) => Math.max(...Object.values(record)).toExponential(0);
  row(
    `${runtime} on ${device}${hardware === undefined ? "" : ` (${hardware})`}`,
    version,
    gigaflops.toPrecision(3),
    forward === undefined ? "too slow" : seconds(forward),
    forward === undefined || !hasPeer ? "" : (forward / peerForward).toFixed(2),
    passes.length === 0 ? "" : mebibytes(median(passes.map((engine) => engine.peakMemoryBytes))),
    worst(families),
    worst(alphas),
  );
}
for (const { runtime, device, reason } of engines.filter(({ available }) => !available)) console.log(`\n${runtime} on ${device}: ${reason}`);
