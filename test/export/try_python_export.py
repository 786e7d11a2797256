"""Tries the Python export with real PyTorch; run by hand, from the project's root, after `npm run build`:

    python test/export/try_python_export.py

Random small models of transformers get norms with random affines; the exported file replaces them, and the output is compared
with that of a replacement written here, which reads each class's parameters by what the class documents. Needs torch,
transformers and safetensors.
"""

import argparse
import copy
import importlib.util
import json
import pathlib
import shlex
import subprocess
import tempfile
import warnings

import torch
import transformers as hf
from safetensors.torch import save_file
from torch import nn

ONE_PLUS = ("GemmaRMSNorm",)


class HandMade(nn.Module):
    def __init__(self, alpha, weight, bias):
        super().__init__()
        self.a, self.w, self.b = alpha, weight, bias

    def forward(self, x):
        return torch.tanh(x * self.a) * self.w + self.b


def models():
    torch.manual_seed(0)
    gpt2 = hf.GPT2Config(vocab_size=50, n_positions=16, n_embd=24, n_layer=3, n_head=4)
    llama = hf.LlamaConfig(vocab_size=50, hidden_size=32, intermediate_size=40, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2)
    bert = hf.BertConfig(vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, max_position_embeddings=16)
    albert = hf.AlbertConfig(vocab_size=50, embedding_size=12, hidden_size=24, num_hidden_layers=3, num_attention_heads=4, intermediate_size=40, max_position_embeddings=16)
    gemma = hf.GemmaConfig(vocab_size=50, hidden_size=33, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=3, head_dim=8)
    qwen3 = hf.Qwen3Config(vocab_size=50, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8)
    vit = hf.ViTConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, image_size=8, patch_size=4)
    yield "gpt2", hf.GPT2LMHeadModel(gpt2)
    yield "llama", hf.LlamaForCausalLM(llama)
    yield "bert", hf.BertForMaskedLM(bert)
    yield "albert", hf.AlbertForMaskedLM(albert)
    yield "gemma", hf.GemmaForCausalLM(gemma)
    yield "qwen3", hf.Qwen3ForCausalLM(qwen3)
    yield "vit", hf.ViTForImageClassification(vit)


def norms_of(model):
    return {n: m for n, m in model.named_modules() if isinstance(m, nn.LayerNorm) or type(m).__name__.endswith("RMSNorm")}


def randomise(model):
    with torch.no_grad():
        for norm in norms_of(model).values():
            for parameter in norm.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval()


def result_of(model, names, rename=lambda name: name):
    generator = torch.Generator().manual_seed(1)
    layers = []
    for name in names:
        norm = model.get_submodule(name)
        alpha, gain, offset, convert = (torch.rand(4, generator=generator) + 0.2).tolist()
        layers.append(
            {
                "name": rename(name), "role": "other", "kind": "layernorm" if isinstance(norm, nn.LayerNorm) else "rmsnorm",
                "depth": 0, "eps": 1e-5, "axes": [-1], "channels": norm.weight.numel(), "tokens": 8, "calls": 1,
                "input": {
                    "mean": 0, "std": 1, "rms": 1, "absMax": 4, "kurtosis": 3, "tokenStdMean": 1, "tokenStdVar": 0, "tokenMeanVar": 0,
                    "quantiles": {level: 0 for level in ("0.001", "0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99", "0.999")},
                    "nonFinite": 0,
                },
                "linear": {"slope": 1, "r2": 0.9}, "ceiling": {"r2": 0.95},
                "fit": {
                    "status": "ok", "alpha": alpha, "alphaLow": alpha, "alphaHigh": alpha, "gain": gain, "offset": offset, "r2": 0.9,
                    "unitGain": {"alpha": 1, "r2": 0.8},
                },
                "perChannel": {"alpha": convert, "r2": 0.9}, "families": [],
                "saturation": {"1": 0, "1.5": 0, "2": 0, "2.5": 0, "3": 0}, "alphaTimesRms": 1, "inverseStd": 1,
                "suggest": {"scratch": 0.25, "scratchSource": "default", "convert": convert},
                "curve": {
                    "binnedMean": {"x": [], "y": [], "count": []},
                    "density": {"xMin": -1, "xMax": 1, "yMin": -1, "yMax": 1, "columns": 0, "rows": 0, "counts": []},
                    "points": {"x": [], "y": [], "token": [], "channel": []},
                },
            }
        )
    return {
        "schema": "normlens/1",
        "model": {"path": "random", "format": "safetensors", "family": "unknown", "architecture": type(model).__name__, "width": 0,
                  "depth": 0, "parameters": 0, "dtype": "F32", "isLanguageModel": True},
        "input": {"kind": "random", "source": "random", "sequences": 1, "tokens": 8, "sha256": "0" * 64, "seed": 0, "skipFirst": False},
        "engine": {"runtime": "none", "device": "cpu", "version": "0", "peakMemoryBytes": 0,
                   "seconds": {"open": 0, "build": 0, "forward": 0, "statistics": 0, "fit": 0, "total": 0}},
        "coverage": {"found": len(layers), "measured": len(layers), "missing": []},
        "layers": layers, "groups": [], "warnings": [],
    }


