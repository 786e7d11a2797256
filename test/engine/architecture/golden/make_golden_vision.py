"""Writes the golden files of the families that take images, as make_golden.py does for the others:

    python make_golden_vision.py            all cases
    python make_golden_vision.py deit       the cases whose names start with deit
"""

import re
import sys
from typing import Callable

import timm
import torch
import transformers
from cases import CONTEXT, VISIBLE_EPS, VOCABULARY, ids, image_feeds, transformers_case, write_cases
from make_golden import VIT_ROLES, VIT_WITHOUT_EFFECT
from recording import Case, randomise
from torch import nn

SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "image_size": 32,
    "patch_size": 8,
    "num_channels": 1,
    "layer_norm_eps": VISIBLE_EPS,
}


# DeiT

def deit(name: str, model_class: type = transformers.DeiTForImageClassification) -> Case:
    config = transformers.DeiTConfig(**SIZES, num_labels=5)
    return transformers_case(name, model_class(config), VIT_ROLES, image_feeds(1, 32, 32), without_effect=VIT_WITHOUT_EFFECT)


def deit_hf() -> Case:
    return deit("deit-hf")


def deit_hf_in_memory_names() -> Case:
    case = deit("deit-hf-in-memory-names", transformers.DeiTModel)
    case.checkpoint = dict(case.model.state_dict())
    return case


def deit_timm_distilled() -> Case:
    """timm's, with a token for the teacher and a head for each of both tokens."""
    arguments = {"img_size": 32, "patch_size": 8, "in_chans": 1, "embed_dim": 16, "depth": 2, "num_heads": 2, "mlp_ratio": 2.5, "num_classes": 5}
    model = randomise(timm.models.deit.VisionTransformerDistilled(**arguments), "deit-timm-distilled")
    config = {"architecture": "deit_tiny_distilled_patch16_224", "num_classes": 5, "model_args": {"img_size": 32, "num_heads": 2}}
    roles = {"norm1": "attention", "norm2": "ffn", "norm": "final"}

    def run(model: nn.Module, feed: dict) -> dict:
        return {"last_hidden_state": model.forward_features(feed["pixel_values"])}

    return Case("deit-timm-distilled", model, run, config, dict(model.state_dict()), roles, 2, image_feeds(1, 32, 32), without_effect="head")


# DINOv2

DINOV2_ROLES = {"norm1": "attention", "norm2": "ffn", "layernorm": "final"}
DINOV2_WITHOUT_EFFECT = VIT_WITHOUT_EFFECT + "|mask_token"


def dinov2(name: str, model: nn.Module) -> Case:
    case = transformers_case(name, model, DINOV2_ROLES, image_feeds(1, 32, 32), without_effect=DINOV2_WITHOUT_EFFECT)
    case.forward = lambda model, feed: {"last_hidden_state": model.base_model(**feed).last_hidden_state}
    return case


def dinov2_hf() -> Case:
    case = dinov2("dinov2-hf", transformers.Dinov2ForImageClassification(transformers.Dinov2Config(**SIZES, mlp_ratio=2)))
    case.without_effect += "|classifier"
    return case


def dinov2_hf_swiglu() -> Case:
    return dinov2("dinov2-hf-swiglu", transformers.Dinov2Model(transformers.Dinov2Config(**SIZES, mlp_ratio=2, use_swiglu_ffn=True)))


def dinov2_hf_in_memory_names() -> Case:
    case = dinov2("dinov2-hf-in-memory-names", transformers.Dinov2Model(transformers.Dinov2Config(**SIZES, mlp_ratio=2, use_swiglu_ffn=True)))
    case.checkpoint = dict(case.model.state_dict())
    return case


def dinov2_hf_registers() -> Case:
    config = transformers.Dinov2WithRegistersConfig(**SIZES, mlp_ratio=2, num_register_tokens=3)
    return dinov2("dinov2-hf-registers", transformers.Dinov2WithRegistersModel(config))


# DINOv3


def dinov3(name: str, model: nn.Module, feeds: dict) -> Case:
    case = transformers_case(name, model, {"norm1": "attention", "norm2": "ffn", "norm": "final"}, feeds, without_effect=DINOV2_WITHOUT_EFFECT)
    case.forward = lambda model, feed: {"last_hidden_state": model(**feed).last_hidden_state}
    return case


