import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { turn, type Rotary } from "./rotary";

/** Rotary positions of a grid of patches: half of the pairs of channels are turned by the row, half by the column (EVA-02, arXiv 2303.11331). */
export interface GridRotary extends Pick<Rotary, "pairs"> {
  readonly rows: number;
  readonly columns: number;
  /** Where one of `count` rows or columns stands. */
  readonly place: (index: number, count: number) => number;
  /** Ratio of the fastest to the slowest frequency, nearly. */
  readonly theta: number;
  /** Tokens before the patches, which are not turned. */
  readonly prefix: number;
}

/** Turns queries or keys [batch, prefix and patches, heads, head size]. */
export function rotateOnGrid(g: GraphBuilder, x: Value, headSize: number, grid: GridRotary): Value {
  const count = headSize / 2;
  const tokens = grid.prefix + grid.rows * grid.columns;
  const [cos, sin] = ([Math.cos, Math.sin] as const).map((wave) => g.floats(`grid_${wave.name}`, [tokens, 1, count], () => Float32Array.from(gridAngles(count, grid), wave))) as [Value, Value];
  return turn(g, x, { pairs: grid.pairs, count }, cos, sin);
}

/** The angle of every pair of every token, row-major [tokens, pairs]; 0 before the patches. */
function gridAngles(pairs: number, { rows, columns, place, theta, prefix }: GridRotary): Float64Array {
  const bands = pairs / 2;
  return Float64Array.from({ length: (prefix + rows * columns) * pairs }, (_, index) => {
    const [patch, pair] = [Math.floor(index / pairs) - prefix, index % pairs];
    if (patch < 0) return 0;
    const at = pair < bands ? place(Math.floor(patch / columns), rows) : place(patch % columns, columns);
    return at * theta ** (-(pair % bands) / bands);
  });
}
