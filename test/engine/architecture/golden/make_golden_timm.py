"""Writes the golden files of timm's vision models beside ViT and DeiT: small random checkpoints with what PyTorch computes on them.

    python make_golden_timm.py            all cases
    python make_golden_timm.py swin       the cases whose names start with swin
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Callable

import timm
import torch
from cases import image_feeds, write_cases
from recording import Case, Feed, Outputs, randomise
from timm.models import save_for_hf
from torch import Tensor, nn

ROLES = {"norm1": "attention", "norm2": "ffn", "norm": "final", "fc_norm": "final", "attn.norm": "other", "mlp.norm": "other", "patch_embed.norm": "embedding", "downsample.norm": "other"}


def run(model: nn.Module, feed: Feed) -> Outputs:
    return {"logits": model(feed["pixel_values"])}


def saved(model: nn.Module, options: dict) -> tuple[dict, dict[str, Tensor]]:
    """config.json and tensors as timm writes them for the hub."""
    with tempfile.TemporaryDirectory() as folder:
        save_for_hf(model, folder, model_args=options, safe_serialization=False)
        return json.loads(Path(folder, "config.json").read_text()), torch.load(Path(folder, "pytorch_model.bin"))


def case(name: str, model: str, blocks: int, size: int = 16, place: Callable[[str], int] | None = None, without_effect: str | None = None, **options) -> Case:
    fitting = {"input_size": [3, size, size]}
    made = randomise(timm.create_model(model, num_classes=5, img_size=size, pretrained_cfg_overlay=fitting, **options), name)
    config, checkpoint = saved(made, {"img_size": size, **options})
    return Case(name=name, model=made, forward=run, config=config, checkpoint=checkpoint, roles=ROLES, blocks=blocks, feeds=image_feeds(3, size, size), depth=place, without_effect=without_effect)


# Swin

DEPTHS = (2, 1, 1)


def swin_depth(module: str) -> int:
    """timm has a merge at the start of the level behind it."""
    parts = module.split(".")
    level = int(parts[parts.index("layers") + 1])
    return sum(DEPTHS[:level]) + (int(parts[parts.index("blocks") + 1]) if "blocks" in parts else 0)


def swin_timm() -> Case:
    """Four windows in each block of the first level, moved in the second block, one in the block behind the merge, and one of smaller size in the last."""
    return case("swin-timm", "swin_tiny_patch4_window7_224", 4, 32, swin_depth, patch_size=4, window_size=4, embed_dim=4, depths=DEPTHS, num_heads=(1, 2, 2), mlp_ratio=2.0)


def swin_original_names() -> Case:
    """As its authors gave it out: no config.json, a merge at the end of the level before it, and what is computed from sizes stored, too."""
    made = swin_timm()
    made.name = "swin-original-names"
    made.checkpoint = {name.replace("layers.1.downsample", "layers.0.downsample").replace("layers.2.downsample", "layers.1.downsample").replace("head.fc", "head"): tensor for name, tensor in made.checkpoint.items()}
    made.checkpoint["layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(16, 16, dtype=torch.int64)
    made.config = {"img_size": 32}
    made.depth = lambda module: swin_depth(module.replace("layers.1", "layers.2").replace("layers.0", "layers.1") if "downsample" in module else module)
    return made


# ViTs

SIZES = {"patch_size": 4, "embed_dim": 16, "depth": 2, "num_heads": 2}


def beit_timm() -> Case:
    """Relative positions, layer scale, keys without a bias, the mean over patches."""
    return case("beit-timm", "beit_base_patch16_224", 2, **SIZES)


def eva02_timm() -> Case:
    """Gate and up in one layer, rotary positions on a grid smaller than the one trained on."""
    return case("eva02-timm", "eva02_tiny_patch14_224", 2, **SIZES)


def eva02_timm_norms() -> Case:
    """A layer each for queries, keys and values, gate and up, and norms inside attention and feed-forward."""
    return case("eva02-timm-norms", "eva02_base_patch14_448", 2, scale_attn_inner=True, **SIZES)


def eva_timm() -> Case:
    """The first EVA: no rotary positions, no gates."""
    return case("eva-timm", "eva_giant_patch14_224", 2, mlp_ratio=2.0, **SIZES)


def dinov2_timm() -> Case:
    """Registers, SwiGLU with gate and up in one layer."""
    return case("dinov2-timm", "vit_giant_patch14_reg4_dinov2", 2, mlp_ratio=4.0, **SIZES)


def dinov2_original_names() -> Case:
    """As its authors gave it out: no config.json, positions of the class token with those of the patches, registers without."""
    made = dinov2_timm()
    made.name = "dinov2-original-names"
    stored = dict(made.checkpoint)
    patches, first = stored.pop("pos_embed"), stored.pop("cls_token")
    class_position = torch.linspace(-1, 1, first.numel()).view_as(first)
    stored |= {"cls_token": first - class_position, "pos_embed": torch.cat([class_position, patches], 1), "register_tokens": stored.pop("reg_token")}
    stored["mask_token"] = torch.zeros(1, first.numel())
    names = {"mlp.fc1.": "mlp.w12.", "mlp.fc2.": "mlp.w3."}
    for old, new in names.items():
        stored = {name.replace(old, new): tensor for name, tensor in stored.items()}
    made.checkpoint = stored
    made.config = {"num_heads": 2}
    return made


CASES: list[Callable[[], Case]] = [swin_timm, swin_original_names, beit_timm, eva02_timm, eva02_timm_norms, eva_timm, dinov2_timm, dinov2_original_names]

if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
