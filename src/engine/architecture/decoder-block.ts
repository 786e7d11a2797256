import type { GraphBuilder, Linear, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { attention, type AttentionShape } from "./attention";
import type { FeedForward } from "./feed-forward";
import { rotate, type Rotary } from "./rotary";

/** Queries, keys and values of x [batch, sequence, width], each [batch, sequence, heads, head size]. */
export type Projection = (g: GraphBuilder, x: Value) => readonly [Value, Value, Value];

/** Attention of a sequence to itself. */
export interface SelfAttention {
  readonly shape: AttentionShape;
  readonly project: Projection;
  /** Over the channels of a head, or over those of all heads together. */
  readonly queryNorm?: NormSpecification | undefined;
  readonly keyNorm?: NormSpecification | undefined;
  readonly rotary?: Rotary | undefined;
  readonly out: Linear;
}

/** A block that adds attention and a feed-forward to its input; norms that a model does not have are left out. */
export interface DecoderBlock {
  readonly attention: SelfAttention;
  readonly feedForward: FeedForward;
  /** Before each branch. */
  readonly attentionNorm?: NormSpecification | undefined;
  readonly ffnNorm?: NormSpecification | undefined;
  /** Behind each branch, before it is added. */
  readonly postAttentionNorm?: NormSpecification | undefined;
  readonly postFfnNorm?: NormSpecification | undefined;
  /** True where both branches read the block's input; without a norm of its own the feed-forward reads what attention reads. */
  readonly parallel?: boolean | undefined;
  /** Factor on both branches (Granite). */
  readonly branchScale?: number | undefined;
}

/** Writes a block: x [batch, sequence, width] to the same shape. */
export function decoderBlock(g: GraphBuilder, x: Value, width: number, block: DecoderBlock): Value {
  const branch = (rows: Value, norm: NormSpecification | undefined): Value => {
    const normed = optionalNorm(g, g.unflatten(rows, x, [width]), norm);
    return block.branchScale === undefined ? normed : g.multiply(normed, g.float(block.branchScale));
  };
  const normed = optionalNorm(g, x, block.attentionNorm);
  const attended = g.add(x, branch(selfAttention(g, normed, block.attention), block.postAttentionNorm));
  const read = block.parallel === true ? (block.ffnNorm ? x : normed) : attended;
  return g.add(attended, branch(block.feedForward(g, optionalNorm(g, read, block.ffnNorm)), block.postFfnNorm));
}

/** Writes the blocks of a decoder, each as it is described. */
export function decoderBlocks(width: number, describe: (index: number) => DecoderBlock): (g: GraphBuilder, x: Value, index: number) => Value {
  return (g, x, index) => decoderBlock(g, x, width, describe(index));
}

/** Rows [batch * sequence, width] of what attention gives for x [batch, sequence, width]. */
export function selfAttention(g: GraphBuilder, x: Value, { shape, project, queryNorm, keyNorm, rotary, out }: SelfAttention): Value {
  const [q, k, v] = project(g, x);
  const placed = (heads: Value, norm: NormSpecification | undefined, count: number): Value => {
    const normed = norm ? headNorm(g, heads, norm, count, shape.headSize) : heads;
    return rotary ? rotate(g, normed, rotary) : normed;
  };
  return g.linear(attention(g, placed(q, queryNorm, shape.heads), placed(k, keyNorm, shape.keyValueHeads), v, shape), out);
}

/** A norm of heads [batch, sequence, heads, head size], over each head or over all of them together. */
function headNorm(g: GraphBuilder, heads: Value, norm: NormSpecification, count: number, headSize: number): Value {
  if (norm.weight?.shape[0] === headSize) return g.norm(heads, norm);
  const together = g.op("Reshape", [heads, g.ints([0, 0, count * headSize])]);
  return g.op("Reshape", [g.norm(together, norm), g.ints([0, 0, count, headSize])]);
}

function optionalNorm(g: GraphBuilder, x: Value, norm: NormSpecification | undefined): Value {
  return norm ? g.norm(x, norm) : x;
}
