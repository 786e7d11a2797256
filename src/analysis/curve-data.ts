import type { CurveData } from "../shared/result";
import type { Affine, ChannelFit } from "./channel-fit";
import { quantiles, type HistogramBin } from "./histogram";
import type { Response } from "./response";
import type { SampledRow } from "./row-sample";

const columns = 96;
const rowsOfGrid = 64;
/** The density grid leaves out this share of the elements at either end of x. */
const outside = 0.0005;
const drawnRows = 16;
const drawnChannels = 48;
/** Channels of largest magnitude among the drawn ones: few channels carry the extremes, and a plain sample would miss them. */
const extremeChannels = 8;
/** Significant digits of drawn numbers. */
const digits = 5;

/** Rows of a layer that are drawn. */
export interface DrawnRows {
  readonly sample: readonly SampledRow[];
  /** The row of largest magnitude. */
  readonly extreme: SampledRow | undefined;
}

/** What a page needs to draw a layer, at most about 45 kB as JSON. */
export function curveData(response: Response, histogram: readonly HistogramBin[], { sample, extreme }: DrawnRows, affine: Affine, fit: ChannelFit): CurveData {
  const drawn = points(sample, extreme, affine.weight.length);
  return {
    binnedMean: {
      x: response.bins.map((bin) => rounded(bin.meanX)),
      y: response.bins.map((bin) => rounded(bin.meanY)),
      count: response.bins.map((bin) => bin.count),
    },
    density: density(histogram, sample),
    points: drawn,
    affine: affineOf([...new Set(drawn.channel)].sort((a, b) => a - b), affine, fit),
  };
}

/** A layer without rows draws nothing. */
export const emptyCurve: CurveData = {
  binnedMean: { x: [], y: [], count: [] },
  density: { xMin: 0, xMax: 0, yMin: 0, yMax: 0, columns: 0, rows: 0, counts: [] },
  points: { x: [], y: [], token: [], channel: [] },
  affine: { channel: [], weight: [], bias: [], gamma: [], beta: [] },
};

/** `value` to 5 significant digits. */
export function rounded(value: number): number {
  if (value === 0) return 0;
  const places = digits - 1 - Math.floor(Math.log10(Math.abs(value)));
  if (Math.abs(places) > 22) return Number(value.toPrecision(digits));
  return places >= 0 ? Math.round(value * 10 ** places) / 10 ** places : Math.round(value / 10 ** -places) * 10 ** -places;
}

function density(histogram: readonly HistogramBin[], sample: readonly SampledRow[]): CurveData["density"] {
  const [xMin = 0, xMax = 0] = quantiles(histogram, [outside, 1 - outside]);
  const normalised = (row: SampledRow, x: number) => (Math.max(xMin, Math.min(xMax, x)) - row.centre) * row.inverse;
  const yMin = Math.min(...sample.map((row) => normalised(row, row.min)));
  const yMax = Math.max(...sample.map((row) => normalised(row, row.max)));
  const counts = new Array<number>(columns * rowsOfGrid).fill(0);
  const perX = columns / (xMax - xMin || 1);
  const perY = rowsOfGrid / (yMax - yMin || 1);
  for (const { x, centre, inverse } of sample) {
    for (let channel = 0; channel < x.length; channel++) {
      const value = x[channel]!;
      if (value < xMin || value > xMax) continue;
      const column = Math.min(columns - 1, Math.floor((value - xMin) * perX));
      const row = Math.min(rowsOfGrid - 1, Math.floor(((value - centre) * inverse - yMin) * perY));
      counts[row * columns + column]! += 1;
    }
  }
  return { xMin, xMax, yMin, yMax, columns, rows: rowsOfGrid, counts };
}

/** Elements of some rows; a row may hold the channels several times, one after the other. */
function points(sample: readonly SampledRow[], extreme: SampledRow | undefined, channelCount: number): CurveData["points"] {
  const rows = evenly(sample, drawnRows - 1);
  if (extreme !== undefined && !rows.some((row) => row.index === extreme.index)) rows.push(extreme);
  const places = placesToDraw(rows);
  const all = rows.flatMap((row) => places.map((place) => ({ row, place })));
  return {
    x: all.map(({ row, place }) => rounded(row.x[place]!)),
    y: all.map(({ row, place }) => rounded((row.x[place]! - row.centre) * row.inverse)),
    token: all.map(({ row }) => row.index),
    channel: all.map(({ place }) => place % channelCount),
  };
}

function affineOf(channels: readonly number[], { weight, bias }: Affine, { gain, offset }: ChannelFit): CurveData["affine"] {
  const of = (values: Float64Array | Float32Array) => channels.map((channel) => rounded(values[channel]!));
  return { channel: channels, weight: of(weight), bias: of(bias), gamma: of(gain), beta: of(offset) };
}

/** The places in a row, its channels as a rule, of largest magnitude, and others evenly spread. */
function placesToDraw(rows: readonly SampledRow[]): number[] {
  const peaks = new Float64Array(rows[0]?.x.length ?? 0);
  for (const { x } of rows) {
    for (let channel = 0; channel < peaks.length; channel++) peaks[channel] = Math.max(peaks[channel]!, Math.abs(x[channel]!));
  }
  const threshold = Float64Array.from(peaks).sort().at(-extremeChannels) ?? 0;
  const channels = [...peaks.keys()];
  const extremes = channels.filter((channel) => peaks[channel]! >= threshold).slice(0, extremeChannels);
  const others = channels.filter((channel) => !extremes.includes(channel));
  return [...extremes, ...evenly(others, drawnChannels - extremes.length)].sort((a, b) => a - b);
}

/** At most `count` of the items, evenly spread. */
function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)]!);
}
