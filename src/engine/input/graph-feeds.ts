import { UserError } from "../../shared/errors";
import { elementCount, type Tensor } from "../tensor";
import type { Batch, GraphFeed, GraphInput, ImageInput, TextInput } from "./input";
import { randomIds, randomNormals } from "./random";

/** Length of sequences where a graph leaves it open: attention is cheap, and no table of positions is shorter. */
const openLength = 128;

/** Edge of images whose size a graph leaves open. */
const openEdge = 224;

/** Ids go to 255 where they look up no table that would bound them: bytes, as a rule. */
const openBound = 256;

/** Most elements that are made up for one input: 256 MiB of float32. */
const mostMade = 2 ** 26;

/** Edge of what counts as a token of an image: a patch of a usual vision transformer. */
const patchEdge = 16;

/** What an integer input is, told by its name; ids where it tells nothing. */
type Meaning = "ids" | "ones" | "zeros" | "positions" | "length" | "places";

const meanings: readonly (readonly [RegExp, Meaning])[] = [
  [/mask/i, "ones"],
  [/position|pos_ids/i, "positions"],
  [/token_?type|segment|use_cache|labels?$/i, "zeros"],
  [/len(gth)?s?$/i, "length"],
  [/(^|[_/])indices$/i, "places"],
];

/** The one input that carries what is analysed: token ids, or pictures. All others are made to fit it. */
export interface MainFeed {
  readonly feed: GraphFeed;
  readonly expected: TextInput | ImageInput;
  /** Length that every sequence must have, where the graph leaves no other. */
  readonly fixedLength?: number;
}

/** Finds the main input; undefined where no input is of ids or pictures. */
export function mainFeed({ feeds }: GraphInput, sequenceLength: number | undefined): MainFeed | undefined {
  const ids = feeds.filter((feed) => meaningOf(feed) === "ids" && (feed.shape.length === 1 || feed.shape.length === 2));
  const text = ids.find(({ name }) => /^(decoder_)?input_?ids$/i.test(name)) ?? ids[0];
  if (text) {
    const length = text.shape.at(-1)!;
    const expected: TextInput = { modality: "text", vocabularySize: text.bound ?? openBound, contextLength: typeof length === "number" ? length : (sequenceLength ?? openLength) };
    return { feed: text, expected, ...(typeof length === "number" && { fixedLength: length }) };
  }
  const pictures = feeds.find(({ type, shape }) => type === "float32" && channelAxis(shape) !== undefined);
  if (!pictures) return undefined;
  const axis = channelAxis(pictures.shape)!;
  const sizes = pictures.shape.map((size, place) => (typeof size === "number" ? size : place === axis ? 3 : openEdge));
  const channels = sizes[axis];
  const [, height, width] = sizes.filter((_, place) => place !== axis);
  const patches = (edge: number): number => Math.max(1, Math.floor(edge / patchEdge));
  return { feed: pictures, expected: { modality: "images", channels: channels!, height: height!, width: width!, tokensPerImage: patches(height!) * patches(width!) } };
}

/** Where the channels of pictures stand, of which there are 1 or 3: second, as in PyTorch, or last, as in TensorFlow and Keras; undefined for what is no pictures. */
function channelAxis(shape: GraphFeed["shape"]): 1 | 3 | undefined {
  if (shape.length !== 4) return undefined;
  const counts = (axis: number): boolean => shape[axis] === 1 || shape[axis] === 3;
  if (!counts(1) && counts(3)) return 3;
  return counts(1) || typeof shape[1] === "string" ? 1 : undefined;
}

/** Sequences that a graph takes at a time; 1 where it leaves that open. */
export function sequencesTogether({ feed: { shape } }: MainFeed): number {
  return shape.length > 1 && typeof shape[0] === "number" ? Math.max(1, shape[0]) : 1;
}

/** Batches of one sequence each of the main input as one that feeds the whole graph: what was fed takes the graph's name, all other inputs are made. */
export function completed(graph: GraphInput, { feed }: MainFeed, batches: readonly Batch[], seed: number): Batch {
  const together = concatenated(batches.map(({ feeds }) => Object.values(feeds)[0]!));
  const main = feed.shape.length === 1 ? { ...together, shape: together.shape.slice(1) } : channelAxis(feed.shape) === 3 ? withChannelsLast(together) : together;
  const { sequenceLength } = batches[0]!;
  return { sequences: batches.length, sequenceLength, feeds: filled(graph, { [feed.name]: main }, sequenceLength, seed) };
}

/** Pictures [samples, channels, height, width] as [samples, height, width, channels]. */
function withChannelsLast(pictures: Tensor): Tensor {
  if (pictures.type !== "float32") return pictures;
  const [samples = 0, channels = 0, height = 0, width = 0] = pictures.shape;
  const pixels = height * width;
  const data = new Float32Array(pictures.data.length);
  for (let index = 0; index < data.length; index++) {
    const [sample, pixel, channel] = [Math.floor(index / (pixels * channels)), Math.floor(index / channels) % pixels, index % channels];
    data[index] = pictures.data[(sample * channels + channel) * pixels + pixel]!;
  }
  return { type: "float32", shape: [samples, height, width, channels], data };
}

