import { UserError } from "../../shared/errors";
import type { ReplaceStep } from "../../shared/progress";
import { replacementMethods, type CostMeasure, type MethodCost, type ReplacementCost, type ReplacementMethod } from "../../shared/replacement";
import { knowsCurve, refuseUnknownCurve } from "../graph/known-curves";
import type { ElementWiseValues } from "../graph/replace";
import type { CalibrationInput } from "../input/input";
import type { OpenModel } from "../open-model";
import { costOf, measureOf } from "./costs";
import type { SplitInput } from "./held-out";
import { fitInOrder, inOrderInput, type ChainForm, type LayerValues } from "./in-order";
import { scoreVariants, type Network, type OnSteps } from "./network";
import type { OwnLayerValues } from "./own-values";
import { scoresOf } from "./scorer";
import { directValues, type Candidate, type DirectMethod } from "./values";
import { byName } from "./variants";

const directMethods: readonly DirectMethod[] = ["per-channel", "pooled", "inverse-std", "default", "official"];
/** Methods that a network would be converted by; the others are there to be compared with. */
const conversions: readonly ReplacementMethod[] = ["tuned", "in-order", "in-order-robust", "in-order-original", "per-channel", "pooled"];

const chainForms: [ReplacementMethod, ChainForm][] = [
  ["in-order", { curve: "tanh", target: "norm" }],
  ["in-order-robust", { curve: "tanh", target: "norm", withoutOutliers: true }],
  ["in-order-original", { curve: "tanh", target: "original" }],
  ["in-order-erf", { curve: "erf", target: "norm", shifted: true }],
  ["in-order-isru", { curve: "isru", target: "norm" }],
];

/** What there is to replace, and how the work is watched. */
export interface Replacing {
  readonly model: OpenModel;
  readonly network: Network;
  readonly taken: readonly Candidate[];
  readonly signal: AbortSignal;
  /** Told what is being done. */
  readonly steps: (step: ReplaceStep) => OnSteps;
}

/** What the user wants to be tried beside the methods that there are. */
export interface OwnChoice {
  readonly values?: ReadonlyMap<string, OwnLayerValues> | undefined;
  /** alphas to which gains and offsets are fitted in order. */
  readonly alphas?: Readonly<Record<string, number>> | undefined;
}

/** The cost of every method. */
export interface MethodCosts {
  readonly measure: CostMeasure;
  readonly original: ReplacementCost["scores"];
  readonly unchanged: ReplacementCost;
  readonly costs: readonly MethodCost[];
  readonly chosen: ReplacementMethod;
  /** Number of predictions that costs are means over. */
  readonly predictions: number;
}

/** Values for every layer, by every method. */
export type ValuesByMethod = ReadonlyMap<ReplacementMethod, LayerValues>;

/**
 * Values of the layers by every method there is.
 * @throws UserError where the user's values do not fit the layers; CancelledError where it is stopped.
 */
export async function valuesByMethod(replacing: Replacing, calibration: CalibrationInput, own: OwnChoice): Promise<ValuesByMethod> {
  const { model, network, taken } = replacing;
  const direct = directMethods.map((method) => [method, new Map(taken.map((one) => [one.name, directValues(method, one)]))] as const);
  const values = new Map<ReplacementMethod, LayerValues>(direct);
  const perChannel = values.get("per-channel")!;
  for (const { curve } of own.values?.values() ?? []) for (const { graph } of network.stages) refuseUnknownCurve(model.checkpoint.path, graph, curve);
  if (own.values) values.set("own", ownValues(own.values, taken, perChannel));
  for (const [method, fitted] of await fitChains(replacing, calibration, own.alphas)) values.set(method, fitted);
  return values;
}

/**
 * Runs the network with every norm replaced, by each method, beside the original and a control, on held-out input.
 * @throws UserError where that has nothing to predict; CancelledError where it is stopped.
 */
export async function measureMethods({ network, signal, steps }: Replacing, { heldOut }: SplitInput, values: ValuesByMethod): Promise<MethodCosts> {
  const methods = replacementMethods.filter((method) => values.has(method));
  const control = { valuesOf: () => undefined, runsWhole: true } as const;
  const [original, unchanged, ...scored] = await scoreVariants(network, heldOut.batches, [control, ...methods.map((method) => ({ valuesOf: byName(values.get(method)!) }))], signal, steps("all layers"));
  if (network.predictor?.isCausal === true && original!.kl.length === 0) throw new UserError(`${heldOut.description.source} has no token that another one follows, so there is nothing to predict; hold out longer sequences.`);
  const measure = measureOf(original!, heldOut.description.kind === "random");
  const costs = methods.map((method, index): MethodCost => ({ method, ...costOf(measure, original!, scored[index]!) }));
  return { measure, original: scoresOf(original!), unchanged: costOf(measure, original!, unchanged!), costs, chosen: cheapest(costs.filter(({ method }) => conversions.includes(method))), predictions: original!.kl.length };
}

/** Converts the network layer after layer, in every form, and with the user's alphas where there are any. */
async function fitChains({ model, network, taken, signal, steps }: Replacing, { batches }: CalibrationInput, alphas: OwnChoice["alphas"]): Promise<[ReplacementMethod, LayerValues][]> {
  const onSteps = steps("fitting in order");
  const known = chainForms.filter(([, { curve }]) => network.stages.every(({ graph }) => knowsCurve(graph, curve)));
  const forms: [ReplacementMethod, ChainForm][] = alphas === undefined ? known : [...known, ["own", { curve: "tanh", target: "norm", alphas }]];
  const fitted = await fitInOrder({ ...inOrderInput(model, network.stages, taken, batches), signal, onProgress: (_, done, total) => { onSteps(done, total); } }, forms.map(([, form]) => form));
  return forms.flatMap(([method], index): [ReplacementMethod, LayerValues][] => (fitted[index] ? [[method, fitted[index]]] : []));
}

/** Values of the user's own, over the per-channel ones of layers that they say nothing of. */
function ownValues(own: ReadonlyMap<string, OwnLayerValues>, taken: readonly Candidate[], perChannel: LayerValues): LayerValues {
  return new Map(taken.map((candidate): [string, ElementWiseValues] => {
    const values = own.get(candidate.name);
    if (values === undefined) return [candidate.name, perChannel.get(candidate.name)!];
    const { gain, offset } = directValues("default", candidate);
    const fit = (given: Float32Array | undefined, otherwise: Float32Array): Float32Array => {
      if (given !== undefined && given.length !== otherwise.length) throw new UserError(`The values for ${candidate.name} have ${given.length} channels, and the layer has ${otherwise.length}; give values that were made for this model.`);
      return given ?? otherwise;
    };
    const { alpha, shift } = values;
    return [candidate.name, { curve: values.curve, alpha, shift, gain: fit(values.gain, gain), offset: fit(values.offset, offset), shape: candidate.shape }];
  }));
}

function cheapest(costs: readonly MethodCost[]): ReplacementMethod {
  return costs.toSorted((a, b) => (a.cost ?? Infinity) - (b.cost ?? Infinity))[0]!.method;
}
