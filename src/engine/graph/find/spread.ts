import type { onnx } from "onnx-proto";
import { sameAxes, type Over } from "../axes";
import type { Value } from "../graph";
import { first, meanOf } from "./mean";
import { isSame, originOf, statisticOf } from "./transparent";
import { eitherWay, pairOf, type GraphView } from "./view";

/** Variance (centred) or mean square of a value over some of its axes. */
export interface Spread {
  readonly of: Value;
  readonly over: Over;
  readonly centred: boolean;
}

/** x² as a power. */
function power(view: GraphView, node: onnx.INodeProto): Value | undefined {
  const [base, exponent] = pairOf(node);
  return node.opType === "Pow" && view.constants.scalar(exponent) === 2 ? base : undefined;
}

/** x * x */
function product(view: GraphView, node: onnx.INodeProto): Value | undefined {
  const [a, b] = pairOf(node);
  return node.opType === "Mul" && isSame(view, a, b) ? a : undefined;
}

const squares: readonly ((view: GraphView, node: onnx.INodeProto) => Value | undefined)[] = [power, product];

/** What a value is the square of. */
function squareOf(view: GraphView, value: Value): Value | undefined {
  const node = view.producer(statisticOf(view, value));
  return node && first(squares, (square) => square(view, node));
}

/** What a value is the difference of: x and its own mean. */
export function centredOf(view: GraphView, value: Value): { of: Value; over: Over } | undefined {
  const node = view.producer(originOf(view, value));
  if (node?.opType !== "Sub") return undefined;
  const [of, mean] = pairOf(node);
  const found = meanOf(view, mean);
  return found && isSame(view, found.of, of) ? { of, over: found.over } : undefined;
}

/** E[x²], or the variance where x is centred already. */
function meanSquare(view: GraphView, value: Value): Spread | undefined {
  const mean = meanOf(view, value);
  if (!mean) return undefined;
  const squared = squareOf(view, mean.of) ?? sumOfSquares(view, value, mean.of);
  if (squared === undefined) return undefined;
  const centred = centredOf(view, squared);
  return centred && sameAxes(centred.over, mean.over) ? { of: centred.of, over: mean.over, centred: true } : { of: squared, over: mean.over, centred: false };
}

/** ReduceSumSquare squares what it sums. */
function sumOfSquares(view: GraphView, value: Value, of: Value): Value | undefined {
  const node = view.producer(statisticOf(view, value));
  return node && (node.input ?? []).some((input) => view.producer(statisticOf(view, input))?.opType === "ReduceSumSquare") ? of : undefined;
}

/** E[x²] - E[x]² */
function differenceOfSquares(view: GraphView, value: Value): Spread | undefined {
  const node = view.producer(statisticOf(view, value));
  if (node?.opType !== "Sub") return undefined;
  const [square, squaredMean] = pairOf(node);
  const spread = meanSquare(view, square);
  const root = squareOf(view, squaredMean);
  const mean = root === undefined ? undefined : meanOf(view, root);
  return spread && mean && !spread.centred && isSame(view, spread.of, mean.of) && sameAxes(spread.over, mean.over) ? { ...spread, centred: true } : undefined;
}

/** Max(0, variance), which keeps the rounding of a difference from going below 0. */
function clipped(view: GraphView, value: Value): Spread | undefined {
  const node = view.producer(statisticOf(view, value));
  if (node?.opType === "Relu") return differenceOfSquares(view, node.input?.[0] ?? "");
  if (node?.opType !== "Max" && node?.opType !== "Clip") return undefined;
  return first(eitherWay(node), ([spread, bound]) => (view.constants.scalar(bound) === 0 ? differenceOfSquares(view, spread) : undefined));
}

const spellings: readonly ((view: GraphView, value: Value) => Spread | undefined)[] = [meanSquare, differenceOfSquares, clipped];

/** The variance or mean square that a value is; undefined where it is none. */
export function spreadOf(view: GraphView, value: Value): Spread | undefined {
  return first(spellings, (spelling) => spelling(view, value));
}
