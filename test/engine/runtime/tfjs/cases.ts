import type { onnx } from "onnx-proto";
import type { Attribute } from "../../../../src/engine/graph/attributes";
import type { ElementType } from "../../../../src/engine/runtime/tfjs/host/array";
import { elementCount } from "../../../../src/engine/tensor";
import { tensorProto, type Case, type Operand } from "./model";

let state = 1;

/** Seeded numbers between -1 and 1, by a linear congruential generator. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
}

/** Fed numbers between `low` and `high`. */
function floats(shape: readonly number[], low = -3, high = 3, type: ElementType = "float32"): Operand {
  const values = Array.from({ length: elementCount(shape) }, () => low + ((high - low) * (random() + 1)) / 2);
  return { type, shape, values: values.map(Math.fround), constant: false };
}

function doubles(shape: readonly number[], low = -3, high = 3): Operand {
  return floats(shape, low, high, "float64");
}

/** Fed integers from `low` to `high`. */
function ints(shape: readonly number[], low = -5, high = 5, type: ElementType = "int64"): Operand {
  const operand = floats(shape, low, high + 1, type);
  return { ...operand, values: operand.values.map((value) => Math.min(high, Math.floor(value))) };
}

function bools(shape: readonly number[]): Operand {
  return ints(shape, 0, 1, "bool");
}

/** These numbers, fed. */
function fed(type: ElementType, values: readonly number[], shape: readonly number[] = [values.length]): Operand {
  return { type, shape, values, constant: false };
}

/** These numbers, in the model. */
function constant(type: ElementType, values: readonly number[], shape: readonly number[] = [values.length]): Operand {
  return { type, shape, values, constant: true };
}

const list = (...values: number[]): Operand => constant("int64", values);
const number = (value: number): Operand => constant("int64", [value], []);
const float = (value: number): Operand => constant("float32", [value], []);

/** What no arithmetic should swallow. */
const special = fed("float32", [NaN, Infinity, -Infinity, 0, -0, 1, -1, 1e-30, 3e38, 88, -88, 0.5], [3, 4]);

interface Options {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly tensors?: Readonly<Record<string, onnx.ITensorProto>>;
  readonly outputs?: readonly (ElementType | "")[];
  readonly opset?: number;
  readonly domain?: string;
  readonly tolerance?: number;
}

function run(opType: string, inputs: readonly (Operand | undefined)[], options: Options = {}): Case {
  return { opType, inputs, attributes: {}, tensors: {}, outputs: [inputs[0]?.type ?? "float32"], opset: 20, domain: "", tolerance: 1e-5, ...options };
}

const int = (value: number): Attribute => ({ int: value });
const many = (...values: number[]): Attribute => ({ ints: values });

/** Functions of one number: on the device, and in JavaScript where they are there too. */
function unaries(names: readonly string[], low: number, high: number, types: readonly ElementType[]): Case[] {
  return names.flatMap((name) => [
    run(name, [floats([3, 5], low, high)]),
    run(name, [floats([], low, high)]),
    ...(types.includes("float64") ? [run(name, [doubles([2, 3], low, high)])] : []),
    ...(types.includes("int64") ? [run(name, [ints([2, 3], low, high)])] : []),
  ]);
}

function binaries(names: readonly string[], outputs: readonly ElementType[] | undefined): Case[] {
  const options = outputs ? { outputs } : {};
  return names.flatMap((name) => [
    run(name, [floats([2, 3, 4], 0.5, 3), floats([2, 3, 4], 0.5, 3)], options),
    run(name, [floats([2, 3, 4], 0.5, 3), floats([3, 1], 0.5, 3)], options),
    run(name, [floats([4], 0.5, 3), floats([2, 3, 1], 0.5, 3)], options),
    run(name, [floats([2, 3], 0.5, 3), { ...float(1.5) }], options),
    run(name, [float(2), floats([2, 3], 0.5, 3)], options),
    run(name, [doubles([2, 3], 0.5, 3), doubles([3], 0.5, 3)], options),
    run(name, [ints([2, 3, 2], 1, 9), ints([3, 1], 1, 5)], options),
  ]);
}

const comparisons = ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"];

