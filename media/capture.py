"""Records what goes into the norm layers of a model where it runs, in a file that NormLens fits.

Copy this file beside your code as normlens_capture.py. With PyTorch 2.1 or later, any model:

    import normlens_capture as normlens

    with normlens.capture(model, "run.safetensors", max_tokens=2048):
        model(batch)

and then `normlens fit run.safetensors`, or open the file in VS Code. It needs nothing but PyTorch. Run the model as it is
trained or used, on input that it is meant for, without torch.compile. With JAX or NumPy, hand over the inputs yourself:

    with normlens.Recording("run.safetensors") as recording:
        recording.add("blocks.0.norm1", x, kind="layernorm", eps=1e-6, weight=scale, bias=bias)

The file is complete or absent: an exception inside the block leaves none. docs/capture.md tells its format.
"""

import ctypes
import json
import math
import os
import random
import re
import struct
import sys
from contextlib import contextmanager

__all__ = ["Recording", "capture", "depth_of", "role_of", "write_safetensors"]

# Most elements of one layer that are kept: 64 MiB.
MOST_ELEMENTS = 2**24

# Names of classes that normalise, in any codebase, and those of parameters and settings in them.
NORM_CLASS = re.compile(r"(RMS|Layer|Group)_?norm(?!alize)", re.IGNORECASE)
WEIGHT_NAMES = ("weight", "gamma", "scale", "g")
BIAS_NAMES = ("bias", "beta", "shift", "b")
EPS_NAMES = ("eps", "variance_epsilon", "epsilon", "norm_eps")

# How far the output of a class that computes by itself may be from LayerNorm's or RMSNorm's, relative to its largest element.
NORM_TOLERANCE = 0.03


@contextmanager
def capture(model, path, *, max_tokens=2048, seed=0, language_model=None):
    """Records every norm layer of a torch.nn.Module while the block runs, and writes the file when it ends.

    Seen are calls of torch.nn.functional's layer_norm, rms_norm and group_norm wherever they are made, and modules whose class is
    called like a norm and that compute by themselves; those count where what they give is a LayerNorm or RMSNorm of what they took.
    Of each layer at most `max_tokens` positions are kept, a sample of all that passed, drawn from `seed`; of one layer at most
    64 MiB. `language_model` says whether alphas for language models are suggested; by default whether the model has embeddings and
    no convolutions.

    Raises RuntimeError where no norm ran.
    """
    with Recording(path, max_tokens=max_tokens, seed=seed) as recording:
        recording.model = _describe(model, language_model)
        with _Watch(model, recording):
            yield recording


