import type { JsonObject } from "./json";
import type { KerasLayer, KerasModel } from "../graph/keras/model";
import type { TensorReference } from "./checkpoint";
import type { Hdf5Dataset } from "./hdf5";

/** The variables of a model by the names of its layers: "encoder/norm/gamma". */
export type KerasVariables = ReadonlyMap<string, TensorReference>;

/** Group of the weights in a model that was saved as HDF5; beside it the optimizer's. */
const namedWeights = "model_weights";

/** Groups of the layers of a model, the older one of Keras 2's. */
const layerGroups: readonly string[] = ["layers", "_layer_checkpoint_dependencies"];

/** Where an object's own variables stand. */
const own = "vars";

/**
 * The variables of a model among the datasets of its file, by the names of its layers; those of the optimizer are left out. Keras keeps them by name in HDF5 models (Keras 2 and 3), and by the
 * number of the layer of its class, and their number in it, in .keras and .weights.h5 files (keras.saving, 3.0 to 3.15). What belongs to no layer that is known keeps its path.
 */
export function kerasVariables(model: KerasModel, datasets: readonly Hdf5Dataset[]): KerasVariables {
  const isByName = datasets.some(({ path }) => path[0] === namedWeights);
  const variables = new Map<string, TensorReference>();
  for (const { path, array } of datasets) {
    if (/^optimizer/.test(path[0] ?? "")) continue;
    const name = (isByName ? namedPath(path) : numberedPath(model, path)).join("/");
    variables.set(name, { name, ...array });
  }
  return variables;
}

/** model_weights/LAYER/[models and scopes]/LAYER/[parts]/PARAMETER as LAYER/[parts]/PARAMETER. */
function namedPath([first, layer, ...variable]: readonly string[]): string[] {
  if (first !== namedWeights || layer === undefined) return [first ?? "", ...(layer === undefined ? [] : [layer]), ...variable];
  const inLayer = variable.slice(variable.lastIndexOf(layer, variable.length - 2) + 1).map((part) => part.replace(/:0$/, ""));
  return [layer, ...inLayer];
}

/** layers/CLASS_NUMBER/[parts]/vars/NUMBER as LAYER/[parts]/PARAMETER. */
function numberedPath(model: KerasModel, path: readonly string[]): string[] {
  const [group, stored, ...inside] = path;
  const layer = layerGroups.includes(group ?? "") && stored !== undefined ? layersByGroup(model).get(stored) : undefined;
  if (!layer) return path.filter((part) => part !== own);
  return [layer.name, ...(layer.model ? numberedPath(layer.model, inside) : nameInLayer(layer, inside))];
}

function nameInLayer({ className, config }: KerasLayer, inside: readonly string[]): string[] {
  const parts = inside.slice(0, inside.lastIndexOf(own));
  const number = Number(inside.at(-1));
  const names = parts.length === 0 ? parameters[className]?.(config) : className in partNames ? kernelAndBias(config) : undefined;
  return [...parts.map((part) => partNames[className]?.[part] ?? part), names?.[number] ?? String(inside.at(-1))];
}

const groupsOfModels = new WeakMap<KerasModel, ReadonlyMap<string, KerasLayer>>();

/** The layers of a model by the groups that hold them: each is called by its class, and all but the first of a class are numbered. */
function layersByGroup(model: KerasModel): ReadonlyMap<string, KerasLayer> {
  const known = groupsOfModels.get(model);
  if (known) return known;
  const counts = new Map<string, number>();
  const layers = model.layers.filter(({ className }) => !className.startsWith("ops."));
  const groups = new Map(layers.map((layer) => {
    const name = snakeCase(layer.className.slice(layer.className.search(/[^.>]*$/)));
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return [count === 0 ? name : `${name}_${count}`, layer];
  }));
  groupsOfModels.set(model, groups);
  return groups;
}

/** "LayerNormalization" as "layer_normalization", by the rule of keras.src.utils.naming. */
function snakeCase(name: string): string {
  return name.replace(/\W+/g, "").replace(/(.)([A-Z][a-z]+)/g, "$1_$2").replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

type Parameters = (config: JsonObject) => string[];

const given = (config: JsonObject, setting: string, name: string): string[] => (config[setting] === false ? [] : [name]);
const kernelAndBias: Parameters = () => ["kernel", "bias"];
const gammaAndBeta: Parameters = (config) => [...given(config, "scale", "gamma"), ...given(config, "center", "beta")];

/** The variables of layers in the order in which they are made. */
const parameters: Readonly<Record<string, Parameters>> = {
  Dense: kernelAndBias,
  EinsumDense: kernelAndBias,
  Conv1D: kernelAndBias,
  Conv2D: kernelAndBias,
  DepthwiseConv1D: kernelAndBias,
  DepthwiseConv2D: kernelAndBias,
  Embedding: () => ["embeddings"],
  LayerNormalization: gammaAndBeta,
  GroupNormalization: gammaAndBeta,
  BatchNormalization: (config) => [...gammaAndBeta(config), "moving_mean", "moving_variance"],
  RMSNormalization: () => ["scale"],
};

/** The parts of layers that are layers themselves, and what their variables are called after. */
const partNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  MultiHeadAttention: { query_dense: "query", key_dense: "key", value_dense: "value", output_dense: "attention_output" },
};
