import type { Picture } from "./picture";

/** Resampling filters, by their names in Pillow. */
export type ResampleFilter = "nearest" | "box" | "bilinear" | "hamming" | "bicubic" | "lanczos";

interface Kernel {
  /** Half the width on which the kernel is not zero, in source pixels at scale 1. */
  readonly support: number;
  weight(x: number): number;
}

/** Kernels as in Pillow's Resample.c. */
const kernels: Readonly<Record<Exclude<ResampleFilter, "nearest">, Kernel>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))) },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Bits after the binary point of a coefficient: 32, less 8 of the pixel and 2 against overflow. */
const precisionBits = 22;

/**
 * The picture scaled to width x height as Pillow's Image.resize does it: the kernel widens with the scale when shrinking (no aliasing),
 * coefficients in fixed point, first along rows, then along columns, rounded to 8 bits in between.
 */
export function resize(picture: Picture, width: number, height: number, filter: ResampleFilter): Picture {
  if (width === picture.width && height === picture.height) return picture;
  if (filter === "nearest") return resizeNearest(picture, width, height);
  const kernel = kernels[filter];
  const wide = width === picture.width ? picture : resampleRows(picture, width, kernel);
  return height === picture.height ? wide : resampleColumns(wide, height, kernel);
}

function resampleRows(picture: Picture, width: number, kernel: Kernel): Picture {
  const { height, channels, data } = picture;
  const out = new Uint8Array(width * height * channels);
  const columns = coefficients(picture.width, width, kernel);
  for (let y = 0; y < height; y++) {
    columns.forEach(({ start, weights }, x) => {
      const from = (y * picture.width + start) * channels;
      weighPixels(data, from, channels, weights, out, (y * width + x) * channels, channels);
    });
  }
  return { ...picture, width, data: out };
}

function resampleColumns(picture: Picture, height: number, kernel: Kernel): Picture {
  const stride = picture.width * picture.channels;
  const out = new Uint8Array(height * stride);
  coefficients(picture.height, height, kernel).forEach(({ start, weights }, y) => {
    weighPixels(picture.data, start * stride, stride, weights, out, y * stride, stride);
  });
  return { ...picture, height, data: out };
}

/** `count` neighbouring elements of `out`, each the weighted sum of elements of `data` that lie `step` apart. */
function weighPixels(
  data: Uint8Array,
  from: number,
  step: number,
  weights: Int32Array,
  out: Uint8Array,
  to: number,
  count: number,
): void {
  for (let element = 0; element < count; element++) {
    let sum = 1 << (precisionBits - 1);
    for (let tap = 0; tap < weights.length; tap++) sum += data[from + element + tap * step]! * weights[tap]!;
    out[to + element] = Math.max(0, Math.min(255, sum >> precisionBits));
  }
}

/** For each of `outSize` places: the first source pixel that counts, and fixed-point weights from there on. */
function coefficients(inSize: number, outSize: number, kernel: Kernel): { start: number; weights: Int32Array }[] {
  const scale = inSize / outSize;
  const widening = Math.max(scale, 1);
  const support = kernel.support * widening;
  return Array.from({ length: outSize }, (_, place) => {
    const center = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(inSize, Math.trunc(center + support + 0.5));
    const weights = Array.from({ length: end - start }, (_, tap) => kernel.weight((start + tap - center + 0.5) / widening));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { start, weights: Int32Array.from(weights, (weight) => fixedPoint(total === 0 ? weight : weight / total)) };
  });
}

/** Rounded half away from zero. */
function fixedPoint(weight: number): number {
  return Math.trunc(weight * 2 ** precisionBits + (weight < 0 ? -0.5 : 0.5));
}

function resizeNearest(picture: Picture, width: number, height: number): Picture {
  const { channels, data } = picture;
  const columns = nearestSources(picture.width, width);
  const rows = nearestSources(picture.height, height);
  const out = new Uint8Array(width * height * channels);
  rows.forEach((sourceRow, y) => {
    columns.forEach((sourceColumn, x) => {
      const from = (sourceRow * picture.width + sourceColumn) * channels;
      out.set(data.subarray(from, from + channels), (y * width + x) * channels);
    });
  });
  return { ...picture, width, height, data: out };
}

/** Source pixel of each place. Pillow steps by repeated addition; so do we, as ties fall by its rounding errors. */
function nearestSources(inSize: number, outSize: number): number[] {
  const scale = inSize / outSize;
  let position = scale / 2;
  return Array.from({ length: outSize }, () => {
    const source = Math.min(inSize - 1, Math.floor(position));
    position += scale;
    return source;
  });
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Cubic convolution with a = -0.5 (Keys, 1981). */
function cubic(x: number): number {
  const a = -0.5;
  const distance = Math.abs(x);
  if (distance < 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * a;
  return 0;
}
