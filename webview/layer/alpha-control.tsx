import { t } from "@vscode/l10n";
import type { WhatIf } from "../../src/analysis/what-if";
import { formatNumber, formatR2, formatShare } from "../../src/shared/format";
import type { LayerResult } from "../../src/shared/result";
import { Button } from "../button";

interface AlphaControlProps {
  readonly layer: LayerResult;
  /** Undefined while the fit's own alpha is shown. */
  readonly tried: WhatIf | undefined;
  readonly tryAlpha: (alpha: number | undefined) => void;
  readonly copy: (text: string) => void;
}

/** The slider goes this far below and above the fit's alpha. */
const span = 30;
/** Steps of the slider in log10 alpha: about 1 %. */
const step = 0.005;

/** Tries another alpha: what R² and saturation it would give. */
export function AlphaControl({ layer, tried, tryAlpha, copy }: AlphaControlProps) {
  const { fit, saturation } = layer;
  const alpha = tried?.alpha ?? fit.alpha;
  const position = Math.log10(alpha);
  const enter = (text: string) => {
    const entered = Number(text);
    if (entered > 0 && Number.isFinite(entered)) tryAlpha(entered);
  };
  const shares = tried?.saturation ?? saturation;
  return (
    <div class="try" role="group" aria-label={t("Try another alpha")}>
      <label>
        <span>{t("Try α")}</span>
        <input
          type="range"
          min={Math.log10(fit.alpha / span)}
          max={Math.log10(fit.alpha * span)}
          step={step}
          value={position}
          aria-valuetext={formatNumber(alpha)}
          onInput={({ currentTarget }) => { tryAlpha(10 ** Number(currentTarget.value)); }}
        />
      </label>
      <input type="number" aria-label={t("Alpha to try")} min="0" step="any" value={Number(alpha.toPrecision(4))} onChange={({ currentTarget }) => { enter(currentTarget.value); }} />
      <Button icon="copy" onClick={() => { copy(String(Number(alpha.toPrecision(4)))); }}>{t("Copy")}</Button>
      <Button icon="discard" disabled={tried === undefined} onClick={() => { tryAlpha(undefined); }}>{t("Reset")}</Button>
      <output>
        {tried === undefined
          ? t("Drag, or drag the ring on the curve, to see what another alpha would explain. At the fit: R² {0}, {1} of |α · x| above 1, {2} above 2.", formatR2(fit.r2), formatShare(shares["1"]), formatShare(shares["2"]))
          : t("α {0}: R² {1} against {2} at the fit; unit gain {3}; {4} of |α · x| above 1, {5} above 2, {6} above 3.", formatNumber(alpha), formatR2(tried.r2), formatR2(fit.r2), formatR2(tried.unitGainR2), formatShare(shares["1"]), formatShare(shares["2"]), formatShare(shares["3"]))}
      </output>
    </div>
  );
}
