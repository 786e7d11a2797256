import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { analyzeCheckpoint, type RunContext } from "../../src/engine/analyze";
import { openCheckpoint } from "../../src/engine/checkpoint/formats";
import { writeSafetensors } from "../../src/engine/checkpoint/safetensors-writer";
import { readBytes } from "../../src/engine/checkpoint/tensor-data";
import type { Analysis } from "../../src/engine/compose";
import { fitCapture } from "../../src/engine/fit-capture";
import { localMeasurer } from "../../src/engine/measurer/local-measurer";
import { threadPoolMeasurer } from "../../src/engine/measurer/thread-pool";
import { UserError } from "../../src/shared/errors";
import type { AnalysisRequest } from "../../src/shared/request";
import type { LayerResult } from "../../src/shared/result";
import { temporaryFolder } from "./checkpoint/files";
import { localProver } from "./runtime/local-prover";

const golden = join(import.meta.dirname, "architecture/golden");
const undisturbed: RunContext = { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver };

function request(changes: Partial<AnalysisRequest> = {}): AnalysisRequest {
  return {
    kind: "analyze",
    checkpoint: join(golden, "gpt2-hf"),
    input: { kind: "random" },
    maxTokens: 512,
    skipFirst: false,
    seed: 0,
    runtime: "auto",
    device: "auto",
    ...changes,
  };
}

const analyze = (changes: Partial<AnalysisRequest> = {}, context = undisturbed): Promise<Analysis> => analyzeCheckpoint(request(changes), context);

async function idsFile(sequences: readonly (readonly number[])[]): Promise<string> {
  const path = join(await temporaryFolder(), "ids.json");
  await writeFile(path, JSON.stringify(sequences));
  return path;
}

/** Sequences of uneven lengths, seeded by their index. */
const sequences = Array.from({ length: 24 }, (_, index) => Array.from({ length: 5 + (index % 9) }, (_unused, position) => (7 * index + 11 * position + index * position) % 48));

/**
 * Everything but what is drawn from a sample of rows (the interval on alpha, the picture), and what a flat optimum leaves open
 * (the parameters of families: their R² says how well they fit).
 */
function numbersOf(layer: LayerResult): number[] {
  const { input, linear, ceiling, fit, perChannel, families, saturation } = layer;
  const { quantiles, first, ...moments } = input;
  return [
    ...Object.values(moments),
    ...Object.values(quantiles),
    ...(first ? [first.std, first.absMax] : []),
    ...[linear.slope, linear.r2, ceiling.r2, fit.alpha, fit.gain, fit.offset, fit.r2, fit.unitGain.alpha, fit.unitGain.r2, perChannel.alpha, perChannel.r2],
    ...families.map((family) => family.r2),
    ...Object.values(saturation),
  ];
}

