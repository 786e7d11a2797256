import { isAbsolute, join, normalize, sep } from "node:path";
import { onnx } from "onnx-proto";
import { computableDtypes, type Dtype } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import type { Graph } from "../graph/graph";
import { elementCount } from "../tensor";
import type { TensorReference } from "./checkpoint";
import { withInputFile } from "./input-file";
import { quote } from "./quote";
import { byteLength } from "./safetensors-header";
import { readBytes } from "./tensor-data";
import { isUniform } from "./uniform";

const { DataType, DataLocation } = onnx.TensorProto;

/** ONNX's element types as safetensors calls them; those that are missing have no name there. */
const dtypes: Readonly<Record<number, Dtype>> = {
  [DataType.FLOAT]: "F32",
  [DataType.DOUBLE]: "F64",
  [DataType.FLOAT16]: "F16",
  [DataType.BFLOAT16]: "BF16",
  [DataType.INT64]: "I64",
  [DataType.INT32]: "I32",
  [DataType.INT16]: "I16",
  [DataType.INT8]: "I8",
  [DataType.UINT64]: "U64",
  [DataType.UINT32]: "U32",
  [DataType.UINT16]: "U16",
  [DataType.UINT8]: "U8",
  [DataType.BOOL]: "BOOL",
};

/** Longest external tensor in bytes that is read into the graph: constants that steer it rather than weights. */
const smallTensor = 1024;

/** An ONNX file that was read. */
export interface ModelFile {
  /** As the user named it. */
  readonly path: string;
  /** Absolute, behind links. */
  readonly file: string;
  readonly folder: string;
  readonly bytes: Uint8Array;
}

/**
 * A model as a graph whose weights are places in files: external data, and the bytes of the model's own file. Constants that steer the
 * graph (shapes, axes, single numbers) stay in it.
 * @throws UserError where external data lie outside the folder, or a tensor is not as long as its type and shape say.
 */
export async function outsourceWeights(model: onnx.IModelProto, source: ModelFile): Promise<{ graph: Graph; tensors: ReadonlyMap<string, TensorReference> }> {
  const { initializers, nodes } = withConstantsAsInitializers(model.graph!);
  const tensors = new Map<string, TensorReference>();
  const weights = new Map<string, TensorReference>();
  const initializer: onnx.ITensorProto[] = [];
  for (const tensor of initializers) {
    const name = tensor.name ?? "";
    const reference = isExternal(tensor) ? await externalReference(tensor, source) : inlineReference(tensor, source);
    const counts = reference && isWeight(reference, isExternal(tensor));
    if (counts) tensors.set(name, reference);
    if (counts && !isUniformVector(tensor)) {
      weights.set(name, reference);
      initializer.push({ name, dataType: tensor.dataType ?? 0, dims: [...reference.shape] });
    } else initializer.push(await withOwnBytes(tensor, reference));
  }
  return { graph: { model: { ...model, graph: { ...model.graph, node: nodes, initializer } }, weights }, tensors };
}

/** Exporters that keep weights in Constant nodes mean the same as with initializers. */
function withConstantsAsInitializers({ node = [], initializer }: onnx.IGraphProto): { initializers: onnx.ITensorProto[]; nodes: onnx.INodeProto[] } {
  const tensorOf = ({ opType, attribute, output }: onnx.INodeProto): onnx.ITensorProto | undefined => {
    const value = opType === "Constant" ? attribute?.find(({ name }) => name === "value")?.t : undefined;
    return value ? { ...value, name: output?.[0] ?? "" } : undefined;
  };
  const constants = (node ?? []).map(tensorOf);
  return {
    initializers: [...(initializer ?? []), ...constants.filter((tensor) => tensor !== undefined)],
    nodes: (node ?? []).filter((_, index) => constants[index] === undefined),
  };
}

function isExternal(tensor: onnx.ITensorProto): boolean {
  return tensor.dataLocation === DataLocation.EXTERNAL;
}

