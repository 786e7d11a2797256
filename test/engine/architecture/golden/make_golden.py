"""Writes the golden files of the architecture families: small random checkpoints with what PyTorch computes on them.

Run with torch 2.13, transformers 5.18, timm 1.0.29 and safetensors, from anywhere; every run writes the same bytes:

    python make_golden.py            all cases
    python make_golden.py llama      the cases whose names start with llama
"""

import functools
import json
import sys
import tempfile
from pathlib import Path
from typing import Callable

import torch
import transformers
from cases import CONTEXT, VISIBLE_EPS, VOCABULARY, all_text_feeds, ids, image_feeds, run_transformers, text_feeds, transformers_case, write_cases
from plain_models import Gpt, GptSettings, MetaLlama
from recording import Case, Feed, Outputs, randomise
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers.activations import NewGELUActivation

# GPT-2

GPT2_ROLES = {"ln_1": "attention", "ln_2": "ffn", "ln_f": "final"}


def gpt2(
    name: str,
    feeds: dict[str, Feed] | None = None,
    eps: float = VISIBLE_EPS,
    dtype: torch.dtype = torch.float32,
    **options,
) -> Case:
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY,
        n_positions=CONTEXT,
        n_embd=16,
        n_layer=2,
        n_head=2,
        layer_norm_epsilon=eps,
        bos_token_id=0,
        eos_token_id=0,
        **options,
    )
    return transformers_case(name, transformers.GPT2LMHeadModel(config), GPT2_ROLES, feeds or text_feeds(), dtype=dtype)


def causal_masks(prefix: str) -> dict[str, Tensor]:
    """The mask that older implementations keep as a buffer of each block."""
    mask = torch.ones(CONTEXT, CONTEXT).tril().view(1, 1, CONTEXT, CONTEXT)
    return {f"{prefix}h.{block}.attn.bias": mask for block in range(2)}


def gpt2_hf() -> Case:
    return gpt2("gpt2-hf", all_text_feeds(), eps=1e-5)


def gpt2_hf_noprefix() -> Case:
    """Names, mask buffers and config.json as in the hub's `gpt2`."""
    case = gpt2("gpt2-hf-noprefix")
    case.checkpoint = {name.removeprefix("transformer."): tensor for name, tensor in case.checkpoint.items()}
    case.checkpoint |= causal_masks("")
    case.config = {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1,
        "bos_token_id": 0,
        "embd_pdrop": 0.1,
        "eos_token_id": 0,
        "initializer_range": 0.02,
        "layer_norm_epsilon": VISIBLE_EPS,
        "model_type": "gpt2",
        "n_ctx": CONTEXT,
        "n_embd": 16,
        "n_head": 2,
        "n_layer": 2,
        "n_positions": CONTEXT,
        "resid_pdrop": 0.1,
        "summary_activation": None,
        "summary_first_dropout": 0.1,
        "summary_proj_to_labels": True,
        "summary_type": "cls_index",
        "summary_use_proj": True,
        "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
        "vocab_size": VOCABULARY,
    }
    return case


def gpt2_hf_f16() -> Case:
    return gpt2("gpt2-hf-f16", dtype=torch.float16)


def gpt2_gelu() -> Case:
    return gpt2("gpt2-gelu", activation_function="gelu")


def gpt2_relu() -> Case:
    return gpt2("gpt2-relu", activation_function="relu")


def gpt2_inner() -> Case:
    return gpt2("gpt2-inner", n_inner=24)


def gpt2_inverse_layer_scale() -> Case:
    return gpt2("gpt2-inverse-layer-scale", scale_attn_by_inverse_layer_idx=True)


def gpt2_unscaled_attention() -> Case:
    return gpt2("gpt2-unscaled-attention", scale_attn_weights=False)


def run_plain(model: nn.Module, feed: Feed) -> Outputs:
    return model(**feed)


def plain_gpt(name: str, config: dict, bias: bool, tied: bool, gelu: Callable[[], nn.Module], prefix: str = "") -> Case:
    sizes = {key: config[key] for key in ("n_layer", "n_head", "n_embd", "vocab_size", "block_size")}
    model = randomise(Gpt(GptSettings(**sizes, bias=bias, tied=tied, gelu=gelu)), name)
    return Case(
        name=name,
        model=model,
        forward=run_plain,
        config=config,
        checkpoint={prefix + key: tensor for key, tensor in model.state_dict().items()},
        roles=GPT2_ROLES,
        blocks=sizes["n_layer"],
        feeds=text_feeds(),
    )


PLAIN_GPT_SIZES = {"n_layer": 2, "n_head": 2, "n_embd": 16, "vocab_size": VOCABULARY, "block_size": CONTEXT}


def mingpt() -> Case:
    dropouts = {"embd_pdrop": 0.1, "resid_pdrop": 0.1, "attn_pdrop": 0.1}
    config = {"model_type": "gpt-nano", **PLAIN_GPT_SIZES, **dropouts}
    case = plain_gpt("mingpt", config, bias=True, tied=False, gelu=NewGELUActivation)
    case.checkpoint |= causal_masks("transformer.")
    return case


def nanogpt() -> Case:
    """As a compiled model's state is named."""
    config = {**PLAIN_GPT_SIZES, "bias": False, "dropout": 0.0}
    return plain_gpt("nanogpt", config, bias=False, tied=True, gelu=nn.GELU, prefix="_orig_mod.")


def nanogpt_bias() -> Case:
    config = {**PLAIN_GPT_SIZES, "bias": True, "dropout": 0.0}
    return plain_gpt("nanogpt-bias", config, bias=True, tied=True, gelu=nn.GELU)


# LLaMA

LLAMA_ROLES = {
    "input_layernorm": "attention",
    "post_attention_layernorm": "ffn",
    "attention_norm": "attention",
    "ffn_norm": "ffn",
    "norm": "final",
}
LLAMA_SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": VISIBLE_EPS,
}
# Context before scaling, so short that all three wavelength bands of the scaling occur.
LLAMA3_SCALING = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def llama(name: str, feeds: dict[str, Feed] | None = None, dtype: torch.dtype = torch.float32, **options) -> Case:
    """config.json as transformers 5 writes it: everything about RoPE under `rope_parameters`."""
    config = transformers.LlamaConfig(**{**LLAMA_SIZES, **options})
    return transformers_case(name, transformers.LlamaForCausalLM(config), LLAMA_ROLES, feeds or text_feeds(), dtype=dtype)


