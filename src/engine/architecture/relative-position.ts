import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { AttentionShape } from "./attention";

/**
 * A learned bias on attention scores that depends on where two tokens stand relative to each other.
 * @param table [kinds of pairs, heads]
 * @param kinds row of the table for every pair of tokens, row-major [tokens, tokens]
 * @param name the same name means the same `kinds`
 */
export function relativeBias(name: string, table: TensorReference, tokens: number, kinds: () => Int32Array): NonNullable<AttentionShape["bias"]> {
  return (g: GraphBuilder, first: number, count: number): Value => {
    const byHead = g.op("Transpose", [g.weight(table)], { perm: { ints: [1, 0] } });
    const heads = g.op("Slice", [byHead, g.ints([first]), g.ints([first + count]), g.ints([0])]);
    const pairs = g.longs(name, [tokens, tokens], () => BigInt64Array.from(kinds(), BigInt));
    return g.op("Gather", [heads, pairs], { axis: { int: 1 } });
  };
}

/** Number of the offset between every pair of a grid's cells, [cells, cells]: (2 height - 1) * (2 width - 1) kinds (Swin, arXiv 2103.14030). */
export function gridOffsets(height: number, width: number): Int32Array {
  const cells = height * width;
  return Int32Array.from({ length: cells * cells }, (_, pair) => {
    const [from, to] = [Math.floor(pair / cells), pair % cells];
    const down = Math.floor(from / width) - Math.floor(to / width) + height - 1;
    const right = (from % width) - (to % width) + width - 1;
    return down * (2 * width - 1) + right;
  });
}

/** The same for a grid behind a class token, with three more kinds: from the class token, to it, and to itself (BEiT, arXiv 2106.08254). */
export function gridOffsetsWithClass(height: number, width: number): Int32Array {
  const cells = height * width;
  const tokens = cells + 1;
  const grid = gridOffsets(height, width);
  const kinds = (2 * height - 1) * (2 * width - 1);
  return Int32Array.from({ length: tokens * tokens }, (_, pair) => {
    const [from, to] = [Math.floor(pair / tokens), pair % tokens];
    if (from > 0 && to > 0) return grid[(from - 1) * cells + to - 1]!;
    if (from === 0 && to === 0) return kinds + 2;
    return from === 0 ? kinds : kinds + 1;
  });
}
