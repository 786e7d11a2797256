import { t } from "@vscode/l10n";
import { Fragment } from "preact";
import { formatCount, printable } from "../src/shared/format";
import type { Result, Warning } from "../src/shared/result";
import { Icon } from "./icon";
import { shortened } from "./names";
import { aboutScratch } from "./roles";

interface WarningsProps {
  readonly result: Result;
  readonly goTo: (layer: string) => void;
}

/** What the coverage and the What-if tab tell. */
const toldElsewhere: ReadonlySet<Warning["code"]> = new Set(["not-covered", "not-tuned"]);

/** One thing to know, about the result or about some of its layers. */
interface Caution {
  readonly text: string;
  readonly layers: readonly string[];
}

/** Cautions of this number are shown at once; of more, the first ones. */
const shownAtOnce = 4;
/** Characters of a caution. */
const longest = 600;

/** What a user should know before using any number of the result. What is about one layer stands at that layer too. */
export function Warnings({ result, goTo }: WarningsProps) {
  const cautions = cautionsOf(result);
  const rest = cautions.slice(shownAtOnce);
  if (cautions.length === 0) return null;
  const item = (caution: Caution) => <Item key={caution.text} caution={caution} goTo={goTo} />;
  return (
    <section class="warnings" aria-label={t("To know before using the numbers")}>
      <Icon name="warning" />
      <div>
        <ul>{cautions.slice(0, shownAtOnce).map(item)}</ul>
        {rest.length > 0 && (
          <details>
            <summary>{t("{0} more", formatCount(rest.length))}</summary>
            <ul>{rest.map(item)}</ul>
          </details>
        )}
      </div>
    </section>
  );
}

function Item({ caution: { text, layers }, goTo }: { readonly caution: Caution; readonly goTo: (layer: string) => void }) {
  return (
    <li>
      {layers.map((name, index) => (
        <Fragment key={name}>
          {index > 0 && ", "}
          <button type="button" class="link" onClick={() => { goTo(name); }}><bdi>{shortened(printable(name))}</bdi></button>
        </Fragment>
      ))}
      {layers.length > 0 && ": "}
      {shortened(printable(text), longest)}
    </li>
  );
}

function cautionsOf(result: Result): Caution[] {
  const { warnings, coverage, input } = result;
  const random = input.kind === "random" && !warnings.some(({ code }) => code === "random-input") ? [t("The input was random: these alphas do not describe real use.")] : [];
  const told = warnings.filter(({ code }) => !toldElsewhere.has(code) && !aboutScratch.has(code));
  // Random input first: it puts every other number in doubt.
  const general = [...told.filter(({ code }) => code === "random-input"), ...told.filter(({ code, layer }) => layer === undefined && code !== "random-input")];
  const missing = coverage.missing.map(({ name, reason }) => t("{0} was not measured: {1}", shortened(name), reason));
  const texts = new Set([...random, ...general.map(({ message }) => message), ...missing]);
  return [...[...texts].map((text) => ({ text, layers: [] })), ...byText(told)];
}

/** Warnings that say the same of several layers, once, with the layers' names in front. */
function byText(warnings: Result["warnings"]): Caution[] {
  const texts = new Map<string, string[]>();
  for (const { layer, message } of warnings) {
    if (layer === undefined) continue;
    const text = message.startsWith(`${layer}: `) ? message.slice(layer.length + 2) : message;
    texts.set(text, [...(texts.get(text) ?? []), layer]);
  }
  return [...texts].map(([text, layers]) => ({ text, layers }));
}
