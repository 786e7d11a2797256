import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Architecture, Config } from "./architecture";
import { architectureName, eps, flag } from "./config";
import { decoder, tableEmbedding, tiedHead, type Decoder } from "./decoder";
import { normsOf } from "./norm-in";
import { longestScan } from "./selective-scan";
import type { Weights } from "./weights";

/** What differs between models of blocks that are a norm and a mixer, which is added to the block's input. */
export interface MambaLike extends Pick<Decoder, "seesAll"> {
  readonly family: string;
  /** Embedding of the tokens [vocabulary, width]. */
  readonly table: TensorReference;
  readonly depth: number;
  /** Field of config.json that states the norms' eps. */
  readonly epsField: string;
  /** The weights around the model, where the head is. */
  readonly outside: Weights;
  /** Writes a mixer with the weights under `names`: x [batch, sequence, width] to the same shape. */
  readonly mix: (g: GraphBuilder, x: Value, names: Weights, width: number) => Value;
}

/** The stages of such a model. The norm in front of a mixer has the role "other": it feeds no attention. */
export function mambaLike(weights: Weights, config: Config, { family, table, depth, epsField, outside, mix, seesAll }: MambaLike): Architecture {
  const [vocabularySize, width] = table.shape as [number, number];
  const norm = normsOf(flag(config, "rms_norm", true) ? "rmsnorm" : "layernorm", eps(config, [epsField], 1e-5));
  return decoder({
    name: architectureName(config, family),
    width,
    depth,
    vocabularySize,
    contextLength: longestScan,
    embed: tableEmbedding(table),
    block: (g, x, index) => {
      const parts = weights.at(`layers.${index}`);
      return g.add(x, mix(g, g.norm(x, norm(parts, "norm", width, "other", index)), parts.at("mixer"), width));
    },
    finalNorm: norm(weights, "norm_f", width, "final", depth),
    head: tiedHead(outside, "lm_head.weight", table),
    ...(seesAll && { seesAll }),
  });
}
