import type { Graph, Value } from "../../../src/engine/graph/graph";
import { scattered, Writer, type FloatType } from "./model";

/** What a written norm has, as the finder must tell it. */
export interface Written {
  readonly name: string;
  readonly graph: Graph;
  readonly kind: "layernorm" | "rmsnorm";
  readonly shape: readonly number[];
  readonly axes: readonly number[];
  readonly hasAffine: boolean;
}

/** What is added to every spread. */
export const eps = 1e-3;

type Over = { readonly axes: readonly number[]; readonly count: number };
type Step = (w: Writer, x: Value, over: Over) => Value;

/** Every way of writing each step of a norm. */
const means: Readonly<Record<string, Step>> = {
  ReduceMean: (w, x, { axes }) => w.reduce("ReduceMean", x, axes),
  "sum / n": (w, x, { axes, count }) => w.op("Div", [w.reduce("ReduceSum", x, axes), w.float(count)]),
  "sum * 1/n": (w, x, { axes, count }) => w.op("Mul", [w.float(1 / count), w.reduce("ReduceSum", x, axes)]),
  "mean, unsqueezed": (w, x, { axes }) => w.unsqueeze(w.reduce("ReduceMean", x, axes, 0), axes),
  "mean, cast": (w, x, { axes }) => w.op("Cast", [w.reduce("ReduceMean", w.op("Cast", [x], { to: 1 }), axes)], { to: w.elementType }),
};

const squares: Readonly<Record<string, (w: Writer, x: Value) => Value>> = {
  "pow 2": (w, x) => w.op("Pow", [x, w.float(2)]),
  "x * x": (w, x) => w.op("Mul", [x, x]),
};

/** Of the spread to numerator / root. */
const quotients: Readonly<Record<string, (w: Writer, numerator: Value, spread: Value) => Value>> = {
  "/ sqrt": (w, a, s) => w.op("Div", [a, w.op("Sqrt", [w.op("Add", [s, w.float(eps)])])]),
  "* reciprocal of sqrt": (w, a, s) => w.op("Mul", [a, w.op("Reciprocal", [w.op("Sqrt", [w.op("Add", [w.float(eps), s])])])]),
  "* 1 / sqrt": (w, a, s) => w.op("Mul", [w.op("Div", [w.float(1), w.op("Sqrt", [w.op("Add", [s, w.float(eps)])])]), a]),
  "/ pow 0.5": (w, a, s) => w.op("Div", [a, w.op("Pow", [w.op("Add", [s, w.float(eps)]), w.float(0.5)])]),
  "* pow -0.5": (w, a, s) => w.op("Mul", [a, w.op("Pow", [w.op("Add", [s, w.float(eps)]), w.float(-0.5)])]),
  "* sqrt of reciprocal": (w, a, s) => w.op("Mul", [a, w.op("Sqrt", [w.op("Reciprocal", [w.op("Add", [s, w.float(eps)])])])]),
};

type Mean = (x: Value) => Value;
type Square = (x: Value) => Value;

/** The spread and the numerator of each kind. */
const spreads: Readonly<Record<string, { readonly kind: Written["kind"]; readonly write: (w: Writer, x: Value, mean: Mean, square: Square) => readonly [numerator: Value, spread: Value] }>> = {
  "squares of the centred": { kind: "layernorm", write: (w, x, mean, square) => { const d = w.op("Sub", [x, mean(x)]); return [d, mean(square(d))]; } },
  "centred twice": { kind: "layernorm", write: (w, x, mean, square) => [w.op("Sub", [x, mean(x)]), mean(square(w.op("Sub", [x, mean(x)])))] },
  "difference of squares": { kind: "layernorm", write: (w, x, mean, square) => { const m = mean(x); return [w.op("Sub", [x, m]), w.op("Sub", [mean(square(x)), square(m)])]; } },
  "clipped difference": { kind: "layernorm", write: (w, x, mean, square) => { const m = mean(x); return [w.op("Sub", [x, m]), w.op("Max", [w.float(0), w.op("Sub", [mean(square(x)), square(m)])])]; } },
  "mean square": { kind: "rmsnorm", write: (_, x, mean, square) => [x, mean(square(x))] },
};

/** Shapes of the input with the axes that are normalised, and the shape of gain and offset; none where it has none. */
const places: Readonly<Record<string, { readonly shape: readonly number[]; readonly axes: readonly number[]; readonly affine?: readonly number[] }>> = {
  "last axis": { shape: [2, 3, 8], axes: [-1], affine: [8] },
  "last axis, counted from the start": { shape: [2, 3, 8], axes: [2], affine: [8] },
  "last axis, no affine": { shape: [2, 3, 8], axes: [-1] },
  "axis 1": { shape: [2, 8, 5], axes: [1], affine: [8, 1] },
  "axis 1 of images": { shape: [2, 6, 3, 4], axes: [1], affine: [6, 1, 1] },
  "two axes": { shape: [2, 3, 4, 5], axes: [-2, -1], affine: [4, 5] },
  "two axes, gain along one": { shape: [2, 3, 4, 5], axes: [2, 3], affine: [5] },
};

