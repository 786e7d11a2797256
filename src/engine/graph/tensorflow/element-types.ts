import { onnx } from "onnx-proto";
import type { Dtype } from "../../../shared/dtype";
import { dataTypes, type DataTypeNumber } from "./messages";

const { DataType } = onnx.TensorProto;

/** How TensorFlow's element types are stored, and as what they are computed with. */
interface ElementType {
  readonly stored: Dtype;
  /** ONNX's number of the type. */
  readonly computed: number;
}

/** Integers are int64 in the graph, whatever TensorFlow computes with: ONNX takes sizes, axes and positions as such. */
const elementTypes: Readonly<Record<DataTypeNumber, ElementType>> = {
  [dataTypes.DT_FLOAT]: { stored: "F32", computed: DataType.FLOAT },
  [dataTypes.DT_DOUBLE]: { stored: "F64", computed: DataType.DOUBLE },
  [dataTypes.DT_HALF]: { stored: "F16", computed: DataType.FLOAT16 },
  [dataTypes.DT_BFLOAT16]: { stored: "BF16", computed: DataType.BFLOAT16 },
  [dataTypes.DT_BOOL]: { stored: "BOOL", computed: DataType.BOOL },
  [dataTypes.DT_INT8]: { stored: "I8", computed: DataType.INT64 },
  [dataTypes.DT_INT16]: { stored: "I16", computed: DataType.INT64 },
  [dataTypes.DT_INT32]: { stored: "I32", computed: DataType.INT64 },
  [dataTypes.DT_INT64]: { stored: "I64", computed: DataType.INT64 },
  [dataTypes.DT_UINT8]: { stored: "U8", computed: DataType.INT64 },
  [dataTypes.DT_UINT16]: { stored: "U16", computed: DataType.INT64 },
  [dataTypes.DT_UINT32]: { stored: "U32", computed: DataType.INT64 },
  [dataTypes.DT_UINT64]: { stored: "U64", computed: DataType.INT64 },
};

/** Where TensorFlow's numbers of references to variables begin. */
const firstReference = 100;

/** ONNX's number of the type in which integers are computed with. */
export const integer: number = DataType.INT64;

/** How a type is stored and computed with; undefined for strings, resources and the like. */
export function elementType(type: DataTypeNumber | undefined): ElementType | undefined {
  return elementTypes[(type ?? 0) % firstReference];
}

/** TensorFlow's name of a type. */
export function typeName(type: DataTypeNumber | undefined): string {
  const number = (type ?? 0) % firstReference;
  return Object.entries(dataTypes).find(([, one]) => one === number)?.[0].slice("DT_".length).toLowerCase() ?? `type ${number}`;
}

/** ONNX's numbers of types in which tensors are stored. */
const storedTypes: Partial<Readonly<Record<Dtype, number>>> = {
  F32: DataType.FLOAT,
  F64: DataType.DOUBLE,
  F16: DataType.FLOAT16,
  BF16: DataType.BFLOAT16,
  BOOL: DataType.BOOL,
  I8: DataType.INT8,
  I16: DataType.INT16,
  I32: DataType.INT32,
  I64: DataType.INT64,
  U8: DataType.UINT8,
  U16: DataType.UINT16,
  U32: DataType.UINT32,
  U64: DataType.UINT64,
};

/** ONNX's number of the type in which a tensor is stored, and of that in which it is computed with. @throws where there is none. */
export function storedType(dtype: Dtype): { type: number; computed: number } {
  const type = storedTypes[dtype];
  if (type === undefined) throw new Error(`it has a tensor of type ${dtype}`);
  const isInteger = /^[IU]/.test(dtype);
  return { type, computed: isInteger ? DataType.INT64 : type };
}
