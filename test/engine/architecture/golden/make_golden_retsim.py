"""Writes the golden file of RETSim, whose checkpoints no library writes: the model is written from its definition (arXiv 2311.17264, with the gated attention units of 2202.10447).

    python make_golden_retsim.py
    python make_golden_retsim.py FOLDER      instead, checks the definition: against io.npz on model.safetensors, both in the folder
"""

import sys
from pathlib import Path

import torch
from cases import text_feeds, write_cases
from recording import Case, Feed, Outputs, randomise
from torch import Tensor, nn
from torch.nn.functional import normalize, relu, silu

EPS = 1e-6
PERIOD = 10_000


class ScaledRMSNorm(nn.Module):
    """One gain for all channels."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.eps = EPS

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.scale


class Distances(nn.Module):
    """Products of two vectors, each turned by a position."""

    def __init__(self, size: int):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(size))
        self.b = nn.Parameter(torch.zeros(size))

    def forward(self, length: int) -> Tensor:
        return turned(self.a, length) @ turned(self.b, length).T


def turned(vector: Tensor, length: int) -> Tensor:
    first, second = vector.chunk(2)
    pairs = len(first)
    frequencies = PERIOD ** (-torch.arange(pairs, dtype=vector.dtype) / pairs)
    angles = torch.arange(length, dtype=vector.dtype)[:, None] * frequencies
    return torch.cat([first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()], dim=1)


class Unit(nn.Module):
    def __init__(self, width: int, shared: int, longest: int):
        super().__init__()
        self.sizes = [width, width, shared]
        self.longest = longest
        self.norm = ScaledRMSNorm()
        self.proj1 = nn.Linear(width, 2 * width + shared)
        self.gamma = nn.Parameter(torch.zeros(2, shared))
        self.beta = nn.Parameter(torch.zeros(2, shared))
        self.positional_encoding = Distances(longest)
        self.proj2 = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        gate, value, base = silu(self.proj1(self.norm(x))).split(self.sizes, dim=-1)
        q, k = (base * self.gamma[row] + self.beta[row] for row in range(2))
        scores = q @ k.transpose(1, 2) / self.longest + self.positional_encoding(x.shape[1])
        return x + self.proj2(gate * (relu(scores).square() @ value))


class Waves(nn.Module):
    """Added to the bits of every position."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, bits: Tensor) -> Tensor:
        half = bits.shape[2] // 2
        frequencies = PERIOD ** (-torch.arange(half, dtype=bits.dtype) / (half - 1))
        angles = torch.arange(bits.shape[1], dtype=bits.dtype)[:, None] * frequencies
        return bits + torch.cat([angles.sin(), angles.cos()], dim=1) * self.scale


class Retsim(nn.Module):
    def __init__(self, bits: int = 6, width: int = 16, shared: int = 8, longest: int = 8, outputs: int = 16):
        super().__init__()
        self.bits = bits
        self.positional_embedding = Waves()
        self.encoder_start = nn.Linear(bits, width)
        self.gau_layers = nn.ModuleList(Unit(width, shared, longest) for _ in range(2))
        self.metric_embedding = nn.ModuleDict({"linear": nn.Linear(width, outputs)})

    def forward(self, input_ids: Tensor) -> Tensor:
        places = torch.arange(self.bits - 1, -1, -1)
        bits = (input_ids[:, :, None] >> places & 1).to(self.encoder_start.weight.dtype)
        x = silu(self.encoder_start(self.positional_embedding(bits)))
        for unit in self.gau_layers:
            x = unit(x)
        least = x.amin(1, keepdim=True) - 1
        mean = (x - least).pow(3).mean(1).pow(1 / 3) + least[:, 0]
        return normalize(self.metric_embedding["linear"](mean), dim=1)


def run(model: nn.Module, feed: Feed) -> Outputs:
    return {"text_embedding": model(**feed)}


def retsim() -> Case:
    """Without config.json, as its authors publish it."""
    model = randomise(Retsim(), "retsim")
    return Case("retsim", model, run, {}, dict(model.state_dict()), {"norm": "attention"}, 2, text_feeds())


def check(folder: Path) -> None:
    import numpy as np
    from safetensors.torch import load_file

    model = Retsim(bits=24, width=256, shared=128, longest=512, outputs=256)
    model.load_state_dict(load_file(folder / "model.safetensors"))
    arrays = np.load(folder / "io.npz")
    ids = (arrays["x"] * 2.0 ** np.arange(23, -1, -1)).sum(-1).astype(np.int64)
    with torch.no_grad():
        difference = (model.double()(torch.from_numpy(ids)) - torch.from_numpy(arrays["y"])).abs().max()
    print(f"within {difference:.1e}")


if __name__ == "__main__":
    check(Path(sys.argv[1])) if len(sys.argv) > 1 else write_cases([retsim])
