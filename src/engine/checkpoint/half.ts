/** float32 bits of every 16-bit pattern, made when first needed: looking up is twice as fast as converting. */
let floatBits: Uint32Array | undefined;
let floats: Float32Array | undefined;

/** float32 bits of every IEEE 754 binary16 number, by its bits; exact, a NaN's payload included. */
export function floatBitsOfHalves(): Uint32Array {
  return (floatBits ??= Uint32Array.from({ length: 2 ** 16 }, (_, half) => toFloatBits(half)));
}

/** Every IEEE 754 binary16 number, by its bits. */
export function valuesOfHalves(): Float32Array {
  return (floats ??= new Float32Array(floatBitsOfHalves().buffer));
}

function toFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal half is a normal float: shift the leading bit out and count how far.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
