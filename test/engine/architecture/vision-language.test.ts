import { describe, expect, test } from "vitest";
import { languageModelOf } from "../../../src/engine/architecture/vision-language";
import type { Checkpoint } from "../../../src/engine/checkpoint/checkpoint";
import { UserError } from "../../../src/shared/errors";

const withConfig = (config: Record<string, unknown>): Checkpoint => ({ path: "model", folder: ".", format: "safetensors", tensors: new Map(), config });
const leftAside = "The model also sees images; its language model was fed text alone, and what sees images was left aside.";

describe("a model that sees images beside text", () => {
  test("is read by its language model's configuration, under its own class name", () => {
    const { checkpoint, assumptions } = languageModelOf(
      withConfig({ model_type: "llava", architectures: ["Llava"], text_config: { model_type: "mistral", architectures: ["Mistral"], num_attention_heads: 4, num_key_value_heads: 2 } }),
    );
    expect(checkpoint.config).toMatchObject({ model_type: "mistral", architectures: ["Llava"], num_attention_heads: 4, num_key_value_heads: 2 });
    expect(assumptions).toEqual([leftAside]);
  });

  test("has the heads that transformers takes where its configuration leaves them out, which is told", () => {
    const { checkpoint, assumptions } = languageModelOf(withConfig({ model_type: "llava", text_config: { model_type: "llama", rms_norm_eps: 1e-5 } }));
    expect(checkpoint.config).toMatchObject({ model_type: "llama", num_attention_heads: 32, rms_norm_eps: 1e-5 });
    expect(assumptions).toEqual([leftAside, "config.json states no number of attention heads; took 32, as transformers does."]);
  });

  test.each([
    [{ model_type: "qwen2_5_vl", num_attention_heads: 4 }, "qwen2"],
    [{ model_type: "qwen3_vl", text_config: { model_type: "qwen3_vl_text" } }, "qwen3"],
    [{ model_type: "gemma3", text_config: { model_type: "gemma3_text" } }, "gemma3_text"],
    [{ model_type: "llava", num_attention_heads: 4 }, "llama"],
  ])("%j holds a language model of type %s", (config, type) => {
    expect(languageModelOf(withConfig(config)).checkpoint.config).toMatchObject({ model_type: type });
  });

  test("is refused where its configuration is no object", () => {
    expect(() => languageModelOf(withConfig({ model_type: "llava", text_config: "llama" }))).toThrow(UserError);
  });
});

test("any other model stays as it is", () => {
  const checkpoint = withConfig({ model_type: "clip", text_config: { hidden_size: 8 } });
  expect(languageModelOf(checkpoint)).toEqual({ checkpoint, assumptions: [] });
});
