"""Writes the golden files of the families that mix positions otherwise than by attention, as make_golden.py does for the others:

    python make_golden_sequence.py            all cases
    python make_golden_sequence.py mamba      the cases whose names start with mamba
"""

import sys
from typing import Callable

import transformers
from cases import VISIBLE_EPS, VOCABULARY, all_text_feeds, ids, transformers_case, write_cases
from recording import Case, Feed


def long_text_feeds() -> dict[str, Feed]:
    """One of them longer than the pieces in which a scan runs."""
    return {**all_text_feeds(), "-long": ids(1, 70)}


# Mamba

MAMBA_ROLES = {"norm": "other", "norm_f": "final"}
MAMBA_SIZES = {"vocab_size": VOCABULARY, "hidden_size": 8, "state_size": 4, "num_hidden_layers": 2, "expand": 2, "conv_kernel": 4, "time_step_rank": 3, "layer_norm_epsilon": VISIBLE_EPS, "use_cache": False}


def mamba(name: str, config: dict | None = None, **options) -> Case:
    model = transformers.MambaForCausalLM(transformers.MambaConfig(**{**MAMBA_SIZES, **options}))
    return transformers_case(name, model, MAMBA_ROLES, long_text_feeds(), config=config)


def mamba_hf() -> Case:
    return mamba("mamba-hf")


def mamba_hf_biases() -> Case:
    """With biases of the projections, without that of the convolution, with a head of its own."""
    return mamba("mamba-hf-biases", use_bias=True, use_conv_bias=False, tie_word_embeddings=False, conv_kernel=3)


def mamba_original() -> Case:
    """As the authors write it: another config.json, an embedding in the singular, a head that is stored though it is tied."""
    config = {"d_model": 8, "n_layer": 2, "vocab_size": VOCABULARY, "ssm_cfg": {}, "rms_norm": True, "residual_in_fp32": True, "fused_add_norm": True, "pad_vocab_size_multiple": 8}
    case = mamba("mamba-original", config, layer_norm_epsilon=1e-5)
    table = case.checkpoint.pop("backbone.embeddings.weight")
    case.checkpoint |= {"backbone.embedding.weight": table, "lm_head.weight": table.clone()}
    return case


CASES: list[Callable[[], Case]] = [mamba_hf, mamba_hf_biases, mamba_original]


if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
