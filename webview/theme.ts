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
  const [, redraw] = useState(0);
  useEffect(() => {
    const change = () => { redraw((times) => times + 1); };
    readers.add(change);
    return () => { readers.delete(change); };
  }, []);
  return sharedTheme();
}

/** Who is drawn anew when the theme changes. */
const readers = new Set<() => void>();
let shared: Theme | undefined;

/** Reading it makes the browser compute styles, so all drawings share one. */
function sharedTheme(): Theme {
  if (shared === undefined) {
    shared = currentTheme();
    onThemeChange(() => {
      shared = currentTheme();
      for (const change of readers) change();
    });
  }
  return shared;
}

/** A colour with an opacity of 0 to 1. */
export function faded(color: string, opacity: number): string {
  const [red, green, blue] = rgbOf(color);
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}

const colorNames = ["page", "ink", "muted", "grid", "selection", "tanh", "line", "unit", "other", "few", "many", ...normRoles.map((role) => `role-${role}` as const)] as const;

function currentTheme(): Theme {
  const color = computedColors();
  const { fontFamily } = getComputedStyle(document.body);
  Chart.defaults.font.family = fontFamily;
  return {
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
}

/** The style's colours by name, computed all at once. */
function computedColors(): (name: (typeof colorNames)[number]) => string {
  const probes = document.createElement("div");
  probes.hidden = true;
  // Forced colours leave one for all; the drawings need theirs to be told apart.
  probes.style.setProperty("forced-color-adjust", "none");
  for (const name of colorNames) {
    const probe = document.createElement("i");
    probe.style.color = `var(--${name})`;
    probes.append(probe);
  }
  document.body.append(probes);
  const colors = new Map(colorNames.map((name, index) => [name, getComputedStyle(probes.children[index]!).color]));
  probes.remove();
  return (name) => colors.get(name) ?? "";
}

/** Calls `change` whenever VS Code's theme does, or the system's, or the page goes on paper. */
function onThemeChange(change: () => void): void {
  const observer = new MutationObserver(change);
  // VS Code keeps its colours in the style of the root, and the kind of its theme in the classes of the body.
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"]) window.matchMedia(query).addEventListener("change", change);
}

function rgbOf(color: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}
