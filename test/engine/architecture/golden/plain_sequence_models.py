"""Models that mix positions otherwise than by attention and that no library writes: HyenaDNA and Caduceus, written from their definitions."""

import math

import torch
from cases import VISIBLE_EPS
from torch import Tensor, nn
from torch.nn.functional import gelu
from transformers import MambaConfig
from transformers.models.mamba.modeling_mamba import MambaMixer, MambaRMSNorm


class Sine(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.freq = nn.Parameter(torch.ones(1, width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(self.freq * x)


class HyenaFilter(nn.Module):
    """A filter that a network of sines makes of positions, and a window that fades it out."""

    def __init__(self, width: int, longest: int, features: int = 5, hidden: int = 6):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(width))
        times = torch.linspace(0, 1, longest)[None, :, None]
        turns = 2 * math.pi * torch.arange(longest)[None, :, None] / longest
        frequencies = torch.linspace(1e-4, (features - 1) // 2 - 1, (features - 1) // 2)
        self.pos_emb = nn.Module()
        self.pos_emb.register_buffer("z", torch.cat([times, torch.cos(frequencies * turns), -torch.sin(frequencies * turns)], dim=-1))
        self.pos_emb.register_buffer("t", times)
        sine = Sine(hidden)
        self.implicit_filter = nn.Sequential(nn.Linear(features, hidden), sine, nn.Linear(hidden, hidden), sine, nn.Linear(hidden, hidden), sine, nn.Linear(hidden, width, bias=False))
        self.modulation = nn.Module()
        self.modulation.register_buffer("deltas", torch.linspace(math.log(1e-2) / 1.5, math.log(1e-2) / 0.3, width)[None, None])

    def forward(self, length: int) -> Tensor:
        window = torch.exp(-self.pos_emb.t[0, :length] * self.modulation.deltas[0].abs()) + 0.05
        return self.implicit_filter(self.pos_emb.z[0, :length]) * window


class HyenaOperator(nn.Module):
    def __init__(self, width: int, longest: int):
        super().__init__()
        self.in_proj = nn.Linear(width, 3 * width)
        self.out_proj = nn.Linear(width, width)
        self.short_filter = nn.Conv1d(3 * width, 3 * width, 3, padding=2, groups=3 * width)
        self.filter_fn = HyenaFilter(width, longest)

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[1]
        outer, inner, value = self.short_filter(self.in_proj(x).transpose(1, 2))[..., :length].chunk(3, dim=1)
        gated = value * inner
        spectrum = torch.fft.rfft(gated, n=2 * length) * torch.fft.rfft(self.filter_fn(length).T, n=2 * length)
        convolved = torch.fft.irfft(spectrum, n=2 * length)[..., :length]
        return self.out_proj(((convolved + gated * self.filter_fn.bias[:, None]) * outer).transpose(1, 2))


class HyenaBlock(nn.Module):
    def __init__(self, width: int, longest: int, eps: float):
        super().__init__()
        self.mixer = HyenaOperator(width, longest)
        self.norm1 = nn.LayerNorm(width, eps=eps)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 3 * width), "fc2": nn.Linear(3 * width, width)})
        self.norm2 = nn.LayerNorm(width, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.mixer(self.norm1(x))
        return x + self.mlp["fc2"](gelu(self.mlp["fc1"](self.norm2(x)), approximate="tanh"))


class HyenaDna(nn.Module):
    """arXiv 2306.15794, with its head tied; the eps of the norms in its blocks is another where Hugging Face runs it."""

    def __init__(self, vocabulary: int, width: int, longest: int, block_eps: float, depth: int = 2):
        super().__init__()
        self.backbone = nn.Module()
        self.backbone.embeddings = nn.ModuleDict({"word_embeddings": nn.Embedding(vocabulary, width)})
        self.backbone.layers = nn.ModuleList(HyenaBlock(width, longest, block_eps) for _ in range(depth))
        self.backbone.ln_f = nn.LayerNorm(width, eps=VISIBLE_EPS)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = self.backbone.embeddings["word_embeddings"].weight

    def forward(self, ids: Tensor) -> Tensor:
        x = self.backbone.embeddings["word_embeddings"](ids)
        for block in self.backbone.layers:
            x = block(x)
        return self.lm_head(self.backbone.ln_f(x))


class BothWays(nn.Module):
    """Two mixers of Mamba, one of which reads backwards; they share their projections."""

    def __init__(self, config: MambaConfig, strategy: str):
        super().__init__()
        self.strategy = strategy
        self.mamba_fwd = MambaMixer(config, 0)
        self.mamba_rev = MambaMixer(config, 0)
        self.mamba_rev.in_proj = self.mamba_fwd.in_proj
        self.mamba_rev.out_proj = self.mamba_fwd.out_proj

    def forward(self, x: Tensor) -> Tensor:
        forwards, backwards = self.mamba_fwd(x), self.mamba_rev(x.flip(1)).flip(1)
        return forwards + backwards if self.strategy == "add" else forwards * backwards


class CaduceusBlock(nn.Module):
    def __init__(self, config: MambaConfig, strategy: str, norm: type[nn.Module]):
        super().__init__()
        self.mixer = BothWays(config, strategy)
        self.norm = norm(config.hidden_size, eps=VISIBLE_EPS)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mixer(self.norm(x))


class Caduceus(nn.Module):
    """arXiv 2403.03234, the form that is not equivariant by its parameters, with its head tied."""

    def __init__(self, config: MambaConfig, strategy: str = "add", norm: type[nn.Module] = MambaRMSNorm):
        super().__init__()
        self.backbone = nn.Module()
        self.backbone.embeddings = nn.ModuleDict({"word_embeddings": nn.Embedding(config.vocab_size, config.hidden_size)})
        self.backbone.layers = nn.ModuleList(CaduceusBlock(config, strategy, norm) for _ in range(config.num_hidden_layers))
        self.backbone.norm_f = norm(config.hidden_size, eps=VISIBLE_EPS)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.lm_head.weight = self.backbone.embeddings["word_embeddings"].weight

    def forward(self, ids: Tensor) -> Tensor:
        x = self.backbone.embeddings["word_embeddings"](ids)
        for block in self.backbone.layers:
            x = block(x)
        return self.lm_head(self.backbone.norm_f(x))
