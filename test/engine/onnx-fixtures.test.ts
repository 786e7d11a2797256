import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { analyzeCheckpoint, type RunContext } from "../../src/engine/analyze";
import { localMeasurer } from "../../src/engine/measurer/local-measurer";
import type { AnalysisRequest, InputChoice } from "../../src/shared/request";
import type { LayerResult, Result } from "../../src/shared/result";
import { temporaryFolder } from "./checkpoint/files";
import { localProver } from "./runtime/local-prover";

const fixtures = join(import.meta.dirname, "../../../shared/fixtures");
const describeFixture = describe.skipIf(!existsSync(fixtures));
const undisturbed: RunContext = { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver };

async function analyze(checkpoint: string, input: InputChoice, engine: Pick<AnalysisRequest, "runtime" | "device"> = { runtime: "onnxruntime", device: "cpu" }): Promise<Result> {
  const request: AnalysisRequest = { kind: "analyze", checkpoint: join(fixtures, checkpoint), input, maxTokens: 512, skipFirst: false, seed: 0, ...engine };
  return (await analyzeCheckpoint(request, undisturbed)).result;
}

async function idsFile(sequences: readonly (readonly number[])[]): Promise<InputChoice> {
  const path = join(await temporaryFolder(), "ids.json");
  await writeFile(path, JSON.stringify(sequences));
  return { kind: "ids", path };
}

const alphas = ({ fit, perChannel }: LayerResult): number[] => [fit.alpha, fit.gain, fit.r2, perChannel.alpha, perChannel.r2];
const statistics = ({ input, linear, ceiling }: LayerResult): number[] => [input.mean, input.std, input.absMax, input.kurtosis, input.tokenStdMean, input.first!.std, linear.slope, ceiling.r2];

/** Layer by layer: the same names but for a prefix, roles, places and numbers. */
function expectSame(actual: Result, expected: Result, prefix = ""): void {
  const place = ({ name, role, kind, depth, eps, axes, channels, tokens, calls }: LayerResult): unknown => ({ name, role, kind, depth, eps, axes, channels, tokens, calls });
  expect(actual.layers.map(place)).toEqual(expected.layers.map((layer) => place({ ...layer, name: prefix + layer.name })));
  for (const [index, layer] of expected.layers.entries()) {
    const numbers = [...statistics(actual.layers[index]!), ...alphas(actual.layers[index]!)];
    for (const [position, value] of [...statistics(layer), ...alphas(layer)].entries()) expect(Math.abs(numbers[position]! / value - 1), `${layer.name} number ${position}: ${numbers[position]!} for ${value}`).toBeLessThan(1e-3);
  }
  expect(actual.coverage).toEqual(expected.coverage);
  expect(actual.model).toMatchObject({ family: "onnx", width: expected.model.width, depth: expected.model.depth, isLanguageModel: true });
}

describeFixture("exported graphs give the result of their checkpoints (skipped where ../shared/fixtures is absent)", () => {
  const letters = Array.from({ length: 40 }, (_, index) => Array.from({ length: 11 }, (_unused, position) => (index * 7 + position * (3 + (index % 4)) + index * position) % 3));

  test.each(["opset11", "opset17"])("gpt-nano-sort, %s", async (opset) => {
    const input = await idsFile(letters);
    expectSame(await analyze(`gpt-nano-sort/${opset}.onnx`, input), await analyze("gpt-nano-sort/model.safetensors", input));
  });

  test("gpt-nano-sort, on tfjs", async () => {
    const input = await idsFile(letters.slice(0, 12));
    expectSame(await analyze("gpt-nano-sort/opset11.onnx", input, { runtime: "tfjs", device: "wasm" }), await analyze("gpt-nano-sort/model.safetensors", input));
  });

  test("stories260K, with its decomposed RMSNorms", async () => {
    const { ids } = JSON.parse(await readFile(join(fixtures, "stories260K/stories260K.golden.json"), "utf8")) as { ids: number[] };
    const input = await idsFile(Array.from({ length: Math.floor(ids.length / 4) }, (_, index) => ids.slice(4 * index, 4 * index + 4)));
    expectSame(await analyze("stories260K/hf/model.onnx", input), await analyze("stories260K/hf", input), "m.");
  });
});

describeFixture("magika (skipped where ../shared/fixtures is absent)", () => {
  test.each([{ runtime: "onnxruntime", device: "cpu" }, { runtime: "tfjs", device: "wasm" }])("has two norms over axis 1, on $runtime", async (engine) => {
    const result = await analyze("magika/standard_v3_3.onnx", { kind: "random" }, engine);
    const [inner, pooled, ...others] = result.layers;
    expect(others).toEqual([]);
    expect(inner).toMatchObject({ name: "MagikaV2.LayerNorm_0", kind: "layernorm", eps: 1e-6, axes: [-2], channels: 512, tokens: 256 });
    expect(pooled).toMatchObject({ name: "MagikaV2.LayerNorm_1", kind: "layernorm", eps: 1e-6, axes: [-1], channels: 512, tokens: 1 });
    // Every row has the mean 0 and, but for eps, the variance 1 along axis 1 only if the rows are those that the norm takes.
    const { std, tokenStdMean } = inner!.input;
    expect(tokenStdMean).toBeGreaterThan(0);
    expect(std).toBeGreaterThan(tokenStdMean * 0.9);
    expect(result.model).toMatchObject({ family: "onnx", width: 512, isLanguageModel: false });
  });
});
