import { hasAlpha } from "../shared/alpha";
import { UserError } from "../shared/errors";
import type { Result } from "../shared/result";
import type { ExportFormat } from "./format";

/**
 * Alpha [1], weight [C] and bias [C] of every layer, float32, as the analysis wrote them beside its result: the result itself
 * has no per-channel numbers.
 */
export const safetensors: ExportFormat = {
  name: "safetensors",
  extension: ".safetensors",
  description: "alpha, weight and bias of every layer as tensors",
  needsWeights: true,
  export: (result, extra = {}) => {
    const path = extra.weightsPath ?? "the .safetensors file beside the result";
    if (extra.weights === undefined) {
      throw new UserError(
        `${path} is missing: \`normlens analyze --out\` writes it beside the result, so put it back or run the analysis again.`,
      );
    }
    requireAlphas(tensorNames(extra.weights, path), result, path);
    return extra.weights;
  },
};

/** Names in a safetensors header: 8 bytes of length, then as many bytes of JSON. */
function tensorNames(bytes: Uint8Array, path: string): ReadonlySet<string> {
  const damaged = new UserError(`${path} is not a safetensors file: run the analysis again.`);
  if (bytes.byteLength < 8) throw damaged;
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(bytes.byteLength - 8)) throw damaged;
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + Number(length))));
    return new Set(Object.keys(header as object));
  } catch {
    throw damaged;
  }
}

function requireAlphas(names: ReadonlySet<string>, { layers }: Result, path: string): void {
  const missing = layers.find((layer) => hasAlpha(layer) && !names.has(`${layer.name}.alpha`));
  if (missing === undefined) return;
  throw new UserError(`${path} has no ${missing.name}.alpha, so it belongs to another result: run the analysis again.`);
}
