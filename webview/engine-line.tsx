import { t } from "@vscode/l10n";
import { engineLabel } from "../src/shared/engines";
import { describeRuntime, formatBytes, formatSeconds, printable } from "../src/shared/format";
import type { EngineDescription } from "../src/shared/result";
import { Icon } from "./icon";
import { shortened } from "./names";
import { Explained } from "./term";

/** Characters of what is said of one engine. */
const longest = 200;

/** What ran the model, for how long and in how much memory; its tip tells why it was this engine. */
export function EngineLine({ engine }: { readonly engine: EngineDescription }) {
  const name = describeRuntime(engine);
  const why = choiceText(engine);
  return (
    <>
      {engine.fallback !== undefined && <Icon name="warning" />}
      {why === "" ? name : <Explained text={name} meaning={why} />}
      {`, ${formatSeconds(engine.seconds.total)}, ${formatBytes(engine.peakMemoryBytes)}`}
    </>
  );
}

/** A line for what failed, for why this engine was taken, and for each of the others. */
function choiceText({ choice, fallback }: EngineDescription): string {
  return [
    ...(fallback === undefined ? [] : [t("{0} failed while it ran: {1}", engineLabel(fallback), fallback.reason)]),
    ...(choice === undefined ? [] : [t("Why this engine: {0}", choice.reason)]),
    ...(choice?.others ?? []).map((other) => t("Not {0}: {1}", engineLabel(other), other.reason)),
  ]
    .map((line) => shortened(printable(line), longest))
    .join("\n");
}
