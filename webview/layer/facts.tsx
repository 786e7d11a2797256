import { t } from "@vscode/l10n";
import type { ComponentChildren } from "preact";
import { hasAlpha } from "../../src/shared/alpha";
import { formatCount, formatNumber, formatR2, formatShare, noNumber } from "../../src/shared/format";
import type { Intent } from "../../src/shared/intent";
import type { CostMeasure, LayerCost } from "../../src/shared/replacement";
import { saturationThresholds, type FamilyName, type LayerResult, type TrainedLayer } from "../../src/shared/result";
import { glossary, type Term as TermKey } from "../glossary";
import { sourceText } from "../scratch-source";
import { Explained, Term } from "../term";
import { costTextIn } from "../what-if/cost-words";
import { meanings } from "../what-if/meanings";
import { wordsOf } from "./words";

interface FactsProps {
  readonly layer: LayerResult;
  /** Of the result that is compared with. */
  readonly other: LayerResult | undefined;
  readonly intent: Intent;
  readonly replaced: ReplacedLayer | undefined;
}

/** What replacing a layer alone costs. */
export interface ReplacedLayer {
  readonly cost: LayerCost;
  readonly measure: CostMeasure;
  /** The chosen method, in words. */
  readonly method: string;
}

/** Everything the result knows of one layer, in words and numbers. */
export function Facts({ layer, other, intent, replaced }: FactsProps) {
  const { fit, suggest, inverseStd } = layer;
  const seen = fit.status !== "no-data";
  const convert = (of: LayerResult) => formatNumber(hasAlpha(of) ? of.suggest.convert : Number.NaN);
  return (
    <div class="facts">
      <div class="headline">
        {layer.trained && <Headline of="trained" value={formatNumber(layer.trained.alpha)} note={noteOfTrained(layer.trained)} compared={other?.trained && formatNumber(other.trained.alpha)} />}
        <Headline of="convert" value={convert(layer)} note={noteOfConvert(layer)} compared={other && convert(other)} chosen={intent === "convert"} />
        <Headline of="scratch" value={formatNumber(suggest.scratch)} note={sourceText(suggest.scratchSource)} chosen={intent === "scratch"} />
        <Headline of="pooled" value={pooledAlpha(fit)} note={pooledNote(fit)} compared={other && pooledAlpha(other.fit)} />
        <Headline of="inverseStd" value={formatNumber(seen ? inverseStd : Number.NaN)} note={noteOfInverseStd(layer)} compared={other && formatNumber(other.inverseStd)} />
      </div>
      <p class="words">{wordsOf(layer).join(" ").replaceAll(" %", "\u00a0%")}</p>
      {seen && (
        <div class="groups">
          {replaced !== undefined && <Replaced {...replaced} />}
          <Scores layer={layer} other={other} />
          <Saturation layer={layer} other={other} />
          <Pooled layer={layer} other={other} />
          <Input layer={layer} other={other} />
          <Families layer={layer} />
        </div>
      )}
    </div>
  );
}

function noteOfTrained({ curve, alphas, alphaMin, alphaMax }: TrainedLayer): string {
  return alphas === 1 ? curve : `${curve}, ${formatNumber(alphaMin)}–${formatNumber(alphaMax)}`;
}

function noteOfConvert(layer: LayerResult): string {
  if (!hasAlpha(layer)) return t("not determined");
  return layer.fit.status === "linear" ? t("nearly linear") : t("per channel");
}

/** What the prior is to be held against. */
function noteOfInverseStd(layer: LayerResult): string {
  if (layer.fit.status === "no-data") return t("no data");
  if (layer.fit.status !== "ok") return t("a prior");
  return t("pooled is {0}×", formatNumber(layer.fit.alpha / layer.inverseStd, 2));
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
      {compared !== undefined && <small class="compared" title={t("Of the result that is compared with")}>{t("vs {0}", compared)}</small>}
    </div>
  );
}

