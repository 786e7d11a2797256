import type { ComponentChildren } from "preact";

interface KeyProps {
  readonly mark: "solid" | "dashed" | "dotted" | "filled" | "hollow";
  readonly color?: string;
  readonly title?: string;
  readonly children: ComponentChildren;
}

/** What a line or a mark of a drawing stands for. */
export function Key({ mark, color, title, children }: KeyProps) {
  const kind = mark === "filled" || mark === "hollow" ? "mark" : "stroke";
  return (
    <span class="key" title={title}>
      <i class={`${kind} ${mark}`} style={color === undefined ? {} : { color }} />
      {children}
    </span>
  );
}
