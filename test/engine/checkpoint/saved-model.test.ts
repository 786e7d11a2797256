import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { findNorms } from "../../../src/engine/graph/norms";
import type { Runtime } from "../../../src/engine/runtime/runtime";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { openTfjs } from "../../../src/engine/runtime/tfjs/tfjs";
import { concatenate, worstError } from "../golden";
import { modelFiles } from "../graph/tensorflow/model-files";
import { unpacked } from "../graph/tensorflow/models";
import { npzTensor } from "../npz";

const retsim = join(import.meta.dirname, "../../../../shared/fixtures/retsim");

describe.skipIf(!existsSync(retsim))("retsim's SavedModel (skipped where ../shared/fixtures is absent)", () => {
  const runtimes: [string, () => Promise<Runtime>][] = [["onnxruntime", () => Promise.resolve(openOnnxRuntime())], ["tfjs", () => openTfjs("wasm")]];

  test.each(runtimes)("gives what TensorFlow gives, on %s", async (_, open) => {
    const { graph } = await openCheckpoint(join(retsim, "savedmodel"));
    const [x, y] = await Promise.all(["x", "y"].map((name) => npzTensor(join(retsim, "io.npz"), name)));
    const session = await (await open()).open(graph!);
    const { embedding_model: embedded } = await session.run({ input_1: x! }, ["embedding_model"]);
    await session.close();
    expect(worstError(concatenate([embedded!]), concatenate([y!]))).toBeLessThan(1e-5);
  });

  test("keeps its variables in their file", async () => {
    const { graph, tensors, format } = await openCheckpoint(join(retsim, "savedmodel"));
    expect(format).toBe("savedmodel");
    expect(tensors.size).toBe(23);
    expect([...tensors.values()].every(({ file }) => file.endsWith("variables.data-00000-of-00001"))).toBe(true);
    expect(findNorms(graph!).map(({ name, kind, eps, weight }) => ({ name, kind, eps, weight }))).toEqual([
      { name: "model.embedding_model.gau.scaled_norm", kind: "rmsnorm", eps: 1e-6, weight: "norm_scale_1" },
      { name: "model.embedding_model.gau_1.scaled_norm_1", kind: "rmsnorm", eps: 1e-6, weight: "norm_scale" },
    ]);
  });
});

describe("a SavedModel", () => {
  const graph = modelFiles("first-bert").get("saved_model.pb")!.toString("latin1");
  const norms = async (path: string): Promise<string[]> => findNorms((await openCheckpoint(path)).graph!).map(({ name }) => name);

  test("is read from the file that holds its graph as from its folder", async () => {
    const folder = await unpacked("first-bert");
    expect(await norms(join(folder, "saved_model.pb"))).toEqual(await norms(folder));
  });

  test("with one signature is read, whatever that is called", async () => {
    const renamed = Buffer.from(graph.replaceAll("serving_default", "serving_another"), "latin1");
    expect(renamed.includes("serving_another")).toBe(true);
    expect(await norms(await unpacked("first-bert", { "saved_model.pb": renamed }))).toEqual(await norms(await unpacked("first-bert")));
  });
});
