import { t } from "@vscode/l10n";
import type { WhatIf } from "../../src/analysis/what-if";
import { formatNumber, formatR2, formatShare } from "../../src/shared/format";
import type { LayerResult } from "../../src/shared/result";
import { Button, CopyButton } from "../button";
import { glossary } from "../glossary";
import { trialSpan } from "./handle";

interface AlphaControlProps {
  readonly layer: LayerResult;
  /** Undefined while the fit's own alpha is shown. */
  readonly tried: WhatIf | undefined;
  readonly tryAlpha: (alpha: number | undefined) => void;
  readonly copy: (text: string) => void;
}

/** Steps of the slider in log10 alpha: about 1 %. */
const step = 0.005;

/** Tries another alpha: what R² and saturation it would give. */
export function AlphaControl({ layer, tried, tryAlpha, copy }: AlphaControlProps) {
  const { fit } = layer;
  const alpha = tried?.alpha ?? fit.alpha;
  const entered = String(Number(alpha.toPrecision(4)));
  const enter = (text: string) => {
    const value = Number(text);
    if (value > 0 && Number.isFinite(value)) tryAlpha(value);
  };
  return (
    <div class="try" role="group" aria-label={t("Try another alpha")}>
      <label>
        <span>{t("Try α")}</span>
        <input
          type="range"
          min={Math.log10(fit.alpha / trialSpan)}
          max={Math.log10(fit.alpha * trialSpan)}
          step={step}
          value={Math.log10(alpha)}
          aria-valuetext={formatNumber(alpha)}
          onInput={({ currentTarget }) => { tryAlpha(10 ** Number(currentTarget.value)); }}
        />
      </label>
      <input type="number" aria-label={t("Alpha to try")} min="0" step="any" value={entered} onChange={({ currentTarget }) => { enter(currentTarget.value); }} />
      <CopyButton text={t("Copy")} label={t("Copy alpha {0}", entered)} copy={() => { copy(entered); }} />
      <Button icon="discard" disabled={tried === undefined} title={t("Back to the fit")} onClick={() => { tryAlpha(undefined); }}>{t("Reset")}</Button>
      <Outcome layer={layer} tried={tried} />
    </div>
  );
}

interface Reading {
  readonly name: string;
  readonly meaning: string;
  readonly atFit: string;
  readonly tried: string | undefined;
}

/** What the fit gives, and beside it what the tried alpha would. */
function Outcome({ layer: { fit, saturation }, tried }: Pick<AlphaControlProps, "layer" | "tried">) {
  const readings: readonly Reading[] = [
    { name: "α", meaning: glossary.pooled().text, atFit: formatNumber(fit.alpha), tried: tried && formatNumber(tried.alpha) },
    { name: "R²", meaning: glossary.tanhR2().text, atFit: formatR2(fit.r2), tried: tried && formatR2(tried.r2) },
    { name: t("R² unit gain"), meaning: t("How much of x̂ tanh(α · x) alone explains at this alpha; beside it at the alpha that suits it best."), atFit: formatR2(fit.unitGain.r2), tried: tried && formatR2(tried.unitGainR2) },
    ...(["1", "2", "3"] as const).map((threshold): Reading => ({
      name: `|α · x| > ${threshold}`,
      meaning: glossary.saturation().text,
      atFit: formatShare(saturation[threshold]),
      tried: tried && formatShare(tried.saturation[threshold]),
    })),
  ];
  return (
    <output>
      <ul class="outcome">
        {readings.map(({ name, meaning, atFit, tried: now }) => (
          <li key={name} data-tip={meaning}>
            <span>{name}</span>
            <strong>{now ?? atFit}</strong>
            {now !== undefined && <small>{t("fit {0}", atFit)}</small>}
          </li>
        ))}
      </ul>
      {tried === undefined && <small>{t("At the fit. Drag, or drag the ring on the curve, to see what another alpha would give.")}</small>}
    </output>
  );
}
