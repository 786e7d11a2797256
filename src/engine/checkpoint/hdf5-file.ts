import { dirname, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import { isKerasModel } from "../graph/keras/model";
import type { CheckpointFormat, TensorReference } from "./checkpoint";
import { readConfiguration } from "./configuration";
import { describeCheckpoint } from "./describe-checkpoint";
import { FileWindow } from "./file-window";
import { foreignContent, foreignName, tellingBytes } from "./foreign-formats";
import { hdf5Signature, readHdf5 } from "./hdf5";
import type { Hdf5Dataset } from "./hdf5";
import { beginningOf, withInputFile } from "./input-file";
import { parseJson } from "./json";
import type { JsonObject } from "./json";
import { exportAdvice, kerasCheckpoint, ownClass } from "./keras-model";
import { outputsFirst } from "./permuted";
import { isTransformersPath, nameOfTensorFlowPath, parameterOf } from "./tensorflow-names";

/** Weights as Keras saves them in HDF5, with or without the model. Those of transformers' TensorFlow classes (tf_model.h5) go by the names and the order of axes that PyTorch gives them. */
export const hdf5File: CheckpointFormat = {
  name: "hdf5",

  async recognises(path) {
    return beginsLikeHdf5(await beginningOf(path, hdf5Signature.length));
  },

  async open(path) {
    const beginning = await beginningOf(path, tellingBytes);
    if (!beginsLikeHdf5(beginning)) throw new UserError(`${path} is ${foreignContent(beginning) ?? foreignName("model.h5")!}.`);
    return withInputFile(path, async (file) => {
      const { datasets, texts } = await readHdf5(new FileWindow(file, { start: 0, end: file.size }, path));
      const model = await modelConfiguration(path, texts.get("") ?? new Map());
      if (model) return kerasCheckpoint(hdf5File.name, path, model, datasets);
      const isTransformers = datasets.some((dataset) => isTransformersPath(dataset.path));
      return describeCheckpoint(hdf5File.name, path, isTransformers ? asPyTorchHasThem(datasets) : datasets.map(asItIs));
    });
  },
};

function beginsLikeHdf5(bytes: Uint8Array): boolean {
  return hdf5Signature.equals(bytes.subarray(0, hdf5Signature.length));
}

function asItIs({ path, array }: Hdf5Dataset): TensorReference {
  return { name: path.join("/"), ...array };
}

/** The function that Keras 3 computes in another way than Keras 2 (it was 0.2 x + 0.5, cut). */
const changedFunction = '"hard_sigmoid"';

/** The configuration of a Keras model, in the file itself or beside it; undefined where there is none. */
async function modelConfiguration(path: string, texts: ReadonlyMap<string, string>): Promise<JsonObject | undefined> {
  const inside = texts.get("model_config");
  if (inside?.includes(changedFunction) && texts.get("keras_version")?.startsWith("2.")) throw new UserError(`${path} has the function ${changedFunction} as Keras 2 computes it, which NormLens does not read; ${exportAdvice}.`);
  const what = `The model_config of ${path}`;
  const config = inside === undefined ? await readConfiguration(dirname(resolve(path))) : parseJson(Buffer.from(inside), what);
  if (config && isKerasModel(config)) return config;
  if (inside !== undefined) throw ownClass(path, config!);
  return undefined;
}

/** Variables that layers share are stored with each of them, under one name. */
function asPyTorchHasThem(datasets: readonly Hdf5Dataset[]): TensorReference[] {
  const tensors = new Map<string, TensorReference>();
  for (const { path, array } of datasets) {
    const tensor = inPyTorchsOrder(parameterOf(path), { name: nameOfTensorFlowPath(path), ...array });
    if (!tensors.has(tensor.name)) tensors.set(tensor.name, tensor);
  }
  return [...tensors.values()];
}

/** Parameters whose axes stand in TensorFlow's order: those of dense layers and convolutions, and the lengths of a convolution whose weights are normalised. */
const kernels: readonly string[] = ["kernel", "weight_g"];

/** A bias may be stored as a row. */
function inPyTorchsOrder(parameter: string, tensor: TensorReference): TensorReference {
  if (kernels.includes(parameter)) return outputsFirst(tensor);
  return parameter === "bias" && tensor.shape.length === 2 && tensor.shape[0] === 1 ? { ...tensor, shape: tensor.shape.slice(1) } : tensor;
}
