import { erf } from "../../../analysis/curves";
import { blockEps, matrixShape, type BlockSize, type MatrixName } from "./block";

/** Rows of float64 values. */
type Rows = readonly (readonly number[])[];

/**
 * What a block should hand on, computed in float64 from the definitions.
 * @param x [tokens * width]
 * @param weights values from which every matrix, gain and offset is read, each from the start
 * @returns y, [tokens * width]
 */
export function expectedOutput({ tokens, width, heads }: BlockSize, x: Float32Array, weights: Float32Array): Float64Array {
  const rows = Array.from({ length: tokens }, (_, token) => [...x.subarray(token * width, (token + 1) * width)]);
  const dense = (name: MatrixName, input: Rows): Rows => input.map((row) => multiply(row, weights, matrixShape(name, width)));
  const norm = (input: Rows): Rows => input.map((row) => layerNorm(row, weights));
  const mixed = attend(dense("query", rows), dense("key", rows), dense("value", rows), heads, width / heads);
  const attended = norm(sum(rows, dense("attentionOut", mixed)));
  const fed = dense("down", dense("up", attended).map((row) => row.map(gelu)));
  return Float64Array.from(norm(sum(attended, fed)).flat());
}

function multiply(row: readonly number[], weights: Float32Array, [outs, ins]: readonly [number, number]): number[] {
  return Array.from({ length: outs }, (_, out) => row.reduce((total, value, index) => total + value * weights[out * ins + index]!, 0));
}

function sum(a: Rows, b: Rows): Rows {
  return a.map((row, token) => row.map((value, channel) => value + b[token]![channel]!));
}

function layerNorm(row: readonly number[], weights: Float32Array): number[] {
  const mean = row.reduce((total, value) => total + value, 0) / row.length;
  const variance = row.reduce((total, value) => total + (value - mean) ** 2, 0) / row.length;
  return row.map((value, channel) => ((value - mean) / Math.sqrt(variance + blockEps)) * weights[channel]! + weights[channel]!);
}

/** Causal attention; heads stand next to each other in a row. */
function attend(queries: Rows, keys: Rows, values: Rows, heads: number, headSize: number): Rows {
  return queries.map((query, token) =>
    Array.from({ length: heads }, (_, head) => {
      const part = (row: readonly number[]): readonly number[] => row.slice(head * headSize, (head + 1) * headSize);
      const scores = keys.slice(0, token + 1).map((key) => dot(part(query), part(key)) / Math.sqrt(headSize));
      const shares = softmax(scores);
      return Array.from({ length: headSize }, (_unused, channel) => dot(shares, values.slice(0, token + 1).map((value) => part(value)[channel]!)));
    }).flat(),
  );
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, value, index) => total + value * b[index]!, 0);
}

function softmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}
