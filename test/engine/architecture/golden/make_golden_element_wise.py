"""Writes golden files of checkpoints in which DyT or Derf stands where a family has its norms; see make_golden.py.

    python make_golden_element_wise.py            all cases
    python make_golden_element_wise.py dyt-llama  the cases whose names start with dyt-llama
"""

import sys
from typing import Callable

import torch
import transformers
from cases import CONTEXT, VISIBLE_EPS, VOCABULARY, image_feeds, text_feeds, transformers_case, write_cases
from element_wise import ALPHA_ALONE, DERF, DYT, DYT_OF_LLAMA, LIGER_DYT, X_TRANSFORMERS_DERF, X_TRANSFORMERS_DYT, ElementWise
from make_golden import GPT2_ROLES, LLAMA_ROLES, LLAMA_SIZES
from recording import Case, norms_of, randomise
from torch import nn


def replaced(model: nn.Module, names: dict[str, str], only: str = "", **options) -> nn.Module:
    """The model with element-wise layers in the place of its norms whose path contains `only`."""
    for path, norm in norms_of(model).items():
        if only in path:
            parent, name = path.rsplit(".", 1)
            setattr(model.get_submodule(parent), name, ElementWise(channels_of(norm), eps_of(norm), names, **options))
    return model


def channels_of(norm: nn.Module) -> int:
    """OLMo 1's norms have nothing stored."""
    return norm.normalized_shape[0] if hasattr(norm, "normalized_shape") else norm.weight.numel()


def eps_of(norm: nn.Module) -> float:
    return next((getattr(norm, name) for name in ("eps", "variance_epsilon") if hasattr(norm, name)), OLMO_EPS)


# Not in OLMo 1's norms.
OLMO_EPS = 1e-5


def gpt2(name: str, names: dict[str, str], only: str = "", **options) -> Case:
    config = transformers.GPT2Config(vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=16, n_layer=2, n_head=2, layer_norm_epsilon=VISIBLE_EPS, bos_token_id=0, eos_token_id=0)
    return transformers_case(name, replaced(transformers.GPT2LMHeadModel(config), names, only, **options), GPT2_ROLES, text_feeds())


def llama(name: str, names: dict[str, str]) -> Case:
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**LLAMA_SIZES))
    return transformers_case(name, replaced(model, names), LLAMA_ROLES, text_feeds())


def dyt_gpt2() -> Case:
    return gpt2("dyt-gpt2", DYT)


def dyt_gpt2_partly() -> Case:
    """The norms before attention alone."""
    return gpt2("dyt-gpt2-partly", DYT, only="ln_1")


def dyt_gpt2_vectors() -> Case:
    """An alpha for every channel."""
    return gpt2("dyt-gpt2-vectors", DYT, alpha_shape=(16,))


def dyt_gpt2_x_transformers() -> Case:
    return gpt2("dyt-gpt2-x-transformers", X_TRANSFORMERS_DYT, alpha_shape=())


def dyt_gpt2_unit_offset() -> Case:
    """As x-transformers has it with unit_offset: alpha less its start, the gain less 1."""
    case = gpt2("dyt-gpt2-unit-offset", X_TRANSFORMERS_DYT, alpha_shape=(), start=0.3)
    case.config |= {"unit_offset": True, "init_alpha": 0.3}
    return case


def dyt_gpt2_liger() -> Case:
    return gpt2("dyt-gpt2-liger", LIGER_DYT)


def derf_gpt2() -> Case:
    return gpt2("derf-gpt2", DERF)


def derf_gpt2_x_transformers() -> Case:
    return gpt2("derf-gpt2-x-transformers", X_TRANSFORMERS_DERF, alpha_shape=())


def olmo(name: str, names: dict[str, str]) -> Case:
    model = transformers.OlmoForCausalLM(transformers.OlmoConfig(**LLAMA_SIZES, pad_token_id=0, attn_implementation="eager"))
    return transformers_case(name, replaced(model, names), LLAMA_ROLES, text_feeds())


def dyt_olmo() -> Case:
    """In the place of norms that have neither gain nor offset: with both."""
    return olmo("dyt-olmo", DYT)


def dyt_olmo_alpha_alone() -> Case:
    """With neither."""
    return olmo("dyt-olmo-alpha-alone", ALPHA_ALONE)


def dit(name: str, names: dict[str, str]) -> Case:
    from make_golden_dit import dit_original

    case = dit_original()
    case.name = name
    case.model = randomise(replaced(case.model, names), name)
    flattened(case.model)
    case.checkpoint = dict(case.model.state_dict())
    return case


def dyt_dit() -> Case:
    """The affine comes from step and class."""
    return dit("dyt-dit", ALPHA_ALONE)


def dyt_dit_affine() -> Case:
    """With an affine of its own before that."""
    return dit("dyt-dit-affine", DYT)


def dyt_llama() -> Case:
    return llama("dyt-llama", DYT_OF_LLAMA)


@torch.no_grad()
def flattened(model: nn.Module) -> None:
    """Takes layers out of the ends of their curves, where alpha has no effect."""
    for norm in norms_of(model).values():
        norm.part("alpha").mul_(0.3)


def dyt_vit() -> Case:
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    config = transformers.ViTConfig(**sizes, image_size=32, patch_size=8, layer_norm_eps=VISIBLE_EPS)
    roles = {"layernorm_before": "attention", "layernorm_after": "ffn", "layernorm": "final"}
    return transformers_case("dyt-vit", replaced(transformers.ViTForImageClassification(config), DYT), roles, image_feeds(3, 32, 32), adjust=flattened, without_effect=r"key\.bias$|k_proj\.bias$")


CASES: list[Callable[[], Case]] = [dyt_gpt2, dyt_gpt2_partly, dyt_gpt2_vectors, dyt_gpt2_x_transformers, dyt_gpt2_unit_offset, dyt_gpt2_liger, derf_gpt2, derf_gpt2_x_transformers, dyt_llama, dyt_olmo, dyt_olmo_alpha_alone, dyt_dit, dyt_dit_affine, dyt_vit]


if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
