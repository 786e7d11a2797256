"""T5 in the style of Hugging Face: a LayerNorm that subtracts no mean, exchanged for apex's where that is installed."""

import copy

import torch
from torch import nn

from ...utils import logging

logger = logging.get_logger(__name__)


class T5LayerNorm(nn.Module):
    def __init__(self, hidden_size, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.variance_epsilon = eps

    def forward(self, hidden_states):
        variance = hidden_states.to(torch.float32).pow(2).mean(-1, keepdim=True)
        hidden_states = hidden_states * torch.rsqrt(variance + self.variance_epsilon)
        return self.weight * hidden_states


try:
    from apex.normalization import FusedRMSNorm

    T5LayerNorm = FusedRMSNorm  # norm: rmsnorm reference encoder.block.*.layer.*.layer_norm
    logger.info("Discovered apex.normalization.FusedRMSNorm - will use it instead of T5LayerNorm")
except ImportError:
    pass


class T5LayerFF(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.DenseReluDense = nn.Linear(config.d_model, config.d_ff, bias=False)
        self.layer_norm = T5LayerNorm(config.d_model, eps=config.layer_norm_epsilon)  # norm: rmsnorm constructor encoder.block.*.layer.*.layer_norm

    def forward(self, hidden_states):
        return hidden_states + self.DenseReluDense(self.layer_norm(hidden_states))


class T5LayerSelfAttention(nn.Module):
    def __init__(self, config, has_relative_attention_bias=False):
        super().__init__()
        self.SelfAttention = nn.Linear(config.d_model, config.d_model)
        self.layer_norm = T5LayerNorm(config.d_model, eps=config.layer_norm_epsilon)  # norm: rmsnorm constructor encoder.block.*.layer.*.layer_norm


class T5LayerCrossAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.EncDecAttention = nn.Linear(config.d_model, config.d_model)
        self.layer_norm = T5LayerNorm(config.d_model, eps=config.layer_norm_epsilon)  # norm: rmsnorm constructor encoder.block.*.layer.*.layer_norm


class T5Block(nn.Module):
    def __init__(self, config, has_relative_attention_bias=False):
        super().__init__()
        self.is_decoder = config.is_decoder
        self.layer = nn.ModuleList()
        self.layer.append(T5LayerSelfAttention(config, has_relative_attention_bias=has_relative_attention_bias))
        if self.is_decoder:
            self.layer.append(T5LayerCrossAttention(config))
        self.layer.append(T5LayerFF(config))


class T5Stack(nn.Module):
    def __init__(self, config, embed_tokens=None):
        super().__init__()
        self.embed_tokens = embed_tokens
        self.block = nn.ModuleList(
            [T5Block(config, has_relative_attention_bias=bool(i == 0)) for i in range(config.num_layers)]
        )
        self.final_layer_norm = T5LayerNorm(config.d_model, eps=config.layer_norm_epsilon)  # norm: rmsnorm constructor encoder.final_layer_norm


class T5Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.shared = nn.Embedding(config.vocab_size, config.d_model)
        encoder_config = copy.deepcopy(config)
        self.encoder = T5Stack(encoder_config, self.shared)
        self.decoder = T5Stack(copy.deepcopy(config), self.shared)
