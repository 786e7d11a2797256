import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../../../shared/errors";
import { elementCount } from "../../../tensor";
import type { TfjsBackend } from "../backend";
import { product } from "../device/product";
import { sum } from "../device/sums";

/** A tensor with a letter for each axis. */
interface Lettered {
  readonly tensor: tf.Tensor;
  readonly letters: readonly string[];
}

/**
 * Einstein's sum: letters that the result lacks are summed over.
 * @throws UserError where a letter stands twice in one term, which means a diagonal.
 */
export function einsum(backend: TfjsBackend, equation: string, tensors: readonly tf.Tensor[]): tf.Tensor {
  const [left, right] = equation.replaceAll(" ", "").split("->") as [string, string?];
  const terms = left.split(",").map((term, index) => lettersOf(term, tensors[index]!.rank));
  if (terms.some((letters) => new Set(letters).size < letters.length)) {
    throw new UserError(`tfjs can't run the Einsum "${equation}", which takes a diagonal; choose the runtime onnxruntime.`);
  }
  const result = right === undefined ? lettersOnce(terms) : lettersOf(right, ellipsisRank(left, terms) + right.replace("...", "").length);
  const operands = tensors.map((tensor, index): Lettered => ({ tensor, letters: terms[index]! }));
  const product = operands.slice(1).reduce((all, operand, index) => {
    const later = terms.slice(index + 2).flat();
    return multiply(backend, all, operand, [...result, ...later]);
  }, operands[0]!);
  return arrange(keepOnly(backend, product, result), result);
}

/** "...ij" of rank 4 as its axes' names; those of the ellipsis are numbered from the right, since they broadcast. */
function lettersOf(term: string, rank: number): string[] {
  const hidden = rank - term.replace("...", "").length;
  const numbers = Array.from({ length: hidden }, (_, axis) => String(hidden - axis));
  const [before, after] = term.split("...") as [string, string?];
  return [...Array.from(before), ...numbers, ...Array.from(after ?? "")];
}

function ellipsisRank(left: string, terms: readonly string[][]): number {
  return Math.max(0, ...left.split(",").map((term, index) => terms[index]!.length - term.replace("...", "").length));
}

/** What stands at the right where it isn't written: the ellipsis, then the letters that stand once, in order of the alphabet. */
function lettersOnce(terms: readonly string[][]): string[] {
  const all = terms.flat();
  const once = [...new Set(all)].filter((letter) => /\d/.test(letter) || all.indexOf(letter) === all.lastIndexOf(letter));
  return once.sort((a, b) => (/\d/.test(a) && /\d/.test(b) ? Number(b) - Number(a) : a < b ? -1 : 1));
}

/** The product of two, with the letters that are still needed: one product of matrices for each entry that both have and keep. */
function multiply(backend: TfjsBackend, x: Lettered, y: Lettered, needed: readonly string[]): Lettered {
  const a = keepOnly(backend, x, [...needed, ...y.letters]);
  const b = keepOnly(backend, y, [...needed, ...x.letters]);
  const shared = a.letters.filter((letter) => b.letters.includes(letter));
  const batch = shared.filter((letter) => needed.includes(letter));
  const summed = shared.filter((letter) => !needed.includes(letter));
  const rows = a.letters.filter((letter) => !shared.includes(letter));
  const columns = b.letters.filter((letter) => !shared.includes(letter));
  const sizes = new Map([...a.letters.map((letter, axis) => [letter, a.tensor.shape[axis]!] as const), ...b.letters.map((letter, axis) => [letter, b.tensor.shape[axis]!] as const)]);
  const shape = (letters: readonly string[]): number[] => letters.map((letter) => sizes.get(letter)!);
  const size = (letters: readonly string[]): number => elementCount(shape(letters));
  const left = tf.reshape(arrange(a, [...batch, ...rows, ...summed]), [size(batch), size(rows), size(summed)]);
  const right = tf.reshape(arrange(b, [...batch, ...summed, ...columns]), [size(batch), size(summed), size(columns)]);
  const letters = [...batch, ...rows, ...columns];
  return { tensor: tf.reshape(product(backend, left, right), shape(letters)), letters };
}

/** Sums over the letters that aren't kept. */
function keepOnly(backend: TfjsBackend, { tensor, letters }: Lettered, kept: readonly string[]): Lettered {
  const gone = letters.flatMap((letter, axis) => (kept.includes(letter) ? [] : [axis]));
  return gone.length === 0 ? { tensor, letters } : { tensor: sum(backend, tensor, gone), letters: letters.filter((letter) => kept.includes(letter)) };
}

/** The axes in another order. */
function arrange({ tensor, letters }: Lettered, order: readonly string[]): tf.Tensor {
  return tf.transpose(tensor, order.map((letter) => letters.indexOf(letter)));
}
