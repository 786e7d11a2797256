import { realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { onnx } from "onnx-proto";
import type { Checkpoint, TensorReference } from "../checkpoint/checkpoint";
import { onnxFile } from "../checkpoint/onnx";
import { OutputFile } from "../checkpoint/output-file";
import { readBytes } from "../checkpoint/tensor-data";
import type { Graph } from "../graph/graph";
import { tensorCopier, type Watching } from "./copy-tensor";

const { DataLocation } = onnx.TensorProto;

/** External data begin at multiples of this, so that they can be mapped into memory. */
const pageBytes = 4096;

/**
 * Writes a graph into a folder as ONNX, under the name of the file that it comes from where that is one; weights that stood beside that file stand beside this one, in one file.
 * @returns the names of what was written.
 * @throws UserError where a disk is full or fails; CancelledError where it is stopped.
 */
export async function writeGraph(folder: string, checkpoint: Checkpoint, graph: Graph, watching: Watching): Promise<string[]> {
  const name = (await isOnnxFile(checkpoint)) ? basename(checkpoint.path) : "model.onnx";
  const isOwn = await ownFiles(checkpoint, graph);
  const placed = places([...graph.weights].filter(([, { file }]) => !isOwn(file)));
  const dataName = `${name}.data`;
  if (placed.size > 0) await writeData(join(folder, dataName), graph, placed, watching);
  const initializer = await Promise.all(
    (graph.model.graph?.initializer ?? []).map(async (tensor): Promise<onnx.ITensorProto> => {
      const weight = graph.weights.get(tensor.name ?? "");
      const offset = placed.get(tensor.name ?? "");
      if (!weight) return tensor;
      return { ...tensor, ...(offset === undefined ? { rawData: await readBytes(weight) } : external(dataName, offset, weight.length)) };
    }),
  );
  const file = await OutputFile.create(join(folder, name));
  try {
    await file.write(onnx.ModelProto.encode({ ...graph.model, graph: { ...graph.model.graph, initializer } }).finish(), 0);
    await file.finish();
  } finally {
    await file.abort();
  }
  return placed.size > 0 ? [name, dataName] : [name];
}

/** Graphs of other formats become ONNX. */
async function isOnnxFile({ path, format }: Checkpoint): Promise<boolean> {
  return format === onnxFile.name && (await stat(path)).isFile();
}

/** Tells whether a file is the model's own, not one of external data. */
async function ownFiles(checkpoint: Checkpoint, { weights }: Graph): Promise<(file: string) => boolean> {
  if (await isOnnxFile(checkpoint)) {
    const own = await realpath(checkpoint.path);
    return (file) => file === own;
  }
  const files = [...new Set([...weights.values()].map(({ file }) => file))];
  const own = new Set<string>();
  for (const file of files) if (await onnxFile.recognises(file)) own.add(file);
  return (file) => own.has(file);
}

/** Byte offsets of tensors that stand one after the other in a file of their own. */
function places(weights: readonly (readonly [string, TensorReference])[]): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  let end = 0;
  for (const [name, { length }] of weights) {
    offsets.set(name, end);
    end = Math.ceil((end + length) / pageBytes) * pageBytes;
  }
  return offsets;
}

async function writeData(path: string, { weights }: Graph, placed: ReadonlyMap<string, number>, watching: Watching): Promise<void> {
  const file = await OutputFile.create(path);
  const copy = tensorCopier(watching);
  try {
    for (const [name, start] of placed) await copy(weights.get(name)!, (piece, offset) => file.write(piece, start + offset));
    await file.finish();
  } finally {
    await file.abort();
  }
}

function external(location: string, offset: number, length: number): onnx.ITensorProto {
  const entries = { location, offset: String(offset), length: String(length) };
  return { dataLocation: DataLocation.EXTERNAL, externalData: Object.entries(entries).map(([key, value]) => ({ key, value })) };
}
