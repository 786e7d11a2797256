import { isJsonObject } from "../../checkpoint/json";
import type { JsonObject } from "../../checkpoint/json";
import { callOfKeras2, operationOfKeras2 } from "./keras2";

/** An output of one call of a layer. */
export interface KerasTensor {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
  /** Sizes of its axes, the one of samples included, null where they vary; absent where the configuration does not state them. */
  readonly shape?: readonly unknown[];
}

/** A call of a layer. */
export interface KerasCall {
  readonly args: readonly unknown[];
  readonly kwargs: JsonObject;
}

/** A layer, an operation, or a model inside a model. */
export interface KerasLayer {
  readonly name: string;
  /** Class, with "ops." before it for operations ("ops.Add" is x + y, "Add" the layer), and with its package for classes that are not Keras's own. */
  readonly className: string;
  readonly config: JsonObject;
  readonly calls: readonly KerasCall[];
  /** Shape of the input that it was built for, where that is stated. */
  readonly builtFor?: readonly unknown[];
  /** What is inside, where it is a model. */
  readonly model?: KerasModel;
}

/** A model as its configuration states it. */
export interface KerasModel {
  readonly name: string;
  /** In the order in which the model keeps them. */
  readonly layers: readonly KerasLayer[];
  readonly inputs: readonly KerasTensor[];
  readonly outputs: readonly KerasTensor[];
}

/** Models inside models: a few are usual. */
const deepest = 16;

/** Whether a configuration is that of a model that states all its layers: class Functional or Sequential. */
export function isKerasModel(config: JsonObject): boolean {
  return isModelClass(config["class_name"]) && isJsonObject(config["config"]) && Array.isArray(config["config"]["layers"]);
}

function isModelClass(className: unknown): boolean {
  return className === "Functional" || className === "Sequential";
}

/**
 * Reads the configuration of a model as Keras 2 and 3 write it.
 * @throws where it is not as they write it: "its layer ... ".
 */
export function readKerasModel(stored: JsonObject, depth = 0): KerasModel {
  if (depth > deepest) throw new Error("its models are nested too deep");
  const config = objectOf(stored["config"], "its configuration");
  const layers = arrayOf(config["layers"], "its list of layers").map((layer) => readLayer(layer, depth));
  const name = typeof config["name"] === "string" ? config["name"] : "model";
  if (stored["class_name"] === "Sequential") return inSequence(name, layers, config);
  return { name, layers, inputs: tensorsIn(config["input_layers"], historyOf), outputs: tensorsIn(config["output_layers"], historyOf) };
}

function readLayer(stored: unknown, depth: number): KerasLayer {
  const layer = objectOf(stored, "a layer");
  const config = isJsonObject(layer["config"]) ? layer["config"] : {};
  const name = [layer["name"], config["name"]].find((one) => typeof one === "string");
  if (typeof name !== "string" || typeof layer["class_name"] !== "string") throw new Error("one of its layers has no name or no class");
  const calls = (Array.isArray(layer["inbound_nodes"]) ? layer["inbound_nodes"] : []).map((call) => readCall(call, name));
  const isModel = isKerasModel(layer);
  const shape = isJsonObject(layer["build_config"]) ? layer["build_config"]["input_shape"] : undefined;
  return { name, className: classOf(layer, config, layer["class_name"]), config, calls, ...(Array.isArray(shape) && { builtFor: shape as readonly unknown[] }), ...(isModel && { model: readKerasModel(layer, depth + 1) }) };
}

/**
 * Classes that are not Keras's own may be called as its own are, and operations as layers. HDF5 models do not state modules: there a layer is told by what the configuration of every layer has.
 */
function classOf(layer: JsonObject, config: JsonObject, className: string): string {
  const { module: stated, registered_name: registered } = layer;
  const operation = operationOfKeras2(className, config);
  if (operation !== undefined) return operation;
  if (typeof registered === "string" && registered.includes(">")) return registered;
  const module = typeof stated === "string" ? stated : "dtype" in config || "trainable" in config ? "keras" : "keras.ops";
  if (module.startsWith("keras.src.ops") || module.startsWith("keras.ops")) return `ops.${className}`;
  return module === "keras" || module.startsWith("keras.layers") || module.startsWith("keras.src.") || module.startsWith("keras.models") ? className : `${module}.${className}`;
}

function readCall(stored: unknown, layer: string): KerasCall {
  if (isJsonObject(stored) && Array.isArray(stored["args"])) return { args: stored["args"] as readonly unknown[], kwargs: isJsonObject(stored["kwargs"]) ? stored["kwargs"] : {} };
  const call = callOfKeras2(stored);
  if (call) return call;
  throw new Error(`it does not say what its layer "${layer}" is connected to`);
}

/** The layers one after another, from an input that is made where none is stated. */
function inSequence(name: string, stated: readonly KerasLayer[], config: JsonObject): KerasModel {
  const shape = config["build_input_shape"];
  const start = stated[0]?.className === "InputLayer" ? [] : [{ name: `${name}_input`, className: "InputLayer", config: { batch_shape: shape }, calls: [] }];
  const layers = [...start, ...stated];
  const connected = layers.map((layer, index) => (index === 0 ? layer : { ...layer, calls: [{ args: [tensorFrom(layers[index - 1]!.name)], kwargs: {} }] }));
  const end = (layer: KerasLayer | undefined): KerasTensor[] => (layer ? [{ layer: layer.name, call: 0, output: 0 }] : []);
  return { name, layers: connected, inputs: end(layers[0]), outputs: end(layers.at(-1)) };
}

function tensorFrom(layer: string): JsonObject {
  return { class_name: "__keras_tensor__", config: { keras_history: [layer, 0, 0] } };
}

/** The tensor that an argument of a call is; undefined for all other arguments. */
export function tensorOf(argument: unknown): KerasTensor | undefined {
  if (!isJsonObject(argument) || argument["class_name"] !== "__keras_tensor__" || !isJsonObject(argument["config"])) return undefined;
  const { keras_history: history, shape } = argument["config"];
  const tensor = historyOf(history);
  return tensor && { ...tensor, ...(Array.isArray(shape) && { shape: shape as readonly unknown[] }) };
}

/** All tensors among arguments, however they are nested, in their order. */
export function tensorsIn(value: unknown, tensorAt = tensorOf): KerasTensor[] {
  const tensor = tensorAt(value);
  if (tensor) return [tensor];
  if (Array.isArray(value)) return value.flatMap((one: unknown) => tensorsIn(one, tensorAt));
  return isJsonObject(value) && value["class_name"] === undefined ? Object.values(value).flatMap((one) => tensorsIn(one, tensorAt)) : [];
}

function historyOf(history: unknown): KerasTensor | undefined {
  if (!Array.isArray(history)) return undefined;
  const [layer, call, output] = history as readonly unknown[];
  return typeof layer === "string" && typeof call === "number" && typeof output === "number" ? { layer, call, output } : undefined;
}

function objectOf(value: unknown, what: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new Error(`${what} is missing or no object`);
}

function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${what} is missing`);
}