def llama_old(name: str, **options) -> Case:
    """config.json as transformers wrote it before version 5: `rope_theta` and `rope_scaling`, perhaps no `head_dim`."""
    config = {
        "architectures": ["LlamaForCausalLM"],
        "bos_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "initializer_range": 0.02,
        "model_type": "llama",
        "pretraining_tp": 1,
        **LLAMA_SIZES,
        **options,
        "torch_dtype": "float32",
        "transformers_version": "4.43.0",
        "use_cache": True,
    }
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig.from_dict(dict(config)))
    return transformers_case(name, model, LLAMA_ROLES, text_feeds(), config=config)


def llama_hf() -> Case:
    return llama("llama-hf", all_text_feeds(), rms_norm_eps=1e-5)


def llama_hf_bf16() -> Case:
    return llama("llama-hf-bf16", dtype=torch.bfloat16)


def llama_tied_old() -> Case:
    return llama_old("llama-tied-old", rope_theta=500000.0, rope_scaling=None, tie_word_embeddings=True)


def llama_attention_bias() -> Case:
    return llama("llama-attention-bias", attention_bias=True)


def llama_mlp_bias() -> Case:
    return llama("llama-mlp-bias", mlp_bias=True)


def llama_head_dim() -> Case:
    return llama("llama-head-dim", head_dim=8)


def llama_rope_llama3() -> Case:
    parameters = {"rope_theta": 100.0, **LLAMA3_SCALING}
    return llama("llama-rope-llama3", head_dim=8, max_position_embeddings=512, rope_parameters=parameters)


def llama_rope_llama3_old() -> Case:
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    return llama_old(
        "llama-rope-llama3-old", **heads, max_position_embeddings=512, rope_theta=100.0, rope_scaling=LLAMA3_SCALING
    )


def llama_rope_linear() -> Case:
    parameters = {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}
    return llama("llama-rope-linear", rope_parameters=parameters)


def llama_rope_linear_old() -> Case:
    return llama_old("llama-rope-linear-old", rope_scaling={"type": "linear", "factor": 4.0})


def meta_llama(name: str, params: dict, **stored_otherwise) -> Case:
    return Case(
        name=name,
        model=(model := randomise(MetaLlama(**params), name)),
        forward=run_plain,
        config={**params, **stored_otherwise},
        config_file="params.json",
        checkpoint=dict(model.state_dict()),
        roles=LLAMA_ROLES,
        blocks=params["n_layers"],
        feeds=text_feeds(),
    )


META_SIZES = {"dim": 16, "n_layers": 2, "n_heads": 2, "vocab_size": VOCABULARY, "multiple_of": 4, "norm_eps": VISIBLE_EPS}


def llama_meta() -> Case:
    """As Llama 2 came: vocabulary size left to the tokenizer, the frequencies stored as a tensor."""
    case = meta_llama("llama-meta", META_SIZES, vocab_size=-1)
    case.checkpoint["rope.freqs"] = case.model.frequencies
    return case


def llama_meta_gqa() -> Case:
    """As Llama 3 came."""
    return meta_llama("llama-meta-gqa", {**META_SIZES, "n_kv_heads": 1, "rope_theta": 500000.0})


def llama_meta_scaled() -> Case:
    """As Llama 3.1 came."""
    return meta_llama("llama-meta-scaled", {**META_SIZES, "n_kv_heads": 1, "rope_theta": 500000.0, "use_scaled_rope": True})


# What descends from LLaMA

DESCENDANT_ROLES = {
    **LLAMA_ROLES,
    "q_norm": "query",
    "k_norm": "key",
}
# Where a block has norms before and behind its branches, or behind alone.
SANDWICH_ROLES = {
    **DESCENDANT_ROLES,
    "post_attention_layernorm": "post-attention",
    "pre_feedforward_layernorm": "ffn",
    "post_feedforward_layernorm": "post-ffn",
}
EAGER = {"attn_implementation": "eager", "experts_implementation": "eager"}


def descendant(name: str, kind: str, roles: dict[str, str] = DESCENDANT_ROLES, text: str = "", **options) -> Case:
    """A causal language model of transformers whose classes are called `kind`."""
    config = getattr(transformers, f"{kind}{text}Config")(**{**LLAMA_SIZES, "pad_token_id": 0, **EAGER, **options})
    return transformers_case(name, getattr(transformers, f"{kind}ForCausalLM")(config), roles, text_feeds())


def mistral_window() -> Case:
    return descendant("mistral-window", "Mistral", sliding_window=3)


def qwen2_hf() -> Case:
    case = descendant("qwen2-hf", "Qwen2", use_sliding_window=True, sliding_window=3, max_window_layers=1)
    case.without_effect = r"lm_head"
    return case


def qwen3_hf() -> Case:
    return descendant("qwen3-hf", "Qwen3", head_dim=8)


EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 12}


def mixtral_hf() -> Case:
    return descendant("mixtral-hf", "Mixtral", num_local_experts=4, num_experts_per_tok=2, sliding_window=4)


META_NAMES = {
    "model.embed_tokens": "tok_embeddings",
    "model.": "",
    "lm_head": "output",
    "input_layernorm": "attention_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attention.wq",
    "self_attn.k_proj": "attention.wk",
    "self_attn.v_proj": "attention.wv",
    "self_attn.o_proj": "attention.wo",
    "block_sparse_moe": "feed_forward",
}


def with_neighbours(weight: Tensor, heads: int) -> Tensor:
    """Rows of queries or keys in the order in which Meta has them: the two channels of a pair stand side by side."""
    return weight.view(heads, 2, -1, weight.shape[1]).transpose(1, 2).reshape(weight.shape)


