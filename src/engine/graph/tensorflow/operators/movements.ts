import type { Value } from "../../graph";
import type { TensorflowNode, Translation, Translations } from "../node";
import { endOfAll, type OnnxWriter } from "../writer";
import { channelsFirst } from "./channels-first";
import { stridedSlice } from "./strided-slice";

const along = (axis: number) => ({ axis: { int: axis } });

const reshape: Translation = (node, writer) => writer.op("Reshape", [node.input(0), node.input(1)]);

const transpose: Translation = (node, writer) => writer.op("Transpose", [node.input(0)], { perm: { ints: node.setting(1) } });

const expandDims: Translation = (node, writer) => writer.op("Unsqueeze", [node.input(0), writer.ints(node.setting(1))]);

const squeeze: Translation = (node, writer) => {
  const axes = node.ints("squeeze_dims");
  return writer.op("Squeeze", axes.length === 0 ? [node.input(0)] : [node.input(0), writer.ints(axes)]);
};

const concat: Translation = (node, writer) => writer.op("Concat", node.inputs.slice(0, -1), along(node.setting(-1)[0] ?? 0));

/** The axis stands in front. */
const concatFirst: Translation = (node, writer) => writer.op("Concat", node.inputs.slice(1), along(node.setting(0)[0] ?? 0));

const pack: Translation = (node, writer) => {
  const axis = node.int("axis", 0);
  const unsqueezed = node.inputs.map((value) => writer.op("Unsqueeze", [value, writer.ints([axis])]));
  return writer.op("Concat", unsqueezed, along(axis));
};

const unpack: Translation = (node, writer) => {
  const axis = node.int("axis", 0);
  const parts = split(writer, node.input(0), axis, node.int("num", 1));
  return parts.map((part) => writer.op("Squeeze", [part, writer.ints([axis])]));
};

/** Most parts that a value is split into: no model has a thousandth of them. */
const mostParts = 65_536;

function split(writer: OnnxWriter, value: Value, axis: number, count: number): Value[] {
  if (!(count >= 1 && count <= mostParts)) throw new Error(`it splits a value into ${count} parts`);
  return writer.ops("Split", [value], { axis: { int: axis }, num_outputs: { int: count } }, count);
}

const splitEvenly: Translation = (node, writer) => split(writer, node.input(1), node.setting(0)[0] ?? 0, node.int("num_split", 1));

const splitBySizes: Translation = (node, writer) => {
  const sizes = node.setting(1);
  return writer.ops("Split", [node.input(0), withoutRest(node, writer, sizes)], along(node.setting(2)[0] ?? 0), sizes.length);
};

/** TensorFlow writes -1 for the size that is left, which ONNX wants as a number. */
function withoutRest(node: TensorflowNode, writer: OnnxWriter, sizes: readonly number[]): Value {
  const rest = sizes.indexOf(-1);
  if (rest < 0) return writer.ints(sizes);
  const axis = node.setting(2)[0] ?? 0;
  const whole = writer.op("Gather", [writer.op("Shape", [node.input(0)]), writer.ints([axis])]);
  const left = writer.op("Sub", [whole, writer.ints([sizes.reduce((sum, size) => sum + size, 1)])]);
  return writer.op("Concat", [...(rest > 0 ? [writer.ints(sizes.slice(0, rest))] : []), left, ...(rest < sizes.length - 1 ? [writer.ints(sizes.slice(rest + 1))] : [])], along(0));
}

/** From a place on, as many as stated, or all for -1. */
const slice: Translation = (node, writer) => {
  const [value, begin, size] = [node.input(0), node.input(1), node.input(2)];
  const isAll = writer.op("Less", [size, writer.int(0)]);
  return writer.op("Slice", [value, begin, writer.op("Where", [isAll, writer.int(endOfAll), writer.op("Add", [begin, size])])]);
};

const gather: Translation = (node, writer) => {
  const axis = node.inputs.length > 2 ? (node.setting(2)[0] ?? 0) : 0;
  const batch = node.int("batch_dims", 0);
  if (batch === 0) return writer.op("Gather", [node.input(0), node.input(1)], along(axis));
  if (axis !== batch) throw new Error(`its node "${node.name}" gathers along an axis behind those that it goes through one by one`);
  return writer.op("GatherND", [node.input(0), writer.op("Unsqueeze", [node.input(1), writer.ints([-1])])], { batch_dims: { int: batch } });
};

const gatherNd: Translation = (node, writer) => writer.op("GatherND", [node.input(0), node.input(1)]);

