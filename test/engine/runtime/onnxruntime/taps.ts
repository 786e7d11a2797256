import { recogniseModel } from "../../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import { forward, writeStages } from "../../../../src/engine/forward";
import type { Batch } from "../../../../src/engine/input/input";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import type { Tensor } from "../../../../src/engine/tensor";
import { concatenate, goldenFiles, headsFirst, openGolden, worstError, type Golden } from "../../golden";

/** The inputs of every norm of a model, in the order in which the norms run. */
export type Taps = ReadonlyMap<string, readonly Tensor[]>;

/** Runs a checkpoint and keeps what goes into its norms. */
export async function tapsOf(checkpoint: string, batches: readonly Batch[], runtime: Runtime): Promise<Taps> {
  const { architecture } = recogniseModel(await openCheckpoint(checkpoint));
  const taps = new Map<string, Tensor[]>();
  await forward(runtime, writeStages(architecture.stages), batches, {
    onNormCalls: (calls) => {
      for (const { norm, input } of calls) taps.set(norm.name, [...(taps.get(norm.name) ?? []), input]);
      return Promise.resolve();
    },
  });
  return taps;
}

/** Names of norms with the shapes of their inputs. */
export function shapesOf(taps: Taps): string[] {
  return [...taps].map(([name, inputs]) => `${name} ${inputs.map(({ shape }) => shape.join("x")).join(" ")}`);
}

/** Largest error of a norm's input against another device's, relative to the input's largest element. */
export function worstAgainst(taps: Taps, expected: Taps): number {
  return Math.max(...[...expected].map(([name, inputs]) => worstError(rowsOf(taps.get(name)), rowsOf(inputs))));
}

/** Largest error of a norm's input against PyTorch's, relative to the input's largest element. */
export async function worstAgainstGolden(taps: Taps, golden: Golden): Promise<number> {
  const errors = golden.norms.map(async ({ name }) => worstError(rowsOf(taps.get(name)), (await golden.tensor(`${name}.input`))!.data));
  return Math.max(...(await Promise.all(errors)));
}

/** The golden files of a case. */
export function goldensOf(folder: string): Promise<Golden[]> {
  return Promise.all(goldenFiles(folder).map(openGolden));
}

function rowsOf(inputs: readonly Tensor[] = []): Float32Array {
  return concatenate(inputs.map(headsFirst));
}
