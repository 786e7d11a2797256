import { outSize, type NormSpecification } from "../graph/builder";
import { activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import type { AttentionShape } from "./attention";
import { architectureName, eps, headSize, optionalNumber, optionalSize, optionalText, size } from "./config";
import { decoderBlock, type DecoderBlock } from "./decoder-block";
import { lastHiddenState, logitsStage } from "./ends";
import { fusedGatedFeedForward } from "./feed-forward";
import { isLocal, rotaryConfig } from "./layer-types";
import { normsOf } from "./norm-in";
import { fusedProjection } from "./projections";
import { rotaryOf, type Rotary } from "./rotary";
import { any, holds, type Weights } from "./weights";

const marker = "embeddings.tok_embeddings.weight";

/** ModernBERT: an encoder with norms before its branches, rotary positions, and attention that is local in most blocks. */
export const modernbert: Family = {
  name: "modernbert",
  modelTypes: ["modernbert"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "layers.0.attn.Wqkv.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const tokenTable = weights.tensor(marker, [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const depth = weights.blocks((block) => `layers.${block}.attn.Wqkv.weight`, optionalSize(config, "num_hidden_layers"));
  const heads = size(config, "num_attention_heads");
  const norm = normsOf("layernorm", eps(config, ["norm_eps"], 1e-5));
  const act = activation(optionalText(config, "hidden_activation") ?? "gelu");
  const period = optionalSize(config, "global_attn_every_n_layers") ?? 3;
  const reach = Math.floor((optionalSize(config, "local_attention") ?? 128) / 2);

  const block = (index: number): DecoderBlock => {
    const parts = weights.at(`layers.${index}`);
    const local = isLocal(config, index, (block) => block % period !== 0);
    const shape: AttentionShape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false, window: local ? reach + 1 : undefined };
    const up = parts.linear("mlp.Wi", width, any);
    return {
      attention: {
        shape,
        project: fusedProjection(parts.linear("attn.Wqkv", width, 3 * width), shape),
        rotary: rotary(config, shape.headSize, local),
        out: parts.linear("attn.Wo", width, width),
      },
      feedForward: fusedGatedFeedForward({ gateUp: up, down: parts.linear("mlp.Wo", outSize(up) / 2, width) }, act),
      // The first block reads what the embedding's norm gave.
      attentionNorm: index === 0 ? undefined : norm(parts, "attn_norm", width, "attention", index),
      ffnNorm: norm(parts, "mlp_norm", width, "ffn", index),
    };
  };

  const embedding = stage("embedding", (g) => {
    const words = g.lookUp(tokenTable, g.input("input_ids", "int64", ["batch", "sequence"]));
    g.output(g.norm(words, norm(weights, "embeddings.norm", width, "embedding", 0)), hiddenState(0));
  });
  const blockStage = (index: number): Stage =>
    stage(`block ${index}`, (g) => {
      const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
      g.output(decoderBlock(g, x, width, block(index)), hiddenState(index + 1));
    });
  const outer = weights.outside("model.");
  const hasHead = outer.hasNorm("head.norm");
  const last = (): Stage =>
    stage("final norm", (g) => {
      const x = g.input(hiddenState(depth), "float32", ["batch", "sequence", width]);
      const normed = g.norm(x, norm(weights, "final_norm", width, "final", depth));
      g.output(hasHead ? transformed(normed, norm(outer, "head.norm", width, "final", depth)) : normed, lastHiddenState);

      function transformed(from: string, headNorm: NormSpecification): string {
        const dense = g.project(from, outer.linear("head.dense", width, width));
        return g.norm(activation(optionalText(config, "classifier_activation") ?? "gelu")(g, dense), headNorm);
      }
    });

  return {
    name: architectureName(config, "modernbert"),
    width,
    depth,
    isLanguageModel: true,
    input: { modality: "text", vocabularySize, contextLength: optionalSize(config, "max_position_embeddings") ?? 8192 },
    stages: [embedding, ...blockIndices(depth).map(blockStage), last()],
    ...(hasHead && {
      head: logitsStage({ layout: "out-in", weight: outer.optional("decoder.weight", [vocabularySize, width]) ?? tokenTable, bias: outer.optional("decoder.bias", [vocabularySize]) }),
    }),
    assumptions: [],
  };
}

/** Positions turn faster where attention is local; older configurations have a field for each. */
function rotary(config: Config, headSize: number, local: boolean): Rotary {
  const theta = local ? (optionalNumber(config, "local_rope_theta") ?? 10_000) : (optionalNumber(config, "global_rope_theta") ?? 160_000);
  return rotaryOf(rotaryConfig({ ...config, rope_theta: theta }, local, theta), headSize);
}
