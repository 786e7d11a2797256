import { describe, expect, test } from "vitest";
import { analyzeCheckpoint } from "../../../../src/engine/analyze";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import { findNorms } from "../../../../src/engine/graph/norms";
import { prunedTo } from "../../../../src/engine/graph/prune";
import { withOutputs, type Graph } from "../../../../src/engine/graph/graph";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import { openTfjs } from "../../../../src/engine/runtime/tfjs/tfjs";
import type { Tensor } from "../../../../src/engine/tensor";
import { UserError } from "../../../../src/shared/errors";
import { context, request } from "../../convert/conversion";
import { worstError } from "../../golden";
import { compareNorms } from "../norm-values";
import { goldenOf, unpacked } from "./models";

async function graphOf(model: string): Promise<Graph> {
  return (await openCheckpoint(await unpacked(model))).graph!;
}

async function run(runtime: Runtime, graph: Graph, feeds: Readonly<Record<string, Tensor>>, fetches: readonly string[]): Promise<Record<string, Tensor>> {
  const session = await runtime.open(graph);
  const outputs = await session.run(feeds, fetches);
  await session.close();
  return outputs;
}

/** The largest difference, as a part of the largest element. */
function errorOf(actual: Tensor, expected: Tensor): number {
  const numbers = ({ data }: Tensor): Float32Array => Float32Array.from(data, Number);
  return worstError(numbers(actual), numbers(expected));
}

async function expectOutputs(model: string, bound: number): Promise<void> {
  const { feeds, outputs } = goldenOf(model);
  const actual = await run(openOnnxRuntime(), await graphOf(model), feeds, Object.keys(outputs));
  for (const [name, expected] of Object.entries(outputs)) {
    expect(actual[name]!.shape, name).toEqual(expected.shape);
    expect(errorOf(actual[name]!, expected), name).toBeLessThan(bound);
  }
}

describe("a graph of TensorFlow", () => {
  test.each(["elementwise", "movements", "others", "more", "tfjs-elementwise", "tfjs-movements", "tfjs-others"])("of operators gives what TensorFlow gives: %s", async (model) => {
    expect(Object.keys(goldenOf(model).outputs).length).toBeGreaterThan(20);
    await expectOutputs(model, 1e-5);
  });

  test.each(["keras-text", "keras-image", "first-bert", "fused-norm", "tfjs-text", "tfjs-text-shards"])("of a model gives what TensorFlow gives: %s", (model) => expectOutputs(model, 1e-5));

  test.each([["tfjs-text-float16", 5e-3], ["tfjs-text-uint16", 1e-4], ["tfjs-text-uint8", 5e-2]] as const)("with quantised weights gives nearly the same: %s", (model, bound) => expectOutputs(model, bound));

  const bert = { kind: "layernorm", eps: 1e-12 };
  const keras = { kind: "layernorm", eps: 1e-6 };
  const vision = { kind: "layernorm", eps: 1e-5 };
  const text = ["embeddings_norm", "block_0_attention_norm", "block_0_ffn_norm"];
  const inTfjs = text.map((name) => ({ name: `text_encoder_1.${name}_1`, ...keras }));
  const expected = {
    "keras-text": text.map((name) => ({ name, ...keras })),
    "keras-image": ["norm_1", "norm_2", "norm"].map((name) => ({ name, ...vision })),
    "first-bert": ["embeddings", "encoder.layer_0.output", "encoder.layer_1.output"].map((place) => ({ name: `bert.${place}.LayerNorm`, ...bert })),
    "fused-norm": [{ name: "encoder.norm", kind: "layernorm", eps: 1e-3 }],
    "tfjs-text": inTfjs,
    "tfjs-text-uint8": inTfjs,
  };
  test.each(Object.entries(expected))("has its norms found and computed: %s", async (model, norms) => {
    const graph = await graphOf(model);
    expect(findNorms(graph).map(({ name, kind, eps }) => ({ name, kind, eps }))).toEqual(norms);
    for (const { node, worstError: error } of await compareNorms(openOnnxRuntime(), graph, goldenOf(model).feeds)) expect(error, node.name).toBeLessThan(2e-5);
  });

  test("has the gain and offset of a layer norm that Keras 2 makes of a batch norm, behind the rows' return", async () => {
    const [norm] = findNorms(await graphOf("fused-norm"));
    expect(norm).toMatchObject({ gain: "encoder/norm/gamma", offset: "encoder/norm/beta", over: { axes: [-1] }, input: expect.stringMatching(/norm\/Sin:1\.0$/) as string });
  });

  test.each(["keras-text", "first-bert", "tfjs-text-uint8", "tfjs-text-shards"])("has norms with the same inputs on tfjs: %s", async (model) => {
    const graph = await graphOf(model);
    const inputs = findNorms(graph).map(({ input }) => input);
    const tapped = withOutputs(prunedTo(graph, inputs), inputs);
    const { feeds } = goldenOf(model);
    const [here, there] = [await run(openOnnxRuntime(), tapped, feeds, inputs), await run(await openTfjs("wasm"), tapped, feeds, inputs)];
    for (const input of inputs) expect(errorOf(there[input]!, here[input]!), input).toBeLessThan(1e-5);
  });

  test("that is fed too long sequences is refused with the options that help", async () => {
    const path = await unpacked("tfjs-text");
    const asked = (await request(path)).analysis;
    const refused = analyzeCheckpoint({ ...asked, input: { kind: "random" }, maxTokens: 80, sequenceLength: 40 }, context);
    await expect(refused).rejects.toThrow(/can't be run on what is fed .*; feed shorter sequences \(--sequence-length N\), or give --input input_ids=FILE\.npy \(int64 \[any, any\], ids below 23\), or export it anew\.$/);
    await expect(refused).rejects.toBeInstanceOf(UserError);
  });
});
