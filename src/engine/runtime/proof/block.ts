import { activation } from "../../architecture/activation";
import { encoderBlock } from "../../architecture/encoder-block";
import type { TensorReference } from "../../checkpoint/checkpoint";
import { GraphBuilder, type Linear, type NormSpecification } from "../../graph/builder";
import type { Graph } from "../../graph/graph";
import { elementCount } from "../../tensor";

/** Sizes of a transformer block. */
export interface BlockSize {
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
}

/** Matrices of a block by name, each stored as torch.nn.Linear does, [out, in]. */
export const matrixNames = ["query", "key", "value", "attentionOut", "up", "down"] as const;
export type MatrixName = (typeof matrixNames)[number];

/** eps of the block's norms. */
export const blockEps = 1e-5;

/** [out, in] of a block's matrix. */
export function matrixShape(name: MatrixName, width: number): readonly [number, number] {
  if (name === "up") return [4 * width, width];
  if (name === "down") return [width, 4 * width];
  return [width, width];
}

/** Multiplications and additions of one pass through a block: its matrices, and its attention. */
export function operationsOf({ tokens, width }: BlockSize): number {
  return 2 * tokens * 12 * width * width + 4 * tokens * tokens * width;
}

/**
 * A post-norm transformer block over `x` [1, tokens, width], which hands on `y` of the same shape.
 * @param weights values that every matrix begins with, and so do gain and offset of the norms; they become part of the graph, so that no file is needed.
 */
export function blockGraph({ width, heads }: BlockSize, weights: Float32Array): Graph {
  const g = new GraphBuilder("proof");
  const stored = (name: string, shape: readonly number[]): TensorReference => ({ name, dtype: "F32", shape, file: "", offset: 0, length: 4 * elementCount(shape) });
  const linear = (name: MatrixName): Linear => ({ weight: stored(name, matrixShape(name, width)), layout: "out-in" });
  const norm = (name: string, role: "post-attention" | "post-ffn"): NormSpecification => ({ name, kind: "layernorm", role, depth: 0, eps: blockEps, weight: stored(`${name}.weight`, [width]), bias: stored(`${name}.bias`, [width]) });
  const x = g.input("x", "float32", [1, "tokens", width]);
  const parts = { query: linear("query"), key: linear("key"), value: linear("value"), attentionOut: linear("attentionOut"), up: linear("up"), down: linear("down") };
  const norms = { attentionNorm: norm("attentionNorm", "post-attention"), ffnNorm: norm("ffnNorm", "post-ffn") };
  const y = encoderBlock(g, x, { ...parts, ...norms }, { heads, keyValueHeads: heads, headSize: width / heads, causal: true }, activation("gelu"));
  g.output(y, "y");
  return withWeightsInside(g.build(), weights);
}

function withWeightsInside({ model, weights }: Graph, values: Float32Array): Graph {
  const initializer = model.graph?.initializer?.map((tensor) => {
    const weight = weights.get(tensor.name ?? "");
    return weight === undefined ? tensor : { ...tensor, rawData: new Uint8Array(values.buffer, values.byteOffset, weight.length) };
  });
  return { model: { ...model, graph: { ...model.graph, ...(initializer !== undefined && { initializer }) } }, weights: new Map() };
}
