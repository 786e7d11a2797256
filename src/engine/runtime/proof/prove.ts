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
/** A block is run until so many seconds are over, since other work of the machine only ever makes a run slower; the fastest counts. */
const timedFor = 0.5;
/** Largest error of a right number, relative to the largest element; with factors rounded to 10 bits (TF32) it can't be so small. */
const tolerance = { exact: 1e-4, tf32: 1e-2 };

/**
 * Makes a runtime run a small transformer block with a known outcome, then larger ones against the clock.
 * @throws what the runtime throws.
 */
export async function prove(open: (options: RuntimeOptions) => Promise<Runtime>, options: RuntimeOptions): Promise<Proof> {
  const runtime = await open(options);
  const weights = randomValues(4 * timed[1]!.width ** 2, 1);
  const error = await worstError(runtime, weights);
  const bound = options.tf32 === true ? tolerance.tf32 : tolerance.exact;
  if (!(error <= bound)) return { works: false, reason: `its numbers are wrong: off by ${error.toExponential(0)} of the largest, where ${bound.toExponential(0)} is allowed` };
  const gigaflops = await speed(runtime, weights);
  return { works: true, version: runtime.version, gigaflops, ...(runtime.hardware !== undefined && { hardware: runtime.hardware }) };
}

async function worstError(runtime: Runtime, weights: Float32Array): Promise<number> {
  const x = inputOf(checked);
  const expected = expectedOutput(checked, x.data, weights);
  const { y } = await run(runtime, weights, checked, x, 0);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Math.max hands a NaN on, so that a NaN among the numbers is an error of NaN, which no tolerance admits.
  return expected.reduce((worst, value, index) => Math.max(worst, Math.abs(value - Number(y[index] ?? NaN))), 0) / largest;
}

/** Of the largest block that was timed. */
async function speed(runtime: Runtime, weights: Float32Array): Promise<number> {
  let gigaflops = 0;
  for (const size of timed) {
    const { seconds } = await run(runtime, weights, size, inputOf(size), timedFor);
    gigaflops = operationsOf(size) / seconds / 1e9;
    if (seconds > telling) break;
  }
  return gigaflops;
}

/** Runs a block once, and again until `atLeast` seconds are over; its output, and the seconds of the fastest run. */
async function run(runtime: Runtime, weights: Float32Array, size: BlockSize, x: Tensor, atLeast: number): Promise<{ y: Tensor["data"]; seconds: number }> {
  const session = await runtime.open(blockGraph(size, weights));
  try {
    const pass = async (): Promise<{ y: Tensor["data"]; seconds: number }> => {
      const start = performance.now();
      const { y } = await session.run({ x }, ["y"]);
      return { y: y!.data, seconds: (performance.now() - start) / 1000 };
    };
    let fastest = await pass();
    for (const start = performance.now(); performance.now() - start < atLeast * 1000; ) {
      const next = await pass();
      if (next.seconds < fastest.seconds) fastest = next;
    }
    return fastest;
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
