import type { ChartDataset } from "chart.js";
import type { LayerResult } from "../../src/shared/result";
import type { Place } from "../place";
import { faded, type Theme } from "../theme";
import type { LayerViewState } from "./view-state";

/** A sampled element. */
export interface CloudPoint extends Place {
  readonly token: number;
  readonly channel: number;
}

/** Channels of largest magnitude, which get a colour of their own; the others stay grey. */
const colouredChannels = 8;
const shapes = ["circle", "rect", "triangle", "rectRot"] as const;

/** The sampled elements, before or after the norm's affine. */
export function cloudPoints({ curve }: LayerResult, side: LayerViewState["side"]): CloudPoint[] {
  const { x, y, token, channel } = curve.points;
  const places = new Map(curve.affine.channel.map((each, index) => [each, index]));
  return x.map((each, index) => {
    const own = channel[index] ?? 0;
    const at = places.get(own) ?? -1;
    const before = y[index] ?? Number.NaN;
    const after = (curve.affine.weight[at] ?? Number.NaN) * before + (curve.affine.bias[at] ?? Number.NaN);
    return { x: each, y: side === "before" ? before : after, token: token[index] ?? 0, channel: own };
  });
}

/** The sampled elements as data sets, one for each token or channel that has a colour. */
export function cloudSeries(points: readonly CloudPoint[], by: "token" | "channel", theme: Theme): ChartDataset<"scatter", Place[]>[] {
  const colors = cloudColors(points, by);
  const groups = [...new Set(points.map((point) => point[by]))];
  return groups.map((group) => {
    const color = colors.get(group);
    return {
      data: points.filter((point) => point[by] === group).map(({ x, y }) => ({ x, y })),
      pointStyle: color === undefined ? "circle" : shapes[[...colors.keys()].indexOf(group) % shapes.length] ?? "circle",
      pointRadius: color === undefined ? 1.25 : 2.5,
      pointHoverRadius: color === undefined ? 1.25 : 2.5,
      pointBackgroundColor: color ?? faded(theme.line, 0.4),
      pointBorderWidth: 0,
    };
  });
}

/** The tokens or channels that have a colour of their own: every token, and the channels of largest magnitude. */
export function cloudColors(points: readonly CloudPoint[], by: "token" | "channel"): ReadonlyMap<number, string> {
  const groups = by === "token" ? [...new Set(points.map(({ token }) => token))] : widestChannels(points);
  return new Map(groups.map((group, index) => [group, `hsla(${Math.round((360 * index) / groups.length)}, 70%, 52%, 0.8)`]));
}

function widestChannels(points: readonly CloudPoint[]): number[] {
  const peaks = new Map<number, number>();
  for (const { x, channel } of points) peaks.set(channel, Math.max(peaks.get(channel) ?? 0, Math.abs(x)));
  return [...peaks.entries()].sort(([, a], [, b]) => b - a).slice(0, colouredChannels).map(([channel]) => channel);
}
