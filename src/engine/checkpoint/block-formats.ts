import { doubledFloat4 } from "./float4";
import { valuesOfHalves } from "./half";

/**
 * Formats in which llama.cpp stores quantised weights: blocks of a fixed number of elements, each with its scales.
 * Layouts as in ggml/src/ggml-common.h, arithmetic as in dequantize_row_* of ggml/src/ggml-quants.c.
 */
export interface BlockFormat {
  /** Elements of a block. */
  readonly elements: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Turns the block at `block[at]` into the elements from `target[to]` on. */
  readonly decode: (block: Uint8Array, at: number, target: Float32Array, to: number) => void;
}

/** Name of a format of quantised weights, as llama.cpp spells it. */
export type BlockFormatName = keyof typeof blockFormats;

const small = 32;
const large = 256;

function half(block: Uint8Array, at: number): number {
  return valuesOfHalves()[block[at]! | (block[at + 1]! << 8)]!;
}

function int8(byte: number): number {
  return (byte << 24) >> 24;
}

/** Blocks of 32 whose bytes hold element i in the low and element i + 16 in the high half. */
function nibbles(bytes: number, codesAt: number, prepare: (block: Uint8Array, at: number) => (code: number, element: number) => number): BlockFormat {
  return {
    elements: small,
    bytes,
    decode(block, at, target, to) {
      const valueOf = prepare(block, at);
      for (let i = 0; i < 16; i++) {
        const byte = block[at + codesAt + i]!;
        target[to + i] = valueOf(byte & 15, i);
        target[to + 16 + i] = valueOf(byte >> 4, 16 + i);
      }
    },
  };
}

/** The fifth bit of each element of a block of 32, from the 32 bits that stand at `at`. */
function fifthBit(block: Uint8Array, at: number, element: number): number {
  return ((block[at + (element >> 3)]! >> (element & 7)) & 1) << 4;
}

/** Scale and minimum of part `part` of 8, 6 bits each, packed into 12 bytes. */
function scaleAndMinimum(block: Uint8Array, at: number, part: number): [number, number] {
  if (part < 4) return [block[at + part]! & 63, block[at + part + 4]! & 63];
  const low = block[at + part + 4]!;
  return [(low & 15) | ((block[at + part - 4]! >> 6) << 4), (low >> 4) | ((block[at + part]! >> 6) << 4)];
}

/** Scale of part `part` of 16, 6 bits each with an offset of 32, packed into 12 bytes. */
function signedScale(block: Uint8Array, at: number, part: number): number {
  const low = (block[at + (part & 7)]! >> (part < 8 ? 0 : 4)) & 15;
  const high = (block[at + 8 + (part & 3)]! >> (2 * (part >> 2))) & 3;
  return (low | (high << 4)) - 32;
}

/** Values of the 4-bit codes of IQ4_NL and IQ4_XS. */
const unevenValues = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113] as const;

