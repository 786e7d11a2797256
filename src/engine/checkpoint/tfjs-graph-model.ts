import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import { attribute, flatten } from "../graph/tensorflow/flatten";
import { elementType } from "../graph/tensorflow/element-types";
import { graphMessage, signatureMessage, type GraphMessage, type NodeMessage, type Signature } from "../graph/tensorflow/messages";
import { translate } from "../graph/tensorflow/translate";
import type { Checkpoint, CheckpointFormat } from "./checkpoint";
import { readConfiguration } from "./configuration";
import { tellingBytes } from "./foreign-formats";
import { beginningOf } from "./input-file";
import { isJsonObject, parseUntrustedJson, readJsonFile, type JsonObject } from "./json";
import { refusingGraph } from "./tensorflow-refusal";
import { readTfjsWeights } from "./tfjs-weights";

/** Usual name of the file that holds the graph. */
const modelFile = "model.json";

/** A graph model as TensorFlow.js's converter writes it: model.json with the graph, and weights in shards beside it. */
export const tfjsGraphModel: CheckpointFormat = {
  name: "tfjs",

  async recognises(path) {
    return beginsLikeModel(await beginningOf(await modelPath(path), tellingBytes));
  },

  async open(path): Promise<Checkpoint> {
    const file = await modelPath(path);
    const model = await readJsonFile(file, parseUntrustedJson);
    const graph = graphOf(file, model);
    const weights = await readTfjsWeights(file, model["weightsManifest"], tensorName);
    const folder = dirname(resolve(file));
    const translated = refusingGraph(file, "tfjs", () => translate(flatten(graph), signatureOf(model, graph), ({ name }) => weights.get(name)));
    const config = await readConfiguration(folder);
    return { path, folder, format: tfjsGraphModel.name, tensors: translated.graph.weights, ...translated, ...(config && { config }) };
  },
};

async function modelPath(path: string): Promise<string> {
  const inFolder = join(path, modelFile);
  return (await stat(path)).isDirectory() && (await stat(inFolder).then((status) => status.isFile(), () => false)) ? inFolder : path;
}

function beginsLikeModel(bytes: Uint8Array): boolean {
  return /^\s*\{\s*"(?:format"\s*:\s*"(?:graph|layers)-model"|modelTopology"|weightsManifest")/.test(Buffer.from(bytes).toString("latin1"));
}

function graphOf(file: string, { format, modelTopology }: JsonObject): GraphMessage {
  if (format === "layers-model" || (isJsonObject(modelTopology) && "model_config" in modelTopology)) {
    throw new UserError(`${file} holds layers of Keras, not a graph; convert it to a graph model (tensorflowjs_converter --input_format tfjs_layers_model --output_format tfjs_graph_model).`);
  }
  try {
    return graphMessage.fromJson(isJsonObject(modelTopology) ? modelTopology : {});
  } catch (cause) {
    throw new UserError(`${file} holds no graph of TensorFlow or is damaged; get the file again or convert the model anew.`, { cause });
  }
}

/** A tensor that was a variable before the graph was frozen goes by what reads it, "encoder/ln/mul/ReadVariableOp", or by the join of its parts. */
function tensorName(node: string): string {
  return node.replace(/\/(ReadVariableOp(_\d+)?|ConcatPartitions\/concat)$/, "");
}

/** What the model states, or else what it takes and what nothing in it takes. */
function signatureOf(model: JsonObject, { node }: GraphMessage): Signature {
  const metadata = model["userDefinedMetadata"];
  const stated = model["signature"] ?? (isJsonObject(metadata) ? metadata["signature"] : undefined);
  const signature = isJsonObject(stated) ? signatureMessage.fromJson(stated) : undefined;
  if (signature && Object.keys(signature.outputs).length > 0) return { outputs: signature.outputs, inputs: Object.fromEntries(Object.entries(signature.inputs).filter(([, { dtype }]) => elementType(dtype))) };
  const taken = new Set(node.flatMap(({ input }) => input.map((one) => one.replace(/^\^|:\d+$/g, ""))));
  const described = (nodes: readonly NodeMessage[]): Signature["inputs"] => Object.fromEntries(nodes.map(({ name = "", attr }) => [name, { name, ...typed(attr) }]));
  return {
    inputs: described(node.filter(({ op }) => op === "Placeholder")),
    outputs: described(node.filter(({ name = "", op = "" }) => !taken.has(name) && !["Const", "NoOp", "Placeholder"].includes(op))),
  };
}

/** Type and shape of what a node gives, float32 where it doesn't say. */
function typed(attr: NodeMessage["attr"]): Pick<Signature["inputs"][string], "dtype" | "tensorShape"> {
  const dtype = attribute(attr, "dtype")?.type ?? attribute(attr, "T")?.type ?? 1;
  const shape = attribute(attr, "shape")?.shape;
  return { dtype, ...(shape && { tensorShape: shape }) };
}
