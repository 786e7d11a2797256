import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { onnx } from "onnx-proto";
import { UserError } from "../../shared/errors";
import { distinct } from "../graph/distinct";
import type { Checkpoint, CheckpointFormat } from "./checkpoint";
import { readConfiguration } from "./configuration";
import { tellingBytes } from "./foreign-formats";
import { withInputFile } from "./input-file";
import { withScopes } from "./onnx-scopes";
import { outsourceWeights } from "./onnx-weights";

/** Largest ONNX file in bytes: protobuf's own limit. What is larger keeps its weights as external data. */
const largestModel = 2 ** 31 - 1;

/** Field numbers of a ModelProto's beginning, shifted as protobuf writes them: the version of the format, then any other field. */
const firstTag = 0x08;
const secondTags: readonly number[] = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72, 0xa2, 0xca];

/** Highest version of the ONNX file format that a beginning is taken for one with; 13 is in use. */
const highestVersion = 64;

/** An ONNX graph, with its weights inside or as external data beside it. Nothing in it is executed before a runtime runs it. */
export const onnxFile: CheckpointFormat = {
  name: "onnx",

  /** By its content, or by its name where the content is damaged: then opening it says how. */
  async recognises(path) {
    if (!(await stat(path)).isFile()) return false;
    return path.toLowerCase().endsWith(".onnx") || withInputFile(path, async (file) => {
      const beginning = new Uint8Array(Math.min(file.size, tellingBytes));
      await file.read(beginning, 0);
      return beginsLikeOnnx(beginning);
    });
  },

  async open(path): Promise<Checkpoint> {
    const folder = dirname(resolve(path));
    const { file, bytes } = await readModelFile(path);
    const model = decode(path, bytes);
    const { graph, tensors } = await outsourceWeights(model, { path, file, folder, bytes });
    const config = await readConfiguration(folder);
    return { path, folder, format: onnxFile.name, tensors, graph, ...(config && { config }) };
  },
};

function beginsLikeOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === firstTag && bytes[1]! > 0 && bytes[1]! <= highestVersion && secondTags.includes(bytes[2]!);
}

async function readModelFile(path: string): Promise<{ file: string; bytes: Uint8Array }> {
  const { file, size } = await withInputFile(path, ({ path: resolved, size: length }) => Promise.resolve({ file: resolved, size: length }));
  if (size > largestModel) throw new UserError(`${path} has ${size} bytes, more than the ${largestModel} that an ONNX file may have; export the model with external data.`);
  if (size === 0) throw new UserError(`${path} is empty; get the file again.`);
  const bytes = await readFile(file);
  return { file, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

function decode(path: string, bytes: Uint8Array): onnx.IModelProto {
  try {
    const model = onnx.ModelProto.decode(bytes);
    if (model.graph) {
      model.graph.node = withScopes(model.graph.node ?? [], bytes);
      model.graph = distinct(model.graph);
      return model;
    }
  } catch (cause) {
    throw new UserError(`${path} is no ONNX model or is damaged; get the file again or export it anew.`, { cause });
  }
  throw new UserError(`${path} holds no ONNX graph; get the file again or export it anew.`);
}
