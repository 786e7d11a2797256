"""Exports small modules with norms, and look-alikes, by both exporters of PyTorch, at several opsets.

    python make_exported.py        (torch 2.13, onnx 1.23, onnxscript 0.7)

Writes NAME.onnx files, and expected.json with the norms that each of them has.
"""

import json
import os
import warnings
from pathlib import Path

import onnx
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
here = Path(__file__).parent


class RootMeanSquare(nn.Module):
    """As LLaMA's, with its casts."""

    def __init__(self, width, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        dtype = x.dtype
        x = x.to(torch.float32)
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)).to(dtype)


class ChannelsFirst(nn.Module):
    """As ConvNeXt's LayerNorm2d: over axis 1 of images."""

    def __init__(self, channels, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        return self.weight[:, None, None] * ((x - mean) / torch.sqrt(variance + self.eps)) + self.bias[:, None, None]


class Block(nn.Module):
    """A transformer block without attention over positions, with these norms."""

    def __init__(self, norm):
        super().__init__()
        self.ln_1 = norm()
        self.attn = nn.Linear(8, 8)
        self.ln_2 = norm()
        self.mlp = nn.Linear(8, 8)

    def forward(self, x):
        q = self.attn(self.ln_1(x))
        x = x + torch.softmax(q @ q.transpose(1, 2), -1) @ q
        return x + F.gelu(self.mlp(self.ln_2(x)))


class Language(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.wte = nn.Embedding(13, 8)
        self.h = nn.ModuleList(Block(norm) for _ in range(2))
        self.ln_f = norm()
        self.lm_head = nn.Linear(8, 13, bias=False)

    def forward(self, input_ids):
        x = self.wte(input_ids)
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


class Images(nn.Module):
    """Norms over groups, channels and places of images; the batch norm is none."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.gn = nn.GroupNorm(2, 8)
        self.conv = nn.Conv2d(8, 8, 1)
        self.norm = ChannelsFirst(8)
        self.places = nn.LayerNorm([6, 5])

    def forward(self, pixel_values):
        x = self.gn(self.bn(self.stem(pixel_values)))
        x = x + self.norm(self.conv(x))
        return self.places(x)


class Modulated(nn.Module):
    """As a diffusion transformer: a norm without an affine of its own, scaled by what is computed."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(6, 8)
        self.norm = nn.LayerNorm(8, elementwise_affine=False, eps=1e-6)
        self.condition = nn.Linear(8, 16)
        self.out = nn.Linear(8, 8)

    def forward(self, x):
        x = self.embed(x)
        shift, scale = self.condition(x).chunk(2, -1)
        return self.out(self.norm(x) * (1 + scale) + shift)


class LookAlikes(nn.Module):
    """Nothing in it is a norm layer."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(6, 8)
        self.bn = nn.BatchNorm1d(8)
        self.register_buffer("mean", torch.rand(6))
        self.register_buffer("std", torch.rand(6) + 0.5)

    def forward(self, x):
        x = (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)
        x = self.embed((x - self.mean) / self.std)
        x = self.bn(x.transpose(1, 2)).transpose(1, 2)
        x = F.normalize(x, dim=-1)
        similar = F.cosine_similarity(x, x.mean(1, keepdim=True), dim=-1)
        spread = torch.sqrt(x.var(-1, unbiased=False) + 1e-5)
        return torch.softmax(x, -1), similar, spread, x.mean(1)


def without_remarks(path):
    """Leaves out doc strings, and metadata but for scopes: they hold stack traces."""
    model = onnx.load(path)
    scopes = [[entry for entry in node.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"] for node in model.graph.node]
    def clear(message):
        for field, value in message.ListFields():
            if field.name in ("metadata_props", "doc_string"):
                message.ClearField(field.name)
            elif field.type == field.TYPE_MESSAGE:
                for item in [value] if hasattr(value, "ListFields") else value:
                    clear(item)
    clear(model)
    for node, kept in zip(model.graph.node, scopes):
        node.metadata_props.extend(kept)
    onnx.save(model, path)


def norms_of(model):
    found = []
    for name, module in model.named_modules():
        if isinstance(module, (RootMeanSquare, nn.RMSNorm)):
            found.append({"name": name, "kind": "rmsnorm", "eps": module.eps})
        elif isinstance(module, (nn.LayerNorm, ChannelsFirst)):
            found.append({"name": name, "kind": "layernorm", "eps": module.eps})
        elif isinstance(module, nn.GroupNorm):
            found.append({"name": name, "kind": "groupnorm", "eps": module.eps})
    return found


def randomised(model):
    torch.manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, 0.5, 0.5)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


ids = torch.randint(0, 13, (1, 7), generator=torch.Generator().manual_seed(0))
image = torch.zeros(1, 3, 6, 5)
vectors = torch.zeros(1, 4, 6)

cases = {
    "layernorm": (lambda: Language(lambda: nn.LayerNorm(8)), ids, "input_ids"),
    "rmsnorm": (lambda: Language(lambda: RootMeanSquare(8)), ids, "input_ids"),
    "torch-rmsnorm": (lambda: Language(lambda: nn.RMSNorm(8, eps=1e-6)), ids, "input_ids"),
    "images": (Images, image, "pixel_values"),
    "modulated": (Modulated, vectors, "x"),
    "look-alikes": (LookAlikes, vectors, "x"),
}
exporters = [
    ("traced-9", {"dynamo": False, "opset_version": 9}),
    ("traced-11", {"dynamo": False, "opset_version": 11, "do_constant_folding": False}),
    ("traced-17", {"dynamo": False, "opset_version": 17}),
    ("dynamo-18", {"dynamo": True, "opset_version": 18, "external_data": False}),
    ("dynamo-18-plain", {"dynamo": True, "opset_version": 18, "external_data": False, "optimize": False}),
    ("dynamo-23", {"dynamo": True, "opset_version": 23, "external_data": False}),
]

# Models that compute in float16.
halves = [
    ("layernorm-half", lambda: nn.LayerNorm(8), {"dynamo": True, "opset_version": 18, "external_data": False, "verbose": False}),
    ("layernorm-traced-11-half", lambda: nn.LayerNorm(8), {"dynamo": False, "opset_version": 11}),
    ("rmsnorm-traced-13-half", lambda: RootMeanSquare(8), {"dynamo": False, "opset_version": 13}),
]

if __name__ == "__main__":
    expected = {}
    for case, (make, example, name) in cases.items():
        for exporter, options in exporters:
            model = randomised(make())
            if options["dynamo"]:
                options = {**options, "verbose": False}
            path = here / f"{case}-{exporter}.onnx"
            try:
                torch.onnx.export(model, (example,), str(path), input_names=[name], **options)
            except Exception as error:
                print(case, exporter, type(error).__name__, str(error).splitlines()[0][:150])
                path.unlink(missing_ok=True)
                continue
            without_remarks(path)
            expected[path.stem] = norms_of(model)
            print(path.name, os.path.getsize(path))
    for name, make, options in halves:
        model = randomised(Language(make)).half()
        torch.onnx.export(model, (ids,), str(here / f"{name}.onnx"), input_names=["input_ids"], **options)
        without_remarks(here / f"{name}.onnx")
        expected[name] = norms_of(model)
    (here / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
