"""A decoder with four norms a block and norms on queries and keys, in the style of Gemma 3."""

import torch
import torch.nn as nn


class Gemma3RMSNorm(nn.Module):
    def __init__(self, dim: int, eps: float = 1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.zeros(dim))

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def forward(self, x):
        output = self._norm(x.float())
        output = output * (1.0 + self.weight.float())
        return output.type_as(x)

    def extra_repr(self):
        return f"{tuple(self.weight.shape)}, eps={self.eps}"


class Gemma3Attention(nn.Module):
    def __init__(self, config, layer_idx: int):
        super().__init__()
        self.head_dim = config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, config.num_attention_heads * self.head_dim)
        self.q_norm = Gemma3RMSNorm(dim=config.head_dim, eps=config.rms_norm_eps)  # norm: rmsnorm constructor language_model.layers.*.self_attn.q_norm
        self.k_norm = Gemma3RMSNorm(dim=config.head_dim, eps=config.rms_norm_eps)  # norm: rmsnorm constructor language_model.layers.*.self_attn.k_norm

    def forward(self, hidden_states):
        query_states = self.q_norm(self.q_proj(hidden_states))
        return query_states.norm(dim=-1)


class Gemma3DecoderLayer(nn.Module):
    def __init__(self, config, layer_idx: int):
        super().__init__()
        self.self_attn = Gemma3Attention(config=config, layer_idx=layer_idx)
        self.input_layernorm = Gemma3RMSNorm(self.hidden_size, eps=config.rms_norm_eps)  # norm: rmsnorm constructor language_model.layers.*.input_layernorm
        self.post_attention_layernorm = Gemma3RMSNorm(self.hidden_size, eps=config.rms_norm_eps)  # norm: rmsnorm constructor language_model.layers.*.post_attention_layernorm
        self.pre_feedforward_layernorm = Gemma3RMSNorm(self.hidden_size, eps=config.rms_norm_eps)  # norm: rmsnorm constructor language_model.layers.*.pre_feedforward_layernorm
        self.post_feedforward_layernorm = Gemma3RMSNorm(self.hidden_size, eps=config.rms_norm_eps)  # norm: rmsnorm constructor language_model.layers.*.post_feedforward_layernorm


class Gemma3TextModel(nn.Module):
    config: object

    def __init__(self, config):
        super().__init__(config)
        self.layers = nn.ModuleList(
            [Gemma3DecoderLayer(config, layer_idx) for layer_idx in range(config.num_hidden_layers)]
        )
        self.norm = Gemma3RMSNorm(config.hidden_size, eps=config.rms_norm_eps)  # norm: rmsnorm constructor language_model.norm


class Gemma3Model(nn.Module):
    def __init__(self, config):
        super().__init__(config)
        self.language_model = Gemma3TextModel(config.text_config)
        self.multi_modal_projector = Gemma3Projector(config)


class Gemma3Projector(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.mm_soft_emb_norm = Gemma3RMSNorm(  # norm: rmsnorm constructor multi_modal_projector.mm_soft_emb_norm
            config.vision_config.hidden_size, eps=config.vision_config.layer_norm_eps
        )
