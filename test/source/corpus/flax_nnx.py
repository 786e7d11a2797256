"""Flax nnx: modules by attribute, with rngs handed through."""

import jax.numpy as jnp
from flax import nnx


class Block(nnx.Module):
    def __init__(self, dim: int, *, rngs: nnx.Rngs):
        self.norm1 = nnx.LayerNorm(dim, rngs=rngs)  # norm: layernorm constructor blocks.*.norm1
        self.norm2 = nnx.RMSNorm(num_features=dim, rngs=rngs)  # norm: rmsnorm constructor blocks.*.norm2
        self.mlp = nnx.Sequential(
            nnx.Linear(dim, 4 * dim, rngs=rngs),
            nnx.LayerNorm(4 * dim, rngs=rngs),  # norm: layernorm constructor blocks.*.mlp.1
        )

    def __call__(self, x):
        return x + self.mlp(self.norm1(x))


class Model(nnx.Module):
    def __init__(self, dim: int, depth: int, *, rngs: nnx.Rngs):
        self.blocks = nnx.List([Block(dim, rngs=rngs) for _ in range(depth)])
        self.norm = nnx.LayerNorm(dim, epsilon=1e-6, rngs=rngs)  # norm: layernorm constructor norm
        self.groups = nnx.GroupNorm(dim, num_groups=8, rngs=rngs)  # norm: groupnorm constructor groups

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return jnp.mean(self.norm(x), axis=1)
