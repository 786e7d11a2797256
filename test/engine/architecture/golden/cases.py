"""What the scripts that make golden files share: feeds, cases of transformers' models, and the writing of all of them."""

import json
import tempfile
from pathlib import Path
from typing import Callable

import torch
import transformers
from recording import Case, Feed, Outputs, randomise, write
from safetensors.torch import load_file
from torch import Tensor, nn

VOCABULARY = 48
CONTEXT = 16
# Large enough that a wrong eps shows in the norm inputs behind it.
VISIBLE_EPS = 1e-3


# Feeds

def ids(batch: int, length: int) -> Feed:
    generator = torch.Generator().manual_seed(100 * batch + length)
    return {"input_ids": torch.randint(VOCABULARY, (batch, length), generator=generator)}


def padded_ids() -> Feed:
    """Three sequences of 9, 4 and 1 tokens, padded on the right."""
    mask = (torch.arange(9) < torch.tensor([[9], [4], [1]])).long()
    return {"input_ids": ids(3, 9)["input_ids"] * mask, "attention_mask": mask}


def text_feeds() -> dict[str, Feed]:
    return {"": ids(3, 8), "-odd": ids(2, 5)}


def all_text_feeds() -> dict[str, Feed]:
    return {**text_feeds(), "-one-token": ids(2, 1), "-padded": padded_ids()}


def image_feeds(channels: int, height: int, width: int) -> dict[str, Feed]:
    generator = torch.Generator().manual_seed(height * width)
    return {"": {"pixel_values": torch.randn(2, channels, height, width, generator=generator)}}


# Models of transformers

def run_transformers(model: nn.Module, feed: Feed) -> Outputs:
    """last_hidden_state is what the model without its head returns."""
    outputs: Outputs = {}
    hook = model.base_model.register_forward_hook(
        lambda _module, _arguments, output: outputs.update(last_hidden_state=output.last_hidden_state)
    )
    whole = model(**feed)
    hook.remove()
    outputs |= {"logits": whole[key] for key in ("logits", "prediction_logits") if key in whole}
    return outputs


def saved_by_transformers(model: nn.Module) -> tuple[dict, dict[str, Tensor]]:
    """config.json and tensors as save_pretrained writes them, which is not always how the modules are called in memory."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return json.loads(Path(folder, "config.json").read_text()), load_file(Path(folder, "model.safetensors"))


def transformers_case(
    name: str,
    model: nn.Module,
    roles: dict[str, str],
    feeds: dict[str, Feed],
    config: dict | None = None,
    dtype: torch.dtype = torch.float32,
    run: Callable = run_transformers,
    adjust: Callable[[nn.Module], None] = lambda _: None,
    **rest,
) -> Case:
    """A case from a model of transformers; `config` stands in for the config.json that transformers 5 would write."""
    adjust(randomise(model, name, dtype))
    written, tensors = saved_by_transformers(model)
    written["dtype"] = str(dtype).removeprefix("torch.")
    return Case(
        name=name,
        model=model,
        forward=run,
        config=config or written,
        checkpoint={name: tensor.to(dtype) for name, tensor in tensors.items()},
        roles=roles,
        blocks=model.config.num_hidden_layers,
        feeds=feeds,
        **rest,
    )


# All cases of a script

def write_cases(cases: list[Callable[[], Case]], start: str = "") -> None:
    """Writes the cases whose names start with `start`, or all of them."""
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    root = Path(__file__).parent
    for make in cases:
        if make.__name__.replace("_", "-").startswith(start):
            print(write(make(), root))
