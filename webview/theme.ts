import type { PointStyle } from "chart.js";
import type { NormRole } from "../src/shared/norm";

/** Colours of the drawings; the page's own come from page.css. */
export interface Theme {
  readonly text: string;
  readonly grid: string;
  readonly selection: string;
  readonly panel: string;
  readonly tanh: string;
  readonly line: string;
  readonly mean: string;
  readonly unit: string;
  /** From few to many elements, as red, green, blue. */
  readonly density: readonly [Rgb, Rgb];
  readonly roles: Readonly<Record<NormRole, string>>;
}

export type Rgb = readonly [number, number, number];

const light: Theme = {
  text: "#5d6270",
  grid: "#e6e7ec",
  selection: "#2f5bd014",
  panel: "#ffffff",
  tanh: "#c8321f",
  line: "#8a8f9c",
  mean: "#14161c",
  unit: "#8a5cd1",
  density: [[214, 227, 248], [20, 66, 148]],
  roles: {
    embedding: "#7a5cc4",
    attention: "#2563c9",
    query: "#0f8a94",
    key: "#a3741a",
    "post-attention": "#5b93dc",
    ffn: "#d0551f",
    "post-ffn": "#e19a6a",
    final: "#1d8656",
    other: "#6d7280",
  },
};

const dark: Theme = {
  text: "#a2a8b6",
  grid: "#2b2f39",
  selection: "#7ea6ff1f",
  panel: "#181b22",
  tanh: "#ff7d66",
  line: "#868c9b",
  mean: "#f2f3f6",
  unit: "#bb98ff",
  density: [[32, 50, 84], [148, 194, 255]],
  roles: {
    embedding: "#b39bff",
    attention: "#78a6ff",
    query: "#4fd0d6",
    key: "#e2b457",
    "post-attention": "#a9c8ff",
    ffn: "#ff9660",
    "post-ffn": "#ffc9a6",
    final: "#5fd39b",
    other: "#a2a8b6",
  },
};

/** Roles differ in shape as well as in colour, for those who do not see the colours apart. */
export const roleShapes: Readonly<Record<NormRole, PointStyle>> = {
  embedding: "star",
  attention: "circle",
  query: "rectRounded",
  key: "rectRot",
  "post-attention": "crossRot",
  ffn: "rect",
  "post-ffn": "cross",
  final: "triangle",
  other: "dash",
};

const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");

/** The theme that the reader's system asks for. */
export function currentTheme(): Theme {
  return darkScheme.matches ? dark : light;
}

/** Calls `change` whenever the system's theme does. */
export function onThemeChange(change: () => void): void {
  darkScheme.addEventListener("change", change);
}
