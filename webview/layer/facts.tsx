import { t } from "@vscode/l10n";
import type { ComponentChildren } from "preact";
import { hasAlpha } from "../../src/shared/alpha";
import { formatCount, formatNumber, formatR2, formatShare, noNumber } from "../../src/shared/format";
import { glossary, type Term as TermKey } from "../../src/shared/glossary";
import type { Intent } from "../../src/shared/intent";
import { saturationThresholds, type LayerResult } from "../../src/shared/result";
import { Explained, Term } from "../term";
import { wordsOf } from "./words";

interface FactsProps {
  readonly layer: LayerResult;
  /** Of the result that is compared with. */
  readonly other: LayerResult | undefined;
  readonly intent: Intent;
}

/** Everything the result knows of one layer, in words and numbers. */
export function Facts({ layer, other, intent }: FactsProps) {
  const { fit, suggest, inverseStd, alphaTimesRms } = layer;
  const convert = (of: LayerResult) => formatNumber(hasAlpha(of) ? of.suggest.convert : Number.NaN);
  return (
    <div class="facts">
      <div class="headline">
        <Headline of="convert" value={convert(layer)} note={noteOfConvert(layer)} compared={other && convert(other)} chosen={intent === "convert"} />
        <Headline of="scratch" value={formatNumber(suggest.scratch)} note={suggest.scratchSource} chosen={intent === "scratch"} />
        <Headline of="pooled" value={pooledAlpha(fit)} note={pooledNote(fit)} compared={other && pooledAlpha(other.fit)} />
        <Headline of="inverseStd" value={formatNumber(inverseStd)} note={`α · rms ${formatNumber(alphaTimesRms)}`} compared={other && formatNumber(other.inverseStd)} />
      </div>
      <p class="words">{wordsOf(layer).join(" ")}</p>
      <div>
        <Scores layer={layer} other={other} />
        <Saturation layer={layer} other={other} />
        <Families layer={layer} />
      </div>
      <Input layer={layer} />
    </div>
  );
}

function noteOfConvert(layer: LayerResult): string {
  if (!hasAlpha(layer)) return t("not determined");
  return layer.fit.status === "linear" ? t("nearly linear") : t("per channel");
}

function pooledAlpha(fit: LayerResult["fit"]): string {
  switch (fit.status) {
    case "ok":
      return formatNumber(fit.alpha);
    case "linear":
      return `≤ ${formatNumber(fit.alpha)}`;
    case "degenerate":
    case "no-data":
      return noNumber;
  }
}

function pooledNote(fit: LayerResult["fit"]): string {
  switch (fit.status) {
    case "ok":
      return `${formatNumber(fit.alphaLow)} – ${formatNumber(fit.alphaHigh)}`;
    case "linear":
      return t("nearly linear");
    case "degenerate":
      return t("constant input");
    case "no-data":
      return t("no data");
  }
}

interface HeadlineProps {
  readonly of: TermKey;
  readonly value: string;
  readonly note: string;
  readonly compared?: string | undefined;
  readonly chosen?: boolean;
}

function Headline({ of, value, note, compared, chosen = false }: HeadlineProps) {
  return (
    <div class={chosen ? "chosen" : ""}>
      <Term of={of} />
      <strong>{value}</strong>
      <small>{note}</small>
      {compared !== undefined && <small class="compared">{t("compared: {0}", compared)}</small>}
    </div>
  );
}

function Scores({ layer, other }: { readonly layer: LayerResult; readonly other: LayerResult | undefined }) {
  const rows: readonly { readonly of: TermKey; readonly value: (of: LayerResult) => number }[] = [
    { of: "linearR2", value: ({ linear }) => linear.r2 },
    { of: "tanhR2", value: ({ fit }) => fit.r2 },
    { of: "ceilingR2", value: ({ ceiling }) => ceiling.r2 },
    { of: "unitR2", value: ({ fit }) => fit.unitGain.r2 },
    { of: "channelR2", value: ({ perChannel }) => perChannel.r2 },
  ];
  return (
    <Group title={t("Explained")}>
      {rows.map(({ of, value }) => (
        <Row key={of} name={<Term of={of} />}>
          {other === undefined
            ? <span class="bar"><i style={{ width: `${100 * Math.min(1, Math.max(0, value(layer)))}%` }} /></span>
            : <span class="compared">{formatR2(value(other))}</span>}
          {formatR2(value(layer))}
        </Row>
      ))}
    </Group>
  );
}

function Saturation({ layer, other }: { readonly layer: LayerResult; readonly other: LayerResult | undefined }) {
  return (
    <Group title={t("Saturation")}>
      {saturationThresholds.map((threshold) => (
        <Row key={threshold} name={<Explained text={`|α · x| > ${threshold}`} meaning={glossary.saturation.text} />}>
          {other !== undefined && <span class="compared">{share(other, threshold)}</span>}
          {share(layer, threshold)}
        </Row>
      ))}
    </Group>
  );
}

function share(layer: LayerResult, threshold: (typeof saturationThresholds)[number]): string {
  return hasAlpha(layer) ? formatShare(layer.saturation[threshold]) : noNumber;
}

function Families({ layer }: { readonly layer: LayerResult }) {
  return (
    <Group title={t("Curves")}>
      {layer.families.map(({ name, alpha, r2 }) => (
        <Row key={name} name={name}>{hasAlpha(layer) ? `α ${formatNumber(alpha)}, R² ${formatR2(r2)}` : noNumber}</Row>
      ))}
    </Group>
  );
}

function Input({ layer }: { readonly layer: LayerResult }) {
  const { input, fit, tokens, channels, calls, eps } = layer;
  const { quantiles, first } = input;
  const rows = t("{0} × {1}", formatCount(tokens), formatCount(channels));
  return (
    <Group title={t("Input")}>
      <Row name={t("rows × channels")}>{calls > 1 ? t("{0} over {1} calls", rows, formatCount(calls)) : rows}</Row>
      <Row name="eps">{eps.toExponential()}</Row>
      <Row name={<Term of="std" />}>{formatNumber(input.std)}</Row>
      <Row name={<Term of="rms" />}>{formatNumber(input.rms)}</Row>
      <Row name={<Term of="absMax" />}>{formatNumber(input.absMax)}</Row>
      <Row name={<Term of="quantiles" />}>{`${formatNumber(quantiles["0.001"])} … ${formatNumber(quantiles["0.999"])}`}</Row>
      <Row name={<Term of="kurtosis" />}>{formatNumber(input.kurtosis)}</Row>
      <Row name={<Term of="tokenStd" />}>{`${formatNumber(input.tokenStdMean)} ± ${formatNumber(Math.sqrt(input.tokenStdVar))}`}</Row>
      {first !== undefined && <Row name={<Term of="first" />}>{`${formatNumber(first.std)}, ${formatNumber(first.absMax)}`}</Row>}
      {input.nonFinite > 0 && <Row name={<Term of="nonFinite" />}>{formatCount(input.nonFinite)}</Row>}
      <Row name={<Term of="gain" />}>{formatNumber(fit.gain)}</Row>
      <Row name={<Term of="offset" />}>{formatNumber(fit.offset)}</Row>
    </Group>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>{children}</dl>
    </section>
  );
}

function Row({ name, children }: { readonly name: ComponentChildren; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
