"""Flax linen: modules that name themselves where they are called, modules of setup, norms without a feature count."""

import functools
from typing import Any, Callable

import flax.linen as nn
import jax
import jax.numpy as jnp


class MlpBlock(nn.Module):
    dim: int

    @nn.compact
    def __call__(self, x):
        y = nn.Dense(4 * self.dim)(x)
        return nn.Dense(self.dim)(nn.gelu(y))


class Encoder1DBlock(nn.Module):
    mlp_dim: int
    dtype: Any = jnp.float32
    norm_cls: Callable = nn.LayerNorm  # norm: layernorm reference Transformer.encoderblock_*.LayerNorm_2

    @nn.compact
    def __call__(self, inputs, *, deterministic):
        x = nn.LayerNorm(dtype=self.dtype)(inputs)  # norm: layernorm constructor Transformer.encoderblock_*.LayerNorm_0
        x = nn.MultiHeadDotProductAttention(num_heads=8)(x, x)
        x = x + inputs
        y = nn.LayerNorm(dtype=self.dtype)(x)  # norm: layernorm constructor Transformer.encoderblock_*.LayerNorm_1
        z = MlpBlock(self.mlp_dim)(y)
        return self.norm_cls()(x + z)  # norm: layernorm variable Transformer.encoderblock_*.LayerNorm_2


class Encoder(nn.Module):
    num_layers: int

    @nn.compact
    def __call__(self, x, *, train):
        for lyr in range(self.num_layers):
            x = Encoder1DBlock(mlp_dim=3072, name=f"encoderblock_{lyr}")(x, deterministic=not train)
        encoded = nn.LayerNorm(name="encoder_norm")(x)  # norm: layernorm constructor Transformer.encoder_norm
        return encoded


class VisionTransformer(nn.Module):
    num_layers: int

    @nn.compact
    def __call__(self, inputs, *, train):
        x = Encoder(self.num_layers, name="Transformer")(inputs, train=train)
        x = jax.nn.standardize(x)
        return nn.Dense(1000, name="head")(x)


class Block(nn.Module):
    config: Any

    def setup(self):
        self.ln_1 = nn.LayerNorm(epsilon=1e-5)  # norm: layernorm constructor transformer.h_*.ln_1
        self.attn = nn.SelfAttention(num_heads=self.config.n_head)
        self.ln_2 = nn.RMSNorm(epsilon=1e-5)  # norm: rmsnorm constructor transformer.h_*.ln_2

    def __call__(self, x):
        return x + self.attn(self.ln_1(x))


class Decoder(nn.Module):
    config: Any

    def setup(self):
        self.wte = nn.Embed(self.config.vocab_size, self.config.n_embd)
        self.h = [Block(self.config) for _ in range(self.config.n_layer)]
        self.ln_f = nn.LayerNorm(epsilon=1e-5)  # norm: layernorm constructor transformer.ln_f


class LanguageModel(nn.Module):
    config: Any

    def setup(self):
        self.transformer = Decoder(self.config)
        self.bn = nn.BatchNorm(use_running_average=True)


class Stack(nn.Module):
    @nn.compact
    def __call__(self, x):
        norm = functools.partial(nn.LayerNorm, dtype=jnp.float32)  # norm: layernorm reference LayerNorm_*
        for _ in range(4):
            x = norm()(x)  # norm: layernorm constructor LayerNorm_*
        return x
