"""Writes checkpoints of torch.save in all its forms, beside the same tensors in expected.safetensors, and pickles that attack whoever loads them.

Run it in this folder with torch and safetensors; the files are committed. The tests read them without Python.
"""

import argparse
import base64
import json
import os
import pickle
import subprocess
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

here = Path(__file__).parent


def state_dict() -> "OrderedDict[str, Tensor]":
    """Every dtype, and every way in which a tensor can lie in its storage."""
    torch.manual_seed(0)
    shared = torch.randn(6, 4)
    channels_last = torch.randn(2, 3, 2, 2).to(memory_format=torch.channels_last)
    return OrderedDict(
        {
            "f32": torch.randn(3, 5),
            "f16": torch.randn(4).half(),
            "bf16": torch.randn(2, 2).bfloat16(),
            "f64": torch.randn(3).double(),
            "i64": torch.arange(5),
            "u8": torch.arange(3, dtype=torch.uint8),
            "mask": torch.tensor([True, False, True]),
            "scalar": torch.tensor(0.25),
            "empty": torch.zeros(0, 4),
            "whole": shared,
            "tied": shared,
            "rows": shared[2:5],
            "columns": shared[:, 1:3],
            "transposed": shared.t(),
            "channels_last": channels_last,
            "expanded": torch.tensor([1.0, 2.0]).expand(2, 2)[:1],
            "parameter": nn.Parameter(torch.randn(2)),
        }
    )


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(3)
        self.register_buffer("scale", torch.tensor([2.0, 3.0]))

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x) * self.scale[0]


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])
        self.head = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def optimizer_state() -> dict:
    model = Model()
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.randn(2, 3)).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


def save(name: str, value: object, **options: object) -> None:
    torch.save(value, here / name, **options)


def prefixed(prefix: str, tensors: dict) -> dict:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def write_checkpoints() -> None:
    tensors = state_dict()
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, here / "expected.safetensors")
    save("zip.pt", tensors)
    save("legacy.pt", tensors, _use_new_zipfile_serialization=False)
    few = {name: tensors[name] for name in ("f32", "bf16", "rows", "transposed")}
    for protocol in (3, 4, 5):
        save(f"protocol-{protocol}.pt", few, pickle_protocol=protocol)
    save("protocol-4-legacy.pt", few, pickle_protocol=4, _use_new_zipfile_serialization=False)
    training = {"optimizer": optimizer_state(), "epoch": 3, "best_loss": torch.tensor(0.5), "rng_state": torch.get_rng_state()[:64].clone()}
    save("nanogpt.pt", {**training, "model": prefixed("_orig_mod.", few), "model_args": {"n_layer": 2, "n_head": 3, "bias": False, "model_type": "gpt"}})
    save("lightning.ckpt", {**training, "state_dict": prefixed("model.", few), "hyper_parameters": {"depth": 2}, "callbacks": {"early": {"best": torch.zeros(1)}}})
    save("parallel.pth", {**training, "args": argparse.Namespace(depth=2, name="tiny"), "model": prefixed("module.", few)})
    save("unknown-key.pt", {**training, "classifier_v2": few})
    save("averaged.pt", {**training, "ema": {"updates": 7, "module": few}})
    save("optimizer-alone.pt", optimizer_state())
    save("several.pt", {"generator": few, "discriminator": dict(few)})
    save("nothing.pt", {"epoch": 3})
    module = Model()
    save_file({name: tensor.contiguous() for name, tensor in module.state_dict().items()}, here / "module.safetensors")
    save("module.pt", module)
    torch.jit.save(torch.jit.script(module), here / "script.pt")


def repack(source: str, target: str, compression: int, **replaced: bytes) -> None:
    """Writes an archive anew, with other content in some entries."""
    with zipfile.ZipFile(here / source) as old, zipfile.ZipFile(here / target, "w", compression) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), replaced.get(Path(name).name) or old.read(name), compression)


def write_unreadable() -> None:
    repack("protocol-3.pt", "big-endian.pt", zipfile.ZIP_STORED, byteorder=b"big")
    repack("protocol-3.pt", "deflated.pt", zipfile.ZIP_DEFLATED)


class Call:
    """Pickles as a call of a function, which whoever loads it makes."""

    def __init__(self, function: object, *args: object) -> None:
        self.function = function
        self.args = args

    def __reduce__(self) -> tuple:
        return (self.function, self.args)


def attacks() -> dict[str, bytes]:
    """What would run code in a reader that believes it."""
    by_name: dict[str, bytes] = {}
    for protocol in range(6):
        by_name[f"os.system, protocol {protocol}"] = pickle.dumps(Call(os.system, "echo attacked"), protocol)
    by_name["subprocess.Popen"] = pickle.dumps({"state_dict": Call(subprocess.Popen, ["true"])})
    by_name["eval"] = pickle.dumps(Call(eval, "1 + 1"))
    by_name["exec in a list"] = pickle.dumps([Call(exec, "pass")])
    by_name["__import__"] = pickle.dumps(Call(__import__, "os"))
    by_name["INST"] = b"(S'echo attacked'\nios\nsystem\n."
    by_name["OBJ"] = b"(cos\nsystem\nX\x04\x00\x00\x00trueo."
    by_name["NEWOBJ"] = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85\x81."
    by_name["NEWOBJ_EX"] = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85}\x92."
    by_name["BUILD of a global"] = b"\x80\x02cbuiltins\neval\n}X\x01\x00\x00\x00aK\x01sb."
    by_name["STACK_GLOBAL"] = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."
    return by_name


def write_attacks() -> None:
    encoded = {name: base64.b64encode(data).decode() for name, data in attacks().items()}
    (here / "attacks.json").write_text(json.dumps(encoded, indent=1) + "\n")


def write_plain_pickles() -> None:
    """Values of every kind in every protocol, with what Python reads there."""
    value = {
        "none": None,
        "booleans": [True, False],
        "integers": [0, 255, 256, 65_535, 65_536, -1, 2**31 - 1, -(2**31), 2**40, -(2**40)],
        "floats": [0.5, -1e300, 1e-5],
        "texts": ["", "plain", "Größe, 大小, 🎛", "x" * 300],
        "tuple": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "dict": {"a": {"b": {}}},
        "ordered": OrderedDict([("z", 1), ("a", 2)]),
    }
    value["again"] = value["dict"]
    by_protocol = {str(protocol): base64.b64encode(pickle.dumps(value, protocol)).decode() for protocol in range(6)}
    (here / "pickles.json").write_text(json.dumps({"value": value, "protocols": by_protocol}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write_checkpoints()
    write_unreadable()
    write_attacks()
    write_plain_pickles()
