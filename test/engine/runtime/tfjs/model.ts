import { onnx } from "onnx-proto";
import { attributeProtos, type Attribute } from "../../../../src/engine/graph/attributes";
import { valueInfo, type Graph } from "../../../../src/engine/graph/graph";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import type { ElementType } from "../../../../src/engine/runtime/tfjs/host/array";
import { elementCount, type Tensor } from "../../../../src/engine/tensor";

const { DataType } = onnx.TensorProto;

const dataTypes: Readonly<Record<ElementType, number>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int64: DataType.INT64,
  int32: DataType.INT32,
  bool: DataType.BOOL,
};

/** An input of a node under test. */
export interface Operand {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  /** True where it stands in the model; else it is fed. */
  readonly constant: boolean;
}

/** A node under test. */
export interface Case {
  readonly opType: string;
  readonly inputs: readonly (Operand | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Attributes that hold a tensor. */
  readonly tensors: Readonly<Record<string, onnx.ITensorProto>>;
  /** Types of its outputs; "" where an output is left out. */
  readonly outputs: readonly (ElementType | "")[];
  readonly opset: number;
  readonly domain: string;
  /** Largest error of float32, relative to the largest element. */
  readonly tolerance: number;
}

/** A tensor of a model. */
export function tensorProto({ type, shape, values }: Pick<Operand, "type" | "shape" | "values">, name = ""): onnx.ITensorProto {
  const dataType = dataTypes[type];
  const dims = [...shape];
  if (type === "float32") return { name, dataType, dims, floatData: [...values] };
  if (type === "float64") return { name, dataType, dims, doubleData: [...values] };
  if (type === "int64") return { name, dataType, dims, rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer) };
  return { name, dataType, dims, int32Data: [...values] };
}

/** The numbers of a case's outputs: of float64 as two float32 that add up to it, of integers as int64. */
export async function outputsOf(runtime: Runtime, given: Case): Promise<number[][]> {
  const session = await runtime.open(graphOf(given));
  try {
    const results = await session.run(feedsOf(given), namesOf(given).flatMap(({ fetched }) => fetched));
    return namesOf(given).map(({ fetched }) => sumOf(fetched.map((name) => results[name]!)));
  } finally {
    await session.close();
  }
}

/** The shapes of a case's outputs. */
export async function shapesOf(runtime: Runtime, given: Case): Promise<(readonly number[])[]> {
  const session = await runtime.open(graphOf(given));
  try {
    const names = namesOf(given).map(({ fetched }) => fetched[0]!);
    const results = await session.run(feedsOf(given), names);
    return names.map((name) => results[name]!.shape);
  } finally {
    await session.close();
  }
}

function sumOf(parts: readonly Tensor[]): number[] {
  const [first, ...rest] = parts.map((part) => Array.from(part.data as ArrayLike<number | bigint>, Number)) as [number[], ...number[][]];
  return rest.reduce((sum, part) => sum.map((value, index) => value + part[index]!), first);
}

/** Outputs of the node, and under which names they are fetched once they have a type that crosses a graph's boundary. */
function namesOf({ outputs }: Case): { output: string; type: ElementType; fetched: string[] }[] {
  return outputs.flatMap((type, index) => {
    if (type === "") return [];
    const output = `y${index}`;
    return [{ output, type, fetched: type === "float64" ? [`${output}_high`, `${output}_low`] : [`${output}_out`] }];
  });
}

/** The graph of a case. What is fed comes as float32 or int64 and is cast to the operand's type; outputs likewise. */
export function graphOf(given: Case): Graph {
  const fed = given.inputs.flatMap((operand, index) => (operand && !operand.constant ? [{ operand, index }] : []));
  const outputs = given.outputs.map((type, index) => (type === "" ? "" : `y${index}`));
  const node: onnx.INodeProto = {
    opType: given.opType,
    domain: given.domain,
    name: "tested",
    input: given.inputs.map((operand, index) => (operand ? `x${index}` : "")),
    output: outputs,
    attribute: [
      ...attributeProtos(given.attributes),
      ...Object.entries(given.tensors).map(([name, t]) => ({ name, type: onnx.AttributeProto.AttributeType.TENSOR, t })),
    ],
  };
  const cast = (input: string, output: string, to: ElementType): onnx.INodeProto => ({
    opType: "Cast",
    input: [input],
    output: [output],
    attribute: attributeProtos({ to: { int: dataTypes[to] } }),
  });
  const fetching = namesOf(given).flatMap(({ output, type, fetched }) => {
    if (type === "float64") {
      const [high, low] = fetched as [string, string];
      return [
        cast(output, high, "float32"),
        cast(high, `${output}_back`, "float64"),
        { opType: "Sub", input: [output, `${output}_back`], output: [`${output}_rest`] },
        cast(`${output}_rest`, low, "float32"),
      ];
    }
    return [cast(output, fetched[0]!, boundaryType(type))];
  });
  return {
    weights: new Map(),
    model: {
      irVersion: 10,
      opsetImport: [
        { domain: "", version: given.opset },
        { domain: "com.microsoft", version: 1 },
      ],
      graph: {
        name: "case",
        initializer: given.inputs.flatMap((operand, index) => (operand?.constant ? [tensorProto(operand, `x${index}`)] : [])),
        input: fed.map(({ operand, index }) => valueInfo(`fed${index}`, boundaryType(operand.type), operand.shape)),
        node: [...fed.map(({ operand, index }) => cast(`fed${index}`, `x${index}`, operand.type)), node, ...fetching],
        output: namesOf(given).flatMap(({ type, fetched }) => fetched.map((name) => valueInfo(name, boundaryType(type)))),
      },
    },
  };
}

function boundaryType(type: ElementType): "float32" | "int64" {
  return type === "float32" || type === "float64" ? "float32" : "int64";
}

function feedsOf({ inputs }: Case): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.flatMap((operand, index): [string, Tensor][] => {
      if (!operand || operand.constant) return [];
      const { shape, values } = operand;
      if (values.length !== elementCount(shape)) throw new Error("An operand has as many values as its shape says.");
      return [[`fed${index}`, boundaryType(operand.type) === "float32" ? { type: "float32", shape, data: Float32Array.from(values) } : { type: "int64", shape, data: BigInt64Array.from(values, BigInt) }]];
    }),
  );
}
