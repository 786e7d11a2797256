"""A vision transformer in the style of timm: norm layers and blocks come as arguments."""

from functools import partial
from typing import Callable, Optional, Type, Union

import torch
import torch.nn as nn
import torch.nn.functional as F

from timm.layers import DropPath, LayerType, Mlp, PatchEmbed, get_act_layer, get_norm_layer


class Attention(nn.Module):
    def __init__(
            self,
            dim: int,
            num_heads: int = 8,
            qk_norm: bool = False,
            norm_layer: Type[nn.Module] = nn.LayerNorm,  # norm: layernorm reference -
    ) -> None:
        super().__init__()
        self.head_dim = dim // num_heads
        self.qkv = nn.Linear(dim, dim * 3)
        self.q_norm = norm_layer(self.head_dim) if qk_norm else nn.Identity()  # norm: layernorm variable blocks.*.attn.q_norm
        self.k_norm = norm_layer(self.head_dim) if qk_norm else nn.Identity()  # norm: layernorm variable blocks.*.attn.k_norm
        self.norm = norm_layer(dim)  # norm: layernorm variable blocks.*.attn.norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(x).unbind(0)
        q, k = self.q_norm(q), self.k_norm(k)
        return self.norm(F.scaled_dot_product_attention(q, k, v))


class LayerScale(nn.Module):
    def __init__(self, dim: int, init_values: float = 1e-5) -> None:
        super().__init__()
        self.gamma = nn.Parameter(init_values * torch.ones(dim))

    def forward(self, x):
        return x * self.gamma


class Block(nn.Module):
    def __init__(
            self,
            dim: int,
            num_heads: int,
            qk_norm: bool = False,
            init_values: Optional[float] = None,
            norm_layer: Type[nn.Module] = nn.LayerNorm,  # norm: layernorm reference -
            mlp_layer: Type[nn.Module] = Mlp,
    ) -> None:
        super().__init__()
        self.norm1 = norm_layer(dim)  # norm: layernorm variable blocks.*.norm1
        self.attn = Attention(dim, num_heads=num_heads, qk_norm=qk_norm, norm_layer=norm_layer)
        self.ls1 = LayerScale(dim, init_values=init_values) if init_values else nn.Identity()
        self.norm2 = norm_layer(dim)  # norm: layernorm variable blocks.*.norm2
        self.mlp = mlp_layer(in_features=dim)

    def forward(self, x):
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.mlp(self.norm2(x))


class ParallelScalingBlock(nn.Module):
    def __init__(self, dim: int, num_heads: int, norm_layer: Type[nn.Module] = nn.LayerNorm) -> None:  # norm: layernorm reference in_norm
        super().__init__()
        self.in_norm = norm_layer(dim)  # norm: layernorm variable in_norm
        self.in_proj = nn.Linear(dim, 7 * dim)

    def forward(self, x):
        return F.linear(self.in_norm(x), self.in_proj.weight)


class VisionTransformer(nn.Module):
    def __init__(
            self,
            embed_dim: int = 768,
            depth: int = 12,
            num_heads: int = 12,
            pre_norm: bool = False,
            final_norm: bool = True,
            fc_norm: Optional[bool] = None,
            norm_layer: Optional[LayerType] = None,
            act_layer: Optional[LayerType] = None,
            block_fn: Type[nn.Module] = Block,
            mlp_layer: Type[nn.Module] = Mlp,
    ) -> None:
        super().__init__()
        use_fc_norm = fc_norm
        norm_layer = get_norm_layer(norm_layer) or partial(nn.LayerNorm, eps=1e-6)  # norm: layernorm reference blocks.*.attn.norm
        act_layer = get_act_layer(act_layer) or nn.GELU
        self.patch_embed = PatchEmbed(embed_dim=embed_dim, bias=not pre_norm)
        self.norm_pre = norm_layer(embed_dim) if pre_norm else nn.Identity()  # norm: layernorm variable norm_pre
        dpr = [x.item() for x in torch.linspace(0, 0.1, depth)]
        self.blocks = nn.Sequential(*[
            block_fn(
                dim=embed_dim,
                num_heads=num_heads,
                norm_layer=norm_layer,
                mlp_layer=mlp_layer,
            )
            for i in range(depth)])
        self.norm = norm_layer(embed_dim) if final_norm and not use_fc_norm else nn.Identity()  # norm: layernorm variable norm
        self.fc_norm = norm_layer(embed_dim) if final_norm and use_fc_norm else nn.Identity()  # norm: layernorm variable fc_norm
        self.head = nn.Linear(embed_dim, 1000)

    def forward(self, x):
        x = self.norm(self.blocks(self.norm_pre(self.patch_embed(x))))
        return self.head(self.fc_norm(x))


def vit_base_patch16_224(pretrained: bool = False, **kwargs) -> VisionTransformer:
    model_args = dict(embed_dim=768, depth=12, num_heads=12)
    return VisionTransformer(**dict(model_args, **kwargs))


def vit_base_patch16_rope(pretrained: bool = False, **kwargs):
    return VisionTransformer(norm_layer=partial(nn.LayerNorm, eps=1e-5), fc_norm=False)  # norm: layernorm reference blocks.*.attn.norm
