import { describe, expect, test } from "vitest";
import { normPlace } from "../../../src/engine/graph/find/norm-place";
import { parameterName, scopeName } from "../../../src/engine/graph/find/norm-name";
import { findNorms } from "../../../src/engine/graph/norms";
import { scattered, Writer } from "./model";

describe("the name of a norm", () => {
  test.each([
    ["transformer.h.0.ln_1.weight", "transformer.h.0.ln_1"],
    ["bert.embeddings.LayerNorm.gamma", "bert.embeddings.LayerNorm"],
    ["bert/encoder/layer_0/attention/output/LayerNorm/gamma:0", "bert.encoder.layer_0.attention.output.LayerNorm"],
    ["layer_norm_0.w_0", "layer_norm_0"],
    ["onnx::Mul_512", undefined],
    ["val_29", undefined],
    ["unsqueeze_1", undefined],
  ])("by the parameter %s is %s", (parameter, name) => {
    expect(parameterName(parameter)).toBe(name);
  });

  test.each([
    ["/h.0/ln_1/ReduceMean", "h.0.ln_1"],
    ["m.encoder.layer.0.norm/node_Div_3", "m.encoder.layer.0.norm"],
    ["jax2tf_get_logits_/pjit_get_logits_/MagikaV2/LayerNorm_0/Mul_1", "MagikaV2.LayerNorm_0"],
    ["model/ln/batchnorm/mul_1", "model.ln"],
    ["node_layer_norm_3", undefined],
  ])("by the node %s is %s", (node, name) => {
    expect(scopeName(node)).toBe(name);
  });
});

describe("the place of a norm", () => {
  test.each([
    ["transformer.h.3.ln_1", "attention", 3],
    ["transformer.h.3.ln_2", "ffn", 3],
    ["transformer.ln_f", "final", undefined],
    ["model.layers.11.input_layernorm", "attention", 11],
    ["model.layers.11.post_attention_layernorm", "ffn", 11],
    ["model.layers.11.self_attn.q_norm", "query", 11],
    ["model.layers.11.self_attn.k_norm", "key", 11],
    ["model.norm", "final", undefined],
    ["bert.embeddings.LayerNorm", "embedding", undefined],
    ["bert.encoder.layer.2.attention.output.LayerNorm", "post-attention", 2],
    ["bert.encoder.layer.2.output.LayerNorm", "post-ffn", 2],
    ["blocks.5.norm1", "attention", 5],
    ["blocks.5.norm2", "ffn", 5],
    ["encoder.layers.1.final_layer_norm", "ffn", 1],
    ["decoder.final_layer_norm", "final", undefined],
    ["MagikaV2.LayerNorm_0", "other", undefined],
    ["block_3_attention_norm", "attention", 3],
    ["block_12_ffn_norm", "ffn", 12],
    ["block_2_norm_1", "attention", 2],
    ["text_encoder_1.block_0_attention_norm_1", "attention", 0],
    ["text_encoder_1.block_3_ffn_norm_1", "ffn", 3],
    ["gau_layers.1.norm", "attention", 1],
    ["model.gau_1.scaled_norm_1", "attention", 1],
    ["model.gauge.norm", "final", undefined],
  ])("%s is %s of block %s", (name, role, block) => {
    expect(normPlace(name)).toEqual({ role, block });
  });

  test("beside flat names of blocks is told by those alone", () => {
    const names = new Set(["text_encoder_1.block_0_ffn_norm_1", "text_encoder_1.embeddings_norm_1"]);
    expect(normPlace("text_encoder_1.embeddings_norm_1", names)).toEqual({ role: "embedding", block: undefined });
  });

  test("without a number is the first of those that TensorFlow numbers from 1 on", () => {
    const names = new Set(["model.gau.scaled_norm", "model.gau_1.scaled_norm_1", "layer_normalization", "layer_normalization_1", "model.norm"]);
    expect([...names].map((name) => normPlace(name, names).block)).toEqual([0, 1, undefined, undefined, undefined]);
  });

  test("after attention, where the feed-forward part has a norm of its own", () => {
    const names = new Set(["layers.0.post_attention_layernorm", "layers.0.pre_feedforward_layernorm"]);
    expect(normPlace("layers.0.post_attention_layernorm", names).role).toBe("post-attention");
    expect(normPlace("layers.0.pre_feedforward_layernorm", names).role).toBe("ffn");
  });
});

describe("norms that share a parameter", () => {
  /** Two norms with this gain, at nodes of these names. */
  function sharing(gain: readonly number[], nodes: readonly [string, string]): string[] {
    const w = new Writer([2, 3, 8]);
    const weight = w.floats("layer.norm.weight", [8], gain);
    const first = w.op("LayerNormalization", ["x", weight]);
    const last = w.op("LayerNormalization", [w.op("Sin", [first]), weight]);
    const named = new Map([[first, nodes[0]], [last, nodes[1]]]);
    for (const node of w.nodes) node.name = named.get(node.name ?? "") ?? "";
    return findNorms(w.graph(last)).map(({ name }) => name);
  }

  test("are one layer that runs twice", () => {
    expect(sharing(scattered(8), ["", ""])).toEqual(["layer.norm", "layer.norm"]);
    expect(sharing(scattered(8), ["/layer/norm/LayerNormalization", "/layer/norm/LayerNormalization_1"])).toEqual(["layer.norm", "layer.norm"]);
  });

  test("are told apart by their scopes where an exporter has merged equal gains", () => {
    expect(sharing(Array<number>(8).fill(1), ["/layer.0/norm/LayerNormalization", "/layer.1/norm/LayerNormalization"])).toEqual(["layer.0.norm", "layer.1.norm"]);
  });

  test("are counted apart where nothing tells them apart", () => {
    expect(sharing(Array<number>(8).fill(1), ["", ""])).toEqual(["norm_1", "norm_2"]);
  });
});

test("norms that share their parameters are one layer, though one of them keeps eps in more digits", () => {
  const w = new Writer([2, 3, 8]);
  const weight = w.floats("shared.weight", [8], scattered(8, 1));
  const first = w.op("LayerNormalization", ["x", weight], { epsilon: 1e-5 });
  const second = w.op("LayerNormalization", [first, weight], { epsilon: Math.fround(1e-5) });
  expect(findNorms(w.graph(second)).map(({ name }) => name)).toEqual(["shared", "shared"]);
});
