import { basename, dirname } from "node:path";
import { onnx } from "onnx-proto";
import type { InferenceSession } from "onnxruntime-node";
import type { TensorReference } from "../../checkpoint/checkpoint";
import { readBytes } from "../../checkpoint/tensor-data";
import type { Graph } from "../../graph/graph";

const { DataLocation } = onnx.TensorProto;

/** A graph as onnxruntime takes it. */
export interface Model {
  /** ModelProto. */
  readonly bytes: Uint8Array;
  /** The session options that say where its weights are. */
  readonly weights: Pick<InferenceSession.SessionOptions, "externalData" | "extra">;
}

/** A model whose weights onnxruntime maps from the checkpoint's files, of the folder that holds most of them; the others are part of the model. */
export async function modelOnFiles(graph: Graph): Promise<Model> {
  const folder = folderOfMost([...graph.weights.values()]);
  const bytes = await encode(graph, async (_name, weight) =>
    dirname(weight.file) === folder ? external(basename(weight.file), weight.offset, weight.length) : { rawData: await readBytes(weight) },
  );
  return { bytes, weights: { extra: { session: { disable_prepacking: "1", ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }) } } } };
}

/** A model whose weights are read into memory, each as if it were a file of its own: a model may hold 2 GB at most, and these may be more. */
export async function modelInMemory(graph: Graph): Promise<Model> {
  const bytes = await encode(graph, (name, weight) => Promise.resolve(external(name, 0, weight.length)));
  const externalData = await Promise.all([...graph.weights].map(async ([path, weight]) => ({ path, data: await readBytes(weight) })));
  return { bytes, weights: { ...(externalData.length > 0 && { externalData }), extra: { session: { disable_prepacking: "1" } } } };
}

async function encode({ model, weights }: Graph, dataOf: (name: string, weight: TensorReference) => Promise<onnx.ITensorProto>): Promise<Uint8Array> {
  const initializer = await Promise.all(
    (model.graph?.initializer ?? []).map(async (tensor) => {
      const name = tensor.name ?? "";
      const weight = weights.get(name);
      return weight ? { ...tensor, ...(await dataOf(name, weight)) } : tensor;
    }),
  );
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

/** onnxruntime maps external data from one folder only. */
function folderOfMost(weights: readonly TensorReference[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { file } of weights) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
