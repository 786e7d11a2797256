import { comparedKind, type Norm, type TrainedCurve } from "../shared/norm";
import { familyNames, quantileLevels, saturationThresholds, type InputStatistics, type LayerResult, type TrainedLayer } from "../shared/result";
import { fitChannels, type ChannelFit } from "./channel-fit";
import { curveData, emptyCurve } from "./curve-data";
import { fitFamilies } from "./family-fit";
import { quantiles, shareBeyond, type HistogramBin } from "./histogram";
import { alphaInterval } from "./interval";
import { Moments, RunningVariance } from "./moments";
import { ceilingR2, LineSums, nodesOf } from "./nodes";
import { channelBiases, channelWeights, RowNormaliser, type NormalisedRow } from "./normalise";
import { ResponseTable, typicalMagnitude } from "./response";
import { RowSample } from "./row-sample";
import { alphaBounds, fitTanh, fitUnitGain, neutralAlpha } from "./tanh-fit";

/** Rows of a norm layer's input, whole sequences at a time. */
export interface RowBlock {
  /** [rows, channels], row-major; a row may hold the channels several times, one after the other, as a norm over channels and places does. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly rowsPerSequence: number;
  /** Heads for query and key norms, else 1. */
  readonly rowsPerPosition: number;
}

export interface MeasurementOptions {
  readonly seed: number;
  /** Leave the first position of every sequence out of statistics and fits; it is reported apart either way. */
  readonly skipFirst: boolean;
}

/** What was measured on one norm layer. */
export interface MeasuredLayer {
  readonly layer: Omit<LayerResult, "suggest" | "calls">;
  /** Weight and bias [C] of the DyT that replaces the trained norm, at `layer.perChannel.alpha`. */
  readonly channelFit: { readonly alpha: number; readonly gain: Float32Array; readonly offset: Float32Array };
}

/** Rows kept for the interval on alpha and for drawing. */
export const sampledRows = 96;
/** Rows of largest and of smallest spread that are kept beside them for the interval. */
const unlikeRows = 24;
/** Rows of a sequence that the typical |x| is taken from. */
const rowsForScale = 16;
/** |alpha * x| from which on a trained curve counts as flat. */
const saturated = 2;
/** Variance of x-hat, 1 by construction, below which the input counts as constant. */
const constantVariance = 1e-10;

/**
 * Watches one norm layer: takes in its input block by block, keeps sums, and fits at the end. Memory does not grow with the number of rows.
 * All rows count, one after the other in float64, so the result does not depend on how they are cut into blocks.
 * A row that holds a NaN or an infinity has no norm: its non-finite elements are counted and the whole row is left out.
 */
export class LayerMeasurement {
  private readonly normaliser: RowNormaliser;
  private readonly input = new Moments();
  private readonly first = new Moments();
  private readonly tokenStd = new RunningVariance();
  private readonly tokenMean = new RunningVariance();
  private readonly lineSums = new LineSums();
  private readonly sample: RowSample;
  private readonly table: ResponseTable;
  private weightedSquares = 0;
  private nonFinite = 0;

  constructor(
    private readonly norm: Norm,
    private readonly options: MeasurementOptions,
  ) {
    this.normaliser = new RowNormaliser(norm);
    this.sample = new RowSample(sampledRows, unlikeRows, options.seed);
    this.table = new ResponseTable(norm.channels);
  }

  /** Takes in whole sequences. */
  add(block: RowBlock): void {
    const { data, rows } = block;
    const length = data.length / rows;
    for (let row = 0; row < rows; row++) {
      const start = row * length;
      const normalised = this.normaliser.normalise(data, start, length);
      if (normalised === undefined) {
        this.nonFinite += countNonFinite(data, start, length);
        continue;
      }
      const isFirst = standsFirst(block, row);
      if (isFirst) this.first.merge(normalised);
      if (isFirst && this.options.skipFirst) continue;
      this.addRow(block, row, normalised);
    }
  }

  /** Statistics and fits of everything that was added. */
  finish(): MeasuredLayer {
    const { norm, input, lineSums, table } = this;
    const { response, histogram } = table.finish();
    const statistics = this.statistics(histogram);
    const y = lineSums.y;
    if (input.variance === 0 || y.variance < constantVariance) return this.withoutFit(statistics, histogram, y.mean);

    const nodes = nodesOf(response, y);
    const line = lineSums.line(input);
    const bounds = alphaBounds(input.absMax, table.scale);
    const fit = fitTanh(nodes, line, bounds);
    const { alpha } = fit;
    const interval = fit.status === "linear" ? { low: 0, high: alpha } : alphaInterval(nodes, this.sample.weighted, fit, this.options.seed);
    const affine = { weight: channelWeights(norm), bias: channelBiases(norm) };
    const channelFit = fitChannels(response, affine, this.weightedSquares, alpha, bounds);
    return this.measured(channelFit, histogram, {
      input: statistics,
      linear: line,
      ceiling: { r2: ceilingR2(nodes) },
      fit: { status: fit.status, alpha, alphaLow: interval.low, alphaHigh: interval.high, gain: fit.gain, offset: fit.offset, r2: fit.r2, unitGain: fitUnitGain(nodes, bounds) },
      families: fitFamilies(nodes, alpha, bounds),
      saturation: saturationAt(histogram, alpha),
      alphaTimesRms: alpha * input.rms,
      curve: curveData(response, histogram, { sample: this.sample.rows, extreme: this.sample.extreme }, affine, channelFit),
    });
  }