const elementwise: Case[] = [
  ...binaries(["Add", "Sub", "Mul", "Div"], undefined),
  run("Div", [ints([12], -9, 9), fed("int64", [1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6])]),
  run("Add", [special, special]),
  run("Sub", [special, special]),
  run("Mul", [special, special]),
  run("Div", [special, special]),
  ...binaries(["Pow"], undefined).slice(0, 6),
  run("Pow", [floats([3, 4]), float(2)]),
  run("Pow", [floats([3, 4]), float(3)]),
  run("Pow", [floats([3, 4]), number(2)]),
  run("Pow", [ints([2, 3], 0, 5), ints([3], 0, 4)]),
  run("Mod", [ints([3, 4], -20, 20), ints([4], 1, 7)]),
  run("Mod", [ints([12], -20, 20), fed("int64", [3, -3, 5, -5, 7, -7, 2, -2, 9, -9, 4, -4])]),
  run("Mod", [ints([12], -20, 20), fed("int64", [3, -3, 5, -5, 7, -7, 2, -2, 9, -9, 4, -4])], { attributes: { fmod: int(1) } }),
  run("Mod", [floats([3, 4], -5, 5), floats([4], 0.5, 2)], { attributes: { fmod: int(1) } }),
  run("Mod", [floats([3, 4], -5, 5), floats([4], -2, -0.5)], { attributes: { fmod: int(1) } }),
  ...["Max", "Min", "Sum", "Mean"].flatMap((name) => [
    run(name, [floats([2, 3]), floats([3]), floats([2, 1])]),
    run(name, [floats([2, 3])]),
    run(name, [floats([2, 3]), floats([2, 3])]),
  ]),
  ...["Max", "Min"].flatMap((name) => [run(name, [ints([2, 3]), ints([3]), ints([2, 1])]), run(name, [doubles([2, 3]), doubles([3])]), run(name, [special, floats([4])])]),
  ...unaries(["Neg", "Abs", "Sign"], -4, 4, ["float64", "int64"]),
  ...unaries(["Exp", "Floor", "Ceil", "Round", "Sin", "Cos", "Tanh"], -4, 4, ["float64"]).filter(({ opType, inputs }) => opType !== "Cos" || inputs.length > 0),
  ...unaries(["Sqrt", "Reciprocal", "Log"], 0.1, 9, ["float64"]),
  ...unaries(["Erf"], -3, 3, []),
  run("Round", [fed("float32", [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, 2.6])]),
  run("Round", [fed("float64", [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, 2.6])]),
  ...["Exp", "Log", "Sqrt", "Tanh", "Erf", "Abs", "Neg", "Reciprocal", "Floor"].map((name) => run(name, [special])),
  run("Cos", [doubles([4], 0, 30000)]),
  run("Sin", [doubles([4], 0, 30000)]),
  run("IsNaN", [special], { outputs: ["bool"] }),
  run("IsNaN", [fed("float64", [NaN, 1, Infinity])], { outputs: ["bool"] }),
  run("IsInf", [special], { outputs: ["bool"] }),
  run("IsInf", [fed("float64", [NaN, 1, Infinity, -Infinity])], { outputs: ["bool"] }),
  run("Not", [bools([2, 3])], { outputs: ["bool"] }),
  ...["And", "Or", "Xor"].map((name) => run(name, [bools([2, 5]), bools([5])], { outputs: ["bool"] })),
  ...binaries(comparisons, ["bool"]),
  ...comparisons.flatMap((name) => [
    run(name, [fed("float32", [1, 2, 3, NaN, Infinity]), fed("float32", [3, 2, 1, NaN, Infinity])], { outputs: ["bool"] }),
    run(name, [fed("int64", [1, 2, 3, 4]), fed("int64", [2, 2, 2, 2])], { outputs: ["bool"] }),
    run(name, [fed("int32", [1, 2, 3, 4]), fed("int32", [2, 2, 2, 2])], { outputs: ["bool"] }),
  ]),
  run("Where", [bools([2, 3]), floats([2, 3]), floats([3])], { outputs: ["float32"] }),
  run("Where", [bools([3, 3]), float(0), float(-1e30)], { outputs: ["float32"] }),
  run("Where", [bools([2, 1]), fed("float32", [NaN, 1, 2]), fed("float32", [Infinity, -Infinity, 5])], { outputs: ["float32"] }),
  run("Where", [bools([2, 3]), ints([2, 3]), ints([3])], { outputs: ["int64"] }),
  run("Clip", [floats([3, 4]), float(-1), float(1)]),
  run("Clip", [floats([3, 4]), undefined, float(0.5)]),
  run("Clip", [floats([3, 4]), float(0.5)]),
  run("Clip", [special, float(-2), float(2)]),
  run("Clip", [ints([3, 4]), number(-1), number(2)]),
  run("Clip", [floats([3, 4])], { opset: 6, attributes: { min: { float: -0.5 }, max: { float: 0.75 } } }),
];

