"""Dynamic Tanh in the place of norm layers (arXiv 2503.10622), for PyTorch 2.1 or later.

Copy this file beside your code. A checkpoint that `normlens convert` wrote, of a model of transformers:

    import dyt

    model = dyt.load("converted-folder")                     # complete, or an error that says what is missing

Any other model, with the values that `normlens analyze --out` wrote, or one alpha for all:

    dyt.convert(model, "RESULT.normlens.safetensors")        # alpha, weight and bias fitted layer by layer
    dyt.convert(model, 0.5)                                  # alpha 0.5, and each norm's own weight and bias

A converted model can be brought nearer to the original before anything else is trained, without labels and in seconds:

    dyt.calibrate(model, original, batches)                  # changes alpha, weight and bias alone

To train from scratch, alphas and weights from the first batch, and no weight decay on them:

    dyt.convert(model)
    dyt.init_from_batch(model, batch)
    optimizer = torch.optim.AdamW(dyt.parameter_groups(model, weight_decay=0.05), lr=4e-3)

It needs nothing but PyTorch; reading files also needs the safetensors package, and `load` needs transformers.
"""

import copy
import math
import re
import warnings
from contextlib import ExitStack, contextmanager
from numbers import Integral, Real
from os import PathLike
from pathlib import Path

import torch
from torch import nn

__all__ = ["DyT", "Derf", "ISRU", "calibrate", "convert", "init_from_batch", "load", "parameter_groups"]

# Names of classes that normalise over channels, in any codebase; those that are gated take a second input.
NORM_CLASS = re.compile(r"^(?!.*gated).*(rms|layer)_?norm(?!alize)", re.IGNORECASE)

# Parameters of a layer, by the names under which files have them: the official ones, Liger's, x-transformers'.
PARTS = {"alpha": "alpha", "weight": "weight", "bias": "bias", "shift": "shift", "gamma": "weight", "beta": "bias", "pre_tanh_scale": "alpha"}


class _ElementWise(nn.Module):
    """weight * curve(alpha * x) + bias. alpha is one number; weight and bias have one a channel, over the last axis, or over the
    third from the end where `channels_last` is False, as in images. What it gives has the dtype of what it takes."""

    # nn.TransformerEncoderLayer compares the eps of its norms before it takes a fused path that would compute LayerNorm:
    # NaN equals nothing, so it never does.
    eps = float("nan")

    def __init__(self, normalized_shape, alpha_init_value=0.5, channels_last=True, bias=True, elementwise_affine=True, device=None, dtype=None):
        super().__init__()
        shape = _checked_shape(normalized_shape, channels_last)
        _check_number("alpha_init_value", alpha_init_value, above=0)
        like = {"device": device, "dtype": dtype}
        self.normalized_shape = shape
        self.alpha_init_value = alpha_init_value
        self.channels_last = channels_last
        self.alpha = nn.Parameter(torch.full((1,), float(alpha_init_value), **like))
        self.weight = nn.Parameter(torch.ones(shape, **like)) if elementwise_affine else None
        self.bias = nn.Parameter(torch.zeros(shape, **like)) if elementwise_affine and bias else None

    def curve(self, x):
        raise NotImplementedError

    def forward(self, x):
        y = self.curve(x)
        if self.weight is not None:
            y = y * self._placed(self.weight)
        if self.bias is not None:
            y = y + self._placed(self.bias)
        return y.to(x.dtype)

    def _placed(self, parameter):
        return parameter if self.channels_last else parameter[:, None, None]

    def extra_repr(self):
        return f"normalized_shape={self.normalized_shape}, alpha_init_value={self.alpha_init_value}, channels_last={self.channels_last}"


class DyT(_ElementWise):
    """weight * tanh(alpha * x) + bias, with the parameters' names of the authors' code."""

    def curve(self, x):
        return torch.tanh(self.alpha * x)


