import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon";

interface ButtonProps {
  readonly onClick: () => void;
  readonly icon?: IconName;
  readonly kind?: "primary" | "secondary" | "plain";
  readonly title?: string;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}

/** A button with a text. */
export function Button({ onClick, icon, kind = "secondary", title, disabled = false, children }: ButtonProps) {
  return (
    <button type="button" class={`button ${kind}`} onClick={onClick} title={title} disabled={disabled}>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps {
  readonly onClick: () => void;
  readonly icon: IconName;
  /** What it does, for tooltips and screen readers. */
  readonly label: string;
  readonly disabled?: boolean;
}

/** A button that is an icon only. */
export function IconButton({ onClick, icon, label, disabled = false }: IconButtonProps) {
  return (
    <button type="button" class="button icon-only" onClick={onClick} title={label} aria-label={label} disabled={disabled}>
      <Icon name={icon} />
    </button>
  );
}