def dinov3_hf() -> Case:
    config = transformers.DINOv3ViTConfig(**SIZES, num_register_tokens=2)
    return dinov3("dinov3-hf", transformers.DINOv3ViTModel(config), image_feeds(1, 32, 32))


def dinov3_hf_in_memory_names() -> Case:
    """Gated, a bias for the keys as well, pictures that are not square."""
    config = transformers.DINOv3ViTConfig(**{**SIZES, "image_size": [24, 40]}, num_register_tokens=2, use_gated_mlp=True, key_bias=True)
    case = dinov3("dinov3-hf-in-memory-names", transformers.DINOv3ViTModel(config), image_feeds(1, 24, 40))
    case.checkpoint = dict(case.model.state_dict())
    return case


# CLIP and SigLIP

CLIP_ROLES = {
    "pre_layrnorm": "embedding",
    "layer_norm1": "attention",
    "layer_norm2": "ffn",
    "post_layernorm": "final",
    "final_layer_norm": "final",
    "head.layernorm": "ffn",
}
CLIP_TEXT = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 40, "vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT}
CLIP_WITHOUT_EFFECT = r"k_proj\.bias|in_proj_bias|projection|logit|text_model\.head"


def run_towers(model: nn.Module, feed: dict) -> dict:
    """What both towers give, before the projections."""
    whole = model(**feed)
    image, text = whole.vision_model_output, whole.text_model_output
    return {"last_hidden_state": image.last_hidden_state, "pooler_output": image.pooler_output, "text_last_hidden_state": text.last_hidden_state}


def run_tower(model: nn.Module, feed: dict) -> dict:
    whole = model(**feed)
    return {"last_hidden_state": whole.last_hidden_state, "pooler_output": whole.pooler_output}


def towers_case(name: str, model: nn.Module, feeds: dict, run) -> Case:
    model.config.num_hidden_layers = 2
    case = transformers_case(name, model, CLIP_ROLES, feeds, without_effect=CLIP_WITHOUT_EFFECT)
    case.config.pop("num_hidden_layers", None)
    case.forward = run
    return case


def pairs() -> dict:
    return {"": {**image_feeds(1, 32, 32)[""], **ids(2, 8)}}


def clip_hf() -> Case:
    text = {**CLIP_TEXT, "layer_norm_eps": VISIBLE_EPS}
    config = transformers.CLIPConfig(text_config=text, vision_config=SIZES, projection_dim=8)
    return towers_case("clip-hf", transformers.CLIPModel(config), pairs(), run_towers)


def clip_hf_vision() -> Case:
    return towers_case("clip-hf-vision", transformers.CLIPVisionModel(transformers.CLIPVisionConfig(**SIZES)), image_feeds(1, 32, 32), run_tower)


def clip_hf_text() -> Case:
    return towers_case("clip-hf-text", transformers.CLIPTextModel(transformers.CLIPTextConfig(**CLIP_TEXT)), {"": ids(3, 8)}, run_tower)


def siglip_hf() -> Case:
    text = {**CLIP_TEXT, "layer_norm_eps": VISIBLE_EPS}
    return towers_case("siglip-hf", transformers.SiglipModel(transformers.SiglipConfig(text_config=text, vision_config=SIZES)), pairs(), run_towers)


# BEiT

BEIT_ROLES = {**VIT_ROLES, "pooler.layernorm": "final"}


def beit(name: str, model_class: type, **options) -> Case:
    config = transformers.BeitConfig(**{**SIZES, "layer_scale_init_value": 0.1, "num_labels": 5, **options})
    return transformers_case(name, model_class(config), BEIT_ROLES, image_feeds(1, 32, 32), without_effect="mask_token")


def beit_hf() -> Case:
    """As finetuned ones: a table in every block, the mean over patches normalised."""
    return beit("beit-hf", transformers.BeitForImageClassification, use_relative_position_bias=True, use_mean_pooling=True)


def beit_hf_shared() -> Case:
    """As pretrained ones: a table for all blocks, absolute positions beside it, a norm of all tokens."""
    options = {"use_shared_relative_position_bias": True, "use_absolute_position_embeddings": True, "use_mask_token": True, "use_mean_pooling": False}
    return beit("beit-hf-shared", transformers.BeitModel, **options)