class Derf(_ElementWise):
    """weight * erf(alpha * x + shift) + bias (arXiv 2512.10938)."""

    def __init__(self, normalized_shape, alpha_init_value=0.5, channels_last=True, bias=True, elementwise_affine=True, shift_init_value=0.0, device=None, dtype=None):
        super().__init__(normalized_shape, alpha_init_value, channels_last, bias, elementwise_affine, device, dtype)
        _check_number("shift_init_value", shift_init_value)
        self.shift = nn.Parameter(torch.full((1,), float(shift_init_value), device=device, dtype=dtype))

    def curve(self, x):
        return torch.erf(self.alpha * x + self.shift)


class ISRU(_ElementWise):
    """weight * z / sqrt(1 + z * z) + bias with z = alpha * x: what a norm is of one channel while the others stay (arXiv 2503.21708)."""

    def curve(self, x):
        z = self.alpha * x
        # The square of a float16 above 255 is infinite.
        z = z.float() if z.dtype == torch.float16 else z
        return z * torch.rsqrt(1 + z * z)


def convert(model, values=0.5, *, layer=None):
    """Puts a layer in the place of each norm, in place, and returns the model.

    values: a safetensors file with NAME.alpha and, where they are to be set, NAME.weight, NAME.bias (and NAME.shift for Derf), or a
        folder of such files: what NormLens writes. Or a dict of such tensors or numbers, in which NAME alone is its alpha. Or one
        alpha for every LayerNorm and RMSNorm of the model, whatever its library; group and batch norms stay.
    layer: DyT, Derf or ISRU, or a class of your own made of one of them. Where it is left out, the class whose curve (tanh, erf or isru)
        the file states in its metadata under "curve"; else Derf for values with a shift, and DyT for others.

    A weight and a bias that are not given are those that the norm applies; a norm without them gets none. Parameters have the norm's
    dtype, device and training flag. A module that several names share stays shared.

    Raises, and changes nothing: ValueError for a name that the model does not have, a module that is no norm, another number of
    channels, an alpha that is not above 0, numbers that are not finite, and a file that holds no values; TypeError for what is no
    model, no values or no class of layers; FileNotFoundError where there is no such file.
    """
    _check_model("convert", model)
    if _is_number(values):
        found = {path: (module, {"alpha": values}) for path, module in model.named_modules() if path and _is_norm(module)}
        if not found:
            raise ValueError(f"{type(model).__name__} has no LayerNorm or RMSNorm inside; convert a model that has some.")
        stated = DyT
    else:
        given, stated = _given(values)
        modules = _find(model, list(given))
        found = {name: (modules[name], parts) for name, parts in given.items()}
    made = {}
    for name, (module, parts) in found.items():
        replacement = _replacement(name, module, parts, _checked_class(stated if layer is None else layer))
        if not _same(made.setdefault(module, replacement), replacement):
            raise ValueError(f"{name} is shared by several names whose values differ; give one of them alone.")
    _replace(model, made)
    return model


def load(folder, **options):
    """The model of transformers that a converted folder holds, in evaluation mode.

    `options` go to `from_pretrained`, such as dtype=torch.float32. The class is the one that config.json names under "architectures".
    Raises ValueError where a tensor of the model or a converted layer is not in the folder, FileNotFoundError where there is no such
    folder; what the folder has beyond that, as poolers and heads that the class does not use, is left out with a warning.
    """
    folder = _checked_path(folder)
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(f"{folder} has no config.json; name the folder that normlens convert wrote.")
    try:
        import transformers
    except ImportError as error:
        raise ImportError("loading a converted folder needs the transformers package: pip install transformers") from error

    config = transformers.AutoConfig.from_pretrained(folder)
    name = (getattr(config, "architectures", None) or [""])[0]
    model_class = getattr(transformers, name, None)
    if model_class is None:
        raise ValueError(f'{folder / "config.json"} names no class of transformers under "architectures"; build the model yourself and use dyt.convert.')
    note = getattr(config, "normlens", {})
    values, _ = _given(folder)
    layer = _class_of(note.get("curve", "tanh"), folder / "config.json")
    lacking = [layer for layer in note.get("layers", []) if layer not in values]
    if lacking:
        raise ValueError(f"{folder} has no alpha for {_list(lacking)}, which was converted; load the folder as it was written.")
    with _quiet(transformers):
        model, report = model_class.from_pretrained(folder, output_loading_info=True, **options)
    layers = set(_find(model, list(values)).values())
    paths = {path for path, module in model.named_modules(remove_duplicate=False) if module in layers}
    missing, surplus = (sorted(key for key in report[kind] if not _belongs(key, {*paths, *values})) for kind in ("missing_keys", "unexpected_keys"))
    if missing:
        raise ValueError(f"{folder} has no {_list(missing)}, which {name} needs; load the folder as it was written.")
    if surplus:
        warnings.warn(f"{name} has no place for {_list(surplus)} of {folder}: left out, as transformers does.")
    return convert(model, values, layer=layer).eval()