  private addRow(block: RowBlock, row: number, normalised: NormalisedRow): void {
    const { data } = block;
    const length = normalised.count;
    const start = row * length;
    this.input.merge(normalised);
    this.tokenStd.add(Math.sqrt(normalised.m2 / normalised.count));
    this.tokenMean.add(normalised.mean);
    this.lineSums.add(normalised);
    this.weightedSquares += normalised.weightedSquares;
    this.sample.offer(data, start, normalised);
    this.settleScale(block, row, normalised);
    this.table.add(data, start, normalised, length);
  }

  /** Fixes the table's scale at the first row that is not all zeros, from its sequence; zeros lie in the same bin at any scale. */
  private settleScale(block: RowBlock, row: number, normalised: NormalisedRow): void {
    if (this.table.scaled || (normalised.min === 0 && normalised.max === 0)) return;
    const from = row - (row % block.rowsPerSequence);
    const measured = Array.from({ length: block.rowsPerSequence }, (_, i) => from + i).filter(
      (other) => other === row || !(this.options.skipFirst && standsFirst(block, other)),
    );
    const every = Math.ceil(measured.length / rowsForScale);
    const chosen = measured.filter((other, i) => i % every === 0 || other === row);
    this.table.scaleTo(typicalMagnitude(block.data, chosen, normalised.count));
  }

  private statistics(histogram: readonly HistogramBin[]): InputStatistics {
    const { input, first, tokenStd, tokenMean, nonFinite } = this;
    const levels = quantiles(histogram, quantileLevels.map(Number)).map((value) => (input.count === 0 ? 0 : clamp(value, input.min, input.max)));
    return {
      mean: input.mean,
      std: Math.sqrt(input.variance),
      rms: input.rms,
      absMax: input.absMax,
      kurtosis: input.kurtosis,
      tokenStdMean: tokenStd.mean,
      tokenStdVar: tokenStd.variance,
      tokenMeanVar: tokenMean.variance,
      quantiles: recordOf(quantileLevels, levels),
      ...(first.count > 0 && { first: { std: Math.sqrt(first.variance), absMax: first.absMax } }),
      nonFinite,
    };
  }

  /** A layer that saw no row, or nothing that varies: gain 0 and the mean of x-hat, with an alpha that stands for none. */
  private withoutFit(input: InputStatistics, histogram: readonly HistogramBin[], meanY: number): MeasuredLayer {
    const status = this.tokenStd.count === 0 ? "no-data" : "degenerate";
    const alpha = neutralAlpha;
    const weight = channelWeights(this.norm);
    const offset = Float32Array.from(channelBiases(this.norm), (bias, channel) => bias + weight[channel]! * meanY);
    const channelFit = { alpha, r2: 0, gain: new Float32Array(this.norm.channels), offset };
    const nothing = { gain: 0, offset: meanY, r2: 0 };
    return this.measured(channelFit, histogram, {
      input,
      linear: { slope: 0, r2: 0 },
      ceiling: { r2: 0 },
      fit: { status, alpha, alphaLow: alpha, alphaHigh: alpha, ...nothing, unitGain: { alpha, r2: 0 } },
      families: familyNames.map((name) => ({ name, alpha, shift: 0, ...nothing })),
      saturation: saturationAt(histogram, alpha),
      alphaTimesRms: alpha * input.rms,
      curve: emptyCurve,
    });
  }

  private measured(channelFit: ChannelFit, histogram: readonly HistogramBin[], findings: Findings): MeasuredLayer {
    const { name, role, kind, depth, eps, axes, channels } = this.norm;
    const { alpha, r2, gain, offset } = channelFit;
    const { std } = findings.input;
    return {
      layer: {
        ...{ name, role, kind, depth, eps, axes, channels, tokens: this.tokenStd.count },
        ...findings,
        perChannel: { alpha, r2 },
        inverseStd: std === 0 ? 0 : 1 / std,
        ...(this.norm.trained && { trained: trainedLayer(this.norm, this.norm.trained, histogram) }),
      },
      channelFit: { alpha, gain, offset },
    };
  }
}

type Findings = Pick<LayerResult, "input" | "linear" | "ceiling" | "fit" | "families" | "saturation" | "alphaTimesRms" | "curve">;

/** Whether a row is the first position of its sequence; sequences of one position have none. */
function standsFirst({ rowsPerSequence, rowsPerPosition }: RowBlock, row: number): boolean {
  return rowsPerSequence > rowsPerPosition && row % rowsPerSequence < rowsPerPosition;
}

function countNonFinite(data: Float32Array, start: number, length: number): number {
  let count = 0;
  for (let i = start; i < start + length; i++) if (!Number.isFinite(data[i]!)) count += 1;
  return count;
}

function saturationAt(histogram: readonly HistogramBin[], alpha: number): LayerResult["saturation"] {
  return recordOf(
    saturationThresholds,
    saturationThresholds.map((threshold) => shareBeyond(histogram, Number(threshold) / alpha)),
  );
}

/** What training made of an element-wise layer, and how far its input reaches into the flat part. */
function trainedLayer(norm: Norm, { curve, alpha: alphas, shift }: TrainedCurve, histogram: readonly HistogramBin[]): TrainedLayer {
  const alpha = median(alphas);
  return {
    ...{ curve, alpha, alphaMin: Math.min(...alphas), alphaMax: Math.max(...alphas), alphas: alphas.length },
    shift: shift ? median(shift) : 0,
    saturation: alpha === 0 ? 0 : shareBeyond(histogram, saturated / Math.abs(alpha)),
    against: comparedKind(norm),
  };
}

/** 0 of nothing. */
function median(values: Float32Array): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function recordOf<Key extends string>(keys: readonly Key[], values: readonly number[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key, i) => [key, values[i]!])) as Record<Key, number>;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
