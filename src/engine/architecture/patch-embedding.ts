import { UserError } from "../../shared/errors";
import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";

/** How a vision transformer turns an image into its first hidden state. */
export interface PatchEmbedding {
  /** [width, image channels, patch height, patch width] */
  readonly patchWeight: TensorReference;
  readonly patchBias: TensorReference | undefined;
  /** Learned tokens that stand before the patches, each [1, count, width]. */
  readonly prefix: readonly TensorReference[];
  /** [1, patches or patches and prefix, width] */
  readonly positions: TensorReference | undefined;
  readonly imageSize: readonly [height: number, width: number];
}

/** Patches and prefix tokens that one image becomes. */
export function imageTokens(embedding: PatchEmbedding): { patches: number; prefix: number } {
  const [, , patchHeight, patchWidth] = embedding.patchWeight.shape as [number, number, number, number];
  const [height, width] = embedding.imageSize;
  const prefix = embedding.prefix.reduce((count, token) => count + token.shape[1]!, 0);
  return { patches: Math.floor(height / patchHeight) * Math.floor(width / patchWidth), prefix };
}

/**
 * Writes the embedding into a graph; returns [batch, prefix and patches, width].
 * @throws UserError where the position table does not fit the image size.
 */
export function embedPatches(g: GraphBuilder, pixels: Value, embedding: PatchEmbedding): Value {
  const [width, , patchHeight, patchWidth] = embedding.patchWeight.shape as [number, number, number, number];
  const { patches, prefix } = imageTokens(embedding);
  const size = [patchHeight, patchWidth];
  const weights = [embedding.patchWeight, ...(embedding.patchBias ? [embedding.patchBias] : [])].map((weight) => g.weight(weight));
  const grid = g.op("Conv", [pixels, ...weights], { kernel_shape: { ints: size }, strides: { ints: size } });
  const embedded = g.op("Transpose", [g.op("Reshape", [grid, g.ints([0, width, -1])])], { perm: { ints: [0, 2, 1] } });
  const batch = g.op("Shape", [pixels], { end: { int: 1 } });
  const prepend = (x: Value): Value => {
    const tokens = embedding.prefix.map((token) =>
      g.op("Expand", [g.weight(token), g.op("Concat", [batch, g.ints(token.shape.slice(1))], { axis: { int: 0 } })]),
    );
    return tokens.length === 0 ? x : g.op("Concat", [...tokens, x], { axis: { int: 1 } });
  };
  if (!embedding.positions) return prepend(embedded);
  const placed = embedding.positions.shape[1];
  if (placed === patches) return prepend(g.add(embedded, g.weight(embedding.positions)));
  if (placed === patches + prefix) return g.add(prepend(embedded), g.weight(embedding.positions));
  throw new UserError(
    `${embedding.positions.name} holds ${placed} positions where an image of ${embedding.imageSize.join(" x ")} makes ${patches} patches and ${prefix} other tokens; check the image size in config.json.`,
  );
}