def mixtral_meta() -> Case:
    """As its authors gave it out: Meta's names, with experts."""
    case = descendant("mixtral-meta", "Mixtral", num_local_experts=4, num_experts_per_tok=2, sliding_window=None)
    heads = {"q_proj": case.model.config.num_attention_heads, "k_proj": case.model.config.num_key_value_heads}
    turned = {name: with_neighbours(tensor, heads[name.split(".")[-2]]) if name.split(".")[-2] in heads else tensor for name, tensor in case.checkpoint.items()}
    case.checkpoint = {functools.reduce(lambda known, pair: known.replace(*pair), META_NAMES.items(), name): tensor for name, tensor in turned.items()}
    case.roles = LLAMA_ROLES
    case.config = {
        "dim": case.model.config.hidden_size,
        "n_layers": case.model.config.num_hidden_layers,
        "head_dim": case.model.config.hidden_size // heads["q_proj"],
        "hidden_dim": case.model.config.intermediate_size,
        "n_heads": heads["q_proj"],
        "n_kv_heads": heads["k_proj"],
        "norm_eps": case.model.config.rms_norm_eps,
        "vocab_size": VOCABULARY,
        "rope_theta": 1000000.0,
        "moe": {"num_experts_per_tok": 2, "num_experts": 4},
    }
    case.config_file = "params.json"
    return case


def qwen2_moe_hf() -> Case:
    """A shared expert, and a first block without experts."""
    return descendant(
        "qwen2-moe-hf", "Qwen2Moe", **EXPERTS, num_experts=4, shared_expert_intermediate_size=20, mlp_only_layers=[0]
    )


def qwen3_moe_hf() -> Case:
    return descendant("qwen3-moe-hf", "Qwen3Moe", **EXPERTS, num_experts=4, head_dim=8, norm_topk_prob=True)


def qwen3_moe_in_memory_names() -> Case:
    """As transformers 5 has it in memory: experts stacked in two tensors."""
    case = descendant("qwen3-moe-in-memory-names", "Qwen3Moe", **EXPERTS, num_experts=4, head_dim=8)
    case.checkpoint = dict(case.model.state_dict())
    return case


def olmoe_hf() -> Case:
    return descendant("olmoe-hf", "Olmoe", num_experts_per_tok=2, num_experts=4, intermediate_size=12)


def olmo_hf() -> Case:
    """Norms without gain and offset; queries, keys and values bounded so closely that many are clipped."""
    return descendant("olmo-hf", "Olmo", clip_qkv=1.5)


def olmo2_hf() -> Case:
    return descendant("olmo2-hf", "Olmo2", SANDWICH_ROLES)


def olmo3_hf() -> Case:
    """YaRN where attention is global."""
    trained = {"original_max_position_embeddings": 64, "beta_fast": 2.0, "beta_slow": 0.5}
    yarn = {"rope_type": "yarn", "factor": 8.0, "rope_theta": 50.0, **trained}
    return descendant(
        "olmo3-hf",
        "Olmo3",
        SANDWICH_ROLES,
        num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        sliding_window=3,
        rope_parameters={"full_attention": yarn, "sliding_attention": {"rope_type": "default", "rope_theta": 50.0}},
    )


def phi3_hf() -> Case:
    return descendant("phi3-hf", "Phi3", sliding_window=5)


def phi3_longrope() -> Case:
    """Phi 3 with a long context, and Phi 4: a divisor for every frequency, and part of each head turned."""
    divisors = {"short_factor": [1.0, 1.25, 2.0], "long_factor": [1.0, 4.0, 9.0]}
    return descendant(
        "phi3-longrope",
        "Phi3",
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        original_max_position_embeddings=64,
        rope_parameters={"rope_type": "longrope", "rope_theta": 100.0, "partial_rotary_factor": 0.75, **divisors},
    )


def starcoder2_hf() -> Case:
    return descendant("starcoder2-hf", "Starcoder2", norm_epsilon=VISIBLE_EPS, sliding_window=4)


HALF_TURNED = {"rope_theta": 50.0, "partial_rotary_factor": 0.5, "rope_type": "default"}


def stablelm_hf() -> Case:
    return descendant("stablelm-hf", "StableLm", layer_norm_eps=VISIBLE_EPS, rope_parameters=HALF_TURNED)


def stablelm_parallel() -> Case:
    options = {"use_parallel_residual": True, "use_qkv_bias": True}
    case = descendant("stablelm-parallel", "StableLm", layer_norm_eps=VISIBLE_EPS, rope_parameters=HALF_TURNED, **options)
    del case.config["rope_parameters"]
    case.config |= {"rope_theta": 50.0, "partial_rotary_factor": 0.5}
    return case


def granite_hf() -> Case:
    factors = {"embedding_multiplier": 3.0, "attention_multiplier": 0.4, "residual_multiplier": 0.6, "logits_scaling": 5.0}
    return descendant("granite-hf", "Granite", **factors)


def smollm3_hf() -> Case:
    return descendant("smollm3-hf", "SmolLM3", no_rope_layer_interval=2, use_sliding_window=True, sliding_window=3)


def cohere_hf() -> Case:
    return descendant("cohere-hf", "Cohere", layer_norm_eps=VISIBLE_EPS, logit_scale=0.3)


def cohere2_hf() -> Case:
    types = ["sliding_attention", "full_attention"]
    return descendant("cohere2-hf", "Cohere2", layer_norm_eps=VISIBLE_EPS, sliding_window=3, layer_types=types)


def nemotron_hf() -> Case:
    return descendant("nemotron-hf", "Nemotron", norm_eps=VISIBLE_EPS, rope_parameters=HALF_TURNED)


def glm_hf() -> Case:
    return descendant("glm-hf", "Glm", head_dim=8, rope_parameters=HALF_TURNED)


def glm4_hf() -> Case:
    roles = {**DESCENDANT_ROLES, "post_self_attn_layernorm": "post-attention", "post_mlp_layernorm": "post-ffn"}
    return descendant("glm4-hf", "Glm4", roles, head_dim=8, rope_parameters=HALF_TURNED)


# Gemma

GEMMA = {"head_dim": 8, "hidden_activation": "gelu_pytorch_tanh"}


def gemma_hf() -> Case:
    return descendant("gemma-hf", "Gemma", head_dim=8, hidden_act="gelu")


