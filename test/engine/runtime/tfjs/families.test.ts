import { basename } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { recogniseModel } from "../../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import { forward, writeStages, type NormCall } from "../../../../src/engine/forward";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import { openTfjs } from "../../../../src/engine/runtime/tfjs/tfjs";
import { batchesOf, concatenate, goldenCases, goldenFiles, headsFirst, openGolden, worstError } from "../../golden";
import { testedBackends } from "./backends";

/** Largest error of a norm input, relative to its largest element. */
const tolerance = 1e-5;

const files = goldenCases().flatMap((folder) => goldenFiles(folder).map((file) => [`${basename(folder)}/${basename(file)}`, folder, file] as const));

describe.each(testedBackends)("every family on tfjs/$device", ({ device, options }) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openTfjs(device, options);
  });

  test.each(files)("%s: every norm's input is PyTorch's", async (_name, folder, file) => {
    const golden = await openGolden(file);
    const { architecture } = recogniseModel(await openCheckpoint(folder));
    const stages = writeStages([...architecture.stages, ...(architecture.head ? [architecture.head] : [])]);
    const calls = new Map<string, NormCall[]>();
    const { outputs } = await forward(runtime, stages, await batchesOf(golden), {
      onNormCalls: (seen) => {
        for (const call of seen) calls.set(call.norm.name, [...(calls.get(call.norm.name) ?? []), call]);
        return Promise.resolve();
      },
    });
    expect([...calls.keys()]).toEqual(golden.norms.map((norm) => norm.name));
    expect(golden.norms.length).toBeGreaterThan(0);
    for (const norm of golden.norms) {
      const expected = (await golden.tensor(`${norm.name}.input`))!;
      const actual = concatenate(calls.get(norm.name)!.map((call) => headsFirst(call.input)));
      expect(worstError(actual, expected.data), norm.name).toBeLessThan(tolerance);
    }
    const logits = await golden.tensor("logits");
    if (logits) expect(worstError(concatenate(outputs.map((values) => values["logits"]!)), logits.data), "logits").toBeLessThan(tolerance);
  });
});
