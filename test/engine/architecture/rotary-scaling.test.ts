import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";

test("LongRoPE is run up to the length that the model was first trained on, where its other factors begin", async () => {
  const folder = join(import.meta.dirname, "golden/phi3-longrope");
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as { original_max_position_embeddings?: number; max_position_embeddings: number; rope_parameters?: { original_max_position_embeddings?: number } };
  const trained = config.original_max_position_embeddings ?? config.rope_parameters?.original_max_position_embeddings;
  const { architecture } = recogniseModel(await openCheckpoint(folder));
  expect(trained).toBeLessThan(config.max_position_embeddings);
  expect(architecture.input).toMatchObject({ contextLength: trained });
});

test("LLaMA turns whole heads, whatever share its configuration states", async () => {
  const checkpoint = await openCheckpoint(join(import.meta.dirname, "golden/llama-hf"));
  const nodesWith = (more: Readonly<Record<string, unknown>>): unknown =>
    recogniseModel({ ...checkpoint, config: { ...checkpoint.config, ...more } }).architecture.stages.map((stage) => stage.build().model.graph?.node);
  const plain = nodesWith({});
  const stated = checkpoint.config?.["rope_parameters"] ?? {};
  expect(nodesWith({ partial_rotary_factor: 0.5 })).toEqual(plain);
  expect(nodesWith({ rope_parameters: { ...stated, partial_rotary_factor: 0.5 } })).toEqual(plain);
});