const cast = (to: ElementType, from: Operand): Case => run("Cast", [from], { outputs: [to], attributes: { to: int(tensorProto({ type: to, shape: [0], values: [] }).dataType!) } });

const casts: Case[] = [
  run("CastLike", [floats([2, 3]), floats([1])]),
  run("CastLike", [ints([2, 3]), floats([1])], { outputs: ["float32"] }),
  run("CastLike", [doubles([2, 3]), ints([1])], { outputs: ["int64"] }),
  cast("float32", ints([2, 3])),
  cast("float32", doubles([2, 3])),
  cast("float32", floats([2, 3])),
  cast("float32", bools([2, 3])),
  cast("float32", ints([2, 3], -5, 5, "int32")),
  cast("int64", floats([2, 3], -9, 9)),
  cast("int32", floats([2, 3], -9, 9)),
  cast("int32", ints([2, 3])),
  cast("int64", doubles([2, 3], -9, 9)),
  cast("float64", floats([2, 3])),
  cast("float64", ints([2, 3])),
  cast("bool", ints([2, 5])),
  cast("bool", fed("float32", [0, 1, -0.5, 0, 2])),
  cast("int64", bools([4])),
  cast("bool", bools([4])),
  cast("float64", bools([4])),
  run("Identity", [floats([2, 3])]),
  run("Identity", [ints([2, 3])]),
  run("Dropout", [floats([2, 3])]),
  run("Dropout", [floats([2, 3]), float(0.5)], { outputs: ["float32", "bool"] }),
  run("Dropout", [floats([2, 3])], { opset: 7, attributes: { ratio: { float: 0.3 } } }),
];

const activations: Case[] = [
  ...["Relu", "Sigmoid", "Softplus", "Softsign", "Elu", "Selu", "LeakyRelu", "HardSigmoid", "HardSwish", "Mish", "Gelu"].flatMap((name) => [
    run(name, [floats([3, 5], -6, 6)]),
    run(name, [floats([2, 2, 3], -0.01, 0.01)]),
  ]),
  ...["Relu", "Sigmoid", "Gelu", "LeakyRelu", "Elu"].map((name) => run(name, [special])),
  run("Gelu", [floats([3, 5], -6, 6)], { attributes: { approximate: { string: "tanh" } } }),
  run("Gelu", [special], { attributes: { approximate: { string: "tanh" } } }),
  run("Elu", [floats([3, 5])], { attributes: { alpha: { float: 0.5 } } }),
  run("Selu", [floats([3, 5])], { attributes: { alpha: { float: 1.5 }, gamma: { float: 2 } } }),
  run("LeakyRelu", [floats([3, 5])], { attributes: { alpha: { float: 0.3 } } }),
  run("HardSigmoid", [floats([3, 5])], { attributes: { alpha: { float: 0.4 }, beta: { float: 0.3 } } }),
  run("PRelu", [floats([2, 3, 4]), floats([3, 1])]),
  run("PRelu", [floats([2, 3]), float(0.25)]),
  run("FastGelu", [floats([3, 5])], { domain: "com.microsoft" }),
  run("FastGelu", [floats([3, 5]), floats([5])], { domain: "com.microsoft" }),
  run("BiasGelu", [floats([3, 5]), floats([5])], { domain: "com.microsoft" }),
  run("QuickGelu", [floats([3, 5])], { domain: "com.microsoft" }),
  run("QuickGelu", [floats([3, 5])], { domain: "com.microsoft", attributes: { alpha: { float: 1.3 } } }),
  run("Swish", [floats([3, 5])], { opset: 24 }),
  run("Swish", [floats([3, 5])], { opset: 24, attributes: { alpha: { float: 1.7 } } }),
];

/** The same movement of float32, of int64 and of float64. */
function moved(opType: string, shape: readonly number[], settings: readonly (Operand | undefined)[], options: Options = {}): Case[] {
  return [floats(shape), ints(shape), doubles(shape)].map((x) => run(opType, [x, ...settings], { ...options, outputs: (options.outputs ?? [x.type]).map(() => x.type) }));
}