def beit_hf_in_memory_names() -> Case:
    case = beit("beit-hf-in-memory-names", transformers.BeitModel, use_relative_position_bias=True, use_mean_pooling=False, layer_scale_init_value=0.0)
    case.checkpoint = dict(case.model.state_dict())
    return case


# Swin

SWIN_ROLES = {**VIT_ROLES, "embeddings.norm": "embedding", "downsample.norm": "other"}


def swin(name: str, model_class: type, **options) -> Case:
    """Two levels: two blocks of four windows each, the second one moved, and a block of a single window."""
    sizes = {"image_size": 32, "patch_size": 4, "num_channels": 1, "embed_dim": 8, "depths": [2, 1], "num_heads": [1, 2], "window_size": 4, "mlp_ratio": 2.0}
    config = transformers.SwinConfig(**{**sizes, "layer_norm_eps": VISIBLE_EPS, "num_labels": 5, **options})
    config.num_hidden_layers = sum(config.depths)
    starts = [0, *config.depths]

    def depth(module: str) -> int:
        parts = module.split(".")
        level = int(parts[parts.index("layers") + 1])
        return sum(starts[: level + 1]) + (int(parts[parts.index("blocks") + 1]) if "blocks" in parts else config.depths[level])

    case = transformers_case(name, model_class(config), SWIN_ROLES, image_feeds(1, 32, 32), depth=depth, without_effect=r"k(ey|_proj)\.bias|mask_token")
    case.config.pop("num_hidden_layers", None)
    return case


def swin_hf() -> Case:
    return swin("swin-hf", transformers.SwinForImageClassification)


def swin_hf_in_memory_names() -> Case:
    case = swin("swin-hf-in-memory-names", transformers.SwinModel, use_absolute_embeddings=True, embed_dim=4, mlp_ratio=3.0)
    case.checkpoint = dict(case.model.state_dict())
    return case


# ConvNeXt

CONVNEXT_ROLES = {"embeddings.layernorm": "embedding", "downsampling_layer.0": "other", "layernorm": "ffn", "convnext.layernorm": "final", "convnextv2.layernorm": "final"}