def gemma2_hf() -> Case:
    """Caps that bind."""
    return descendant(
        "gemma2-hf",
        "Gemma2",
        SANDWICH_ROLES,
        **GEMMA,
        sliding_window=3,
        query_pre_attn_scalar=12,
        attn_logit_softcapping=3.0,
        final_logit_softcapping=5.0,
    )


def gemma3_hf() -> Case:
    thetas = {"sliding_attention": 50.0, "full_attention": 500.0}
    return descendant(
        "gemma3-hf",
        "Gemma3",
        SANDWICH_ROLES,
        "Text",
        **GEMMA,
        sliding_window=3,
        query_pre_attn_scalar=12,
        layer_types=["sliding_attention", "full_attention"],
        rope_parameters={kind: {"rope_type": "default", "rope_theta": theta} for kind, theta in thetas.items()},
    )


def gemma3_old(name: str = "gemma3-old") -> Case:
    """config.json as the hub has it: the pattern a number, the angles in fields of their own."""
    config = {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        **LLAMA_SIZES,
        **GEMMA,
        "pad_token_id": 0,
        "sliding_window": 3,
        "sliding_window_pattern": 2,
        "query_pre_attn_scalar": 12,
        "rope_theta": 500.0,
        "rope_local_base_freq": 50.0,
        "rope_scaling": {"rope_type": "linear", "factor": 4.0},
    }
    model = transformers.Gemma3ForCausalLM(transformers.Gemma3TextConfig.from_dict({**config, **EAGER}))
    return transformers_case(name, model, SANDWICH_ROLES, text_feeds(), config=config)


def gemma3_images() -> Case:
    """As those that see images come: the language model under a prefix, its configuration in the whole's."""
    case = gemma3_old("gemma3-images")
    case.config = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": case.config}
    case.checkpoint = {f"language_model.{name}": tensor for name, tensor in case.checkpoint.items()}
    case.checkpoint["vision_tower.vision_model.post_layernorm.weight"] = torch.arange(8.0)
    return case


# Other decoders

BLOCK_ROLES = {
    "input_layernorm": "attention",
    "post_attention_layernorm": "ffn",
    "ln_attn": "attention",
    "ln_mlp": "ffn",
    "q_layernorm": "query",
    "k_layernorm": "key",
    "word_embeddings_layernorm": "embedding",
    "final_layer_norm": "final",
    "final_layernorm": "final",
    "ln_f": "final",
}
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    **EAGER,
}


def gpt_bigcode(name: str, **options) -> Case:
    sizes = {"n_positions": CONTEXT, "n_embd": 16, "n_layer": 2, "n_head": 4, "layer_norm_epsilon": VISIBLE_EPS}
    config = transformers.GPTBigCodeConfig(vocab_size=VOCABULARY, **sizes, **EAGER, **options)
    return transformers_case(name, transformers.GPTBigCodeForCausalLM(config), GPT2_ROLES, text_feeds())


def gpt_bigcode_hf() -> Case:
    return gpt_bigcode("gpt-bigcode-hf")


def gpt_bigcode_many_heads() -> Case:
    return gpt_bigcode("gpt-bigcode-many-heads", multi_query=False)


@torch.no_grad()
def shrink_unscaled_queries(model: nn.Module) -> None:
    """GPT-Neo does not scale its products, and learns queries that are small instead."""
    for name, parameter in model.named_parameters():
        if name.endswith("q_proj.weight"):
            parameter.mul_(0.4)


def gpt_neo_hf() -> Case:
    sizes = {"max_position_embeddings": CONTEXT, "hidden_size": 16, "num_layers": 2, "num_heads": 2}
    kinds = {"attention_types": [[["global", "local"], 1]], "window_size": 3, "layer_norm_epsilon": VISIBLE_EPS}
    config = transformers.GPTNeoConfig(vocab_size=VOCABULARY, **sizes, **kinds, **EAGER)
    model = transformers.GPTNeoForCausalLM(config)
    return transformers_case("gpt-neo-hf", model, GPT2_ROLES, text_feeds(), adjust=shrink_unscaled_queries)


def gptj_hf() -> Case:
    sizes = {"n_positions": CONTEXT, "n_embd": 16, "n_layer": 2, "n_head": 2, "rotary_dim": 4, "layer_norm_epsilon": VISIBLE_EPS}
    config = transformers.GPTJConfig(vocab_size=VOCABULARY, **sizes, **EAGER)
    return transformers_case("gptj-hf", transformers.GPTJForCausalLM(config), GPT2_ROLES, text_feeds())


def neox(name: str, **options) -> Case:
    config = transformers.GPTNeoXConfig(**SIZES, intermediate_size=28, layer_norm_eps=VISIBLE_EPS, **options)
    return transformers_case(name, transformers.GPTNeoXForCausalLM(config), BLOCK_ROLES, text_feeds())


def gpt_neox_hf() -> Case:
    return neox("gpt-neox-hf", rope_parameters={"rope_theta": 50.0, "partial_rotary_factor": 0.5, "rope_type": "default"})


def gpt_neox_old() -> Case:
    """As Pythia came: fields of its own for RoPE, masks and frequencies among the tensors; here also one branch after the other."""
    rope = {"rope_theta": 50.0, "partial_rotary_factor": 1.0, "rope_type": "default"}
    case = neox("gpt-neox-old", use_parallel_residual=False, rope_parameters=rope)
    del case.config["rope_parameters"]
    case.config |= {"rotary_emb_base": 50, "rotary_pct": 1.0}
    mask = torch.ones(1, 1, 64, 64).tril().bool()
    for block in range(2):
        case.checkpoint[f"gpt_neox.layers.{block}.attention.bias"] = mask
        case.checkpoint[f"gpt_neox.layers.{block}.attention.masked_bias"] = torch.tensor(-1e9)
        case.checkpoint[f"gpt_neox.layers.{block}.attention.rotary_emb.inv_freq"] = torch.ones(2)
    return case


def phi(name: str, **options) -> Case:
    sizes = {**SIZES, "intermediate_size": 28, "layer_norm_eps": VISIBLE_EPS}
    config = transformers.PhiConfig(**{**sizes, "rope_parameters": {"rope_theta": 50.0, "partial_rotary_factor": 0.5}, **options})
    return transformers_case(name, transformers.PhiForCausalLM(config), BLOCK_ROLES, text_feeds())


