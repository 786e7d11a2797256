import { join } from "node:path";
import { expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { writeStages } from "../../../src/engine/forward";
import { readNorm } from "../../../src/engine/norm-measurements";
import { surveyNorms } from "../../../src/engine/survey";

const golden = join(import.meta.dirname, "golden");

/** A golden case, its layers as they are read, and its tensors' values by name. */
async function read(name: string) {
  const checkpoint = await openCheckpoint(join(golden, name));
  const norms = await Promise.all([...surveyNorms(writeStages(recogniseModel(checkpoint).architecture.stages)).values()].map(readNorm));
  const value = async (tensor: string): Promise<number> => (await readTensor(checkpoint.tensors.get(tensor)!))[0]!;
  return { norms, value };
}

test("alphas and gains that are stored less their start are told whole", async () => {
  const { norms, value } = await read("dyt-gpt2-unit-offset");
  expect(norms).toHaveLength(5);
  for (const { name, trained, weight } of norms) {
    expect(trained!.alpha[0]).toBeCloseTo((await value(`${name}.pre_tanh_scale`)) + 0.3, 6);
    expect(weight![0]).toBeCloseTo((await value(`${name}.gamma`)) + 1, 6);
  }
});

test.each(["dyt-olmo-alpha-alone", "dyt-dit"])("%s: an alpha alone is a layer, with a gain of 1 and no offset", async (name) => {
  const { norms, value } = await read(name);
  expect(norms).toHaveLength(5);
  for (const { name: layer, trained, weight, bias } of norms) {
    expect(trained).toMatchObject({ curve: "tanh", alpha: Float32Array.of(await value(`${layer}.alpha`)) });
    expect(new Set(weight ?? [1])).toEqual(new Set([1]));
    expect(bias).toBeUndefined();
  }
});