const two: Options = { outputs: ["float32", "float32"] };
const three: Options = { outputs: ["float32", "float32", "float32"] };

const movements: Case[] = [
  ...moved("Reshape", [2, 3, 4], [list(6, -1)]),
  ...moved("Reshape", [2, 3, 4], [list(0, 0, 2, 2)]),
  ...moved("Reshape", [2, 3, 4], [list(-1)]),
  ...moved("Reshape", [2, 3, 4], [fed("int64", [4, 6])]),
  ...moved("Reshape", [1], [constant("int64", [], [0])]),
  ...moved("Flatten", [2, 3, 4], [], { attributes: { axis: int(2) } }),
  ...moved("Flatten", [2, 3, 4], [], { attributes: { axis: int(-2) } }),
  ...moved("Flatten", [2, 3, 4], []),
  ...moved("Flatten", [2, 3], [], { attributes: { axis: int(0) } }),
  ...moved("Squeeze", [1, 3, 1, 2], [list(0, -2)]),
  ...moved("Squeeze", [1, 3, 1, 2], []),
  ...moved("Squeeze", [1, 3, 1, 2], [], { opset: 11, attributes: { axes: many(2) } }),
  ...moved("Unsqueeze", [2, 3], [list(0, -1)]),
  ...moved("Unsqueeze", [2, 3], [list(-1, 1)]),
  ...moved("Unsqueeze", [], [list(0)]),
  ...moved("Unsqueeze", [2, 3], [], { opset: 11, attributes: { axes: many(1, 3) } }),
  ...moved("Transpose", [2, 3, 4], [], { attributes: { perm: many(2, 0, 1) } }),
  ...moved("Transpose", [2, 3, 4], []),
  ...moved("Transpose", [2, 3, 4, 2], [], { attributes: { perm: many(0, 2, 1, 3) } }),
  ...moved("Transpose", [2, 1, 3, 2, 2], [], { attributes: { perm: many(4, 2, 0, 3, 1) } }),
  ...moved("Slice", [4, 5], [list(1, 0), list(3, 4)]),
  ...moved("Slice", [4, 5], [list(-3), list(-1), list(-1)]),
  ...moved("Slice", [4, 5, 3], [list(1), list(2 ** 53), list(1), list(2)]),
  ...moved("Slice", [4, 5], [list(-1, 3), list(-9999, 0), list(0, 1), list(-1, -2)]),
  ...moved("Slice", [4, 5], [list(3), list(2 ** 62), list(0)]),
  ...moved("Slice", [4, 5], [], { opset: 9, attributes: { starts: many(1, 1), ends: many(4, -1), axes: many(0, 1) } }),
  ...moved("Slice", [6], [fed("int64", [1]), fed("int64", [4])]),
  ...moved("Split", [4, 6], [list(1, 3)], two),
  ...moved("Split", [4, 6], [], { ...three, attributes: { axis: int(1), num_outputs: int(3) } }),
  ...moved("Split", [4, 7], [], { ...three, attributes: { axis: int(-1), num_outputs: int(3) } }),
  ...moved("Split", [4, 6], [], { ...two, opset: 13, attributes: { axis: int(0) } }),
  ...moved("Split", [4, 6], [], { ...two, opset: 11, attributes: { axis: int(1), split: many(2, 4) } }),
  run("Concat", [floats([2, 3]), floats([2, 1]), floats([2, 2])], { attributes: { axis: int(1) } }),
  run("Concat", [floats([2, 3]), floats([1, 3])], { attributes: { axis: int(-2) } }),
  run("Concat", [ints([2, 3]), ints([2, 1])], { attributes: { axis: int(1) } }),
  run("Concat", [doubles([2, 3]), doubles([2, 1])], { attributes: { axis: int(1) } }),
  run("Concat", [ints([3])], { attributes: { axis: int(0) } }),
  ...moved("Expand", [3, 1], [list(2, 3, 4)]),
  ...moved("Expand", [2, 3], [list(1)]),
  ...moved("Expand", [3, 1], [list(1, 4)]),
  ...moved("Expand", [2, 3], [list(2, 3)]),
  ...moved("Tile", [2, 3], [list(2, 3)]),
  ...moved("Tile", [2, 3], [list(1, 1)]),
  ...moved("Pad", [2, 3], [list(1, 0, 0, 2)]),
  run("Pad", [floats([2, 3]), list(1, 0, 0, 2), float(7.5)]),
  run("Pad", [floats([2, 3]), list(1, 0, 0, 2), float(-Infinity)]),
  run("Pad", [ints([2, 3]), list(1, 0, 0, 2), number(7)]),
  run("Pad", [floats([4, 3]), list(-1, 0, 0, 2)]),
  ...moved("Pad", [3, 4], [list(2, 1), undefined, list(-1)]),
  ...moved("Pad", [3, 4], [list(1, 2, 2, 3)], { attributes: { mode: { string: "reflect" } } }),
  ...moved("Pad", [3, 4], [list(1, 2, 2, 3)], { attributes: { mode: { string: "edge" } } }),
  ...moved("Pad", [3, 4], [list(1, 2, 2, 3)], { attributes: { mode: { string: "wrap" } } }),
  run("Pad", [floats([3, 4])], { opset: 10, attributes: { pads: many(1, 0, 2, 1), value: { float: 0.25 } } }),
  ...moved("Gather", [4, 3, 2], [constant("int64", [0, 2, -1, 3], [2, 2])]),
  ...moved("Gather", [4, 3, 2], [number(1)], { attributes: { axis: int(1) } }),
  ...moved("Gather", [4, 3, 2], [fed("int64", [1, 0])], { attributes: { axis: int(-1) } }),
  ...moved("Gather", [4, 3], [fed("int32", [1, 0])]),
  ...moved("GatherElements", [3, 4], [ints([3, 2], -4, 3)], { attributes: { axis: int(1) } }),
  ...moved("GatherElements", [2, 3], [ints([2, 5], -3, 2)], { attributes: { axis: int(1) } }),
  ...moved("GatherElements", [3, 4, 2], [ints([2, 4, 1], -3, 2)], { attributes: { axis: int(0) } }),
];

