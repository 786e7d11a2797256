import type { Value } from "../../graph";
import type { Translation, Translations } from "../node";
import type { OnnxWriter } from "../writer";

function turned(writer: OnnxWriter, value: Value, isTurned: boolean): Value {
  return isTurned ? writer.op("Transpose", [value], { perm: { ints: [1, 0] } }) : value;
}

const matMul: Translation = (node, writer) =>
  writer.op("MatMul", [turned(writer, node.input(0), node.flag("transpose_a")), turned(writer, node.input(1), node.flag("transpose_b"))]);

/** Of any rank: the last two axes are matrices, of which either may be turned. */
const batchMatMul: Translation = (node, writer) => {
  const [turnsFirst, turnsSecond] = [node.flag("adj_x"), node.flag("adj_y")];
  if (!turnsFirst && !turnsSecond) return writer.op("MatMul", [node.input(0), node.input(1)]);
  return writer.op("Einsum", [node.input(0), node.input(1)], { equation: { string: `...${turnsFirst ? "ji" : "ij"},...${turnsSecond ? "kj" : "jk"}->...ik` } });
};

const einsum: Translation = (node, writer) => writer.op("Einsum", node.inputs, { equation: { string: node.text("equation", "") } });

/** Activations that TensorFlow merges into a product, by its names. */
const merged: Readonly<Record<string, (writer: OnnxWriter, value: Value, slope: number) => Value>> = {
  Relu: (writer, value) => writer.op("Relu", [value]),
  Relu6: (writer, value) => writer.op("Min", [writer.op("Relu", [value]), writer.number(6, 1)]),
  Elu: (writer, value) => writer.op("Elu", [value]),
  Sigmoid: (writer, value) => writer.op("Sigmoid", [value]),
  Tanh: (writer, value) => writer.op("Tanh", [value]),
  LeakyRelu: (writer, value, slope) => writer.op("LeakyRelu", [value], { alpha: { float: slope } }),
  GeluExact: (writer, value) => writer.op("Gelu", [value]),
  GeluApproximate: (writer, value) => writer.op("Gelu", [value], { approximate: { string: "tanh" } }),
};

/** An operator with a bias and an activation behind it that TensorFlow has merged into it. */
export const withMerged = (plain: Translation): Translation => (node, writer) => {
  const [product] = [plain(node, writer)].flat() as [Value];
  return node.texts("fused_ops").reduce((value, name) => {
    if (name === "BiasAdd") return writer.op("Add", [value, node.input(2)]);
    const activation = Object.hasOwn(merged, name) ? merged[name] : undefined;
    if (!activation) throw new Error(`its node "${node.name}" merges ${name} into a product, which NormLens can't translate`);
    return activation(writer, value, node.float("leakyrelu_alpha", 0.2));
  }, product);
};

/** Products of matrices. */
export const products: Translations = {
  MatMul: matMul,
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
  BatchMatMulV3: batchMatMul,
  Einsum: einsum,
  _FusedMatMul: withMerged(matMul),
};
