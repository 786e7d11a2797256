import { bitsOf, keyOf, keys } from "./histogram";

/** Sums kept for a bin and channel: count, x, x-hat, x * x-hat. */
export const cellSize = 4;
/** 64 MB of address space, of which only what a layer fills is ever touched. */
const cellsOnBench = 2 ** 21;
/** Longer rows are laid in pieces. */
export const pieceLength = 8192;

/**
 * The arrays that elements are added up in, one set for all layers, which take turns: V8 compiles a loop over arrays that it can see to be
 * the same for good to code more than twice as fast, and this loop meets every element of every norm's input.
 */
export const bench = (() => {
  const size = cellSize;
  const sums = new Float64Array(cellsOnBench * size);
  const startOfKey = new Int32Array(keys).fill(-1);
  const counts = new Uint32Array(keys);
  const piece = new Float32Array(pieceLength);
  const bits = bitsOf(piece);
  return {
    /** [opened bins, channels, 4] of the layer whose turn it is. */
    sums,
    /** Where a key's bin begins in `sums`, -1 where it isn't open. */
    startOfKey,
    /** Elements by key. */
    counts,

    /** Lays `length` elements from `start` on. */
    lay(data: Float32Array, start: number, length: number): void {
      piece.set(data.subarray(start, start + length));
    },

    /** Key of the element at `index` of what was laid. */
    keyAt(index: number): number {
      return keyOf(bits[index]!);
    },

    /**
     * Adds the laid elements from `first` to `end` - 1, x-hat = (x - centre) * inverse, up to the first whose bin isn't open.
     * @param channel of the element at index 0
     * @returns index of that element, or `end`
     */
    add(first: number, end: number, channel: number, centre: number, inverse: number): number {
      for (let i = first; i < end; i++) {
        const key = keyOf(bits[i]!);
        const binStart = startOfKey[key]!;
        if (binStart < 0) return i;
        const x = piece[i]!;
        const y = (x - centre) * inverse;
        const cell = binStart + (channel + i) * size;
        counts[key]! += 1;
        sums[cell]! += 1;
        sums[cell + 1]! += x;
        sums[cell + 2]! += y;
        sums[cell + 3]! += x * y;
      }
      return end;
    },
  };
})();
