import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";

/** A grid of tokens that is attended to window by window; its sides are multiples of the window's. */
export interface WindowedGrid {
  readonly rows: number;
  readonly columns: number;
  /** Side of a square window. */
  readonly window: number;
  /** How far the windows are moved down and right, around the edges. */
  readonly shift: number;
}

/** Tokens [batch, rows * columns, channels] as windows [batch * windows, window², channels], windows row by row. */
export function partition(g: GraphBuilder, x: Value, { rows, columns, window, shift }: WindowedGrid, channels: number): Value {
  const grid = roll(g, g.op("Reshape", [x, g.ints([-1, rows, columns, channels])]), -shift, [rows, columns]);
  const split = g.op("Reshape", [grid, g.ints([-1, rows / window, window, columns / window, window, channels])]);
  return g.op("Reshape", [g.op("Transpose", [split], { perm: { ints: [0, 1, 3, 2, 4, 5] } }), g.ints([-1, window * window, channels])]);
}

/** The way back: rows of windows as tokens [batch, rows * columns, channels]. */
export function merge(g: GraphBuilder, x: Value, { rows, columns, window, shift }: WindowedGrid, channels: number): Value {
  const split = g.op("Reshape", [x, g.ints([-1, rows / window, columns / window, window, window, channels])]);
  const grid = g.op("Reshape", [g.op("Transpose", [split], { perm: { ints: [0, 1, 3, 2, 4, 5] } }), g.ints([-1, rows, columns, channels])]);
  return g.op("Reshape", [roll(g, grid, shift, [rows, columns]), g.ints([-1, rows * columns, channels])]);
}

/** Added to scores between tokens that stand in one window only because it was moved around an edge. */
const apart = -100;

/** [windows, 1, window², window²]: 0 for tokens that may see each other, else what hides them. */
export function windowMask({ rows, columns, window, shift }: WindowedGrid): Float64Array {
  const side = (index: number, size: number): number => (index < size - window ? 0 : index < size - shift ? 1 : 2);
  const cells = window * window;
  const count = (rows * columns) / cells;
  const region = (at: number, cell: number): number => {
    const row = Math.floor(at / (columns / window)) * window + Math.floor(cell / window);
    const column = (at % (columns / window)) * window + (cell % window);
    return 3 * side(row, rows) + side(column, columns);
  };
  return Float64Array.from({ length: count * cells * cells }, (_, index) => {
    const at = Math.floor(index / (cells * cells));
    const pair = index % (cells * cells);
    return region(at, Math.floor(pair / cells)) === region(at, pair % cells) ? 0 : apart;
  });
}

/** Moves rows and columns of [batch, rows, columns, channels] by `shift`, what leaves at one edge coming in at the other. */
function roll(g: GraphBuilder, x: Value, shift: number, sizes: readonly [number, number]): Value {
  if (shift === 0) return x;
  return sizes.reduce((rolled, size, index) => {
    const first = shift < 0 ? -shift : size - shift;
    const [head, tail] = g.ops("Split", [rolled, g.ints([first, size - first])], { axis: { int: index + 1 } }, 2) as [Value, Value];
    return g.op("Concat", [tail, head], { axis: { int: index + 1 } });
  }, x);
}
