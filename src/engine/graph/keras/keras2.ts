import { isJsonObject } from "../../checkpoint/json";
import type { JsonObject } from "../../checkpoint/json";
import type { KerasCall } from "./model";

/** What Keras 2 has in the place of a tensor's layer where a call is given a number. */
const constant = "_CONSTANT_VALUE";

/** Operations of Keras 3 for TensorFlow's functions, which Keras 2 keeps in layers of two classes. */
const operations: Readonly<Record<string, string>> = {
  "__operators__.add": "ops.Add",
  "math.add": "ops.Add",
  "math.subtract": "ops.Subtract",
  "math.multiply": "ops.Multiply",
  "math.truediv": "ops.Divide",
  "math.divide": "ops.Divide",
  "math.maximum": "ops.Maximum",
  "math.minimum": "ops.Minimum",
  "math.pow": "ops.Power",
  "__operators__.getitem": "ops.GetItem",
};

/** The operation that a layer of Keras 2 stands for; undefined for layers. */
export function operationOfKeras2(className: string, config: JsonObject): string | undefined {
  const { function: name } = config;
  if ((className !== "TFOpLambda" && className !== "SlicingOpLambda") || typeof name !== "string") return undefined;
  return Object.hasOwn(operations, name) ? operations[name] : `tf.${name}`;
}

/**
 * A call as Keras 2 writes it, [[layer, call, output, arguments], ...] or one such entry alone, as Keras 3 does.
 * @returns undefined where it is not so written.
 */
export function callOfKeras2(stored: unknown): KerasCall | undefined {
  const entries = isEntry(stored) ? [stored] : stored;
  if (!Array.isArray(entries) || entries.length === 0 || !entries.every(isEntry)) return undefined;
  const [first] = entries;
  const named = isJsonObject(first![3]) ? first![3] : {};
  const tensors = entries.map(argumentOf);
  return { args: tensors.length === 1 ? tensors : [tensors], kwargs: Object.fromEntries(Object.entries(named).map(([name, value]) => [names[name] ?? name, argumentOf(value)])) };
}

/** Arguments of TensorFlow's functions, and what Keras 3's operations call them. */
const names: Readonly<Record<string, string>> = { y: "x2", slice_spec: "key" };

function isEntry(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "number" && value.length >= 3;
}

function argumentOf(value: unknown): unknown {
  if (isEntry(value)) return value[0] === constant ? value[2] : { class_name: "__keras_tensor__", config: { keras_history: value.slice(0, 3) } };
  if (Array.isArray(value)) return value.map(argumentOf);
  return isJsonObject(value) && "start" in value && "stop" in value ? { class_name: "__slice__", config: value } : value;
}
