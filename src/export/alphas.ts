import { hasAlpha } from "../shared/alpha";
import type { LayerResult, Result } from "../shared/result";

/** Version of the document that the json and yaml formats write. */
export const alphasSchema = "normlens-alphas/1";

/**
 * The alphas of a result without its statistics and curves, as a training script reads them. `dyt_alpha` takes over
 * the checkpoint and belongs to the per-channel weight and bias; `pooled` belongs together: its gain and offset are folded into
 * the norm's own affine. Layers whose input determined no alpha have null in their place.
 */
export function alphasDocument(result: Result) {
  const { model, input, engine } = result;
  return {
    schema: alphasSchema,
    model: {
      path: model.path,
      family: model.family,
      architecture: model.architecture,
      width: model.width,
      depth: model.depth,
      dtype: model.dtype,
    },
    input: {
      kind: input.kind,
      source: input.source,
      sequences: input.sequences,
      tokens: input.tokens,
      skip_first: input.skipFirst,
      seed: input.seed,
      sha256: input.sha256,
    },
    engine: { runtime: engine.runtime, version: engine.version, device: engine.device },
    layers: result.layers.map(alphasOfLayer),
  };
}

function alphasOfLayer(layer: LayerResult) {
  const { fit, perChannel, linear, ceiling, suggest } = layer;
  const determined = hasAlpha(layer);
  return {
    name: layer.name,
    role: layer.role,
    kind: layer.kind,
    channels: layer.channels,
    status: fit.status,
    dyt_alpha: determined ? suggest.convert : null,
    dyt_alpha_scratch: suggest.scratch,
    dyt_alpha_scratch_source: suggest.scratchSource,
    pooled: determined
      ? { alpha: fit.alpha, alpha_low: fit.alphaLow, alpha_high: fit.alphaHigh, gain: fit.gain, offset: fit.offset }
      : null,
    r2: determined
      ? { per_channel: perChannel.r2, pooled: fit.r2, linear: linear.r2, ceiling: ceiling.r2 }
      : null,
  };
}
