import { UserError } from "../../../shared/errors";
import { arrayOf, type HostArray } from "./host/array";
import { readInitializer } from "./initializer";
import type { GraphNode } from "./node";

/**
 * The value of a Constant node, in any of the spellings that hold numbers.
 * @throws UserError where it holds none, but strings or a sparse tensor.
 */
export function constantOf(node: GraphNode): HostArray {
  const tensor = node.tensor("value");
  if (tensor) return readInitializer(tensor);
  const ints = node.ints("value_ints", undefined);
  if (ints) return arrayOf("int64", [ints.length], ints);
  const floats = node.floats("value_floats", undefined);
  if (floats) return arrayOf("float32", [floats.length], floats);
  if (node.has("value_int")) return arrayOf("int64", [], [node.int("value_int", 0)]);
  if (node.has("value_float")) return arrayOf("float32", [], [node.float("value_float", 0)]);
  throw new UserError("tfjs can't compute with a Constant that holds strings or a sparse tensor; choose the runtime onnxruntime.");
}
