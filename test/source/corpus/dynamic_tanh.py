"""A vision transformer whose norms are DyT: the class comes with the file, from elsewhere, or as an argument."""

from functools import partial

import torch
import torch.nn as nn

from dynamic_tanh import DynamicTanh
from liger_kernel.transformers import LigerDyT
from x_transformers.x_transformers import Derf


class DyT(nn.Module):
    def __init__(self, dim, channels_last=True, init_alpha=0.5):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1) * init_alpha)
        self.weight = nn.Parameter(torch.ones(dim))
        self.bias = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        return self.weight * torch.tanh(self.alpha * x) + self.bias


class Attention(nn.Module):
    def __init__(self, dim, norm_layer):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.q_norm = norm_layer(dim // 8)  # norm: dyt variable blocks.*.attn.q_norm
        self.k_norm = LigerDyT(dim // 8, beta=False)  # norm: dyt constructor blocks.*.attn.k_norm


class Block(nn.Module):
    def __init__(self, dim, alpha, norm_layer=partial(DynamicTanh, alpha_init_value=0.8)):  # norm: dyt reference blocks.*.attn.q_norm
        super().__init__()
        self.norm1 = DyT(dim, True, alpha)  # norm: dyt constructor blocks.*.norm1
        self.attn = Attention(dim, norm_layer)
        self.norm2 = DyT(dim)  # norm: dyt constructor blocks.*.norm2
        self.norm3 = DynamicTanh(normalized_shape=dim, channels_last=True, alpha_init_value=5e-1) if alpha else nn.LayerNorm(dim)  # norm: dyt constructor blocks.*.norm3 | layernorm constructor blocks.*.norm3
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.Tanh(), nn.Linear(4 * dim, dim))


class Model(nn.Module):
    def __init__(self, dim=64, depth=2):
        super().__init__()
        self.blocks = nn.ModuleList([Block(dim, alpha=0.5 / (i + 1)) for i in range(depth)])
        self.norm = Derf(dim, 0.7)  # norm: derf constructor norm
        self.head = nn.Linear(dim, 10)

    def forward(self, x):
        for block in self.blocks:
            x = block.mlp(block.norm2(torch.tanh(block.norm1(x))))
        return self.head(self.norm(x))
