import type { InOrderFit } from "../../shared/conversion";
import { UserError } from "../../shared/errors";
import type { ReplaceStep } from "../../shared/progress";
import type { AnalysisRequest } from "../../shared/request";
import { analyzeModel, refusingForeign, withTokenizer, type RunContext } from "../analyze";
import type { Analysis } from "../compose";
import { quote } from "../checkpoint/quote";
import { prepareInput } from "../input/prepare";
import { openModel } from "../open-model";
import { fitInOrder, inOrderInput, type LayerValues } from "../replace/in-order";
import { networkOf } from "../replace/network";
import { candidatesOf } from "../replace/values";
import type { SurveyedNorm } from "../survey";

/** Values that were fitted layer after layer, and the analysis that came before them. */
export interface ValuesInOrder {
  readonly analysis: Analysis;
  readonly values: LayerValues;
  /** Norms that have none. */
  readonly kept: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Runs a model, then fits DyT layer after layer to those norms alone that are asked for: each on what the converted layers before it hand on.
 * @param isAsked whether a norm is to be replaced
 * @throws UserError where the checkpoint, the input or the machine do not allow it, or alphas are given for what is no norm; CancelledError where it is stopped.
 */
export async function valuesInOrder(request: AnalysisRequest, isAsked: (norm: SurveyedNorm) => boolean, { alphas }: InOrderFit, context: RunContext): Promise<ValuesInOrder> {
  const { onProgress, signal } = context;
  const model = await openModel(request, context);
  const { survey, norms, checkpoint } = model;
  const unknown = Object.keys(alphas ?? {}).find((name) => !survey.has(name));
  if (unknown !== undefined) throw new UserError(`An alpha is given for ${quote(unknown)}, which is no norm of ${checkpoint.path}; "normlens inspect" lists those that it has.`);
  onProgress({ phase: "input", done: 0, total: 1 });
  const input = await prepareInput(model.architecture.input, checkpoint.folder, { ...request, choice: request.input, ...withTokenizer(checkpoint) });
  const analysis = await analyzeModel(model, input, request, context);
  const asked = new Set([...survey.values()].filter(isAsked).map(({ node }) => node.name));
  const { taken, kept } = candidatesOf(analysis.measured, norms, asked);
  const [values] = await refusingForeign(model, async () => {
    const { stages } = await networkOf(model, input.batches);
    return fitInOrder({
      ...inOrderInput(model, stages, taken, input.batches),
      signal,
      onProgress: (_, done, total) => { onProgress({ phase: "replace", stage: "fitting in order" satisfies ReplaceStep, done, total }); },
    }, [{ curve: "tanh", target: "norm", ...(alphas && { alphas }) }]);
  });
  return { analysis, values: values!, kept };
}
