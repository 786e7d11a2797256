import type { onnx } from "onnx-proto";
import type { Value } from "../graph";
import type { GraphView } from "./view";

/** Operators that hand a value on as it is. */
const same: readonly string[] = ["Cast", "CastLike", "Identity", "Dropout"];

/** Operators that a mean or a root may pass on its way to where it is broadcast. */
const broadcast: readonly string[] = [...same, "Reshape", "Expand", "Unsqueeze", "Squeeze"];

/** Where a value comes from, behind casts. */
export function originOf(view: GraphView, value: Value): Value {
  return behind(view, value, same);
}

/** Where a statistic (one number for each row) comes from, behind casts and changes of shape. */
export function statisticOf(view: GraphView, value: Value): Value {
  return behind(view, value, broadcast);
}

/** Whether two values are the same but for casts. */
export function isSame(view: GraphView, a: Value, b: Value): boolean {
  return originOf(view, a) === originOf(view, b);
}

/** The node that takes a value, behind casts, where there is only one. */
export function onlyConsumer(view: GraphView, value: Value, steps = 0): { node: onnx.INodeProto; as: Value } | undefined {
  const consumers = view.consumers(value).filter((node) => !takesKindOnly(node, value));
  const [node] = consumers;
  if (!node || consumers.length > 1) return undefined;
  return same.includes(node.opType ?? "") && steps < longestChain ? onlyConsumer(view, node.output?.[0] ?? "", steps + 1) : { node, as: value };
}

/** Whether a node looks at the type or the shape of a value alone. */
function takesKindOnly({ opType, input }: onnx.INodeProto, value: Value): boolean {
  return opType === "Shape" || opType === "Size" || (opType === "CastLike" && input?.[0] !== value);
}

/** Longest chain that is followed; no exporter writes one of a quarter of this. */
const longestChain = 32;

function behind(view: GraphView, value: Value, passed: readonly string[], steps = 0): Value {
  const node = view.producer(value);
  const goesOn = steps < longestChain && node && passed.includes(node.opType ?? "") && node.input?.[0] !== undefined;
  return goesOn ? behind(view, node.input![0]!, passed, steps + 1) : value;
}