def phi_hf() -> Case:
    return phi("phi-hf")


def phi_query_key_norm() -> Case:
    return phi("phi-query-key-norm", qk_layernorm=True, num_key_value_heads=2)


OPT_ROLES = {"self_attn_layer_norm": "attention", "layers.#.final_layer_norm": "ffn", "final_layer_norm": "final"}


def opt(name: str, roles: dict[str, str], **options) -> Case:
    config = transformers.OPTConfig(**SIZES, ffn_dim=28, **options)
    return transformers_case(name, transformers.OPTForCausalLM(config), roles, text_feeds(), without_effect=r"k_proj\.bias")


def opt_hf() -> Case:
    return opt("opt-hf", OPT_ROLES)


def opt_post_norm() -> Case:
    """As the model of 350 million parameters."""
    roles = {"self_attn_layer_norm": "post-attention", "final_layer_norm": "post-ffn"}
    return opt("opt-post-norm", roles, do_layer_norm_before=False, word_embed_proj_dim=12)


def bloom_hf() -> Case:
    """Six heads, whose slopes do not come from one series."""
    sizes = {"vocab_size": VOCABULARY, "hidden_size": 12, "n_layer": 2, "n_head": 6, **EAGER}
    config = transformers.BloomConfig(**sizes, layer_norm_epsilon=VISIBLE_EPS)
    model = transformers.BloomForCausalLM(config)
    return transformers_case("bloom-hf", model, BLOCK_ROLES, text_feeds())


def falcon(name: str, **options) -> Case:
    config = transformers.FalconConfig(**SIZES, layer_norm_epsilon=VISIBLE_EPS, **options)
    return transformers_case(name, transformers.FalconForCausalLM(config), BLOCK_ROLES, text_feeds())


def falcon_multi_query() -> Case:
    """As the model of 7 billion parameters: one norm for both branches."""
    return falcon("falcon-multi-query")


def falcon_new() -> Case:
    """As the larger models: a norm for each branch, grouped queries."""
    return falcon("falcon-new", new_decoder_architecture=True, num_kv_heads=2)


def falcon_serial() -> Case:
    return falcon("falcon-serial", parallel_attn=False, multi_query=False, bias=True)


# BERT

BERT_ROLES = {
    "embeddings.LayerNorm": "embedding",
    "attention.output.LayerNorm": "post-attention",
    "output.LayerNorm": "post-ffn",
    "cls.predictions.transform.LayerNorm": "final",
}
# A key's bias adds the same number to all scores of a query; nothing is asked of the pooler.
BERT_WITHOUT_EFFECT = r"key\.bias|pooler"


