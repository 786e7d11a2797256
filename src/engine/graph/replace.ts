import { onnx } from "onnx-proto";
import { bytesOf } from "../bytes-of";
import type { ReplacementCurve } from "../../shared/replacement";
import { attributeProtos } from "./attributes";
import { elementWiseNodes } from "./element-wise";
import { outputNames, takenNames, type Graph, type Value } from "./graph";
import { normLabel, type ComparedNorm } from "./norm-label";
import { inputValues, type NormNode } from "./norms";
import { prunedTo } from "./prune";

/** What stands in a norm's place: gain * f(alpha * x + shift) + offset. */
export interface ElementWiseValues {
  readonly curve: ReplacementCurve;
  readonly alpha: number;
  /** 0 for DyT. */
  readonly shift: number;
  /** In `shape`, row-major. */
  readonly gain: Float32Array;
  readonly offset: Float32Array;
  /** Broadcasts against the norm's input: [C] where channels are the last axis, [C, 1, 1] where two axes follow them. */
  readonly shape: readonly number[];
}

const { DataType } = onnx.TensorProto;

/** Initializers that hold the values of a layer. */
export interface ParameterNames {
  readonly alpha: Value;
  /** Absent where it is 0. */
  readonly shift?: Value;
  readonly gain: Value;
  readonly offset: Value;
}

/** A graph in which norms are replaced. */
export interface ReplacedGraph {
  readonly graph: Graph;
  /** By the names of the layers that were replaced. */
  readonly parameters: ReadonlyMap<string, ParameterNames>;
}

/**
 * The same graph with element-wise layers in place of some of its norms; what only these norms needed is left out. Values keep their names, so
 * that norms which stay can still be tapped.
 * @param valuesOf values for a norm, undefined for one that stays. A layer that runs twice is asked for twice and gets the same values.
 */
export function replaceNorms(graph: Graph, norms: readonly NormNode[], valuesOf: (norm: NormNode) => ElementWiseValues | undefined): Graph {
  return replacedGraph(graph, norms, valuesOf).graph;
}

/** As {@link replaceNorms}, and where the values of the layers are in it. */
export function replacedGraph(graph: Graph, norms: readonly NormNode[], valuesOf: (norm: NormNode) => ElementWiseValues | undefined): ReplacedGraph {
  const replaced = norms.flatMap((norm) => {
    const values = valuesOf(norm);
    return values === undefined ? [] : [{ norm, values }];
  });
  if (replaced.length === 0) return { graph, parameters: new Map() };
  const own = graph.model.graph ?? {};
  const parameters = new Parameters(own);
  const nodesFor = new Map(replaced.map(({ norm, values }) => [norm.output, layerNodes(norm, values, parameters)]));
  const node = (own.node ?? []).flatMap((one) => {
    const output = one.output?.find((value) => nodesFor.has(value));
    return output === undefined ? [one] : [renamed(one, output), ...nodesFor.get(output)!];
  });
  const changed: Graph = { ...graph, model: { ...graph.model, graph: { ...own, node, initializer: [...(own.initializer ?? []), ...parameters.initializers] } } };
  const pruned = prunedTo(changed, [...outputNames(graph), ...norms.flatMap(inputValues)]);
  return { graph: { ...pruned, model: { ...pruned.model, graph: { ...pruned.model.graph, input: own.input ?? [], output: own.output ?? [] } } }, parameters: parameters.known };
}

/** The norm's last node, whose output goes by another name: it is left out unless something else of it is used. */
function renamed(node: onnx.INodeProto, output: Value): onnx.INodeProto {
  return { ...node, output: (node.output ?? []).map((value) => (value === output ? `${output}/norm` : value)) };
}

/** The layer computes in float32, and gives its output in the norm's type. */
function layerNodes(norm: NormNode, values: ElementWiseValues, parameters: Parameters): onnx.INodeProto[] {
  const { name, input, output, outputType } = norm;
  const layer = { curve: values.curve, input, output: outputType === undefined ? output : `${output}/float32`, ...parameters.of(name, values) };
  const nodes = elementWiseNodes(name, layer, normLabel(norm.role, norm.depth, comparedNorm(norm)));
  return outputType === undefined ? nodes : [...nodes, { opType: "Cast", name: `${output}/cast`, input: [layer.output], output: [output], attribute: attributeProtos({ to: { int: outputType } }) }];
}

function comparedNorm({ kind, eps }: NormNode): ComparedNorm | undefined {
  return kind === "layernorm" || kind === "rmsnorm" ? { kind, eps } : undefined;
}

/** Initializers for the values of layers, under names that the graph does not have yet. */
class Parameters {
  readonly initializers: onnx.ITensorProto[] = [];
  private readonly taken: Set<Value>;
  readonly known = new Map<string, ParameterNames>();

  constructor(graph: onnx.IGraphProto) {
    this.taken = takenNames(graph);
  }

  of(layer: string, { alpha, shift, gain, offset, shape }: ElementWiseValues): ParameterNames {
    const named = this.known.get(layer) ?? {
      alpha: this.add(`${layer}.alpha`, [1], Float32Array.of(alpha)),
      ...(shift !== 0 && { shift: this.add(`${layer}.shift`, [1], Float32Array.of(shift)) }),
      gain: this.add(`${layer}.gain`, shape, gain),
      offset: this.add(`${layer}.offset`, shape, offset),
    };
    this.known.set(layer, named);
    return named;
  }

  private add(wanted: string, shape: readonly number[], data: Float32Array): Value {
    let name = wanted;
    while (this.taken.has(name)) name = `${name}_`;
    this.taken.add(name);
    this.initializers.push({ name, dataType: DataType.FLOAT, dims: [...shape], rawData: bytesOf(data) });
    return name;
  }
}
