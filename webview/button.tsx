import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "@vscode/l10n";
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
}

/** A button that is an icon only. */
export function IconButton({ onClick, icon, label }: IconButtonProps) {
  return (
    <button type="button" class="button icon-only" onClick={onClick} title={label} aria-label={label}>
      <Icon name={icon} />
    </button>
  );
}

interface CopyButtonProps {
  /** Gives false, or a promise of it, where nothing could be copied. */
  readonly copy: () => unknown;
  /** Stands beside the icon; the label does where it is undefined. */
  readonly text?: string;
  readonly label: string;
  readonly kind?: "secondary" | "plain";
}

/** How long a button says that something was copied, in milliseconds. */
const confirmation = 1500;

/** A button that copies, and says for a moment that it has. */
export function CopyButton({ copy, text, label, kind = "secondary" }: CopyButtonProps) {
  const [copied, setCopied] = useState(0);
  useEffect(() => {
    if (copied === 0) return;
    const end = setTimeout(() => { setCopied(0); }, confirmation);
    return () => { clearTimeout(end); };
  }, [copied]);
  const act = () => {
    void Promise.resolve(copy()).then((done) => { if (done !== false) setCopied((times) => times + 1); });
  };
  return (
    <>
      <button type="button" class={text === undefined ? "button icon-only" : `button ${kind}`} onClick={act} title={label} aria-label={text === undefined ? label : undefined}>
        <Icon name={copied > 0 ? "check" : "copy"} />
        {text}
      </button>
      <span class="unseen" role="status">{copied > 0 ? t("Copied") : ""}</span>
    </>
  );
}