/** Zeros of a shape, to which updates are added. */
const scatterNd: Translation = (node, writer) => {
  const zeros = writer.op("Expand", [writer.number(0, node.type("T")), node.input(2)]);
  return writer.op("ScatterND", [zeros, node.input(0), node.input(1)], { reduction: { string: "add" } });
};

const sparseToDense: Translation = (node, writer) => {
  const otherwise = writer.op("Expand", [node.input(3), node.input(1)]);
  const [indices, values] = [node.input(0), node.input(2)];
  return writer.op("ScatterND", [otherwise, indices, values]);
};

const tile: Translation = (node, writer) => writer.op("Tile", [node.input(0), node.input(1)]);

const broadcast: Translation = (node, writer) => writer.op("Expand", [node.input(0), node.input(1)]);

/** TensorFlow lists what goes before and behind each axis, ONNX all befores first. */
const pad = (mode: (node: TensorflowNode) => string): Translation => (node, writer) => {
  const pads = writer.vector(writer.op("Transpose", [node.input(1)], { perm: { ints: [1, 0] } }));
  const value = node.inputs[2];
  return writer.op("Pad", value === undefined ? [node.input(0), pads] : [node.input(0), pads, value], { mode: { string: mode(node) } });
};

const reverse: Translation = (node, writer) => {
  const axes = node.setting(1);
  const all = (value: number): Value => writer.ints(axes.map(() => value));
  return axes.length === 0 ? node.input(0) : writer.op("Slice", [node.input(0), all(-1), all(-endOfAll), writer.ints(axes), all(-1)]);
};

/** Each axis is cut where its shift says, counted from the end, and its parts change places. */
const roll: Translation = (node, writer) => {
  const axes = node.setting(2);
  return node.setting(1).reduce((value, shift, index) => {
    if (shift === 0) return value;
    const part = (from: number, to: number): Value => writer.op("Slice", [value, writer.ints([from]), writer.ints([to]), writer.ints([axes[index] ?? 0])]);
    return writer.op("Concat", [part(-shift, endOfAll), part(0, -shift)], along(axes[index] ?? 0));
  }, node.input(0));
};

const blocks = (opType: string, size: (node: TensorflowNode) => number): Translation => (node, writer) =>
  channelsFirst(node, writer, (value) => writer.op(opType, [value], { blocksize: { int: size(node) } }));

/** Patches of an image that stand side by side are its blocks, one behind the other as channels. */
const patches = blocks("SpaceToDepth", (node) => {
  const [sizes, strides, rates] = ["ksizes", "strides", "rates"].map((name) => node.ints(name)) as [number[], number[], number[]];
  const isPlain = sizes[1] === sizes[2] && sizes.every((size, axis) => size === strides[axis]) && rates.every((rate) => rate === 1) && node.text("padding", "VALID") === "VALID";
  if (!isPlain) throw new Error(`its node "${node.name}" takes patches that overlap or are not square`);
  return sizes[1]!;
});

const blockSize = (node: TensorflowNode): number => node.int("block_size", 1);

const scatterInto = (reduction: string): Translation => (node, writer) => writer.op("ScatterND", node.inputs, { reduction: { string: reduction } });

/** Operators that move elements and compute nothing. */
export const movements: Translations = {
  Reshape: reshape,
  Transpose: transpose,
  ExpandDims: expandDims,
  Squeeze: squeeze,
  ConcatV2: concat,
  Concat: concatFirst,
  Pack: pack,
  Unpack: unpack,
  Split: splitEvenly,
  SplitV: splitBySizes,
  Slice: slice,
  StridedSlice: stridedSlice,
  Gather: gather,
  GatherV2: gather,
  ResourceGather: gather,
  GatherNd: gatherNd,
  ResourceGatherNd: gatherNd,
  ScatterNd: scatterNd,
  SparseToDense: sparseToDense,
  Tile: tile,
  BroadcastTo: broadcast,
  Pad: pad(() => "constant"),
  PadV2: pad(() => "constant"),
  MirrorPad: pad((node) => (node.text("mode", "REFLECT") === "REFLECT" ? "reflect" : "symmetric")),
  ReverseV2: reverse,
  Roll: roll,
  SpaceToDepth: blocks("SpaceToDepth", blockSize),
  DepthToSpace: blocks("DepthToSpace", blockSize),
  ExtractImagePatches: patches,
  TensorScatterUpdate: scatterInto("none"),
  TensorScatterAdd: scatterInto("add"),
};