/** All combinations of mean, square, quotient and spread over the last axis, and all places in a few spellings, in one operator set and type. */
export function corpus(opset?: number, type: FloatType = "FLOAT"): Written[] {
  const one = (mean: string, square: string, quotient: string, spread: string, place: string): Written => written([mean, square, quotient, spread, place], new Writer(places[place]!.shape, opset ?? (mean === "mean, unsqueezed" ? 18 : 17), type));
  const everywhere = Object.keys(means).flatMap((mean) => Object.keys(squares).flatMap((square) => Object.keys(quotients).flatMap((quotient) => Object.keys(spreads).map((spread) => one(mean, square, quotient, spread, "last axis")))));
  const elsewhere = Object.keys(places).flatMap((place) => Object.keys(means).flatMap((mean) => Object.keys(spreads).map((spread) => one(mean, "pow 2", "/ sqrt", spread, place))));
  return [...everywhere, ...elsewhere];
}

type Spelling = readonly [mean: string, square: string, quotient: string, spread: string, place: string];

function written([mean, square, quotient, spread, place]: Spelling, w: Writer): Written {
  const { shape, axes: stated, affine } = places[place]!;
  // Before version 11 axes are counted from the start alone.
  const axes = w.opset >= 11 ? stated : stated.map((axis) => (axis < 0 ? axis + shape.length : axis));
  const count = axes.reduce((product, axis) => product * shape.at(axis)!, 1);
  // What is fed is computed with first: a fed value that is standardised is no layer's input.
  const x = w.inType(w.op("Add", ["x", "x"]));
  const { kind, write } = spreads[spread]!;
  const [numerator, squared] = write(w, x, (value) => means[mean]!(w, value, { axes, count }), (value) => squares[square]!(w, value));
  const normalised = quotients[quotient]!(w, numerator, squared);
  const output = affine ? withAffine(w, normalised, affine) : normalised;
  return { name: [kind, spread, mean, square, quotient, place].join(" | "), graph: w.graph(w.inFloat32(output)), kind, shape, hasAffine: affine !== undefined, axes: axes.map((axis) => (axis < 0 ? axis : axis - shape.length)) };
}

function withAffine(w: Writer, normalised: Value, shape: readonly number[]): Value {
  const count = shape.reduce((product, size) => product * size, 1);
  const gained = w.op("Mul", [w.floats("h.0.ln_1.weight", shape, scattered(count, 1)), normalised]);
  return w.op("Add", [gained, w.floats("h.0.ln_1.bias", shape, scattered(count, 2))]);
}

/** Graphs in which nothing is a norm layer. */
export const lookAlikes: Readonly<Record<string, (w: Writer) => Value>> = {
  softmax: (w) => w.op("Softmax", ["x"], { axis: -1 }),
  "softmax, written out": (w) => { const e = w.op("Exp", [w.op("Sub", ["x", w.reduce("ReduceMax", "x", [-1])])]); return w.op("Div", [e, w.reduce("ReduceSum", e, [-1])]); },
  "batch norm": (w) => w.op("BatchNormalization", ["x", ...["scale", "bias", "mean", "var"].map((name) => w.floats(name, [3], [1, 2, 3]))]),
  "L2 normalisation": (w) => { const y = w.op("Mul", ["x", w.float(2)]); return w.op("Div", [y, w.op("Sqrt", [w.op("Add", [w.reduce("ReduceSum", w.op("Mul", [y, y]), [-1]), w.float(1e-6)])])]); },
  "L2 normalisation by ReduceL2": (w) => w.op("Div", ["x", w.reduce("ReduceL2", "x", [-1])]),
  LpNormalization: (w) => w.op("LpNormalization", ["x"], { axis: -1 }),
  "standardised input": (w) => { const d = w.op("Sub", ["x", w.reduce("ReduceMean", "x", [-1])]); return w.op("Div", [d, w.op("Sqrt", [w.op("Add", [w.reduce("ReduceMean", w.op("Mul", [d, d]), [-1]), w.float(1e-6)])])]); },
  "input by constants": (w) => w.op("Div", [w.op("Sub", ["x", w.float(0.45)]), w.float(0.22)]),
  "cosine similarity": (w) => { const y = w.op("Mul", ["x", w.float(2)]); const size = (v: Value): Value => w.op("Sqrt", [w.reduce("ReduceSum", w.op("Mul", [v, v]), [-1])]); return w.op("Div", [w.reduce("ReduceSum", w.op("Mul", ["x", y]), [-1]), w.op("Mul", [size("x"), size(y)])]); },
  "mean pooling": (w) => w.reduce("ReduceMean", "x", [1]),
  "standard deviation as a pooling": (w) => { const y = w.op("Mul", ["x", w.float(2)]); const d = w.op("Sub", [y, w.reduce("ReduceMean", y, [1])]); return w.op("Sqrt", [w.op("Add", [w.reduce("ReduceMean", w.op("Mul", [d, d]), [1]), w.float(1e-6)])]); },
  "statistics of a batch": (w) => { const y = w.op("Mul", ["x", w.float(2)]); const d = w.op("Sub", [y, w.reduce("ReduceMean", y, [0, 2])]); return w.op("Div", [d, w.op("Sqrt", [w.op("Add", [w.reduce("ReduceMean", w.op("Mul", [d, d]), [0, 2]), w.float(1e-6)])])]); },
  "another value over the root": (w) => { const y = w.op("Mul", ["x", w.float(2)]); const z = w.op("Exp", [y]); return w.op("Div", [z, w.op("Sqrt", [w.op("Add", [w.reduce("ReduceMean", w.op("Mul", [y, y]), [-1]), w.float(1e-6)])])]); },
};
