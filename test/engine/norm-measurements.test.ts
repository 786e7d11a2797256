import { join } from "node:path";
import { expect, test } from "vitest";
import { recogniseModel } from "../../src/engine/architecture/families";
import { openCheckpoint } from "../../src/engine/checkpoint/formats";
import { readTensor } from "../../src/engine/checkpoint/tensor-data";
import { writeStages } from "../../src/engine/forward";
import { readNorm } from "../../src/engine/norm-measurements";
import { surveyNorms } from "../../src/engine/survey";

const golden = join(import.meta.dirname, "architecture/golden");

/** Gains of a model's norms, beside the weights that are stored for them. */
async function gains(name: string): Promise<{ gain: Float32Array; stored: Float32Array }[]> {
  const checkpoint = await openCheckpoint(join(golden, name));
  const norms = surveyNorms(writeStages(recogniseModel(checkpoint).architecture.stages));
  return Promise.all(
    [...norms].map(async ([path, norm]) => ({
      gain: (await readNorm(norm)).weight!,
      stored: await readTensor(checkpoint.tensors.get(`${path}.weight`)!),
    })),
  );
}

test("Gemma's norms have a gain of 1 more than the stored weight", async () => {
  const norms = await gains("gemma3-hf");
  expect(norms).toHaveLength(13);
  for (const { gain, stored } of norms) expect([...gain]).toEqual([...stored.map((value) => value + 1)]);
});

test("the norms of others have the stored weight for a gain", async () => {
  const norms = await gains("llama-hf-bf16");
  expect(norms).toHaveLength(5);
  for (const { gain, stored } of norms) expect(gain).toEqual(stored);
});
