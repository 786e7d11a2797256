import { join } from "node:path";
import { expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { writeStages } from "../../../src/engine/forward";
import { UserError } from "../../../src/shared/errors";

const golden = join(import.meta.dirname, "golden");

/** Configurations that belong to no model that can be run, each a golden case with a field changed, and what the refusal says. */
test.each([
  ["t5-hf", { relative_attention_max_distance: 1e8 }, /"relative_attention_max_distance" is 100000000/],
  ["deberta-v3", { max_position_embeddings: 1e8 }, /"max_position_embeddings" is 100000000/],
  ["deberta-v3", { pos_att_type: "none" }, /"pos_att_type" names neither/],
  ["phi3-longrope", { rope_parameters: { rope_type: "longrope", short_factor: [1, 2], partial_rotary_factor: 0.75 } }, /"short_factor" is no list of 3 numbers/],
  ["olmo3-hf", { rope_parameters: { full_attention: { rope_type: "unheard" } } }, /position scaling "unheard" is not known/],
  ["gpt-neox-hf", { rope_parameters: { partial_rotary_factor: 5 } }, /can't be turned in pairs/],
  ["mixtral-hf", { num_experts_per_tok: undefined }, /"num_experts_per_tok" is missing/],
  ["bloom-hf", { apply_residual_connection_post_layernorm: true }, /such blocks are not read/],
  ["falcon-multi-query", { alibi: true }, /"alibi" is true/],
  ["falcon-new", { num_kv_heads: 3 }, /does not divide/],
  ["stablelm-hf", { qk_layernorm: true }, /"qk_layernorm" is true/],
  ["cohere-hf", { use_qk_norm: true }, /"use_qk_norm" is true/],
  ["olmoe-hf", { clip_qkv: 8 }, /"clip_qkv" is 8/],
  ["gemma3-hf", { sliding_window: 0 }, /"sliding_window" is 0/],
  ["caduceus-hf", { rcps: true }, /reads both strands at once/],
  ["dit-original", { num_heads: 3 }, /can't be divided among 3 attention heads/],
  ["mamba-hf", { num_hidden_layers: 5 }, /layers\.2\.mixer\.A_log is missing/],
  ["deepseek-v3-hf", { n_group: 3 }, /into which 8 experts can't be divided/],
  ["mistral-window", { num_key_value_heads: 3 }, /does not divide/],
] as const)("%s with %o is refused", async (name, changes, message) => {
  const checkpoint = await openCheckpoint(join(golden, name));
  const changed = { ...checkpoint, config: { ...checkpoint.config, ...changes } };
  const build = (): unknown => writeStages(recogniseModel(changed).architecture.stages);
  expect(build).toThrow(UserError);
  expect(build).toThrow(message);
});

test("gpt-oss is refused where codes and exponents of its experts don't fit each other", async () => {
  const checkpoint = await openCheckpoint(join(golden, "gpt-oss-mxfp4"));
  const name = "model.layers.0.mlp.experts.down_proj_scales";
  const scales = checkpoint.tensors.get(name)!;
  const changed = { ...checkpoint, tensors: new Map([...checkpoint.tensors, [name, { ...scales, shape: [...scales.shape, 1] }] as const]) };
  const build = (): unknown => writeStages(recogniseModel(changed).architecture.stages);
  expect(build).toThrow(UserError);
  expect(build).toThrow(/down_proj_scales.* don't hold codes and exponents of MXFP4 numbers/);
});
