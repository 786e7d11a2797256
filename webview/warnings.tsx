import { t } from "@vscode/l10n";
import { formatCounted, printable } from "../src/shared/format";
import type { Result } from "../src/shared/result";
import { Icon } from "./icon";
import { shortened } from "./names";

/** This many warnings are shown at once; more are folded. */
const shownAtOnce = 3;

/** What a user should know before using any number of the result; what is about one layer stands at that layer too. */
export function Warnings({ result }: { readonly result: Result }) {
  const texts = textsOf(result);
  if (texts.length === 0) return null;
  return (
    <details class="warnings" open={texts.length <= shownAtOnce}>
      <summary><Icon name="warning" />{t("{0} to know before using the numbers", formatCounted(texts.length, "thing"))}</summary>
      <ul>{texts.map((text) => <li key={text}>{shortened(printable(text), 600)}</li>)}</ul>
    </details>
  );
}

function textsOf({ warnings, coverage, input }: Result): string[] {
  const random = input.kind === "random" && !warnings.some(({ code }) => code === "random-input") ? [t("The input was random: these alphas do not describe real use.")] : [];
  const missing = coverage.missing.map(({ name, reason }) => t("{0} was not measured: {1}", shortened(name), reason));
  return [...new Set([...random, ...warnings.filter(({ code }) => code !== "not-covered").map(({ message }) => message), ...missing])];
}