def bert_config(**options) -> transformers.BertConfig:
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 40}
    return transformers.BertConfig(
        **{"vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT, "layer_norm_eps": VISIBLE_EPS, **sizes, **options}
    )


def bert(name: str, model: nn.Module, feeds: dict[str, Feed] | None = None, **rest) -> Case:
    return transformers_case(name, model, BERT_ROLES, feeds or text_feeds(), without_effect=BERT_WITHOUT_EFFECT, **rest)


def bert_hf() -> Case:
    return bert("bert-hf", transformers.BertForMaskedLM(bert_config(layer_norm_eps=1e-12)), all_text_feeds())


def bert_hf_noprefix() -> Case:
    """As sentence encoders come: no head, and the positions stored as a tensor."""
    case = bert("bert-hf-noprefix", transformers.BertModel(bert_config()))
    case.checkpoint["embeddings.position_ids"] = torch.arange(CONTEXT)[None]
    return case


def bert_gamma_beta() -> Case:
    """As `bert-base-uncased`, converted from TensorFlow: both heads, old names of the norms' parameters."""

    def old_name(name: str) -> str:
        return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")

    case = bert("bert-gamma-beta", transformers.BertForPreTraining(bert_config()))
    case.checkpoint = {old_name(name): tensor for name, tensor in case.checkpoint.items()}
    case.config["architectures"] = ["BertForMaskedLM"]
    case.without_effect = BERT_WITHOUT_EFFECT + "|seq_relationship"
    return case


def bert_gelu_new() -> Case:
    return bert("bert-gelu-new", transformers.BertForMaskedLM(bert_config(hidden_act="gelu_new")))


# What descends from BERT

ENCODER_ROLES = {
    **BERT_ROLES,
    "sa_layer_norm": "post-attention",
    "output_layer_norm": "post-ffn",
    "attention.LayerNorm": "post-attention",
    "lm_head.layer_norm": "final",
    "vocab_layer_norm": "final",
}
PADDING = 1


def unpadded_feeds() -> dict[str, Feed]:
    """Without the padding token's id, from which RoBERTa tells positions."""
    feeds = text_feeds()
    return {name: {"input_ids": feed["input_ids"] + 2 * (feed["input_ids"] == PADDING)} for name, feed in feeds.items()}


def roberta_hf() -> Case:
    config = transformers.RobertaConfig(**{**bert_config().to_dict(), "model_type": "roberta", "pad_token_id": PADDING, "type_vocab_size": 1})
    model = transformers.RobertaForMaskedLM(config)
    return transformers_case("roberta-hf", model, ENCODER_ROLES, unpadded_feeds(), without_effect=BERT_WITHOUT_EFFECT)


def xlm_roberta_noprefix() -> Case:
    """As sentence encoders come."""
    config = transformers.XLMRobertaConfig(**{**bert_config().to_dict(), "model_type": "xlm-roberta", "pad_token_id": PADDING, "type_vocab_size": 1})
    model = transformers.XLMRobertaModel(config)
    return transformers_case("xlm-roberta-noprefix", model, ENCODER_ROLES, unpadded_feeds(), without_effect=BERT_WITHOUT_EFFECT)


def deberta(name: str, **options) -> Case:
    """Buckets so few that distances share them."""
    sizes = {"position_buckets": 6, "relative_attention": True, "type_vocab_size": 0, "max_position_embeddings": 32}
    config = transformers.DebertaV2Config(**{**bert_config().to_dict(), "model_type": "deberta-v2", **sizes, **options})
    roles = {**ENCODER_ROLES, "encoder.LayerNorm": "embedding", "attention.output.LayerNorm": "post-attention"}
    feeds = {"": ids(3, 8), "-long": ids(1, 30)}
    return transformers_case(name, transformers.DebertaV2ForMaskedLM(config), roles, feeds, without_effect=r"pos_key_proj\.bias")


def deberta_v3() -> Case:
    """As DeBERTa 3: projections shared, a norm of the relative positions, no absolute ones."""
    both = {"pos_att_type": "p2c|c2p", "share_att_key": True, "norm_rel_ebd": "layer_norm"}
    return deberta("deberta-v3", position_biased_input=False, **both)


def deberta_v2_own_projections() -> Case:
    return deberta("deberta-v2-own-projections", pos_att_type=["c2p", "p2c"])


def electra_hf() -> Case:
    """An embedding that is narrower than the blocks."""
    config = transformers.ElectraConfig(**{**bert_config().to_dict(), "model_type": "electra", "embedding_size": 12})
    return transformers_case("electra-hf", transformers.ElectraModel(config), ENCODER_ROLES, text_feeds(), without_effect=BERT_WITHOUT_EFFECT)


def distilbert_hf() -> Case:
    sizes = {"vocab_size": VOCABULARY, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 40, "max_position_embeddings": CONTEXT}
    model = transformers.DistilBertForMaskedLM(transformers.DistilBertConfig(**sizes, **EAGER))
    return transformers_case("distilbert-hf", model, ENCODER_ROLES, text_feeds(), without_effect=r"k_lin\.bias")


def mpnet_hf() -> Case:
    """Sequences so long that distances share a bucket."""
    config = transformers.MPNetConfig(**{**bert_config().to_dict(), "model_type": "mpnet", "max_position_embeddings": 48})
    feeds = {"": unpadded_feeds()[""], "-long": {"input_ids": ids(1, 40)["input_ids"].clamp(min=2)}}
    model = transformers.MPNetForMaskedLM(config)
    return transformers_case("mpnet-hf", model, ENCODER_ROLES, feeds, without_effect=r"attn\.k\.bias|pooler")


def modernbert(name: str, model_class: type, config: dict | None = None, **options) -> Case:
    sizes = {**SIZES, "num_hidden_layers": 3, "intermediate_size": 20, "norm_eps": VISIBLE_EPS, "local_attention": 4, "pad_token_id": 0}
    made = transformers.ModernBertConfig(**{**sizes, **options})
    roles = {"embeddings.norm": "embedding", "attn_norm": "attention", "mlp_norm": "ffn", "final_norm": "final", "head.norm": "final"}
    return transformers_case(name, model_class(made), roles, text_feeds())


def modernbert_hf() -> Case:
    thetas = {"sliding_attention": 50.0, "full_attention": 500.0}
    rope = {kind: {"rope_type": "default", "rope_theta": theta} for kind, theta in thetas.items()}
    return modernbert("modernbert-hf", transformers.ModernBertForMaskedLM, rope_parameters=rope, classifier_bias=True, norm_bias=True)


def modernbert_old() -> Case:
    """config.json as the hub has it."""
    case = modernbert("modernbert-old", transformers.ModernBertModel, global_rope_theta=500.0, local_rope_theta=50.0)
    case.config = {key: value for key, value in case.config.items() if key not in ("rope_parameters", "layer_types")}
    case.config |= {"global_rope_theta": 500.0, "local_rope_theta": 50.0, "global_attn_every_n_layers": 3}
    return case


# T5

T5_ROLES = {
    "layer.0.layer_norm": "attention",
    "layer.1.layer_norm": "ffn",
    "final_layer_norm": "final",
}
T5_BLOCKS = 2


def run_t5(model: nn.Module, feed: Feed) -> Outputs:
    """The decoder is fed what it is trained on: the text, shifted right."""
    shifted = model._shift_right(feed["input_ids"])
    return {"logits": model(input_ids=feed["input_ids"], decoder_input_ids=shifted).logits}


@torch.no_grad()
def shrink_queries(model: nn.Module) -> None:
    """T5 does not scale its products, and learns queries that are small instead."""
    for name, parameter in model.named_parameters():
        if name.endswith("Attention.q.weight"):
            parameter.mul_(0.4)


def t5(name: str, model_class: type = transformers.T5ForConditionalGeneration, forward: Callable = run_t5, kind: str = "T5", **options) -> Case:
    """The decoder's blocks are counted on from the encoder's; few buckets, so that distances share them."""
    config = getattr(transformers, f"{kind}Config")(
        **{
            "vocab_size": VOCABULARY,
            "d_model": 16,
            "d_kv": 6,
            "d_ff": 28,
            "num_layers": T5_BLOCKS,
            "num_heads": 2,
            "layer_norm_epsilon": VISIBLE_EPS,
            "relative_attention_num_buckets": 8,
            "relative_attention_max_distance": 12,
            "decoder_start_token_id": 0,
            "pad_token_id": 0,
            **EAGER,
            **options,
        }
    )
    decoder_blocks = config.num_decoder_layers
    roles = {**T5_ROLES, **{f"decoder.block.{n}.layer.1.layer_norm": "attention" for n in range(decoder_blocks)}, "layer.2.layer_norm": "ffn"}

    def offset(name: str) -> int:
        return T5_BLOCKS if name.startswith("decoder.") else 0

    return transformers_case(
        name,
        model_class(config),
        roles,
        {"": ids(3, 8), "-long": ids(1, 20)},
        depth=lambda path: offset(path) + int(path.split(".")[2]),
        final_depth=lambda path: offset(path) + (decoder_blocks if path.startswith("decoder.") else T5_BLOCKS),
        run=forward,
        adjust=shrink_queries,
    )


def t5_hf() -> Case:
    return t5("t5-hf", num_decoder_layers=3)


def t5_gated() -> Case:
    """As Flan-T5: gated, the head its own, nothing scaled."""
    return t5("t5-gated", feed_forward_proj="gated-gelu", tie_word_embeddings=False)


def umt5_hf() -> Case:
    """Every block has a table of its own."""
    return t5("umt5-hf", transformers.UMT5ForConditionalGeneration, kind="UMT5", feed_forward_proj="gated-gelu")


def t5_encoder() -> Case:
    return t5("t5-encoder", transformers.T5EncoderModel, run_transformers)


# BART, mBART, Marian, Pegasus

BART_ROLES = {
    "layernorm_embedding": "embedding",
    "self_attn_layer_norm": "post-attention",
    "encoder_attn_layer_norm": "post-attention",
    "final_layer_norm": "post-ffn",
}
PRE_NORM_BART_ROLES = {**BART_ROLES, "self_attn_layer_norm": "attention", "encoder_attn_layer_norm": "attention", "final_layer_norm": "ffn", "layer_norm": "final"}


@torch.no_grad()
def fill_buffers(model: nn.Module) -> None:
    """Positions that are no parameters, though they are kept as one, and the offset of the logits, which is none."""
    for module in model.modules():
        if hasattr(module, "create_weight"):
            module.weight.copy_(module.create_weight())
    model.final_logits_bias.copy_(torch.linspace(-1, 1, VOCABULARY))


def bart(name: str, kind: str, roles: dict[str, str], **options) -> Case:
    """Three blocks in the decoder, which are counted on from the two of the encoder."""
    sizes = {"d_model": 8, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 12, "decoder_layers": 3, "decoder_attention_heads": 4, "decoder_ffn_dim": 10}
    special = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "forced_eos_token_id": 2, "decoder_start_token_id": 2}
    config = getattr(transformers, f"{kind}Config")(**{"vocab_size": VOCABULARY, "max_position_embeddings": 24, **sizes, **special, **EAGER, **options})
    model = getattr(transformers, f"{kind}{'MTModel' if kind == 'Marian' else 'ForConditionalGeneration'}")(config)

    def run(model: nn.Module, feed: Feed) -> Outputs:
        shifted = torch.cat([torch.full_like(feed["input_ids"][:, :1], 2), feed["input_ids"][:, :-1]], dim=1)
        return {"logits": model(**feed, decoder_input_ids=shifted).logits}

    def counted(path: str) -> int:
        return 2 if "decoder." in path else 0

    case = transformers_case(name, model, roles, {"": ids(3, 8)}, run=run, adjust=fill_buffers, depth=lambda path: counted(path) + int(path.split("layers.")[1].split(".")[0]), without_effect=r"k_proj\.bias|embed_positions")
    case.final_depth = lambda path: 5 if "decoder." in path else 2
    return case


