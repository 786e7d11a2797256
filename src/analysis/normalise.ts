import { comparedKind, type Norm } from "../shared/norm";
import type { CentralSums } from "./moments";

/** What a norm layer does to one row: x-hat = (x - centre) * inverse. */
export interface NormalisedRow extends CentralSums {
  readonly centre: number;
  readonly inverse: number;
  /** Sum over channels of (weight * x-hat)². */
  readonly weightedSquares: number;
}

/**
 * Spread over |mean| below which a row is constant but for the rounding of its float64 mean. float32 elements that
 * differ at all lie further apart.
 */
const constantRow = 1e-12;

/**
 * Normalises rows of one layer: layernorm and groupnorm by (x - mean) / sqrt(variance + eps), rmsnorm by
 * x / sqrt(mean square + eps), all in float64.
 */
export class RowNormaliser {
  private readonly centred: boolean;
  private readonly eps: number;
  private readonly squaredWeight: Float64Array;

  constructor(norm: Norm) {
    this.centred = comparedKind(norm) !== "rmsnorm";
    this.eps = norm.eps;
    this.squaredWeight = channelWeights(norm).map((weight) => weight * weight);
  }

  /**
   * Row of `data` that begins at `start`; undefined where it holds a NaN or an infinity, since such a row has no norm.
   * @param length of the row, in which the channels may come several times, one after the other
   */
  normalise(data: Float32Array, start: number, length = this.squaredWeight.length): NormalisedRow | undefined {
    const channels = this.squaredWeight.length;
    const mean = sum(data, start, start + length) / length;
    if (!Number.isFinite(mean)) return undefined;
    const squaredWeight = this.squaredWeight;
    const centre = this.centred ? mean : 0;
    let m2 = 0;
    let m3 = 0;
    let m4 = 0;
    let weighted = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let from = start; from < start + length; from += channels) {
      for (let channel = 0; channel < channels; channel++) {
        const x = data[from + channel]!;
        const deviation = x - mean;
        const square = deviation * deviation;
        const centred = x - centre;
        m2 += square;
        m3 += square * deviation;
        m4 += square * square;
        weighted += squaredWeight[channel]! * centred * centred;
        if (x < min) min = x;
        if (x > max) max = x;
      }
    }
    if (m2 < length * (constantRow * mean) ** 2) m2 = m3 = m4 = 0;
    const spread = m2 / length + (mean - centre) ** 2 + this.eps;
    const inverse = spread === 0 ? 0 : 1 / Math.sqrt(spread);
    return { count: length, mean, m2, m3, m4, min, max, centre, inverse, weightedSquares: weighted * inverse * inverse };
  }
}

/** Gain of every channel: 1 where the layer has none, its one value repeated where it has a single one. */
export function channelWeights(norm: Norm): Float64Array {
  const { weight, channels } = norm;
  if (weight === undefined) return new Float64Array(channels).fill(1);
  return weight.length === 1 ? new Float64Array(channels).fill(weight[0]!) : Float64Array.from(weight);
}

/** Offset of every channel: 0 where the layer has none. */
export function channelBiases(norm: Norm): Float64Array {
  return norm.bias === undefined ? new Float64Array(norm.channels) : Float64Array.from(norm.bias);
}

/** Four partial sums, so that additions need not wait for each other. */
function sum(data: Float32Array, start: number, end: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = start;
  for (; i + 3 < end; i += 4) {
    a += data[i]!;
    b += data[i + 1]!;
    c += data[i + 2]!;
    d += data[i + 3]!;
  }
  for (; i < end; i++) a += data[i]!;
  return a + b + (c + d);
}
