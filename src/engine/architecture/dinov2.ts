import { outSize } from "../graph/builder";
import { activation } from "./activation";
import type { Config, Family } from "./architecture";
import { architectureName, eps, optionalSize, optionalText, size } from "./config";
import { denseFeedForward, fusedGatedFeedForward, gatedFeedForward, type FeedForward } from "./feed-forward";
import { huggingFaceMarker } from "./hugging-face-vision";
import { imageSize } from "./image-size";
import { normsOf } from "./norm-in";
import { visionTransformer, type VisionTransformer } from "./vision-transformer";
import { any, holds, type Weights } from "./weights";

/** What attention's parts are called in checkpoints, and as transformers 5 has them in memory. */
const stored = { qkv: ["attention.attention.query", "attention.attention.key", "attention.attention.value"], out: "attention.output.dense" };
const inMemory = { qkv: ["attention.q_proj", "attention.k_proj", "attention.v_proj"], out: "attention.o_proj" };

/** DINOv2 (arXiv 2304.07193), with and without registers (arXiv 2309.16588), in the names of Hugging Face. */
export const dinov2: Family = {
  name: "dinov2",
  modelTypes: ["dinov2", "dinov2_with_registers"],
  recognises: (checkpoint) => holds(checkpoint, huggingFaceMarker) && holds(checkpoint, "encoder.layer.0.layer_scale1.lambda1"),
  build: (weights, config) => visionTransformer(read(weights.within(huggingFaceMarker), config)),
};

function read(weights: Weights, config: Config): VisionTransformer {
  const patchWeight = weights.tensor(huggingFaceMarker, [any, any, any, any]);
  const width = patchWeight.shape[0]!;
  const depth = weights.blocks((block) => `encoder.layer.${block}.norm1.weight`, optionalSize(config, "num_hidden_layers"));
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-6));
  const act = optionalText(config, "hidden_act") ?? "gelu";
  const registers = weights.optional("embeddings.register_tokens", [1, any, width]);
  return {
    name: architectureName(config, "dinov2"),
    depth,
    width,
    heads: size(config, "num_attention_heads"),
    embedding: {
      patchWeight,
      patchBias: weights.optional("embeddings.patch_embeddings.projection.bias", [width]),
      prefix: [weights.tensor("embeddings.cls_token", [1, 1, width])],
      ...(registers && { registers: [registers] }),
      positions: weights.tensor("embeddings.position_embeddings", [1, any, width]),
      imageSize: imageSize(config["image_size"], patchWeight.shape),
    },
    block: (index) => {
      const parts = weights.at(`encoder.layer.${index}`);
      const names = parts.has(`${inMemory.out}.weight`) ? inMemory : stored;
      return {
        attentionNorm: norm(parts, "norm1", width, "attention", index),
        qkv: names.qkv.map((part) => parts.linear(part, width, width)),
        attentionOut: parts.linear(names.out, width, width),
        attentionScale: parts.tensor("layer_scale1.lambda1", [width]),
        ffnNorm: norm(parts, "norm2", width, "ffn", index),
        feedForward: feedForward(parts.at("mlp"), width, act),
        ffnScale: parts.tensor("layer_scale2.lambda1", [width]),
      };
    },
    finalNorm: norm(weights, "layernorm", width, "final", depth),
    pool: "first",
    takesAnySize: true,
    assumptions: [],
  };
}

/** A dense one, or SwiGLU in the largest model: gate and up together as checkpoints have them, or apart as in memory. */
function feedForward(parts: Weights, width: number, act: string): FeedForward {
  if (parts.has("fc1.weight")) return denseFeedForward(parts.feedForward("fc1", "fc2", width), activation(act));
  if (parts.has("weights_in.weight")) {
    const gateUp = parts.linear("weights_in", width, any);
    return fusedGatedFeedForward({ gateUp, down: parts.linear("weights_out", outSize(gateUp) / 2, width) }, activation("silu"));
  }
  const gate = parts.linear("gate_proj", width, any);
  const [up, down] = [parts.linear("up_proj", width, outSize(gate)), parts.linear("down_proj", outSize(gate), width)];
  return gatedFeedForward({ gate, up, down }, activation("silu"));
}
