import { basename, dirname } from "node:path";
import { onnx } from "onnx-proto";
import type { InferenceSession } from "onnxruntime-node";
import { dtypeBits } from "../../../shared/dtype";
import type { TensorReference } from "../../checkpoint/checkpoint";
import { readBytes } from "../../checkpoint/tensor-data";
import type { Graph } from "../../graph/graph";
import { elementCount } from "../../tensor";

const { DataLocation } = onnx.TensorProto;

/** A graph as onnxruntime takes it. */
export interface Model {
  /** ModelProto. */
  readonly bytes: Uint8Array;
  /** The session options that say where its weights are. */
  readonly weights: Pick<InferenceSession.SessionOptions, "externalData" | "extra">;
}

/**
 * A model whose weights onnxruntime maps from the checkpoint's files. It maps plain elements of files in one folder, and nothing else:
 * where a weight is encoded or elsewhere, all are read into memory.
 */
export async function modelOnFiles(graph: Graph): Promise<Model> {
  const weights = [...graph.weights.values()];
  const folders = new Set(weights.map(({ file }) => dirname(file)));
  if (folders.size > 1 || weights.some(({ encoding }) => encoding !== undefined)) return modelInMemory(graph);
  const bytes = encode(graph, (_name, { file, offset, length }) => external(basename(file), offset, length));
  const [folder] = folders;
  return { bytes, weights: { extra: { session: { disable_prepacking: "1", ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }) } } } };
}

/** A model whose weights are read into memory, each as if it were a file of its own: a model may hold 2 GB at most, and these may be more. */
export async function modelInMemory(graph: Graph): Promise<Model> {
  const bytes = encode(graph, (name, { dtype, shape }) => external(name, 0, (dtypeBits[dtype] / 8) * elementCount(shape)));
  const externalData = await Promise.all([...graph.weights].map(async ([path, weight]) => ({ path, data: await readBytes(weight) })));
  return { bytes, weights: { ...(externalData.length > 0 && { externalData }), extra: { session: { disable_prepacking: "1" } } } };
}

function encode({ model, weights }: Graph, dataOf: (name: string, weight: TensorReference) => onnx.ITensorProto): Uint8Array {
  const initializer = (model.graph?.initializer ?? []).map((tensor) => {
    const name = tensor.name ?? "";
    const weight = weights.get(name);
    return weight ? { ...tensor, ...dataOf(name, weight) } : tensor;
  });
  return onnx.ModelProto.encode({ ...model, graph: { ...model.graph, initializer } }).finish();
}

function external(location: string, offset: number, length: number): onnx.ITensorProto {
  return {
    dataLocation: DataLocation.EXTERNAL,
    externalData: [
      { key: "location", value: location },
      { key: "offset", value: String(offset) },
      { key: "length", value: String(length) },
    ],
  };
}
