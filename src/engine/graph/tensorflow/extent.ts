import { quote } from "../../checkpoint/quote";
import { elementType } from "./element-types";
import { attribute, nodeOf, type FlatGraph, type FlatNode, type TensorName } from "./flatten";
import type { TensorInfo } from "./messages";
import { translations } from "./operators/operators";
import { inOrder } from "./order";

/** Operators that hold a value. */
export const holders: readonly string[] = ["Const", "VarHandleOp", "VariableV2", "Variable"];

/** Operators that choose or repeat what is run. */
const controlFlow = /^(Stateless)?(While|If|Case|For)$|^(Ref)?(Switch|Merge|Enter|Exit|NextIteration)$|^LoopCond$|^TensorList/;

/** Operators that a norm can't be written without; what lies behind an operator that is not known must be free of them to be left out. */
const normSteps = /^(Rsqrt|Sqrt|SquaredDifference|Square|Reciprocal|Pow|FusedBatchNorm.*|.*LayerNorm.*)$/;

/** An output by the name that a graph gives it under. */
export type NamedOutput = readonly [name: string, info: TensorInfo];

/** The part of a graph that is translated. */
export interface Extent {
  /** In an order in which they can run. */
  readonly nodes: readonly FlatNode[];
  readonly outputs: readonly NamedOutput[];
  /** Operators that are not known, behind which nothing is read. */
  readonly unknown: readonly string[];
}

/**
 * What of a graph is translated: all that its outputs need, or where operators that are not known lie behind all of its norms, what comes before them.
 * Then it gives the last values that are had.
 * @throws where it chooses or repeats what it runs, or an operator that is not known may lie before a norm.
 */
export function extentOf(flat: FlatGraph, outputs: readonly NamedOutput[]): Extent {
  const nodes = neededFor(flat, outputs);
  const unknown = [...new Set(nodes.map(({ op }) => op).filter((op) => !isTranslated(op)))];
  if (unknown.length === 0) return { nodes, outputs, unknown };
  const flow = unknown.filter((op) => controlFlow.test(op));
  if (flow.length > 0) throw new Error(`it chooses or repeats what it runs (${flow.join(", ")})`);
  const behind = dependents(nodes, ({ op }) => !isTranslated(op));
  const left = [...outputs.filter(([, info]) => !behind.has(nodeOf(flat.resolve(placeOf(info))))), ...lastValues(nodes, behind)];
  const mayHoldNorms = nodes.some(({ name, op, attr }) => behind.has(name) && (normSteps.test(op) || Object.values(attr).some(({ func }) => func !== undefined)));
  if (mayHoldNorms || left.length === 0) throw new Error(`it has ${namedOperators(unknown)}, which NormLens can't translate`);
  return { nodes: neededFor(flat, left), outputs: left, unknown };
}

/** "the operator "A"", "operators "A", "B"". */
export function namedOperators(names: readonly string[]): string {
  return `${names.length === 1 ? "the operator" : "operators"} ${names.slice(0, 8).map(quote).join(", ")}`;
}

/** The value that a signature means: the first output of a node has no number. */
export function placeOf({ name = "" }: TensorInfo): TensorName {
  return /:\d+$/.test(name) ? name : `${name}:0`;
}

function neededFor(flat: FlatGraph, outputs: readonly NamedOutput[]): FlatNode[] {
  return inOrder(flat, outputs.map(([, info]) => placeOf(info)));
}

function isTranslated(op: string): boolean {
  return holders.includes(op) || op === "Placeholder" || op === "NoOp" || Object.hasOwn(translations, op);
}

/** Names of the nodes that are so, and of those that take something of them. */
function dependents(nodes: readonly FlatNode[], isSo: (node: FlatNode) => boolean): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of nodes) if (isSo(node) || node.inputs.some((input) => found.has(nodeOf(input)))) found.add(node.name);
  return found;
}

/** Operators that give another type than they take. */
const otherTypes = /^(Arg(Max|Min)|Shape|Size|Rank|Where|Equal|NotEqual|Greater(Equal)?|Less(Equal)?|IsNan|IsFinite|IsInf|TopKV2|Unique)$/;

/** The last values with fractions, computed from what is fed, before a border. */
function lastValues(nodes: readonly FlatNode[], behind: ReadonlySet<string>): NamedOutput[] {
  const computed = dependents(nodes, ({ op }) => op === "Placeholder");
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const found = new Map<TensorName, number>();
  const seen = new Set<TensorName>();
  const waiting = nodes.filter(({ name }) => behind.has(name)).flatMap(({ inputs }) => inputs);
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    const node = byName.get(nodeOf(value))!;
    if (seen.has(value) || behind.has(node.name) || !computed.has(node.name) || node.op === "Placeholder") continue;
    seen.add(value);
    const dtype = givenType(node);
    if (!isFraction(dtype)) waiting.push(...node.inputs);
    else found.set(value, dtype!);
  }
  return [...found].map(([name, dtype]): NamedOutput => [name.replace(/:0$/, ""), { name, dtype }]);
}

/** The type of what a node gives; undefined where it does not say. */
function givenType({ op, attr }: FlatNode): number | undefined {
  return otherTypes.test(op) ? undefined : ["DstT", "T", "Tparams"].map((name) => attribute(attr, name)?.type).find((type) => type !== undefined);
}

function isFraction(dtype: number | undefined): boolean {
  return /^B?F/.test(elementType(dtype)?.stored ?? "");
}
