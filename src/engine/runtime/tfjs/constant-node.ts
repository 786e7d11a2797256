import { arrayOf, type HostArray } from "./host/array";
import { readInitializer } from "./initializer";
import type { GraphNode } from "./node";

/** The value of a Constant node, in any of the spellings that hold numbers. */
export function constantOf(node: GraphNode): HostArray {
  const tensor = node.tensor("value");
  if (tensor) return readInitializer(tensor);
  const ints = node.ints("value_ints", undefined);
  if (ints) return arrayOf("int64", [ints.length], ints);
  const floats = node.floats("value_floats", undefined);
  if (floats) return arrayOf("float32", [floats.length], floats);
  return node.has("value_int") ? arrayOf("int64", [], [node.int("value_int", 0)]) : arrayOf("float32", [], [node.float("value_float", 0)]);
}
