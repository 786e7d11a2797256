import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { erf } from "../../../src/analysis/curves";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { writeStages } from "../../../src/engine/forward";
import { withOutputs } from "../../../src/engine/graph/graph";
import { findNorms } from "../../../src/engine/graph/norms";
import { readNorm } from "../../../src/engine/norm-measurements";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { surveyNorms } from "../../../src/engine/survey";
import type { Tensor } from "../../../src/engine/tensor";
import { worstError } from "../golden";
import { scattered } from "./model";

/** Made by exported-curves/make_exported_curves.py: small modules whose norms are DyT or Derf, each exported by both exporters of PyTorch. */
const folder = join(import.meta.dirname, "exported-curves");

interface ExpectedLayer {
  readonly name: string;
  readonly kind: string;
  readonly alpha: readonly number[];
}
const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<string, ExpectedLayer[]>;

const feeds: Readonly<Record<string, Tensor>> = {
  input_ids: { type: "int64", shape: [1, 7], data: BigInt64Array.from([3, 1, 4, 1, 5, 9, 2], BigInt) },
  pixel_values: { type: "float32", shape: [1, 3, 6, 5], data: Float32Array.from(scattered(90)) },
};
const withLayers = Object.entries(expected).filter(([, layers]) => layers.length > 0);
const without = Object.keys(expected).filter((model) => expected[model]!.length === 0);

describe("DyT and Derf in what PyTorch exports", () => {
  test.each(withLayers)("%s: every layer is found, with its alpha", async (model, layers) => {
    const { architecture } = recogniseModel(await openCheckpoint(join(folder, `${model}.onnx`)));
    const found = await Promise.all([...surveyNorms(writeStages(architecture.stages)).values()].map(readNorm));
    expect(found.map(({ name, kind }) => ({ name, kind }))).toEqual(layers.map(({ name, kind }) => ({ name, kind })));
    for (const [index, { trained }] of found.entries()) {
      for (const [place, alpha] of layers[index]!.alpha.entries()) expect(trained!.alpha[place]).toBeCloseTo(alpha, model.endsWith("-half") ? 3 : 5);
    }
  });

  const inFloat32 = withLayers.map(([model]) => model).filter((model) => !model.endsWith("-half"));
  test.each(inFloat32)("%s: the layers compute what was found out about them", async (model) => {
    const { graph } = await openCheckpoint(join(folder, `${model}.onnx`));
    const nodes = findNorms(graph!);
    const fed = graph!.model.graph!.input![0]!.name!;
    const outputs = new Set((graph!.model.graph!.output ?? []).map(({ name }) => name));
    const wanted = [...new Set(nodes.flatMap(({ input, output }) => [input, output]))];
    const session = await openOnnxRuntime().open(withOutputs(graph!, wanted.filter((value) => !outputs.has(value))));
    const values = await session.run({ [fed]: feeds[fed]! }, wanted);
    await session.close();
    for (const node of nodes) {
      const { weight, bias, trained, affineAxes } = await readNorm({ node, graph: graph!, calls: 1 });
      const { shape, data } = values[node.input]!;
      const inner = shape.slice(shape.length + affineAxes![0]! + 1).reduce((product, size) => product * size, 1);
      const curve = trained!.curve === "tanh" ? Math.tanh : erf;
      const computed = Float32Array.from(data as Float32Array, (x, index) => {
        const channel = Math.floor(index / inner) % weight!.length;
        return weight![channel]! * curve(trained!.alpha[0]! * x + (trained!.shift?.[0] ?? 0)) + (bias?.[channel] ?? 0);
      });
      expect(worstError(computed, values[node.output]!.data as Float32Array), node.name).toBeLessThan(2e-5);
    }
  });

  test.each(without)("%s: gates, soft caps and GELUs are none", async (model) => {
    const { graph } = await openCheckpoint(join(folder, `${model}.onnx`));
    expect(findNorms(graph!)).toEqual([]);
  });
});
