import { UserError } from "../../shared/errors";
import type { LayerCost, Replacement } from "../../shared/replacement";
import type { ReplaceRequest } from "../../shared/request";
import type { Warning } from "../../shared/result";
import { analyzeModel, refusingForeign, withTokenizer, type RunContext } from "../analyze";
import type { Analysis } from "../compose";
import type { InputOptions } from "../input/input";
import { prepareInput } from "../input/prepare";
import { openModel, type OpenModel } from "../open-model";
import { stopwatch } from "../stopwatch";
import { measureApart, replacing, sampleTokens } from "./apart";
import { budgetCurve } from "./budget";
import { costOf } from "./costs";
import { leading, splitInput, tokensOf, type SplitInput } from "./held-out";
import { measureMethods, valuesByMethod, type OwnChoice, type Replacing, type ValuesByMethod } from "./methods";
import { networkOf, scoreVariants } from "./network";
import { readOwnValues } from "./own-values";
import { tunedValues } from "./tune/tuned-values";
import { candidatesOf } from "./values";
import { watchedSteps } from "./watched-steps";

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
  const values = request.values === undefined ? undefined : await readOwnValues(request.values);
  if (values) refuseUnknown(model, [...values.keys()], `${request.values!} has values for`);
  const analysis = await analyzeModel(model, input.calibration, request, context);
  return refusingForeign(model, () => measureReplacement(model, input, analysis, request, { values, alphas: request.alphas }, context));
}

async function prepareSplit({ architecture, checkpoint }: OpenModel, request: ReplaceRequest): Promise<SplitInput> {
  const { input, heldOut, maxTokens, heldOutTokens } = request;
  const prepare = (some: Pick<InputOptions, "choice" | "maxTokens" | "longestSequence">): ReturnType<typeof prepareInput> => prepareInput(architecture.input, checkpoint.folder, { ...request, ...some, ...withTokenizer(checkpoint) });
  if (heldOut) return apart(await prepare({ choice: input, maxTokens }), await prepare({ choice: heldOut, maxTokens: heldOutTokens }));
  return splitInput(await prepare({ choice: input, maxTokens: maxTokens + heldOutTokens, longestSequence: maxTokens }), { maxTokens, heldOutTokens, wholeBatches: checkpoint.graph !== undefined });
}

/** Input to measure on that the values were fitted on, too, is told of. */
function apart(calibration: SplitInput["calibration"], heldOut: SplitInput["heldOut"]): SplitInput {
  const isSame = heldOut.description.kind !== "random" && heldOut.description.source === calibration.description.source;
  const warning = `The cost of replacing norms was measured on ${heldOut.description.source}, which the values were fitted on: hold out other input.`;
  return isSame ? { calibration: { ...calibration, warnings: [...calibration.warnings, warning] }, heldOut } : { calibration, heldOut };
}

function refuseUnknown({ survey, checkpoint }: OpenModel, names: readonly string[], who: string): void {
  const unknown = names.find((name) => !survey.has(name));
  if (unknown === undefined) return;
  const known = [...survey.keys()];
  throw new UserError(`${who} the layer ${unknown}, which ${checkpoint.path} does not have; its norm layers are ${known.slice(0, 3).join(", ")}${known.length > 3 ? ` and ${known.length - 3} more` : ""}.`);
}

/** Predictions below which a cost says little: the standard error of a mean of so few is a tenth of a single one's spread. */
const fewPredictions = 100;

function tooFew(predictions: number): Warning {
  return { code: "input", message: `The cost of replacing norms was measured on ${predictions} ${predictions === 1 ? "prediction" : "predictions"} alone: hold out more input.` };
}

/** What was asked for, measured on an analysed model. */
async function measureReplacement(model: OpenModel, input: SplitInput, analysis: Analysis, request: ReplaceRequest, own: OwnChoice, { onProgress, signal }: RunContext): Promise<Analysis> {
  const watch = stopwatch();
  const network = await networkOf(model, input.heldOut.batches);
  const { taken, kept } = candidatesOf(analysis.measured, model.norms, request.layers && new Set(request.layers));
  if (taken.length === 0) throw new UserError(`No norm layer of ${model.checkpoint.path} can be replaced: ${kept[0]?.name ?? "there is none"}${kept[0] ? `, as ${kept[0].reason}` : ""}.`);
  const work: Replacing = { model, network, taken, signal, steps: (stage) => watchedSteps(stage, onProgress) };

  const fittedBy = await valuesByMethod(work, input.calibration, own);
  const tuned = await tunedValues(work, input.calibration, fittedBy, request.tune ?? 0);
  const valuesBy: ValuesByMethod = tuned.values ? new Map([...fittedBy, ["tuned", tuned.values]]) : fittedBy;
  const { measure, original, unchanged, costs, chosen, predictions } = await measureMethods(work, input, valuesBy);
  const values = valuesBy.get(chosen)!;
  const fitted = valuesBy.get("per-channel")!;
  const sample = leading(input.heldOut.batches, sampleTokens(network, taken, tokensOf(input.heldOut.batches)), network.wholeBatches);
  const apart = await measureApart(work, sample, fitted, valuesBy.get("default")!, measure);
  const layers = taken.map(({ name }, index): LayerCost => {
    const { curve, alpha, shift } = values.get(name)!;
    return { name, curve, alpha, shift, ...apart.layers[index]!, defaultCost: apart.defaults[index]!.cost };
  });
  const order = layers.toSorted((a, b) => (a.cost ?? Infinity) - (b.cost ?? Infinity)).map(({ name }) => name);
  const budget = await budgetCurve(order, request.budget, async (counts, onSteps) => {
    const [before, ...after] = await scoreVariants(network, sample, counts.map((count) => replacing(order.slice(0, count), fitted)), signal, onSteps);
    return after.map((scores) => costOf(measure, before!, scores).cost);
  }, work.steps("more and more layers"));

  const { source, sequences, tokens, sha256 } = input.heldOut.description;
  const warnings = [...analysis.result.warnings, ...tuned.warnings, ...(measure === "error" || predictions >= fewPredictions ? [] : [tooFew(predictions)])];
  const replacement: Replacement = {
    ...{ measure, original, unchanged, methods: costs, chosen, roles: apart.roles, layers, budget, kept },
    ...(tuned.values && { tuneSteps: request.tune ?? 0 }),
    heldOut: { source, sequences, tokens, sha256 },
    sampleTokens: tokensOf(sample),
    seconds: watch.total(),
  };
  const { engine } = analysis.result;
  return { ...analysis, result: { ...analysis.result, engine: { ...engine, seconds: { ...engine.seconds, total: model.elapsed() } }, warnings, replacement }, values };
}
