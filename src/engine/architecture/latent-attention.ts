import type { GraphBuilder, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Config } from "./architecture";
import { optionalSize, size } from "./config";
import type { SelfAttention } from "./decoder-block";
import { normsOf } from "./norm-in";
import { rotate, type Rotary } from "./rotary";
import type { Weights } from "./weights";

/** Of the norms of latents, whatever the configuration says of the others. */
const latentEps = 1e-6;

/** Sizes of a head in latent attention. */
interface HeadSizes {
  readonly heads: number;
  /** Channels of queries and keys that know no position, and that are turned by it. */
  readonly plain: number;
  readonly turned: number;
  readonly value: number;
}

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): keys and values of all heads are made of one normalised latent, and a part of the keys, which all heads
 * share, knows positions; queries may be made of a latent, too.
 * @param names of the attention
 * @param scale factor on the scores
 */
export function latentAttention(names: Weights, config: Config, width: number, depth: number, rotary: Rotary, scale: number): SelfAttention {
  const sizes: HeadSizes = {
    heads: size(config, "num_attention_heads"),
    plain: size(config, "qk_nope_head_dim"),
    turned: size(config, "qk_rope_head_dim"),
    value: size(config, "v_head_dim"),
  };
  const headSize = sizes.plain + sizes.turned;
  const norm = normsOf("rmsnorm", latentEps);
  const queries = queriesOf(names, optionalSize(config, "q_lora_rank"), width, sizes.heads * headSize, (rank) => norm(names, "q_a_layernorm", rank, "query", depth));
  const rank = size(config, "kv_lora_rank");
  const into = names.linear("kv_a_proj_with_mqa", width, rank + sizes.turned);
  const latentNorm = norm(names, "kv_a_layernorm", rank, "key", depth);
  const from = names.linear("kv_b_proj", rank, sizes.heads * (sizes.plain + sizes.value));
  return {
    shape: { heads: sizes.heads, keyValueHeads: sizes.heads, headSize, valueSize: sizes.value, scale, causal: true },
    project: (g, x) => {
      const [plainQueries, turnedQueries] = split(g, g.unflatten(queries(g, x), x, [sizes.heads, headSize]), [sizes.plain, sizes.turned], 3);
      const [latent, turnedKey] = split(g, g.project(x, into), [rank, sizes.turned], 2);
      const keysAndValues = g.unflatten(g.linear(g.norm(latent, latentNorm), from), x, [sizes.heads, sizes.plain + sizes.value]);
      const [plainKeys, values] = split(g, keysAndValues, [sizes.plain, sizes.value], 3);
      const key = rotate(g, g.unflatten(turnedKey, x, [1, sizes.turned]), rotary);
      const everywhere = g.op("Expand", [key, g.op("Concat", [g.leadingShape(x), g.ints([sizes.heads, sizes.turned])], { axis: { int: 0 } })]);
      return [joined(g, plainQueries, rotate(g, turnedQueries, rotary)), joined(g, plainKeys, everywhere), values];
    },
    out: names.linear("o_proj", sizes.heads * sizes.value, width),
  };
}

/** Rows of all queries, made of the hidden state itself or of a normalised latent. */
function queriesOf(names: Weights, rank: number | undefined, width: number, count: number, normOf: (rank: number) => NormSpecification): (g: GraphBuilder, x: Value) => Value {
  if (rank === undefined) {
    const direct = names.linear("q_proj", width, count);
    return (g, x) => g.linear(x, direct);
  }
  const [into, norm, from] = [names.linear("q_a_proj", width, rank), normOf(rank), names.linear("q_b_proj", rank, count)];
  return (g, x) => g.linear(g.norm(g.project(x, into), norm), from);
}

function split(g: GraphBuilder, x: Value, sizes: readonly [number, number], axis: number): [Value, Value] {
  return g.ops("Split", [x, g.ints(sizes)], { axis: { int: axis } }, 2) as [Value, Value];
}

function joined(g: GraphBuilder, first: Value, second: Value): Value {
  return g.op("Concat", [first, second], { axis: { int: 3 } });
}
