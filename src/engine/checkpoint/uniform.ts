/** Whether the same element stands all over in the bytes of `count` elements. */
export function isUniform(bytes: Uint8Array, count: number): boolean {
  const size = bytes.length / count;
  return bytes.every((byte, index) => index < size || byte === bytes[index - size]);
}
