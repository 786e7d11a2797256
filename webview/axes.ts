import type { Theme } from "./theme";

/** What every axis of the page looks like. */
export function axisLook(theme: Theme) {
  return { grid: { color: theme.grid }, border: { display: false }, ticks: { color: theme.text, maxRotation: 0, includeBounds: false } };
}

/** Title of an axis. */
export function axisTitle(text: string, theme: Theme) {
  return { display: true, text, color: theme.text };
}

/** What every tooltip looks like. */
export function tooltipLook(theme: Theme) {
  return { boxPadding: 4, backgroundColor: theme.page, borderColor: theme.text, borderWidth: 1, titleColor: theme.ink, bodyColor: theme.ink, displayColors: true, usePointStyle: true };
}
