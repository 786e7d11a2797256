import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { onnx } from "onnx-proto";
import { UserError } from "../../shared/errors";
import { fixedSizes } from "../graph/tensorflow/constant";
import { elementType } from "../graph/tensorflow/element-types";
import { attribute, flatten, type FlatNode } from "../graph/tensorflow/flatten";
import { savedModelMessage, type MetaGraph, type Signature } from "../graph/tensorflow/messages";
import { restoredVariables } from "../graph/tensorflow/restored";
import { translate, type Translated } from "../graph/tensorflow/translate";
import { elementCount } from "../tensor";
import { decodeUtf8 } from "./byte-cursor";
import type { Checkpoint, CheckpointFormat, TensorReference } from "./checkpoint";
import { readConfiguration } from "./configuration";
import { withInputFile } from "./input-file";
import { byteLength } from "./safetensors-header";
import { bundleIndexEnding, readTensorBundle } from "./tensor-bundle";
import { refusingGraph } from "./tensorflow-refusal";
import { isUniform } from "./uniform";

/** Name of the file that holds the graph. */
const modelFile = "saved_model.pb";

/** Largest such file in bytes: protobuf's own limit. */
const largestModel = 2 ** 31 - 1;

/** Tag of the graph that is for use, not for training. */
const serving = "serve";

/** Signatures that are run where there are several: TensorFlow's own, and that of the hub's first modules. */
const usual: readonly string[] = ["serving_default", "default"];

/** A folder as TensorFlow saves a model: its graph in saved_model.pb, its variables beside that. */
export const savedModel: CheckpointFormat = {
  name: "savedmodel",

  async recognises(path) {
    return (await stat(path)).isDirectory() ? isFile(join(path, modelFile)) : basename(path) === modelFile;
  },

  async open(path): Promise<Checkpoint> {
    const folder = (await stat(path)).isDirectory() ? resolve(path) : dirname(resolve(path));
    const model = await readModel(join(folder, modelFile));
    const index = join(folder, "variables", `variables${bundleIndexEnding}`);
    const saved = (await isFile(index)) ? await readTensorBundle(index) : new Map<string, TensorReference>();
    const translated = refusingGraph(path, "savedmodel", () => graphOf(model, saved));
    const config = await readConfiguration(folder);
    return { path, folder, format: savedModel.name, tensors: translated.graph.weights, ...translated, ...(config && { config }) };
  },
};

async function isFile(path: string): Promise<boolean> {
  return stat(path).then((status) => status.isFile(), () => false);
}

/** The content of saved_model.pb, and what is needed to tell where its constants lie in it. */
interface ModelFile {
  readonly path: string;
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly metaGraph: MetaGraph;
}

async function readModel(path: string): Promise<ModelFile> {
  const { file, size } = await withInputFile(path, ({ path: resolved, size: length }) => Promise.resolve({ file: resolved, size: length }));
  if (size > largestModel) throw new UserError(`${path} has ${size} bytes, more than the ${largestModel} that a SavedModel may have; get the file again.`);
  const bytes = await readFile(file);
  return { path, file, bytes, metaGraph: metaGraphOf(path, bytes) };
}

function metaGraphOf(path: string, bytes: Uint8Array): MetaGraph {
  try {
    const { metaGraphs } = savedModelMessage.decode(bytes);
    const chosen = metaGraphs.find(({ metaInfoDef }) => metaInfoDef?.tags.includes(serving)) ?? metaGraphs[0];
    if (chosen?.graphDef) return chosen;
  } catch (cause) {
    throw new UserError(`${path} is no SavedModel of TensorFlow or is damaged; get the file again or save the model anew.`, { cause });
  }
  throw new UserError(`${path} holds no graph; save the model anew.`);
}

function graphOf(model: ModelFile, saved: ReadonlyMap<string, TensorReference>): Translated {
  const { graphDef, signatureDef } = model.metaGraph;
  const flat = flatten(graphDef!);
  const keys = restoredVariables(flat);
  return translate(flat, signatureOf(signatureDef), (node) => (node.op === "Const" ? constantInFile(node, model) : variable(node, saved, keys)));
}

/** @throws where there is none, or several of which none is the usual one. */
function signatureOf(signatures: Readonly<Record<string, Signature>>): Signature {
  const all = Object.entries(signatures).filter(([, { outputs }]) => Object.values(outputs).some(({ dtype }) => elementType(dtype)));
  const chosen = usual.map((name) => all.find(([one]) => one === name)).find((one) => one !== undefined) ?? (all.length === 1 ? all[0] : undefined);
  if (chosen) return chosen[1];
  throw new Error(all.length === 0 ? "it has no signature that gives numbers" : `it has several signatures (${all.map(([name]) => name).slice(0, 8).join(", ")}) and none called ${usual[0]!}`);
}

/** A variable under the name of its node, which tells its place in the model; its key in the bundle is often a number. */
function variable({ name, attr }: FlatNode, saved: ReadonlyMap<string, TensorReference>, keys: ReadonlyMap<string, string>): TensorReference | undefined {
  const shared = decodeUtf8(attribute(attr, "shared_name")?.s ?? new Uint8Array(0));
  const key = [keys.get(name), name, shared].find((one) => one !== undefined && saved.has(one));
  return key === undefined ? undefined : { ...saved.get(key)!, name };
}

/** A constant of several floats as a place in the file. Others stay in the graph, and so does the same number all over, as the gain of an untrained norm: equal constants are merged, and a name says nothing then. */
function constantInFile({ name, attr }: FlatNode, { file, bytes }: ModelFile): TensorReference | onnx.ITensorProto | undefined {
  const tensor = attribute(attr, "value")?.tensor;
  const content = tensor?.tensorContent;
  const stored = elementType(tensor?.dtype)?.stored;
  if (!tensor || !content || stored === undefined || !/^B?F/.test(stored) || content.buffer !== bytes.buffer) return undefined;
  const shape = fixedSizes(tensor.tensorShape, name);
  const count = elementCount(shape);
  if (count < 2 || byteLength(stored, shape) !== content.length || (shape.length === 1 && isUniform(content, count))) return undefined;
  return { name, dtype: stored, shape, file, offset: content.byteOffset - bytes.byteOffset, length: content.length };
}
