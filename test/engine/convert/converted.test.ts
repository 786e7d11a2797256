import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { analyzeCheckpoint } from "../../../src/engine/analyze";
import { temporaryFolder } from "../checkpoint/files";
import { context, convert, golden, request } from "./conversion";

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
