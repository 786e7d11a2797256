import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder, Linear, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Stage } from "./architecture";
import { attention } from "./attention";
import { headSize } from "./config";
import { lastHiddenState } from "./ends";
import { embedPatches, imageTokens, type PatchEmbedding } from "./patch-embedding";

/** A pre-norm vision transformer, whatever its tensors are called. */
export interface VisionTransformer {
  readonly name: string;
  readonly depth: number;
  readonly width: number;
  readonly heads: number;
  readonly act: Activation;
  readonly embedding: PatchEmbedding;
  /** Norm of the embedding, before the first block. */
  readonly embeddingNorm?: NormSpecification | undefined;
  readonly block: (index: number) => VisionBlock;
  /** Norm of all tokens after the last block. */
  readonly finalNorm?: NormSpecification | undefined;
  /** What the classifier sees: the first token, or the mean over patches. */
  readonly pool: "first" | "mean";
  /** Norm of what the classifier sees. */
  readonly pooledNorm?: NormSpecification | undefined;
  readonly classifier?: Linear | undefined;
  readonly assumptions: readonly string[];
}

/** x + attention(norm(x)), then that + feed-forward(norm(that)). */
export interface VisionBlock {
  readonly attentionNorm: NormSpecification;
  readonly ffnNorm: NormSpecification;
  /** One layer for queries, keys and values together, or one for each. */
  readonly qkv: readonly Linear[];
  readonly queryNorm?: NormSpecification | undefined;
  readonly keyNorm?: NormSpecification | undefined;
  readonly attentionOut: Linear;
  readonly up: Linear;
  readonly down: Linear;
  /** Factors [width] on the two branches (layer scale). */
  readonly attentionScale?: TensorReference | undefined;
  readonly ffnScale?: TensorReference | undefined;
}

/** The stages of a vision transformer. */
export function visionTransformer(model: VisionTransformer): Architecture {
  const { width, depth, embedding } = model;
  const { patches, prefix } = imageTokens(embedding);
  const [height, imageWidth] = embedding.imageSize;
  const channels = embedding.patchWeight.shape[1]!;

  const embed = stage("embedding", (g) => {
    const pixels = g.input("pixel_values", "float32", ["batch", channels, height, imageWidth]);
    const tokens = embedPatches(g, pixels, embedding);
    g.output(model.embeddingNorm ? g.norm(tokens, model.embeddingNorm) : tokens, hiddenState(0));
  });

  const last = stage("final norm", (g) => {
    const x = g.input(hiddenState(depth), "float32", ["batch", "sequence", width]);
    const normed = model.finalNorm ? g.norm(x, model.finalNorm) : x;
    g.output(model.pooledNorm ? g.norm(pooled(g, normed, model.pool, prefix), model.pooledNorm) : normed, lastHiddenState);
  });

  const head = (classifier: Linear): Stage =>
    stage("head", (g) => {
      const x = g.input(lastHiddenState, "float32", model.pooledNorm ? ["batch", width] : ["batch", "sequence", width]);
      g.output(g.linear(model.pooledNorm ? x : pooled(g, x, model.pool, prefix), classifier), "logits");
    });

  return {
    name: model.name,
    width,
    depth,
    isLanguageModel: false,
    input: { modality: "images", channels, height, width: imageWidth, tokensPerImage: patches + prefix },
    stages: [embed, ...blockIndices(depth).map((index) => blockStage(model, index)), ...(model.finalNorm ?? model.pooledNorm ? [last] : [])],
    ...(model.classifier && { head: head(model.classifier) }),
    assumptions: model.assumptions,
  };
}

function blockStage(model: VisionTransformer, index: number): Stage {
  return stage(`block ${index}`, (g) => {
    const { width, heads } = model;
    const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
    const block = model.block(index);
    const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
    const normed = g.norm(x, block.attentionNorm);
    const projected = block.qkv.map((layer) => g.linear(normed, layer));
    const parts = projected.length === 3 ? projected : g.ops("Split", projected, { axis: { int: 1 }, num_outputs: { int: 3 } }, 3);
    const [q, k, v] = parts.map((part) => g.unflatten(part, x, [heads, shape.headSize])) as [Value, Value, Value];
    const queries = block.queryNorm ? g.norm(q, block.queryNorm) : q;
    const keys = block.keyNorm ? g.norm(k, block.keyNorm) : k;
    const out = g.linear(attention(g, queries, keys, v, shape), block.attentionOut);
    const attended = g.add(x, scaled(g, g.unflatten(out, x, [width]), block.attentionScale));
    const fed = g.linear(model.act(g, g.linear(g.norm(attended, block.ffnNorm), block.up)), block.down);
    g.output(g.add(attended, scaled(g, g.unflatten(fed, x, [width]), block.ffnScale)), hiddenState(index + 1));
  });
}

function scaled(g: GraphBuilder, x: Value, factor: TensorReference | undefined): Value {
  return factor ? g.multiply(x, g.weight(factor)) : x;
}

/** [batch, sequence, width] to [batch, width]; the mean leaves the tokens before the patches out. */
function pooled(g: GraphBuilder, x: Value, pool: "first" | "mean", prefix: number): Value {
  if (pool === "first") return g.op("Gather", [x, g.int(0)], { axis: { int: 1 } });
  const patches = g.op("Slice", [x, g.ints([prefix]), g.sequenceLength(x), g.ints([1])]);
  return g.op("ReduceMean", [patches, g.ints([1])], { keepdims: { int: 0 } });
}
