import type { NormRole } from "../src/shared/norm";
import { RoleMark } from "./role-mark";

/** What a line, a mark or a colour of a drawing stands for: on the page and in pictures. */
export interface LegendKey {
  readonly mark: Mark;
  /** Of the mark; that of the text where undefined. */
  readonly color?: string;
  readonly text: string;
  /** What it means, where the text is short. */
  readonly title?: string;
}

/** A stroke, a dot, dots of many colours, the shape of a role, or the colours from few to many elements. */
export type Mark = Stroke | "filled" | "hollow" | "motley" | "ramp" | { readonly role: NormRole };
export type Stroke = "solid" | "dashed" | "dotted";

/** Dashes and gaps of a stroke, in pixels. */
export const dashes: Readonly<Record<Stroke, readonly number[]>> = { solid: [], dashed: [6, 4], dotted: [2, 3] };

/** The legend of a drawing. */
export function Legend({ keys }: { readonly keys: readonly LegendKey[] }) {
  return (
    <ul class="legend">
      {keys.map((key) => (
        <li key={key.text} class="key" title={key.title}>
          <KeyMark {...key} />
          {key.text}
        </li>
      ))}
    </ul>
  );
}

function KeyMark({ mark, color }: LegendKey) {
  if (typeof mark === "object") return <RoleMark role={mark.role} />;
  if (mark === "ramp") return <i class="ramp" />;
  const kind = mark === "filled" || mark === "hollow" || mark === "motley" ? "dot" : "stroke";
  return <i class={`${kind} ${mark}`} style={color === undefined ? {} : { color }} />;
}
