import { channelBiases, channelWeights } from "../../analysis/normalise";
import { notAskedFor, type ReplacementMethod } from "../../shared/replacement";
import type { ElementWiseValues } from "../graph/replace";
import type { MeasuredNorm } from "../norm-measurements";
import type { RowsOfNorm } from "../norm-rows";

/** A norm layer that can be replaced. */
export interface Candidate {
  readonly name: string;
  readonly measured: MeasuredNorm;
  readonly norm: RowsOfNorm;
  /** Shape of gain and offset. */
  readonly shape: readonly number[];
}

/** alpha that the paper's code starts every layer from. */
export const usualAlpha = 0.5;

/** Methods whose values follow from the analysis of the original network alone. */
export type DirectMethod = Extract<ReplacementMethod, "per-channel" | "pooled" | "inverse-std" | "default" | "official">;

/** The values of one layer by a method. */
export function directValues(method: DirectMethod, { measured, norm, shape }: Candidate): ElementWiseValues {
  const { layer, channelFit } = measured;
  const affine = { ...norm, axes: layer.axes, channels: layer.channels };
  const weight = channelWeights(affine);
  const bias = channelBiases(affine);
  const values = (alpha: number, gain: ArrayLike<number>, offset: ArrayLike<number>): ElementWiseValues => ({
    ...{ curve: "tanh", alpha, shift: 0, shape },
    ...{ gain: Float32Array.from(gain), offset: Float32Array.from(offset) },
  });
  switch (method) {
    case "per-channel":
      return values(channelFit.alpha, channelFit.gain, channelFit.offset);
    case "pooled":
      return values(layer.fit.alpha, weight.map((w) => w * layer.fit.gain), bias.map((b, channel) => b + weight[channel]! * layer.fit.offset));
    case "inverse-std":
      return values(layer.inverseStd, weight, bias);
    case "default":
      return values(usualAlpha, weight, bias);
    case "official":
      return values(usualAlpha, weight.map(() => 1), bias.map(() => 0));
  }
}

/** Norms that can be replaced, and why the others stay. */
export interface Candidates {
  readonly taken: readonly Candidate[];
  readonly kept: readonly { readonly name: string; readonly reason: string }[];
}

/** @param only names of the layers that may be replaced; all where absent. */
export function candidatesOf(measured: readonly MeasuredNorm[], norms: ReadonlyMap<string, RowsOfNorm>, only?: ReadonlySet<string>): Candidates {
  const taken: Candidate[] = [];
  const kept: { name: string; reason: string }[] = [];
  for (const one of measured) {
    const { name } = one.layer;
    const reason = only?.has(name) === false ? notAskedFor : obstacle(one);
    if (reason === undefined) taken.push({ name, measured: one, norm: norms.get(name)!, shape: one.channelShape! });
    else kept.push({ name, reason });
  }
  return { taken, kept };
}

function obstacle({ layer, channelShape }: MeasuredNorm): string | undefined {
  if (layer.trained) return "it is element-wise already";
  if (layer.kind === "groupnorm") return "it normalises groups of channels, which DyT does not replace";
  if (channelShape === undefined) return "its rows do not share their channels, or it stands in a branch or loop of the graph";
  if (layer.fit.status === "no-data") return "no row of its input was finite";
  if (layer.fit.status === "degenerate") return "its input does not vary";
  return undefined;
}