def init_from_batch(model, batch):
    """Starts every DyT, Derf and ISRU from one batch, for training from scratch; returns the model.

    Layer by layer, in the order in which they run: alpha becomes alpha_init_value / rms of the layer's input, as if that came at
    scale 1, and weight the least-squares gain from the curve to the normalised input, so that what the layer gives is of a norm's
    scale from the first step on. bias is set to 0.

    batch: what the model is called with: keyword arguments as a dict, several arguments as a tuple, or one.
    Raises ValueError where a layer did not run, or saw no finite input but 0, TypeError for what is no model; nothing is changed then.
    """
    _check_model("init_from_batch", model)
    layers = {module: path for path, module in model.named_modules() if isinstance(module, _ElementWise)}
    if not layers:
        raise ValueError(f"{type(model).__name__} has no DyT; call dyt.convert before.")
    before = copy.deepcopy([layer.state_dict() for layer in layers])
    training = {module: module.training for module in model.modules()}
    waiting = dict(layers)

    def start(layer, inputs):
        if layer in waiting:
            _start(layer, waiting.pop(layer), inputs[0])

    hooks = [layer.register_forward_pre_hook(start) for layer in layers]
    try:
        with torch.no_grad():
            _call(model.eval(), batch)
        if waiting:
            raise ValueError(f"{_list(list(waiting.values()))} did not run; give a batch that reaches every layer.")
    except BaseException:
        for layer, state in zip(layers, before):
            layer.load_state_dict(state)
        raise
    finally:
        for hook in hooks:
            hook.remove()
        for module, flag in training.items():
            module.training = flag
    return model


def calibrate(model, original, batches, steps=60, rate=3e-3):
    """Tunes alpha, shift, weight and bias of every DyT, Derf and ISRU, all layers together, so that the model predicts what the original
    predicts; nothing else is changed. Returns the mean KL divergence from the original, in nats, before and after.

    What fits layer by layer can't know, this does: how errors of layers meet. It needs no labels, and runs without dropout.

    original: the model with its norms, which gives logits as the model does: as an output's `logits`, or as the output itself.
    batches: what the models are called with, one after the other and over again: each a dict of keyword arguments, a tuple, or one argument.
    steps, rate: of Adam; the rate falls evenly to 0.
    Raises ValueError where the model has no such layer, where there is no batch, where the models' predictions differ in shape, or
    where they are not finite, and for steps and rates below 0; TypeError for what is no model, no list of batches or no number; nothing
    is changed then.
    """
    for one in (model, original):
        _check_model("calibrate", one)
    if isinstance(batches, (dict, str, torch.Tensor)) or not hasattr(batches, "__iter__"):
        raise TypeError(f"calibrate takes a list of batches, not a {type(batches).__name__}; put the batch in a list.")
    if isinstance(steps, bool) or not isinstance(steps, Integral):
        raise TypeError(f"steps is a {type(steps).__name__}; give a whole number.")
    _check_number("steps", steps, at_least=0)
    _check_number("rate", rate, above=0)
    layers = [module for module in model.modules() if isinstance(module, _ElementWise)]
    batches = list(batches)
    if not layers:
        raise ValueError(f"{type(model).__name__} has no DyT; call dyt.convert before.")
    if not batches:
        raise ValueError("There is no batch; give at least one.")
    before = copy.deepcopy([layer.state_dict() for layer in layers])
    tuned = [parameter for layer in layers for parameter in layer.parameters()]
    with _only_training(model, original, tuned):
        with torch.no_grad():
            wanted = [_log_probabilities(original, batch) for batch in batches]
            if not all(torch.isfinite(one).all() for one in wanted):
                raise ValueError("The original's predictions are not finite; give batches on which they are.")
            start = _mean_divergence(model, batches, wanted)
        optimizer = torch.optim.Adam(tuned, lr=rate)
        try:
            for step in range(steps):
                for group in optimizer.param_groups:
                    group["lr"] = rate * (1 - step / steps)
                place = step % len(batches)
                divergence = _divergence(_log_probabilities(model, batches[place]), wanted[place])
                if not torch.isfinite(divergence):
                    raise ValueError("The model's predictions are not finite; convert it with other values, or take a lower rate.")
                optimizer.zero_grad(set_to_none=True)
                divergence.backward()
                optimizer.step()
            with torch.no_grad():
                return start, _mean_divergence(model, batches, wanted)
        except BaseException:
            for layer, state in zip(layers, before):
                layer.load_state_dict(state)
            raise
        finally:
            optimizer.zero_grad(set_to_none=True)


