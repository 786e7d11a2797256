import type { BlockFormatName } from "./block-formats";
import type { Piece } from "./pieces";

/** How the bytes of a tensor become its elements where these don't stand there one after another. */
export type Encoding =
  /** Blocks of quantised elements, in row-major order; the tensor's dtype is F32. */
  | { readonly kind: "blocks"; readonly format: BlockFormatName }
  /** 4-bit floats, two a byte with the first in the low half, of which 32 share an exponent; these stand elsewhere, one a byte. The tensor's dtype is F32. */
  | { readonly kind: "float4"; readonly exponents: { readonly file: string; readonly offset: number } }
  /** Elements of the tensor's dtype, `strides` elements apart along each axis. */
  | { readonly kind: "strided"; readonly strides: readonly number[] }
  /** Elements of the tensor's dtype in several files, of which the tensor names the first. */
  | { readonly kind: "pieces"; readonly pieces: readonly Piece[] };