/** A tensor whose bytes stand in the model's own file; undefined where it is spelled as a list of numbers or has a type without a name. */
function inlineReference(tensor: onnx.ITensorProto, { path, file, bytes }: ModelFile): TensorReference | undefined {
  const { rawData } = tensor;
  const dtype = dtypes[tensor.dataType ?? 0];
  if (!rawData || rawData.length === 0 || dtype === undefined || rawData.buffer !== bytes.buffer) return undefined;
  const reference = { name: tensor.name ?? "", dtype, shape: shapeOf(tensor, path), file, offset: rawData.byteOffset - bytes.byteOffset, length: rawData.length };
  checkLength(reference, path);
  return reference;
}

async function externalReference(tensor: onnx.ITensorProto, { path, folder }: ModelFile): Promise<TensorReference> {
  const name = tensor.name ?? "";
  const entry = (key: string): string | undefined => tensor.externalData?.find((pair) => pair.key === key)?.value ?? undefined;
  const refuse = (wrong: string): never => {
    throw new UserError(`${path}: tensor ${quote(name)} ${wrong}; get the model again with all of its files.`);
  };
  const location = entry("location") ?? refuse("has external data without a place");
  if (isAbsolute(location) || normalize(location).split(sep).includes("..") || location.includes("\0")) return refuse(`has its data at ${quote(location)}, outside the model's folder`);
  const dtype = dtypes[tensor.dataType ?? 0] ?? refuse("has external data of a type that NormLens can't read");
  const shape = shapeOf(tensor, path);
  const offset = wholeNumber(entry("offset") ?? "0") ?? refuse("has external data at an offset that is no whole number");
  const stated = entry("length");
  const length = stated === undefined ? (byteLength(dtype, shape) ?? refuse("is too large for any file")) : (wholeNumber(stated) ?? refuse("has external data of a length that is no whole number"));
  const place = await withInputFile(join(folder, location), ({ path: file, size }) => Promise.resolve({ file, size }));
  if (offset + length > place.size) return refuse(`ends at byte ${offset + length} of ${quote(location)}, which has ${place.size} bytes`);
  const reference = { name, dtype, shape, file: place.file, offset, length };
  checkLength(reference, path);
  return reference;
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

function shapeOf({ name, dims }: onnx.ITensorProto, path: string): number[] {
  const shape = (dims ?? []).map(Number);
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return shape;
  throw new UserError(`${path}: tensor ${quote(name ?? "")} has a shape that is no list of whole numbers from 0 up; export the model anew.`);
}

function checkLength({ name, dtype, shape, length }: TensorReference, path: string): void {
  const needed = byteLength(dtype, shape);
  if (needed === length) return;
  throw new UserError(`${path}: tensor ${quote(name)} of ${dtype} [${shape.slice(0, 8).join(", ")}] has ${length} bytes where ${needed ?? "too many"} are needed; get the file again or export it anew.`);
}

/** Float tensors of more than one element, and whatever is large and elsewhere; what steers a graph is integers or single numbers. */
function isWeight({ dtype, shape, length }: TensorReference, external: boolean): boolean {
  return (computableDtypes.includes(dtype) && elementCount(shape) > 1) || (external && length > smallTensor);
}

/** The same number all over, as the gain of an untrained norm; it stays in the graph, since exporters merge such tensors and a name says nothing then. */
function isUniformVector({ dims, rawData }: onnx.ITensorProto): boolean {
  if (dims?.length !== 1 || !rawData || rawData.length === 0) return false;
  return isUniform(rawData, Number(dims[0]));
}

/** The tensor with its bytes apart from the file's, which need not stay in memory then. */
async function withOwnBytes(tensor: onnx.ITensorProto, reference: TensorReference | undefined): Promise<onnx.ITensorProto> {
  if (reference && isExternal(tensor)) return { name: reference.name, dataType: tensor.dataType ?? 0, dims: [...reference.shape], rawData: await readBytes(reference) };
  return tensor.rawData && tensor.rawData.length > 0 ? { ...tensor, rawData: tensor.rawData.slice() } : tensor;
}