def parameter_groups(model, weight_decay):
    """Two groups for an optimizer: matrices with `weight_decay`, and without any all that has one axis: alpha, shift, and the weights
    and biases of norms, of what replaces them, and of linear layers. Frozen parameters are left out.

    Raises ValueError for a weight decay below 0, TypeError for what is no model or no number."""
    _check_model("parameter_groups", model)
    _check_number("weight_decay", weight_decay, at_least=0)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [parameter for parameter in trained if parameter.ndim > 1], "weight_decay": weight_decay},
        {"params": [parameter for parameter in trained if parameter.ndim <= 1], "weight_decay": 0.0},
    ]


_LAYERS = {"tanh": DyT, "erf": Derf, "isru": ISRU}


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _check_number(name, value, above=-math.inf, at_least=-math.inf):
    if not _is_number(value):
        raise TypeError(f"{name} is a {type(value).__name__}; give a number.")
    if not (above < value < math.inf and value >= at_least):
        bound = f" above {above}" if above > -math.inf else f" of {at_least} or more" if at_least > -math.inf else ""
        raise ValueError(f"{name} is {value:g}; give a finite number{bound}.")


def _check_model(function, model):
    if not isinstance(model, nn.Module):
        raise TypeError(f"{function} takes a torch.nn.Module, not a {type(model).__name__}.")


def _checked_shape(stated, channels_last):
    """A shape of channels, as a tuple."""
    shape = tuple(stated) if isinstance(stated, (tuple, list)) else (stated,)
    if not all(isinstance(size, Integral) and not isinstance(size, bool) for size in shape):
        raise TypeError(f"normalized_shape is {stated!r}; give the number of channels, or a tuple of such numbers.")
    if not shape or min(shape) < 1:
        raise ValueError(f"normalized_shape is {stated!r}; give numbers of channels of 1 or more.")
    if not channels_last and len(shape) != 1:
        raise ValueError(f"normalized_shape is {stated!r}, but channels in front of height and width have one axis; give one number.")
    return shape


def _checked_class(layer):
    if not (isinstance(layer, type) and issubclass(layer, _ElementWise)):
        raise TypeError(f"layer is {layer!r}; give the class DyT, Derf or ISRU.")
    return layer


def _checked_path(path):
    try:
        path = Path(path)
    except TypeError as error:
        raise TypeError(f"a {type(path).__name__} is no path; give one as text.") from error
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}; check the path.")
    return path


def _class_of(curve, where):
    """The class of a curve that a file states."""
    if curve not in _LAYERS:
        raise ValueError(f'{where} states the curve {curve}, and there are {", ".join(_LAYERS)}; get a newer dyt.py.')
    return _LAYERS[curve]


def _is_norm(module):
    """Whether a module is a LayerNorm or RMSNorm of any library: judged by its class's name, and by having no parts of its own."""
    return NORM_CLASS.search(type(module).__name__) is not None and next(module.children(), None) is None and not isinstance(module, _ElementWise)