function expectClose(actual: Analysis, expected: Analysis, tolerance: number): void {
  expect(actual.result.layers.map((layer) => layer.name)).toEqual(expected.result.layers.map((layer) => layer.name));
  for (const [index, layer] of expected.result.layers.entries()) {
    const wanted = numbersOf(layer);
    const given = numbersOf(actual.result.layers[index]!);
    expect(given).toHaveLength(wanted.length);
    for (const [position, value] of wanted.entries()) expect(Math.abs(given[position]! - value), `${layer.name} number ${position}: ${given[position]!} for ${value}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  }
}

/** GPT-2 with a norm beside it that belongs to none of its blocks. */
async function checkpointWithStrayNorm(): Promise<string> {
  const folder = await temporaryFolder();
  const { tensors } = await openCheckpoint(join(golden, "gpt2-hf"));
  const copies = await Promise.all([...tensors.values()].map(async ({ name, dtype, shape, ...place }) => ({ name, dtype, shape, data: await readBytes({ name, dtype, shape, ...place }) })));
  const stray = { name: "vision_tower.post_layernorm.weight", dtype: "F32", shape: [16], data: new Float32Array(16) } as const;
  await writeSafetensors(join(folder, "model.safetensors"), [...copies, stray]);
  await copyFile(join(golden, "gpt2-hf/config.json"), join(folder, "config.json"));
  return folder;
}

describe("the same result", () => {
  test("whatever the batch size", async () => {
    const input = { kind: "ids", path: await idsFile(sequences) } as const;
    const [together, apart] = [await analyze({ input, batchTokens: 4096 }), await analyze({ input, batchTokens: 1 })];
    expect(together.result.input).toEqual(apart.result.input);
    expectClose(apart, together, 1e-4);
  });

  test("whatever the order of the sequences", async () => {
    const input = { kind: "ids", path: await idsFile(sequences) } as const;
    const reversed = { kind: "ids", path: await idsFile([...sequences].reverse()) } as const;
    expectClose(await analyze({ input: reversed }), await analyze({ input }), 1e-3);
  });

  test("whatever the number of threads", async () => {
    expectClose(await analyze({ threads: 1 }), await analyze({ threads: 3 }), 1e-4);
  });

  test("to the bit, however many threads measure", async () => {
    const here = await analyze();
    for (const threads of [1, 3]) {
      const measurer = threadPoolMeasurer(join(import.meta.dirname, "../../dist/measure.js"), threads);
      const there = await analyze({}, { ...undisturbed, measurer });
      await measurer.close();
      expect(there.result.layers).toEqual(here.result.layers);
      expect(there.measured).toEqual(here.measured);
    }
  });

  test("to the bit, when nothing is changed", async () => {
    const [first, second] = [await analyze(), await analyze()];
    expect(second.result.layers).toEqual(first.result.layers);
    expect(second.measured.map((layer) => layer.channelFit)).toEqual(first.measured.map((layer) => layer.channelFit));
  });

  test("from the capture that the analysis wrote", async () => {
    for (const name of ["gpt2-hf", "llama-head-dim", "albert-groups", "vit-timm-query-key-norm", "vit-timm-average"]) {
      const taps = join(await temporaryFolder(), "taps.safetensors");
      const analysis = await analyze({ checkpoint: join(golden, name), taps, skipFirst: true });
      const fit = await fitCapture({ kind: "fit", capture: taps, skipFirst: true, seed: 0 }, undisturbed);
      expect(fit.result.layers.length).toBeGreaterThan(3);
      expect(fit.result.layers).toEqual(analysis.result.layers);
      // A capture knows rows and channels, not the shape that they had.
      expect(fit.measured).toEqual(analysis.measured.map((one) => ({ ...one, channelShape: undefined })));
      expect(fit.result.groups).toEqual(analysis.result.groups);
      expect(fit.result.input.tokens).toBe(analysis.result.input.tokens);
    }
  });
});

describe("the result", () => {
  test("tells of every norm, with the times that shared ones ran", async () => {
    const { result } = await analyze({ checkpoint: join(golden, "albert-groups") });
    expect(result.layers.map((layer) => layer.calls).reduce((a, b) => a + b)).toBe(1 + 2 * 5 + 1);
    for (const layer of result.layers) expect(layer.tokens).toBe(result.input.tokens * layer.calls);
    expect(result.coverage).toEqual({ found: 6, measured: 6, missing: [] });
    expect(result.model).toMatchObject({ family: "albert", width: 16, isLanguageModel: true });
    expect(result.input).toMatchObject({ kind: "random", source: "random", seed: 0 });
    expect(result.warnings.map((warning) => warning.code)).toContain("random-input");
  });

  test("says which norms of the checkpoint the forward pass does not reach", async () => {
    const whole = await analyze();
    expect(whole.result.coverage).toEqual({ found: 5, measured: 5, missing: [] });
    const stray = await analyze({ checkpoint: await checkpointWithStrayNorm() });
    expect(stray.result.coverage).toMatchObject({ found: 6, measured: 5, missing: [{ name: "vision_tower.post_layernorm", reason: expect.stringContaining("gpt2") as string }] });
    expect(stray.result.warnings.map((warning) => warning.code)).toContain("not-covered");
  });

  test("leaves the first position out where asked, and reports it apart either way", async () => {
    const input = { kind: "ids", path: await idsFile(sequences) } as const;
    const [all, rest] = [await analyze({ input }), await analyze({ input, skipFirst: true })];
    const [first, without] = [all.result.layers[0]!, rest.result.layers[0]!];
    expect(without.tokens).toBe(first.tokens - sequences.length);
    expect(without.input.first).toEqual(first.input.first);
    expect(without.input.mean).not.toBe(first.input.mean);
    expect(rest.result.input.skipFirst).toBe(true);
  });

  test("counts rows of query and key norms by head", async () => {
    const { result } = await analyze({ checkpoint: join(golden, "vit-timm-query-key-norm"), maxTokens: 64 });
    const query = result.layers.find((layer) => layer.role === "query")!;
    expect(query.channels).toBe(8);
    expect(query.tokens).toBe(2 * result.input.tokens);
  });

  test("is stopped between runs", async () => {
    const stop = new AbortController();
    const stages: (string | undefined)[] = [];
    const taps = join(await temporaryFolder(), "taps.safetensors");
    const stopped = analyze({ taps }, {
      measurer: localMeasurer(),
      prover: localProver,
      signal: stop.signal,
      onProgress: ({ stage }) => {
        stages.push(stage);
        if (stage === "block 0") stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow("Stopped.");
    expect(stages.at(-1)).toBe("block 0");
    await expect(fitCapture({ kind: "fit", capture: taps, skipFirst: false, seed: 0 }, undisturbed)).rejects.toThrow(UserError);
  });
});
