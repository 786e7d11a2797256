import { t } from "@vscode/l10n";
import type { ComponentChildren } from "preact";
import { formatNumber, formatShare, printable } from "../../src/shared/format";
import type { Replacement } from "../../src/shared/replacement";
import { counted } from "../counted";
import { meanings } from "./meanings";
import { shortened } from "../names";
import { Explained } from "../term";
import { perplexityOf } from "./cost-columns";
import { costTextIn, measureText, methodText } from "./cost-words";

/** Before and after: the original, and all norms replaced by the chosen method. */
export function CostHeadline({ replacement }: { readonly replacement: Replacement }) {
  const { measure, original, methods, chosen, tuneSteps, layers, heldOut, sampleTokens } = replacement;
  const best = methods.find(({ method }) => method === chosen);
  const source = shortened(printable(heldOut.source.split(/[/\\]/).at(-1) ?? heldOut.source));
  return (
    <section aria-label={t("Before and after")}>
      <p class="why">{measureText(measure)} {t("Measured on {0} of {1}, in {2}; single layers, roles and the budget on {3}.", counted(heldOut.tokens, "token"), source, counted(heldOut.sequences, "sequence"), counted(sampleTokens, "token"))}</p>
      <div class="headline">
        {measure === "cross-entropy" && (
          <Card name={t("original")} meaning={meanings.crossEntropy()} note={t("perplexity {0}", formatNumber(perplexityOf(original)))}>
            {t("{0} nats", formatNumber(original.crossEntropy ?? Number.NaN, 4))}
          </Card>
        )}
        {best !== undefined && (
          <>
            <Card name={t("{0} replaced", counted(layers.length, "layer"))} meaning={meanings.cost()} note={t("± {0}, {1}", formatNumber(best.standardError, 2), methodText(chosen, tuneSteps))} chosen>
              {costTextIn(best.cost, measure)}
            </Card>
            {measure === "cross-entropy" && <Card name={t("perplexity")} meaning={meanings.perplexity()} note={t("was {0}", formatNumber(perplexityOf(original)))}>{formatNumber(perplexityOf(best.scores))}</Card>}
            {measure === "error"
              ? null
              : (
                <>
                  <Card name="KL" meaning={meanings.kl()} note={t("nats from the original")}>{formatNumber(best.scores.kl ?? Number.NaN)}</Card>
                  <Card name={t("top-1 agrees")} meaning={meanings.top1()} note={t("with the original")}>{formatShare(best.scores.top1 ?? Number.NaN)}</Card>
                </>
              )}
          </>
        )}
      </div>
    </section>
  );
}

interface CardProps {
  readonly name: string;
  readonly meaning: string;
  readonly note: string;
  readonly chosen?: boolean;
  readonly children: ComponentChildren;
}

function Card({ name, meaning, note, chosen = false, children }: CardProps) {
  return (
    <div class={chosen ? "chosen" : ""}>
      <Explained text={name} meaning={meaning} />
      <strong>{children}</strong>
      <small>{note}</small>
    </div>
  );
}
