import type { TensorReference } from "../checkpoint/checkpoint";
import type { NormSpecification } from "../graph/builder";
import { hiddenState, stage, type Stage } from "./architecture";
import { any, type Weights } from "./weights";

/** BERT's embedding: words, positions and the first token type, added and normalised. */
export interface TokenEmbedding {
  readonly words: TensorReference;
  readonly positions: TensorReference;
  readonly tokenTypes: TensorReference | undefined;
}

/** Takes the tables of BERT's embedding, which ALBERT has under the same names. */
export function tokenEmbedding(weights: Weights): TokenEmbedding {
  const words = weights.tensor("embeddings.word_embeddings.weight", [any, any]);
  const width = words.shape[1]!;
  return {
    words,
    positions: weights.tensor("embeddings.position_embeddings.weight", [any, width]),
    tokenTypes: weights.optional("embeddings.token_type_embeddings.weight", [any, width]),
  };
}

/** The stage that turns token ids into the first hidden state. */
export function tokenEmbeddingStage(tables: TokenEmbedding, norm: NormSpecification): Stage {
  return stage("embedding", (g) => {
    const ids = g.input("input_ids", "int64", ["batch", "sequence"]);
    const placed = g.add(g.lookUp(tables.words, ids), g.firstRows(tables.positions, g.sequenceLength(ids)));
    const typed = tables.tokenTypes ? g.add(placed, g.firstRows(tables.tokenTypes, g.ints([1]))) : placed;
    g.output(g.norm(typed, norm), hiddenState(0));
  });
}
