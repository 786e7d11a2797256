import { basename, dirname } from "node:path";
import { onnx } from "onnx-proto";
import type { InferenceSession } from "onnxruntime-node";
import type { TensorReference } from "../../checkpoint/checkpoint";
import { readBytes } from "../../checkpoint/tensor-data";
import type { Graph } from "../../graph/graph";

const { DataLocation } = onnx.TensorProto;

/** A graph as onnxruntime takes it. */
export interface Model {
  /** ModelProto; its weights are external data. */
  readonly bytes: Uint8Array;
  /** The session options that say where the weights are. */
  readonly weights: Pick<InferenceSession.SessionOptions, "externalData" | "extra">;
}

/**
 * Writes a graph for onnxruntime. Weights are mapped from the folder that holds most of them; those that lie elsewhere are read into memory,
 * as all are where `mapped` is false.
 */
export async function writeModel(graph: Graph, mapped: boolean): Promise<Model> {
  const folder = mapped ? folderOfMost([...graph.weights.values()]) : undefined;
  const isMapped = ({ file }: TensorReference): boolean => dirname(file) === folder;
  const read = await Promise.all([...graph.weights].filter(([, weight]) => !isMapped(weight)).map(async ([path, weight]) => ({ path, data: await readBytes(weight) })));
  return {
    bytes: onnx.ModelProto.encode(withExternalData(graph, (name, weight) => (isMapped(weight) ? place(basename(weight.file), weight.offset, weight) : place(name, 0, weight)))).finish(),
    weights: {
      ...(read.length > 0 && { externalData: read }),
      extra: { session: { disable_prepacking: "1", ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }) } },
    },
  };
}

function withExternalData({ model, weights }: Graph, placeOf: (name: string, weight: TensorReference) => onnx.IStringStringEntryProto[]): onnx.IModelProto {
  const initializer = (model.graph?.initializer ?? []).map((tensor) => {
    const name = tensor.name ?? "";
    const weight = weights.get(name);
    return weight ? { ...tensor, dataLocation: DataLocation.EXTERNAL, externalData: placeOf(name, weight) } : tensor;
  });
  return { ...model, graph: { ...model.graph, initializer } };
}

function place(location: string, offset: number, { length }: TensorReference): onnx.IStringStringEntryProto[] {
  return [
    { key: "location", value: location },
    { key: "offset", value: String(offset) },
    { key: "length", value: String(length) },
  ];
}

/** onnxruntime maps external data from one folder only. */
function folderOfMost(weights: readonly TensorReference[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { file } of weights) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
