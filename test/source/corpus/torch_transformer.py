"""Encoder layers in the style of torch's own: clones of a layer that is handed in, and an optional norm at the end."""

import copy
from typing import Optional

import torch
from torch import Tensor
from torch.nn import Dropout, LayerNorm, Linear, Module, ModuleList, MultiheadAttention
from torch.nn import LayerNorm as LN


class TransformerEncoder(Module):
    __constants__ = ["norm"]

    def __init__(self, encoder_layer: "TransformerEncoderLayer", num_layers: int, norm: Optional[Module] = None) -> None:
        super().__init__()
        torch._C._log_api_usage_once(f"torch.nn.modules.{self.__class__.__name__}")
        self.layers = _get_clones(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(self, src: Tensor) -> Tensor:
        output = src
        for mod in self.layers:
            output = mod(output)
        if self.norm is not None:
            output = self.norm(output)
        return output


class TransformerEncoderLayer(Module):
    def __init__(self, d_model: int, nhead: int, layer_norm_eps: float = 1e-5, norm_first: bool = False, device=None, dtype=None):
        factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__()
        self.self_attn = MultiheadAttention(d_model, nhead, **factory_kwargs)
        self.linear1 = Linear(d_model, 4 * d_model)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **factory_kwargs)  # norm: layernorm constructor encoder.layers.*.norm1
        self.norm2 = LN(d_model, eps=layer_norm_eps, **factory_kwargs)  # norm: layernorm constructor encoder.layers.*.norm2
        self.dropout = Dropout(0.1)

    def forward(self, src: Tensor) -> Tensor:
        x = src
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x))
            return x + self._ff_block(self.norm2(x))
        x = self.norm1(x + self._sa_block(x))
        return self.norm2(x + self._ff_block(x))


class Transformer(Module):
    def __init__(self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, custom_encoder=None):
        super().__init__()
        if custom_encoder is not None:
            self.encoder = custom_encoder
        else:
            encoder_layer = TransformerEncoderLayer(d_model, nhead)
            encoder_norm = LayerNorm(d_model, eps=1e-5)  # norm: layernorm constructor encoder.norm
            self.encoder = TransformerEncoder(encoder_layer, num_encoder_layers, encoder_norm)


def _get_clones(module, N):
    return ModuleList([copy.deepcopy(module) for i in range(N)])


class Classifier(torch.nn.Module):
    def __init__(self, dim):
        super().__init__()
        layer = torch.nn.TransformerEncoderLayer(dim, 8)
        self.body = torch.nn.TransformerEncoder(layer, 6, norm=torch.nn.LayerNorm(dim))  # norm: layernorm constructor body.norm
