import type { PointStyle } from "chart.js";
import type { NormRole } from "../src/shared/norm";

/** Roles differ in shape as well as in colour, for those who do not see the colours apart. */
export const roleShapes = {
  embedding: "star",
  attention: "circle",
  query: "crossRot",
  key: "cross",
  "post-attention": "rectRot",
  ffn: "rect",
  "post-ffn": "rectRounded",
  final: "triangle",
  other: "line",
} as const satisfies Record<NormRole, PointStyle>;

/** The shapes as chart.js draws them, in a box of 12 pixels. */
const outlines: Readonly<Record<(typeof roleShapes)[NormRole], string>> = {
  circle: "M2 6a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
  rect: "M2.5 2.5h7v7h-7z",
  rectRounded: "M4.5 2h3a2.5 2.5 0 0 1 2.5 2.5v3a2.5 2.5 0 0 1 -2.5 2.5h-3a2.5 2.5 0 0 1 -2.5 -2.5v-3a2.5 2.5 0 0 1 2.5 -2.5z",
  rectRot: "M6 1.2L10.8 6L6 10.8L1.2 6z",
  triangle: "M6 1.5L10.5 9.5h-9z",
  cross: "M6 1.5v9M1.5 6h9",
  crossRot: "M2.5 2.5l7 7M9.5 2.5l-7 7",
  star: "M6 1.5v9M1.5 6h9M2.8 2.8l6.4 6.4M9.2 2.8l-6.4 6.4",
  line: "M1.5 6h9",
};

/** The mark of a role, as the drawings have it; decoration, the role's name stands beside it. */
export function RoleMark({ role }: { readonly role: NormRole }) {
  return (
    <svg class={`role-mark role-${role}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path d={outlines[roleShapes[role]]} />
    </svg>
  );
}
