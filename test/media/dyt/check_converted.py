"""Compares converted folders with replacements by hand: check_converted.py MEDIA ORIGINAL CONVERTED [ORIGINAL CONVERTED ...].

For each pair, the original is loaded by transformers in float32, and every norm that the converted file has an alpha for gets a forward of its own,
written out here. Prints one JSON list of {"difference", "scale", "layers"}: the largest difference of what the two models give, and the largest
number that they give.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

import dyt
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def tensors_of(folder):
    return {name: value for file in Path(folder).glob("*.safetensors") for name, value in load_file(file).items()}


def curve_of(folder):
    """What the files state, written out as a function of z."""
    (file, *_) = Path(folder).glob("*.safetensors")
    with safe_open(str(file), framework="pt") as opened:
        return {"tanh": torch.tanh, "erf": torch.erf, "isru": lambda z: z / (1 + z * z).sqrt()}[opened.metadata()["curve"]]


def by_hand(original, converted):
    """The original model with the curve written into its norms, and how many there are."""
    model, values, curve = load(original), tensors_of(converted), curve_of(converted)
    modules = dict(model.named_modules())
    names = [name.removesuffix(".alpha") for name in values if name.endswith(".alpha")]
    for name in names:
        alpha, weight, bias = (values[f"{name}.{part}"] for part in ("alpha", "weight", "bias"))
        shift = values.get(f"{name}.shift", 0)
        endings = [path for path in modules if path == name or path.endswith("." + name) or name.endswith("." + path)]
        path = max(endings, key=len, default="") or max((path for path in modules if path == name.replace("encoder.layer.", "layers.")), default="")
        first = getattr(modules[path], "data_format", "channels_last") == "channels_first"
        shape = (-1, 1, 1) if first else (-1,)
        modules[path].forward = lambda x, a=alpha, s=shift, w=weight.reshape(shape), b=bias.reshape(shape): w * curve(a * x + s) + b
    return model, len(names)


def load(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    return getattr(transformers, config.architectures[0]).from_pretrained(folder, dtype=torch.float32).eval()


def batch_for(model):
    torch.manual_seed(0)
    config = model.config
    name = model.main_input_name
    if name == "pixel_values":
        vision = getattr(config, "vision_config", config)
        size = getattr(vision, "image_size", 32)
        height, width = size if isinstance(size, (list, tuple)) else (size, size)
        return {"pixel_values": torch.randn(2, vision.num_channels, height, width)}
    ids = torch.randint(3, config.vocab_size, (2, 8))
    return {"input_ids": ids, **({"decoder_input_ids": ids} if config.is_encoder_decoder else {})}


def numbers(output):
    return output.logits if "logits" in output else output.last_hidden_state


def compare(original, converted):
    loaded = dyt.load(converted, dtype=torch.float32)
    replaced, count = by_hand(original, converted)
    batch = batch_for(loaded)
    with torch.no_grad():
        ours, theirs = numbers(loaded(**batch)), numbers(replaced(**batch))
    stored = loaded.state_dict()
    for name, value in tensors_of(converted).items():
        if name in stored:
            assert torch.equal(stored[name], value.float()), name
    assert count == sum(isinstance(module, (dyt.DyT, dyt.Derf, dyt.ISRU)) for module in loaded.modules()), (converted, count)
    return {"difference": (ours - theirs).abs().max().item(), "scale": theirs.abs().max().item(), "layers": count}


paths = sys.argv[2:]
print(json.dumps([compare(*pair) for pair in zip(paths[::2], paths[1::2])]))
