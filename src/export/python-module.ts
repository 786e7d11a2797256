/**
 * The part of the Python export that is the same for every result; the data follow it. Names of the module's parameters (alpha [1],
 * weight [C], bias [C]) and its `normalized_shape` are those of the DyT paper's code, so its checkpoints load into it.
 */
export const pythonModule = String.raw`"""Dynamic Tanh in the place of norm layers, with the alphas that NormLens measured.

    import torch
    from this_file import apply_dyt

    apply_dyt(model)                                            # one gain and offset a layer, folded into the norm's affine
    apply_dyt(model, weights="RESULT.normlens.safetensors")     # weight and bias fitted channel by channel: closer

or, to train from scratch:

    set_alpha(model)

Needs PyTorch; reading a weights file also needs the safetensors package.
"""

import copy
import warnings

import torch
from torch import nn


class DyT(nn.Module):
    """weight * tanh(alpha * x) + bias, over the last axis: alpha is one number, weight and bias have one a channel."""

    # nn.TransformerEncoderLayer compares the eps of its norms before it takes a fused path that would compute LayerNorm:
    # NaN equals nothing, so it never does.
    eps = float("nan")

    def __init__(self, normalized_shape, alpha_init_value=0.5, device=None, dtype=None):
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape = shape
        self.alpha_init_value = alpha_init_value
        self.alpha = nn.Parameter(torch.full((1,), float(alpha_init_value), device=device, dtype=dtype))
        self.weight = nn.Parameter(torch.ones(shape, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.zeros(shape, device=device, dtype=dtype))

    def forward(self, x):
        return self.weight * torch.tanh(self.alpha * x) + self.bias

    def extra_repr(self):
        return f"normalized_shape={self.normalized_shape}, alpha_init_value={self.alpha_init_value}"


def apply_dyt(model, weights=None, strict=True):
    """Puts DyT in the place of the norms that NormLens measured, in place, and returns the model.

    weights: the .normlens.safetensors file beside the result, or a dict of its tensors. Without it the norm's own weight and
        bias stay, with the fitted gain and offset folded in.
    strict: whether a norm that the model does not have is an error; otherwise it is left out with a warning.

    Nothing is changed where an error is raised.
    """
    tensors = _read(weights)
    found = _find(model, list(ALPHA), strict)
    _replace(model, {module: _convert(module, name, tensors) for name, module in found.items()})
    if KEPT:
        warnings.warn("left as norms: " + "; ".join(f"{name}: {reason}" for name, reason in KEPT.items()))
    return model


def set_alpha(model, alphas=None, strict=True):
    """Prepares training from scratch, in place, and returns the model: every norm becomes a DyT with weight 1 and bias 0, and
    every layer, also one that is a Dynamic Tanh already, starts from its alpha (SCRATCH where none are given)."""
    chosen = SCRATCH if alphas is None else alphas
    found = _find(model, list(chosen), strict)
    layers = {name: module if _is_dyt(module) else _fresh(module, name) for name, module in found.items()}
    _replace(model, {found[name]: layer for name, layer in layers.items()})
    with torch.no_grad():
        for name, layer in layers.items():
            layer.alpha.fill_(chosen[name])
    return model


def _is_dyt(module):
    alpha = getattr(module, "alpha", None)
    return isinstance(alpha, nn.Parameter) and alpha.numel() == 1


def _fresh(norm, name):
    """A DyT with the norm's dtype, device and training flag; its parameters are frozen where the norm's are."""
    kind, channels = NORMS[name]
    for parameter in norm.parameters():
        if parameter.numel() != channels:
            raise ValueError(f"{name} is a {type(norm).__name__} with {parameter.numel()} parameters here, not a norm over {channels} channels.")
    like = next(norm.parameters(), None)
    if like is None:
        return DyT(channels).train(norm.training)
    return DyT(channels, device=like.device, dtype=like.dtype).train(norm.training).requires_grad_(like.requires_grad)


def _convert(norm, name, tensors):
    if _is_dyt(norm):
        raise ValueError(f"{name} is a Dynamic Tanh already: apply_dyt takes the model with its norms.")
    if tensors is None:
        alpha, gain, offset = POOLED[name]
        weight, bias = _affine(norm, name)
        weight, bias = gain * weight, bias + offset * weight
    else:
        alpha, weight, bias = (_tensor(tensors, f"{name}.{part}") for part in ("alpha", "weight", "bias"))
    module = _fresh(norm, name)
    module.alpha_init_value = float(alpha)
    with torch.no_grad():
        module.alpha.fill_(float(alpha))
        module.weight.copy_(weight)
        module.bias.copy_(bias)
    return module


def _affine(norm, name):
    """The weight and bias that the norm applies, read off its output, because classes differ in how they store them (some keep
    weight - 1, some have no bias, some neither): +x and -x are normalised to opposite values."""
    kind, channels = NORMS[name]
    probe = copy.deepcopy(norm).float()
    like = next(probe.parameters(), None)
    # Wide enough that eps does not matter.
    x = 64.0 - 128.0 * (torch.arange(channels, device=None if like is None else like.device) % 2)
    centred = x - x.mean() if kind == "layernorm" else x
    normalised = centred * torch.rsqrt(centred.square().mean())
    try:
        with torch.no_grad():
            up, down = (probe(row.reshape(1, 1, channels)).reshape(channels) for row in (x, -x))
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"{name} is a {type(norm).__name__} here, not a norm over {channels} channels: {error}") from error
    return (up - down) / (2 * normalised), (up + down) / 2


def _find(model, names, strict):
    """The module of every name. A checkpoint and a model often differ by a prefix ("model.", "transformer.", "module." ...):
    the one under which most names are found is taken off or put on."""
    modules = {path: module for path, module in model.named_modules(remove_duplicate=False) if path}
    spelled = max(_spellings(names), key=lambda spelling: len(_matched(spelling, modules)))
    found = _matched(spelled, modules)
    missing = [name for name in names if name not in found]
    if missing and strict:
        norms = [path for path, module in modules.items() if "norm" in type(module).__name__.lower()]
        raise ValueError(
            f"the model has no {_list(missing)} ({len(missing)} of {len(names)} names); its norms are {_list(norms) or 'none'}. "
            "Pass the model that was analysed, or strict=False to replace only what is found."
        )
    if missing:
        warnings.warn(f"not in this model, left out: {_list(missing)}")
    return found


def _spellings(names):
    """The names as the checkpoint has them, and as transformers 5 has them in memory where it renames modules on loading."""
    yield {name: name for name in names}
    yield {name: name.replace("encoder.layer.", "layers.") for name in names}


def _matched(spelled, modules):
    """The module of every name, under the prefix that finds most."""
    paths = list(spelled.values())
    best = max(_prefixes(paths, modules), key=lambda prefix: sum(_renamed(path, prefix) in modules for path in paths))
    return {name: modules[_renamed(path, best)] for name, path in spelled.items() if _renamed(path, best) in modules}


def _prefixes(names, modules):
    """(taken off, put on), at most two leading components off, for every way in which a name ends like a module's path."""
    prefixes = {("", ""): None}
    for name in names:
        parts = name.split(".")
        for cut in range(min(3, len(parts))):
            tail = ".".join(parts[cut:])
            for path in modules:
                if path == tail or path.endswith("." + tail):
                    prefixes[(name[: -len(tail)], path[: -len(tail)])] = None
    return prefixes


def _renamed(name, prefix):
    taken_off, put_on = prefix
    return put_on + name[len(taken_off) :] if name.startswith(taken_off) else None


def _list(names):
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")


def _replace(model, replacements):
    """Puts the new modules in the place of the old, wherever a shared one stands."""
    for path, module in list(model.named_modules(remove_duplicate=False)):
        if module in replacements:
            parent, _, leaf = path.rpartition(".")
            setattr(model.get_submodule(parent), leaf, replacements[module])


def _read(weights):
    if weights is None or isinstance(weights, dict):
        return weights
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise ImportError("reading a weights file needs the safetensors package: pip install safetensors") from error
    return load_file(str(weights))


def _tensor(tensors, name):
    if name not in tensors:
        raise ValueError(f"the weights file has no {name}: pass the .normlens.safetensors that was written beside this result.")
    return tensors[name].float()


`;
