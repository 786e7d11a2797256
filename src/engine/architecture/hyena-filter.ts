import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { any, type Weights } from "./weights";

/** Added to the window that fades a filter out; published models have no other. */
const shift = 0.05;

/**
 * A filter that a small network makes of positions, faded out by a window (Hyena, arXiv 2302.10866, Section 3.3): [sequence, width].
 * @param length of the sequence, int64 [1]
 */
export function hyenaFilter(g: GraphBuilder, length: Value, names: Weights, width: number): Value {
  const layers = names.at("implicit_filter");
  const last = lastLayer(layers);
  let hidden = g.firstRows(rowsOf(names.tensor("pos_emb.z", [1, any, any])), length);
  for (let layer = 0; layer < last; layer += 2) {
    const wide = g.linear(hidden, layers.linear(String(layer), any, any));
    hidden = g.op("Sin", [g.multiply(wide, g.weight(frequencies(layers, layer + 1)))]);
  }
  const made = g.linear(hidden, layers.linear(String(last), any, width));
  const times = g.firstRows(rowsOf(names.tensor("pos_emb.t", [1, any, 1])), length);
  const rates = g.op("Abs", [g.weight(rowsOf(names.tensor("modulation.deltas", [1, 1, width])))]);
  return g.multiply(made, g.add(g.op("Exp", [g.op("Neg", [g.multiply(times, rates)])]), g.float(shift)));
}

/** Number of the layer that no sine follows. */
function lastLayer(layers: Weights): number {
  let layer = 0;
  while (layers.has(`${layer + 2}.weight`)) layer += 2;
  return layer;
}

/** All sines share one tensor, which safetensors keeps under a single name. */
function frequencies(layers: Weights, layer: number): TensorReference {
  return layers.tensor(layers.has(`${layer}.freq`) ? `${layer}.freq` : "1.freq", [1, any]);
}

/** A tensor [1, rows, columns] as [rows, columns]. */
function rowsOf(tensor: TensorReference): TensorReference {
  return { ...tensor, shape: tensor.shape.slice(1) };
}
