import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { analyzeCheckpoint } from "../../src/engine/analyze";
import { localMeasurer } from "../../src/engine/measurer/local-measurer";
import type { InputChoice } from "../../src/shared/request";
import type { LayerResult } from "../../src/shared/result";
import { temporaryFolder } from "./checkpoint/files";
import { localProver } from "./runtime/local-prover";

/** What PyTorch and scipy found, see test/media/golden/make_sample_golden.py. */
interface Golden {
  readonly ids?: readonly (readonly number[])[];
  readonly images?: readonly string[];
  readonly layers: readonly {
    readonly name: string;
    readonly eps: number;
    readonly tokens: number;
    readonly input: { readonly mean: number; readonly std: number; readonly absMax: number };
    readonly linear: { readonly slope: number; readonly r2: number };
    readonly fit: { readonly alpha: number; readonly gain: number; readonly offset: number; readonly r2: number };
  }[];
}

const samples = join(import.meta.dirname, "../../media/samples");

async function inputOf(sample: string, { ids, images }: Golden): Promise<InputChoice> {
  const folder = await temporaryFolder();
  if (ids) {
    const path = join(folder, "ids.json");
    await writeFile(path, JSON.stringify(ids));
    return { kind: "ids", path };
  }
  const path = join(folder, "images");
  await mkdir(path);
  for (const image of images!) await copyFile(join(samples, sample, "images", image), join(path, image));
  return { kind: "images", path };
}

async function analyze(sample: string, golden: Golden): Promise<readonly LayerResult[]> {
  const request = {
    kind: "analyze",
    checkpoint: join(samples, sample),
    input: await inputOf(sample, golden),
    maxTokens: 4096,
    skipFirst: false,
    seed: 0,
    runtime: "auto",
    device: "auto",
  } as const;
  const { result } = await analyzeCheckpoint(request, { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver });
  return result.layers;
}

describe.each(["gpt2", "vit"])("the bundled sample %s", (sample) => {
  test("gives the statistics and fits that PyTorch and scipy give", async () => {
    const golden = JSON.parse(await readFile(join(import.meta.dirname, `../media/golden/${sample}.json`), "utf8")) as Golden;
    const layers = await analyze(sample, golden);
    expect(layers.map((layer) => layer.name)).toEqual(golden.layers.map((layer) => layer.name));
    for (const [index, expected] of golden.layers.entries()) {
      const { name, eps, tokens, input, linear, fit } = layers[index]!;
      expect({ eps, tokens }).toEqual({ eps: expect.closeTo(expected.eps, 12) as number, tokens: expected.tokens });
      const close = (actual: number, wanted: number, tolerance: number): void => {
        expect(Math.abs(actual - wanted), `${name}: ${actual} for ${wanted}`).toBeLessThanOrEqual(tolerance);
      };
      close(input.mean, expected.input.mean, 1e-6 * expected.input.std);
      close(input.std, expected.input.std, 1e-6 * expected.input.std);
      close(input.absMax, expected.input.absMax, 1e-5 * expected.input.absMax);
      close(linear.slope, expected.linear.slope, 1e-6 * expected.linear.slope);
      close(linear.r2, expected.linear.r2, 1e-6);
      close(fit.r2, expected.fit.r2, fit.status === "linear" ? 2e-4 : 1e-5);
      if (fit.status === "linear") continue;
      close(fit.alpha, expected.fit.alpha, 1e-3 * expected.fit.alpha);
      close(fit.gain, expected.fit.gain, 1e-3 * expected.fit.gain);
      close(fit.offset, expected.fit.offset, 1e-3);
    }
  });
});
