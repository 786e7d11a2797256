"""Writes the golden files of the families that take sound, as make_golden.py does for the others:

    python make_golden_speech.py            all cases
    python make_golden_speech.py whisper    the cases whose names start with whisper
"""

import sys
from typing import Callable

import torch
import transformers
from cases import VISIBLE_EPS, VOCABULARY, ids, transformers_case, write_cases
from recording import Case, Feed
from torch import nn

# wav2vec 2.0 and HuBERT

SPEECH_SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "conv_dim": (8, 8),
    "conv_stride": (5, 2),
    "conv_kernel": (10, 3),
    "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 6,
    "num_conv_pos_embedding_groups": 4,
    "layer_norm_eps": VISIBLE_EPS,
}
POST_ROLES = {
    "layer_norm": "post-attention",
    "final_layer_norm": "post-ffn",
    "conv_layers.0.layer_norm": "embedding",
    "conv_layers.1.layer_norm": "embedding",
    "feature_projection.layer_norm": "embedding",
    "encoder.layer_norm": "embedding",
}
PRE_ROLES = {**POST_ROLES, "layer_norm": "attention", "final_layer_norm": "ffn", "encoder.layer_norm": "final"}


def sound(length: int) -> dict[str, Feed]:
    generator = torch.Generator().manual_seed(length)
    return {"": {"input_values": torch.randn(2, length, generator=generator)}}


def speech(name: str, model: nn.Module, roles: dict[str, str]) -> Case:
    def depth(module: str) -> int:
        return int(module.split("encoder.layers.")[1].split(".")[0]) if "encoder.layers." in module else 0

    return transformers_case(name, model, roles, sound(125), depth=depth, without_effect=r"k_proj\.bias|masked_spec_embed|lm_head")


def wav2vec2_hf() -> Case:
    """Like wav2vec2-base: a norm over time behind the first convolution, norms behind the branches."""
    case = speech("wav2vec2-hf", transformers.Wav2Vec2ForCTC(transformers.Wav2Vec2Config(**SPEECH_SIZES, vocab_size=7)), POST_ROLES)
    case.forward = lambda model, feed: {"last_hidden_state": model.wav2vec2(**feed).last_hidden_state}
    return case


def wav2vec2_hf_stable() -> Case:
    """Like wav2vec2-large-lv60: norms behind all convolutions, and before the branches."""
    config = transformers.Wav2Vec2Config(**{**SPEECH_SIZES, "num_conv_pos_embeddings": 5}, do_stable_layer_norm=True, feat_extract_norm="layer", conv_bias=True)
    return speech("wav2vec2-hf-stable", transformers.Wav2Vec2Model(config), PRE_ROLES)


def hubert_hf_old_names() -> Case:
    """As checkpoints of before torch's parametrizations keep the weight normalisation."""
    case = speech("hubert-hf-old-names", transformers.HubertModel(transformers.HubertConfig(**SPEECH_SIZES)), POST_ROLES)
    spelled = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    for new, old in spelled.items():
        case.checkpoint = {name.replace(new, old): tensor for name, tensor in case.checkpoint.items()}
    return case


# Whisper

WHISPER_ROLES = {"self_attn_layer_norm": "attention", "encoder_attn_layer_norm": "attention", "final_layer_norm": "ffn", "layer_norm": "final"}


def whisper_hf() -> Case:
    sizes = {"d_model": 16, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_layers": 2, "decoder_attention_heads": 4, "decoder_ffn_dim": 20}
    special = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    config = transformers.WhisperConfig(vocab_size=VOCABULARY, num_mel_bins=6, max_source_positions=9, max_target_positions=10, **sizes, **special)
    generator = torch.Generator().manual_seed(0)
    feeds = {"": {"input_features": torch.randn(2, 6, 18, generator=generator), **ids(2, 8)}}

    def run(model: nn.Module, feed: Feed) -> Feed:
        whole = model(input_features=feed["input_features"], decoder_input_ids=feed["input_ids"])
        return {"logits": whole.logits}

    def depth(module: str) -> int:
        return int(module.split("layers.")[1].split(".")[0]) + (2 if "decoder." in module else 0)

    case = transformers_case("whisper-hf", transformers.WhisperForConditionalGeneration(config), WHISPER_ROLES, feeds, depth=depth)
    case.forward = run
    case.final_depth = lambda name: 4 if "decoder." in name else 2
    return case


CASES: list[Callable[[], Case]] = [wav2vec2_hf, wav2vec2_hf_stable, hubert_hf_old_names, whisper_hf]


if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
