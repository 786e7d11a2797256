import { describe, expect, test } from "vitest";
import type { InputOptions, LatentInput } from "../../../src/engine/input/input";
import { prepareInput } from "../../../src/engine/input/prepare";
import { UserError } from "../../../src/shared/errors";

const latents: LatentInput = { modality: "latents", shape: [4, 8, 8], tokensPerPiece: 16, conditions: { timesteps: 1000, class_labels: 3 } };
const options: InputOptions = { choice: { kind: "default" }, maxTokens: 100, seed: 0, batchTokens: 64 };

describe("latents", () => {
  test("are noise with a number of each condition for each piece", async () => {
    const { batches, description, warnings } = await prepareInput(latents, "", options);
    expect(description).toMatchObject({ kind: "random", sequences: 6, tokens: 96 });
    expect(warnings).toEqual([expect.stringContaining("timesteps and class_labels at random")]);
    expect(batches.map(({ sequences, sequenceLength }) => [sequences, sequenceLength])).toEqual([[4, 16], [2, 16]]);
    for (const { feeds, sequences } of batches) {
      expect(Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]))).toEqual({ latents: [sequences, 4, 8, 8], timesteps: [sequences], class_labels: [sequences] });
    }
    const drawn = (name: string): number[] => batches.flatMap(({ feeds }) => [...feeds[name]!.data].map(Number));
    expect(drawn("class_labels").every((label) => label >= 0 && label < 3)).toBe(true);
    expect(Math.max(...drawn("timesteps"))).toBeGreaterThan(100);
    expect(new Set(drawn("timesteps")).size).toBeGreaterThan(1);
    expect(new Set(drawn("latents")).size).toBeGreaterThan(1000);
  });

  test("follow the seed", async () => {
    const sha256 = async (more: Partial<InputOptions>): Promise<string> => (await prepareInput(latents, "", { ...options, ...more })).description.sha256;
    expect(await sha256({ seed: 1 })).not.toBe(await sha256({}));
    expect(await sha256({})).toBe(await sha256({}));
  });

  test("can't be given as something else", async () => {
    await expect(prepareInput(latents, "", { ...options, choice: { kind: "images", path: "photos" } })).rejects.toThrow(UserError);
    await expect(prepareInput(latents, "", { ...options, choice: { kind: "images", path: "photos" } })).rejects.toThrow("The model takes latents");
  });
});
