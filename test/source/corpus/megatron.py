"""Norms chosen by configuration, in the styles of Megatron and of x-transformers."""

import math
from functools import partial

import torch
from torch import nn
import torch.nn.functional as F
from apex.normalization.fused_layer_norm import FusedLayerNormAffineFunction
from megatron.model.fused_layer_norm import MixedFusedLayerNorm as FusedLayerNorm


class LayerNormConfig:
    eps = 1e-5


class ScaleNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.g = nn.Parameter(torch.ones(1) * (dim ** -0.5))

    def forward(self, x):
        norm = torch.norm(x, dim=-1, keepdim=True)
        return x / norm.clamp(min=self.eps) * self.g


class RMSNorm(nn.Module):
    def __init__(self, dim, unit_offset=False):
        super().__init__()
        self.scale = dim ** 0.5
        self.g = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        return F.normalize(x, dim=-1) * self.scale * (self.g + 1)


class LayerNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.ln = nn.LayerNorm(dim, elementwise_affine=False)  # norm: layernorm constructor layers.*.0.0.ln
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return self.ln(x) * self.gamma


NORM2CLASS = {
    "layernorm": FusedLayerNorm,  # norm: layernorm reference encoder.input_layernorm
    "rmsnorm": RMSNorm,  # norm: rmsnorm reference encoder.input_layernorm
}


def get_norm(config):
    if config.normalization == "RMSNorm":
        return RMSNorm(config.hidden_size)  # norm: rmsnorm constructor encoder.final_layernorm
    return FusedLayerNorm(config.hidden_size, eps=config.eps)  # norm: layernorm constructor encoder.final_layernorm


class ParallelTransformer(nn.Module):
    def __init__(self, config: LayerNormConfig):
        super().__init__()
        self.input_layernorm = NORM2CLASS[config.normalization](config.hidden_size)  # norm: ? variable encoder.input_layernorm
        self.post_attention_layernorm = config.norm_class(config.hidden_size, eps=config.eps)  # norm: ? variable encoder.post_attention_layernorm
        self.final_layernorm = get_norm(config)  # norm: ? variable encoder.final_layernorm
        self.pooler_norm = get_norm_class(config)(config.hidden_size)  # norm: ? variable encoder.pooler_norm

    def forward(self, x):
        x = FusedLayerNormAffineFunction.apply(x, self.weight, self.bias, (64,), 1e-5)
        return F.layer_norm(x, (64,), self.final_layernorm.weight, self.final_layernorm.bias)  # norm: layernorm functional encoder.final_layernorm


class GPTModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.encoder = ParallelTransformer(config)


class Residual(nn.Module):
    def forward(self, x, residual):
        return x + residual


class AttentionLayers(nn.Module):
    def __init__(self, dim, depth, use_scalenorm=False, use_rmsnorm=False, pre_norm=True, norm_add_unit_offset=True):
        super().__init__()
        self.layers = nn.ModuleList([])
        if use_scalenorm:
            norm_class = ScaleNorm  # norm: rmsnorm reference layers.*.0.0
        elif use_rmsnorm:
            norm_class = RMSNorm  # norm: rmsnorm reference layers.*.0.0
        else:
            norm_class = LayerNorm
        norm_fn = partial(norm_class, dim)
        self.final_norm = norm_fn() if pre_norm else nn.Identity()  # norm: ? variable final_norm
        for ind in range(depth):
            pre_branch_norm = norm_fn() if pre_norm else None  # norm: ? variable layers.*.0.0
            norms = nn.ModuleList([
                pre_branch_norm,
                None,
                None,
            ])
            self.layers.append(nn.ModuleList([norms, nn.Linear(dim, dim), Residual()]))

    def forward(self, x):
        for norm, block, residual_fn in self.layers:
            pre_norm, post_branch_norm, post_main_norm = norm
            x = residual_fn(block(pre_norm(x)), x)
        return self.final_norm(x)
