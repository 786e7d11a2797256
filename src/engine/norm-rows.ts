import type { RowBlock } from "../analysis/measurement";
import type { Norm } from "../shared/norm";
import { axesOf, type Over } from "./graph/axes";
import type { Batch } from "./input/input";
import { elementCount, type Tensor } from "./tensor";

/** A norm and how the elements of its inputs fall into rows. Its axes and channels are settled by the first input. */
export interface RowsOfNorm extends Norm {
  readonly over: Over;
  /** Axes, counted from the end, along which gain and offset vary; absent where there are none, or one number for all. */
  readonly affineAxes?: readonly number[];
}

/** Wider affines, as of a norm over whole images, would leave too few bins for each of their numbers; they are left out. */
const mostChannels = 2 ** 16;

/** Where rows and channels lie in an input, seen in a shape that may have groups of channels as an axis of their own. */
interface Layout {
  readonly shape: readonly number[];
  /** Normalised over; the last ones are the channels'. */
  readonly axes: readonly number[];
  readonly channels: number;
  /** Axes of `shape` that gain and offset vary along, or would. */
  readonly channelAxes: readonly number[];
  /** False where gain and offset vary along axes that are not normalised over, so that rows don't share them. */
  readonly sharesAffine: boolean;
}

/**
 * The norm as its measurement needs it, told by an input. Rows whose elements have a gain and offset in common by their place in the row
 * have these; others, as groups of channels, have none: what is measured of them is before the affine.
 */
export function settled(norm: RowsOfNorm, { shape }: Tensor): Norm {
  const { name, kind, role, depth, eps, over, weight, bias, trained } = norm;
  const { channels, sharesAffine } = layoutOf(norm, shape);
  const axes = axesOf(over, shape.length).map((axis) => axis - shape.length);
  return { name, kind, role, depth, eps, axes, channels, ...(weight && sharesAffine && { weight }), ...(bias && sharesAffine && { bias }), ...(trained && { trained }) };
}

/** As {@link settled}, for whoever takes every element of a row for a channel of its own. */
export function settledByElement(norm: RowsOfNorm, input: Tensor): Norm {
  const known = settled(norm, input);
  const { shape, axes } = layoutOf(norm, input.shape);
  const elements = elementCount(axes.map((axis) => shape[axis]!));
  const repeated = (values: Float32Array | undefined): Float32Array | undefined =>
    values === undefined || values.length === 1 ? values : Float32Array.from({ length: elements }, (_, index) => values[index % values.length]!);
  const weight = repeated(known.weight);
  const bias = repeated(known.bias);
  return { ...known, channels: elements, ...(weight && { weight }), ...(bias && { bias }) };
}

/** Shape in which a gain for every channel broadcasts against an input: [C] where channels are its last axis. Undefined where rows do not share their channels. */
export function channelShape(norm: RowsOfNorm, { shape }: Tensor): number[] | undefined {
  const { channelAxes, sharesAffine } = layoutOf(norm, shape);
  if (!sharesAffine) return undefined;
  const first = Math.min(...channelAxes);
  return shape.slice(first).map((size, index) => (channelAxes.includes(first + index) ? size : 1));
}

/** The rows of a norm's input, those of a sequence together and in the order of its positions; in each, the channels over and over. */
export function rowBlock(norm: RowsOfNorm, input: Tensor, { sequences, sequenceLength }: Batch): RowBlock {
  if (input.type !== "float32") throw new Error("A norm's input is not float32.");
  const { shape, axes } = layoutOf(norm, input.shape);
  const kept = keptAxes(axes, shape, sequences, sequenceLength);
  const rows = elementCount(kept.map((axis) => shape[axis]!));
  const data = inOrder(input.data, shape, kept, axes);
  if ("groups" in norm.over) return { data, rows, rowsPerSequence: norm.over.groups, rowsPerPosition: norm.over.groups };
  return { data, rows, ...positionsOf(kept.map((axis) => shape[axis]!), rows, sequences, sequenceLength) };
}

