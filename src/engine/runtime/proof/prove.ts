import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Tensor } from "../../tensor";
import type { Runtime, RuntimeOptions } from "../runtime";
import { blockGraph, operationsOf, type BlockSize } from "./block";
import { expectedOutput } from "./expected";

/** What an engine showed of itself. */
export type Proof = Works | Fails;

/** It gives right numbers, this fast. */
export interface Works {
  readonly works: true;
  readonly version: string;
  readonly hardware?: string;
  /** Billions of float operations a second in a transformer block. */
  readonly gigaflops: number;
}

/** It does not; the reason is for people. */
export interface Fails {
  readonly works: false;
  readonly reason: string;
}

/** The block whose numbers are checked, small enough to be computed in plain JavaScript. */
const checked: BlockSize = { tokens: 24, width: 32, heads: 2 };
/** The blocks whose time is taken: the second only where the first was so quick that it says little. */
const timed: readonly BlockSize[] = [{ tokens: 128, width: 256, heads: 4 }, { tokens: 512, width: 768, heads: 12 }];
/** Seconds from which on a time says enough. */
const telling = 0.1;
/** Largest error of a right number, relative to the largest element; with factors rounded to 10 bits (TF32) it can't be so small. */
const tolerance = { exact: 1e-4, tf32: 1e-2 };

/**
 * Makes a runtime run a small transformer block with a known outcome, then larger ones against the clock.
 * @throws what the runtime throws.
 */
export async function prove(open: (options: RuntimeOptions) => Promise<Runtime>, options: RuntimeOptions): Promise<Proof> {
  const folder = await mkdtemp(join(tmpdir(), "normlens-proof-"));
  try {
    const runtime = await open(options);
    const weights = randomValues(4 * timed[1]!.width ** 2, 1);
    const file = join(folder, "weights.bin");
    await writeFile(file, new Uint8Array(weights.buffer));
    const error = await worstError(runtime, file, weights);
    const bound = options.tf32 === true ? tolerance.tf32 : tolerance.exact;
    if (!(error <= bound)) return { works: false, reason: `its numbers are wrong: off by ${error.toExponential(0)} of the largest, where ${bound.toExponential(0)} is allowed` };
    const gigaflops = await speed(runtime, file);
    return { works: true, version: runtime.version, gigaflops, ...(runtime.hardware !== undefined && { hardware: runtime.hardware }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function worstError(runtime: Runtime, file: string, weights: Float32Array): Promise<number> {
  const x = inputOf(checked);
  const expected = expectedOutput(checked, x.data, weights);
  const [actual] = await runTimes(runtime, file, checked, x, 1);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Math.max hands a NaN on, so that a NaN among the numbers is an error of NaN, which no tolerance admits.
  return expected.reduce((worst, value, index) => Math.max(worst, Math.abs(value - Number(actual!.y[index] ?? NaN))), 0) / largest;
}

/** Of the largest block that was timed; the first run of a block, which compiles and repacks, does not count. */
async function speed(runtime: Runtime, file: string): Promise<number> {
  let gigaflops = 0;
  for (const size of timed) {
    const runs = await runTimes(runtime, file, size, inputOf(size), 3);
    const seconds = Math.min(...runs.slice(1).map((run) => run.seconds));
    gigaflops = operationsOf(size) / seconds / 1e9;
    if (seconds > telling) break;
  }
  return gigaflops;
}

async function runTimes(runtime: Runtime, file: string, size: BlockSize, x: Tensor, times: number): Promise<{ y: Tensor["data"]; seconds: number }[]> {
  const session = await runtime.open(blockGraph(size, file));
  try {
    const runs: { y: Tensor["data"]; seconds: number }[] = [];
    for (let run = 0; run < times; run++) {
      const start = performance.now();
      const { y } = await session.run({ x }, ["y"]);
      runs.push({ y: y!.data, seconds: (performance.now() - start) / 1000 });
    }
    return runs;
  } finally {
    await session.close();
  }
}

function inputOf({ tokens, width }: BlockSize): Tensor & { readonly type: "float32" } {
  return { type: "float32", shape: [1, tokens, width], data: randomValues(tokens * width, 2).map((value) => 4 * value) };
}

/** Uniform values from -0.5 to 0.5, the same on every machine. */
function randomValues(count: number, seed: number): Float32Array<ArrayBuffer> {
  const generator = xoroshiro128plus(seed);
  return new Float32Array(count).map(() => uniformFloat64(generator) - 0.5);
}
