"""Exports small modules whose norms are element-wise (DyT, Derf) by both exporters of PyTorch, as exported/make_exported.py does with norms.

    python make_exported_curves.py        (torch 2.13, onnx 1.23, onnxscript 0.7)

Writes NAME.onnx files, and expected.json with the layers that each of them has.
"""

import json
import os
import sys
from pathlib import Path

import torch
from torch import nn

here = Path(__file__).parent
sys.path.insert(0, str(here.parent / "exported"))
from make_exported import Language, exporters, ids, image, without_remarks  # noqa: E402


class DyT(nn.Module):
    """As the official code has it: of channels last, or of channels before rows and columns."""

    kind = "dyt"

    def __init__(self, channels, channels_last=True):
        super().__init__()
        self.channels_last = channels_last
        self.alpha = nn.Parameter(torch.ones(1))
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        x = torch.tanh(self.alpha * x)
        if self.channels_last:
            return x * self.weight + self.bias
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class OffsetDyT(nn.Module):
    """As x-transformers has it: alpha without an axis, stored less its start."""

    kind = "dyt"

    def __init__(self, channels):
        super().__init__()
        self.pre_tanh_scale = nn.Parameter(torch.zeros(()))
        self.gamma = nn.Parameter(torch.zeros(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return torch.tanh(x * (self.pre_tanh_scale + 1)) * (self.gamma + 1) + self.beta

    @property
    def alpha(self):
        return self.pre_tanh_scale + 1


class GainAlone(nn.Module):
    """As Liger has it for LLaMA: no offset."""

    kind = "dyt"

    def __init__(self, channels):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1))
        self.gamma = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return self.gamma * torch.tanh(self.alpha * x)


class InFloat32(DyT):
    """With casts, as where the rest computes in less."""

    def forward(self, x):
        return (torch.tanh(self.alpha.float() * x.float()) * self.weight + self.bias).to(x.dtype)


class Derf(nn.Module):
    kind = "derf"

    def __init__(self, channels):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1))
        self.shift = nn.Parameter(torch.zeros(1))
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return self.weight * torch.erf(self.alpha * x + self.shift) + self.bias


class Images(nn.Module):
    """Convolutions with element-wise layers over their channels."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 2)
        self.norm = DyT(4, channels_last=False)
        self.conv = nn.Conv2d(4, 4, 1)
        self.norm_last = DyT(4)

    def forward(self, x):
        x = self.conv(self.norm(self.stem(x)))
        return self.norm_last(x.permute(0, 2, 3, 1)).mean((1, 2))


class Capped(nn.Module):
    """tanh where no DyT is: a gate, a soft cap and a GELU."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(13, 8)
        self.gate = nn.Linear(8, 8)
        self.head = nn.Linear(8, 13)

    def forward(self, input_ids):
        x = self.embed(input_ids)
        x = x + torch.tanh(self.gate(x)) * nn.functional.gelu(x, approximate="tanh")
        return 30 * torch.tanh(self.head(x) / 30)


def randomised(model):
    torch.manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, 0.5, 0.3)
    return model.eval()


def layers_of(model):
    numbers = lambda tensor: [round(value, 6) for value in tensor.detach().float().flatten().tolist()]
    return [{"name": name, "kind": module.kind, "alpha": numbers(module.alpha)} for name, module in model.named_modules() if hasattr(module, "kind")]


cases = {
    "dyt": (lambda: Language(lambda: DyT(8)), ids, "input_ids"),
    "offset-dyt": (lambda: Language(lambda: OffsetDyT(8)), ids, "input_ids"),
    "gain-alone": (lambda: Language(lambda: GainAlone(8)), ids, "input_ids"),
    "derf": (lambda: Language(lambda: Derf(8)), ids, "input_ids"),
    "images": (Images, image, "pixel_values"),
    "look-alikes": (Capped, ids, "input_ids"),
}
# All exporters with the first case, two with the others.
all_exporters = [(name, options) for name, options in exporters if name != "traced-9"]
two_exporters = [(name, options) for name, options in exporters if name in ("traced-11", "dynamo-18")]


def export(model, example, name, path, options):
    torch.onnx.export(model, (example,), str(path), input_names=[name], **options, **({"verbose": False} if options["dynamo"] else {}))
    without_remarks(path)
    print(path.name, os.path.getsize(path))
    return layers_of(model)


if __name__ == "__main__":
    expected = {}
    for case, (make, example, name) in cases.items():
        for exporter, options in all_exporters if case == "dyt" else two_exporters:
            expected[f"{case}-{exporter}"] = export(randomised(make()), example, name, here / f"{case}-{exporter}.onnx", options)
    for exporter, options in two_exporters:
        expected[f"dyt-{exporter}-half"] = export(randomised(Language(lambda: InFloat32(8))).half(), ids, "input_ids", here / f"dyt-{exporter}-half.onnx", options)
    (here / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
