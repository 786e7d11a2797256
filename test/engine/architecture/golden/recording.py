"""What every case shares: random parameters, recorded norm inputs, checks, and the files that tests read."""

import copy
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable
from zlib import crc32

import torch
from element_wise import ElementWise
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

Feed = dict[str, Tensor]
Outputs = dict[str, Tensor]
Forward = Callable[[nn.Module, Feed], Outputs]


@dataclass
class Case:
    """One checkpoint, and the feeds it is run on."""

    name: str
    model: nn.Module
    forward: Forward
    config: dict
    checkpoint: dict[str, Tensor]
    """Tensors under the names that the checkpoint spells."""
    roles: dict[str, str]
    """End of a norm's module path to its role; # stands for the number of a block."""
    blocks: int
    feeds: dict[str, Feed]
    """Suffix of the golden file's name to what is fed; the first one is also used for the checks."""
    config_file: str = "config.json"
    calls: Callable[[str], int] = lambda _: 1
    """How often the norm of a module path runs in one forward pass."""
    depth: Callable[[str], int] | None = None
    """Block of a module path, where its first number is not it."""
    final_depth: Callable[[str], int] | None = None
    """Depth of a norm behind blocks, where it is not the number of blocks."""
    without_effect: str | None = None
    """Pattern of parameters that can't change the outputs."""


@dataclass
class Recording:
    """Inputs of each norm in the order of its calls, norms in the order of their first call, and the model's outputs."""

    inputs: dict[str, list[Tensor]] = field(default_factory=dict)
    outputs: Outputs = field(default_factory=dict)


# Norm classes that descend from none of torch's: RMSNorm but for Cohere's and OLMo 1's, which has nothing stored and its eps nowhere.
OWN_NORMS = ("RMSNorm", "OlmoLayerNorm", "T5LayerNorm", "CohereLayerNorm", "Cohere2LayerNorm")


def is_norm(module: nn.Module) -> bool:
    return isinstance(module, (nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, ElementWise)) or type(module).__name__.endswith(OWN_NORMS)


def norms_of(model: nn.Module) -> dict[str, nn.Module]:
    return {name: module for name, module in model.named_modules() if is_norm(module)}


@torch.no_grad()
def randomise(model: nn.Module, name: str, dtype: torch.dtype = torch.float32) -> nn.Module:
    """Gives every parameter a value that shows in the outputs, the same on every run; values are representable in dtype."""
    generator = torch.Generator().manual_seed(crc32(name.encode()))
    seen: set[int] = set()
    for module in model.modules():
        for parameter_name, parameter in module.named_parameters(recurse=False):
            if id(parameter) not in seen:
                mean, std = distribution(module, parameter_name, parameter)
                parameter.copy_((mean + std * torch.randn(parameter.shape, generator=generator)).to(dtype))
                seen.add(id(parameter))
    return model.eval()


def distribution(module: nn.Module, parameter_name: str, parameter: Tensor) -> tuple[float, float]:
    """Mean and standard deviation: norm weights around 1, linear weights so that activations neither fade nor explode."""
    if parameter_name == "bias":
        return 0.0, 0.3
    if type(module).__name__.startswith(("Gemma", "Nemotron")) and is_norm(module):
        return 0.0, 0.3  # gain - 1
    if is_norm(module) or type(module).__name__ == "LayerScale":
        return 1.0, 0.3
    if isinstance(module, Conv1D):
        return 0.0, 1.2 / parameter.shape[0] ** 0.5
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        return 0.0, 1.2 / parameter[0].numel() ** 0.5
    return 0.0, 0.7


@torch.no_grad()
def record(model: nn.Module, forward: Forward, feed: Feed) -> Recording:
    recording = Recording()

    def keep(name: str) -> Callable:
        return lambda _module, arguments: recording.inputs.setdefault(name, []).append(arguments[0].clone())

    hooks = [module.register_forward_pre_hook(keep(name)) for name, module in norms_of(model).items()]
    recording.outputs = forward(model, feed)
    for hook in hooks:
        hook.remove()
    return recording


def in_float64(model: nn.Module) -> nn.Module:
    return copy.deepcopy(model).double()


def double_feed(feed: Feed) -> Feed:
    return {name: value.double() if value.is_floating_point() else value for name, value in feed.items()}


def gain_of(norm: nn.Module) -> Tensor | None:
    return norm.part("gain") if isinstance(norm, ElementWise) else getattr(norm, "weight", None)


def checkpoint_name(checkpoint: dict[str, Tensor], norm: nn.Module) -> str:
    """The module path under which the checkpoint keeps this norm: random weights tell the layers apart."""
    names = [name for name, tensor in checkpoint.items() if torch.equal(tensor.double(), gain_of(norm).double())]
    assert len(names) == 1, f"{names} hold the same weight"
    return names[0].rsplit(".", 1)[0]


def role_of(roles: dict[str, str], name: str) -> str:
    numbered = re.sub(r"\.\d+\.", ".#.", name)
    ends = [end for end in roles if f".{numbered}".endswith(f".{end}") or f".{name}".endswith(f".{end}")]
    return roles[max(ends, key=len)]