function layoutOf({ over, affineAxes }: Pick<RowsOfNorm, "over" | "affineAxes">, shape: readonly number[]): Layout {
  if ("groups" in over) return groupedLayout(over.groups, shape);
  const all = axesOf(over, shape.length);
  const affine = affineAxes?.map((axis) => axis + shape.length).filter((axis) => shape[axis] !== 1);
  const isNarrow = elementCount((affine ?? []).map((axis) => shape[axis]!)) <= mostChannels;
  const sharesAffine = affine === undefined || (isNarrow && affine.every((axis) => all.includes(axis)));
  const ofChannels = affine && sharesAffine ? affine : [channelAxis(all, shape.length)];
  const axes = [...all.filter((axis) => !ofChannels.includes(axis)), ...ofChannels];
  return { shape, axes, channelAxes: ofChannels, channels: elementCount(ofChannels.map((axis) => shape[axis]!)), sharesAffine };
}

/** [sample, group, channel of the group, everything behind]: channels innermost. */
function groupedLayout(groups: number, [samples = 1, channels = 1, ...behind]: readonly number[]): Layout {
  const shape = [samples, groups, channels / groups, elementCount(behind)];
  return { shape, axes: [3, 2], channelAxes: [2], channels: channels / groups, sharesAffine: false };
}

/** Without an affine to tell, channels are axis 1 of images, else the last axis. */
function channelAxis(axes: readonly number[], rank: number): number {
  return rank > 3 && axes.includes(1) ? 1 : axes.at(-1)!;
}

/** The axes that are not normalised over, with that of the positions behind that of the sequences. */
function keptAxes(axes: readonly number[], shape: readonly number[], sequences: number, sequenceLength: number): number[] {
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const [first, second] = kept;
  if (first === undefined || second === undefined || shape[first] !== sequences || shape[second] === sequenceLength) return kept;
  const position = kept.find((axis) => axis !== first && shape[axis] === sequenceLength);
  return position === undefined ? kept : [first, position, ...kept.filter((axis) => axis !== first && axis !== position)];
}

/** How rows fall into sequences and positions; where that can't be told, no row is a first position. */
function positionsOf([batch = 1, positions = 1]: readonly number[], rows: number, sequences: number, sequenceLength: number): Pick<RowBlock, "rowsPerSequence" | "rowsPerPosition"> {
  const rowsPerSequence = rows / sequences;
  if (batch === sequences) return { rowsPerSequence, rowsPerPosition: rowsPerSequence / positions };
  if (batch === sequences * sequenceLength) return { rowsPerSequence, rowsPerPosition: rowsPerSequence / sequenceLength };
  return Number.isInteger(rowsPerSequence) ? { rowsPerSequence, rowsPerPosition: rowsPerSequence } : { rowsPerSequence: rows, rowsPerPosition: rows };
}

/** The elements with the kept axes first and the normalised ones last; the same array where they stand so already. */
function inOrder(data: Float32Array, shape: readonly number[], kept: readonly number[], axes: readonly number[]): Float32Array {
  if ([...kept, ...axes].every((axis, index) => axis === index)) return data;
  const rowStarts = offsets(kept, shape);
  const steps = offsets(axes, shape);
  const ordered = new Float32Array(data.length);
  let place = 0;
  for (const start of rowStarts) for (const step of steps) ordered[place++] = data[start + step]!;
  return ordered;
}

/** Where the elements along some axes lie, row-major in the order of the axes. */
function offsets(axes: readonly number[], shape: readonly number[]): Uint32Array {
  return axes.reduce((places, axis) => {
    const stride = elementCount(shape.slice(axis + 1));
    const size = shape[axis]!;
    const next = new Uint32Array(places.length * size);
    for (let index = 0; index < next.length; index++) next[index] = places[Math.floor(index / size)]! + stride * (index % size);
    return next;
  }, Uint32Array.of(0));
}