class Exporter:
    def __init__(self, command):
        self.command = shlex.split(command)

    def module(self, result):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "r.normlens.json"
            target = pathlib.Path(folder) / "alphas.py"
            source.write_text(json.dumps(result))
            subprocess.run([*self.command, "export", str(source), "--format", "python", "--out", str(target)], check=True)
            spec = importlib.util.spec_from_file_location("alphas", target)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module


def documented_affine(norm):
    weight = norm.weight.detach() + (1 if type(norm).__name__ in ONE_PLUS else 0)
    bias = getattr(norm, "bias", None)
    return weight, torch.zeros_like(weight) if bias is None else bias.detach()


def by_hand(model, result, names):
    model = copy.deepcopy(model)
    for name, layer in zip(names, result["layers"]):
        weight, bias = documented_affine(model.get_submodule(name))
        fit = layer["fit"]
        parent, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(parent), leaf, HandMade(fit["alpha"], fit["gain"] * weight, bias + fit["offset"] * weight))
    return model


def run(model):
    torch.manual_seed(2)
    with torch.no_grad():
        if isinstance(model, hf.ViTForImageClassification) or hasattr(model, "vit"):
            return model(pixel_values=torch.randn(2, 3, 8, 8, dtype=next(model.parameters()).dtype)).logits
        return model(input_ids=torch.randint(0, 50, (2, 11))).logits


