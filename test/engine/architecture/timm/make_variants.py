"""Writes variants.json: what timm 1.0.29's code makes of every vision transformer that it has by name, without weights.

    python make_variants.py
"""

import json
import warnings
from pathlib import Path

import timm
import torch
from torch import nn

warnings.filterwarnings("ignore")
# Those whose tensors are called as a ViT's.
FAMILIES = ("aimv2*", "beit*", "cait*", "deit*", "eva*", "flexivit*", "samvit*", "vit_*")
MODELS = ("VisionTransformer", "VisionTransformerDistilled", "Eva", "Beit")
ATTENTIONS = ("Attention", "EvaAttention", "BeitAttention")
BLOCKS = ("Block", "EvaBlock", "BeitBlock")


def activation(mlp: nn.Module) -> str:
    name = type(mlp.act).__name__
    if name == "GELU":
        return "gelu" if getattr(mlp.act, "approximate", "none") == "none" else "gelu_pytorch_tanh"
    return {"QuickGELU": "quick_gelu", "GELUTanh": "gelu_pytorch_tanh", "SiLU": "silu"}.get(name, name)


def is_read(model: nn.Module) -> bool:
    """Whether the model is of the forms that are read."""
    rope = getattr(model, "rope", None)
    known_rope = rope is None or (
        type(rope).__name__ == "RotaryEmbeddingCat" and tuple(rope.ref_feat_shape or ()) == (16, 16) and rope.temperature == 10_000 and not rope.in_pixels and not model.blocks[0].attn.rotate_half
    )
    has_rope = rope is not None
    is_gated = "Glu" in type(model.blocks[0].mlp).__name__ or "SwiGLU" in type(model.blocks[0].mlp).__name__
    positions = "pos_embed" in model.state_dict() or any("relative_position_bias_table" in name for name in model.state_dict())
    is_eva = type(model).__name__ == "Eva"
    known_classes = type(model).__name__ in MODELS and type(model.blocks[0]).__name__ in BLOCKS and type(model.blocks[0].attn).__name__ in ATTENTIONS
    return known_classes and known_rope and positions and (not has_rope or is_gated) and (not is_eva or has_rope == is_gated) and type(model.patch_embed).__name__ == "PatchEmbed"


def parts(model: nn.Module) -> list[str]:
    """Names of the tensors in the first block, and of one in each part outside of blocks."""
    outside = {".".join(name.split(".")[:2]): name for name in model.state_dict() if not name.startswith("blocks.")}
    return [*outside.values(), *(name for name in model.state_dict() if name.startswith("blocks.0."))]


def main() -> None:
    groups: dict[str, dict] = {}
    for name in (name for family in FAMILIES for name in timm.list_models(family)):
        with torch.device("meta"):
            try:
                model = timm.create_model(name, pretrained=False)
            except Exception:
                continue
        names = parts(model)
        if "patch_embed.proj.weight" not in model.state_dict() or not any(f"blocks.0.attn.{part}.weight" in names for part in ("qkv", "q_proj")) or name.startswith("test_"):
            continue
        if not hasattr(model.blocks[0], "mlp") or not hasattr(model.blocks[0].mlp, "act"):
            continue
        norms = [module for module in model.modules() if hasattr(module, "eps") and type(module).__name__ in ("LayerNorm", "RmsNorm")]
        group = groups.setdefault(json.dumps(names), {"tensors": names, "models": []})
        group["models"].append(
            {
                "name": name,
                "width": model.patch_embed.proj.weight.shape[0],
                "heads": getattr(model.blocks[0].attn, "num_heads", 0),
                "act": activation(model.blocks[0].mlp),
                "eps": norms[-1].eps,
                "kind": "rmsnorm" if type(norms[-1]).__name__ == "RmsNorm" else "layernorm",
                "isRead": is_read(model),
            }
        )
    lines = [json.dumps(group) for group in groups.values()]
    Path(__file__).with_name("variants.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(sum(len(group["models"]) for group in groups.values()), "models")


if __name__ == "__main__":
    main()