const value = (type: ElementType, one: number): Record<string, onnx.ITensorProto> => ({ value: tensorProto({ type, shape: [1], values: [one] }) });

const creation: Case[] = [
  ...[floats([2, 3, 4]), ints([2, 3, 4])].flatMap((x) => [
    run("Shape", [x], { outputs: ["int64"] }),
    run("Shape", [x], { outputs: ["int64"], attributes: { start: int(1) } }),
    run("Shape", [x], { outputs: ["int64"], attributes: { start: int(-2), end: int(-1) } }),
    run("Shape", [x], { outputs: ["int64"], attributes: { end: int(2) } }),
    run("Size", [x], { outputs: ["int64"] }),
  ]),
  run("Range", [fed("int64", [2], []), fed("int64", [11], []), fed("int64", [3], [])]),
  run("Range", [fed("int64", [5], []), fed("int64", [-5], []), fed("int64", [-2], [])]),
  run("Range", [fed("float32", [0], []), fed("float32", [2], []), fed("float32", [0.25], [])]),
  run("Range", [fed("float64", [0], []), fed("float64", [2], []), fed("float64", [0.3], [])]),
  run("ConstantOfShape", [list(2, 3)], { outputs: ["float32"] }),
  run("ConstantOfShape", [fed("int64", [2, 3])], { outputs: ["float32"], tensors: value("float32", 2.5) }),
  run("ConstantOfShape", [fed("int64", [4])], { outputs: ["int64"], tensors: value("int64", 7) }),
  run("ConstantOfShape", [fed("int64", [4])], { outputs: ["bool"], tensors: value("bool", 1) }),
  ...moved("Trilu", [3, 4], []),
  ...moved("Trilu", [2, 4, 3], [number(1)]),
  ...moved("Trilu", [3, 4], [number(-1)], { attributes: { upper: int(0) } }),
  run("Trilu", [fed("float32", [-Infinity, -Infinity, -Infinity, NaN], [2, 2]), number(1)]),
];

const sums = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceLogSumExp"];
const exact = ["ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd"];

