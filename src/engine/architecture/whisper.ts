import type { NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { blockIndices, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { architectureName, headSize, optionalSize, optionalText, size } from "./config";
import { attend } from "./cross-attention";
import { lastHiddenState, logitsStage } from "./ends";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { any, holds, type Weights } from "./weights";

const marker = "encoder.conv1.weight";

/** Not in the configuration: all norms have torch's default. */
const normEps = 1e-5;

/** Whisper (arXiv 2212.04356) in the names of Hugging Face: an encoder of log-mel frames, and a decoder of text that sees it. */
export const whisper: Family = {
  name: "whisper",
  modelTypes: ["whisper"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "decoder.layers.0.encoder_attn_layer_norm.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

/** One of the two stacks of blocks. */
type Stack = "encoder" | "decoder";

const state = (stack: Stack, index: number): string => `${stack}_${index}`;
const encoded = "encoded";

function build(weights: Weights, config: Config): Architecture {
  const conv1 = weights.tensor(marker, [any, any, 3]);
  const [width, bands] = conv1.shape as [number, number];
  const positions = weights.tensor("encoder.embed_positions.weight", [any, width]);
  const tokenTable = weights.tensor("decoder.embed_tokens.weight", [any, width]);
  const tokenPositions = weights.tensor("decoder.embed_positions.weight", [any, width]);
  const act = activation(optionalText(config, "activation_function") ?? "gelu");
  const depths = {
    encoder: weights.blocks((block) => `encoder.layers.${block}.self_attn_layer_norm.weight`, optionalSize(config, "encoder_layers")),
    decoder: weights.blocks((block) => `decoder.layers.${block}.self_attn_layer_norm.weight`, optionalSize(config, "decoder_layers")),
  };
  // The decoder's blocks are counted on from the encoder's.
  const depthIn = (stack: Stack, index: number): number => (stack === "encoder" ? index : depths.encoder + index);
  const norm = normsOf("layernorm", normEps);

  const frames = stage("encoder embedding", (g) => {
    const mel = g.input("input_features", "float32", ["batch", bands, "frames"]);
    const convolve = (x: Value, name: string, inSize: number, stride: number): Value =>
      g.op("Gelu", [
        g.op("Conv", [x, g.weight(weights.tensor(`encoder.${name}.weight`, [width, inSize, 3])), g.weight(weights.tensor(`encoder.${name}.bias`, [width]))], {
          kernel_shape: { ints: [3] },
          strides: { ints: [stride] },
          pads: { ints: [1, 1] },
        }),
      ]);
    const rows = g.op("Transpose", [convolve(convolve(mel, "conv1", bands, 1), "conv2", width, 2)], { perm: { ints: [0, 2, 1] } });
    g.output(g.add(rows, g.firstRows(positions, g.sequenceLength(rows))), state("encoder", 0));
  });

  const tokens = stage("decoder embedding", (g) => {
    const ids = g.input("input_ids", "int64", ["batch", "sequence"]);
    g.output(g.add(g.lookUp(tokenTable, ids), g.firstRows(tokenPositions, g.sequenceLength(ids))), state("decoder", 0));
  });

  const block = (stack: Stack, index: number): Stage =>
    stage(`${stack} block ${index}`, (g) => {
      const parts = weights.at(`${stack}.layers.${index}`);
      const heads = size(config, `${stack}_attention_heads`);
      const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: stack === "decoder" };
      const normed = (x: Value, name: string, role: NormSpecification["role"]): Value => g.norm(x, norm(parts, name, width, role, depthIn(stack, index)));
      const added = (to: Value, rows: Value): Value => g.add(to, g.unflatten(rows, to, [width]));
      const x = g.input(state(stack, index), "float32", ["batch", "sequence", width]);
      const own = normed(x, "self_attn_layer_norm", "attention");
      const attended = added(x, attend(g, own, own, parts.at("self_attn"), shape));
      const informed =
        stack === "encoder"
          ? attended
          : added(attended, attend(g, normed(attended, "encoder_attn_layer_norm", "attention"), g.input(encoded, "float32", ["batch", "frames", width]), parts.at("encoder_attn"), { ...shape, causal: false }));
      const feedForward = denseFeedForward(parts.feedForward("fc1", "fc2", width), act);
      g.output(added(informed, feedForward(g, normed(informed, "final_layer_norm", "ffn"))), state(stack, index + 1));
    });

  const last = (stack: Stack, name: string): Stage =>
    stage(`${stack} final norm`, (g) => {
      const x = g.input(state(stack, depths[stack]), "float32", ["batch", "sequence", width]);
      g.output(g.norm(x, norm(weights, `${stack}.layer_norm`, width, "final", depthIn(stack, depths[stack]))), name);
    });

  const stackOf = (stack: Stack): Stage[] => blockIndices(depths[stack]).map((index) => block(stack, index));
  return {
    name: architectureName(config, "whisper"),
    width,
    depth: depths.encoder + depths.decoder,
    isLanguageModel: false,
    input: {
      modality: "audio",
      feed: "input_features",
      shape: [bands, 2 * positions.shape[0]!],
      tokensPerPiece: positions.shape[0]!,
      text: { modality: "text", vocabularySize: tokenTable.shape[0]!, contextLength: tokenPositions.shape[0]! },
    },
    stages: [frames, ...stackOf("encoder"), last("encoder", encoded), tokens, ...stackOf("decoder"), last("decoder", lastHiddenState)],
    head: logitsStage({ weight: weights.outside("model.").optional("proj_out.weight", [any, width]) ?? tokenTable, layout: "out-in" }),
    assumptions: [],
  };
}
