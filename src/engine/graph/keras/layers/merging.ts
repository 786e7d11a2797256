import { isJsonObject } from "../../../checkpoint/json";
import type { GraphBuilder } from "../../builder";
import type { Value } from "../../graph";
import { NotWritten, type Flow, type LayerCall, type LayerWriter } from "../call";
import { tensorOf } from "../model";

/** One after another: ((a + b) + c) ... */
const folded = (opType: string): LayerWriter => ({ g, inputs }) => merged(inputs, (a, b) => g.op(opType, [a, b]));

function merged(inputs: readonly Flow[], merge: (a: Value, b: Value) => Value): Flow {
  if (inputs.length < 2) throw new NotWritten("a single input");
  return inputs.reduce((a, b) => ({ value: merge(a.value, b.value), rank: Math.max(a.rank, b.rank) }));
}

/** An operation of two values, of which one may be a number. */
const operation = (opType: string): LayerWriter => (call) => {
  const [a, b] = [operand(call, 0, "x1"), operand(call, 1, "x2")];
  return { value: call.g.op(opType, [a.value, b.value]), rank: Math.max(a.rank, b.rank) };
};

function operand({ g, args, kwargs, argument }: LayerCall, place: number, name: string): Flow {
  const flow = argument(place, name);
  if (flow) return flow;
  const stated = args[place] ?? kwargs[name];
  if (typeof stated === "number") return { value: g.float(stated), rank: 0 };
  throw new NotWritten("a constant that is no number");
}

/** Layers and operations that make one value of several. */
export const mergingLayers: Readonly<Record<string, LayerWriter>> = {
  Add: folded("Add"),
  Multiply: folded("Mul"),
  Maximum: folded("Max"),
  Minimum: folded("Min"),
  Subtract: folded("Sub"),
  Average: ({ g, inputs }) => {
    const sum = merged(inputs, (a, b) => g.add(a, b));
    return { ...sum, value: g.multiply(sum.value, g.float(1 / inputs.length)) };
  },
  Concatenate: ({ g, inputs, settings }) => concatenated(g, inputs, settings.number("axis", -1)),
  "ops.Concatenate": ({ g, inputs, settings }) => concatenated(g, inputs, settings.number("axis", 0)),
  "ops.Add": operation("Add"),
  "ops.Subtract": operation("Sub"),
  "ops.Multiply": operation("Mul"),
  "ops.Divide": operation("Div"),
  "ops.TrueDivide": operation("Div"),
  "ops.Maximum": operation("Max"),
  "ops.Minimum": operation("Min"),
  "ops.Power": operation("Pow"),
  "ops.Matmul": ({ g, inputs }) => merged(inputs, (a, b) => g.op("MatMul", [a, b])),
  "ops.GetItem": ({ g, x, args, kwargs }) => slice(g, x, args[1] ?? kwargs["key"]),
};

function concatenated(g: GraphBuilder, inputs: readonly Flow[], axis: number): Flow {
  return { value: g.op("Concat", inputs.map(({ value }) => value), { axis: { int: axis } }), rank: inputs[0]!.rank };
}

/** x[:, 0], x[:, 1:], ... */
function slice(g: GraphBuilder, x: Flow, key: unknown): Flow {
  const parts: readonly unknown[] = Array.isArray(key) ? key : [key];
  const cuts = parts.map((part, axis) => cutOf(part, axis));
  const bounded = cuts.filter(({ start, end }) => start !== 0 || end !== furthest);
  const ints = (pick: (cut: Cut) => number): Value => g.ints(bounded.map(pick));
  const sliced = bounded.length === 0 ? x.value : g.op("Slice", [x.value, ints(({ start }) => start), ints(({ end }) => end), ints(({ axis }) => axis)]);
  const single = cuts.filter(({ isSingle }) => isSingle).map(({ axis }) => axis);
  return { rank: x.rank - single.length, value: single.length === 0 ? sliced : g.op("Squeeze", [sliced, g.ints(single)]) };
}

interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly isSingle: boolean;
}

/** Beyond the end of any axis. */
const furthest = 2 ** 31 - 1;

function cutOf(part: unknown, axis: number): Cut {
  if (typeof part === "number") return { axis, start: part, end: part === -1 ? furthest : part + 1, isSingle: true };
  const bounds = isJsonObject(part) && part["class_name"] === "__slice__" && isJsonObject(part["config"]) ? part["config"] : undefined;
  const [start, stop, step] = [bounds?.["start"] ?? 0, bounds?.["stop"] ?? furthest, bounds?.["step"] ?? 1];
  if (!bounds || tensorOf(start) || typeof start !== "number" || typeof stop !== "number" || step !== 1) throw new NotWritten("a slice that is not made of numbers");
  return { axis, start, end: stop, isSingle: false };
}
