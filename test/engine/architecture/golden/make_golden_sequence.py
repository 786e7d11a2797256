"""Writes the golden files of the families that mix positions otherwise than by attention, as make_golden.py does for the others:

    python make_golden_sequence.py            all cases
    python make_golden_sequence.py mamba      the cases whose names start with mamba
"""

import re
import sys
from typing import Callable

import transformers
from cases import VISIBLE_EPS, VOCABULARY, ids, padded_ids, transformers_case, write_cases
from plain_sequence_models import Caduceus, HyenaDna
from recording import Case, Feed, randomise
from torch import nn
from transformers.models.mamba.modeling_mamba import MambaRMSNorm


# Longer than the pieces in which a scan runs.
LONG = ids(1, 70)


# Mamba

MAMBA_ROLES = {"norm": "other", "norm_f": "final"}
MAMBA_SIZES = {"vocab_size": VOCABULARY, "hidden_size": 8, "state_size": 4, "num_hidden_layers": 2, "expand": 2, "conv_kernel": 4, "time_step_rank": 3, "layer_norm_epsilon": VISIBLE_EPS, "use_cache": False}


def mamba(name: str, feeds: dict[str, Feed], config: dict | None = None, **options) -> Case:
    model = transformers.MambaForCausalLM(transformers.MambaConfig(**{**MAMBA_SIZES, **options}))
    return transformers_case(name, model, MAMBA_ROLES, feeds, config=config)


def mamba_hf() -> Case:
    return mamba("mamba-hf", {"": ids(3, 8), "-one-token": ids(2, 1), "-padded": padded_ids(), "-long": LONG})


def mamba_hf_biases() -> Case:
    """With biases of the projections, without that of the convolution, with a head of its own."""
    return mamba("mamba-hf-biases", {"": ids(3, 8)}, use_bias=True, use_conv_bias=False, tie_word_embeddings=False, conv_kernel=3)


def mamba_original() -> Case:
    """As the authors write it: another config.json, an embedding in the singular, a head that is stored though it is tied."""
    config = {"d_model": 8, "n_layer": 2, "vocab_size": VOCABULARY, "ssm_cfg": {}, "rms_norm": True, "residual_in_fp32": True, "fused_add_norm": True, "pad_vocab_size_multiple": 8}
    case = mamba("mamba-original", {"": ids(3, 8)}, config, layer_norm_epsilon=1e-5)
    table = case.checkpoint.pop("backbone.embeddings.weight")
    case.checkpoint |= {"backbone.embedding.weight": table, "lm_head.weight": table.clone()}
    return case


# HyenaDNA

HYENA_ROLES = {"norm1": "other", "norm2": "ffn", "ln_f": "final"}


def run_plain(model: nn.Module, feed: Feed) -> Feed:
    return {"logits": model(feed["input_ids"])}


def hyena(name: str, spell: Callable[[str], str], feeds: dict[str, Feed], config: dict, block_eps: float) -> Case:
    """The frequencies of all sines are one tensor, which is stored once."""
    model = randomise(HyenaDna(VOCABULARY, width=8, longest=40, block_eps=block_eps), name)
    stored = {key: tensor for key, tensor in model.state_dict().items() if not key.endswith(("3.freq", "5.freq"))}
    return Case(name, model, run_plain, config, {spell(key): tensor for key, tensor in stored.items()}, HYENA_ROLES, 2, feeds)


def hyena_hf() -> Case:
    config = {"architectures": ["HyenaDNAForCausalLM"], "model_type": "hyenadna", "d_model": 8, "n_layer": 2, "d_inner": 24, "max_seq_len": 40, "vocab_size": VOCABULARY, "layer_norm_epsilon": VISIBLE_EPS}
    return hyena("hyena-hf", lambda key: key.replace("backbone.", "hyena.backbone."), {"": ids(3, 8), "-one-token": ids(2, 1), "-long": ids(1, 40)}, config, block_eps=1e-5)


def hyena_original() -> Case:
    """As a training leaves it that recomputed activations: mixers and feed-forwards one level deeper."""
    config = {"d_model": 8, "n_layer": 2, "layer_norm_epsilon": VISIBLE_EPS}
    return hyena("hyena-original", lambda key: "model." + key.replace(".mixer.", ".mixer.layer.").replace(".mlp.", ".mlp.layer."), {"": ids(3, 8)}, config, block_eps=VISIBLE_EPS)


# Caduceus

def caduceus(name: str, norm: type[nn.Module], config: dict, stores_shared: bool) -> Case:
    sizes = {key: value for key, value in MAMBA_SIZES.items() if key != "layer_norm_epsilon"}
    model = randomise(Caduceus(transformers.MambaConfig(**sizes), config.get("bidirectional_strategy", "add"), norm), name)
    shared = re.compile(r"mamba_rev\.(in|out)_proj|lm_head")
    checkpoint = {key.replace("backbone.", "caduceus.backbone."): tensor for key, tensor in model.state_dict().items() if stores_shared or not shared.search(key)}
    written = {"model_type": "caduceus", "d_model": 8, "n_layer": 2, "norm_epsilon": VISIBLE_EPS, "bidirectional": True, "bidirectional_weight_tie": True, "rcps": False, **config}
    return Case(name, model, run_plain, written, checkpoint, MAMBA_ROLES, 2, {"": ids(3, 8), "-long": LONG})


def caduceus_hf() -> Case:
    """Tensors that are shared are stored once."""
    return caduceus("caduceus-hf", MambaRMSNorm, {"rms_norm": True, "bidirectional_strategy": "add"}, stores_shared=False)


def caduceus_hf_multiply() -> Case:
    return caduceus("caduceus-hf-multiply", nn.LayerNorm, {"rms_norm": False, "bidirectional_strategy": "ew_multiply"}, stores_shared=True)


CASES: list[Callable[[], Case]] = [mamba_hf, mamba_hf_biases, mamba_original, hyena_hf, hyena_original, caduceus_hf, caduceus_hf_multiply]


if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
