import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/engine/checkpoint/formats";
import { writeSafetensors } from "../../src/engine/checkpoint/safetensors-writer";
import { readTensor } from "../../src/engine/checkpoint/tensor-data";
import { liger, xTransformers } from "../../src/export/renamed-safetensors";
import { UserError } from "../../src/shared/errors";
import { temporaryFile, temporaryFolder } from "../engine/checkpoint/files";
import { syntheticResult } from "../synthetic-result";

const result = syntheticResult(2, 3);
const channels = 5;

/** The file that stands beside the result: every number in it is another one. */
async function weightsFile(): Promise<Uint8Array> {
  const path = join(await temporaryFolder(), "r.safetensors");
  const tensors = result.layers.flatMap(({ name }, index) => [
    { name: `${name}.alpha`, dtype: "F32", shape: [1], data: Float32Array.of(index + 0.5) } as const,
    { name: `${name}.weight`, dtype: "F32", shape: [channels], data: new Float32Array(channels).fill(index + 0.25) } as const,
    { name: `${name}.bias`, dtype: "F32", shape: [channels], data: new Float32Array(channels).fill(-index) } as const,
  ]);
  await writeSafetensors(path, tensors, { format: "pt" });
  return readFile(path);
}

describe.each([
  { format: xTransformers, alpha: "pre_tanh_scale", alphaShape: [] },
  { format: liger, alpha: "alpha", alphaShape: [1] },
])("$format.name", ({ format, alpha, alphaShape }) => {
  it("has the same numbers under the names of its code", async () => {
    const bytes = format.export(result, { weights: await weightsFile() });
    const { tensors } = await openCheckpoint(await temporaryFile("out.safetensors", bytes));
    expect(tensors.size).toBe(3 * result.layers.length);
    for (const [index, { name }] of result.layers.entries()) {
      expect(tensors.get(`${name}.${alpha}`)!.shape).toEqual(alphaShape);
      expect(Array.from(await readTensor(tensors.get(`${name}.${alpha}`)!))).toEqual([index + 0.5]);
      expect(Array.from(await readTensor(tensors.get(`${name}.gamma`)!))).toEqual(new Array(channels).fill(index + 0.25));
      expect(Array.from(await readTensor(tensors.get(`${name}.beta`)!))).toEqual(new Array(channels).fill(-index));
    }
  });

  it("is refused where there is no file beside the result", () => {
    expect(() => format.export(result, { weightsPath: "r.safetensors" })).toThrow(UserError);
  });
});
