import { t } from "@vscode/l10n";
import { formatNumber, printable } from "../../src/shared/format";
import { Button } from "../button";
import type { Host } from "../host";
import { shortened } from "../names";
import { ConvertButton } from "./convert-button";
import type { Measure, Measuring } from "./measuring";

interface TriedAlphasProps {
  /** By layer, as the sliders were moved. */
  readonly tried: Readonly<Record<string, number>>;
  readonly reset: () => void;
  readonly measuring: Measuring;
  readonly measure: Measure;
  readonly goTo: (layer: string) => void;
  readonly host: Host;
}

/** The alphas that the user tried on layers, to be measured together. */
export function TriedAlphas({ tried, reset, measuring, measure, goTo, host }: TriedAlphasProps) {
  const alphas = Object.entries(tried);
  return (
    <section class="tried">
      <h2>{t("Your alphas")}</h2>
      {alphas.length === 0
        ? <p class="why">{t("Move the alpha of a layer on its page, and measure here what all of them cost.")}</p>
        : (
          <>
            <ul>
              {alphas.map(([layer, alpha]) => <li key={layer}><button type="button" class="link" onClick={() => { goTo(layer); }}>{shortened(printable(layer))}</button> α {formatNumber(alpha)}</li>)}
            </ul>
            <div class="actions">
              <Button icon="beaker" disabled={measuring.busy} title={t("Fits weights and biases to these alphas; all other layers get values of their own")} onClick={() => { measure({ alphas: tried }); }}>
                {t("Measure These Alphas")}
              </Button>
              <ConvertButton text={t("Convert with These Alphas...")} title={t("Writes the checkpoint anew, in a folder of its own, with these alphas; weights and biases are fitted to them")} alphas={tried} measuring={measuring} host={host} />
              <Button icon="discard" onClick={reset}>{t("Reset all")}</Button>
            </div>
          </>
        )}
    </section>
  );
}
