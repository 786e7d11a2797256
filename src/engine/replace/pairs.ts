import { channelBiases, channelWeights, RowNormaliser } from "../../analysis/normalise";
import type { PairedRows } from "../../analysis/paired-fit";
import type { Batch } from "../input/input";
import { rowBlock, settled, type RowsOfNorm } from "../norm-rows";
import type { Tensor } from "../tensor";

/** A row counts as an outlier where its size (root mean square) is so many times that of the median row. */
const outlierSize = 8;

/** Rows of what a layer is fed and of what it should give, and which of them are far larger than the others. */
export interface LayerPairs extends PairedRows {
  /** `rows` without the outliers; the same list where there is none. */
  readonly ordinary: readonly number[];
}

/**
 * Pairs what reaches a layer with what a norm makes of the same rows, or of those of another network. Rows that are not finite in either are left out.
 * @param normed what the norm is to be computed of, one for each batch
 * @param reached what reaches the layer, in the same shapes
 */
export function pairsOf(norm: RowsOfNorm, normed: readonly Tensor[], reached: readonly Tensor[], batches: readonly Batch[]): LayerPairs {
  const known = settled(norm, normed[0]!);
  const { channels } = known;
  const normaliser = new RowNormaliser(known);
  const weight = channelWeights(known);
  const bias = channelBiases(known);
  const total = normed.reduce((sum, { data }) => sum + data.length, 0);
  const x = new Float32Array(total);
  const y = new Float32Array(total);
  const rows: number[] = [];
  const sizes: number[] = [];
  let place = 0;
  for (const [index, batch] of batches.entries()) {
    const from = rowBlock(norm, normed[index]!, batch);
    const to = rowBlock(norm, reached[index]!, batch);
    const length = from.data.length / from.rows;
    x.set(to.data, place);
    for (let start = 0; start < from.data.length; start += length) {
      const normalised = normaliser.normalise(from.data, start, length);
      const size = sizeOf(to.data, start, length);
      for (let i = start; normalised && i < start + length; i++) {
        const channel = (i - start) % channels;
        y[place + i] = weight[channel]! * (from.data[i]! - normalised.centre) * normalised.inverse + bias[channel]!;
      }
      // A row that holds its channels several times is as many rows.
      for (let i = start; normalised && Number.isFinite(size) && i < start + length; i += channels) {
        rows.push((place + i) / channels);
        sizes.push(size);
      }
    }
    place += from.data.length;
  }
  const limit = outlierSize * median(sizes);
  const ordinary = rows.filter((_, index) => sizes[index]! <= limit);
  return { x, y, channels, rows, ordinary: ordinary.length === rows.length ? rows : ordinary };
}

function sizeOf(data: Float32Array, start: number, length: number): number {
  let squares = 0;
  for (let i = start; i < start + length; i++) squares += data[i]! * data[i]!;
  return Math.sqrt(squares / length);
}

function median(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
