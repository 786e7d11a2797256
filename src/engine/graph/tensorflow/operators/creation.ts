import { elementType } from "../element-types";
import type { TensorflowNode, Translation, Translations } from "../node";
import { endOfAll, type OnnxWriter } from "../writer";
import { as } from "./elementwise";

/** A number all over, in the shape of the input. */
const like = (value: number): Translation => (node, writer) => writer.op("Expand", [writer.number(value, node.type("T")), writer.op("Shape", [node.input(0)])]);

const fill: Translation = (node, writer) => writer.op("Expand", [node.input(1), node.input(0)]);

const rank: Translation = (node, writer) => writer.op("Size", [writer.op("Shape", [node.input(0)])]);

/** The places of what is true or not 0, one a row. */
const where: Translation = (node, writer) => writer.op("Transpose", [writer.op("NonZero", [node.input(0)])], { perm: { ints: [1, 0] } });

const oneHot: Translation = (node, writer) => {
  const [indices, depth, on, off] = [node.input(0), node.input(1), node.input(2), node.input(3)];
  const values = writer.op("Concat", [writer.vector(off), writer.vector(on)], { axis: { int: 0 } });
  return writer.op("OneHot", [indices, depth, values], { axis: { int: node.int("axis", -1) } });
};

/** What is at most so far below and above the diagonal; a negative number means any distance. */
const bandPart: Translation = (node, writer) => {
  const [below, above] = [node.setting(1)[0] ?? 0, node.setting(2)[0] ?? 0];
  const kept = below < 0 ? node.input(0) : writer.op("Trilu", [node.input(0), writer.int(-below)], { upper: { int: 1 } });
  return above < 0 ? kept : writer.op("Trilu", [kept, writer.int(above)], { upper: { int: 0 } });
};

const shapes = (node: TensorflowNode, writer: OnnxWriter): readonly string[] => node.inputs.map((value) => writer.op("Shape", [value]));

/** The shape that shapes are broadcast to: ones are left as they are by the larger, and no axis has a size of 0. */
const broadcastShape: Translation = (node, writer) => {
  const ones = node.inputs.map((shape) => writer.op("Expand", [writer.int(1), shape]));
  return writer.op("Shape", [ones.slice(1).reduce((all, one) => writer.op("Mul", [all, one]), ones[0]!)]);
};

/** From a number to another in even steps. */
const linSpace: Translation = (node, writer) => {
  const [start, stop, count] = [node.input(0), node.input(1), node.setting(2)[0] ?? 1];
  if (!(count >= 1 && count <= endOfAll)) throw new Error(`its node "${node.name}" makes ${count} steps`);
  const places = writer.op("Cast", [writer.op("Range", [writer.int(0), writer.int(count), writer.int(1)])], { to: { int: elementType(node.type("T"))?.computed ?? 0 } });
  const step = writer.op("Div", [writer.op("Sub", [stop, start]), writer.number(Math.max(1, count - 1), node.type("T"))]);
  return writer.op("Add", [start, writer.op("Mul", [places, step])]);
};

/** Operators that make tensors from sizes or of them. */
export const creation: Translations = {
  Shape: (node, writer) => writer.op("Shape", [node.input(0)]),
  ShapeN: shapes,
  Size: (node, writer) => writer.op("Size", [node.input(0)]),
  VariableShape: (node, writer) => writer.op("Shape", [node.input(0)]),
  Rank: rank,
  Fill: fill,
  ZerosLike: like(0),
  OnesLike: like(1),
  Range: as("Range"),
  LinSpace: linSpace,
  Where: where,
  OneHot: oneHot,
  MatrixBandPart: bandPart,
  BroadcastArgs: broadcastShape,
};