const reductions: Case[] = [
  ...sums.flatMap((name) => [
    run(name, [floats([2, 3, 4]), list(-1)], { opset: 18 }),
    run(name, [floats([2, 3, 4]), list(0, 2)], { opset: 18, attributes: { keepdims: int(0) } }),
    run(name, [floats([2, 3, 4])], { opset: 18 }),
    run(name, [floats([2, 3, 4])], { opset: 18, attributes: { keepdims: int(0) } }),
    run(name, [floats([2, 100], 0.9, 1.1), list(1)], { opset: 18 }),
    run(name, [floats([5, 70, 3], 0.9, 1.1), list(1)], { opset: 18, attributes: { keepdims: int(0) } }),
    run(name, [floats([2, 3, 4])], { opset: 11, attributes: { axes: many(1) } }),
    run(name, [floats([2, 3, 4])], { opset: 11, attributes: { axes: many(-1), keepdims: int(0) } }),
  ]),
  run("ReduceSum", [floats([2, 3, 4]), constant("int64", [], [0])], { opset: 18, attributes: { noop_with_empty_axes: int(1) } }),
  run("ReduceMean", [doubles([2, 3]), list(1)], { opset: 18 }),
  run("ReduceMax", [special, list(1)], { opset: 18 }),
  ...exact.flatMap((name) => [run(name, [ints([2, 3, 4], 1, 5), list(1)], { opset: 18 }), run(name, [ints([6], 1, 5)], { opset: 18, attributes: { keepdims: int(0) } })]),
  ...["ArgMax", "ArgMin"].flatMap((name) => [
    run(name, [floats([3, 5])], { outputs: ["int64"], attributes: { axis: int(-1) } }),
    run(name, [floats([3, 5, 2])], { outputs: ["int64"], attributes: { axis: int(1), keepdims: int(0) } }),
    run(name, [fed("float32", [1, 3, 3, 1, 1, 2], [2, 3])], { outputs: ["int64"], attributes: { axis: int(1) } }),
    run(name, [fed("float32", [1, 3, 3, 1, 1, 2], [2, 3])], { outputs: ["int64"], attributes: { axis: int(1), select_last_index: int(1) } }),
  ]),
  ...moved("CumSum", [2, 5], [number(1)]),
  ...moved("CumSum", [3, 2, 2], [number(0)], { attributes: { exclusive: int(1) } }),
  ...moved("CumSum", [2, 5], [number(-1)], { attributes: { reverse: int(1) } }),
  ...moved("CumSum", [2, 5], [number(1)], { attributes: { reverse: int(1), exclusive: int(1) } }),
  ...["Softmax", "LogSoftmax"].flatMap((name) => [
    run(name, [floats([2, 3, 5], -20, 20)]),
    run(name, [floats([2, 3, 5])], { attributes: { axis: int(1) } }),
    run(name, [floats([2, 3, 5])], { attributes: { axis: int(0) } }),
    run(name, [floats([2, 3, 5])], { opset: 11 }),
    run(name, [floats([2, 3, 5])], { opset: 11, attributes: { axis: int(2) } }),
    run(name, [floats([3, 500], -2, 2)]),
    run(name, [fed("float32", [1, 2, -1e30, 3, -Infinity, 4], [2, 3])]),
    run(name, [fed("float32", [NaN, 2, 1, 3, 5, 4], [2, 3])]),
  ]),
];

