import { dirname, resolve } from "node:path";
import { messageOf, UserError } from "../../shared/errors";
import { kerasGraph, type UnknownLayer } from "../graph/keras/convert";
import { readKerasModel } from "../graph/keras/model";
import type { Checkpoint } from "./checkpoint";
import type { Hdf5Dataset } from "./hdf5";
import type { JsonObject } from "./json";
import { kerasVariables } from "./keras-variables";

/** Classes of layers that a refusal names. */
const mostNamed = 4;

/**
 * A Keras model as a checkpoint with a graph.
 * @param config its configuration, of class Functional or Sequential.
 * @throws UserError where the configuration is damaged, or variables are missing.
 */
export function kerasCheckpoint(format: string, path: string, config: JsonObject, datasets: readonly Hdf5Dataset[]): Checkpoint {
  const model = refusing(path, () => readKerasModel(config));
  const tensors = kerasVariables(model, datasets);
  const { graph, unknown } = refusing(path, () => kerasGraph(model, tensors));
  const cannotRun = unknown.length === 0 ? undefined : `${path} has ${described(unknown)}, which NormLens can't run; ${isMaskedAlone(unknown) ? "save it anew with mask_zero=False, as nothing that NormLens feeds is padded, or " : ""}${exportAdvice}.`;
  return { path, folder: dirname(resolve(path)), format, tensors, graph, ...(cannotRun !== undefined && { cannotRun }) };
}

/** What to do with a Keras model that can't be read as it is. */
export const exportAdvice = 'export it as ONNX, which NormLens reads (call it once, then model.export("model.onnx", format="onnx"))';

/** What is made of a configuration that states no layers: a class of its user's own. */
export function ownClass(path: string, config: JsonObject): UserError {
  return new UserError(`${path} is a model of the class ${String(config["class_name"])}, whose layers its configuration does not state; ${exportAdvice}.`);
}

function isMaskedAlone(unknown: readonly UnknownLayer[]): boolean {
  return unknown.every(({ has }) => has?.includes("mask_zero") === true);
}

function described(unknown: readonly UnknownLayer[]): string {
  const layers = unknown.slice(0, mostNamed).map(({ name, className, has }) => `"${name}" of the class ${className}${has === undefined ? "" : ` (with ${has})`}`);
  const more = unknown.length - layers.length;
  return `${unknown.length === 1 ? "the layer" : "layers"} ${layers.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function refusing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UserError(`${path} can't be read, as ${messageOf(error)}; ${exportAdvice}.`, { cause: error });
  }
}