def bart_hf() -> Case:
    return bart("bart-hf", "Bart", BART_ROLES, d_model=16)


def mbart_hf() -> Case:
    """Norms before the branches, a scaled embedding with a norm behind it."""
    return bart("mbart-hf", "MBart", PRE_NORM_BART_ROLES, scale_embedding=True)


def marian_hf() -> Case:
    """Positions are waves that no checkpoint holds."""
    return bart("marian-hf", "Marian", BART_ROLES, scale_embedding=True, activation_function="swish")


def pegasus_hf() -> Case:
    return bart("pegasus-hf", "Pegasus", PRE_NORM_BART_ROLES, scale_embedding=True, activation_function="relu")


# ALBERT

ALBERT_ROLES = {
    "embeddings.LayerNorm": "embedding",
    "attention.LayerNorm": "post-attention",
    "full_layer_layer_norm": "post-ffn",
    "predictions.LayerNorm": "final",
}


def albert(name: str, model_class: type, layers: int, groups: int = 1, feeds: dict[str, Feed] | None = None, **options) -> Case:
    config = transformers.AlbertConfig(
        **{
            "vocab_size": VOCABULARY,
            "embedding_size": 12,
            "hidden_size": 16,
            "num_hidden_layers": layers,
            "num_hidden_groups": groups,
            "num_attention_heads": 2,
            "intermediate_size": 40,
            "max_position_embeddings": CONTEXT,
            "layer_norm_eps": VISIBLE_EPS,
            **options,
        }
    )
    group_of_layer = [int(layer / (layers / groups)) for layer in range(layers)]

    def group_of(module: str) -> int | None:
        parts = module.split(".")
        return int(parts[parts.index("albert_layer_groups") + 1]) if "albert_layer_groups" in parts else None

    return transformers_case(
        name,
        model_class(config),
        ALBERT_ROLES,
        feeds or text_feeds(),
        calls=lambda module: 1 if group_of(module) is None else group_of_layer.count(group_of(module)),
        depth=lambda module: group_of_layer.index(group_of(module)),
        without_effect=BERT_WITHOUT_EFFECT,
    )


def albert_hf() -> Case:
    return albert("albert-hf", transformers.AlbertForMaskedLM, 3, feeds=all_text_feeds(), layer_norm_eps=1e-12)


def albert_hf_noprefix() -> Case:
    return albert("albert-hf-noprefix", transformers.AlbertModel, 3, hidden_act="gelu")


def albert_groups() -> Case:
    """Five layers on two groups: three and two."""
    return albert("albert-groups", transformers.AlbertForMaskedLM, 5, groups=2)


def albert_inner() -> Case:
    """Two layers, each a group of two inner ones."""
    return albert("albert-inner", transformers.AlbertForMaskedLM, 2, inner_group_num=2)


# ViT

VIT_ROLES = {"layernorm_before": "attention", "layernorm_after": "ffn", "layernorm": "final"}
VIT_WITHOUT_EFFECT = r"k_proj\.bias|pooler"


def vit(name: str, model_class: type = transformers.ViTForImageClassification, image: tuple[int, int] = (32, 32), **options) -> Case:
    config = transformers.ViTConfig(
        **{
            "hidden_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 40,
            "image_size": 32,
            "patch_size": 8,
            "layer_norm_eps": VISIBLE_EPS,
            "num_labels": 5,
            **options,
        }
    )
    return transformers_case(
        name, model_class(config), VIT_ROLES, image_feeds(config.num_channels, *image), without_effect=VIT_WITHOUT_EFFECT
    )


def vit_hf() -> Case:
    return vit("vit-hf", layer_norm_eps=1e-12)


def vit_hf_noprefix() -> Case:
    """The bare model with its pooler."""
    return vit("vit-hf-noprefix", transformers.ViTModel)


