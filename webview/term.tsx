import { glossary, type Term as TermKey } from "./glossary";

/** The name of a number, with what it means under the pointer or the keyboard's focus. */
export function Term({ of, text }: { readonly of: TermKey; readonly text?: string }) {
  const { name, text: meaning } = glossary[of]();
  return <Explained text={text ?? name} meaning={meaning} />;
}

/** A text with what it means. */
export function Explained({ text, meaning }: { readonly text: string; readonly meaning: string }) {
  return (
    <span class="term" tabIndex={0} role="note" data-tip={meaning} aria-label={`${text}: ${meaning}`}>
      {text}
    </span>
  );
}
