import type { onnx } from "onnx-proto";
import { intAttribute } from "./attributes";
import { axesOf, type Over } from "./axes";
import { outputOf, viewOf, type GraphView } from "./find/view";
import type { Graph, Value } from "./graph";
import type { NormNode } from "./norms";

/** Operators that leave the number of channels as it is. TensorFlow transposes rows, which may change nothing, before it reshapes them for a product. */
const keeping: readonly string[] = ["Identity", "Cast", "Mul", "Add", "Sub", "Div", "Transpose"];

/** Most steps from a norm to the product that takes what it gives. */
const longestWay = 8;

/**
 * The number of channels of a norm: by its gain, or where that is one number for all of them, by what the graph declares or by the product that takes
 * the norm's output; 0 where none of them tells.
 */
export function channelsOf(graph: Graph, { gain, weight, input, output, over }: Pick<NormNode, "gain" | "weight" | "input" | "output" | "over">): number {
  const view = viewOf(graph);
  const size = [gain, weight].map((parameter) => (parameter === undefined ? 0 : (view.constants.size(parameter) ?? 0))).find((one) => one > 1);
  return size ?? declaredSize(graph, input, over) ?? (isLastAxis(over) ? takenBehind(view, output, longestWay) : undefined) ?? 0;
}

/** Elements along the axes that are normalised over, where the graph declares the shape of a value. */
function declaredSize({ model }: Graph, value: Value, over: Over): number | undefined {
  const { input = [], valueInfo = [] } = model.graph ?? {};
  const dimensions = [...(input ?? []), ...(valueInfo ?? [])].find(({ name }) => name === value)?.type?.tensorType?.shape?.dim;
  if (!dimensions || "groups" in over) return undefined;
  const size = axesOf(over, dimensions.length).reduce((product, axis) => product * Number(dimensions[axis]?.dimValue ?? 0), 1);
  return size > 0 ? size : undefined;
}

/** Rows that are normalised stand last; TensorFlow counts their axis from the start. */
function isLastAxis(over: Over): boolean {
  return "from" in over ? over.from === -1 : "axes" in over && over.axes.length === 1 && (over.axes[0] === -1 || over.axes[0]! >= 2);
}

/** Length of the rows that a product behind a value takes. */
function takenBehind(view: GraphView, value: Value, steps: number, isTransposed = false): number | undefined {
  if (steps === 0) return undefined;
  const followed = isTransposed ? [...keeping, "Reshape"] : keeping;
  const consumers = view.consumers(value).filter(({ input }) => input?.[0] === value || input?.[1] === value);
  const taken = consumers.map((node) => (node.input?.[0] === value ? rowsTaken(view, node) : undefined)).find((one) => one !== undefined);
  if (taken !== undefined) return taken;
  const further = consumers.filter(({ opType }) => followed.includes(opType ?? ""));
  return further.map((node) => takenBehind(view, outputOf(node), steps - 1, isTransposed || node.opType === "Transpose")).find((one) => one !== undefined);
}

/** Length of the rows that a node multiplies with a constant matrix; undefined where it is no such product. */
function rowsTaken(view: GraphView, node: onnx.INodeProto): number | undefined {
  const { constants } = view;
  const factor = node.input?.[1] ?? "";
  if (node.opType === "Gemm") return constants.shape(factor)?.[intAttribute(node, "transB", 0)];
  if (node.opType !== "MatMul") return undefined;
  const source = view.producer(factor);
  return source?.opType === "Transpose" ? constants.shape(source.input?.[0] ?? "")?.at(-1) : constants.shape(factor)?.at(-2);
}
