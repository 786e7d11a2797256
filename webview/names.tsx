import { printable } from "../src/shared/format";

/** A name from a checkpoint, whatever it holds: it can't steer the text around it, and takes no more room than it is given. */
export function Name({ text }: { readonly text: string }) {
  const safe = printable(text);
  return <bdi class="name" title={shortened(safe, 400)}>{safe}</bdi>;
}

/** A name for a place where it can't be cut by the style, with its end kept, which tells layers apart. */
export function shortened(text: string, length = 60): string {
  if (text.length <= length) return text;
  const half = Math.floor((length - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}
