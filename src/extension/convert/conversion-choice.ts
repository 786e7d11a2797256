import type { ConvertRequest } from "../../shared/conversion";
import { otherLayersWarning } from "../../shared/other-layers";
import type { AnalysisRequest } from "../../shared/request";
import type { Result } from "../../shared/result";

/** Where the values of a conversion come from: those that stand beside the result, or a fit that is made for it, layer after layer, every layer by itself, or to the user's own alphas. */
export type ValuesKind = "beside" | "in-order" | "alone" | "own";

/** A conversion as its user chooses it. */
export interface ConversionChoice {
  /** Names; all that can be replaced where undefined. */
  readonly layers: readonly string[] | undefined;
  readonly values: ValuesKind;
  /** Folder to make. */
  readonly target: string;
}

/** What can be converted, and with what. */
export interface ConversionOffer {
  readonly result: Result;
  /** File of the result. */
  readonly path: string;
  /** Whether its values stand beside it. */
  readonly hasValues: boolean;
  /** Alphas that the user tried, by layer. */
  readonly alphas: Readonly<Record<string, number>>;
  /** The run that gave the result. */
  readonly again: AnalysisRequest;
}

/** Values that there are, or can be made. What stands beside a result that measured no replacements is every layer fitted by itself. */
export function offeredValues({ result, hasValues, alphas }: ConversionOffer): readonly ValuesKind[] {
  return [
    ...(hasValues ? ["beside" as const] : []),
    "in-order",
    ...(hasValues && result.replacement === undefined ? [] : ["alone" as const]),
    ...(Object.keys(alphas).length > 0 ? ["own" as const] : []),
  ];
}

/** What suits these layers: the user's own alphas, else what there is, unless it was fitted to be replaced together with others. */
export function suitingValues(offer: ConversionOffer, layers: ConversionChoice["layers"]): ValuesKind {
  if (Object.keys(offer.alphas).length > 0) return "own";
  return offer.hasValues && valuesWarning(offer, layers, "beside") === undefined ? "beside" : "in-order";
}

/** What to tell of values for these layers: a sentence, undefined where nothing speaks against them. */
export function valuesWarning({ result: { replacement } }: ConversionOffer, layers: ConversionChoice["layers"], values: ValuesKind): string | undefined {
  return values === "beside" && layers !== undefined && replacement !== undefined ? otherLayersWarning(replacement, layers) : undefined;
}

/** The conversion as the engine is asked for it. */
export function conversionOf({ path, alphas, again }: ConversionOffer, { layers, values, target }: ConversionChoice): ConvertRequest {
  return {
    analysis: again,
    target,
    names: "official",
    ...(layers !== undefined && { layers }),
    ...(values === "beside" && { values: path }),
    ...(values === "in-order" && { inOrder: {} }),
    ...(values === "own" && { inOrder: { alphas } }),
  };
}
