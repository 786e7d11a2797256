import type { Dtype } from "../../shared/dtype";
import type { ByteCursor } from "./byte-cursor";

/** An address that leads nowhere, as {@link ByteCursor.u64} rounds it. */
export const nowhere = 2 ** 64;

/** The sizes along the axes; undefined for a dataset that can hold nothing, and for versions that are not known. */
export function readShape(cursor: ByteCursor): number[] | undefined {
  const version = cursor.u8();
  const axes = cursor.u8();
  cursor.u8();
  const kind = cursor.u8();
  if ((version !== 1 && version !== 2) || (version === 2 && kind === 2)) return undefined;
  if (version === 1) cursor.take(4);
  return Array.from({ length: axes }, () => cursor.u64());
}

const classes = { integer: 0, float: 1, text: 3, opaque: 5, enumeration: 8, variableLength: 9 } as const;

/** What the elements of a dataset are. */
export type ElementType =
  | { readonly kind: "number"; readonly dtype: Dtype }
  | { readonly kind: "big-endian" }
  /** Two bytes of which the file says nothing: so h5py writes bfloat16. */
  | { readonly kind: "two bytes" }
  /** Text of so many bytes. */
  | { readonly kind: "text"; readonly size: number }
  /** Text of any length, which stands elsewhere in the file. */
  | { readonly kind: "text elsewhere" }
  | { readonly kind: "other" };

/** The type of the elements of a dataset or an attribute. */
export function readElementType(cursor: ByteCursor): ElementType {
  const kind = cursor.u8() & 0x0f;
  const flags = cursor.u8();
  cursor.take(2);
  const size = cursor.u32();
  if (kind === classes.text) return { kind: "text", size };
  if (kind === classes.variableLength) return { kind: (flags & 0x0f) === 1 ? "text elsewhere" : "other" };
  if (kind === classes.opaque) return { kind: size === 2 ? "two bytes" : "other" };
  if (kind === classes.enumeration && size === 1) return { kind: "number", dtype: "BOOL" };
  if (kind !== classes.integer && kind !== classes.float) return { kind: "other" };
  if ((flags & 0x01) !== 0 && size > 1) return { kind: "big-endian" };
  const dtype = kind === classes.float ? floatOf(size, cursor) : integers[`${(flags & 0x08) !== 0 ? "I" : "U"}${8 * size}`];
  return dtype ? { kind: "number", dtype } : { kind: "other" };
}

const integers: Readonly<Record<string, Dtype>> = { I8: "I8", I16: "I16", I32: "I32", I64: "I64", U8: "U8", U16: "U16", U32: "U32", U64: "U64" };

/** By its bits of exponent, which the format states beside the size. */
function floatOf(size: number, cursor: ByteCursor): Dtype | undefined {
  cursor.take(5);
  const exponent = cursor.u8();
  return floats[`${size} ${exponent}`];
}

const floats: Readonly<Record<string, Dtype>> = { "8 11": "F64", "4 8": "F32", "2 5": "F16", "2 8": "BF16" };

/** Where the bytes of a dataset lie. */
export type Layout =
  | { readonly kind: "contiguous"; readonly place: number; readonly length: number }
  /** Nothing was ever written into it. */
  | { readonly kind: "empty" }
  | { readonly kind: "chunked" }
  | { readonly kind: "unknown" };

/** @param place of the message's content in the file, in which small datasets stand. */
export function readLayout(cursor: ByteCursor, place: number): Layout {
  const version = cursor.u8();
  if (version !== 3 && version !== 4) return { kind: "unknown" };
  const kind = cursor.u8();
  if (kind === 0) {
    const length = cursor.u16();
    return { kind: "contiguous", place: place + cursor.position, length };
  }
  if (kind !== 1) return { kind: kind === 2 ? "chunked" : "unknown" };
  const address = cursor.u64();
  return address === nowhere ? { kind: "empty" } : { kind: "contiguous", place: address, length: cursor.u64() };
}
