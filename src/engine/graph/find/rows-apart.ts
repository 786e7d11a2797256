import type { Value } from "../graph";
import { affineBehind } from "./affine";
import type { NormMatch } from "./match";
import { onlyConsumer } from "./transparent";
import { outputOf, type GraphView } from "./view";

/** Operators that change a value's shape alone. */
const shaping: readonly string[] = ["Reshape", "Squeeze", "Unsqueeze"];

/** Longest chain of these that is followed. */
const longestChain = 8;

/**
 * A norm over the last axis of rows that are brought into another shape for it and back, as one of the value before that; its gain and offset stand behind. Keras writes layer norms so.
 * That the rows are those of the value's own last axis shows in the vector that is its gain or offset; undefined where there is none.
 */
export function rowsApart(view: GraphView, match: NormMatch): NormMatch | undefined {
  const { over, weight, bias } = match;
  const isOverLast = "axes" in over ? over.axes.length === 1 && over.axes[0] === -1 : "from" in over && over.from === -1;
  if (!isOverLast || weight !== undefined || bias !== undefined) return undefined;
  const input = beforeShaping(view, match.input);
  const output = input === match.input ? undefined : backInShape(view, match.output, input);
  if (output === undefined) return undefined;
  const affine = affineBehind(view, output);
  const vectors = [affine.weight, affine.bias].filter((value) => value !== undefined);
  return vectors.length > 0 && vectors.every((value) => view.constants.shape(value)?.length === 1) ? { ...match, input, ...affine } : undefined;
}

function beforeShaping(view: GraphView, value: Value, steps = 0): Value {
  const node = view.producer(value);
  return node && shaping.includes(node.opType ?? "") && steps < longestChain ? beforeShaping(view, node.input?.[0] ?? "", steps + 1) : value;
}

/** Where a value, behind changes of shape, has the shape of another one again. */
function backInShape(view: GraphView, value: Value, other: Value, steps = 0): Value | undefined {
  const node = onlyConsumer(view, value)?.node;
  if (!node || !shaping.includes(node.opType ?? "") || steps >= longestChain) return undefined;
  const shape = node.opType === "Reshape" ? view.producer(node.input?.[1]) : undefined;
  const isBack = shape?.opType === "Shape" && shape.input?.[0] === other;
  return isBack ? outputOf(node) : backInShape(view, outputOf(node), other, steps + 1);
}
