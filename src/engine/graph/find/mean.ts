import type { onnx } from "onnx-proto";
import type { Over } from "../axes";
import type { Value } from "../graph";
import { statisticOf } from "./transparent";
import { eitherWay, pairOf, type GraphView } from "./view";

/** A mean of a value over some of its axes. */
export interface Mean {
  readonly of: Value;
  readonly over: Over;
}

/** How one way of writing a mean is told, by the node that gives it. */
type MeanSpelling = (view: GraphView, node: onnx.INodeProto) => Mean | undefined;

const reduceMean: MeanSpelling = (view, node) => (node.opType === "ReduceMean" ? reduction(view, node) : undefined);

/** Sum / n */
const sumByCount: MeanSpelling = (view, node) => {
  if (node.opType !== "Div") return undefined;
  const [total, count] = pairOf(node);
  return isCount(view, count) ? sumOf(view, total) : undefined;
};

/** Sum * (1 / n) */
const sumTimesShare: MeanSpelling = (view, node) => {
  if (node.opType !== "Mul") return undefined;
  return first(eitherWay(node), ([total, share]) => (isShare(view.constants.scalar(share)) ? sumOf(view, total) : undefined));
};

/** Product with a matrix that holds 1 / n everywhere. */
const productWithShares: MeanSpelling = (view, node) => {
  if (node.opType !== "MatMul") return undefined;
  const [of, matrix] = pairOf(node);
  const constant = view.constants.inline(matrix);
  const share = constant?.data[0];
  const isUniform = constant?.shape.length === 2 && share !== undefined && constant.data.every((value) => value === share);
  return isUniform && Math.abs(share * constant.shape[0]! - 1) < 1e-5 ? { of, over: { axes: [-1] } } : undefined;
};

const globalAveragePool: MeanSpelling = (_, node) => (node.opType === "GlobalAveragePool" ? { of: node.input?.[0] ?? "", over: { from: 2 } } : undefined);

const spellings: readonly MeanSpelling[] = [reduceMean, sumByCount, sumTimesShare, productWithShares, globalAveragePool];

/** The mean that a value is, behind casts and changes of shape; undefined where it is none. */
export function meanOf(view: GraphView, value: Value): Mean | undefined {
  const node = view.producer(statisticOf(view, value));
  return node && first(spellings, (spelling) => spelling(view, node));
}

/** The sum that a value is. */
function sumOf(view: GraphView, value: Value): Mean | undefined {
  const node = view.producer(statisticOf(view, value));
  return node?.opType === "ReduceSum" || node?.opType === "ReduceSumSquare" ? reduction(view, node) : undefined;
}

/** The axes of a reduction: an attribute in old versions of ONNX, an input in new ones. Without any, all axes are reduced, which no norm does. */
function reduction(view: GraphView, node: onnx.INodeProto): Mean | undefined {
  const [of = "", setting] = node.input ?? [];
  const stated = node.attribute?.find(({ name }) => name === "axes")?.ints?.map(Number);
  const axes = stated ?? (setting === undefined || setting === "" ? undefined : view.constants.integers(setting));
  if (axes === undefined || axes.length === 0) return undefined;
  return { of, over: { axes } };
}

/** The number of elements: a whole constant above 1, or what is computed from a shape. */
function isCount(view: GraphView, value: Value): boolean {
  const constant = view.constants.scalar(value);
  return constant === undefined ? comesFromShape(view, value, 0) : Number.isInteger(constant) && constant > 1;
}

/** 1 / n for a whole n. */
function isShare(share: number | undefined): boolean {
  return share !== undefined && share > 0 && share < 1 && Math.abs(1 - share * Math.round(1 / share)) < 1e-5;
}

/** Operators between a shape and the number of elements. */
const counting: readonly string[] = ["Cast", "Gather", "Slice", "Squeeze", "Unsqueeze", "ReduceProd", "Mul", "Concat", "Identity", "Reshape"];

function comesFromShape(view: GraphView, value: Value, depth: number): boolean {
  const node = view.producer(value);
  if (!node || depth > 8) return false;
  if (node.opType === "Shape" || node.opType === "Size") return true;
  return counting.includes(node.opType ?? "") && comesFromShape(view, node.input?.[0] ?? "", depth + 1);
}

/** What the first item that gives something gives. */
export function first<Item, Found>(items: readonly Item[], find: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
