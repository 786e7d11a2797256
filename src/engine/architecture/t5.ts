import type { TensorReference } from "../checkpoint/checkpoint";
import { outSize, type GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { blockIndices, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { attention, type AttentionShape } from "./attention";
import { architectureName, eps, flag, optionalNumber, optionalSize, optionalTableLength, optionalText, size } from "./config";
import { selfAttention } from "./decoder-block";
import { lastHiddenState } from "./ends";
import { denseFeedForward, gatedFeedForward, type FeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { separateProjection } from "./projections";
import { relativeBias } from "./relative-bias";
import { shiftedRight } from "./shifted-right";
import { encoded, stackState, type Stack } from "./two-stacks";
import { any, type Weights } from "./weights";

const marker = "encoder.block.0.layer.0.SelfAttention.q.weight";

/** T5, Flan-T5, mT5 and UMT5: an encoder, and a decoder that sees it; or the encoder alone. */
export const t5: Family = {
  name: "t5",
  modelTypes: ["t5", "mt5", "umt5"],
  recognises: () => false,
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const tokenTable = weights.optional("shared.weight", [any, any]) ?? weights.tensor("encoder.embed_tokens.weight", [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const heads = size(config, "num_heads");
  const sizeOfHead = size(config, "d_kv");
  const norm = normsOf("rmsnorm", eps(config, ["layer_norm_epsilon"], 1e-6));
  const hasDecoder = weights.hasNorm("decoder.final_layer_norm");
  const furthest = optionalTableLength(config, "relative_attention_max_distance") ?? 128;
  const depthOf = (stack: Stack, ...fields: readonly string[]): number =>
    weights.blocks((block) => `${stack}.block.${block}.layer.0.SelfAttention.q.weight`, optionalSize(config, ...fields));
  const encoderDepth = depthOf("encoder", "num_layers");
  const decoderDepth = hasDecoder ? depthOf("decoder", "num_decoder_layers", "num_layers") : 0;
  // The decoder's blocks are counted on from the encoder's.
  const depthIn = (stack: Stack, index: number): number => (stack === "encoder" ? index : encoderDepth + index);

  const embedding = (stack: Stack): Stage =>
    stage(`${stack} embedding`, (g) => {
      const ids = g.input("input_ids", "int64", ["batch", "sequence"]);
      g.output(g.lookUp(tokenTable, stack === "encoder" ? ids : shiftedRight(g, ids, optionalNumber(config, "decoder_start_token_id") ?? 0)), stackState(stack, 0));
    });

  const block = (stack: Stack, index: number): Stage =>
    stage(`${stack} block ${index}`, (g) => {
      const parts = weights.at(`${stack}.block.${index}`);
      const depth = depthIn(stack, index);
      const x = g.input(stackState(stack, index), "float32", ["batch", "sequence", width]);
      const shape: AttentionShape = { heads, keyValueHeads: heads, headSize: sizeOfHead, causal: stack === "decoder", scale: 1 };
      const added = (to: Value, rows: Value): Value => g.add(to, g.unflatten(rows, to, [width]));

      const own = parts.at("layer.0.SelfAttention");
      const bias = relativeBias(g, x, { table: biasTable(stack, index), furthest, bothWays: stack === "encoder" });
      const [q, k, v] = (["q", "k", "v"] as const).map((name) => own.linear(name, width, heads * sizeOfHead)) as [Layer, Layer, Layer];
      const self = { shape: { ...shape, bias }, project: separateProjection([q, k, v], shape), out: own.linear("o", heads * sizeOfHead, width) };
      const attended = added(x, selfAttention(g, g.norm(x, norm(parts, "layer.0.layer_norm", width, "attention", depth)), self));

      const informed = stack === "decoder" ? added(attended, crossAttention(g, g.norm(attended, norm(parts, "layer.1.layer_norm", width, "attention", depth)), parts)) : attended;

      const last = parts.at(`layer.${stack === "decoder" ? 2 : 1}`);
      const fed = feedForward(last, config, width)(g, g.norm(informed, norm(last, "layer_norm", width, "ffn", depth)));
      g.output(added(informed, fed), stackState(stack, index + 1));
    });

  const crossAttention = (g: GraphBuilder, x: Value, parts: Weights): Value => {
    const names = parts.at("layer.1.EncDecAttention");
    const seen = g.input(encoded, "float32", ["batch", "sequence", width]);
    const project = (name: string, from: Value): Value => g.unflatten(g.linear(from, names.linear(name, width, heads * sizeOfHead)), from, [heads, sizeOfHead]);
    const shape = { heads, keyValueHeads: heads, headSize: sizeOfHead, causal: false, scale: 1 };
    return g.linear(attention(g, project("q", x), project("k", seen), project("v", seen), shape), names.linear("o", heads * sizeOfHead, width));
  };

  const biasTable = (stack: Stack, index: number): TensorReference => {
    const name = (at: number): string => `${stack}.block.${at}.layer.0.SelfAttention.relative_attention_bias.weight`;
    return weights.tensor(name(weights.has(name(index)) ? index : 0), [any, heads]);
  };

  const finalNorm = (stack: Stack, blocks: number, to: string): Stage =>
    stage(`${stack} final norm`, (g) => {
      const x = g.input(stackState(stack, blocks), "float32", ["batch", "sequence", width]);
      g.output(g.norm(x, norm(weights, `${stack}.final_layer_norm`, width, "final", depthIn(stack, blocks))), to);
    });

  const stack = (name: Stack, blocks: number, to: string): Stage[] => [embedding(name), ...blockIndices(blocks).map((index) => block(name, index)), finalNorm(name, blocks, to)];

  return {
    name: architectureName(config, "t5"),
    width,
    depth: encoderDepth + decoderDepth,
    isLanguageModel: true,
    input: { modality: "text", vocabularySize, contextLength: optionalSize(config, "n_positions") ?? 512 },
    stages: [...stack("encoder", encoderDepth, encoded), ...(hasDecoder ? stack("decoder", decoderDepth, lastHiddenState) : [])],
    ...(hasDecoder && { head: head(weights, config, tokenTable, width) }),
    assumptions: hasDecoder ? ["The decoder was fed the same text as the encoder, shifted right by one token."] : [],
  };
}

function feedForward(parts: Weights, config: Config, width: number): FeedForward {
  const names = parts.at("DenseReluDense");
  const stated = optionalText(config, "feed_forward_proj") ?? "relu";
  const name = stated.split("-").at(-1)!;
  if (!stated.startsWith("gated-")) return denseFeedForward(names.feedForward("wi", "wo", width), activation(name));
  const { up: gate, down } = names.feedForward("wi_0", "wo", width);
  return gatedFeedForward({ gate, up: names.linear("wi_1", width, outSize(gate)), down }, activation(name === "gelu" ? "gelu_new" : name));
}

/** The first T5 shares the embedding with its head, and scales what goes there. */
function head(weights: Weights, config: Config, table: TensorReference, width: number): Stage {
  const scale = flag(config, "scale_decoder_outputs", flag(config, "tie_word_embeddings", true)) ? 1 / Math.sqrt(width) : 1;
  return stage("head", (g) => {
    const x = g.input(lastHiddenState, "float32", ["batch", "sequence", width]);
    const weight = weights.optional("lm_head.weight", [...table.shape]) ?? table;
    g.output(g.project(g.multiply(x, g.float(scale)), { weight, layout: "out-in" }), "logits");
  });
}

type Layer = ReturnType<Weights["linear"]>;
