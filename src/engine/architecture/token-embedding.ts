import type { TensorReference } from "../checkpoint/checkpoint";
import type { Linear, NormSpecification } from "../graph/builder";
import { hiddenState, stage, type Stage } from "./architecture";
import { any, type Weights } from "./weights";

/** BERT's embedding: words, positions and the first token type, added and normalised. */
export interface TokenEmbedding {
  readonly words: TensorReference;
  /** Undefined where a model places its tokens otherwise. */
  readonly positions: TensorReference | undefined;
  readonly tokenTypes: TensorReference | undefined;
  /** Row of the first position; the rows before it are for padding. */
  readonly firstPosition: number;
}

/** Takes the tables of BERT's embedding, which its descendants have under the same names. */
export function tokenEmbedding(weights: Weights, firstPosition = 0): TokenEmbedding {
  const words = weights.tensor("embeddings.word_embeddings.weight", [any, any]);
  const width = words.shape[1]!;
  return {
    words,
    positions: weights.optional("embeddings.position_embeddings.weight", [any, width]),
    tokenTypes: weights.optional("embeddings.token_type_embeddings.weight", [any, width]),
    firstPosition,
  };
}

/** Longest sequence that has a position for each of its tokens; undefined where there is no table of positions. */
export function contextLengthOf({ positions, firstPosition }: TokenEmbedding): number | undefined {
  return positions && positions.shape[0]! - firstPosition;
}

/** The stage that turns token ids into the first hidden state; `widening` takes it from the embedding's width to the model's. */
export function tokenEmbeddingStage(tables: TokenEmbedding, norm: NormSpecification, widening?: Linear): Stage {
  return stage("embedding", (g) => {
    const ids = g.input("input_ids", "int64", ["batch", "sequence"]);
    const words = g.lookUp(tables.words, ids);
    const placed = tables.positions ? g.add(words, g.firstRows(tables.positions, g.sequenceLength(ids), tables.firstPosition)) : words;
    const typed = tables.tokenTypes ? g.add(placed, g.firstRows(tables.tokenTypes, g.ints([1]))) : placed;
    const normed = g.norm(typed, norm);
    g.output(widening ? g.project(normed, widening) : normed, hiddenState(0));
  });
}
