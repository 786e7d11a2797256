import type { Theme } from "./theme";

/** What every axis of the page looks like. */
export function axisLook(theme: Theme) {
  return { grid: { color: theme.grid }, border: { display: false }, ticks: { color: theme.text, maxRotation: 0, includeBounds: false } };
}

/** Title of an axis. */
export function axisTitle(text: string, theme: Theme) {
  return { display: true, text, color: theme.text };
}

/** What every chart over an x axis has in common: it fills its place, does not move, and tells of the points nearest along x. */
export const stillChart = { animation: false, parsing: false, maintainAspectRatio: false, interaction: { mode: "nearest", axis: "x", intersect: false } } as const;

/** What every tooltip looks like. */
export function tooltipLook(theme: Theme) {
  return { boxPadding: 4, backgroundColor: theme.page, borderColor: theme.text, borderWidth: 1, titleColor: theme.ink, bodyColor: theme.ink, displayColors: true, usePointStyle: true };
}

/** Leading digits of the ticks of a logarithmic axis, for the ratios between its ends up to which they have room. */
const leadingDigits = [
  { upTo: 60, digits: [1, 2, 5] },
  { upTo: 2000, digits: [1, 3] },
  { upTo: Infinity, digits: [1] },
];

/** Where the ticks of a logarithmic axis are. */
export function logarithmicTicks(low: number, high: number): number[] {
  const { digits } = leadingDigits.find(({ upTo }) => high / low <= upTo) ?? { digits: [1] };
  const decades = Array.from({ length: Math.ceil(Math.log10(high / low)) + 2 }, (_, step) => Math.floor(Math.log10(low)) + step);
  return decades.flatMap((decade) => digits.map((digit) => digit * 10 ** decade)).filter((each) => each >= low && each <= high);
}