class OverSecondAxis(nn.Module):
    """A norm over the second of four axes as one over the last: its input is recorded as rows."""

    def __init__(self, norm: nn.LayerNorm):
        super().__init__()
        self.rows = nn.LayerNorm(norm.weight.shape[0], eps=norm.eps)

    def forward(self, x):
        return self.rows(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def convnext(name: str, model: nn.Module) -> Case:
    starts = [0, *model.config.depths]

    def depth(module: str) -> int:
        parts = module.split(".")
        level = int(parts[parts.index("stages") + 1])
        return sum(starts[: level + 1]) + (int(parts[parts.index("layers") + 1]) if "layers" in parts else 0)

    for parent in list(model.modules()):
        for key, child in parent.named_children():
            if getattr(child, "data_format", "") == "channels_first":
                setattr(parent, key, OverSecondAxis(child))
    model.config.num_hidden_layers = sum(model.config.depths)
    case = transformers_case(name, model, CONVNEXT_ROLES, image_feeds(1, 32, 32), depth=depth)
    case.checkpoint = {key.replace(".rows.", "."): tensor for key, tensor in case.checkpoint.items()}
    case.config.pop("num_hidden_layers", None)
    return case


CONVNEXT_SIZES = {"num_channels": 1, "hidden_sizes": [8, 12], "depths": [2, 1], "num_stages": 2, "image_size": 32, "num_labels": 5, "layer_norm_eps": VISIBLE_EPS}


def convnext_hf() -> Case:
    return convnext("convnext-hf", transformers.ConvNextForImageClassification(transformers.ConvNextConfig(**CONVNEXT_SIZES, layer_scale_init_value=0.1)))


def convnextv2_hf() -> Case:
    return convnext("convnextv2-hf", transformers.ConvNextV2ForImageClassification(transformers.ConvNextV2Config(**CONVNEXT_SIZES)))


CONVNEXT_ORIGINAL_NAMES = [
    ("embeddings.patch_embeddings", "downsample_layers.0.0"),
    ("embeddings.layernorm", "downsample_layers.0.1"),
    (r"encoder\.stages\.(\d+)\.downsampling_layer\.", r"downsample_layers.\1."),
    (r"encoder\.stages\.(\d+)\.layers\.(\d+)\.", r"stages.\1.\2."),
    (r"(\.\d+)\.layernorm", r"\1.norm"),
    ("^layernorm", "norm"),
    ("layer_scale_parameter", "gamma"),
    ("grn.weight", "grn.gamma"),
    ("grn.bias", "grn.beta"),
    ("classifier", "head"),
]


def convnextv2_original_names() -> Case:
    """In the names of its authors' code, whose norms all have an eps of 1e-6; the configuration is what a user writes for the size."""
    sizes = {**CONVNEXT_SIZES, "layer_norm_eps": 1e-6}
    case = convnext("convnextv2-original-names", transformers.ConvNextV2ForImageClassification(transformers.ConvNextV2Config(**sizes)))
    for pattern, new in CONVNEXT_ORIGINAL_NAMES:
        case.checkpoint = {re.sub(pattern, new, name.removeprefix("convnextv2.")): tensor for name, tensor in case.checkpoint.items()}
    case.config = {"image_size": 32}
    case.roles = {"downsample_layers.0.1": "embedding", "downsample_layers.1.0": "other", "0.norm": "ffn", "1.norm": "ffn", "norm": "final"}

    def depth(module: str) -> int:
        kind, level, index = module.split(".")[:3]
        return 2 * int(level) + (int(index) if kind == "stages" else 0)

    case.depth = depth
    return case


def convnextv2_timm() -> Case:
    """timm's, whose own file says the size and nothing of the blocks."""
    arguments = {"in_chans": 1, "depths": (2, 1, 1, 1), "dims": (4, 6, 8, 10), "num_classes": 5, "use_grn": True, "ls_init_value": None}
    model = timm.models.convnext.ConvNeXt(**arguments)
    for parent in list(model.modules()):
        for key, child in parent.named_children():
            if type(child).__name__ == "LayerNorm2d" and key != "norm":
                setattr(parent, key, OverSecondAxis(child))
    model.head.norm = PooledNorm(model.head.norm)
    randomise(model, "convnextv2-timm")
    checkpoint = {key.replace(".rows.", "."): tensor for key, tensor in model.state_dict().items()}
    roles = {"stem.1": "embedding", "downsample.0": "other", "norm": "ffn", "head.norm": "final"}

    def depth(module: str) -> int:
        parts = module.split(".")
        level = int(parts[parts.index("stages") + 1]) if "stages" in parts else 0
        return [0, 2, 3, 4][level] + (int(parts[parts.index("blocks") + 1]) if "blocks" in parts else 0)

    config = {"architecture": "convnextv2_test", "num_classes": 5, "pretrained_cfg": {"input_size": [1, 32, 32]}}
    return Case("convnextv2-timm", model, lambda model, feed: {"logits": model(feed["pixel_values"])}, config, checkpoint, roles, 5, image_feeds(1, 32, 32), depth=depth)


class PooledNorm(OverSecondAxis):
    """The same behind the pooling, where rows and columns are one: its input is recorded as [batch, channels]."""

    def forward(self, x):
        return self.rows(x.flatten(1))[:, :, None, None]


# MAE

def vit_mae_hf() -> Case:
    """All patches are shown in their order, as mask_ratio 0 and rising noise have it; the configuration is a pretrained model's."""
    model = transformers.ViTMAEModel(transformers.ViTMAEConfig(**SIZES, mask_ratio=0.0))
    feeds = image_feeds(1, 32, 32)

    def run(model, feed):
        noise = torch.arange(16.0, dtype=feed["pixel_values"].dtype).expand(2, 16)
        return {"last_hidden_state": model(**feed, noise=noise).last_hidden_state}

    case = transformers_case("vit-mae-hf", model, VIT_ROLES, feeds, without_effect=VIT_WITHOUT_EFFECT)
    case.forward = run
    case.config["mask_ratio"] = 0.75
    return case


CASES: list[Callable[[], Case]] = [deit_hf, deit_hf_in_memory_names, deit_timm_distilled, dinov2_hf, dinov2_hf_swiglu, dinov2_hf_in_memory_names, dinov2_hf_registers, dinov3_hf, dinov3_hf_in_memory_names, clip_hf, clip_hf_vision, clip_hf_text, siglip_hf, beit_hf, beit_hf_shared, beit_hf_in_memory_names, swin_hf, swin_hf_in_memory_names, convnext_hf, convnextv2_hf, convnextv2_original_names, convnextv2_timm, vit_mae_hf]


if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