function Replaced({ cost: { alpha, cost, standardError, defaultCost, scores }, measure, method }: ReplacedLayer) {
  const rows = [
    { name: t("cost"), meaning: meanings.cost(), value: costTextIn(cost, measure) },
    { name: "±", meaning: meanings.standardError(), value: formatNumber(standardError, 2) },
    { name: t("with 0.5"), meaning: meanings.atDefault(), value: costTextIn(defaultCost, measure) },
    ...(scores.kl === undefined ? [] : [{ name: "KL", meaning: meanings.kl(), value: formatNumber(scores.kl) }]),
    ...(scores.top1 === undefined ? [] : [{ name: t("top-1 agrees"), meaning: meanings.top1(), value: formatShare(scores.top1) }]),
    { name: t("alpha with all"), meaning: meanings.alpha(method), value: formatNumber(alpha) },
  ];
  return (
    <Group title={t("Replaced alone")} compared={false}>
      {rows.map(({ name, meaning, value }) => (
        <div key={name}>
          <dt><Explained text={name} meaning={meaning} /></dt>
          <dd>{value}</dd>
        </div>
      ))}
    </Group>
  );
}

/** The layer whose numbers a group tells, and what they are compared with. */
interface Compared {
  readonly layer: LayerResult;
  readonly other: LayerResult | undefined;
}

/** A number of a layer, and how it is written. */
type Reading = (of: LayerResult) => string;

const r2 = (value: (of: LayerResult) => number): Reading => (of) => formatR2(hasAlpha(of) ? value(of) : Number.NaN);

function Scores({ layer, other }: Compared) {
  const rows: readonly { readonly of: TermKey; readonly value: (of: LayerResult) => number }[] = [
    { of: "linearR2", value: ({ linear }) => linear.r2 },
    { of: "tanhR2", value: ({ fit }) => fit.r2 },
    { of: "ceilingR2", value: ({ ceiling }) => ceiling.r2 },
    { of: "unitR2", value: ({ fit }) => fit.unitGain.r2 },
    { of: "channelR2", value: ({ perChannel }) => perChannel.r2 },
  ];
  return (
    <Group title={t("Explained")} compared={other !== undefined}>
      {rows.map(({ of, value }) => (
        <Row key={of} name={<Term of={of} />} value={r2(value)} layer={layer} other={other}>
          {other === undefined && hasAlpha(layer) && <Bar share={value(layer)} />}
        </Row>
      ))}
    </Group>
  );
}

function Bar({ share }: { readonly share: number }) {
  return <span class="bar"><i style={{ width: `${Number.isFinite(share) ? 100 * Math.min(1, Math.max(0, share)) : 0}%` }} /></span>;
}

function Saturation({ layer, other }: Compared) {
  return (
    <Group title={t("Saturation")} compared={other !== undefined}>
      {saturationThresholds.map((threshold) => (
        <Row
          key={threshold}
          name={<Explained text={`|α · x| > ${threshold}`} meaning={glossary.saturation().text} />}
          value={(of) => formatShare(hasAlpha(of) ? of.saturation[threshold] : Number.NaN)}
          layer={layer}
          other={other}
        />
      ))}
    </Group>
  );
}

function Pooled({ layer, other }: Compared) {
  const fitted = (value: (of: LayerResult) => number): Reading => (of) => formatNumber(hasAlpha(of) ? value(of) : Number.NaN);
  const rows: readonly { readonly of: TermKey; readonly value: Reading }[] = [
    { of: "gain", value: fitted(({ fit }) => fit.gain) },
    { of: "offset", value: fitted(({ fit }) => fit.offset) },
    { of: "alphaTimesRms", value: fitted(({ alphaTimesRms }) => alphaTimesRms) },
    { of: "unitAlpha", value: fitted(({ fit }) => fit.unitGain.alpha) },
  ];
  return (
    <Group title={t("Pooled tanh")} compared={other !== undefined}>
      {rows.map(({ of, value }) => <Row key={of} name={<Term of={of} />} value={value} layer={layer} other={other} />)}
    </Group>
  );
}

