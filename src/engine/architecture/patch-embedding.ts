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
  /** Learned tokens without a position between those and the patches, each [1, count, width]. */
  readonly registers?: readonly TensorReference[];
  /** [1, patches or patches and prefix, width] */
  readonly positions: TensorReference | undefined;
  readonly imageSize: readonly [height: number, width: number];
}

/** Patches and tokens before them that one image becomes. */
export function imageTokens(embedding: PatchEmbedding): { patches: number; prefix: number } {
  const [, , patchHeight, patchWidth] = embedding.patchWeight.shape as [number, number, number, number];
  const [height, width] = embedding.imageSize;
  const prefix = countTokens(embedding.prefix) + countTokens(embedding.registers ?? []);
  return { patches: Math.floor(height / patchHeight) * Math.floor(width / patchWidth), prefix };
}

function countTokens(tokens: readonly TensorReference[]): number {
  return tokens.reduce((count, token) => count + token.shape[1]!, 0);
}

/**
 * Writes the embedding into a graph; returns [batch, prefix and patches, width].
 * @throws UserError where the position table does not fit the image size.
 */
export function embedPatches(g: GraphBuilder, pixels: Value, embedding: PatchEmbedding): Value {
  const [width, , patchHeight, patchWidth] = embedding.patchWeight.shape as [number, number, number, number];
  const { patches } = imageTokens(embedding);
  const prefix = countTokens(embedding.prefix);
  const size = [patchHeight, patchWidth];
  const weights = [embedding.patchWeight, ...(embedding.patchBias ? [embedding.patchBias] : [])].map((weight) => g.weight(weight));
  const grid = g.op("Conv", [pixels, ...weights], { kernel_shape: { ints: size }, strides: { ints: size } });
  const embedded = g.op("Transpose", [g.op("Reshape", [grid, g.ints([0, width, -1])])], { perm: { ints: [0, 2, 1] } });
  const batch = g.op("Shape", [pixels], { end: { int: 1 } });
  const spread = (tokens: readonly TensorReference[]): Value[] =>
    tokens.map((token) => g.op("Expand", [g.weight(token), g.op("Concat", [batch, g.ints(token.shape.slice(1))], { axis: { int: 0 } })]));
  const prepend = (patchRows: Value): Value => joined(g, [...spread(embedding.prefix), patchRows]);
  const withRegisters = (tokens: Value): Value => {
    if (!embedding.registers) return tokens;
    const [first, rest] = g.ops("Split", [tokens, g.ints([prefix, patches])], { axis: { int: 1 } }, 2) as [Value, Value];
    return joined(g, [first, ...spread(embedding.registers), rest]);
  };
  if (!embedding.positions) return withRegisters(prepend(embedded));
  const placed = embedding.positions.shape[1];
  if (placed === patches) return withRegisters(prepend(g.add(embedded, g.weight(embedding.positions))));
  if (placed === patches + prefix) return withRegisters(g.add(prepend(embedded), g.weight(embedding.positions)));
  throw new UserError(
    `${embedding.positions.name} holds ${placed} positions where an image of ${embedding.imageSize.join(" x ")} makes ${patches} patches and ${prefix} other tokens; check the image size in config.json.`,
  );
}

/** Tokens one after another: each [batch, count, width]. */
function joined(g: GraphBuilder, parts: readonly Value[]): Value {
  return parts.length === 1 ? parts[0]! : g.op("Concat", parts, { axis: { int: 1 } });
}
