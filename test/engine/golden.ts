import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpoint } from "../../src/engine/checkpoint/formats";
import { readTensor } from "../../src/engine/checkpoint/tensor-data";
import { batchSequences } from "../../src/engine/input/batch";
import type { Batch } from "../../src/engine/input/input";
import type { Tensor } from "../../src/engine/tensor";

/** A tensor that PyTorch computed. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A norm layer as PyTorch called it. */
export interface GoldenNorm {
  readonly name: string;
  readonly kind: string;
  readonly role: string;
  readonly depth: number;
  readonly eps: number;
  readonly calls: number;
}

/** What make_golden.py recorded for one input. */
export interface Golden {
  readonly norms: readonly GoldenNorm[];
  /** int64 tensors, which are ids and masks. */
  ids(name: string): { shape: readonly number[]; rows: number[][] } | undefined;
  has(name: string): boolean;
  tensor(name: string): Promise<GoldenTensor | undefined>;
}

const folder = join(import.meta.dirname, "architecture/golden");

/** Every case's folder. */
export function goldenCases(): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("__"))
    .map((entry) => join(folder, entry.name));
}

/** The golden files of a case. */
export function goldenFiles(caseFolder: string): string[] {
  return readdirSync(caseFolder)
    .filter((name) => name.startsWith("golden"))
    .map((name) => join(caseFolder, name));
}

/** Opens a golden file. */
export async function openGolden(file: string): Promise<Golden> {
  const bytes = await readFile(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as { __metadata__: { norms: string } };
  const checkpoint = await openCheckpoint(file);
  return {
    norms: JSON.parse(header.__metadata__.norms) as GoldenNorm[],
    ids: (name) => {
      const reference = checkpoint.tensors.get(name);
      if (!reference) return undefined;
      const [rows, columns = 1] = reference.shape as [number, number?];
      const at = (row: number, column: number): number => Number(bytes.readBigInt64LE(reference.offset + 8 * (row * columns + column)));
      return {
        shape: reference.shape,
        rows: Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_unused, column) => at(row, column))),
      };
    },
    has: (name) => checkpoint.tensors.has(name),
    tensor: async (name) => {
      const reference = checkpoint.tensors.get(name);
      return reference && { shape: reference.shape, data: await readTensor(reference) };
    },
  };
}

/** What was fed, as batches; what a mask hides is cut away, so that nothing is padded. */
export async function batchesOf(golden: Golden): Promise<Batch[]> {
  const ids = golden.ids("input_ids");
  const name = ["pixel_values", "input_values", "input_features", "latents"].find((one) => golden.has(one));
  if (name !== undefined) {
    const pieces = (await golden.tensor(name))!;
    const beside = ["input_ids", "timesteps", "class_labels"].flatMap((one): [string, Tensor][] => {
      const told = golden.ids(one);
      return told ? [[one, { type: "int64", shape: told.shape, data: BigInt64Array.from(told.rows.flat(), BigInt) }]] : [];
    });
    return [{ feeds: { [name]: { type: "float32", ...pieces }, ...Object.fromEntries(beside) }, sequences: pieces.shape[0]!, sequenceLength: 1 }];
  }
  const mask = golden.ids("attention_mask");
  return batchSequences(ids!.rows.map((row, r) => row.filter((_, column) => mask?.rows[r]![column] !== 0)), 1024);
}

/** Largest difference, relative to the largest magnitude. */
export function worstError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i += 1) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    const difference = Math.abs(actual[i]! - expected[i]!);
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
  }
  return worst / scale;
}

/** The rows of several tensors, one after the other. */
export function concatenate(tensors: readonly Tensor[]): Float32Array {
  const parts = tensors.map((tensor) => {
    if (tensor.type !== "float32") throw new Error("Only float32 tensors are compared.");
    return tensor.data;
  });
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** [batch, sequence, heads, size] as [batch, heads, sequence, size], the order in which PyTorch has queries and keys. */
export function headsFirst(tensor: Tensor): Tensor {
  if (tensor.type !== "float32" || tensor.shape.length !== 4) return tensor;
  const [batch, sequence, heads, size] = tensor.shape as [number, number, number, number];
  const data = new Float32Array(tensor.data.length);
  for (let b = 0; b < batch; b += 1)
    for (let s = 0; s < sequence; s += 1)
      for (let h = 0; h < heads; h += 1) {
        const from = ((b * sequence + s) * heads + h) * size;
        data.set(tensor.data.subarray(from, from + size), ((b * heads + h) * sequence + s) * size);
      }
  return { type: "float32", shape: [batch, heads, sequence, size], data };
}