class Recording:
    """Norm inputs as they come, written to `path` when the block ends without an exception."""

    def __init__(self, path, *, max_tokens=2048, seed=0):
        if not isinstance(max_tokens, int) or max_tokens < 1:
            raise ValueError(f"max_tokens is {max_tokens!r}: choose a whole number above 0.")
        folder = os.path.dirname(os.path.abspath(path))
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"{path} can't be written, since {folder} is no folder: make it first.")
        self.path = path
        self.max_tokens = max_tokens
        self.seed = seed
        self.model = {}
        self.passes = 0
        self.notes = []
        self._layers = {}

    def __enter__(self):
        return self

    def __exit__(self, kind, _error, _trace):
        if kind is None:
            self._write()

    def add(self, name, input, *, kind, eps, weight=None, bias=None, role=None, heads=1):
        """Takes in one call of a norm layer: `input` is [..., channels], a tensor or an array, or a list of lists of numbers.

        Of three axes the first is the batch. `heads` is the number of rows of one position, which stand side by side. A layer's input
        of another number of channels than its first is left out.
        """
        rows = _Rows.of(input)
        layer = self._layers.get(name)
        if layer is None:
            size = max(1, min(self.max_tokens, MOST_ELEMENTS // (rows.channels * heads)))
            layer = self._layers[name] = _Layer(kind, eps, _values(weight), _values(bias), role, heads, rows.channels, _Sample(size, self.seed))
        if rows.channels != layer.channels:
            self.note(f"{name}: an input of {rows.channels} channels was left out, since its first one had {layer.channels}.")
            return
        layer.take(rows)

    def note(self, message):
        """Keeps a sentence for the user, once."""
        if message not in self.notes:
            self.notes.append(message)

    def _write(self):
        if not self._layers:
            seen = "".join(f" {message}" for message in self.notes)
            raise RuntimeError(f"No norm layer ran inside the block, so there is nothing to write: run the model inside it, and not compiled by torch.compile.{seen}")
        passes = self.passes or min(layer.calls for layer in self._layers.values())
        names = list(self._layers)
        tensors, metadata = {}, {"schema": "normlens-capture/1", "model": json.dumps(self._description())}
        for name, layer in self._layers.items():
            tensors[f"{name}.input"] = ("F32", [layer.rows, layer.channels], layer.data)
            for part, values in (("weight", layer.weight), ("bias", layer.bias)):
                if values is not None:
                    tensors[f"{name}.{part}"] = ("F32", [len(values) // 4], values)
            metadata.update({f"{name}.{key}": value for key, value in layer.facts(name, names, passes).items()})
        write_safetensors(self.path, tensors, metadata)
        for message in self.notes:
            print(f"normlens: {message}", file=sys.stderr)

    def _description(self):
        depths = [depth for name in self._layers if (depth := depth_of(name)) is not None]
        widths = [layer.channels for layer in self._layers.values()]
        return {"width": max(set(widths), key=widths.count), "depth": max(depths, default=-1) + 1, **self.model}


class _Layer:
    """What is kept of one layer."""

    def __init__(self, kind, eps, weight, bias, role, heads, channels, sample):
        self.kind, self.eps, self.weight, self.bias, self.role = kind, eps, weight, bias, role
        self.heads, self.channels, self.sample = heads, channels, sample
        self.calls = 0
        self.runs = []
        self.data = bytearray()

    @property
    def rows(self):
        return len(self.data) // (4 * self.channels)

    def take(self, rows):
        self.calls += 1
        self.runs.append(f"{rows.per_sequence}x{rows.count // rows.per_sequence}")
        size = 4 * self.channels * self.heads
        places = self.sample.places(rows.count // self.heads)
        data = rows.bytes_of([position for position, _ in places], self.heads)
        if not self.sample.dropped:
            self.data += data
            return
        for index, (_, slot) in enumerate(places):
            self.data[slot * size : (slot + 1) * size] = data[index * size : (index + 1) * size]

    def facts(self, name, names, passes):
        """Sequences are known as long as no position was dropped."""
        depth = depth_of(name)
        facts = {
            **({} if depth is None else {"depth": str(depth)}),
            "kind": self.kind,
            "eps": repr(float(self.eps)),
            "role": self.role or role_of(name, names),
            "calls": str(max(1, round(self.calls / passes))),
            "rows_per_position": str(self.heads),
        }
        return facts if self.sample.dropped else {**facts, "rows_per_sequence": ",".join(self.runs)}


class _Sample:
    """Which positions of all that pass by are kept: each with the same chance, however many come (algorithm L of K. H. Li, 1994)."""

    def __init__(self, size, seed):
        self.size = size
        self.random = random.Random(seed)
        self.seen = 0
        self.threshold = 1.0
        self.next = size - 1
        self._skip()

    @property
    def dropped(self):
        return self.seen > self.size

    def places(self, count):
        """For the next `count` positions: pairs of a kept one and the slot that it takes, where a later one replaces an earlier one."""
        start, self.seen = self.seen, self.seen + count
        places = [(position - start, position) for position in range(start, min(self.seen, self.size))]
        while self.next < self.seen:
            places.append((self.next - start, self.random.randrange(self.size)))
            self._skip()
        return places

    def _skip(self):
        self.threshold *= math.exp(math.log(1 - self.random.random()) / self.size)
        self.next += 1 + int(math.log(1 - self.random.random()) / math.log1p(-self.threshold))


class _Rows:
    """An input as rows of float32: of a tensor, an array, or nested lists."""

    def __init__(self, table, shape):
        self.table = table
        self.channels = shape[-1]
        self.count = math.prod(shape[:-1])
        self.per_sequence = max(1, math.prod(shape[1:-1]))

    @staticmethod
    def of(input):
        if hasattr(input, "detach"):
            return _Rows(input.detach().reshape(-1, input.shape[-1]), input.shape)
        if hasattr(input, "__array__"):
            return _Rows(_array(input).reshape(-1, input.shape[-1]), input.shape)
        return _Rows(input, (len(input), len(input[0])))

    def bytes_of(self, indices, heads):
        """Bytes of the positions of these indices, each `heads` rows; only these leave the device."""
        if hasattr(self.table, "detach"):
            chosen = self.table.reshape(-1, heads * self.channels)[indices].float().cpu().contiguous()
            return _bytes(chosen)
        if hasattr(self.table, "__array__"):
            return self.table.reshape(-1, heads * self.channels)[indices].tobytes()
        return b"".join(struct.pack(f"<{self.channels}f", *row) for index in indices for row in self.table[index * heads : (index + 1) * heads])


def _array(values):
    import numpy

    return numpy.asarray(values, dtype="<f4")


def _bytes(tensor):
    """Bytes of a contiguous float32 tensor on the CPU; its numpy() would need NumPy."""
    return ctypes.string_at(tensor.data_ptr(), 4 * tensor.numel())


def _values(parameter):
    """A parameter, a list or None as bytes of float32."""
    if parameter is None:
        return None
    if hasattr(parameter, "detach"):
        return _bytes(parameter.detach().float().cpu().contiguous())
    if hasattr(parameter, "__array__"):
        return _array(parameter).tobytes()
    return struct.pack(f"<{len(parameter)}f", *parameter)


def write_safetensors(path, tensors, metadata):
    """Writes {name: (dtype, shape, bytes)} as a safetensors file, which takes its name once it is complete."""
    header, offset = {"__metadata__": metadata}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    part = f"{os.fspath(path)}.{os.getpid()}.part"
    try:
        with open(part, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for _, _, data in tensors.values():
                file.write(data)
        os.replace(part, path)
    except BaseException:
        if os.path.exists(part):
            os.remove(part)
        raise


# Roles by the end of a module path, first match first. A name that means the norm before the feed-forward in some models and the
# one behind the attention in others is settled in role_of by its neighbours.
ROLES = [
    (r"feature_(extractor|projection)\..*norm$", "embedding"),
    (r"decoder\.block\.\d+\.layer\.[01]\.layer_norm$|encoder\.block\.\d+\.layer\.0\.layer_norm$", "attention"),
    (r"\.block\.\d+\.layer\.\d+\.layer_norm$|stages\.\d+\.(layers|blocks)\.\d+\.(layer)?norm$|(^|\.)head\.layernorm$", "ffn"),
    (r"(^|[._])(q|query)_?(norm|ln|layernorm|layer_norm)$|norm_q$|q_a_layernorm$", "query"),
    (r"(^|[._])(k|key)_?(norm|ln|layernorm|layer_norm)$|norm_k$|kv_a_layernorm$", "key"),
    (r"attention\.(output\.)?LayerNorm$|sa_layer_norm$|post_(self_attn|attn|attention)_(norm|ln)$", "post-attention"),
    (r"output\.LayerNorm$|output_layer_norm$|post_(feedforward|ffn|mlp)_(layernorm|norm)$|full_layer_layer_norm$", "post-ffn"),
    (r"embed\w*\.\w*(norm|LayerNorm)$|(emb_ln|norm_pre|pre_layrnorm|patch_norm|embed_norm|embeddings?_(norm|layernorm)|layernorm_embedding)$", "embedding"),
    (r"(post_attention_layernorm|ln_?2|norm_?2|(ffn|mlp|ff|feed_forward)_?(layer)?_?norm|layernorm_after|ln_mlp|pre_feedforward_layernorm|layer_norm2)$", "ffn"),
    (r"(input_layernorm|ln_?1|norm_?1|(attn|attention|self_attn|sa)_?(layer)?_?norm|layernorm_before|ln_attn|pre_attention_\w*norm|layer_norm1)$", "attention"),
    (r"\.\d+\.(.*\.)?(self_attn_layer_norm)$", "attention"),
    (r"\.\d+\.(.*\.)?(final_layer_norm)$", "ffn"),
]
FINAL = re.compile(r"(^|[._])(ln_?f|norm_?f|final_?(layer_?)?norm|(post_?)?layer_?norm|norm|fc_norm|ln_post|last_layernorm)$", re.IGNORECASE)


def role_of(name, names=()):
    """Where a norm of that module path stands, judged by the name and those of the other norms."""
    block = name.rsplit(".", 1)[0]
    if name.endswith("post_attention_layernorm") and f"{block}.pre_feedforward_layernorm" in names:
        return "post-attention"
    for pattern, role in ROLES:
        if re.search(pattern, name):
            return role
    return "final" if FINAL.search(name) and not re.search(r"\.\d+\.", f".{name}") else "other"


def depth_of(name):
    """Number of the block in a module path, `blocks.3.norm1` or `block_3.norm1`; None where there is none."""
    found = re.search(r"(?:^|[._])(\d+)\.", name)
    return None if found is None else int(found[1])


def _describe(model, language_model):
    kinds = {type(module).__name__ for module in model.modules()}
    parameters = list(model.parameters())
    if language_model is None:
        language_model = "Embedding" in kinds and not kinds & {"Conv1d", "Conv2d", "Conv3d"}
    return {
        "architecture": type(model).__name__,
        "family": str(getattr(getattr(model, "config", None), "model_type", None) or "unknown"),
        "parameters": sum(parameter.numel() for parameter in parameters),
        "dtype": str(parameters[0].dtype).replace("torch.", "") if parameters else "unknown",
        "isLanguageModel": language_model,
    }


class _Watch:
    """Watches a model's norms: hooks on its modules tell which one runs, a function mode sees the functional calls."""

    def __init__(self, model, recording):
        self.model = model
        self.recording = recording
        self.running = []
        self.length = None

    def __enter__(self):
        self.hooks = []
        names = {module: re.sub(r"^((_orig_mod|module)\.)+", "", f"{name}.").rstrip(".") for name, module in self.model.named_modules()}
        for module, name in names.items():
            name = name or (type(module).__name__ if NORM_CLASS.search(type(module).__name__) else "")
            self.hooks.append(module.register_forward_pre_hook(self._before(name), with_kwargs=True))
            self.hooks.append(module.register_forward_hook(self._after, with_kwargs=True, always_call=True))
        self.mode = _functional_mode(self)
        self.mode.__enter__()
        return self

    def __exit__(self, *error):
        self.mode.__exit__(*error)
        for hook in self.hooks:
            hook.remove()

    def _before(self, name):
        def before(module, arguments, keywords):
            self.recording.passes += module is self.model and not _runs_backward()
            input = _first_tensor(arguments, keywords)
            self.running.append(_Frame(name, module, None if input is None else _version(input)))

        return before

    def _after(self, module, arguments, keywords, output):
        frame = self.running.pop()
        input = _first_tensor(arguments, keywords)
        computes_itself = frame.seen == 0 and NORM_CLASS.search(type(module).__name__) and not any(True for _ in module.children())
        if not computes_itself or input is None or not _is_tensor(output) or _runs_backward():
            return
        if _version(input) != frame.version or output.data_ptr() == input.data_ptr():
            self.recording.note(f"{frame.name}: {type(module).__name__} writes over its input, so it was left out: have it make a new tensor.")
        else:
            self._take_module(frame.name, module, input, output)

    def take_call(self, kind, input, shape, weight, bias, eps):
        """A functional call, under the name of the module that makes it; a module that is no norm may make several."""
        frame = self.running[-1] if self.running else _Frame("", None)
        number, frame.seen = frame.seen, frame.seen + 1
        if _runs_backward():
            return
        is_norm = NORM_CLASS.search(type(frame.module).__name__)
        suffix = ("" if number == 0 else f"_{number}") if is_norm else f"{'.' if frame.name else ''}{_FUNCTION_NAMES[kind]}{f'_{number}' if number else ''}"
        if kind == "groupnorm":
            input, weight, bias = input.reshape(input.shape[0], shape, -1), None, None
        else:
            input = input.flatten(-len(shape)) if len(shape) > 1 else input
        weight, bias = (None if values is None else values.flatten() for values in (weight, bias))
        self._take(frame.name + suffix, input, kind, eps, weight, bias)

    def _take_module(self, name, module, input, output):
        told = _told_by_output(module, input, output)
        if told is None:
            self.recording.note(f"{name}: what {type(module).__name__} gives is neither a LayerNorm nor an RMSNorm of its input, so it was left out.")
        else:
            self._take(name, **told)

    def _take(self, name, input, kind, eps, weight, bias):
        heads = 1
        if input.dim() == 3:
            self.length = input.shape[1]
        elif input.dim() == 4 and role_of(name) in ("query", "key"):
            if input.shape[2] == self.length != input.shape[1]:
                input = input.transpose(1, 2)
            heads = input.shape[2]
        self.recording.add(name, input, kind=kind, eps=eps, weight=weight, bias=bias, heads=heads)


class _Frame:
    """A module that runs, and the norms it has called so far."""

    def __init__(self, name, module, version=None):
        self.name, self.module, self.version, self.seen = name, module, version, 0


_FUNCTION_NAMES = {"layernorm": "layer_norm", "rmsnorm": "rms_norm", "groupnorm": "group_norm"}


def _functional_mode(watch):
    import torch
    from torch.overrides import TorchFunctionMode

    def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5, *_rest, **_keywords):
        watch.take_call("layernorm", input, _shape(normalized_shape), weight, bias, eps)

    def rms_norm(input, normalized_shape, weight=None, eps=None):
        watch.take_call("rmsnorm", input, _shape(normalized_shape), weight, None, torch.finfo(input.dtype).eps if eps is None else eps)

    def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5, *_rest, **_keywords):
        watch.take_call("groupnorm", input, num_groups, weight, bias, eps)

    handlers = {}
    for handler in (layer_norm, rms_norm, group_norm):
        for place in (torch.nn.functional, torch):
            if hasattr(place, handler.__name__):
                handlers[getattr(place, handler.__name__)] = handler

    class Mode(TorchFunctionMode):
        def __torch_function__(self, function, types, arguments=(), keywords=None):
            if function in handlers:
                handlers[function](*arguments, **(keywords or {}))
            return function(*arguments, **(keywords or {}))

    return Mode()


def _shape(normalized_shape):
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


def _first_tensor(arguments, keywords):
    return next((value for value in (*arguments, *keywords.values()) if _is_tensor(value)), None)


def _version(tensor):
    """Number of times that a tensor was written over; tensors of torch.inference_mode do not count."""
    return 0 if tensor.is_inference() else tensor._version


def _runs_backward():
    """Whether a gradient is being computed: gradient checkpointing runs the forward pass once more then, on what was seen already."""
    import torch

    return torch._C._current_graph_task_id() != -1


def _is_tensor(value):
    return hasattr(value, "detach") and value.dim() > 0 and value.is_floating_point()


def _told_by_output(module, input, output):
    """Kind, axis and gain of a module that computes by itself: the combination that gives its output, or None.

    A class's name does not tell: T5LayerNorm is an RMSNorm, and Gemma's RMSNorm multiplies by one more than its weight.
    """
    weight, bias = (next((values for name in names if (values := getattr(module, name, None)) is not None), None) for names in (WEIGHT_NAMES, BIAS_NAMES))
    weight, bias = (values if _is_tensor(values) else None for values in (weight, bias))
    eps = next((float(value) for name in EPS_NAMES if isinstance(value := getattr(module, name, None), (int, float))), 1e-6)
    if weight is not None and input.dim() > 2 and input.shape[-1] != weight.numel() == input.shape[1]:
        input, output = input.movedim(1, -1), output.movedim(1, -1)
    if output.shape != input.shape or (weight is not None and weight.numel() not in (1, input.shape[-1])):
        return None
    x, y = (values.detach().reshape(-1, values.shape[-1])[:64].double().cpu() for values in (input, output))
    gains = [None] if weight is None else [weight.detach().flatten(), weight.detach().flatten().float() + 1]
    offset = 0 if bias is None else bias.detach().flatten().double().cpu()
    errors = []
    for kind, centred in (("rmsnorm", x), ("layernorm", x - x.mean(-1, keepdim=True))):
        for gain in gains:
            normed = centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt()
            expected = (normed if gain is None else normed * gain.double().cpu()) + offset
            errors.append(((expected - y).abs().max().item() / max(y.abs().max().item(), 1e-30), kind, gain))
    error, kind, gain = min(errors, key=lambda entry: entry[0])
    if not error < NORM_TOLERANCE:
        return None
    return {"input": input, "kind": kind, "eps": eps, "weight": gain, "bias": None if bias is None else bias.flatten()}
