"""Writes golden files of checkpoints in which DyT or Derf stands where a family has its norms; see make_golden.py.

    python make_golden_element_wise.py            all cases
    python make_golden_element_wise.py dyt-llama  the cases whose names start with dyt-llama
"""

import sys
from typing import Callable

import torch
import transformers
from cases import CONTEXT, VISIBLE_EPS, VOCABULARY, image_feeds, text_feeds, transformers_case, write_cases
from element_wise import DERF, DYT, DYT_OF_LLAMA, LIGER_DYT, X_TRANSFORMERS_DERF, X_TRANSFORMERS_DYT, ElementWise
from make_golden import GPT2_ROLES, LLAMA_ROLES, LLAMA_SIZES
from recording import Case, norms_of
from torch import nn


def replaced(model: nn.Module, names: dict[str, str], only: str = "", **options) -> nn.Module:
    """The model with element-wise layers in the place of its norms whose path contains `only`."""
    for path, norm in norms_of(model).items():
        if only in path:
            parent, name = path.rsplit(".", 1)
            eps = norm.eps if hasattr(norm, "eps") else norm.variance_epsilon
            setattr(model.get_submodule(parent), name, ElementWise(norm.weight.numel(), eps, names, **options))
    return model


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


def dyt_gpt2_liger() -> Case:
    return gpt2("dyt-gpt2-liger", LIGER_DYT)


def derf_gpt2() -> Case:
    return gpt2("derf-gpt2", DERF)


def derf_gpt2_x_transformers() -> Case:
    return gpt2("derf-gpt2-x-transformers", X_TRANSFORMERS_DERF, alpha_shape=())


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


CASES: list[Callable[[], Case]] = [dyt_gpt2, dyt_gpt2_partly, dyt_gpt2_vectors, dyt_gpt2_x_transformers, dyt_gpt2_liger, derf_gpt2, derf_gpt2_x_transformers, dyt_llama, dyt_vit]


if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