/** A batch of noise for a graph without a main input. */
export function noise(graph: GraphInput, sequenceLength: number | undefined, seed: number): Batch {
  const length = sequenceLength ?? openLength;
  const feeds = filled(graph, {}, length, seed);
  return batchOf(feeds);
}

/** A batch of given tensors, completed by made ones. */
export function given(graph: GraphInput, tensors: Readonly<Record<string, Tensor>>, seed: number): Batch {
  const length = Object.values(tensors).find(({ shape }) => shape.length > 1)?.shape[1] ?? openLength;
  return batchOf(filled(graph, tensors, length, seed));
}

/** The first axis of the first input counts sequences; sequences of vectors or ids have positions along the second. */
function batchOf(feeds: Readonly<Record<string, Tensor>>): Batch {
  const shape = Object.values(feeds)[0]?.shape ?? [];
  const hasPositions = Object.values(feeds)[0]?.type === "int64" ? shape.length === 2 : shape.length === 3;
  return { feeds, sequences: shape.length > 1 ? shape[0]! : 1, sequenceLength: hasPositions ? shape[1]! : 1 };
}

/** Every input of a graph: those that are given, and others to fit them. */
function filled({ feeds }: GraphInput, known: Readonly<Record<string, Tensor>>, length: number, seed: number): Record<string, Tensor> {
  const sizes = new Map<string, number>();
  for (const { name, shape } of feeds) known[name]?.shape.forEach((size, axis) => typeof shape[axis] === "string" && shape[axis] !== "" && sizes.set(shape[axis], size));
  return Object.fromEntries(feeds.map((feed, index) => [feed.name, known[feed.name] ?? made(feed, feed.shape.map((size, axis) => sizeOf(size, axis, feed, sizes, length)), length, seed + index)]));
}

/** @throws UserError where it would be too large to be made. */
function made(feed: GraphFeed, shape: number[], length: number, seed: number): Tensor {
  const count = elementCount(shape);
  if (!(count <= mostMade)) throw new UserError(`The input "${feed.name}" of the graph takes ${shape.join(" x ")} values, more than are made up: give it as --input ${feed.name}=FILE.npy, or export the graph for less.`);
  if (feed.type === "float32") return { type: "float32", shape, data: meaningOf(feed) === "ones" ? new Float32Array(count).fill(1) : randomNormals(count, seed) };
  return { type: "int64", shape, data: BigInt64Array.from(integers(feed, count, shape.at(-1) ?? 1, length, seed), BigInt) };
}

function integers(feed: GraphFeed, count: number, last: number, length: number, seed: number): number[] {
  const all = (value: (index: number) => number): number[] => Array.from({ length: count }, (_, index) => value(index));
  switch (meaningOf(feed)) {
    case "ones":
      return all(() => 1);
    case "zeros":
      return all(() => 0);
    case "positions":
      return all((index) => index % last);
    case "length":
      return all(() => length);
    // Of a sparse tensor with one row: the row, then the place in it.
    case "places":
      return all((index) => (index % last === last - 1 ? Math.floor(index / last) : 0));
    default:
      return randomIds(feed.bound ?? openBound, count, seed);
  }
}

function meaningOf({ name, type }: GraphFeed): Meaning | undefined {
  const known = meanings.find(([pattern]) => pattern.test(name))?.[1];
  return type === "int64" ? (known ?? "ids") : known === "ones" ? "ones" : undefined;
}

/** A size that varies: as in the other inputs, none of what is cached, one sequence, the length of sequences or the edge of images. */
function sizeOf(size: number | string, axis: number, feed: GraphFeed, sizes: ReadonlyMap<string, number>, length: number): number {
  if (typeof size === "number") return size;
  const { shape, type } = feed;
  const terms = size.split("+").map((term) => term.trim());
  const values = terms.map((term) => sizes.get(term) ?? (/past/i.test(term) ? 0 : /^\d+$/.test(term) ? Number(term) : undefined));
  const sum = values.every((value) => value !== undefined) && size !== "" ? values.reduce((total, value) => total + value, 0) : undefined;
  if (sum !== undefined) return sum;
  if (axis === 0 && shape.length > 1 && meaningOf(feed) !== "places") return 1;
  return type === "float32" && shape.length === 4 ? (axis === (channelAxis(shape) ?? 1) ? 3 : openEdge) : length;
}

/** Tensors of one shape and type, one after the other along their first axis. */
function concatenated(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (first === undefined || tensors.length === 1) return first!;
  const shape = [first.shape[0]! * tensors.length, ...first.shape.slice(1)];
  const size = first.data.length;
  if (first.type === "float32") {
    const data = new Float32Array(size * tensors.length);
    for (const [index, tensor] of tensors.entries()) if (tensor.type === "float32") data.set(tensor.data, index * size);
    return { type: "float32", shape, data };
  }
  const data = new BigInt64Array(size * tensors.length);
  for (const [index, tensor] of tensors.entries()) if (tensor.type === "int64") data.set(tensor.data, index * size);
  return { type: "int64", shape, data };
}
