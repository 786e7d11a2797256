import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { turn } from "./rotary";

/** Rotary positions of a grid of patches: half of the pairs of channels are turned by the row, half by the column (EVA-02, arXiv 2303.11331). */
export interface GridRotary {
  readonly rows: number;
  readonly columns: number;
  /** Side of the grid that a model was first trained on, to which larger ones are shrunk. */
  readonly side: number;
  /** Tokens before the patches, which are not turned. */
  readonly prefix: number;
}

const theta = 10_000;

/** Turns queries or keys [batch, prefix and patches, heads, head size], neighbouring channels as pairs. */
export function rotateOnGrid(g: GraphBuilder, x: Value, headSize: number, grid: GridRotary): Value {
  const pairs = headSize / 2;
  const tokens = grid.prefix + grid.rows * grid.columns;
  const [cos, sin] = ([Math.cos, Math.sin] as const).map((wave) => g.floats(`grid_${wave.name}`, [tokens, 1, pairs], () => Float32Array.from(gridAngles(pairs, grid), wave))) as [Value, Value];
  return turn(g, x, { pairs: "neighbours", count: pairs }, cos, sin);
}

/** The angle of every pair of every token, row-major [tokens, pairs]; 0 before the patches. */
export function gridAngles(pairs: number, { rows, columns, side, prefix }: GridRotary): Float64Array {
  const bands = pairs / 2;
  return Float64Array.from({ length: (prefix + rows * columns) * pairs }, (_, index) => {
    const [patch, pair] = [Math.floor(index / pairs) - prefix, index % pairs];
    if (patch < 0) return 0;
    const place = pair < bands ? (Math.floor(patch / columns) / rows) * side : ((patch % columns) / columns) * side;
    return place * theta ** (-(pair % bands) / bands);
  });
}
