import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { analyzeCheckpoint } from "../../../src/engine/analyze";
import { temporaryFolder } from "../checkpoint/files";
import { replaceCheckpoint } from "../../../src/engine/replace/replace-norms";
import { writeResult } from "../../../src/engine/result-file";
import { context, conversionRefusal, convert, golden, numbers, request, valuesFile } from "./conversion";

test("a converted checkpoint is analysed as what it is: its alphas are read, and compared with those of norms in their place", async () => {
  const original = join(golden, "gpt2-hf");
  const { result } = await analyzeCheckpoint((await request(original)).analysis, context);
  const alphas = Object.fromEntries(result.layers.map(({ name }, index) => [name, Math.fround(0.25 + index / 8)]));
  const values = join(await temporaryFolder(), "alphas.json");
  await writeFile(values, JSON.stringify(alphas));
  const { target } = await convert(original, { values });
  const converted = await analyzeCheckpoint((await request(target)).analysis, context);
  expect(converted.result.layers.map(({ name, kind, trained }) => [name, kind, trained?.curve, trained?.alpha, trained?.against])).toEqual(
    Object.entries(alphas).map(([name, alpha]) => [name, "dyt", "tanh", alpha, "layernorm"]),
  );
  // What goes into the first layer is the embedding, converted or not.
  expect(converted.result.layers[0]!.input).toEqual(result.layers[0]!.input);
  expect(converted.result.layers[0]!.suggest.convert / result.layers[0]!.suggest.convert).toBeCloseTo(1, 1);
  expect(converted.result.coverage).toMatchObject({ found: result.coverage.found, measured: result.coverage.measured });
});

test("only the layers whose replacing was measured are converted with that result's values", async () => {
  const original = join(golden, "gpt2-hf");
  const layer = "transformer.h.1.ln_1";
  const result = join(await temporaryFolder(), "r.normlens.json");
  await writeResult(result, await replaceCheckpoint({ ...(await request(original)).analysis, kind: "replace", heldOutTokens: 64, layers: [layer] }, context));
  const { layers, kept } = await convert(original, { values: result });
  expect(layers.map(({ name }) => name)).toEqual([layer]);
  expect(kept).toHaveLength(4);
  expect(kept[0]!.reason).toContain("none of the layers whose replacing was measured");
});

test.each([["alpha", "gamma", "beta"], ["pre_tanh_scale", "gamma", "beta"]])("values are read under the names of other codes: %s", async (alpha, weight, bias) => {
  const layer = "transformer.ln_f";
  const gains = Array.from({ length: 16 }, (_, index) => 1 + index);
  const { target } = await convert(join(golden, "gpt2-hf"), { values: await valuesFile({ [`${layer}.${alpha}`]: [0.25], [`${layer}.${weight}`]: gains, [`${layer}.${bias}`]: gains }) });
  expect(await numbers(target, `${layer}.alpha`)).toEqual([0.25]);
  expect(await numbers(target, `${layer}.weight`)).toEqual(gains);
  expect(await numbers(target, `${layer}.bias`)).toEqual(gains);
});

test.each([1e300, 1e-300])("an alpha of %d is refused, since float32 can't hold it", async (alpha) => {
  const values = join(await temporaryFolder(), "alphas.json");
  await writeFile(values, JSON.stringify({ "transformer.ln_f": alpha }));
  expect(await conversionRefusal(join(golden, "gpt2-hf"), { values })).toContain("which float32 can't hold");
});
