import { UserError } from "../../shared/errors";
import { replacementMethods, type LayerCost, type MethodCost, type Replacement, type ReplacementMethod } from "../../shared/replacement";
import type { ReplaceRequest } from "../../shared/request";
import { analyzeModel, refusingForeign, withTokenizer, type RunContext } from "../analyze";
import type { Analysis } from "../compose";
import type { ElementWiseValues } from "../graph/replace";
import { prepareInput } from "../input/prepare";
import { openModel, type OpenModel } from "../open-model";
import { stopwatch } from "../stopwatch";
import { measureApart, replacing, sampleTokens } from "./apart";
import { budgetCurve } from "./budget";
import { costOf, measureOf } from "./costs";
import { leading, splitInput, tokensOf, type SplitInput } from "./held-out";
import { fitInOrder, type ChainForm, type LayerValues } from "./in-order";
import { networkOf, scoreVariants, type Network, type OnSteps } from "./network";
import { readOwnValues } from "./own-values";
import { candidatesOf, directValues, type Candidate, type DirectMethod } from "./values";
import { byName } from "./variants";

const directMethods: readonly DirectMethod[] = ["per-channel", "pooled", "inverse-std", "default", "official"];
/** Methods that a network would be converted by; the others are there to be compared with. */
const conversions: readonly ReplacementMethod[] = ["in-order", "in-order-robust", "in-order-original", "per-channel", "pooled"];

const chainForms: Readonly<Partial<Record<ReplacementMethod, ChainForm>>> = {
  "in-order": { curve: "tanh", target: "norm" },
  "in-order-robust": { curve: "tanh", target: "norm", withoutOutliers: true },
  "in-order-original": { curve: "tanh", target: "original" },
  "in-order-erf": { curve: "erf", target: "norm", shifted: true },
  "in-order-isru": { curve: "isru", target: "norm" },
};

/**
 * Analyses a checkpoint, then runs it with its norms replaced, by several methods, one layer, one role and all of them, on held-out input.
 * The values that come with the result are the chosen method's.
 * @throws UserError where checkpoint, input, values or machine do not allow it; CancelledError where it is stopped.
 */
export async function replaceCheckpoint(request: ReplaceRequest, context: RunContext): Promise<Analysis> {
  const model = await openModel(request, context);
  const { onProgress } = context;
  onProgress({ phase: "input", done: 0, total: 1 });
  const input = await prepareSplit(model, request);
  refuseUnknown(model, request.layers ?? [], "--layers names");
  refuseUnknown(model, Object.keys(request.alphas ?? {}), "alphas are given for");
  const own = request.values === undefined ? undefined : await readOwnValues(request.values);
  if (own) refuseUnknown(model, [...own.keys()], `${request.values!} has values for`);
  const analysis = await analyzeModel(model, input.calibration, request, context);
  return refusingForeign(model.checkpoint, () => measureReplacement(model, input, analysis, request, own, context));
}

async function prepareSplit({ architecture, checkpoint }: OpenModel, request: ReplaceRequest): Promise<SplitInput> {
  const prepare = (choice: ReplaceRequest["input"], maxTokens: number): ReturnType<typeof prepareInput> => prepareInput(architecture.input, checkpoint.folder, { ...request, choice, maxTokens, ...withTokenizer(checkpoint) });
  if (request.heldOut) return { calibration: await prepare(request.input, request.maxTokens), heldOut: await prepare(request.heldOut, request.heldOutTokens) };
  return splitInput(await prepare(request.input, request.maxTokens + request.heldOutTokens), request.heldOutTokens, checkpoint.graph !== undefined);
}

function refuseUnknown({ survey, checkpoint }: OpenModel, names: readonly string[], who: string): void {
  const unknown = names.find((name) => !survey.has(name));
  if (unknown === undefined) return;
  const known = [...survey.keys()];
  throw new UserError(`${who} the layer ${unknown}, which ${checkpoint.path} does not have; its norm layers are ${known.slice(0, 3).join(", ")}${known.length > 3 ? ` and ${known.length - 3} more` : ""}.`);
}

type OwnValues = Awaited<ReturnType<typeof readOwnValues>>;

