import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder, Linear, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { blockIndices, hiddenState, stage, type Architecture, type Stage } from "./architecture";
import { finalNormStage, lastHiddenState } from "./ends";
import { capped } from "./attention";
import type { Weights } from "./weights";

/** A language model that is one stack of blocks, whatever its tensors are called. */
export interface Decoder {
  readonly name: string;
  readonly width: number;
  readonly depth: number;
  readonly vocabularySize: number;
  readonly contextLength: number;
  /** Token ids [batch, sequence] to the first hidden state [batch, sequence, width]. */
  readonly embed: (g: GraphBuilder, ids: Value) => Value;
  /** Writes block `index`: x [batch, sequence, width] to the same shape. */
  readonly block: (g: GraphBuilder, x: Value, index: number) => Value;
  readonly finalNorm?: NormSpecification | undefined;
  readonly head: LogitHead;
  /** True where it predicts tokens that are hidden from it, not the next one. */
  readonly seesAll?: true;
  readonly assumptions?: readonly string[];
}

/** From the last hidden state to logits. */
export interface LogitHead extends Linear {
  /** A dense layer between the last norm and the head. */
  readonly before?: Linear | undefined;
  /** Factor on the logits. */
  readonly scale?: number | undefined;
  /** c in c * tanh(logits / c). */
  readonly softCap?: number | undefined;
}

/** The stages of a decoder. */
export function decoder(model: Decoder): Architecture {
  const { width, depth, finalNorm } = model;
  const embedding = stage("embedding", (g) => {
    g.output(model.embed(g, g.input("input_ids", "int64", ["batch", "sequence"])), hiddenState(0));
  });
  const block = (index: number): Stage =>
    stage(`block ${index}`, (g) => {
      const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
      g.output(model.block(g, x, index), hiddenState(index + 1));
    });
  return {
    name: model.name,
    width,
    depth,
    isLanguageModel: true,
    ...(model.seesAll !== true && { isCausal: true }),
    input: { modality: "text", vocabularySize: model.vocabularySize, contextLength: model.contextLength },
    stages: [embedding, ...blockIndices(depth).map(block), ...(finalNorm ? [finalNormStage(width, finalNorm)] : [])],
    head: headStage(model, finalNorm ? lastHiddenState : hiddenState(depth)),
    assumptions: model.assumptions ?? [],
  };
}

/** The embedding of a table alone, times a factor where one is stated. */
export function tableEmbedding(table: TensorReference, scale?: number): Decoder["embed"] {
  return (g, ids) => {
    const rows = g.lookUp(table, ids);
    return scale === undefined ? rows : g.multiply(rows, g.float(scale));
  };
}

/** The embeddings of tokens and of their positions, added. */
export function placedEmbedding(tokens: TensorReference, positions: TensorReference): Decoder["embed"] {
  return (g, ids) => g.add(g.lookUp(tokens, ids), g.firstRows(positions, g.sequenceLength(ids)));
}

/** A head of its own, where the weights have one, else the table of tokens [vocabulary, width]. */
export function tiedHead(weights: Weights, name: string, table: TensorReference): LogitHead {
  return { weight: weights.optional(name, table.shape) ?? table, layout: "out-in" };
}

/** The same, where a head of its own may have a bias. */
export function biasedHead(weights: Weights, name: string, table: TensorReference): LogitHead {
  const [vocabularySize, width] = table.shape as [number, number];
  return weights.has(`${name}.weight`) ? weights.linear(name, width, vocabularySize) : { weight: table, layout: "out-in" };
}

function headStage({ head, width }: Decoder, from: Value): Stage {
  return stage("head", (g) => {
    const x = g.input(from, "float32", ["batch", "sequence", width]);
    const read = head.before ? g.project(x, head.before) : x;
    const logits = g.project(read, head);
    const scaled = head.scale === undefined ? logits : g.multiply(logits, g.float(head.scale));
    g.output(capped(g, scaled, head.softCap), "logits");
  });
}
