import { floatAttribute } from "../attributes";
import type { Value } from "../graph";
import { NoGradientError, type Rule, type Step } from "./rule";
import type { GradientWriter } from "./writer";

/** A function of one number: writes its derivative at x, where y is its value. */
type Derivative = (w: GradientWriter, x: Value, y: Value, step: Step) => Value;

/** An operator that works on every element of its one input. */
function ofOne(derivative: Derivative): Rule {
  return (step) => [step.w.op("Mul", [step.dy, derivative(step.w, step.inputs[0]!, step.y, step)])];
}

/** An operator of two numbers: writes the gradient of each input before broadcasting is undone. */
function ofTwo(gradients: readonly [(step: Step, a: Value, b: Value) => Value, (step: Step, a: Value, b: Value) => Value]): Rule {
  return (step) => {
    const [a, b] = [step.inputs[0]!, step.inputs[1]!];
    return gradients.map((gradient, input) => (step.isWanted(input) ? fitting(step, input, gradient(step, a, b)) : undefined));
  };
}

/** The gradient of an input that was broadcast. */
function fitting(step: Step, input: number, gradient: Value): Value {
  return step.w.sumTo(gradient, step.shape(step.y), step.shape(step.inputs[input]!));
}

const square = (w: GradientWriter, x: Value): Value => w.op("Mul", [x, x]);
const oneMinus = (w: GradientWriter, x: Value): Value => w.op("Sub", [w.float(1), x]);
/** factor * exp(-x² / width). */
const bell = (w: GradientWriter, x: Value, factor: number, width: number): Value => w.scale(w.op("Exp", [w.scale(square(w, x), -1 / width)]), factor);

/** d/dx of x Phi(x): Phi(x) + x phi(x). */
const gelu: Derivative = (w, x) => {
  const share = w.scale(w.op("Add", [w.op("Erf", [w.scale(x, Math.SQRT1_2)]), w.float(1)]), 0.5);
  return w.op("Add", [share, w.op("Mul", [x, bell(w, x, 1 / Math.sqrt(2 * Math.PI), 2)])]);
};

/** d/dx of x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x³). */
const geluTanh: Derivative = (w, x) => {
  const squared = square(w, x);
  const root = Math.sqrt(2 / Math.PI);
  const u = w.scale(w.op("Mul", [x, w.op("Add", [w.scale(squared, 0.044715), w.float(1)])]), root);
  const bent = w.op("Tanh", [u]);
  const slope = w.scale(w.op("Add", [w.scale(squared, 3 * 0.044715), w.float(1)]), root);
  const inner = w.op("Mul", [w.op("Mul", [x, oneMinus(w, square(w, bent))]), slope]);
  return w.scale(w.op("Add", [w.op("Add", [bent, w.float(1)]), inner]), 0.5);
};

function isApproximate({ node }: Step): boolean {
  const stated = node.attribute?.find(({ name }) => name === "approximate")?.s;
  return stated !== undefined && stated !== null && new TextDecoder().decode(stated) === "tanh";
}

/** x ** exponent for an exponent that is one number. */
const power: Rule = (step) => {
  const { w, inputs, dy } = step;
  if (step.isWanted(1)) throw new NoGradientError("Pow");
  const exponent = step.scalar(inputs[1]!);
  const lower = exponent === 2 ? inputs[0]! : w.op("Pow", [inputs[0]!, w.float(exponent - 1)]);
  return [w.op("Mul", [dy, w.scale(lower, exponent)])];
};

/** The gradient goes where the value came from. */
const where: Rule = (step) => {
  const { w, inputs, dy } = step;
  const zero = w.float(0);
  return [
    undefined,
    step.isWanted(1) ? fitting(step, 1, w.op("Where", [inputs[0]!, dy, zero])) : undefined,
    step.isWanted(2) ? fitting(step, 2, w.op("Where", [inputs[0]!, zero, dy])) : undefined,
  ];
};

/** Of the smaller or the larger of two. */
function choice(comparison: "Less" | "Greater"): Rule {
  return (step) => {
    if (step.inputs.length !== 2) throw new NoGradientError(step.node.opType ?? "");
    const { w, inputs: [a, b], dy } = step as Step & { readonly inputs: readonly [Value, Value] };
    const isFirst = w.op(comparison, [a, b]);
    return [
      step.isWanted(0) ? fitting(step, 0, w.op("Where", [isFirst, dy, w.float(0)])) : undefined,
      step.isWanted(1) ? fitting(step, 1, w.op("Where", [isFirst, w.float(0), dy])) : undefined,
    ];
  };
}

/** No gradient where the value was clipped. */
const clip: Rule = (step) => {
  const { w, inputs, dy, y } = step;
  return [w.op("Where", [w.op("Equal", [inputs[0]!, y]), dy, w.float(0)])];
};

/** Gradients of operators that work element by element. */
export const elementWiseRules: Readonly<Record<string, Rule>> = {
  Add: ofTwo([({ dy }) => dy, ({ dy }) => dy]),
  Sub: ofTwo([({ dy }) => dy, ({ w, dy }) => w.op("Neg", [dy])]),
  Mul: ofTwo([({ w, dy }, _, b) => w.op("Mul", [dy, b]), ({ w, dy }, a) => w.op("Mul", [dy, a])]),
  Div: ofTwo([({ w, dy }, _, b) => w.op("Div", [dy, b]), ({ w, dy, y }, _, b) => w.op("Neg", [w.op("Div", [w.op("Mul", [dy, y]), b])])]),
  Neg: ({ w, dy }) => [w.op("Neg", [dy])],
  Abs: ofOne((w, x) => w.op("Sign", [x])),
  Exp: ofOne((_, __, y) => y),
  Log: ofOne((w, x) => w.op("Reciprocal", [x])),
  Sqrt: ofOne((w, _, y) => w.op("Div", [w.float(0.5), y])),
  Reciprocal: ofOne((w, _, y) => w.op("Neg", [square(w, y)])),
  Pow: power,
  Tanh: ofOne((w, _, y) => oneMinus(w, square(w, y))),
  Sigmoid: ofOne((w, _, y) => w.op("Mul", [y, oneMinus(w, y)])),
  Softplus: ofOne((w, x) => w.op("Sigmoid", [x])),
  Erf: ofOne((w, x) => bell(w, x, 2 / Math.sqrt(Math.PI), 1)),
  Gelu: ofOne((w, x, y, step) => (isApproximate(step) ? geluTanh : gelu)(w, x, y, step)),
  Relu: ({ w, dy, y }) => [w.op("Where", [w.op("Greater", [y, w.float(0)]), dy, w.float(0)])],
  LeakyRelu: (step) => [step.w.op("Where", [step.w.op("Greater", [step.inputs[0]!, step.w.float(0)]), step.dy, step.w.scale(step.dy, floatAttribute(step.node, "alpha", 0.01))])],
  Clip: clip,
  Min: choice("Less"),
  Max: choice("Greater"),
  Where: where,
  Sin: ofOne((w, x) => w.op("Cos", [x])),
  Cos: ofOne((w, x) => w.op("Neg", [w.op("Sin", [x])])),
};
