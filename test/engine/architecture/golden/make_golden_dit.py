"""Writes the golden files of diffusion transformers, as make_golden.py does for other families:

    python make_golden_dit.py            all cases
    python make_golden_dit.py dit-no     the cases whose names start with dit-no

No library writes their checkpoints in their authors' names; the model is written from its paper's definition (arXiv 2212.09748), adaLN-Zero.
"""

import sys
from typing import Callable

import torch
from cases import write_cases
from recording import Case, Feed, randomise
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

NORM_EPS = 1e-6
WAVES = 32


def modulated(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return x * (1 + scale[:, None]) + shift[:, None]


class SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.qkv(x).split(width, dim=2))
        return self.proj(scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False, eps=NORM_EPS)
        self.attn = SelfAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False, eps=NORM_EPS)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 3 * width), "fc2": nn.Linear(3 * width, width)})
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        shift, scale, gate, ffn_shift, ffn_scale, ffn_gate = self.adaLN_modulation(condition).chunk(6, dim=1)
        x = x + gate[:, None] * self.attn(modulated(self.norm1(x), shift, scale))
        hidden = gelu(self.mlp["fc1"](modulated(self.norm2(x), ffn_shift, ffn_scale)), approximate="tanh")
        return x + ffn_gate[:, None] * self.mlp["fc2"](hidden)


class FinalLayer(nn.Module):
    def __init__(self, width: int, outputs: int):
        super().__init__()
        self.norm_final = nn.LayerNorm(width, elementwise_affine=False, eps=NORM_EPS)
        self.linear = nn.Linear(width, outputs)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        shift, scale = self.adaLN_modulation(condition).chunk(2, dim=1)
        return self.linear(modulated(self.norm_final(x), shift, scale))


class Dit(nn.Module):
    """Noise of latents, from these, a step and a class."""

    def __init__(self, width: int, heads: int, depth: int = 2, channels: int = 3, side: int = 4, patch: int = 2, classes: int = 5):
        super().__init__()
        self.x_embedder = nn.ModuleDict({"proj": nn.Conv2d(channels, width, patch, patch)})
        self.t_embedder = nn.ModuleDict({"mlp": nn.Sequential(nn.Linear(WAVES, width), nn.SiLU(), nn.Linear(width, width))})
        self.y_embedder = nn.ModuleDict({"embedding_table": nn.Embedding(classes + 1, width)})
        self.pos_embed = nn.Parameter(torch.zeros(1, side * side, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.final_layer = FinalLayer(width, patch * patch * channels)

    def condition(self, timesteps: Tensor, class_labels: Tensor) -> Tensor:
        half = WAVES // 2
        angles = timesteps[:, None] * 10_000 ** (-torch.arange(half, dtype=torch.float64) / half)
        waves = torch.cat([angles.cos(), angles.sin()], dim=1).to(self.pos_embed.dtype)
        return self.t_embedder["mlp"](waves) + self.y_embedder["embedding_table"](class_labels)

    def forward(self, latents: Tensor, timesteps: Tensor, class_labels: Tensor) -> Tensor:
        x = self.x_embedder["proj"](latents).flatten(2).transpose(1, 2) + self.pos_embed
        condition = self.condition(timesteps, class_labels)
        for block in self.blocks:
            x = block(x, condition)
        return self.final_layer(x, condition)


ROLES = {"norm1": "attention", "norm2": "ffn", "norm_final": "final"}


def feeds() -> dict[str, Feed]:
    generator = torch.Generator().manual_seed(0)
    return {"": {"latents": torch.randn(3, 3, 8, 8, generator=generator), "timesteps": torch.tensor([999, 0, 371]), "class_labels": torch.tensor([4, 0, 2])}}


def dit(name: str, config: dict, **sizes: int) -> Case:
    model = randomise(Dit(**sizes), name)

    def run(model: nn.Module, feed: Feed) -> Feed:
        return {"noise": model(**feed)}

    return Case(name, model, run, config, dict(model.state_dict()), ROLES, 2, feeds(), without_effect=r"qkv\.bias")


def dit_original() -> Case:
    return dit("dit-original", {"num_heads": 4}, width=16, heads=4)


def dit_no_config() -> Case:
    """Without a configuration, as its authors publish theirs: heads are told by the width."""
    return dit("dit-no-config", {}, width=8, heads=1)


CASES: list[Callable[[], Case]] = [dit_original, dit_no_config]


if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