const formulas: Readonly<Record<FamilyName, string>> = {
  tanh: "tanh(z)",
  erf: "erf(z)",
  isru: "z / √(1 + z²)",
  arctan: "2/π · arctan(π/2 · z)",
  softsign: "z / (1 + |z|)",
  hardtanh: "min(1, max(−1, z))",
};

function Families({ layer }: { readonly layer: LayerResult }) {
  const best = layer.families.reduce((most, { r2: score }) => Math.max(most, score), -Infinity);
  return (
    <Group title={t("Curves")} compared={false}>
      {layer.families.map(({ name, alpha, r2: score }) => {
        const meaning = t("gain · f(α · x + shift) + offset with f(z) = {0}, fitted to x̂. The curve that explains most is set in bold.", formulas[name]);
        return (
          <div key={name} class={score === best ? "best" : ""}>
            <dt><Explained text={name} meaning={meaning} /></dt>
            <dd>{hasAlpha(layer) ? <><span class="side">{`α ${formatNumber(alpha)}`}</span>{formatR2(score)}</> : noNumber}</dd>
          </div>
        );
      })}
    </Group>
  );
}

function Input({ layer, other }: Compared) {
  const { calls, input } = layer;
  const rows: readonly { readonly of: TermKey; readonly value: Reading }[] = [
    { of: "std", value: (of) => formatNumber(of.input.std) },
    { of: "rms", value: (of) => formatNumber(of.input.rms) },
    { of: "absMax", value: (of) => formatNumber(of.input.absMax) },
    { of: "kurtosis", value: (of) => formatNumber(of.input.kurtosis) },
    { of: "quantiles", value: ({ input: { quantiles } }) => `${formatNumber(quantiles["0.001"])} … ${formatNumber(quantiles["0.999"])}` },
    { of: "tokenStd", value: (of) => `${formatNumber(of.input.tokenStdMean)} ± ${formatNumber(Math.sqrt(of.input.tokenStdVar))}` },
    ...(input.first === undefined ? [] : [{ of: "first", value: (of: LayerResult) => (of.input.first === undefined ? noNumber : `${formatNumber(of.input.first.std)}, ${formatNumber(of.input.first.absMax)}`) } as const]),
    ...(input.nonFinite === 0 ? [] : [{ of: "nonFinite", value: (of: LayerResult) => formatCount(of.input.nonFinite) } as const]),
    { of: "rows", value: (of) => `${formatCount(of.tokens)} × ${formatCount(of.channels)}` },
    ...(calls === 1 ? [] : [{ of: "calls", value: (of: LayerResult) => formatCount(of.calls) } as const]),
    { of: "eps", value: (of) => of.eps.toExponential() },
  ];
  return (
    <Group title={t("Input")} compared={other !== undefined}>
      {rows.map(({ of, value }) => <Row key={of} name={<Term of={of} />} value={value} layer={layer} other={setUp.has(of) ? undefined : other} />)}
    </Group>
  );
}

/** What two results seldom differ in, and what says nothing of the layer. */
const setUp: ReadonlySet<TermKey> = new Set(["rows", "calls", "eps"]);

interface GroupProps {
  readonly title: string;
  /** Whether the rows have a second number. */
  readonly compared: boolean;
  readonly children: ComponentChildren;
}

function Group({ title, compared, children }: GroupProps) {
  return (
    <section>
      <h3>{title}{compared && <small><span class="compared">{t("compared")}</span>{t("this")}</small>}</h3>
      <dl>{children}</dl>
    </section>
  );
}

interface RowProps extends Compared {
  readonly name: ComponentChildren;
  readonly value: Reading;
  readonly children?: ComponentChildren;
}

function Row({ name, value, layer, other, children }: RowProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {other !== undefined && <span class="side compared">{value(other)}</span>}
        <span>{value(layer)}</span>
      </dd>
    </div>
  );
}