/** Every format that is read. */
export const blockFormats = {
  Q4_0: nibbles(18, 2, (block, at) => {
    const d = half(block, at);
    return (code) => d * (code - 8);
  }),
  Q4_1: nibbles(20, 4, (block, at) => {
    const d = half(block, at);
    const m = half(block, at + 2);
    return (code) => d * code + m;
  }),
  Q5_0: nibbles(22, 6, (block, at) => {
    const d = half(block, at);
    return (code, element) => d * ((code | fifthBit(block, at + 2, element)) - 16);
  }),
  Q5_1: nibbles(24, 8, (block, at) => {
    const d = half(block, at);
    const m = half(block, at + 2);
    return (code, element) => d * (code | fifthBit(block, at + 4, element)) + m;
  }),
  IQ4_NL: nibbles(18, 2, (block, at) => {
    const d = half(block, at);
    return (code) => d * unevenValues[code]!;
  }),
  MXFP4: nibbles(17, 1, (block, at) => {
    const d = 2 ** (block[at]! - 128);
    return (code) => d * doubledFloat4[code]!;
  }),
  Q8_0: {
    elements: small,
    bytes: 34,
    decode(block, at, target, to) {
      const d = half(block, at);
      for (let i = 0; i < small; i++) target[to + i] = d * int8(block[at + 2 + i]!);
    },
  },
  Q2_K: {
    elements: large,
    bytes: 84,
    decode(block, at, target, to) {
      const d = half(block, at + 80);
      const dMin = half(block, at + 82);
      for (let part = 0; part < 16; part++) {
        const scale = block[at + part]!;
        const codes = at + 16 + 32 * (part >> 3) + 16 * (part & 1);
        const shift = part & 6;
        for (let i = 0; i < 16; i++) target[to + 16 * part + i] = d * (scale & 15) * ((block[codes + i]! >> shift) & 3) - dMin * (scale >> 4);
      }
    },
  },
  Q3_K: {
    elements: large,
    bytes: 110,
    decode(block, at, target, to) {
      const d = half(block, at + 108);
      for (let part = 0; part < 16; part++) {
        const scale = d * signedScale(block, at + 96, part);
        const codes = at + 32 + 32 * (part >> 3) + 16 * (part & 1);
        const highs = at + 16 * (part & 1);
        const shift = part & 6;
        for (let i = 0; i < 16; i++) {
          const high = (block[highs + i]! >> (part >> 1)) & 1 ? 0 : 4;
          target[to + 16 * part + i] = scale * (((block[codes + i]! >> shift) & 3) - high);
        }
      }
    },
  },
  Q4_K: {
    elements: large,
    bytes: 144,
    decode(block, at, target, to) {
      const d = half(block, at);
      const dMin = half(block, at + 2);
      for (let part = 0; part < 8; part++) {
        const [scale, minimum] = scaleAndMinimum(block, at + 4, part);
        const codes = at + 16 + 32 * (part >> 1);
        const shift = 4 * (part & 1);
        for (let i = 0; i < 32; i++) target[to + 32 * part + i] = d * scale * ((block[codes + i]! >> shift) & 15) - dMin * minimum;
      }
    },
  },
  Q5_K: {
    elements: large,
    bytes: 176,
    decode(block, at, target, to) {
      const d = half(block, at);
      const dMin = half(block, at + 2);
      for (let part = 0; part < 8; part++) {
        const [scale, minimum] = scaleAndMinimum(block, at + 4, part);
        const codes = at + 48 + 32 * (part >> 1);
        const shift = 4 * (part & 1);
        for (let i = 0; i < 32; i++) {
          const high = ((block[at + 16 + i]! >> part) & 1) << 4;
          target[to + 32 * part + i] = d * scale * (((block[codes + i]! >> shift) & 15) | high) - dMin * minimum;
        }
      }
    },
  },
  Q6_K: {
    elements: large,
    bytes: 210,
    decode(block, at, target, to) {
      const d = half(block, at + 208);
      for (let part = 0; part < 16; part++) {
        const scale = d * int8(block[at + 192 + part]!);
        const [side, row] = [part >> 3, (part & 7) >> 1];
        const codes = at + 64 * side + 32 * (row & 1) + 16 * (part & 1);
        const highs = at + 128 + 32 * side + 16 * (part & 1);
        for (let i = 0; i < 16; i++) {
          const low = (block[codes + i]! >> (4 * (row >> 1))) & 15;
          const high = (block[highs + i]! >> (2 * row)) & 3;
          target[to + 16 * part + i] = scale * ((low | (high << 4)) - 32);
        }
      }
    },
  },
  IQ4_XS: {
    elements: large,
    bytes: 136,
    decode(block, at, target, to) {
      const d = half(block, at);
      const highs = block[at + 2]! | (block[at + 3]! << 8);
      for (let part = 0; part < 8; part++) {
        const low = (block[at + 4 + (part >> 1)]! >> (4 * (part & 1))) & 15;
        const scale = d * ((low | (((highs >> (2 * part)) & 3) << 4)) - 32);
        for (let i = 0; i < 16; i++) {
          const byte = block[at + 8 + 16 * part + i]!;
          target[to + 32 * part + i] = scale * unevenValues[byte & 15]!;
          target[to + 32 * part + 16 + i] = scale * unevenValues[byte >> 4]!;
        }
      }
    },
  },
} as const satisfies Readonly<Record<string, BlockFormat>>;

/** Bytes of `count` elements; undefined where they don't fill whole blocks. */
export function blocksLength(name: BlockFormatName, count: number): number | undefined {
  const { elements, bytes } = blockFormats[name];
  return count % elements === 0 ? (count / elements) * bytes : undefined;
}
