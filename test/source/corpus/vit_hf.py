"""A ViT in the style of Hugging Face: norms before attention and MLP, and one at the end."""

import collections.abc
from typing import Optional

import torch
from torch import nn


class ViTEmbeddings(nn.Module):
    def __init__(self, config, use_mask_token: bool = False) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.randn(1, 1, config.hidden_size))
        self.patch_embeddings = ViTPatchEmbeddings(config)

    def forward(self, pixel_values):
        return self.patch_embeddings(pixel_values)


class ViTPatchEmbeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        image_size = config.image_size
        image_size = image_size if isinstance(image_size, collections.abc.Iterable) else (image_size, image_size)
        self.projection = nn.Conv2d(config.num_channels, config.hidden_size, kernel_size=16, stride=16)

    def forward(self, pixel_values):
        return self.projection(pixel_values).flatten(2).transpose(1, 2)


class ViTAttention(nn.Module):
    def __init__(self, config) -> None:
        super().__init__()
        self.query = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, hidden_states):
        return self.query(hidden_states)


class ViTLayer(nn.Module):
    """This corresponds to the Block class in the timm implementation."""

    def __init__(self, config) -> None:
        super().__init__()
        self.attention = ViTAttention(config)
        self.layernorm_before = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)  # norm: layernorm constructor vit.encoder.layer.*.layernorm_before
        self.layernorm_after = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)  # norm: layernorm constructor vit.encoder.layer.*.layernorm_after

    def forward(self, hidden_states):
        hidden_states = self.attention(self.layernorm_before(hidden_states)) + hidden_states
        return self.layernorm_after(hidden_states)


class ViTEncoder(nn.Module):
    def __init__(self, config) -> None:
        super().__init__()
        self.layer = nn.ModuleList([ViTLayer(config) for _ in range(config.num_hidden_layers)])

    def forward(self, hidden_states):
        for i, layer_module in enumerate(self.layer):
            hidden_states = layer_module(hidden_states)
        return hidden_states


class ViTModel(nn.Module):
    def __init__(self, config, add_pooling_layer: bool = True, use_mask_token: bool = False):
        super().__init__()
        self.embeddings = ViTEmbeddings(config, use_mask_token=use_mask_token)
        self.encoder = ViTEncoder(config)
        self.layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)  # norm: layernorm constructor vit.layernorm

    def forward(self, pixel_values: Optional[torch.Tensor] = None):
        return self.layernorm(self.encoder(self.embeddings(pixel_values)))


class ViTForImageClassification(nn.Module):
    def __init__(self, config) -> None:
        super().__init__()
        self.vit = ViTModel(config, add_pooling_layer=False)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels) if config.num_labels > 0 else nn.Identity()
