import type { Translation, Translations } from "../node";

/** A reduction over axes that an input states; none are reduced where it states none. */
const over = (opType: string): Translation => (node, writer) => {
  const axes = writer.integers(node.input(1)) ? writer.ints(node.setting(1)) : writer.vector(node.input(1));
  return writer.op(opType, [node.input(0), axes], { keepdims: { int: node.flag("keep_dims") ? 1 : 0 }, noop_with_empty_axes: { int: 1 } });
};

/** A reduction of what is true or false, as one of whole numbers. */
const logical = (opType: string): Translation => (node, writer) => {
  const numbers = writer.op("Cast", [node.input(0)], { to: { int: 7 } });
  const reduced = writer.op(opType, [numbers, writer.vector(node.input(1))], { keepdims: { int: node.flag("keep_dims") ? 1 : 0 }, noop_with_empty_axes: { int: 1 } });
  return writer.op("Cast", [reduced], { to: { int: 9 } });
};

const best = (opType: string): Translation => (node, writer) => writer.op(opType, [node.input(0)], { axis: { int: node.setting(1)[0] ?? 0 }, keepdims: { int: 0 } });

const cumulative: Translation = (node, writer) =>
  writer.op("CumSum", [node.input(0), writer.int(node.setting(1)[0] ?? 0)], { exclusive: { int: node.flag("exclusive") ? 1 : 0 }, reverse: { int: node.flag("reverse") ? 1 : 0 } });

const top: Translation = (node, writer) => writer.ops("TopK", [node.input(0), writer.vector(node.input(1))], { axis: { int: -1 } }, 2);

const softmax = (opType: string): Translation => (node, writer) => writer.op(opType, [node.input(0)], { axis: { int: -1 } });

/** Operators that make one of several elements, or set them in proportion. */
export const reductions: Translations = {
  Mean: over("ReduceMean"),
  Sum: over("ReduceSum"),
  Max: over("ReduceMax"),
  Min: over("ReduceMin"),
  Prod: over("ReduceProd"),
  EuclideanNorm: over("ReduceL2"),
  All: logical("ReduceMin"),
  Any: logical("ReduceMax"),
  ArgMax: best("ArgMax"),
  ArgMin: best("ArgMin"),
  Cumsum: cumulative,
  TopKV2: top,
  Softmax: softmax("Softmax"),
  LogSoftmax: softmax("LogSoftmax"),
};
