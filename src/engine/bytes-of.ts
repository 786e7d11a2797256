/** The bytes of a typed array, not copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: Pick<ArrayBufferView, "buffer" | "byteOffset" | "byteLength">): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
