import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { replaceCheckpoint } from "../../../src/engine/replace/replace-norms";
import { writeResult } from "../../../src/engine/result-file";
import { temporaryFolder } from "../checkpoint/files";
import { context, conversionRefusal, convert, golden, numbers, request } from "./conversion";

const gpt2 = join(golden, "gpt2-hf");
const layers = ["transformer.h.0.ln_2", "transformer.h.1.ln_1", "transformer.ln_f"];

describe("a checkpoint that is converted layer after layer", () => {
  test("costs what replacing the same layers in order was measured to cost", async () => {
    const converted = await convert(gpt2, { inOrder: {}, layers });
    expect(converted.layers.map(({ name }) => name)).toEqual(layers);
    const { analysis } = await request(gpt2);
    const values = join(converted.target, "model.safetensors");
    const { result } = await replaceCheckpoint({ ...analysis, kind: "replace", layers, values, heldOut: { kind: "random" }, heldOutTokens: 128 }, context);
    const costOf = (wanted: string): number => result.replacement!.methods.find(({ method }) => method === wanted)!.cost!;
    expect(costOf("own")).toBeCloseTo(costOf("in-order"), 6);
    expect(Math.abs(costOf("in-order") - costOf("per-channel"))).toBeGreaterThan(1e-5);
  });

  test.each([{}, { inOrder: {} }])("says of values that were fitted on noise that they were (%o)", async (how) => {
    const { analysis } = await request(gpt2);
    const { warnings, target } = await convert(gpt2, { ...how, analysis: { ...analysis, input: { kind: "default" } } });
    expect(warnings).toEqual([expect.stringMatching(/random/)]);
    expect(await readFile(join(target, "README.md"), "utf8")).toContain(`**Note.** ${warnings[0]!}`);
  });

  test("has the alphas that were given, with weights fitted to them, and says so", async () => {
    const { target, source } = await convert(gpt2, { inOrder: { alphas: { "transformer.ln_f": 0.75 } } });
    expect(source).toMatchObject({ kind: "fit", inOrder: { alphas: { "transformer.ln_f": 0.75 } } });
    expect(await numbers(target, "transformer.ln_f.alpha")).toEqual([0.75]);
    expect(await numbers(target, "transformer.ln_f.weight")).not.toEqual(await numbers(gpt2, "transformer.ln_f.weight"));
    expect(await readFile(join(target, "README.md"), "utf8")).toContain("each fitted on what the converted layers before it hand over; 1 alpha of the user's own; on ");
    expect(await conversionRefusal(gpt2, { inOrder: { alphas: { ln: 0.75 } } })).toBe(`An alpha is given for "ln", which is no norm of ${gpt2}; "normlens inspect" lists those that it has.`);
  });

  test("may share layers between blocks, or be a graph", async () => {
    const albert = await convert(join(golden, "albert-hf"), { inOrder: {} });
    expect(albert.layers.length).toBeGreaterThan(2);
    const graph = await convert(join(import.meta.dirname, "../graph/exported/layernorm-traced-17.onnx"), { inOrder: {} });
    expect(graph.layers.length).toBeGreaterThan(0);
  });
});

test("a conversion of other layers than were measured together says so", async () => {
  const { analysis } = await request(gpt2);
  const path = join(await temporaryFolder(), "r.normlens.json");
  await writeResult(path, await replaceCheckpoint({ ...analysis, kind: "replace", layers, heldOutTokens: 64 }, context));
  expect((await convert(gpt2, { values: path })).warnings).toEqual([]);
  const { warnings, target } = await convert(gpt2, { values: path, layers: layers.slice(0, 1) });
  expect(warnings).toEqual([expect.stringMatching(/^The result has what replacing 3 layers together costs, and 1 of them is replaced here/)]);
  expect(await readFile(join(target, "README.md"), "utf8")).toContain(`**Note.** ${warnings[0]!}`);
});
