import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder, Linear, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { attention, type AttentionShape } from "./attention";
import type { FeedForward } from "./feed-forward";

/** x + attention(norm(x)), then that + feed-forward(norm(that)), as vision transformers and the encoders beside them have it. */
export interface PreNormBlock {
  readonly attentionNorm: NormSpecification;
  readonly ffnNorm: NormSpecification;
  /** One layer for queries, keys and values together, or one for each. */
  readonly qkv: readonly Linear[];
  readonly queryNorm?: NormSpecification | undefined;
  readonly keyNorm?: NormSpecification | undefined;
  /** Places queries or keys [batch, sequence, heads, head size], where attention itself is to tell positions. */
  readonly place?: ((g: GraphBuilder, heads: Value) => Value) | undefined;
  readonly attentionBias?: AttentionShape["bias"];
  /** Of what attention gives, before its last layer. */
  readonly innerNorm?: NormSpecification | undefined;
  readonly attentionOut: Linear;
  readonly feedForward: FeedForward;
  /** Factors [width] on the two branches (layer scale). */
  readonly attentionScale?: TensorReference | undefined;
  readonly ffnScale?: TensorReference | undefined;
}

/** Writes a block: x [batch, sequence, width] to the same shape. */
export function preNormBlock(g: GraphBuilder, x: Value, block: PreNormBlock, shape: AttentionShape): Value {
  const { heads, headSize } = shape;
  const width = heads * headSize;
  const [q, k, v] = projected(g, g.norm(x, block.attentionNorm), block.qkv).map((part) => g.unflatten(part, x, [heads, headSize])) as [Value, Value, Value];
  const placed = (part: Value, norm: NormSpecification | undefined): Value => {
    const normed = norm ? g.norm(part, norm) : part;
    return block.place ? block.place(g, normed) : normed;
  };
  const seen = attention(g, placed(q, block.queryNorm), placed(k, block.keyNorm), v, { ...shape, bias: block.attentionBias });
  const out = g.linear(block.innerNorm ? g.norm(g.unflatten(seen, x, [width]), block.innerNorm) : seen, block.attentionOut);
  const attended = g.add(x, scaled(g, g.unflatten(out, x, [width]), block.attentionScale));
  const fed = block.feedForward(g, g.norm(attended, block.ffnNorm));
  return g.add(attended, scaled(g, g.unflatten(fed, x, [width]), block.ffnScale));
}

/** Rows of queries, keys and values. */
export function projected(g: GraphBuilder, x: Value, layers: readonly Linear[]): Value[] {
  const parts = layers.map((layer) => g.linear(x, layer));
  return parts.length === 3 ? parts : g.ops("Split", parts, { axis: { int: 1 }, num_outputs: { int: 3 } }, 3);
}

function scaled(g: GraphBuilder, x: Value, factor: TensorReference | undefined): Value {
  return factor ? g.multiply(x, g.weight(factor)) : x;
}