def _replacement(name, norm, parts, layer):
    """The layer that takes a norm's place, checked."""
    if isinstance(norm, _ElementWise):
        raise ValueError(f"{name} is a {type(norm).__name__} already; convert the model with its norms.")
    if not _is_norm(norm):
        raise ValueError(f"{name} is a {type(norm).__name__}, not a LayerNorm or RMSNorm; check that the values belong to this model.")
    given = {part: _numbers(name, part, value) for part, value in parts.items()}
    alpha = _one_number(name, "alpha", given)
    if not alpha > 0:
        raise ValueError(f"the alpha of {name} is {alpha:g}; give one above 0.")
    shape = _shape(name, norm, given)
    if not {"weight", "bias"} <= given.keys():
        given = {**_affine(name, norm, shape), **given}
    for part in ("weight", "bias"):
        _check(name, part, given.get(part), shape)
    module = layer(shape, alpha, _channels_last(norm), "bias" in given, "weight" in given or "bias" in given)
    with torch.no_grad():
        for part in ("weight", "bias"):
            if part in given:
                getattr(module, part).copy_(given[part].reshape(shape))
        if "shift" in given:
            if not isinstance(module, Derf):
                raise ValueError(f"{name} has a shift, which {layer.__name__} has not; pass layer=Derf.")
            module.shift.fill_(_one_number(name, "shift", given))
    like = next(norm.parameters(), None)
    if like is not None:
        if not _holds(like.dtype, alpha):
            raise ValueError(f"the alpha of {name} is {alpha:g}, which {like.dtype} can't hold; give one of usual size.")
        module.to(device=like.device, dtype=like.dtype).requires_grad_(like.requires_grad)
    return module.train(norm.training)


def _holds(dtype, alpha):
    """Whether an alpha stays a number above 0 in a dtype."""
    return 0 < torch.tensor(alpha, dtype=torch.float64).to(dtype).item() < math.inf


def _numbers(name, part, value):
    """A value that the caller gave, as float32."""
    try:
        tensor = torch.as_tensor(value).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"the {part} for {name} is a {type(value).__name__}; give a number or a tensor.") from error
    if tensor.is_complex() or tensor.dtype == torch.bool:
        raise TypeError(f"the {part} for {name} is of {tensor.dtype}; give real numbers.")
    return tensor.float()


def _one_number(name, part, given):
    value = given.get(part)
    if value is None or value.numel() != 1:
        raise ValueError(f"{name} has {'no' if value is None else value.numel()} numbers for {part}; give one.")
    if not math.isfinite(value.item()):
        raise ValueError(f"the {part} of {name} is {value.item()}; give a finite number.")
    return value.item()


def _check(name, part, value, shape):
    if value is None:
        return
    if value.numel() != math.prod(shape):
        raise ValueError(f"{name} has {math.prod(shape)} channels, but the {part} for it {value.numel()} numbers; check that the values belong to this model.")
    if not torch.isfinite(value).all():
        raise ValueError(f"the {part} for {name} has numbers that are not finite; fit it anew.")


def _shape(name, norm, given):
    """Shape of a norm's weight, whether it has one or not."""
    own = next(iter(norm.parameters(recurse=False)), None)
    stated = getattr(norm, "normalized_shape", None)
    if own is not None:
        return tuple(own.shape)
    if stated is not None:
        return (stated,) if isinstance(stated, int) else tuple(stated)
    if "weight" in given:
        return tuple(given["weight"].shape)
    raise ValueError(f"{name}, a {type(norm).__name__}, does not tell its number of channels; give its weight too.")


def _channels_last(norm):
    return "2d" not in type(norm).__name__.lower() and getattr(norm, "data_format", None) != "channels_first"


def _affine(name, norm, shape):
    """The weight and bias that a norm applies, read off its output where its class is not PyTorch's own, because classes differ in how
    they store them (some keep weight - 1): x and -x are normalised to opposite values."""
    if next(norm.parameters(recurse=False), None) is None:
        return {}
    if type(norm) in (nn.LayerNorm, getattr(nn, "RMSNorm", None)):
        return {part: value.detach().float() for part, value in norm.named_parameters()}
    probe = copy.deepcopy(norm).cpu().float()
    x = _balanced(math.prod(shape))
    axes = (1, 1, *shape) if _channels_last(norm) else (1, *shape, 1, 1)
    try:
        with torch.no_grad():
            up, down = (probe(row.reshape(axes)).reshape(-1) for row in (x, -x))
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"{name}, a {type(norm).__name__}, can't be run on {math.prod(shape)} channels ({error}); give its weight and bias.") from error
    weight, bias = (up - down) / (2 * x * torch.rsqrt(x.square().mean())), (up + down) / 2
    return {"weight": weight} if not bias.any() else {"weight": weight, "bias": bias}


