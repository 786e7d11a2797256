import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { blockIndices, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { architectureName, flag, headSize, optionalNumber, optionalSize, optionalText, size } from "./config";
import { attend } from "./cross-attention";
import { lastHiddenState } from "./ends";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { shiftedRight } from "./shifted-right";
import { encoded, stackState, type Stack } from "./two-stacks";
import { any, type Weights } from "./weights";

const marker = "encoder.layers.0.self_attn.q_proj.weight";

/** Not in the configuration: all norms have torch's default. */
const normEps = 1e-5;

/** Slowest of the waves that tell positions apart has a period of this many times 2 pi. */
const longestPeriod = 10_000;

/** BART (arXiv 1910.13461), mBART, Marian and Pegasus: an encoder, and a decoder that sees it, with norms behind the branches or before them. */
export const bart: Family = {
  name: "bart",
  modelTypes: ["bart", "mbart", "marian", "pegasus"],
  recognises: () => false,
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const table = weights.tensor("shared.weight", [any, any]);
  const [vocabularySize, width] = table.shape as [number, number];
  const norm = normsOf("layernorm", normEps);
  const act = activation(optionalText(config, "activation_function") ?? "gelu");
  const depths = {
    encoder: weights.blocks((block) => `encoder.layers.${block}.self_attn.q_proj.weight`, optionalSize(config, "encoder_layers")),
    decoder: weights.blocks((block) => `decoder.layers.${block}.self_attn.q_proj.weight`, optionalSize(config, "decoder_layers")),
  };
  // The decoder's blocks are counted on from the encoder's.
  const depthIn = (stack: Stack, index: number): number => (stack === "encoder" ? index : depths.encoder + index);
  const isPreNorm = (stack: Stack): boolean => weights.hasNorm(`${stack}.layer_norm`);

  const embedding = (stack: Stack): Stage =>
    stage(`${stack} embedding`, (g) => {
      const ids = g.input("input_ids", "int64", ["batch", "sequence"]);
      const tokens = g.lookUp(table, stack === "encoder" ? ids : shiftedRight(g, ids, optionalNumber(config, "decoder_start_token_id") ?? 2));
      const scaled = flag(config, "scale_embedding", false) ? g.multiply(tokens, g.float(Math.sqrt(width))) : tokens;
      const placed = g.add(scaled, positions(g, g.sequenceLength(ids), weights.at(stack), config, width));
      const name = "layernorm_embedding";
      g.output(weights.hasNorm(`${stack}.${name}`) ? g.norm(placed, norm(weights.at(stack), name, width, "embedding", 0)) : placed, stackState(stack, 0));
    });

  const block = (stack: Stack, index: number): Stage =>
    stage(`${stack} block ${index}`, (g) => {
      const parts = weights.at(`${stack}.layers.${index}`);
      const heads = size(config, `${stack}_attention_heads`);
      const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
      const branch = (x: Value, name: string, role: "attention" | "ffn", rowsOf: (read: Value) => Value): Value => {
        const before = isPreNorm(stack);
        const specification: NormSpecification = norm(parts, name, width, before ? role : `post-${role}`, depthIn(stack, index));
        const added = g.add(x, g.unflatten(rowsOf(before ? g.norm(x, specification) : x), x, [width]));
        return before ? added : g.norm(added, specification);
      };
      const x = g.input(stackState(stack, index), "float32", ["batch", "sequence", width]);
      const attended = branch(x, "self_attn_layer_norm", "attention", (read) => attend(g, read, read, parts.at("self_attn"), { ...shape, causal: stack === "decoder" }));
      const informed =
        stack === "encoder"
          ? attended
          : branch(attended, "encoder_attn_layer_norm", "attention", (read) => attend(g, read, g.input(encoded, "float32", ["batch", "sequence", width]), parts.at("encoder_attn"), shape));
      const feedForward = denseFeedForward(parts.feedForward("fc1", "fc2", width), act);
      g.output(branch(informed, "final_layer_norm", "ffn", (read) => feedForward(g, read)), stackState(stack, index + 1));
    });

  const last = (stack: Stack, to: string): Stage =>
    stage(isPreNorm(stack) ? `${stack} final norm` : `${stack} end`, (g) => {
      const x = g.input(stackState(stack, depths[stack]), "float32", ["batch", "sequence", width]);
      g.output(isPreNorm(stack) ? g.norm(x, norm(weights, `${stack}.layer_norm`, width, "final", depthIn(stack, depths[stack]))) : x, to);
    });

  const stack = (name: Stack, to: string): Stage[] => [embedding(name), ...blockIndices(depths[name]).map((index) => block(name, index)), last(name, to)];
  return {
    name: architectureName(config, "bart"),
    width,
    depth: depths.encoder + depths.decoder,
    isLanguageModel: true,
    input: { modality: "text", vocabularySize, contextLength: optionalSize(config, "max_position_embeddings") ?? 1024 },
    stages: [...stack("encoder", encoded), ...stack("decoder", lastHiddenState)],
    head: head(weights.outside("model."), table),
    assumptions: ["The decoder was fed the same text as the encoder, shifted right by one token."],
  };
}

/** What is added to tokens for their places, [sequence, width]: rows of a table, whose first two are for padding in BART and mBART, or waves. */
function positions(g: GraphBuilder, length: Value, names: Weights, config: Config, width: number): Value {
  const learned = names.optional("embed_positions.weight", [any, width]);
  const isOffset = ["bart", "mbart"].includes(optionalText(config, "model_type") ?? "");
  if (learned) return g.firstRows(learned, length, isOffset ? 2 : 0);
  const half = width / 2;
  const frequencies = g.doubles("frequencies", [1, half], () => Float64Array.from({ length: half }, (_, index) => longestPeriod ** (-index / half)));
  const places = g.op("Unsqueeze", [g.op("Range", [g.int(0), g.op("Squeeze", [length]), g.int(1)]), g.ints([1])]);
  const angles = g.multiply(g.toDouble(places), frequencies);
  return g.op("Concat", ["Sin", "Cos"].map((wave) => g.toFloat(g.op(wave, [angles]))), { axis: { int: 1 } });
}

function head(weights: Weights, table: TensorReference): Stage {
  const [vocabularySize, width] = table.shape as [number, number];
  const offset = weights.optional("final_logits_bias", [1, vocabularySize]);
  return stage("head", (g) => {
    const x = g.input(lastHiddenState, "float32", ["batch", "sequence", width]);
    const logits = g.project(x, { weight: weights.optional("lm_head.weight", table.shape) ?? table, layout: "out-in" });
    g.output(offset ? g.add(logits, g.weight(offset)) : logits, "logits");
  });
}
