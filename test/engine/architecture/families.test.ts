import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { forward, writeStages, type NormCall } from "../../../src/engine/forward";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { batchesOf, concatenate, goldenCases, goldenFiles, headsFirst, openGolden, worstError } from "../golden";

/** Largest error of a norm input, relative to its largest element. */
const tolerance = 1e-5;

describe.each(goldenCases().map((folder) => [basename(folder), folder]))("%s", (_name, folder) => {
  test.each(goldenFiles(folder).map((file) => [basename(file), file]))("%s: every norm's input is PyTorch's", async (_file, file) => {
    const golden = await openGolden(file);
    const { architecture } = recogniseModel(await openCheckpoint(folder));
    const stages = writeStages([...architecture.stages, ...(architecture.head ? [architecture.head] : [])]);
    const calls = new Map<string, NormCall[]>();
    const { outputs } = await forward(openOnnxRuntime(), stages, await batchesOf(golden), {
      onNormCalls: (seen) => {
        for (const call of seen) calls.set(call.norm.name, [...(calls.get(call.norm.name) ?? []), call]);
        return Promise.resolve();
      },
    });

    expect([...calls.keys()]).toEqual(golden.norms.map((norm) => norm.name));
    for (const norm of golden.norms) {
      const seen = calls.get(norm.name)!;
      expect(seen[0]!.norm).toMatchObject({ kind: norm.kind, role: norm.role, depth: norm.depth });
      expect(seen[0]!.norm.eps).toBeCloseTo(norm.eps, 12);
      const expected = (await golden.tensor(`${norm.name}.input`))!;
      const actual = concatenate(seen.map((call) => headsFirst(call.input)));
      expect(worstError(actual, expected.data), norm.name).toBeLessThan(tolerance);
    }
    const logits = await golden.tensor("logits");
    if (logits) expect(worstError(concatenate(outputs.map((values) => values["logits"]!)), logits.data), "logits").toBeLessThan(tolerance);
    else expect(golden.norms.length).toBeGreaterThan(0);
  });
});
