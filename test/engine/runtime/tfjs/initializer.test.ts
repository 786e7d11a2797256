import { onnx } from "onnx-proto";
import { describe, expect, test } from "vitest";
import { attributeProtos } from "../../../../src/engine/graph/attributes";
import { constantOf } from "../../../../src/engine/runtime/tfjs/constant-node";
import { readInitializer } from "../../../../src/engine/runtime/tfjs/initializer";
import { readNode } from "../../../../src/engine/runtime/tfjs/node";

const { DataType } = onnx.TensorProto;
const bytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** As a file's tensors come: numbers of 64 bits are objects then. */
const decoded = (tensor: onnx.ITensorProto): onnx.ITensorProto => onnx.TensorProto.decode(onnx.TensorProto.encode(tensor).finish());

const spellings: [string, onnx.ITensorProto, string, number[]][] = [
  ["float32, raw", { dataType: DataType.FLOAT, rawData: bytes(Float32Array.of(1.5, -2)) }, "float32", [1.5, -2]],
  ["float32, listed", { dataType: DataType.FLOAT, floatData: [1.5, -2] }, "float32", [1.5, -2]],
  ["float64, raw", { dataType: DataType.DOUBLE, rawData: bytes(Float64Array.of(0.1, -2)) }, "float64", [0.1, -2]],
  ["float64, listed", { dataType: DataType.DOUBLE, doubleData: [0.1, -2] }, "float64", [0.1, -2]],
  ["float16, raw", { dataType: DataType.FLOAT16, rawData: bytes(Uint16Array.of(0x3e00, 0xc000)) }, "float32", [1.5, -2]],
  ["float16, listed", { dataType: DataType.FLOAT16, int32Data: [0x0001, 0xfc00] }, "float32", [2 ** -24, -Infinity]],
  ["bfloat16, raw", { dataType: DataType.BFLOAT16, rawData: bytes(Uint16Array.of(0x3fc0, 0xc000)) }, "float32", [1.5, -2]],
  ["bfloat16, listed", { dataType: DataType.BFLOAT16, int32Data: [0x3fc0, 0x7f80] }, "float32", [1.5, Infinity]],
  ["int64, raw", { dataType: DataType.INT64, rawData: bytes(BigInt64Array.of(2n ** 40n, -2n)) }, "int64", [2 ** 40, -2]],
  ["int64, listed", { dataType: DataType.INT64, int64Data: [7, -2] }, "int64", [7, -2]],
  ["uint64, listed", { dataType: DataType.UINT64, uint64Data: [7, 2] }, "int64", [7, 2]],
  ["uint32, raw", { dataType: DataType.UINT32, rawData: bytes(Uint32Array.of(2 ** 32 - 1, 2)) }, "int64", [2 ** 32 - 1, 2]],
  ["int32, raw", { dataType: DataType.INT32, rawData: bytes(Int32Array.of(7, -2)) }, "int32", [7, -2]],
  ["int32, listed", { dataType: DataType.INT32, int32Data: [7, -2] }, "int32", [7, -2]],
  ["int16, raw", { dataType: DataType.INT16, rawData: bytes(Int16Array.of(7, -2)) }, "int32", [7, -2]],
  ["uint16, raw", { dataType: DataType.UINT16, rawData: bytes(Uint16Array.of(7, 65535)) }, "int32", [7, 65535]],
  ["int8, raw", { dataType: DataType.INT8, rawData: bytes(Int8Array.of(7, -2)) }, "int32", [7, -2]],
  ["uint8, listed", { dataType: DataType.UINT8, int32Data: [7, 255] }, "int32", [7, 255]],
  ["bool, raw", { dataType: DataType.BOOL, rawData: Uint8Array.of(1, 0) }, "bool", [1, 0]],
  ["bool, listed", { dataType: DataType.BOOL, int32Data: [1, 0] }, "bool", [1, 0]],
];

describe("a tensor that stands in a model", () => {
  test.each(spellings)("%s", (_name, tensor, type, values) => {
    for (const spelled of [tensor, decoded(tensor)]) {
      const array = readInitializer({ ...spelled, dims: [2, 1] });
      expect({ type: array.type, shape: array.shape, values: [...array.data] }).toEqual({ type, shape: [2, 1], values });
    }
  });

  test("of no elements and of no axes", () => {
    expect(readInitializer(decoded({ dataType: DataType.INT64, dims: [0] })).data).toHaveLength(0);
    expect(readInitializer(decoded({ dataType: DataType.FLOAT, floatData: [3] }))).toMatchObject({ shape: [], data: Float32Array.of(3) });
  });

  test("is refused where it is of another type, or lacks elements", () => {
    expect(() => readInitializer({ dataType: DataType.STRING, dims: [1] })).toThrow("tfjs can't compute with tensors of type STRING; choose the runtime onnxruntime.");
    expect(() => readInitializer({ name: "w", dataType: DataType.FLOAT, dims: [2, 2], floatData: [1] })).toThrow('The model\'s tensor "w" holds 1 elements where its shape says 4; export the model again.');
  });
});

describe("a Constant node", () => {
  const constant = (attribute: onnx.IAttributeProto[]): onnx.INodeProto => onnx.NodeProto.decode(onnx.NodeProto.encode({ opType: "Constant", output: ["y"], attribute }).finish());

  test.each([
    ["a tensor", [{ name: "value", type: onnx.AttributeProto.AttributeType.TENSOR, t: { dataType: DataType.INT64, dims: [2], int64Data: [3, 4] } }], "int64", [2], [3, 4]],
    ["an integer", attributeProtos({ value_int: { int: 5 } }), "int64", [], [5]],
    ["integers", attributeProtos({ value_ints: { ints: [5, 6] } }), "int64", [2], [5, 6]],
    ["a number", attributeProtos({ value_float: { float: 0.5 } }), "float32", [], [0.5]],
    ["numbers", [{ name: "value_floats", type: onnx.AttributeProto.AttributeType.FLOATS, floats: [0.5, 1.5] }], "float32", [2], [0.5, 1.5]],
  ])("of %s", (_name, attribute, type, shape, values) => {
    const array = constantOf(readNode(constant(attribute), 20));
    expect({ type: array.type, shape: array.shape, values: [...array.data] }).toEqual({ type, shape, values });
  });

  test("of a string is refused", () => {
    expect(() => constantOf(readNode(constant(attributeProtos({ value_string: { string: "x" } })), 20))).toThrow("choose the runtime onnxruntime");
  });
});
