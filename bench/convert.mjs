// Measures `normlens convert` against a plain copy of the same bytes, and its memory on a large checkpoint and a small one. usage: node bench/convert.mjs, after a build
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const cache = join(import.meta.dirname, "cache");
const peakScript = join(cache, "peak.cjs");

/** GPT-2's shape with a token table of as many rows as are needed for `bytes`; all numbers are 0, so that the file takes no room. */
function sparseCheckpoint(name, bytes) {
  const folder = join(cache, name);
  const file = join(folder, "model.safetensors");
  if (existsSync(file)) return folder;
  mkdirSync(folder, { recursive: true });
  const [width, depth] = [768, 2];
  const block = (index) => [["ln_1.weight", [width]], ["ln_1.bias", [width]], ["attn.c_attn.weight", [width, 3 * width]], ["attn.c_attn.bias", [3 * width]], ["attn.c_proj.weight", [width, width]], ["attn.c_proj.bias", [width]], ["ln_2.weight", [width]], ["ln_2.bias", [width]], ["mlp.c_fc.weight", [width, 4 * width]], ["mlp.c_fc.bias", [4 * width]], ["mlp.c_proj.weight", [4 * width, width]], ["mlp.c_proj.bias", [width]]].map(([part, shape]) => [`h.${index}.${part}`, shape]);
  const tensors = [["wte.weight", [Math.round(bytes / (4 * width)), width]], ["wpe.weight", [1024, width]], ...block(0), ...block(1), ["ln_f.weight", [width]], ["ln_f.bias", [width]]];
  let end = 0;
  const header = Object.fromEntries(tensors.map(([tensor, shape]) => {
    const begin = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    return [tensor, { dtype: "F32", shape, data_offsets: [begin, end] }];
  }));
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const descriptor = openSync(file, "w");
  writeSync(descriptor, Buffer.concat([length, json]));
  ftruncateSync(descriptor, 8 + json.length + end);
  closeSync(descriptor);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type: "gpt2", n_layer: depth, n_head: 12, n_embd: width, n_positions: 1024, vocab_size: tensors[0][1][0] }));
  writeFileSync(join(folder, "alphas.json"), JSON.stringify(Object.fromEntries(["h.0.ln_1", "h.0.ln_2", "h.1.ln_1", "h.1.ln_2", "ln_f"].map((norm) => [norm, 0.5]))));
  return folder;
}

function timed(command, args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", cwd: root });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return { seconds: (performance.now() - start) / 1000, stdout };
}

/** Seconds of the whole process, and its highest resident set in bytes. */
function convert(folder) {
  const out = join(cache, "converted");
  rmSync(out, { recursive: true, force: true });
  const { seconds, stdout } = timed("node", ["--require", peakScript, "dist/cli.js", "convert", folder, "--values", join(folder, "alphas.json"), "--out", out, "--quiet"]);
  rmSync(out, { recursive: true });
  return { seconds, memory: Number(/^peak (\d+)$/m.exec(stdout)[1]) };
}

/** Seconds until a copy has reached the disk, as a conversion has. By cat: cp writes the zeros of a sparse file without reading it, or copies places instead of bytes. */
function copy(folder) {
  const out = join(cache, "copy.safetensors");
  const { seconds } = timed("sh", ["-c", `cat "$0" > "$1" && sync "$1"`, join(folder, "model.safetensors"), out]);
  rmSync(out);
  return seconds;
}

/** Of `runs` conversions and copies in turn, the fastest: what else a machine does makes both slower. Memory is the highest. */
export function measureConversion(runs) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(peakScript, 'process.on("exit", () => require("node:fs").writeSync(1, `peak ${1024 * process.resourceUsage().maxRSS}\\n`));\n');
  const [large, small] = [sparseCheckpoint("sparse-2gb", 2e9), sparseCheckpoint("sparse-small", 2e6)];
  convert(small);
  const turns = Array.from({ length: runs }, () => ({ converted: convert(large), copied: copy(large), small: convert(small) }));
  return {
    bytes: statSync(join(large, "model.safetensors")).size,
    seconds: Math.min(...turns.map(({ converted }) => converted.seconds)),
    copySeconds: Math.min(...turns.map(({ copied }) => copied)),
    memory: Math.max(...turns.map(({ converted }) => converted.memory)),
    smallMemory: Math.max(...turns.map(({ small: one }) => one.memory)),
  };
}

/** The same as text. */
export function conversionTable({ bytes, seconds, copySeconds, memory, smallMemory }) {
  const mebibytes = (count) => `${Math.round(count / 2 ** 20)} MiB`;
  return [
    "| `convert` | whole process | cat and sync | ratio | peak memory | of a small checkpoint |",
    "|---|---|---|---|---|---|",
    `| ${(bytes / 1e9).toFixed(1)} GB | ${seconds.toFixed(2)} s | ${copySeconds.toFixed(2)} s | ${(seconds / copySeconds).toFixed(2)} | ${mebibytes(memory)} | ${mebibytes(smallMemory)} |`,
  ].join("\n");
}

if (process.argv[1] === import.meta.filename) console.log(conversionTable(measureConversion(process.argv.includes("--quick") ? 1 : 3)));
