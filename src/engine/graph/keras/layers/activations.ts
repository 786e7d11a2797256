import type { GraphBuilder } from "../../builder";
import type { Value } from "../../graph";
import { functionName, NotWritten, type Flow, type LayerWriter } from "../call";

type Activation = (g: GraphBuilder, x: Value) => Value;

const operator = (opType: string): Activation => (g, x) => g.op(opType, [x]);
const clipped = (g: GraphBuilder, x: Value, most: number): Value => g.op("Clip", [x, g.float(0), g.float(most)]);
const silu: Activation = (g, x) => g.multiply(x, g.op("Sigmoid", [x]));
const hardSigmoid: Activation = (g, x) => g.multiply(clipped(g, g.add(x, g.float(3)), 6), g.float(1 / 6));
const softmax = (axis: number): Activation => (g, x) => g.op("Softmax", [x], { axis: { int: axis } });
const leaky = (slope: number): Activation => (g, x) => g.op("LeakyRelu", [x], { alpha: { float: slope } });
const gelu = (approximate: boolean): Activation => (g, x) => g.op("Gelu", [x], approximate ? { approximate: { string: "tanh" } } : {});

/** Keras's functions by their names, as keras.activations defines them. */
const activations: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: operator("Relu"),
  relu6: (g, x) => clipped(g, x, 6),
  leaky_relu: leaky(0.2),
  gelu: gelu(false),
  silu,
  swish: silu,
  sigmoid: operator("Sigmoid"),
  hard_sigmoid: hardSigmoid,
  hard_silu: (g, x) => g.multiply(x, hardSigmoid(g, x)),
  hard_swish: (g, x) => g.multiply(x, hardSigmoid(g, x)),
  tanh: operator("Tanh"),
  softmax: softmax(-1),
  log_softmax: (g, x) => g.op("LogSoftmax", [x], { axis: { int: -1 } }),
  softplus: operator("Softplus"),
  softsign: operator("Softsign"),
  elu: operator("Elu"),
  selu: operator("Selu"),
  exponential: operator("Exp"),
  mish: (g, x) => g.multiply(x, g.op("Tanh", [g.op("Softplus", [x])])),
};

/** Puts the function that a setting names behind a value. @throws NotWritten where it is none of Keras's own. */
export function activated(g: GraphBuilder, x: Value, setting: unknown): Value {
  const name = functionName(setting);
  const activation = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (!activation) throw new NotWritten(`the function "${name}"`);
  return activation(g, x);
}

const elementWise = (activation: Activation): LayerWriter => ({ g, x }) => ({ ...x, value: activation(g, x.value) });

/** Layers that are a function alone. */
export const activationLayers: Readonly<Record<string, LayerWriter>> = {
  Activation: ({ g, x, settings }) => ({ ...x, value: activated(g, x.value, settings.all["activation"]) }),
  ReLU({ g, x, settings }) {
    settings.refuse("threshold");
    const slope = settings.number("negative_slope", 0);
    const most = settings.all["max_value"];
    const value = slope === 0 ? g.op("Relu", [x.value]) : leaky(slope)(g, x.value);
    return { ...x, value: typeof most === "number" ? g.op("Min", [value, g.float(most)]) : value };
  },
  LeakyReLU: ({ g, x, settings }) => ({ ...x, value: leaky(settings.number("negative_slope", settings.number("alpha", 0.3)))(g, x.value) }),
  ELU: ({ g, x, settings }) => ({ ...x, value: g.op("Elu", [x.value], { alpha: { float: settings.number("alpha", 1) } }) }),
  Softmax: ({ g, x, settings }): Flow => ({ ...x, value: softmax(settings.number("axis", -1))(g, x.value) }),
  "ops.Relu": elementWise(operator("Relu")),
  "ops.Gelu": ({ g, x, settings }) => ({ ...x, value: gelu(settings.flag("approximate", true))(g, x.value) }),
  "ops.Silu": elementWise(silu),
  "ops.Sigmoid": elementWise(operator("Sigmoid")),
  "ops.Tanh": elementWise(operator("Tanh")),
  "ops.Softmax": ({ g, x, settings }) => ({ ...x, value: softmax(settings.number("axis", -1))(g, x.value) }),
};
