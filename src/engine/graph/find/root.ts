import type { onnx } from "onnx-proto";
import type { Value } from "../graph";
import { first } from "./mean";
import { statisticOf } from "./transparent";
import { eitherWay, pairOf, type GraphView } from "./view";

/** The square root of a value, or 1 over it. */
export interface Root {
  readonly of: Value;
  readonly inverse: boolean;
}

/** How one way of writing a root is told, by the node that gives it. */
type RootSpelling = (view: GraphView, node: onnx.INodeProto, depth: number) => Root | undefined;

const sqrt: RootSpelling = (_, node) => (node.opType === "Sqrt" ? { of: node.input?.[0] ?? "", inverse: false } : undefined);

/** x ** 0.5, x ** -0.5 */
const power: RootSpelling = (view, node) => {
  const [of, exponent] = pairOf(node);
  const value = node.opType === "Pow" ? view.constants.scalar(exponent) : undefined;
  return value === 0.5 || value === -0.5 ? { of, inverse: value < 0 } : undefined;
};

const reciprocal: RootSpelling = (view, node, depth) => (node.opType === "Reciprocal" ? inverted(rootOf(view, node.input?.[0] ?? "", depth + 1)) : undefined);

/** 1 / root */
const oneOver: RootSpelling = (view, node, depth) => {
  const [one, root] = pairOf(node);
  return node.opType === "Div" && view.constants.scalar(one) === 1 ? inverted(rootOf(view, root, depth + 1)) : undefined;
};

/** Sqrt(1 / x) */
const rootOfReciprocal: RootSpelling = (view, node) => {
  const inner = node.opType === "Sqrt" ? view.producer(statisticOf(view, node.input?.[0] ?? "")) : undefined;
  return inner?.opType === "Reciprocal" ? { of: inner.input?.[0] ?? "", inverse: true } : undefined;
};

/** 1 over 1 over a root is as far as anybody goes. */
const mostInversions = 3;

const spellings: readonly RootSpelling[] = [rootOfReciprocal, sqrt, power, reciprocal, oneOver];

/** The root that a value is; undefined where it is none. */
export function rootOf(view: GraphView, value: Value, depth = 0): Root | undefined {
  const node = view.producer(statisticOf(view, value));
  return node && depth < mostInversions ? first(spellings, (spelling) => spelling(view, node, depth)) : undefined;
}

/** What is under a root, and the eps that is added to it: 0 where nothing is. */
export function withoutEps(view: GraphView, value: Value): { of: Value; eps: number } {
  const node = view.producer(statisticOf(view, value));
  const sum = node?.opType === "Add" ? first(eitherWay(node), ([of, eps]) => withScalar(view, of, eps)) : undefined;
  return sum ?? { of: value, eps: 0 };
}

function withScalar(view: GraphView, of: Value, value: Value): { of: Value; eps: number } | undefined {
  const eps = view.constants.scalar(value);
  return eps === undefined ? undefined : { of, eps };
}

function inverted(root: Root | undefined): Root | undefined {
  return root && { ...root, inverse: !root.inverse };
}