const norms: Case[] = [
  run("LayerNormalization", [floats([2, 3, 8]), floats([8]), floats([8])]),
  run("LayerNormalization", [floats([2, 3, 8]), floats([8])], { attributes: { epsilon: { float: 0.1 } } }),
  run("LayerNormalization", [floats([2, 3, 8]), floats([3, 8]), floats([3, 8])], { attributes: { axis: int(1) } }),
  run("LayerNormalization", [floats([2, 100], 99, 101), floats([100]), floats([100])], { outputs: ["float32", "float32", "float32"], tolerance: 1e-4 }),
  run("LayerNormalization", [floats([2, 768]), floats([768]), floats([768])]),
  run("LayerNormalization", [special, floats([4]), floats([4])]),
  run("RMSNormalization", [floats([2, 3, 8]), floats([8])], { opset: 23 }),
  run("RMSNormalization", [floats([2, 100]), floats([100])], { opset: 23, attributes: { epsilon: { float: 0.1 } } }),
  run("SimplifiedLayerNormalization", [floats([2, 3, 8]), floats([8])], { outputs: ["float32", "float32"], attributes: { axis: int(-1), epsilon: { float: 1e-3 } } }),
  run("SkipLayerNormalization", [floats([2, 3, 8]), floats([2, 3, 8]), floats([8]), floats([8]), floats([8])], {
    domain: "com.microsoft",
    outputs: ["float32", "", "", "float32"],
    attributes: { epsilon: { float: 1e-3 } },
  }),
  run("SkipLayerNormalization", [floats([2, 3, 8]), floats([2, 3, 8]), floats([8])], { domain: "com.microsoft" }),
  run("SkipSimplifiedLayerNormalization", [floats([2, 3, 8]), floats([2, 3, 8]), floats([8]), floats([8])], {
    domain: "com.microsoft",
    outputs: ["float32", "", "", "float32"],
    attributes: { epsilon: { float: 1e-3 } },
  }),
  run("BatchNormalization", [floats([2, 3, 4, 5]), floats([3]), floats([3]), floats([3]), floats([3], 0.5, 2)]),
  run("BatchNormalization", [floats([2, 3]), floats([3]), floats([3]), floats([3]), floats([3], 0.5, 2)], { attributes: { epsilon: { float: 0.1 } } }),
  run("InstanceNormalization", [floats([2, 3, 4, 5]), floats([3]), floats([3])]),
  run("InstanceNormalization", [floats([2, 3, 40]), floats([3]), floats([3])], { attributes: { epsilon: { float: 0.1 } } }),
  run("GroupNormalization", [floats([2, 6, 4]), floats([3]), floats([3])], { opset: 18, attributes: { num_groups: int(3) } }),
  run("GroupNormalization", [floats([2, 6, 4, 3]), floats([6]), floats([6])], { opset: 21, attributes: { num_groups: int(2), epsilon: { float: 0.01 } } }),
  run("LpNormalization", [floats([3, 5])]),
  run("LpNormalization", [floats([3, 5])], { attributes: { axis: int(0), p: int(1) } }),
];

const einsum = (equation: string, ...shapes: number[][]): Case => run("Einsum", shapes.map((shape) => floats(shape)), { attributes: { equation: { string: equation } } });

const products: Case[] = [
  run("MatMul", [floats([3, 4]), floats([4, 5])]),
  run("MatMul", [floats([2, 3, 4]), floats([4, 5])]),
  run("MatMul", [floats([2, 3, 4]), floats([2, 4, 5])]),
  run("MatMul", [floats([2, 3, 2, 4]), floats([2, 1, 4, 5])]),
  run("MatMul", [floats([2, 1, 2, 4]), floats([3, 4, 5])]),
  run("MatMul", [floats([3, 4]), floats([2, 4, 5])]),
  run("MatMul", [floats([4]), floats([4, 5])]),
  run("MatMul", [floats([3, 4]), floats([4])]),
  run("MatMul", [floats([2, 3, 4]), floats([4])]),
  run("MatMul", [floats([4]), floats([2, 4, 5])]),
  run("MatMul", [floats([4]), floats([4])]),
  run("MatMul", [floats([64, 300]), floats([300, 64])], { tolerance: 1e-4 }),
  run("MatMul", [fed("float32", [NaN, 1, 2, 3], [2, 2]), fed("float32", [1, Infinity, 2, 3], [2, 2])]),
  run("Gemm", [floats([3, 4]), floats([4, 5])]),
  run("Gemm", [floats([3, 4]), floats([4, 5]), floats([5])]),
  run("Gemm", [floats([3, 4]), floats([5, 4]), floats([5])], { attributes: { transB: int(1) } }),
  run("Gemm", [floats([3, 4]), { ...floats([5, 4]), constant: true }, { ...floats([5]), constant: true }], { attributes: { transB: int(1) } }),
  run("Gemm", [floats([4, 3]), floats([5, 4])], { attributes: { transA: int(1), transB: int(1), alpha: { float: 0.5 } } }),
  run("Gemm", [floats([3, 4]), floats([4, 5]), floats([3, 1])], { attributes: { beta: { float: 2 } } }),
  run("Gemm", [floats([3, 4]), floats([4, 5]), floats([])], { attributes: { alpha: { float: 3 } } }),
  run("Gemm", [floats([3, 4]), floats([4, 5]), floats([1])]),
  einsum("ij,jk->ik", [3, 4], [4, 5]),
  einsum("bhqd,bhkd->bhqk", [2, 3, 4, 5], [2, 3, 6, 5]),
  einsum("bqhd,bkhd->bhqk", [2, 4, 3, 5], [2, 6, 3, 5]),
  einsum("...ij,...jk->...ik", [2, 3, 4], [2, 4, 5]),
  einsum("ij,ij->", [3, 4], [3, 4]),
  einsum("ij->ji", [3, 4]),
  einsum("ijk->i", [3, 4, 2]),
  einsum("i,j->ij", [3], [4]),
  einsum("ij,jk", [3, 4], [4, 5]),
  einsum("ij,jk,kl->il", [3, 4], [4, 5], [5, 2]),
];

