"""A decoder in linen whose norms are DyT."""

import flax.linen as nn


class DyT(nn.Module):
    alpha_init_value: float = 0.5

    @nn.compact
    def __call__(self, x):
        alpha = self.param("alpha", nn.initializers.constant(self.alpha_init_value), (1,))
        scale = self.param("scale", nn.initializers.ones, (x.shape[-1],))
        return scale * nn.tanh(alpha * x)


class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        x = x + nn.Dense(self.width)(DyT(alpha_init_value=0.8)(x))  # norm: dyt constructor layers_*.DyT_0
        return x + nn.Dense(self.width)(DyT(name="before_mlp")(x))  # norm: dyt constructor layers_*.before_mlp


class Decoder(nn.Module):
    width: int
    depth: int

    def setup(self):
        self.layers = [Block(self.width) for _ in range(self.depth)]
        self.last = DyT()  # norm: dyt constructor last

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.last(x)