def difference(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


def expect(condition, message):
    if not condition:
        raise SystemExit(f"FAILED: {message}")


def fails(action, words):
    try:
        action()
    except ValueError as error:
        expect(words in str(error), f"the error says {error!r}, not {words!r}")
        return
    raise SystemExit(f"FAILED: no error that says {words!r}")


def try_model(label, original, exporter):
    model = randomise(original)
    names = list(norms_of(model))
    result = result_of(model, names)
    module = exporter.module(result)
    expected = run(by_hand(model, result, names))
    expect(difference(expected, run(model)) > 1e-3, f"{label}: the replacement changes nothing")

    converted = module.apply_dyt(copy.deepcopy(model))
    worst = difference(run(converted), expected)
    expect(worst < 1e-5, f"{label}: {worst} from the replacement made by hand")
    expect(not norms_of(converted), f"{label}: norms are left")
    expect(not any(m.training for m in converted.modules()), f"{label}: the training flag is not kept")
    print(f"{label}: {len(names)} norms, relative difference to the replacement made by hand {worst:.1e}")

    # Names as a checkpoint without, or a wrapper with, a prefix spells them.
    first = names[-1].split(".")[0] + "."
    bare = lambda name: name[len(first):] if name.startswith(first) else name
    if all(name.startswith(first) for name in names):
        stripped = exporter.module(result_of(model, names, bare)).apply_dyt(copy.deepcopy(model))
        expect(difference(run(stripped), expected) < 1e-5, f"{label}: names without {first!r}")
    wrapped = nn.Sequential(copy.deepcopy(model))
    module.apply_dyt(wrapped)
    expect(difference(run(wrapped[0]), expected) < 1e-5, f"{label}: names with a prefix")

    # Tensors channel by channel.
    tensors = {}
    for layer in result["layers"]:
        tensors[f"{layer['name']}.alpha"] = torch.tensor([layer["suggest"]["convert"]])
        tensors[f"{layer['name']}.weight"] = torch.rand(layer["channels"]) + 0.5
        tensors[f"{layer['name']}.bias"] = torch.rand(layer["channels"])
    hand = copy.deepcopy(model)
    for name in names:
        parent, _, leaf = name.rpartition(".")
        alpha, weight, bias = (tensors[f"{name}.{part}"] for part in ("alpha", "weight", "bias"))
        setattr(hand.get_submodule(parent), leaf, HandMade(alpha, weight, bias))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "r.normlens.safetensors"
        save_file(tensors, path)
        expect(difference(run(module.apply_dyt(copy.deepcopy(model), weights=path)), run(hand)) < 1e-6, f"{label}: weights file")

    # Brain floats stay brain floats; the compiler traces the whole of it.
    half = module.apply_dyt(copy.deepcopy(model).to(torch.bfloat16))
    expect({p.dtype for p in half.parameters()} == {torch.bfloat16}, f"{label}: dtype is not kept")
    expect(difference(run(half).float(), expected) < 0.1, f"{label}: brain floats")
    layer = half.get_submodule(names[0])
    traced = torch.compile(copy.deepcopy(layer), backend="eager", fullgraph=True)
    x = torch.randn(2, 3, layer.weight.numel(), dtype=torch.bfloat16)
    expect(torch.equal(traced(x), layer(x)), f"{label}: compiled")

    # From scratch: weight 1, bias 0, the suggested alpha; a converted model keeps its weights.
    scratch = module.set_alpha(copy.deepcopy(model)).get_submodule(names[0])
    expect(scratch.alpha.item() == 0.25 and (scratch.weight == 1).all() and (scratch.bias == 0).all(), f"{label}: from scratch")
    kept = converted.get_submodule(names[0]).weight.clone()
    module.set_alpha(converted)
    expect(converted.get_submodule(names[0]).alpha.item() == 0.25, f"{label}: set_alpha")
    expect(torch.equal(converted.get_submodule(names[0]).weight, kept), f"{label}: set_alpha keeps the weight")

    # Refusals, which change nothing.
    fails(lambda: module.apply_dyt(converted), "Dynamic Tanh already")
    untouched = nn.Sequential(nn.LayerNorm(4))
    fails(lambda: module.apply_dyt(untouched), "the model has no")
    fails(lambda: module.apply_dyt(copy.deepcopy(model), weights={}), "the weights file has no")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        module.apply_dyt(untouched, strict=False)
    expect(isinstance(untouched[0], nn.LayerNorm) and len(caught) > 0, f"{label}: strict=False")


def try_encoder_layer(exporter):
    """The fused path of nn.TransformerEncoderLayer computes LayerNorm: a converted layer must not take it."""
    torch.manual_seed(3)
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 2, enable_nested_tensor=False)
    model = randomise(model)
    names = list(norms_of(model))
    result = result_of(model, names)
    expected = by_hand(model.train(), result, names)
    x = torch.randn(2, 5, 16)
    for module in expected.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0
    converted = exporter.module(result).apply_dyt(model.eval())
    with torch.no_grad():
        worst = difference(converted(x), expected(x))
    expect(worst < 1e-5, f"encoder layer: {worst}")
    print(f"nn.TransformerEncoder: {len(names)} norms, relative difference {worst:.1e}")


def try_bare_norms(exporter):
    """Norms without affine, and one module in two places."""
    shared = nn.LayerNorm(6, elementwise_affine=False)
    model = nn.ModuleDict({"a": shared, "b": shared})
    result = result_of(nn.ModuleDict({"a": nn.LayerNorm(6)}), ["a"])
    exporter.module(result).apply_dyt(model)
    fit = result["layers"][0]["fit"]
    x = torch.randn(3, 6)
    expect(torch.allclose(model["a"](x), fit["gain"] * torch.tanh(fit["alpha"] * x) + fit["offset"], atol=1e-5), "without affine")
    expect(model["a"] is model["b"], "a shared norm stays shared")
    print("norms without affine, shared norms: right")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--normlens", default="node dist/cli.js", help="the command line to export with")
    exporter = Exporter(parser.parse_args().normlens)
    for label, model in models():
        try_model(label, model, exporter)
    try_encoder_layer(exporter)
    try_bare_norms(exporter)
