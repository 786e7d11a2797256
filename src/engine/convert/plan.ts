import type { ConvertRequest, KeptNorm } from "../../shared/conversion";
import { UserError } from "../../shared/errors";
import type { Checkpoint } from "../checkpoint/checkpoint";
import { quote } from "../checkpoint/quote";
import { viewOf } from "../graph/find/view";
import type { NormNode } from "../graph/norms";
import type { ElementWiseValues } from "../graph/replace";
import type { SurveyedNorm } from "../survey";

/** Values for a norm, or why there are none. */
export type ValuesOf = (norm: NormNode) => { readonly values: ElementWiseValues; readonly r2?: number } | { readonly reason: string };

/** A norm that is replaced. */
export interface ReplacedNorm {
  readonly node: NormNode;
  readonly values: ElementWiseValues;
  /** Of the fit to the norm's output, where it was made here. */
  readonly r2?: number;
  /** Names of the checkpoint's tensors that go: its gain and its offset. */
  readonly tensors: readonly string[];
}

/** Which norms are asked for. */
export type WantedLayers = Pick<ConvertRequest, "layers" | "roles">;

/** What becomes of each norm of a model. */
export interface Plan {
  readonly replaced: readonly ReplacedNorm[];
  readonly kept: readonly KeptNorm[];
}

/**
 * Decides which norms are replaced: those that are asked for, have values, and normalise over channels alone. Modules of PyTorch have these on the last axis, graphs where they like.
 * @throws UserError where a layer is asked for that is none of them, or where none is left.
 */
export function planConversion({ path, graph }: Checkpoint, survey: ReadonlyMap<string, SurveyedNorm>, wanted: WantedLayers, valuesOf: ValuesOf): Plan {
  const { layers } = wanted;
  const unknown = layers?.find((name) => !survey.has(name));
  if (unknown !== undefined) throw new UserError(`${path} has no norm ${quote(unknown)}; "normlens inspect" lists those that it has.`);
  const replaced: ReplacedNorm[] = [];
  const kept: KeptNorm[] = [];
  for (const norm of survey.values()) {
    const { node } = norm;
    const isAsked = isWanted(wanted, node);
    const found = isAsked ? replacementOf(node, valuesOf, graph !== undefined) : { reason: "it was not asked for" };
    if ("values" in found) replaced.push({ node, ...found, tensors: tensorsOf(norm) });
    else if (layers?.includes(node.name) === true && isAsked) throw new UserError(`${path}: ${node.name} can't be replaced, since ${found.reason}; leave it out of the layers.`);
    else kept.push({ name: node.name, reason: found.reason });
  }
  if (replaced.length === 0) throw new UserError(`${path}: no norm is left to replace (${kept[0]?.name ?? "there is none"}: ${kept[0]?.reason ?? "the model has no norms"}); ask for others.`);
  return { replaced, kept };
}

/** Whether a norm is among those that are asked for. */
export function isWanted({ layers, roles }: WantedLayers, { name, role }: Pick<NormNode, "name" | "role">): boolean {
  return (layers?.includes(name) ?? true) && (roles?.includes(role) ?? true);
}

function replacementOf(node: NormNode, valuesOf: ValuesOf, isGraph: boolean): ReturnType<ValuesOf> {
  if (node.trained) return { reason: "it is element-wise already" };
  if (node.kind === "groupnorm") return { reason: "it is a group norm, whose rows are more than channels" };
  const found = valuesOf(node);
  return "values" in found && !isGraph && found.values.shape.length > 1 ? { reason: "it normalises over other axes than the last" } : found;
}

function tensorsOf({ node, graph }: SurveyedNorm): string[] {
  const { constants } = viewOf(graph);
  return [node.gain, node.offset].flatMap((value) => (value === undefined ? [] : (graph.weights.get(constants.initializer(value) ?? "")?.name ?? [])));
}
