import { describe, expect, test } from "vitest";
import { analyzeCheckpoint } from "../../../../src/engine/analyze";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import { convertCheckpoint } from "../../../../src/engine/convert/convert";
import { outputNames } from "../../../../src/engine/graph/graph";
import { refusal } from "../../checkpoint/files";
import { context, request } from "../../convert/conversion";
import { modelFiles, type Node } from "./model-files";
import { unpacked } from "./models";

interface Model {
  readonly signature: { readonly inputs: unknown };
  readonly modelTopology: { readonly node: readonly Node[] };
}

const float = { T: { type: "DT_FLOAT" } };
const scope = "StatefulPartitionedCall/text_encoder_1";
const lastOfAll = "StatefulPartitionedCall/Identity";
const label: Node = { name: "label", op: "ArgMax", input: ["Identity", "axis"], attr: float };
const axis: Node = { name: "axis", op: "Const", attr: { dtype: { type: "DT_INT32" }, value: { tensor: { dtype: "DT_INT32", tensorShape: {}, intVal: [-1] } } } };

/** A text encoder with further nodes, the last of which gives its output. */
async function encoderWith(change: (nodes: readonly Node[]) => readonly Node[]): Promise<string> {
  const model = JSON.parse(modelFiles("tfjs-text").get("model.json")!.toString()) as Model;
  const node = change(model.modelTopology.node);
  const signature = { ...model.signature, outputs: { output_0: { name: `${node.at(-1)!.name}:0`, dtype: "DT_FLOAT" } } };
  return unpacked("tfjs-text", { "model.json": JSON.stringify({ ...model, signature, modelTopology: { node } }) });
}

const unknown = (input: string): Node => ({ name: "odd", op: "Bincount", input: [input], attr: float });

describe("a graph of TensorFlow with an operator that is not known", () => {
  test("behind its last norm is analysed without it, and says so", async () => {
    const plain = await unpacked("tfjs-text");
    const odd = await encoderWith((nodes) => [...nodes, unknown("Identity"), { name: "out", op: "Neg", input: ["odd"], attr: float }]);
    const asked = async (path: string) => ({ ...(await request(path)).analysis, sequenceLength: 8 });
    const [before, after] = [await analyzeCheckpoint(await asked(plain), context), await analyzeCheckpoint(await asked(odd), context)];
    expect(after.result.layers.map(({ name, fit }) => [name, fit.alpha])).toEqual(before.result.layers.map(({ name, fit }) => [name, fit.alpha]));
    expect(after.result.warnings).toContainEqual({ code: "assumption", message: 'What lies behind the operator "Bincount" of the graph, which NormLens can\'t translate, was left out: it gives "Identity" instead.' });
    expect(before.result.warnings.some(({ message }) => message.includes("left out"))).toBe(false);
  });

  test("gives the last numbers with fractions, where choices come between", async () => {
    const { graph } = await openCheckpoint(await encoderWith((nodes) => [...nodes, axis, label, unknown("label")]));
    expect(outputNames(graph!)).toEqual(["Identity"]);
  });

  test("before a norm is refused", async () => {
    const first = `${scope}/block_0_ffn_norm_1/add_2`;
    const path = await encoderWith((nodes) => [...nodes, unknown(first), { name: "root", op: "Rsqrt", input: ["odd"], attr: float }]);
    expect(await refusal(openCheckpoint(path))).toMatch(/can't be read, as it has the operator "Bincount", which NormLens can't translate; try its export as ONNX/);
    const within = await encoderWith((nodes) => nodes.map((node) => (node.name === `${scope}/embeddings_norm_1/add_2` ? { ...node, op: "Bincount" } : node)));
    expect(await refusal(openCheckpoint(within))).toMatch(/can't be read, as it has the operator "Bincount"/);
  });

  test("and no norm before it is refused by what was left out", async () => {
    const path = await encoderWith((nodes) => [...nodes.filter(({ name }) => !name.includes("norm_1") && name !== lastOfAll), unknown(`${scope}/words_1/GatherV2`)]);
    const asked = (await request(path)).analysis;
    expect(await refusal(analyzeCheckpoint(asked, context))).toMatch(/has no norm layer in the part that is read; what lies behind the operator "Bincount"/);
  });

  test("is not converted, as its end would be missing", async () => {
    const path = await encoderWith((nodes) => [...nodes, unknown("Identity")]);
    expect(await refusal(convertCheckpoint(await request(path), context))).toMatch(/can't be converted, as it is not read to its end: what lies behind the operator "Bincount" .*; convert its export as ONNX\.$/);
  });
});
