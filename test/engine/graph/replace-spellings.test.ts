import { describe, expect, test } from "vitest";
import { findNorms } from "../../../src/engine/graph/norms";
import { inputNames, outputNames, withOutputs, type Graph } from "../../../src/engine/graph/graph";
import { withFloat32Taps } from "../../../src/engine/graph/half-precision";
import { knowsCurve, refuseUnknownCurve } from "../../../src/engine/graph/known-curves";
import { replaceNorms } from "../../../src/engine/graph/replace";
import { handSumsOn } from "../../../src/engine/graph/sums";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { elementCount, type Tensor } from "../../../src/engine/tensor";
import { worstError } from "../golden";
import { corpus, type Written } from "./corpus";
import { scattered, Writer, type FloatType } from "./model";
import { replacedValues, valuesFor } from "./replaced-values";

const runtime = openOnnxRuntime();
const opsets = [7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 20, 21, 23];
const curves = 3;

/** How far a number may be from the one of which it has the first digits. */
const roundings: Readonly<Record<FloatType, number>> = { FLOAT: 1e-6, FLOAT16: 2 ** -11, BFLOAT16: 2 ** -8 };

/** Replaces the one norm of a graph, by a curve that has its turn, and compares what the graph gives with what the layer should make of the norm's input. */
async function compare(name: string, graph: Graph, shape: readonly number[], gainShape: readonly number[], turn: number, type: FloatType): Promise<void> {
  const tapped = withFloat32Taps(graph, findNorms(graph));
  const [norm, ...others] = tapped.norms;
  expect(others, name).toEqual([]);
  const values = [turn, turn + 1].map((one) => valuesFor(gainShape, one)).find(({ curve }) => knowsCurve(graph, curve))!;
  const replaced = replaceNorms(tapped.graph, tapped.norms, () => values);
  const input = norm!.input;
  const [output] = outputNames(graph);
  const x: Tensor = { type: "float32", shape, data: Float32Array.from(scattered(elementCount(shape), 5)) };
  const session = await runtime.open(inputNames(replaced).includes(input) ? replaced : withOutputs(replaced, [input]));
  const given = await session.run({ x }, [output!, ...(input === "x" ? [] : [input])]).finally(() => session.close());
  expect(worstError(given[output!]!.data as Float32Array, replacedValues({ x, ...given }[input]!, values)), `${name} by ${values.curve}`).toBeLessThan(roundings[type]);
}

/** Gain and offset along the axes that a norm is over. */
function gainShapeOf({ shape, axes }: Written): number[] {
  const places = axes.map((axis) => axis + shape.length);
  return shape.flatMap((size, axis) => (axis < Math.min(...places) ? [] : places.includes(axis) ? [size] : [1]));
}

/** Operator set 7 has no Max that broadcasts; with the few digits of shorter types, 1 / 6 and 1 / 20 are not told from other numbers. */
function isWritable({ name }: Written, opset: number, type: FloatType): boolean {
  const isUntold = type !== "FLOAT" && name.includes("sum * 1/n") && /images|two axes/.test(name);
  return !isUntold && (opset >= 8 || !name.includes("clipped"));
}

describe("norms of any spelling give way to layers", () => {
  // bfloat16 is a type of operators from version 13 on.
  const cases = opsets.flatMap((opset, turn) => (["FLOAT", "FLOAT16", ...(opset < 13 ? [] : ["BFLOAT16" as const])] as const).map((type) => ({ opset, type, turn })));

  test.each(cases)("in version $opset of the operators, in $type", async ({ opset, type, turn }) => {
    const some = corpus(opset, type).filter((one, index) => index % opsets.length === turn && isWritable(one, opset, type));
    expect(some.length).toBeGreaterThan(20);
    for (const [index, one] of some.entries()) await compare(one.name, one.graph, one.shape, gainShapeOf(one), index, type);
  });
});

describe("norms of one operator, or that compute in another type than what is around them, give way to layers", () => {
  const affine = (w: Writer): [string, string] => [w.floats("ln.weight", [8], scattered(8, 1)), w.floats("ln.bias", [8], scattered(8, 2))];
  const rootMeanSquare = (w: Writer, x: string): string => w.op("Div", [x, w.op("Sqrt", [w.reduce("ReduceMean", w.op("Mul", [x, x]), [-1])])]);

  const spellings: Readonly<Record<string, (w: Writer, x: string) => string>> = {
    LayerNormalization: (w, x) => w.op("LayerNormalization", [x, ...affine(w)]),
    RMSNormalization: (w, x) => w.op("RMSNormalization", [x, affine(w)[0]]),
    SkipLayerNormalization: (w, x) => w.op("SkipLayerNormalization", [x, x, ...affine(w)], {}, "com.microsoft"),
    "cast to float32 and back before its gain": (w, x) => w.op("Mul", [w.op("Cast", [rootMeanSquare(w, w.op("Cast", [x], { to: 1 }))], { to: w.elementType }), affine(w)[0]]),
    "cast to float32 and back behind its gain": (w, x) => w.op("Cast", [w.op("Mul", [rootMeanSquare(w, w.op("Cast", [x], { to: 1 })), w.op("Cast", [affine(w)[0]], { to: 1 })])], { to: w.elementType }),
    "left in float32": (w, x) => {
      const [wide, gain, least] = [x, affine(w)[0], w.float(-1000)].map((value) => w.op("Cast", [value], { to: 1 })) as [string, string, string];
      return w.op("Cast", [w.op("Max", [w.op("Mul", [rootMeanSquare(w, wide), gain]), least])], { to: w.elementType });
    },
  };
  const cases = Object.keys(spellings).flatMap((spelling) => (["FLOAT", "FLOAT16", "BFLOAT16"] as const).flatMap((type) => Array.from({ length: curves }, (_, turn) => ({ spelling, type, turn }))));

  test.each(cases)("$spelling, in $type, by curve $turn", async ({ spelling, type, turn }) => {
    const w = new Writer([2, 3, 8], 23, type);
    const written = w.graph(w.inFloat32(spellings[spelling]!(w, w.inType(w.op("Add", ["x", "x"])))));
    const graph: Graph = { ...written, model: { ...written.model, graph: { ...written.model.graph, node: handSumsOn(w.nodes) } } };
    await compare(spelling, graph, [2, 3, 8], [8], turn, type);
  });
});

test("erf can't take a norm's place in the operators of before it", () => {
  const graph = corpus(8)[0]!.graph;
  expect(() => { refuseUnknownCurve("old.onnx", graph, "erf"); }).toThrow("old.onnx is in version 8 of ONNX's operators, which has no erf; give values for another curve, or export the model in version 9 or later.");
  expect(() => { refuseUnknownCurve("old.onnx", graph, "isru"); }).not.toThrow();
});