def vit_hf_in_memory_names() -> Case:
    """As the modules are called since transformers 5: what a user's own torch.save or save_file writes."""
    case = vit("vit-hf-in-memory-names", num_channels=1)
    case.checkpoint = dict(case.model.state_dict())
    return case


def vit_hf_wide() -> Case:
    return vit("vit-hf-wide", image=(24, 40), image_size=[24, 40], num_channels=1)


def vit_hf_no_qkv_bias() -> Case:
    return vit("vit-hf-no-qkv-bias", qkv_bias=False, hidden_act="gelu_new", num_channels=1)


TIMM_ROLES = {
    "norm_pre": "embedding",
    "norm1": "attention",
    "norm2": "ffn",
    "q_norm": "query",
    "k_norm": "key",
    "norm": "final",
    "fc_norm": "final",
}


def run_timm(model: nn.Module, feed: Feed) -> Outputs:
    """last_hidden_state is what forward_features returns: before fc_norm, where the model has one."""
    features = model.forward_features(feed["pixel_values"])
    return {"last_hidden_state": features, "logits": model.forward_head(features)}


def vit_timm_case(name: str, image: tuple[int, int] = (32, 32), channels: int = 3, **options) -> Case:
    arguments = {
        "img_size": list(image),
        "patch_size": 8,
        "in_chans": channels,
        "embed_dim": 16,
        "depth": 2,
        "num_heads": 2,
        "mlp_ratio": 2.5,
        **options,
    }
    # Not at the top, so that the other cases need no timm and no torchvision.
    import timm
    from timm.models import save_for_hf

    fitting = {"input_size": (channels, *image), "num_classes": 5, "mean": (0.5,) * channels, "std": (0.5,) * channels}
    model = timm.create_model("vit_tiny_patch16_224", num_classes=5, pretrained_cfg_overlay=fitting, **arguments)
    randomise(model, name)
    with tempfile.TemporaryDirectory() as folder:
        save_for_hf(model, folder, model_args=arguments, safe_serialization=True)
        config = json.loads(Path(folder, "config.json").read_text())
        checkpoint = load_file(Path(folder, "model.safetensors"))
    return Case(
        name=name,
        model=model,
        forward=run_timm,
        config=config,
        checkpoint=checkpoint,
        roles=TIMM_ROLES,
        blocks=arguments["depth"],
        feeds=image_feeds(channels, *image),
        without_effect=r"k_norm\.bias",
    )


def vit_timm() -> Case:
    return vit_timm_case("vit-timm", qkv_bias=True, class_token=True, global_pool="token")


def vit_timm_average() -> Case:
    return vit_timm_case("vit-timm-average", channels=1, global_pool="avg")


def vit_timm_average_no_class() -> Case:
    return vit_timm_case("vit-timm-average-no-class", channels=1, global_pool="avg", class_token=False, fc_norm=False)


def vit_timm_query_key_norm() -> Case:
    return vit_timm_case("vit-timm-query-key-norm", channels=1, qk_norm=True, init_values=1e-5)


def vit_timm_registers() -> Case:
    return vit_timm_case("vit-timm-registers", channels=1, reg_tokens=3, no_embed_class=True)


def vit_timm_pre_norm() -> Case:
    return vit_timm_case("vit-timm-pre-norm", channels=1, pre_norm=True, qkv_bias=False)


def vit_timm_wide() -> Case:
    return vit_timm_case("vit-timm-wide", (24, 40), channels=1)


CASES: list[Callable[[], Case]] = [
    gpt2_hf,
    gpt2_hf_noprefix,
    gpt2_hf_f16,
    gpt2_gelu,
    gpt2_relu,
    gpt2_inner,
    gpt2_inverse_layer_scale,
    gpt2_unscaled_attention,
    mingpt,
    nanogpt,
    nanogpt_bias,
    llama_hf,
    llama_hf_bf16,
    llama_tied_old,
    llama_attention_bias,
    llama_mlp_bias,
    llama_head_dim,
    llama_rope_llama3,
    llama_rope_llama3_old,
    llama_rope_linear,
    llama_rope_linear_old,
    llama_meta,
    llama_meta_gqa,
    llama_meta_scaled,
    mistral_window,
    qwen2_hf,
    qwen3_hf,
    mixtral_hf,
    mixtral_meta,
    qwen2_moe_hf,
    qwen3_moe_hf,
    qwen3_moe_in_memory_names,
    olmoe_hf,
    olmo_hf,
    olmo2_hf,
    olmo3_hf,
    phi3_hf,
    phi3_longrope,
    starcoder2_hf,
    stablelm_hf,
    stablelm_parallel,
    granite_hf,
    smollm3_hf,
    cohere_hf,
    cohere2_hf,
    nemotron_hf,
    glm_hf,
    glm4_hf,
    gemma_hf,
    gemma2_hf,
    gemma3_hf,
    gemma3_old,
    gemma3_images,
    gpt_bigcode_hf,
    gpt_bigcode_many_heads,
    gpt_neo_hf,
    gptj_hf,
    gpt_neox_hf,
    gpt_neox_old,
    phi_hf,
    phi_query_key_norm,
    opt_hf,
    opt_post_norm,
    bloom_hf,
    falcon_multi_query,
    falcon_new,
    falcon_serial,
    bert_hf,
    bert_hf_noprefix,
    bert_gamma_beta,
    bert_gelu_new,
    roberta_hf,
    xlm_roberta_noprefix,
    deberta_v3,
    deberta_v2_own_projections,
    electra_hf,
    distilbert_hf,
    mpnet_hf,
    modernbert_hf,
    modernbert_old,
    t5_hf,
    t5_gated,
    umt5_hf,
    t5_encoder,
    bart_hf,
    mbart_hf,
    marian_hf,
    pegasus_hf,
    albert_hf,
    albert_hf_noprefix,
    albert_groups,
    albert_inner,
    vit_hf,
    vit_hf_noprefix,
    vit_hf_in_memory_names,
    vit_hf_wide,
    vit_hf_no_qkv_bias,
    vit_timm,
    vit_timm_average,
    vit_timm_average_no_class,
    vit_timm_query_key_norm,
    vit_timm_registers,
    vit_timm_pre_norm,
    vit_timm_wide,
]


if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
