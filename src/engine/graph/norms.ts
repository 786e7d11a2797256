import type { Norm } from "../../shared/norm";
import type { Over } from "./axes";
import { batchNormOfSample, instanceNorm, regrouped } from "./find/grouped";
import { decomposedNorm } from "./find/decomposed";
import { fusedNorm } from "./find/fused";
import { elementWise } from "./find/element-wise";
import type { MatchedCurve, NormMatch, NormSpelling } from "./find/match";
import { namesOf } from "./find/names";
import { normPlace } from "./find/norm-place";
import { rowsApart } from "./find/rows-apart";
import { viewOf, type GraphView } from "./find/view";
import { inputNames, outputNames, withOutputs, type Graph, type Value } from "./graph";
import { readNormLabel } from "./norm-label";

/** A norm layer where it stands in a graph. */
export interface NormNode extends Pick<Norm, "name" | "kind" | "role" | "depth" | "eps"> {
  readonly over: Over;
  /** The value that is normalised. */
  readonly input: Value;
  /** Where the norm stands in a branch or loop: the rank and sizes of each of its runs, whose elements `input` has then one after another. */
  readonly sizes?: Value;
  /** The value after the affine. */
  readonly output: Value;
  /** Its element type, a number of onnx's DataType, where that is not float32. */
  readonly outputType?: number;
  /** Constants of the graph that are the gain and the offset, computed from initializers or initializers themselves. */
  readonly gain?: Value;
  readonly offset?: Value;
  /** The initializer that the gain comes from. */
  readonly weight?: Value;
  /** Where the layer is element-wise already. */
  readonly trained?: MatchedCurve;
}

/** Every way of writing a norm that is known; the first that fits a node holds. */
const spellings: readonly NormSpelling[] = [fusedNorm, instanceNorm, batchNormOfSample, decomposedNorm, elementWise];

/** All norm layers of a graph in the order in which they run. A layer that runs twice is there twice. */
export function findNorms(graph: Graph): NormNode[] {
  const view = viewOf(graph);
  const found = view.nodes.flatMap((node) => {
    const match = spellings.map((spelling) => spelling(view, node)).find((one) => one !== undefined);
    if (!match) return [];
    const norm = regrouped(view, match) ?? rowsApart(view, match) ?? match;
    return isStandardisation(view, norm) ? [] : [{ node, match: norm }];
  });
  const affines = found.map(({ match }) => affineOf(view, match));
  const names = namesOf(view, found.map(({ node, match }, index) => ({ match, node: node.name ?? "", ...affines[index] })));
  const told = new Set(names.map((one) => one.told ?? ""));
  const unplaced = found.map(({ node, match }, index) => {
    const { kind, eps, over, input, output, trained } = match;
    const labelled = [node, view.producer(output)].find((one) => readNormLabel(one?.docString));
    const label = readNormLabel(labelled?.docString);
    const own = names[index]!;
    const name = labelled?.name ?? own.name;
    return { label, place: normPlace(own.told ?? "", told), norm: { name, kind, eps: shortestFloat(eps), over, input, output, ...affines[index]!, ...(trained && { trained }) } };
  });
  const blocks = 1 + Math.max(-1, ...unplaced.map(({ place }) => place.block ?? -1));
  return unplaced.map(({ label, place, norm }): NormNode => {
    const { role, block } = place;
    return { ...norm, role: label?.role ?? role, depth: label?.depth ?? block ?? (role === "final" ? blocks : 0) };
  });
}

/** The constants of a norm's affine; what is computed from the input, as in a diffusion transformer, is none. */
function affineOf({ constants }: GraphView, { weight, bias }: NormMatch): Pick<NormNode, "gain" | "offset" | "weight"> {
  const gain = weight !== undefined && constants.has(weight) ? weight : undefined;
  const offset = bias !== undefined && constants.has(bias) ? bias : undefined;
  const stored = gain === undefined ? undefined : constants.initializer(gain);
  return { ...(gain !== undefined && { gain }), ...(offset !== undefined && { offset }), ...(stored !== undefined && { weight: stored }) };
}

/** What brings a fed value to mean 0 and variance 1 without learning anything prepares input; it is no layer. */
function isStandardisation(view: GraphView, { input, weight, bias, output }: NormMatch): boolean {
  const isWrittenOut = view.producer(output)?.opType === "Div" || view.producer(output)?.opType === "Mul";
  return isWrittenOut && weight === undefined && bias === undefined && view.isFed(input);
}

/** ONNX keeps eps as float32; the shortest decimal that rounds to the same one is what somebody wrote. */
function shortestFloat(value: number): number {
  const candidates = Array.from({ length: 9 }, (_, index) => Number(value.toPrecision(index + 1)));
  return candidates.find((candidate) => Math.fround(candidate) === Math.fround(value)) ?? value;
}

/** The values of a graph that tell what goes into a norm. */
export function inputValues({ input, sizes }: Pick<NormNode, "input" | "sizes">): Value[] {
  return sizes === undefined ? [input] : [input, sizes];
}

/** The same graph, which also hands out the inputs of its norms, and the sizes of their runs where these are not known. A norm whose input is a graph input needs no tap. */
export function tapNorms(graph: Graph, norms: readonly NormNode[]): { graph: Graph; taps: Value[] } {
  const known = new Set([...outputNames(graph), ...inputNames(graph)]);
  const unknown = (values: readonly Value[]): Value[] => [...new Set(values)].filter((value) => !known.has(value));
  const inputs = unknown(norms.map(({ input }) => input));
  const sizes = unknown(norms.flatMap((norm) => norm.sizes ?? []));
  return { graph: withOutputs(withOutputs(graph, inputs), sizes, "int64"), taps: [...inputs, ...sizes] };
}