def depth_of(case: Case, name: str, role: str) -> int:
    number = re.search(r"\.(\d+)\.", f".{name}")
    if number is None:
        if role == "embedding":
            return 0
        return case.final_depth(name) if case.final_depth else case.blocks
    return case.depth(name) if case.depth else int(number[1])


def kind_of(norm: nn.Module) -> str:
    if isinstance(norm, ElementWise):
        return norm.kind
    if isinstance(norm, nn.GroupNorm):
        return "groupnorm"
    return "layernorm" if isinstance(norm, nn.LayerNorm) or type(norm).__name__.startswith(("Cohere", "OlmoLayerNorm")) else "rmsnorm"


def describe(case: Case, name: str, norm: nn.Module) -> dict:
    """The facts about a norm that a reader of the checkpoint has to find by itself."""
    spelled = name if gain_of(norm) is None else checkpoint_name(case.checkpoint, norm)
    role = role_of(case.roles, spelled)
    return {
        "name": spelled,
        "kind": kind_of(norm),
        "role": role,
        "depth": depth_of(case, spelled, role),
        "eps": norm.eps if hasattr(norm, "eps") else getattr(norm, "variance_epsilon", 1e-5),
        "calls": case.calls(name),
    }


def heads_first(tensor: Tensor, feed: Feed) -> Tensor:
    """[batch, heads, length, head size] of queries or keys in either order."""
    is_last = "input_ids" in feed and tensor.dim() == 4 and tensor.shape[1] == feed["input_ids"].shape[1]
    return tensor.transpose(1, 2) if is_last else tensor


def for_each_sequence(tensor: Tensor, feed: Feed) -> Tensor:
    """What a model computes from parameters alone, [rows, channels], once for each sequence of the batch."""
    batch, length = next(iter(feed.values())).shape[:2]
    is_shared = "input_ids" in feed and tensor.dim() == 2 and tensor.shape[0] not in (batch, batch * length)
    return tensor.expand(batch, -1, -1) if is_shared else tensor


def stored(tensor: Tensor, feed: Feed) -> Tensor:
    """float32, and of a padded batch only the rows that are no padding: [tokens, channels]."""
    if "attention_mask" in feed:
        tensor = tensor[feed["attention_mask"].bool()]
    return tensor.float().contiguous()


def write_golden(case: Case, folder: Path, suffix: str, feed: Feed) -> None:
    model = in_float64(case.model)
    recording = record(model, case.forward, double_feed(feed))
    norms = norms_of(model)
    assert set(recording.inputs) == set(norms), "a norm was not called"
    tensors = dict(feed)
    facts = []
    for name, inputs in recording.inputs.items():
        assert len(inputs) == case.calls(name), f"{name} was called {len(inputs)} times"
        fact = describe(case, name, norms[name])
        kept = [stored(heads_first(for_each_sequence(one, feed), feed), feed) for one in inputs]
        tensors[f"{fact['name']}.input"] = kept[0] if len(kept) == 1 else torch.stack(kept)
        facts.append(fact)
    tensors |= {name: stored(output, feed) for name, output in recording.outputs.items()}
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())
    # One metadata entry, because safetensors writes several in no fixed order.
    save_file(tensors, folder / f"golden{suffix}.safetensors", {"norms": json.dumps(facts)})


def write(case: Case, root: Path) -> str:
    """Checks a case, writes its folder, and returns a line that sums it up."""
    check_effects(case)
    folder = root / case.name
    folder.mkdir(exist_ok=True)
    (folder / case.config_file).write_text(json.dumps(case.config, indent=2) + "\n")
    checkpoint = {name: tensor.clone().contiguous() for name, tensor in case.checkpoint.items()}
    save_file(checkpoint, folder / "model.safetensors", {"format": "pt"})
    for suffix, feed in case.feeds.items():
        write_golden(case, folder, suffix, feed)
    size = sum(file.stat().st_size for file in folder.iterdir())
    return f"{case.name:28} {size / 1000:6.1f} kB  {len(norms_of(case.model)):2} norms  float32 within {float32_error(case):.1e}"


def first_feed(case: Case) -> Feed:
    return next(iter(case.feeds.values()))


def float32_error(case: Case) -> float:
    """How far the same pass in float32 is off, relative to the largest value: what a float32 engine may be off, too."""
    feed = first_feed(case)
    exact = record(in_float64(case.model), case.forward, double_feed(feed))
    rounded = record(case.model, case.forward, feed)
    pairs = [(exact.outputs[name], rounded.outputs[name]) for name in exact.outputs]
    pairs += [pair for name in exact.inputs for pair in zip(exact.inputs[name], rounded.inputs[name])]
    return max(((one - other).abs().max() / one.abs().max()).item() for one, other in pairs)


@torch.no_grad()
def check_effects(case: Case) -> None:
    """A golden file tests nothing about a parameter that its outputs do not depend on: refuses such a case."""
    model, feed = in_float64(case.model), double_feed(first_feed(case))
    before = case.forward(model, feed)
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        saved = parameter.clone()
        parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
        after = case.forward(model, feed)
        parameter.copy_(saved)
        change = max(((after[key] - before[key]).abs().max() / before[key].abs().max()).item() for key in before)
        excused = case.without_effect is not None and re.search(case.without_effect, name)
        assert excused or change > 1e-3, f"{case.name}: {name} changes the outputs by {change:.1e} only"
