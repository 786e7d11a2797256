import { t } from "@vscode/l10n";
import { formatShare } from "../../src/shared/format";
import type { Replacement, ReplacementCost, ReplacementMethod } from "../../src/shared/replacement";
import { meanings } from "./meanings";
import { costColumns } from "./cost-columns";
import { CostTable } from "./cost-table";
import { methodText } from "./cost-words";

interface Row extends ReplacementCost {
  /** Undefined for the control that replaces nothing. */
  readonly method: ReplacementMethod | undefined;
}

/** All norms replaced at once, by each method; the controls are always among them. */
export function Methods({ replacement: { measure, methods, chosen, tuneSteps, unchanged } }: { readonly replacement: Replacement }) {
  const rows: readonly Row[] = [{ method: undefined, ...unchanged }, ...methods];
  const hiddenError = { heading: t("hidden error"), meaning: meanings.hiddenError(), text: ({ scores }: Row) => formatShare(scores.hiddenError) };
  return (
    <section class="methods">
      <h2>{t("All norms replaced, by method")}</h2>
      <CostTable
        label={t("Cost of each method")}
        heading={t("method")}
        rows={rows}
        columns={measure === "error" ? costColumns<Row>(measure) : [...costColumns<Row>(measure), hiddenError]}
        keyOf={({ method }) => method ?? "unchanged"}
        name={({ method }) => <>{method === undefined ? t("nothing replaced") : methodText(method, tuneSteps)}{markOf(method, chosen)}</>}
        isChosen={({ method }) => method === chosen}
      />
    </section>
  );
}

/** Which row was taken, and which are there to be compared with. */
function markOf(method: ReplacementMethod | undefined, chosen: ReplacementMethod) {
  if (method === chosen) return <small class="mark">{t("chosen")}</small>;
  return method === undefined || method === "official" ? <small class="mark">{t("control")}</small> : null;
}
