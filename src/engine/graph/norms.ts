import type { onnx } from "onnx-proto";
import type { Norm } from "../../shared/norm";
import { floatAttribute, intAttribute } from "./attributes";
import { inputNames, outputNames, withOutputs, type Graph, type Value } from "./graph";
import { readNormLabel, type NormLabel } from "./norm-label";

/** A norm layer where it stands in a graph; its name is the node's name in a graph that NormLens did not write. */
export interface NormNode extends Omit<Norm, "channels" | "weight" | "bias"> {
  /** The value that is normalised. */
  readonly input: Value;
  /** The value after the affine. */
  readonly output: Value;
  /** Initializers that hold gain and offset. */
  readonly weight?: Value;
  /** What the gain is more than the initializer; absent where the two are the same. */
  readonly weightOffset?: number;
  readonly bias?: Value;
}

/** How one way of writing a norm is told from other nodes; undefined where the node is none. */
type NormSpelling = (node: onnx.INodeProto) => Pick<NormNode, "kind" | "eps" | "axes"> | undefined;

const layerNormalization: NormSpelling = (node) =>
  node.opType === "LayerNormalization"
    ? { kind: "layernorm", eps: floatAttribute(node, "epsilon", 1e-5), axes: [intAttribute(node, "axis", -1)] }
    : undefined;

const rmsNormalization: NormSpelling = (node) =>
  node.opType === "RMSNormalization"
    ? { kind: "rmsnorm", eps: floatAttribute(node, "epsilon", 1e-5), axes: [intAttribute(node, "axis", -1)] }
    : undefined;

const spellings: readonly NormSpelling[] = [layerNormalization, rmsNormalization];

/** All norm layers of a graph in the order in which they run. A layer that runs twice is there twice. */
export function findNorms(graph: Graph): NormNode[] {
  const nodes = graph.model.graph?.node ?? [];
  const weightBehind = (value: Value | undefined): Value | undefined => {
    if (value === undefined || graph.weights.has(value)) return value;
    const producer = nodes.find((node) => node.output?.includes(value));
    return producer?.opType === "Cast" ? producer.input?.[0] : undefined;
  };
  const firstSummand = (value: Value | undefined): Value | undefined =>
    nodes.find((node) => node.opType === "Add" && node.output?.[0] === value)?.input?.[0] ?? undefined;
  return nodes.flatMap((node, index) => {
    const found = spellings.map((spelling) => spelling(node)).find((match) => match !== undefined);
    const [input, scale, offset] = node.input ?? [];
    const output = node.output?.[0];
    if (!found || input === undefined || output === undefined) return [];
    const label: NormLabel = readNormLabel(node.docString) ?? { role: "other", depth: 0 };
    const weight = weightBehind(label.weightOffset === undefined ? scale : firstSummand(scale));
    const bias = weightBehind(offset);
    const name = node.name ?? `norm_${index}`;
    return [{ name, ...found, ...label, input, output, ...(weight !== undefined && { weight }), ...(bias !== undefined && { bias }) }];
  });
}

/** The same graph, which also hands out the inputs of its norms. A norm whose input is a graph input needs no tap. */
export function tapNorms(graph: Graph, norms: readonly NormNode[]): { graph: Graph; taps: Value[] } {
  const known = new Set([...outputNames(graph), ...inputNames(graph)]);
  const taps = [...new Set(norms.map((norm) => norm.input))].filter((value) => !known.has(value));
  return { graph: withOutputs(graph, taps), taps };
}
