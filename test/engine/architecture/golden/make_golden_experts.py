"""Writes the golden files of DeepSeek and gpt-oss: small random checkpoints with what PyTorch computes on them.

    python make_golden_experts.py            all cases
    python make_golden_experts.py deepseek   the cases whose names start with deepseek
"""

import sys
from typing import Callable

import torch
import transformers
from cases import VISIBLE_EPS, VOCABULARY, text_feeds, transformers_case, write_cases
from recording import Case
from torch import Tensor, nn
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

ROLES = {"input_layernorm": "attention", "q_a_layernorm": "query", "kv_a_layernorm": "key", "post_attention_layernorm": "ffn", "norm": "final"}
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 32,
    "rms_norm_eps": VISIBLE_EPS,
    "pad_token_id": 0,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "attn_implementation": "eager",
    "experts_implementation": "eager",
}
# The first block has no experts; a row goes to three of the two best of four groups of two.
DEEPSEEK = {
    **SIZES,
    "num_key_value_heads": 4,
    "intermediate_size": 20,
    "moe_intermediate_size": 8,
    "n_routed_experts": 8,
    "n_shared_experts": 2,
    "num_experts_per_tok": 3,
    "n_group": 4,
    "topk_group": 2,
    "first_k_dense_replace": 1,
    "routed_scaling_factor": 1.7,
    "kv_lora_rank": 12,
    "q_lora_rank": 10,
    "qk_nope_head_dim": 6,
    "qk_rope_head_dim": 4,
    "v_head_dim": 5,
}
YARN = {"rope_type": "yarn", "rope_theta": 100.0, "factor": 4.0, "original_max_position_embeddings": 8, "beta_fast": 4.0, "beta_slow": 1.0}


def corrected(model: nn.Module) -> None:
    """The correction of the affinities, a buffer that training moves by itself."""
    for name, buffer in model.named_buffers():
        if name.endswith("e_score_correction_bias"):
            buffer.copy_(torch.linspace(-0.4, 0.4, buffer.numel())[torch.tensor([3, 0, 6, 2, 7, 1, 5, 4])])


def deepseek_v2_hf() -> Case:
    config = transformers.DeepseekV2Config(**DEEPSEEK, topk_method="group_limited_greedy")
    return transformers_case("deepseek-v2-hf", transformers.DeepseekV2ForCausalLM(config), ROLES, text_feeds())


def deepseek_v2_lite() -> Case:
    """Queries without a latent, experts without groups, positions stretched; config.json before transformers 5."""
    yarn = {**YARN, "mscale": 0.707, "mscale_all_dim": 0.9}
    config = transformers.DeepseekV2Config(**{**DEEPSEEK, "q_lora_rank": None, "topk_method": "greedy", "n_group": 1, "topk_group": 1, "rope_parameters": yarn})
    case = transformers_case("deepseek-v2-lite", transformers.DeepseekV2ForCausalLM(config), ROLES, text_feeds())
    del case.config["rope_parameters"]
    case.config |= {"rope_theta": yarn.pop("rope_theta"), "rope_scaling": {"type": yarn.pop("rope_type"), **yarn}}
    return case


def deepseek_v3_hf() -> Case:
    """Affinities corrected where experts are chosen; a block behind the last that predicts further tokens, which does not run."""
    config = transformers.DeepseekV3Config(**DEEPSEEK, norm_topk_prob=True, num_nextn_predict_layers=1, rope_parameters={**YARN, "mscale": 1.0, "mscale_all_dim": 1.0})
    case = transformers_case("deepseek-v3-hf", transformers.DeepseekV3ForCausalLM(config), ROLES, text_feeds(), adjust=corrected)
    case.checkpoint |= {name.replace("layers.1.", "layers.2."): tensor + 1 for name, tensor in case.checkpoint.items() if "layers.1." in name}
    return case


def gpt_oss(**sizes: int) -> transformers.GptOssConfig:
    """A window of three tokens, and positions stretched by YaRN without rounding."""
    shared = {"num_key_value_heads": 2, "head_dim": 8, "num_experts_per_tok": 2, "sliding_window": 3, "rope_parameters": {**YARN, "truncate": False}}
    return transformers.GptOssConfig(**{**SIZES, **shared, **sizes})


def gpt_oss_hf() -> Case:
    """Sinks, a window in the first block, and gates that reach their bound."""
    config = gpt_oss(intermediate_size=12, num_local_experts=4)
    return transformers_case("gpt-oss-hf", transformers.GptOssForCausalLM(config), ROLES, text_feeds(), adjust=steepened)


@torch.no_grad()
def steepened(model: nn.Module) -> None:
    """Gates and ups so far from 0 that some meet their bound."""
    for name, parameter in model.named_parameters():
        if name.endswith("gate_up_proj_bias"):
            parameter.mul_(8)


def gpt_oss_mxfp4() -> Case:
    """As it is given out: experts in 4-bit floats, two a byte, of which 32 share an exponent."""
    config = gpt_oss(hidden_size=32, num_hidden_layers=1, intermediate_size=32, num_local_experts=3)
    model = transformers.GptOssForCausalLM(config)
    generator = torch.Generator().manual_seed(0)
    quantised: dict[str, Tensor] = {}

    @torch.no_grad()
    def quantise(model: nn.Module) -> None:
        for name, parameter in model.named_parameters():
            if name.endswith(("experts.gate_up_proj", "experts.down_proj")):
                experts, inputs, outputs = parameter.shape
                blocks = torch.randint(256, (experts, outputs, inputs // 32, 16), generator=generator, dtype=torch.uint8)
                scales = torch.randint(123, 126, (experts, outputs, inputs // 32), generator=generator, dtype=torch.uint8)
                quantised.update({f"{name}_blocks": blocks, f"{name}_scales": scales})
                parameter.copy_(convert_moe_packed_tensors(blocks, scales, dtype=torch.float32))

    case = transformers_case("gpt-oss-mxfp4", model, ROLES, text_feeds(), adjust=quantise)
    case.checkpoint = {name: tensor for name, tensor in case.checkpoint.items() if f"{name}_blocks" not in quantised} | quantised
    case.config |= {"quantization_config": {"quant_method": "mxfp4"}}
    return case


CASES: list[Callable[[], Case]] = [deepseek_v2_hf, deepseek_v2_lite, deepseek_v3_hf, gpt_oss_hf, gpt_oss_mxfp4]

if __name__ == "__main__":
    write_cases(CASES, *sys.argv[1:])
