import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { analyzeCheckpoint } from "../../src/engine/analyze";
import { localMeasurer } from "../../src/engine/measurer/local-measurer";
import type { LayerResult } from "../../src/shared/result";
import { temporaryFolder } from "./checkpoint/files";
import { localProver } from "./runtime/local-prover";

const golden = join(import.meta.dirname, "checkpoint/golden");
const cases = join(import.meta.dirname, "architecture/golden");

async function layersOf(checkpoint: string): Promise<readonly LayerResult[]> {
  const request = { kind: "analyze", checkpoint, input: { kind: "random" }, maxTokens: 256, skipFirst: false, seed: 0, runtime: "onnxruntime", device: "cpu" } as const;
  const { result } = await analyzeCheckpoint(request, { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver });
  return result.layers;
}

/** A folder as transformers leaves it, with the configuration of a golden case. */
async function folderOf(name: string, weights: string, bytes: Uint8Array): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, weights), bytes);
  await copyFile(join(cases, name, "config.json"), join(folder, "config.json"));
  return folder;
}

function expectClose(actual: number, expected: number, what: string): void {
  expect(Math.abs(actual - expected), `${what}: ${actual} for ${expected}`).toBeLessThanOrEqual(1e-5 * Math.abs(expected));
}

describe("the same model, saved by PyTorch, Flax and TensorFlow, has the same alphas to 1e-5", () => {
  it.each(["bert-hf", "gpt2-hf"])("%s", async (name) => {
    const expected = await layersOf(join(cases, name));
    expect(expected.length).toBeGreaterThan(4);
    const flax = await folderOf(name, "flax_model.msgpack", await readFile(join(golden, `${name}.msgpack`)));
    const tensorflow = await folderOf(name, "tf_model.h5", gunzipSync(await readFile(join(golden, `${name}.h5.gz`))));
    for (const folder of [flax, tensorflow]) {
      const actual = await layersOf(folder);
      expect(actual.map((layer) => layer.name)).toEqual(expected.map((layer) => layer.name));
      for (const [index, { name: layer, fit, perChannel }] of expected.entries()) {
        expectClose(actual[index]!.fit.alpha, fit.alpha, layer);
        expectClose(actual[index]!.perChannel.alpha, perChannel.alpha, layer);
      }
    }
  });
});
