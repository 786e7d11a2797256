import { onnx } from "onnx-proto";
import type { ReplacementCurve } from "../../shared/replacement";
import type { Value } from "./graph";

/** gain * f(alpha * x + shift) + offset, each a value of the graph; what is absent is not computed. */
export interface ElementWise {
  readonly curve: ReplacementCurve;
  /** What it reads. */
  readonly input: Value;
  /** What it gives; the value that nodes behind it read. */
  readonly output: Value;
  /** One number, shape [1]. */
  readonly alpha: Value;
  readonly shift?: Value | undefined;
  readonly gain?: Value | undefined;
  readonly offset?: Value | undefined;
}

/**
 * The nodes of an element-wise layer in place of a norm.
 * @param name of the layer: the node that gives the output bears it, with `docString` for whoever looks for norms. The values in between are called after the output, since a layer can run twice.
 */
export function elementWiseNodes(name: string, layer: ElementWise, docString?: string): onnx.INodeProto[] {
  const nodes: onnx.INodeProto[] = [];
  const op = (opType: string, step: string, inputs: readonly Value[]): Value => {
    const output = `${layer.output}/${step}`;
    nodes.push({ opType, name: output, input: [...inputs], output: [output] });
    return output;
  };
  const scaled = op("Mul", "scaled", [layer.input, layer.alpha]);
  const shifted = layer.shift === undefined ? scaled : op("Add", "shifted", [scaled, layer.shift]);
  const bent = bend(layer.curve, shifted, op, nodes, `${layer.output}/one`);
  const gained = layer.gain === undefined ? bent : op("Mul", "gained", [bent, layer.gain]);
  if (layer.offset !== undefined) op("Add", "offset", [gained, layer.offset]);
  const last = nodes.at(-1)!;
  nodes[nodes.length - 1] = { ...last, name, output: [layer.output], ...(docString !== undefined && { docString }) };
  return nodes;
}

/** The number 1 as every operator set takes it: plain floats as attributes of constants are newer. */
const scalarOne: onnx.IAttributeProto = { name: "value", type: onnx.AttributeProto.AttributeType.TENSOR, t: { dataType: onnx.TensorProto.DataType.FLOAT, dims: [], floatData: [1] } };

type Op = (opType: string, step: string, inputs: readonly Value[]) => Value;

function bend(curve: ReplacementCurve, z: Value, op: Op, nodes: onnx.INodeProto[], one: Value): Value {
  if (curve === "tanh") return op("Tanh", "tanh", [z]);
  if (curve === "erf") return op("Erf", "erf", [z]);
  nodes.push({ opType: "Constant", name: one, output: [one], attribute: [scalarOne] });
  return op("Div", "isru", [z, op("Sqrt", "root", [op("Add", "sum", [op("Mul", "square", [z, z]), one])])]);
}
