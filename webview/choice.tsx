interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly options: readonly Option<Value>[];
  readonly chosen: Value;
  readonly choose: (value: Value) => void;
}

/** One thing to choose. */
export interface Option<Value extends string> {
  readonly value: Value;
  readonly text: string;
  readonly title: string;
  readonly disabled?: boolean;
}

/** Buttons of which one is pressed. */
export function Choice<Value extends string>({ label, options, chosen, choose }: ChoiceProps<Value>) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map(({ value, text, title, disabled = false }) => (
        <button key={value} type="button" title={title} aria-pressed={value === chosen} disabled={disabled} onClick={() => { choose(value); }}>
          {text}
        </button>
      ))}
    </div>
  );
}
