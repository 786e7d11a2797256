import type { TensorReference } from "../../../checkpoint/checkpoint";
import { NotWritten, required, type Flow, type LayerWriter } from "../call";
import { activated } from "./activations";

/** Layers that are a product with a matrix, or a look-up in one. */
export const denseLayers: Readonly<Record<string, LayerWriter>> = {
  Dense(call) {
    const { g, x, settings, variable } = call;
    settings.refuse("lora_rank", "quantization_config");
    const product = g.op("MatMul", [x.value, g.weight(required(call, "kernel"))]);
    const bias = variable("bias");
    return { ...x, value: activated(g, bias ? g.add(product, g.weight(bias)) : product, settings.all["activation"]) };
  },

  EinsumDense(call) {
    const { g, x, settings, variable } = call;
    settings.refuse("lora_rank", "quantization_config");
    const equation = settings.text("equation", "").replaceAll("...", "");
    if (!/^[a-z]+,[a-z]+->[a-z]+$/.test(equation) || settings.text("equation", "").includes("...")) throw new NotWritten("an equation with an ellipsis");
    const product = g.op("Einsum", [x.value, g.weight(required(call, "kernel"))], { equation: { string: equation } });
    const bias = variable("bias");
    const rank = equation.length - equation.indexOf(">") - 1;
    return { rank, value: activated(g, bias ? g.add(product, g.weight(bias)) : product, settings.all["activation"]) };
  },

  Embedding(call) {
    const { g, x, settings } = call;
    settings.refuse("mask_zero", "lora_rank", "quantization_config");
    return { value: g.lookUp(required(call, "embeddings"), x.value), rank: x.rank + 1 };
  },
};

/** Heads of a projection of attention: [batch, sequence, in] times a kernel [in, heads, size], as [batch, heads, sequence, size]. */
export function heads(call: Parameters<LayerWriter>[0], x: Flow, part: string): Flow {
  const { g, variable } = call;
  const kernel = required(call, part, "kernel");
  const [inSize = 0, count = 0, size = 0] = kernel.shape;
  const bias = variable(part, "bias");
  const rows = g.op("MatMul", [x.value, g.weight(inShape(kernel, [inSize, count * size]))]);
  const biased = bias ? g.add(rows, g.weight(inShape(bias, [count * size]))) : rows;
  const split = g.op("Reshape", [biased, g.ints([0, 0, count, size])]);
  return { value: g.op("Transpose", [split], { perm: { ints: [0, 2, 1, 3] } }), rank: 4 };
}

/** [batch, heads, sequence, size] times a kernel [heads, size, out], as [batch, sequence, out]. */
export function joined(call: Parameters<LayerWriter>[0], x: Flow, part: string): Flow {
  const { g, variable } = call;
  const kernel = required(call, part, "kernel");
  if (kernel.shape.length !== 3) throw new NotWritten('an "output_shape" of several axes');
  const [count = 0, size = 0, outSize = 0] = kernel.shape;
  const bias = variable(part, "bias");
  const together = g.op("Reshape", [g.op("Transpose", [x.value], { perm: { ints: [0, 2, 1, 3] } }), g.ints([0, 0, count * size])]);
  const rows = g.op("MatMul", [together, g.weight(inShape(kernel, [count * size, outSize]))]);
  return { value: bias ? g.add(rows, g.weight(bias)) : rows, rank: 3 };
}

/** The same elements in another shape. */
function inShape(tensor: TensorReference, shape: readonly number[]): TensorReference {
  return { ...tensor, shape };
}
