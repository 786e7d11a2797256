import { sha256Of } from "../input/batch";
import type { Batch, CalibrationInput } from "../input/input";
import { elementCount, type Tensor } from "../tensor";

/** Calibration input, and what is measured on. */
export interface SplitInput {
  readonly calibration: CalibrationInput;
  readonly heldOut: CalibrationInput;
}

/** How input is split. */
export interface SplitOptions {
  /** Most tokens to fit on. */
  readonly maxTokens: number;
  /** Most tokens to measure on. */
  readonly heldOutTokens: number;
  /** Sequences that run together can't be parted, as in a graph of a fixed batch size. */
  readonly wholeBatches: boolean;
}

/** Tokens that run together at most. */
const batchTokens = 1024;

/**
 * Keeps part of the input to measure on: sequences evenly spread over it, as many as are not fitted on, or a third where there is less than was asked for.
 * Where there is one sequence alone, it is measured on what it is fitted on, with a warning.
 */
export function splitInput(input: CalibrationInput, { maxTokens, heldOutTokens, wholeBatches }: SplitOptions): SplitInput {
  const units = wholeBatches ? input.batches : input.batches.flatMap(sequencesOf);
  const fitted = (some: readonly Batch[]): CalibrationInput => described(input, leading(some, maxTokens, wholeBatches));
  const heldOut = (some: readonly Batch[]): CalibrationInput => ({ ...described(input, leading(some, heldOutTokens, wholeBatches)), warnings: [] });
  if (units.length < 2) {
    const warning = "The input is one sequence, so the cost of replacing norms was measured on what the values were fitted on: give more input.";
    return { calibration: { ...fitted(units), warnings: [...input.warnings, warning] }, heldOut: heldOut(units) };
  }
  const tokens = tokensOf(units);
  const wanted = Math.min(heldOutTokens, Math.max(tokens / 3, tokens - maxTokens));
  const count = Math.max(1, Math.min(units.length - 1, Math.round((wanted / tokens) * units.length)));
  const chosen = new Set(Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * units.length) / count)));
  const part = (isChosen: boolean): readonly Batch[] => units.filter((_, index) => chosen.has(index) === isChosen);
  return { calibration: fitted(part(false)), heldOut: heldOut(part(true)) };
}

/** The leading sequences that hold at most `tokens` tokens, the last one cut where it can be; the first one in any case. */
export function leading(batches: readonly Batch[], tokens: number, wholeBatches: boolean): readonly Batch[] {
  const units = wholeBatches ? batches : batches.flatMap(sequencesOf);
  const taken: Batch[] = [];
  let left = tokens;
  for (const unit of units) {
    const fitting = !wholeBatches && unit.sequenceLength > left ? cutTo(unit, Math.max(2, left)) : unit;
    if (taken.length > 0 && tokensOf([fitting]) > left) break;
    taken.push(fitting);
    left -= tokensOf([fitting]);
  }
  return together(taken, wholeBatches);
}

/** Tokens in batches. */
export function tokensOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, { sequences, sequenceLength }) => sum + sequences * sequenceLength, 0);
}

function described(input: CalibrationInput, batches: readonly Batch[]): CalibrationInput {
  const sequences = batches.reduce((sum, batch) => sum + batch.sequences, 0);
  return { ...input, batches, description: { ...input.description, sequences, tokens: tokensOf(batches), sha256: sha256Of(batches) } };
}

/** Every sequence of a batch as a batch of its own. */
function sequencesOf(batch: Batch): Batch[] {
  return Array.from({ length: batch.sequences }, (_, index) => ({
    feeds: mapFeeds(batch, (tensor) => rows(tensor, index, batch.sequences)),
    sequences: 1,
    sequenceLength: batch.sequenceLength,
  }));
}

/** Token ids alone can be cut: pictures and sound are what they are. */
function cutTo(unit: Batch, length: number): Batch {
  const ids = unit.feeds["input_ids"];
  if (ids?.type !== "int64" || Object.keys(unit.feeds).length > 1 || ids.shape[1] !== unit.sequenceLength) return unit;
  return { feeds: { input_ids: { type: "int64", shape: [1, length], data: ids.data.slice(0, length) } }, sequences: 1, sequenceLength: length };
}

/** Neighbours of one shape in batches. */
function together(units: readonly Batch[], wholeBatches: boolean): readonly Batch[] {
  if (wholeBatches) return units;
  const groups: Batch[][] = [];
  for (const unit of units) {
    const group = groups.at(-1);
    const fits = group !== undefined && sameShapes(group[0]!, unit) && (group.length + 1) * unit.sequenceLength <= batchTokens;
    if (fits) group.push(unit);
    else groups.push([unit]);
  }
  return groups.map((group) => ({
    feeds: mapFeeds(group[0]!, (_, name) => stacked(group.map(({ feeds }) => feeds[name]!))),
    sequences: group.length,
    sequenceLength: group[0]!.sequenceLength,
  }));
}

function mapFeeds({ feeds }: Batch, change: (tensor: Tensor, name: string) => Tensor): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, change(tensor, name)]));
}

function sameShapes(a: Batch, b: Batch): boolean {
  return Object.entries(a.feeds).every(([name, { shape }]) => {
    const other = b.feeds[name]?.shape;
    return other?.length === shape.length && shape.every((size, axis) => axis === 0 || size === other[axis]);
  });
}

/** Part `index` of `parts` along the first axis. */
function rows(tensor: Tensor, index: number, parts: number): Tensor {
  const shape = [tensor.shape[0]! / parts, ...tensor.shape.slice(1)];
  const length = elementCount(shape);
  const from = index * length;
  return tensor.type === "float32" ? { type: "float32", shape, data: tensor.data.slice(from, from + length) } : { type: "int64", shape, data: tensor.data.slice(from, from + length) };
}

function stacked(tensors: readonly Tensor[]): Tensor {
  const shape = [tensors.reduce((sum, tensor) => sum + tensor.shape[0]!, 0), ...tensors[0]!.shape.slice(1)];
  const length = elementCount(shape);
  if (tensors[0]!.type === "float32") {
    const data = new Float32Array(length);
    tensors.reduce((place, tensor) => (data.set(tensor.data as Float32Array, place), place + tensor.data.length), 0);
    return { type: "float32", shape, data };
  }
  const data = new BigInt64Array(length);
  tensors.reduce((place, tensor) => (data.set(tensor.data as BigInt64Array, place), place + tensor.data.length), 0);
  return { type: "int64", shape, data };
}
