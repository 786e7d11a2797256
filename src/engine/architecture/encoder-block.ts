import type { GraphBuilder, Linear, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Activation } from "./activation";
import { attention, type AttentionShape } from "./attention";

/** The parts of a post-norm transformer block, as BERT and ALBERT have it. */
export interface EncoderBlock {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly attentionOut: Linear;
  readonly attentionNorm: NormSpecification;
  readonly up: Linear;
  readonly down: Linear;
  readonly ffnNorm: NormSpecification;
}

/** norm(x + attention(x)), then norm(that + feed-forward(that)). x is [batch, sequence, width]. */
export function encoderBlock(g: GraphBuilder, x: Value, block: EncoderBlock, shape: AttentionShape, act: Activation): Value {
  const width = shape.heads * shape.headSize;
  const heads = (layer: Linear): Value => g.unflatten(g.linear(x, layer), x, [shape.heads, shape.headSize]);
  const mixed = attention(g, heads(block.query), heads(block.key), heads(block.value), shape);
  const attended = g.norm(g.add(x, g.unflatten(g.linear(mixed, block.attentionOut), x, [width])), block.attentionNorm);
  const fed = g.linear(act(g, g.linear(attended, block.up)), block.down);
  return g.norm(g.add(attended, g.unflatten(fed, x, [width])), block.ffnNorm);
}