def _balanced(count):
    """Numbers none of which is 0 and whose mean is, so wide that eps does not matter."""
    x = 64.0 - 128.0 * (torch.arange(count) % 2)
    if count > 1 and count % 2:
        x[-1] = 128.0
        x[-3] = -64.0
        x[-2] = -64.0
    return x


def _same(one, other):
    states = one.state_dict(), other.state_dict()
    return one is other or (states[0].keys() == states[1].keys() and all(torch.equal(states[0][key], states[1][key]) for key in states[0]))


def _start(layer, path, x):
    x = x.detach().float()
    rms = x.square().mean().sqrt().item()
    if not (math.isfinite(rms) and rms > 0):
        raise ValueError(f"the input of {path} has the root mean square {rms:g}; give a batch on which every layer sees numbers.")
    if not _holds(layer.alpha.dtype, layer.alpha_init_value / rms):
        raise ValueError(f"the alpha of {path} would be {layer.alpha_init_value / rms:g}, which {layer.alpha.dtype} can't hold; start the model in float32.")
    layer.alpha.fill_(layer.alpha_init_value / rms)
    if layer.bias is not None:
        layer.bias.zero_()
    if layer.weight is None:
        return
    axis = -len(layer.normalized_shape) if layer.channels_last else -3
    over = tuple(range(axis, 0)) if layer.channels_last else (-3,)
    normalised = x * torch.rsqrt(x.square().mean(over, keepdim=True).clamp_min(1e-12))
    bent = layer.curve(x).float()
    kept = {index % x.ndim for index in over}
    rest = tuple(index for index in range(x.ndim) if index not in kept)
    squares, products = bent.square().sum(rest), (bent * normalised).sum(rest)
    # A channel that is 0 in the whole batch takes the gain of the others.
    gain = torch.where(squares > 0, products / squares.clamp_min(1e-30), products.sum() / squares.sum())
    layer.weight.copy_(gain.reshape(layer.weight.shape))


@contextmanager
def _only_training(model, original, tuned):
    """Both models as in use, and gradients for some parameters alone; all flags are put back."""
    training = {module: module.training for one in (model, original) for module in one.modules()}
    gradients = {parameter: parameter.requires_grad for parameter in model.parameters()}
    try:
        model.eval()
        original.eval()
        for parameter in gradients:
            parameter.requires_grad_(False)
        for parameter in tuned:
            parameter.requires_grad_(True)
        yield
    finally:
        for module, flag in training.items():
            module.training = flag
        for parameter, flag in gradients.items():
            parameter.requires_grad_(flag)


def _log_probabilities(model, batch):
    output = _call(model, batch)
    logits = getattr(output, "logits", output)
    if not isinstance(logits, torch.Tensor):
        raise TypeError(f"{type(model).__name__} gives a {type(output).__name__} without logits; calibrate a model that gives logits.")
    return torch.log_softmax(logits.float(), dim=-1)


def _divergence(given, wanted):
    if given.shape != wanted.shape:
        raise ValueError(f"the model predicts {tuple(given.shape)}, the original {tuple(wanted.shape)}; give the model that was converted.")
    return (wanted.exp() * (wanted - given)).sum(-1).mean()


def _mean_divergence(model, batches, wanted):
    return sum(_divergence(_log_probabilities(model, batch), one).item() for batch, one in zip(batches, wanted)) / len(batches)


def _call(model, batch):
    if isinstance(batch, dict):
        return model(**batch)
    return model(*batch) if isinstance(batch, (tuple, list)) else model(batch)


