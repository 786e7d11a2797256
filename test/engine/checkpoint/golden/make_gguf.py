"""Writes GGUF files: every quantisation with what the gguf package makes of it, and models of the architecture's golden cases as llama.cpp's converter would name and arrange them.

Run it in this folder with numpy, gguf, torch and safetensors; the files are committed. The tests read them without Python.
"""

import json
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Quantisation
from safetensors.numpy import load_file, save_file

here = Path(__file__).parent
cases = here.parent.parent / "architecture" / "golden"

QUANTISED = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4")

# Bytes of each block that hold 16-bit floats.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "MXFP4": []}


def random_blocks(name: str, rows: int, blocks: int, random: np.random.Generator) -> np.ndarray:
    """Any bytes are codes; scales are drawn as sensible floats."""
    _, size = gguf.GGML_QUANT_SIZES[Quantisation[name]]
    data = random.integers(0, 256, (rows, blocks, size), dtype=np.uint8)
    for place in SCALES[name]:
        scale = random.standard_normal((rows, blocks, 1)).astype(np.float16)
        data[:, :, place : place + 2] = scale.view(np.uint8)
    if name == "MXFP4":
        data[:, :, 0] = random.integers(110, 140, (rows, blocks))
    return data.reshape(rows, -1)


def write_quantised() -> None:
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(here / "quantised.gguf", "test")
    expected = {}
    for name in QUANTISED:
        data = random_blocks(name, 3, 2, random)
        writer.add_tensor(name, data, raw_dtype=Quantisation[name])
        expected[name] = gguf.dequantize(data, Quantisation[name]).astype(np.float32)
    for name, dtype in (("F32", np.float32), ("F16", np.float16), ("F64", np.float64)):
        plain = random.standard_normal((2, 3)).astype(dtype)
        writer.add_tensor(name, plain)
        expected[name] = plain
    bf16 = (random.standard_normal((2, 4)).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    writer.add_tensor("BF16", bf16.view(np.uint8), raw_dtype=Quantisation.BF16)
    expected["BF16"] = (bf16.astype(np.uint32) << 16).view(np.float32)
    close(writer)
    save_file(expected, here / "quantised.safetensors")


def write_metadata() -> None:
    writer = gguf.GGUFWriter(here / "metadata.gguf", "test")
    writer.add_uint8("u8", 255)
    writer.add_int8("i8", -128)
    writer.add_uint16("u16", 65_535)
    writer.add_int16("i16", -32_768)
    writer.add_uint32("u32", 2**32 - 1)
    writer.add_int32("i32", -(2**31))
    writer.add_uint64("u64", 2**40)
    writer.add_int64("i64", -(2**40))
    writer.add_float32("f32", 1e-5)
    writer.add_float64("f64", 1e-300)
    writer.add_bool("bool", True)
    writer.add_string("text", "Größe 🎛")
    writer.add_array("texts", ["a", "", "c"])
    writer.add_array("numbers", [1, 2, 3])
    writer.add_array("nested", [[1, 2], [3]])
    writer.add_uint16("split.count", 1)
    writer.add_custom_alignment(64)
    writer.add_tensor("x", np.array([1, 2], dtype=np.float32))
    writer.add_tensor("y", np.array([3], dtype=np.float32))
    close(writer)


def write_parts() -> None:
    writer = gguf.GGUFWriter(here / "parts.gguf", "test", split_max_tensors=2)
    for index in range(5):
        writer.add_tensor(f"t{index}", np.full((2,), index, dtype=np.float32))
    close(writer)


def close(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def permuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """convert_hf_to_gguf.py, LlamaModel.permute."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def llama(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    heads, kv_heads = config["num_attention_heads"], config.get("num_key_value_heads", config["num_attention_heads"])
    size = config.get("head_dim") or config["hidden_size"] // heads
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(size)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(rope.get("rope_theta") or config.get("rope_theta", 10_000.0))
    kind = rope.get("rope_type") or rope.get("type")
    if kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    count = {"q_proj": heads, "k_proj": kv_heads}
    turned = {name: permuted(value, count[name.split(".")[-2]]) if name.split(".")[-2] in count else value for name, value in tensors.items()}
    return turned | ({"rope_freqs.weight": llama3_divisors(rope, size)} if kind == "llama3" else {})


def llama3_divisors(rope: dict, size: int) -> np.ndarray:
    """convert_hf_to_gguf.py, LlamaModel.generate_extra_tensors."""
    frequencies = 1.0 / (rope["rope_theta"] ** (np.arange(0, size, 2) / size))
    low, high, context = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    divisors = []
    for wavelength in 2 * np.pi / frequencies:
        if wavelength < context / high:
            divisors.append(1.0)
        elif wavelength > context / low:
            divisors.append(rope["factor"])
        else:
            smooth = (context / wavelength - low) / (high - low)
            divisors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(divisors, dtype=np.float32)


def neox(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    """Qwen: rotary positions in halves, as in Hugging Face's names, so that nothing is permuted."""
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base((config.get("rope_parameters") or config).get("rope_theta", 10_000.0))
    if config.get("head_dim"):
        writer.add_key_length(config["head_dim"])
    return tensors


def stacked(tensors: dict, experts: int) -> dict:
    """convert_hf_to_gguf.py, Qwen2MoeModel.modify_tensors: the tensors of a block's experts in one, and no axis of length 1."""
    first = [name for name in tensors if ".experts.0." in name]
    stacks = {name.replace(".experts.0.", ".experts."): np.stack([tensors[name.replace(".experts.0.", f".experts.{index}.")] for index in range(experts)]) for name in first}
    return {name: value.squeeze() for name, value in tensors.items() if ".experts." not in name} | stacks


def qwen_experts(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    experts = config.get("num_experts") or config["num_local_experts"]
    writer.add_expert_count(experts)
    writer.add_expert_used_count(config["num_experts_per_tok"])
    return stacked(neox(writer, config, tensors), experts)


def gpt_oss(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    """convert_hf_to_gguf.py, GptOssModel.modify_tensors: gates and ups apart, and the other way round."""
    rope = config["rope_parameters"]
    writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
    writer.add_rope_scaling_factor(rope["factor"])
    writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    writer.add_sliding_window(config["sliding_window"])
    writer.add_expert_count(config["num_local_experts"])
    writer.add_expert_used_count(config["num_experts_per_tok"])
    apart = {}
    for name, value in neox(writer, config, tensors).items():
        name = name.replace("_proj_bias", "_proj.bias") if name.endswith("_bias") else name + ".weight" if name.endswith(("sinks", "_proj")) else name
        if name.endswith(".weight") and value.ndim == 3:
            value = value.swapaxes(1, 2)
        if "gate_up_proj" in name:
            apart |= {name.replace("gate_up", "gate"): value[:, 0::2], name.replace("gate_up", "up"): value[:, 1::2]}
        else:
            apart[name] = value
    return apart


def language(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    """What reads text of a model that sees images beside it."""
    kept = {name.replace("model.language_model.", "model."): value for name, value in tensors.items() if "visual" not in name}
    return neox(writer, config, kept)


def mixtral(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    """The case has Meta's names, and its queries and keys their order already."""
    writer.add_head_count(config["n_heads"])
    writer.add_head_count_kv(config["n_kv_heads"])
    writer.add_layer_norm_rms_eps(config["norm_eps"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_expert_count(config["moe"]["num_experts"])
    writer.add_expert_used_count(config["moe"]["num_experts_per_tok"])
    return stacked(tensors, config["moe"]["num_experts"])


def gemma(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    """Gains are stored whole: convert_hf_to_gguf.py, GemmaModel.modify_tensors."""
    if config["model_type"] == "gemma2":
        writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    if config["model_type"] in ("gemma2", "gemma3_text"):
        writer.add_sliding_window(config["sliding_window"])
    if config["model_type"] == "gemma3_text":
        thetas = {kind: parameters["rope_theta"] for kind, parameters in config["rope_parameters"].items()}
        config = config | {"rope_parameters": {"rope_theta": thetas["full_attention"]}}
        writer.add_rope_freq_base_swa(thetas["sliding_attention"])
    return {name: value + 1 if name.endswith("norm.weight") else value for name, value in neox(writer, config, tensors).items() if name != "lm_head.weight"}


def phi3(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    writer.add_sliding_window(config["sliding_window"])
    writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    return neox(writer, config, tensors)


def gpt2(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])
    dense = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
    kept = {name: value for name, value in tensors.items() if not name.endswith((".attn.bias", ".attn.masked_bias"))}
    return {name: value.T if name.endswith(dense) else value for name, value in kept.items()}


def bert(writer: gguf.GGUFWriter, config: dict, tensors: dict) -> dict:
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    encoder = {name.removeprefix("bert."): value for name, value in tensors.items() if not name.startswith("cls.")}
    return {name: value for name, value in encoder.items() if not name.endswith("position_ids") and not name.startswith("pooler.")}


ARCHITECTURES = {
    "llama-hf": ("llama", gguf.MODEL_ARCH.LLAMA, llama),
    "llama-rope-linear": ("llama", gguf.MODEL_ARCH.LLAMA, llama),
    "llama-rope-llama3": ("llama", gguf.MODEL_ARCH.LLAMA, llama),
    "gpt2-hf": ("gpt2", gguf.MODEL_ARCH.GPT2, gpt2),
    "bert-hf": ("bert", gguf.MODEL_ARCH.BERT, bert),
    "qwen2-hf": ("qwen2", gguf.MODEL_ARCH.QWEN2, neox),
    "gemma-hf": ("gemma", gguf.MODEL_ARCH.GEMMA, gemma),
    "gemma2-hf": ("gemma2", gguf.MODEL_ARCH.GEMMA2, gemma),
    "phi3-hf": ("phi3", gguf.MODEL_ARCH.PHI3, phi3),
    "qwen3-hf": ("qwen3", gguf.MODEL_ARCH.QWEN3, neox),
    "mixtral-meta": ("llama", gguf.MODEL_ARCH.LLAMA, mixtral),
    "qwen2-moe-hf": ("qwen2moe", gguf.MODEL_ARCH.QWEN2MOE, qwen_experts),
    "qwen3-moe-hf": ("qwen3moe", gguf.MODEL_ARCH.QWEN3MOE, qwen_experts),
    "gpt-oss-hf": ("gpt-oss", gguf.MODEL_ARCH.GPT_OSS, gpt_oss),
    "qwen2-5-vl-old": ("qwen2vl", gguf.MODEL_ARCH.QWEN2VL, language),
    "qwen3-vl-hf": ("qwen3vl", gguf.MODEL_ARCH.QWEN3VL, language),
    "gemma3-hf": ("gemma3", gguf.MODEL_ARCH.GEMMA3, gemma),
}


def write_model(case: str) -> None:
    name, architecture, convert = ARCHITECTURES[case]
    config = json.loads(next((cases / case).glob("*.json")).read_text())
    config = config.get("text_config", config)
    tensors = load_file(cases / case / "model.safetensors")
    writer = gguf.GGUFWriter(here / f"{case}.gguf", name)
    blocks = config.get("num_hidden_layers") or config.get("n_layer") or config["n_layers"]
    writer.add_block_count(blocks)
    writer.add_embedding_length(config.get("hidden_size") or config.get("n_embd") or config["dim"])
    writer.add_context_length(config.get("max_position_embeddings") or config.get("n_positions") or 32)
    names = gguf.get_tensor_name_map(architecture, blocks)
    for tensor, value in convert(writer, config, tensors).items():
        known = names.get_name(tensor, try_suffixes=(".weight", ".bias")) or tensor
        if known == "output.weight" and config.get("tie_word_embeddings"):
            continue
        writer.add_tensor(known, np.ascontiguousarray(value.astype(np.float32)))
    close(writer)


if __name__ == "__main__":
    write_quantised()
    write_metadata()
    write_parts()
    for case in ARCHITECTURES:
        write_model(case)
