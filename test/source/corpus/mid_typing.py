"""A file in the middle of an edit: an open parenthesis makes the second class part of the first."""

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)  # norm: layernorm constructor norm1
        self.attn = nn.MultiheadAttention(dim,
        self.norm2 = nn.LayerNorm(dim)  # norm: layernorm constructor norm2
        self.mlp =

    def forward(self, x):
        return x + self.mlp(self.norm2(x)


class Model(nn.Module):
    def __init__(self, dim, depth):
        super().__init__()
        self.blocks = nn.ModuleList([Block(dim) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)  # norm: layernorm constructor norm

    def forward(self, x
        for block in self.blocks
            x = block(x)
        return self.norm(
