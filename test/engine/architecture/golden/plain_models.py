"""Models whose checkpoints no library writes: minGPT, nanoGPT and Meta's LLaMA, written from their definitions."""

import math
from dataclasses import dataclass
from typing import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, silu


@dataclass
class GptSettings:
    """Sizes of a GPT as minGPT and nanoGPT name them, and where the two differ."""

    n_layer: int
    n_head: int
    n_embd: int
    vocab_size: int
    block_size: int
    bias: bool
    tied: bool
    gelu: Callable[[], nn.Module]


class GptAttention(nn.Module):
    def __init__(self, settings: GptSettings):
        super().__init__()
        width = settings.n_embd
        self.heads = settings.n_head
        self.c_attn = nn.Linear(width, 3 * width, bias=settings.bias)
        self.c_proj = nn.Linear(width, width, bias=settings.bias)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.c_attn(x).split(width, dim=2))
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(mixed.transpose(1, 2).reshape(batch, length, width))


class GptBlock(nn.Module):
    def __init__(self, settings: GptSettings):
        super().__init__()
        width, bias = settings.n_embd, settings.bias
        self.ln_1 = nn.LayerNorm(width, bias=bias)
        self.attn = GptAttention(settings)
        self.ln_2 = nn.LayerNorm(width, bias=bias)
        self.mlp = nn.ModuleDict(
            {
                "c_fc": nn.Linear(width, 4 * width, bias=bias),
                "act": settings.gelu(),
                "c_proj": nn.Linear(4 * width, width, bias=bias),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp["c_proj"](self.mlp["act"](self.mlp["c_fc"](self.ln_2(x))))


class Gpt(nn.Module):
    """The GPT of github.com/karpathy/minGPT and github.com/karpathy/nanoGPT, with their parameter names."""

    def __init__(self, settings: GptSettings):
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(settings.vocab_size, settings.n_embd),
                "wpe": nn.Embedding(settings.block_size, settings.n_embd),
                "h": nn.ModuleList(GptBlock(settings) for _ in range(settings.n_layer)),
                "ln_f": nn.LayerNorm(settings.n_embd, bias=settings.bias),
            }
        )
        self.lm_head = nn.Linear(settings.n_embd, settings.vocab_size, bias=False)
        if settings.tied:
            self.lm_head.weight = self.transformer["wte"].weight

    def forward(self, input_ids: Tensor) -> dict[str, Tensor]:
        positions = torch.arange(input_ids.shape[1])
        x = self.transformer["wte"](input_ids) + self.transformer["wpe"](positions)
        for block in self.transformer["h"]:
            x = block(x)
        x = self.transformer["ln_f"](x)
        return {"last_hidden_state": x, "logits": self.lm_head(x)}


def scaled_frequencies(frequencies: Tensor) -> Tensor:
    """Longer wavelengths for Llama 3.1's context: `apply_scaling` of github.com/meta-llama/llama-models, with its constants."""
    factor, low, high, old_context = 8, 1, 4, 8192

    def scaled(frequency: float) -> float:
        wavelength = 2 * math.pi / frequency
        if wavelength < old_context / high:
            return frequency
        if wavelength > old_context / low:
            return frequency / factor
        smooth = (old_context / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency

    return torch.tensor([scaled(frequency) for frequency in frequencies.tolist()], dtype=frequencies.dtype)


def rotate_pairs(x: Tensor, frequencies: Tensor) -> Tensor:
    """Meta's rotary embedding: elements 2i and 2i + 1 of a head turn together. x is [batch, heads, length, head size]."""
    angles = torch.arange(x.shape[2], dtype=x.dtype)[:, None] * frequencies.to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = (even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos())
    return torch.stack(turned, dim=-1).flatten(-2)


class MetaAttention(nn.Module):
    def __init__(self, dim: int, heads: int, kv_heads: int):
        super().__init__()
        size = dim // heads
        self.size, self.repeats = size, heads // kv_heads
        self.wq = nn.Linear(dim, heads * size, bias=False)
        self.wk = nn.Linear(dim, kv_heads * size, bias=False)
        self.wv = nn.Linear(dim, kv_heads * size, bias=False)
        self.wo = nn.Linear(heads * size, dim, bias=False)

    def forward(self, x: Tensor, frequencies: Tensor) -> Tensor:
        q, k, v = (linear(x).unflatten(-1, (-1, self.size)).transpose(1, 2) for linear in (self.wq, self.wk, self.wv))
        q, k = rotate_pairs(q, frequencies), rotate_pairs(k, frequencies)
        k, v = (part.repeat_interleave(self.repeats, dim=1) for part in (k, v))
        return self.wo(scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(-2))


class MetaFeedForward(nn.Module):
    def __init__(self, dim: int, multiple_of: int):
        super().__init__()
        hidden = multiple_of * math.ceil(int(2 * 4 * dim / 3) / multiple_of)
        self.w1 = nn.Linear(dim, hidden, bias=False)
        self.w2 = nn.Linear(hidden, dim, bias=False)
        self.w3 = nn.Linear(dim, hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(silu(self.w1(x)) * self.w3(x))


class MetaBlock(nn.Module):
    def __init__(self, dim: int, heads: int, kv_heads: int, multiple_of: int, eps: float):
        super().__init__()
        self.attention = MetaAttention(dim, heads, kv_heads)
        self.feed_forward = MetaFeedForward(dim, multiple_of)
        self.attention_norm = nn.RMSNorm(dim, eps=eps)
        self.ffn_norm = nn.RMSNorm(dim, eps=eps)

    def forward(self, x: Tensor, frequencies: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), frequencies)
        return x + self.feed_forward(self.ffn_norm(x))


class MetaLlama(nn.Module):
    """Meta's LLaMA (github.com/meta-llama/llama), with its parameter names; arguments as in params.json."""

    def __init__(
        self,
        dim: int,
        n_layers: int,
        n_heads: int,
        vocab_size: int,
        multiple_of: int,
        norm_eps: float,
        n_kv_heads: int | None = None,
        rope_theta: float = 10000.0,
        use_scaled_rope: bool = False,
    ):
        super().__init__()
        self.tok_embeddings = nn.Embedding(vocab_size, dim)
        self.layers = nn.ModuleList(
            MetaBlock(dim, n_heads, n_kv_heads or n_heads, multiple_of, norm_eps) for _ in range(n_layers)
        )
        self.norm = nn.RMSNorm(dim, eps=norm_eps)
        self.output = nn.Linear(dim, vocab_size, bias=False)
        size = dim // n_heads
        plain = 1.0 / rope_theta ** (torch.arange(0, size, 2).float() / size)
        self.frequencies = scaled_frequencies(plain) if use_scaled_rope else plain

    def forward(self, input_ids: Tensor) -> dict[str, Tensor]:
        x = self.tok_embeddings(input_ids)
        for layer in self.layers:
            x = layer(x, self.frequencies)
        x = self.norm(x)
        return {"last_hidden_state": x, "logits": self.output(x)}
