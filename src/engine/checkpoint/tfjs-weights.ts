import { dirname, join, resolve } from "node:path";
import type { onnx } from "onnx-proto";
import type { Dtype } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import { widened } from "../graph/tensorflow/constant";
import { storedType } from "../graph/tensorflow/element-types";
import type { Held } from "../graph/tensorflow/translate";
import { elementCount } from "../tensor";
import type { TensorReference } from "./checkpoint";
import { valuesOfHalves } from "./half";
import { withInputFile } from "./input-file";
import { isJsonObject, type JsonObject } from "./json";
import { withPieces, type Piece } from "./pieces";
import { quote } from "./quote";
import { byteLength } from "./safetensors-header";
import { leavesFolder } from "./shard-index";
import { isUniform } from "./uniform";

/** Element types of TensorFlow.js, quantised ones included. */
const dtypes: Readonly<Record<string, Dtype>> = { float32: "F32", float16: "F16", int32: "I32", bool: "BOOL", uint8: "U8", uint16: "U16" };

/** Longest tensor in bytes that is read into the graph: settings, single numbers, and vectors, of which it counts whether one number stands all over. */
const smallTensor = 2 ** 16;

/** Most shards of a model: 16 GiB where they are as large as the converter makes them. */
const mostShards = 4096;

/** A tensor as the manifest states it. */
interface Listed {
  readonly name: string;
  readonly stored: Dtype;
  readonly shape: readonly number[];
  readonly length: number;
  /** What it is computed with as. */
  readonly kind: "float" | "integer" | "boolean";
  /** Elements are scale times what is stored, plus the smallest. */
  readonly quantised?: { readonly scale: number; readonly min: number };
}

/** A shard, and the place of its first byte in its group. */
interface Shard {
  readonly file: string;
  readonly start: number;
  readonly size: number;
}

/**
 * The weights of a TensorFlow.js model by their nodes' names. Shards of a group are one row of bytes, cut anywhere, so that a tensor may lie in several. What steers the graph is read, all else stays where it is.
 * @param model model.json, beside the shards.
 * @param named how the tensor of a node is called in the graph, if that is the name of no other.
 * @throws UserError where the manifest is damaged or hostile, or a shard is missing or too short.
 */
export async function readTfjsWeights(model: string, manifest: unknown, named: (node: string) => string): Promise<Map<string, Held>> {
  if (!Array.isArray(manifest)) throw damaged(model, "has no list weightsManifest");
  const held = new Map<string, Held>();
  const taken = new Set<string>();
  for (const group of manifest as readonly unknown[]) {
    if (!isJsonObject(group) || !Array.isArray(group["paths"]) || !Array.isArray(group["weights"])) throw damaged(model, "has a group of weights without paths or weights");
    const shards = await shardsOf(model, group["paths"]);
    let place = 0;
    for (const entry of group["weights"] as readonly unknown[]) {
      const listed = listing(model, entry);
      const pieces = piecesOf(model, listed, place, shards);
      place += listed.length;
      if (held.has(listed.name)) throw damaged(model, `lists the tensor ${quote(listed.name)} twice`);
      const name = [named(listed.name), listed.name].find((one) => !taken.has(one)) ?? `${listed.name}:0`;
      taken.add(name);
      held.set(listed.name, await heldTensor(listed, name, pieces));
    }
  }
  return held;
}

async function shardsOf(model: string, paths: readonly unknown[]): Promise<Shard[]> {
  if (paths.length > mostShards) throw damaged(model, `has ${paths.length} shards, more than the ${mostShards} that are read`);
  const shards: Shard[] = [];
  let start = 0;
  for (const path of paths) {
    if (typeof path !== "string" || leavesFolder(path)) throw new UserError(`${model} names the shard ${quote(String(path))}, which is not a file in its folder; don't trust this model and get it from its source.`);
    const shard = await withInputFile(join(dirname(resolve(model)), path), ({ path: file, size }) => Promise.resolve({ file, size, start }));
    shards.push(shard);
    start += shard.size;
  }
  return shards;
}