def _given(values):
    """{NAME: {"alpha": ..., "weight": ...}} from what the caller has, a file, a folder, or a dict, and the class that it asks for."""
    if isinstance(values, dict):
        given, curve = _by_name(values), None
    elif isinstance(values, (str, PathLike)):
        given, curve = _read(_checked_path(values))
    else:
        raise TypeError(f"values is a {type(values).__name__}; give a file, a folder, a dict, or one alpha for all norms.")
    if curve is not None:
        return given, _class_of(curve, values)
    return given, Derf if any("shift" in parts for parts in given.values()) else DyT


def _by_name(values):
    """Values by layer and part, from a dict that has them by layer or by tensor."""
    if not values:
        raise ValueError("there are no values; give an alpha for at least one norm.")
    strange = [key for key in values if not isinstance(key, str)]
    if strange:
        raise TypeError(f"{strange[0]!r} is no name of a layer; give values by names.")
    given = {}
    for key, value in values.items():
        name, _, part = key.rpartition(".")
        if isinstance(value, dict):
            given[key] = _by_part(key, value)
        elif name and part in PARTS:
            given.setdefault(name, {})[PARTS[part]] = value
        else:
            given.setdefault(key, {})["alpha"] = value
    lacking = [name for name, parts in given.items() if "alpha" not in parts]
    if lacking:
        raise ValueError(f"{_list(lacking)} has no alpha; give one for every layer.")
    return given


def _by_part(name, parts):
    strange = [part for part in parts if part not in PARTS]
    if strange:
        raise ValueError(f"{name} has the part {strange[0]!r}, and there are {', '.join(PARTS)}; leave it out.")
    return {PARTS[part]: value for part, value in parts.items()}


def _read(path):
    """The layers in safetensors files, what has an alpha, and the curve that the files state. Of a whole checkpoint nothing else is read."""
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise ImportError("reading values needs the safetensors package: pip install safetensors") from error
    tensors, curves = {}, set()
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    try:
        with ExitStack() as stack:
            opened = [stack.enter_context(safe_open(str(file), framework="pt")) for file in files]
            places = {key: file for file in opened for key in file.keys()}
            names = {key.rpartition(".")[0] for key in places if PARTS.get(key.rpartition(".")[2]) == "alpha"}
            for key, file in places.items():
                name, _, part = key.rpartition(".")
                if name in names and part in PARTS:
                    tensors[key] = file.get_tensor(key)
                    curves.add((file.metadata() or {}).get("curve"))
    except SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file, or a damaged one ({error}); name the file or folder that NormLens wrote.") from error
    if not tensors:
        raise ValueError(f"{path} holds no NAME.alpha; name the file or folder that NormLens wrote.")
    stated = curves - {None}
    if len(stated) > 1:
        raise ValueError(f"{path} states several curves ({', '.join(sorted(stated))}); give files of one.")
    return _by_name(tensors), next(iter(stated), None)


def _find(model, names):
    """The module of every name. A checkpoint and a model often differ by a prefix ("model.", "transformer.", "module." ...):
    the one under which most names are found is taken off or put on."""
    modules = {path: module for path, module in model.named_modules(remove_duplicate=False) if path}
    found = max((_matched(spelling, modules) for spelling in _spellings(names)), key=len)
    missing = [name for name in names if name not in found]
    if missing:
        norms = [path for path, module in modules.items() if _is_norm(module)]
        raise ValueError(f"the model has no {_list(missing)} ({len(missing)} of {len(names)} names), its norms are {_list(norms) or 'none'}; convert the model that was analysed.")
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


def _belongs(key, paths):
    """Whether a tensor is a part of one of the layers, under its path in the model or its name in the file."""
    name, _, part = key.rpartition(".")
    return part in PARTS and any(name == path or path.endswith("." + name) or name.endswith("." + path) for path in paths)


def _replace(model, replacements):
    """Puts the new modules in the place of the old, wherever a shared one stands."""
    for path, module in list(model.named_modules(remove_duplicate=False)):
        if module in replacements:
            parent, _, leaf = path.rpartition(".")
            setattr(model.get_submodule(parent), leaf, replacements[module])


@contextmanager
def _quiet(transformers):
    """transformers warns of tensors that its norms have no place for; what has none in the end is told here."""
    before = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(before)


def _list(names):
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
