"""Writes the golden files of models that see images beside text: small random checkpoints with what PyTorch computes in their language models, fed text alone.

    python make_golden_image_text.py            all cases
    python make_golden_image_text.py llava      the cases whose names start with llava
"""

import sys

import transformers
from cases import VISIBLE_EPS, VOCABULARY, saved_by_transformers, text_feeds, write_cases
from recording import Case, Feed, Outputs, randomise
from torch import nn

ROLES = {"input_layernorm": "attention", "post_attention_layernorm": "ffn", "q_norm": "query", "k_norm": "key", "norm": "final"}
TEXT = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32,
    "rms_norm_eps": VISIBLE_EPS,
    "pad_token_id": 0,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
IMAGES = {"hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 8, "patch_size": 4}
QWEN_IMAGES = {"depth": 1, "hidden_size": 16, "num_heads": 2, "patch_size": 4, "out_hidden_size": 16, "intermediate_size": 20}
QWEN_TOKENS = {"image_token_id": 47, "video_token_id": 46, "vision_start_token_id": 45, "vision_end_token_id": 44}
# Positions of which a patch has three, each turning a part of the pairs.
THREEFOLD = {"rope_type": "default", "rope_theta": 100.0, "mrope_section": [1, 1]}
# Larger tensors of what sees images are left out: they are not read.
KEPT = 64


class LanguageModel(nn.Module):
    """What a model of images and text runs where it is fed text alone."""

    def __init__(self, whole: nn.Module):
        super().__init__()
        self.config = whole.config.get_text_config()
        self.language = whole.model.language_model if hasattr(whole.model, "language_model") else whole.model.text_model
        self.head = whole.lm_head


def run(model: nn.Module, feed: Feed) -> Outputs:
    last = model.language(**feed, use_cache=False).last_hidden_state
    return {"last_hidden_state": last, "logits": model.head(last)}


def case(name: str, kind: str, config: transformers.PretrainedConfig) -> Case:
    whole = randomise(getattr(transformers, f"{kind}ForConditionalGeneration")(config), name)
    written, tensors = saved_by_transformers(whole)
    sees_images = ("vision", "visual", "multi_modal", "connector")
    return Case(
        name=name,
        model=LanguageModel(whole),
        forward=run,
        config=written,
        checkpoint={key: tensor for key, tensor in tensors.items() if tensor.numel() <= KEPT or not any(part in key for part in sees_images)},
        roles=ROLES,
        blocks=TEXT["num_hidden_layers"],
        feeds=text_feeds(),
    )


def llava_hf() -> Case:
    config = transformers.LlavaConfig(text_config=transformers.LlamaConfig(**TEXT), vision_config=transformers.CLIPVisionConfig(**IMAGES), image_token_index=47)
    return case("llava-hf", "Llava", config)


def idefics3_hf() -> Case:
    """A head that stands far from the language model."""
    return case("idefics3-hf", "Idefics3", transformers.Idefics3Config(text_config=transformers.LlamaConfig(**TEXT), vision_config=IMAGES, scale_factor=2, **{"pad_token_id": 0}))


def mistral3_hf() -> Case:
    """A projector with a norm of its own, which is not run."""
    config = transformers.Mistral3Config(
        text_config=transformers.MistralConfig(**TEXT, sliding_window=3), vision_config=transformers.PixtralVisionConfig(**IMAGES), image_token_index=47
    )
    return case("mistral3-hf", "Mistral3", config)


def qwen2_5_vl_hf() -> Case:
    return case("qwen2-5-vl-hf", "Qwen2_5_VL", transformers.Qwen2_5_VLConfig(text_config={**TEXT, "rope_parameters": THREEFOLD}, vision_config=QWEN_IMAGES, **QWEN_TOKENS))


def qwen2_5_vl_old() -> Case:
    """config.json before transformers 5: the language model's fields are the whole model's."""
    made = qwen2_5_vl_hf()
    written = made.config
    made.name = "qwen2-5-vl-old"
    made.config = {
        "architectures": written["architectures"],
        "model_type": "qwen2_5_vl",
        **TEXT,
        "hidden_act": "silu",
        "rope_theta": 100.0,
        "rope_scaling": {"type": "mrope", "mrope_section": [1, 1]},
        "sliding_window": 3,
        "use_sliding_window": False,
        "max_window_layers": 1,
        "vision_config": QWEN_IMAGES,
    }
    return made


def qwen3_vl_hf() -> Case:
    images = {**QWEN_IMAGES, "deepstack_visual_indexes": [0], "num_position_embeddings": 4}
    return case("qwen3-vl-hf", "Qwen3VL", transformers.Qwen3VLConfig(text_config={**TEXT, "head_dim": 8, "rope_parameters": {**THREEFOLD, "mrope_section": [2, 1, 1]}}, vision_config=images, **QWEN_TOKENS))


CASES = [llava_hf, idefics3_hf, mistral3_hf, qwen2_5_vl_hf, qwen2_5_vl_old, qwen3_vl_hf]

if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
