import type { GraphBuilder, Linear, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { blockIndices, hiddenState, stage, type Architecture, type Stage } from "./architecture";
import { headSize } from "./config";
import { lastHiddenState } from "./ends";
import { embedPatches, imageTokens, type PatchEmbedding } from "./patch-embedding";
import { preNormBlock, type PreNormBlock } from "./pre-norm-block";

/** A pre-norm vision transformer, whatever its tensors are called. */
export interface VisionTransformer {
  readonly name: string;
  readonly depth: number;
  readonly width: number;
  readonly heads: number;
  readonly embedding: PatchEmbedding;
  /** Norm of the embedding, before the first block. */
  readonly embeddingNorm?: NormSpecification | undefined;
  readonly block: (index: number) => PreNormBlock;
  /** Norm of all tokens after the last block. */
  readonly finalNorm?: NormSpecification | undefined;
  /** What the classifier sees: the first token, or the mean over patches. */
  readonly pool: "first" | "mean";
  /** Norm of what the classifier sees. */
  readonly pooledNorm?: NormSpecification | undefined;
  readonly classifier?: Linear | undefined;
  /** It was made for pictures of any size, not of the one that it is run on. */
  readonly takesAnySize?: true;
  readonly assumptions: readonly string[];
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
    input: { modality: "images", channels, height, width: imageWidth, tokensPerImage: patches + prefix, ...(model.takesAnySize && { takesAnySize: true }) },
    stages: [embed, ...blockIndices(depth).map((index) => blockStage(model, index)), ...(model.finalNorm ?? model.pooledNorm ? [last] : [])],
    ...(model.classifier && { head: head(model.classifier) }),
    assumptions: model.assumptions,
  };
}

function blockStage(model: VisionTransformer, index: number): Stage {
  return stage(`block ${index}`, (g) => {
    const { width, heads } = model;
    const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
    const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
    g.output(preNormBlock(g, x, model.block(index), shape), hiddenState(index + 1));
  });
}

/** [batch, sequence, width] to [batch, width]; the mean leaves the tokens before the patches out. */
function pooled(g: GraphBuilder, x: Value, pool: "first" | "mean", prefix: number): Value {
  if (pool === "first") return g.op("Gather", [x, g.int(0)], { axis: { int: 1 } });
  const patches = g.op("Slice", [x, g.ints([prefix]), g.sequenceLength(x), g.ints([1])]);
  return g.op("ReduceMean", [patches, g.ints([1])], { keepdims: { int: 0 } });
}
