import { t } from "@vscode/l10n";
import { firstBatchNorms } from "../src/shared/batch-norms";
import { formatCount, formatLarge, printable } from "../src/shared/format";
import type { Result } from "../src/shared/result";
import { counted } from "./counted";
import { EngineLine } from "./engine-line";
import { Icon } from "./icon";
import { shortened } from "./names";

/** What was analysed, on what input, by what. */
export function Summary({ result }: { readonly result: Result }) {
  const { model, input, engine, coverage } = result;
  const shape = [shortened(printable(model.architecture)), ...(model.depth > 0 ? [counted(model.depth, "block")] : []), ...(model.width > 0 ? [t("width {0}", formatCount(model.width))] : [])];
  const size = model.parameters > 0 ? `${t("{0} parameters", formatLarge(model.parameters))}, ${printable(model.dtype)}` : printable(model.dtype);
  const source = shortened(printable(input.source.split(/[/\\]/).at(-1) ?? input.source));
  const fed = t("{0}, {1} in {2}", input.kind === "random" ? t("random input") : source, counted(input.tokens, "token"), counted(input.sequences, "sequence"));
  return (
    <ul class="summary">
      <li>{[...shape, size].join(", ")}</li>
      <li title={printable(input.source)}>{input.kind === "random" && <Icon name="warning" />}{input.skipFirst ? t("{0}, first positions skipped", fed) : fed}</li>
      <li>{coverage.measured < coverage.found && <Icon name="warning" />}{t("{0} of {1} norm layers measured", formatCount(coverage.measured), formatCount(coverage.found))}</li>
      {coverage.batchNorms && <li title={printable(coverage.batchNorms.join(", "))}>{t("not a candidate: {0} batch norms ({1}), which have no per-token statistics", formatCount(coverage.batchNorms.length), shortened(printable(firstBatchNorms(coverage.batchNorms))))}</li>}
      <li><EngineLine engine={engine} /></li>
    </ul>
  );
}
