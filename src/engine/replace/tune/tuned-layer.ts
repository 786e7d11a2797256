import type { ElementWiseValues } from "../../graph/replace";
import { Adam } from "./adam";

/** Gradients of a layer's values. */
export interface LayerGradient {
  /** One number. */
  readonly alpha: Float32Array;
  /** One for each channel. */
  readonly gain: Float32Array;
  readonly offset: Float32Array;
}

/**
 * The values of one layer while they are tuned. alpha is tuned by the logarithm of its size and keeps its sign, gain and offset in units of the gain's root mean square, so that
 * one step size suits layers of any size.
 */
export class TunedLayer {
  private readonly unit: number;
  /** ln|alpha|, the gains and the offsets, in the units above. */
  private readonly place: Float64Array;
  private readonly adam: Adam;
  private readonly channels: number;

  constructor(private readonly start: ElementWiseValues) {
    const { alpha, gain, offset } = start;
    this.channels = gain.length;
    this.unit = Math.sqrt(gain.reduce((sum, value) => sum + value * value, 0) / this.channels) || 1;
    this.place = Float64Array.of(Math.log(Math.abs(alpha)), ...gain.map((value) => value / this.unit), ...offset.map((value) => value / this.unit));
    this.adam = new Adam(this.place.length);
  }

  /** The values as they are now. */
  get values(): ElementWiseValues {
    const part = (from: number): Float32Array => Float32Array.from(this.place.subarray(from, from + this.channels), (value) => value * this.unit);
    return { ...this.start, alpha: this.alpha, gain: part(1), offset: part(1 + this.channels) };
  }

  private get alpha(): number {
    return Math.sign(this.start.alpha) * Math.exp(this.place[0]!);
  }

  /** One step against the sum of gradients. @param rate length of the step, as a share of the values */
  step(gradients: readonly LayerGradient[], rate: number): void {
    const slope = new Float64Array(this.place.length);
    const { alpha } = this;
    for (const gradient of gradients) {
      slope[0] = slope[0]! + alpha * gradient.alpha[0]!;
      gradient.gain.forEach((value, channel) => { slope[1 + channel] = slope[1 + channel]! + this.unit * value; });
      gradient.offset.forEach((value, channel) => { slope[1 + this.channels + channel] = slope[1 + this.channels + channel]! + this.unit * value; });
    }
    this.adam.step(this.place, slope, rate);
  }
}