const convolutions: Case[] = [
  run("Conv", [floats([2, 3, 8, 8]), floats([4, 3, 3, 3]), floats([4])]),
  run("Conv", [floats([2, 3, 8, 6]), floats([4, 3, 4, 2]), floats([4])], { attributes: { kernel_shape: many(4, 2), strides: many(4, 2) } }),
  run("Conv", [floats([1, 3, 8, 7]), floats([4, 3, 3, 3])], { attributes: { pads: many(1, 0, 2, 1), strides: many(2, 1) } }),
  run("Conv", [floats([1, 2, 9, 9]), floats([3, 2, 3, 3])], { attributes: { dilations: many(2, 2) } }),
  run("Conv", [floats([1, 4, 6, 6]), floats([6, 2, 3, 3]), floats([6])], { attributes: { group: int(2) } }),
  run("Conv", [floats([1, 4, 6, 6]), floats([4, 1, 3, 3]), floats([4])], { attributes: { group: int(4), pads: many(1, 1, 1, 1) } }),
  run("Conv", [floats([2, 3, 10]), floats([4, 3, 3]), floats([4])], { attributes: { pads: many(1, 1) } }),
  run("Conv", [floats([2, 3, 10]), floats([4, 3, 3])], { attributes: { strides: many(2), pads: many(0, 2) } }),
  run("Conv", [floats([1, 3, 7, 8]), floats([2, 3, 3, 3])], { attributes: { auto_pad: { string: "SAME_UPPER" }, strides: many(2, 2) } }),
  run("Conv", [floats([1, 3, 7, 8]), floats([2, 3, 3, 3])], { attributes: { auto_pad: { string: "SAME_LOWER" }, strides: many(2, 2) } }),
  run("Conv", [floats([1, 3, 7, 8]), floats([2, 3, 3, 3])], { attributes: { auto_pad: { string: "VALID" } } }),
];

const pools: Case[] = [
  ...["MaxPool", "AveragePool"].flatMap((name) => [
    run(name, [floats([2, 3, 8, 8])], { attributes: { kernel_shape: many(2, 2), strides: many(2, 2) } }),
    run(name, [floats([1, 2, 7, 8])], { attributes: { kernel_shape: many(3, 2), strides: many(2, 1), pads: many(1, 0, 1, 1) } }),
    run(name, [floats([1, 2, 9])], { attributes: { kernel_shape: many(3), strides: many(2) } }),
    run(name, [floats([1, 2, 8, 7])], { attributes: { kernel_shape: many(3, 3), strides: many(2, 2), ceil_mode: int(1) } }),
    run(name, [floats([1, 2, 8, 7])], { attributes: { kernel_shape: many(3, 3), strides: many(2, 2), auto_pad: { string: "SAME_UPPER" } } }),
  ]),
  run("AveragePool", [floats([1, 2, 7, 8])], { attributes: { kernel_shape: many(3, 3), pads: many(1, 1, 1, 1), count_include_pad: int(1) } }),
  run("AveragePool", [floats([1, 2, 8, 7])], { attributes: { kernel_shape: many(3, 3), strides: many(2, 2), pads: many(1, 1, 1, 1), ceil_mode: int(1), count_include_pad: int(1) } }),
  run("AveragePool", [floats([1, 2, 8, 7])], { attributes: { kernel_shape: many(3, 3), strides: many(2, 2), pads: many(1, 1, 1, 1), ceil_mode: int(1) } }),
  ...["GlobalAveragePool", "GlobalMaxPool"].flatMap((name) => [run(name, [floats([2, 3, 5, 7])]), run(name, [floats([2, 3, 9])])]),
];

/** Nodes with seeded data, several for each operator. */
export const cases: readonly Case[] = [
  ...elementwise,
  ...casts,
  ...activations,
  ...movements,
  ...creation,
  ...reductions,
  ...norms,
  ...products,
  ...convolutions,
  ...pools,
];