function listing(model: string, entry: unknown): Listed {
  const { name, shape, dtype, quantization } = isJsonObject(entry) ? entry : ({} as JsonObject);
  if (typeof name !== "string" || !isShape(shape) || typeof dtype !== "string") throw damaged(model, "has a weight without name, shape or dtype");
  const quantised = isJsonObject(quantization) ? quantization : undefined;
  const stated = quantised?.["dtype"] ?? dtype;
  const storedAs = typeof stated === "string" ? stated : "";
  const stored = Object.hasOwn(dtypes, storedAs) ? dtypes[storedAs] : undefined;
  if (stored === undefined) throw new UserError(`${model}: tensor ${quote(name)} is of type ${quote(storedAs)}, which NormLens can't read; convert the model anew without it.`);
  const length = byteLength(stored, shape);
  if (length === undefined) throw damaged(model, `states a shape of tensor ${quote(name)} that is too large for any file`);
  const [scale, min] = [quantised?.["scale"], quantised?.["min"]];
  const isScaled = typeof scale === "number" && typeof min === "number" && (stored === "U8" || stored === "U16");
  if (quantised && !isScaled && stored !== "F16") throw damaged(model, `states no scale of the quantised tensor ${quote(name)}`);
  return { name, stored, shape, length, kind: dtype === "int32" ? "integer" : dtype === "bool" ? "boolean" : "float", ...(isScaled && { quantised: { scale, min } }) };
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function piecesOf(model: string, { name, length }: Listed, place: number, shards: readonly Shard[]): Piece[] {
  const end = place + length;
  const last = shards.at(-1);
  if (end > (last ? last.start + last.size : 0)) throw new UserError(`${model} says that tensor ${quote(name)} ends at byte ${end} of its shards, which have ${last ? last.start + last.size : 0}; get all files again.`);
  const pieces = shards.filter(({ start, size }) => start < end && start + size > place);
  return pieces.map(({ file, start, size }) => ({ file, offset: Math.max(place - start, 0), length: Math.min(end, start + size) - Math.max(place, start) }));
}

async function heldTensor(listed: Listed, name: string, pieces: readonly Piece[]): Promise<Held> {
  const { stored, shape, length } = listed;
  const [first] = pieces;
  const place = first && { name, dtype: stored, shape, ...first, length, ...(pieces.length > 1 && { encoding: { kind: "pieces" as const, pieces } }) };
  if (place && !isRead(listed)) return reference(listed, place);
  const bytes = new Uint8Array(length);
  await withPieces(pieces, (file) => file.read(bytes, 0));
  return place && isWeight(listed, bytes) ? place : inline(listed, name, bytes);
}

/** Several different floats. The same number all over, as the gain of an untrained norm, stays in the graph, since converters merge such tensors and a name says nothing then. */
function isWeight({ kind, shape, quantised }: Listed, bytes: Uint8Array): boolean {
  const count = elementCount(shape);
  return kind === "float" && !quantised && count > 1 && !isUniform(bytes, count);
}

/** What steers a graph, single numbers, and vectors. */
function isRead({ kind, length, shape, quantised }: Listed): boolean {
  if (kind === "integer" && quantised) return true;
  return length <= smallTensor && (kind !== "float" || shape.length <= 1 || elementCount(shape) === 1);
}

function reference({ quantised }: Listed, tensor: TensorReference): Held {
  return quantised ? { reference: tensor, ...quantised } : tensor;
}

function inline({ stored, shape, kind, quantised }: Listed, name: string, bytes: Uint8Array): onnx.ITensorProto {
  const count = elementCount(shape);
  const { type, computed } = storedType(stored);
  const tensor = { name, dims: [...shape] };
  if (quantised) {
    const values = elements(bytes, stored, count).map((value) => value * quantised.scale + quantised.min);
    const rawData = kind === "integer" ? BigInt64Array.from(values, (value) => BigInt(Math.round(value))) : Float32Array.from(values);
    return { ...tensor, dataType: kind === "integer" ? computed : storedType("F32").type, rawData: new Uint8Array(rawData.buffer) };
  }
  if (stored === "F16") return { ...tensor, dataType: storedType("F32").type, rawData: new Uint8Array(Float32Array.from(elements(bytes, stored, count), (bits) => valuesOfHalves()[bits]!).buffer) };
  if (kind === "integer") return { ...tensor, dataType: computed, rawData: widened(bytes, stored, count) };
  return { ...tensor, dataType: type, rawData: bytes };
}

/** The bits of each element, as a whole number. */
function elements(bytes: Uint8Array, stored: Dtype, count: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, index) => (stored === "U8" ? view.getUint8(index) : view.getUint16(2 * index, true)));
}

function damaged(model: string, what: string): UserError {
  return new UserError(`${model} ${what}; get the file again or convert the model anew.`);
}
