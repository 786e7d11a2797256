import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { writeStages } from "../../../src/engine/forward";
import { UserError } from "../../../src/shared/errors";

/** Writes the stages of a golden case whose configuration is changed. */
async function write(name: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  const checkpoint = await openCheckpoint(join(import.meta.dirname, "golden", name));
  writeStages(recogniseModel({ ...checkpoint, config: { ...checkpoint.config, ...change } }).architecture.stages);
}

describe("configurations of models of images and sound that can't be run are refused", () => {
  test.each<[string, string, Readonly<Record<string, unknown>>, string]>([
    ["windows that do not divide the grid", "swin-hf", { image_size: 24 }, "can't be divided into windows of 4 x 4"],
    ["a grid that can't be halved", "swin-hf", { image_size: 36 }, "can't be divided into 2 levels"],
    ["images of billions of pixels", "convnext-hf", { image_size: 65_000 }, "larger than the 16777216 pixels"],
    ["another grid than the positions are for", "dinov2-hf", { image_size: 64 }, "check the image size"],
    ["another grid than the relative positions are for", "beit-hf", { image_size: 64 }, "relative_position_bias_table"],
    ["heads that do not divide the width", "clip-hf-vision", { num_attention_heads: 3 }, "can't be divided among 3 attention heads"],
    ["steps that are no whole numbers", "wav2vec2-hf", { conv_stride: [0.5, 2] }, "where whole numbers below 64000 are expected"],
    ["steps beyond the sound", "wav2vec2-hf", { conv_stride: [60_000, 2] }, "leaves nothing of the 4 seconds"],
    ["more blocks than there are", "whisper-hf", { encoder_layers: 3 }, "encoder.layers.2"],
  ])("%s", async (_what, name, change, words) => {
    const writing = write(name, change);
    await expect(writing).rejects.toThrow(words);
    await expect(writing).rejects.toBeInstanceOf(UserError);
  });
});
