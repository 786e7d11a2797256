import { floatAttribute, intAttribute } from "../attributes";
import { NoGradientError, type Rule } from "./rule";

/** C = A B, with leading axes broadcast. */
const matMul: Rule = (step) => {
  const { w, dy, inputs, y, shape } = step;
  const [a, b] = [shape(inputs[0]!), shape(inputs[1]!)];
  if (a.length < 2 || b.length < 2) throw new NoGradientError("MatMul");
  const whole = shape(y);
  const leading = whole.slice(0, -2);
  return [
    step.isWanted(0) ? w.sumTo(w.op("MatMul", [dy, w.swapped(inputs[1]!, b.length)]), [...leading, ...a.slice(-2)], a) : undefined,
    step.isWanted(1) ? w.sumTo(w.op("MatMul", [w.swapped(inputs[0]!, a.length), dy]), [...leading, ...b.slice(-2)], b) : undefined,
  ];
};

/** Y = A B + C or A Bᵀ + C. */
const gemm: Rule = (step) => {
  const { w, node, dy, inputs, y, shape } = step;
  const isPlain = floatAttribute(node, "alpha", 1) === 1 && floatAttribute(node, "beta", 1) === 1 && intAttribute(node, "transA", 0) === 0;
  if (!isPlain) throw new NoGradientError("Gemm");
  const isTransposed = intAttribute(node, "transB", 0) === 1;
  const back = (): string => w.op("Gemm", [dy, inputs[1]!], isTransposed ? {} : { transB: { int: 1 } });
  const factors = (): string => (isTransposed ? w.op("Gemm", [dy, inputs[0]!], { transA: { int: 1 } }) : w.op("Gemm", [inputs[0]!, dy], { transA: { int: 1 } }));
  return [
    step.isWanted(0) ? back() : undefined,
    step.isWanted(1) ? factors() : undefined,
    step.isWanted(2) ? w.sumTo(dy, shape(y), shape(inputs[2]!)) : undefined,
  ];
};

/** Convolution: the gradient of its input is the transposed one. */
const conv: Rule = (step) => {
  const { w, node, dy, inputs, y, shape } = step;
  if (step.isWanted(1) || step.isWanted(2)) throw new NoGradientError("Conv");
  const [input, output, kernel] = [shape(inputs[0]!).slice(2), shape(y).slice(2), shape(inputs[1]!).slice(2)];
  const list = (name: string, otherwise: readonly number[]): readonly number[] => node.attribute?.find((one) => one.name === name)?.ints?.map(Number) ?? otherwise;
  const automatic = node.attribute?.find(({ name }) => name === "auto_pad")?.s;
  if (automatic && automatic.length > 0 && new TextDecoder().decode(automatic) !== "NOTSET") throw new NoGradientError("Conv");
  const ones = input.map(() => 1);
  const strides = list("strides", ones);
  const dilations = list("dilations", ones);
  const pads = list("pads", [...input, ...input].map(() => 0));
  const rest = input.map((size, axis) => size + pads[axis]! + pads[axis + input.length]! - dilations[axis]! * (kernel[axis]! - 1) - 1 - strides[axis]! * (output[axis]! - 1));
  const attributes = {
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: pads },
    output_padding: { ints: rest },
    group: { int: intAttribute(node, "group", 1) },
  };
  return [w.op("ConvTranspose", [dy, inputs[1]!], attributes)];
};

/** Gradients of products of matrices, and of convolutions. */
export const productRules: Readonly<Record<string, Rule>> = { MatMul: matMul, Gemm: gemm, Conv: conv };
