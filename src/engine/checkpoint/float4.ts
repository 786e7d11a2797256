import { UserError } from "../../shared/errors";
import type { TensorReference } from "./checkpoint";
import { quote } from "./quote";

/** Twice the values of 4-bit floats (E2M1), by their code. */
export const doubledFloat4: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** Numbers that share an exponent in MXFP4 (OCP Microscaling Formats 1.0). */
export const float4Group = 32;

/**
 * The tensor whose MXFP4 numbers are stored in two: `blocks` [..., groups, 16], two codes a byte with the first in the low half, and `exponents` [..., groups], biased by 127.
 * @returns a tensor [..., 32 * groups] of that name
 * @throws UserError where the two don't fit each other.
 */
export function float4Tensor(name: string, blocks: TensorReference, exponents: TensorReference): TensorReference {
  const fits = [blocks, exponents].every(({ dtype, encoding }) => dtype === "U8" && !encoding) && blocks.shape.join() === [...exponents.shape, float4Group / 2].join();
  if (!fits) throw new UserError(`${blocks.file}: tensors ${quote(blocks.name)} and ${quote(exponents.name)} don't hold codes and exponents of MXFP4 numbers; get the checkpoint again.`);
  const shape = [...exponents.shape.slice(0, -1), float4Group * exponents.shape.at(-1)!];
  return { ...blocks, name, dtype: "F32", shape, encoding: { kind: "float4", exponents: { file: exponents.file, offset: exponents.offset } } };
}

/** Where codes and exponents of the elements from number `first` on stand, and how many bytes they take. */
export function float4Bytes(first: number, count: number): { codes: readonly [start: number, length: number]; exponents: readonly [start: number, length: number] } {
  const span = (size: number): readonly [number, number] => [Math.floor(first / size), Math.ceil((first + count) / size) - Math.floor(first / size)];
  return { codes: span(2), exponents: span(float4Group) };
}

/** Turns codes and exponents, as {@link float4Bytes} has them, into the elements from number `first` on. */
export function decodeFloat4(codes: Uint8Array, exponents: Uint8Array, first: number, target: Float32Array): void {
  const [odd, inGroup] = [first % 2, first % float4Group];
  for (let index = 0; index < target.length; index++) {
    const byte = codes[(odd + index) >> 1]!;
    const code = (odd + index) % 2 === 0 ? byte & 15 : byte >> 4;
    target[index] = doubledFloat4[code]! * 2 ** (exponents[Math.floor((inGroup + index) / float4Group)]! - 128);
  }
}
