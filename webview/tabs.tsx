import type { ComponentChildren } from "preact";

interface TabsProps<Value extends string> {
  readonly label: string;
  readonly tabs: readonly { readonly value: Value; readonly text: string }[];
  readonly chosen: Value;
  readonly choose: (value: Value) => void;
  /** What the chosen tab shows. */
  readonly children: ComponentChildren;
}

/** Tabs over what the chosen one shows; the arrow keys go from one to the next. */
export function Tabs<Value extends string>({ label, tabs, chosen, choose, children }: TabsProps<Value>) {
  const index = tabs.findIndex(({ value }) => value === chosen);
  const step = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const to = tabs[(index + by + tabs.length) % tabs.length];
    if (to === undefined) return;
    choose(to.value);
    document.getElementById(idOf(to.value))?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={step}>
        {tabs.map(({ value, text }) => (
          <button key={value} id={idOf(value)} type="button" role="tab" aria-selected={value === chosen} aria-controls="tab-panel" tabIndex={value === chosen ? 0 : -1} onClick={() => { choose(value); }}>
            {text}
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={idOf(chosen)}>{children}</div>
    </>
  );
}

function idOf(value: string): string {
  return `tab-${value}`;
}
