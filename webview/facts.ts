import { hasAlpha } from "../src/shared/alpha";
import { formatCount, formatNumber, formatR2, formatShare } from "../src/shared/format";
import { saturationThresholds, type LayerResult } from "../src/shared/result";
import { element } from "./dom";
import { glossary, type Term } from "../src/shared/glossary";

/** Everything the result knows of one layer, in words and numbers. */
export function layerFacts(layer: LayerResult): HTMLElement {
  return element(
    "div",
    { class: "facts" },
    alphas(layer),
    element("div", {}, scores(layer), saturation(layer)),
    element("div", {}, input(layer), families(layer)),
  );
}

function alphas(layer: LayerResult): HTMLElement {
  const { fit, suggest, inverseStd, alphaTimesRms } = layer;
  return element(
    "div",
    { class: "headline" },
    headline("convert", formatNumber(hasAlpha(layer) ? suggest.convert : Number.NaN), "per channel"),
    headline("pooled", pooledAlpha(fit), pooledNote(fit)),
    headline("scratch", formatNumber(suggest.scratch), suggest.scratchSource),
    headline("inverseStd", formatNumber(inverseStd), `α · rms ${formatNumber(alphaTimesRms)}`),
  );
}

function pooledAlpha(fit: LayerResult["fit"]): string {
  switch (fit.status) {
    case "ok":
      return formatNumber(fit.alpha);
    case "linear":
      return `≤ ${formatNumber(fit.alpha)}`;
    case "degenerate":
    case "no-data":
      return formatNumber(Number.NaN);
  }
}

function pooledNote(fit: LayerResult["fit"]): string {
  switch (fit.status) {
    case "ok":
      return `${formatNumber(fit.alphaLow)} – ${formatNumber(fit.alphaHigh)}`;
    case "linear":
      return "nearly linear";
    case "degenerate":
      return "constant input";
    case "no-data":
      return "no data";
  }
}

function headline(term: Term, value: string, note: string): HTMLElement {
  return element("div", { title: glossary[term].text }, element("span", {}, glossary[term].name), element("strong", {}, value), element("small", {}, note));
}

function scores({ linear, fit, ceiling, perChannel }: LayerResult): HTMLElement {
  const row = (term: Term, value: number) => {
    const bar = element("i");
    bar.style.width = `${100 * Math.min(1, Math.max(0, value))}%`;
    return element("div", { title: glossary[term].text }, element("dt", {}, glossary[term].name), element("dd", {}, element("span", { class: "bar" }, bar), formatR2(value)));
  };
  return group("Explained", [
    row("linearR2", linear.r2),
    row("tanhR2", fit.r2),
    row("ceilingR2", ceiling.r2),
    row("unitR2", fit.unitGain.r2),
    row("channelR2", perChannel.r2),
  ]);
}

function input({ input, fit, tokens, channels, calls, eps }: LayerResult): HTMLElement {
  const { quantiles, first } = input;
  return group("Input", [
    plain("rows × channels", `${formatCount(tokens)} × ${formatCount(channels)}${calls > 1 ? ` over ${formatCount(calls)} calls` : ""}`),
    plain("eps", eps.toExponential()),
    fact("std", formatNumber(input.std)),
    fact("rms", formatNumber(input.rms)),
    fact("absMax", formatNumber(input.absMax)),
    fact("quantiles", `${formatNumber(quantiles["0.001"])} … ${formatNumber(quantiles["0.999"])}`),
    fact("kurtosis", formatNumber(input.kurtosis)),
    fact("tokenStd", `${formatNumber(input.tokenStdMean)} ± ${formatNumber(Math.sqrt(input.tokenStdVar))}`),
    ...(first === undefined ? [] : [fact("first", `${formatNumber(first.std)}, ${formatNumber(first.absMax)}`)]),
    ...(input.nonFinite === 0 ? [] : [fact("nonFinite", formatCount(input.nonFinite))]),
    fact("gain", formatNumber(fit.gain)),
    fact("offset", formatNumber(fit.offset)),
  ]);
}

function saturation({ saturation: shares }: LayerResult): HTMLElement {
  const rows = saturationThresholds.map((threshold) => plain(`|α · x| > ${threshold}`, formatShare(shares[threshold]), glossary.saturation.text));
  return group("Saturation", rows);
}

function families({ families: fits }: LayerResult): HTMLElement {
  const rows = fits.map(({ name, alpha, r2 }) => plain(name, `α ${formatNumber(alpha)}, R² ${formatR2(r2)}`));
  return group("Other curves", rows);
}

function group(title: string, rows: readonly HTMLElement[]): HTMLElement {
  return element("section", {}, element("h3", {}, title), element("dl", {}, ...rows));
}

function fact(term: Term, value: string): HTMLElement {
  return plain(glossary[term].name, value, glossary[term].text);
}

function plain(name: string, value: string, title = ""): HTMLElement {
  return element("div", title === "" ? {} : { title }, element("dt", {}, name), element("dd", {}, value));
}
