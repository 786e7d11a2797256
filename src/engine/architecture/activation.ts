import { UserError } from "../../shared/errors";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";

/** An element-wise nonlinearity, written into a graph. */
export type Activation = (g: GraphBuilder, x: Value) => Value;

const gelu: Activation = (g, x) => g.op("Gelu", [x]);
const geluTanh: Activation = (g, x) => g.op("Gelu", [x], { approximate: { string: "tanh" } });
const quickGelu: Activation = (g, x) => g.multiply(x, g.op("Sigmoid", [g.multiply(x, g.float(1.702))]));
const silu: Activation = (g, x) => g.multiply(x, g.op("Sigmoid", [x]));
const relu: Activation = (g, x) => g.op("Relu", [x]);
const reluSquared: Activation = (g, x) => {
  const positive = g.op("Relu", [x]);
  return g.multiply(positive, positive);
};

/** Activations by the names that configurations use. */
const activations: Readonly<Record<string, Activation>> = {
  gelu,
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python: gelu,
  quick_gelu: quickGelu,
  silu,
  swish: silu,
  relu,
  relu2: reluSquared,
  tanh: (g, x) => g.op("Tanh", [x]),
  sigmoid: (g, x) => g.op("Sigmoid", [x]),
};

/** The activation of that name. @throws UserError for an unknown name. */
export function activation(name: string): Activation {
  const known = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (known) return known;
  throw new UserError(`config.json: activation "${name}" is not known; NormLens knows ${Object.keys(activations).join(", ")}.`);
}
