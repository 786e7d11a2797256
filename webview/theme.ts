import { Chart } from "chart.js";
import { useEffect, useState } from "preact/hooks";
import { normRoles, type NormRole } from "../src/shared/norm";

/** Colours of the drawings, as the page's style has them now: VS Code's where the page is in VS Code. */
export interface Theme {
  readonly page: string;
  readonly ink: string;
  readonly text: string;
  readonly grid: string;
  readonly selection: string;
  readonly tanh: string;
  readonly line: string;
  readonly mean: string;
  readonly unit: string;
  /** Of the result that is compared with. */
  readonly other: string;
  /** From few to many elements. */
  readonly density: readonly [Rgb, Rgb];
  readonly roles: Readonly<Record<NormRole, string>>;
  readonly font: string;
}

export type Rgb = readonly [number, number, number];

/** The theme, read again whenever VS Code's or the system's changes. */
export function useTheme(): Theme {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => onThemeChange(() => { setTheme(currentTheme()); }), []);
  return theme;
}

/** A colour with an opacity of 0 to 1. */
export function faded(color: string, opacity: number): string {
  const [red, green, blue] = rgbOf(color);
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}

function currentTheme(): Theme {
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const { fontFamily } = getComputedStyle(document.body);
  const theme: Theme = {
    page: color("page"),
    ink: color("ink"),
    text: color("muted"),
    grid: color("grid"),
    selection: color("selection"),
    tanh: color("tanh"),
    line: color("line"),
    mean: color("ink"),
    unit: color("unit"),
    other: color("other"),
    density: [rgbOf(color("few")), rgbOf(color("many"))],
    roles: Object.fromEntries(normRoles.map((role) => [role, color(`role-${role}`)])) as Record<NormRole, string>,
    font: fontFamily,
  };
  probe.remove();
  Chart.defaults.font.family = fontFamily;
  return theme;
}

/** Calls `change` whenever VS Code's theme does, or the system's; returns what ends that. */
function onThemeChange(change: () => void): () => void {
  const observer = new MutationObserver(change);
  // VS Code keeps its colours in the style of the root, and the kind of its theme in the classes of the body.
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => window.matchMedia(query));
  for (const query of queries) query.addEventListener("change", change);
  return () => {
    observer.disconnect();
    for (const query of queries) query.removeEventListener("change", change);
  };
}

function rgbOf(color: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}