async function measureReplacement(model: OpenModel, { calibration, heldOut }: SplitInput, analysis: Analysis, request: ReplaceRequest, own: OwnValues | undefined, { onProgress, signal }: RunContext): Promise<Analysis> {
  const watch = stopwatch();
  const steps = (stage: string): OnSteps => (done, total) => { onProgress({ phase: "replace", stage, done, total }); };
  const network = await networkOf(model, heldOut.batches);
  const { taken, kept } = candidatesOf(analysis.measured, model.norms, request.layers && new Set(request.layers));
  if (taken.length === 0) throw new UserError(`No norm layer of ${model.checkpoint.path} can be replaced: ${kept[0]?.name ?? "there is none"}${kept[0] ? `, as ${kept[0].reason}` : ""}.`);

  const valuesBy = new Map<ReplacementMethod, LayerValues>(directMethods.map((method) => [method, new Map(taken.map((one) => [one.name, directValues(method, one)]))]));
  const perChannel = valuesBy.get("per-channel")!;
  if (own) valuesBy.set("own", ownValues(own, taken, perChannel));
  for (const [method, values] of await fitChains(model, network, calibration.batches, taken, perChannel, request.alphas, signal, steps("fitting in order"))) valuesBy.set(method, values);

  const methods = replacementMethods.filter((method) => valuesBy.has(method));
  const [original, unchanged, ...scored] = await scoreVariants(network, heldOut.batches, [{ valuesOf: () => undefined, runsWhole: true }, ...methods.map((method) => ({ valuesOf: byName(valuesBy.get(method)!) }))], signal, steps("all layers"));
  const measure = measureOf(original!, heldOut.description.kind === "random");
  const methodCosts = methods.map((method, index): MethodCost => ({ method, ...costOf(measure, original!, scored[index]!) }));
  const chosen = cheapest(methodCosts.filter(({ method }) => conversions.includes(method)));
  const values = valuesBy.get(chosen)!;

  const sample = leading(heldOut.batches, sampleTokens(network, taken, tokensOf(heldOut.batches)), network.wholeBatches);
  const alone = await measureApart(network, sample, taken, perChannel, valuesBy.get("default")!, measure, signal, steps("one layer at a time"));
  const layers = taken.map(({ name }, index): LayerCost => {
    const { curve, alpha, shift } = values.get(name)!;
    return { name, curve, alpha, shift, ...alone.layers[index]!, defaultCost: alone.defaults[index]!.cost };
  });
  const order = layers.toSorted((a, b) => (a.cost ?? Infinity) - (b.cost ?? Infinity)).map(({ name }) => name);
  const budget = await budgetCurve(order, request.budget, async (counts) => {
    const variants = counts.map((count) => replacing(order.slice(0, count), perChannel));
    const [before, ...after] = await scoreVariants(network, sample, variants, signal, steps("more and more layers"));
    return after.map((scores) => costOf(measure, before!, scores).cost);
  });

  const replacement: Replacement = {
    measure,
    heldOut: { source: heldOut.description.source, sequences: heldOut.description.sequences, tokens: heldOut.description.tokens, sha256: heldOut.description.sha256 },
    sampleTokens: tokensOf(sample),
    original: costOf(measure, original!, original!).scores,
    unchanged: costOf(measure, original!, unchanged!),
    methods: methodCosts,
    chosen,
    roles: alone.roles,
    layers,
    budget,
    kept,
    seconds: watch.total(),
  };
  const { seconds } = analysis.result.engine;
  const result = { ...analysis.result, engine: { ...analysis.result.engine, seconds: { ...seconds, total: model.elapsed() } }, replacement };
  return { ...analysis, result, values };
}

/** Converts the network layer after layer, in every form, and with the user's alphas where there are any. */
async function fitChains(
  { norms, runtime }: OpenModel,
  { stages }: Network,
  batches: Parameters<typeof fitInOrder>[0]["batches"],
  taken: readonly Candidate[],
  perChannel: LayerValues,
  alphas: ReplaceRequest["alphas"],
  signal: AbortSignal,
  onSteps: OnSteps,
): Promise<[ReplacementMethod, LayerValues][]> {
  const forms: [ReplacementMethod, ChainForm][] = [...(Object.entries(chainForms) as [ReplacementMethod, ChainForm][]), ...(alphas === undefined ? [] : [["own", { curve: "tanh", target: "norm", alphas }] satisfies [ReplacementMethod, ChainForm]])];
  const given = new Map(taken.filter(({ measured }) => measured.calls > 1).map(({ name }) => [name, perChannel.get(name)!]));
  const fitted = await fitInOrder({
    ...{ runtime, stages, norms, batches, given, signal },
    starts: new Map(taken.map(({ name, measured }) => [name, measured.channelFit.alpha])),
    onProgress: (_, done, total) => { onSteps(done, total); },
  }, forms.map(([, form]) => form));
  return forms.flatMap(([method], index): [ReplacementMethod, LayerValues][] => (fitted[index] ? [[method, fitted[index]]] : []));
}

/** Values of the user's own, over the per-channel ones of layers that they say nothing of. */
function ownValues(own: OwnValues, taken: readonly Candidate[], perChannel: LayerValues): LayerValues {
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
