"""Writes gpt2.json and vit.json: what PyTorch and scipy find at the norm layers of the bundled samples.

    python test/media/golden/make_sample_golden.py

Needs torch, transformers, tokenizers, scipy and Pillow. The f16 weights are widened, and everything is computed in float64.
"""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.optimize import minimize_scalar
from tokenizers import Tokenizer
from transformers import GPT2LMHeadModel, ViTForImageClassification

GOLDEN = Path(__file__).parent
SAMPLES = GOLDEN.parents[2] / "media" / "samples"
SEQUENCES, LENGTH = 2, 128
PICTURES = 4


def checkpoint_name(module: str) -> str:
    """transformers 5 keeps the checkpoint's older spelling in its files, and a newer one in its modules."""
    return module.replace("vit.layers.", "vit.encoder.layer.")


def norm_inputs(model: torch.nn.Module, feeds: dict[str, torch.Tensor]) -> dict[str, tuple[np.ndarray, float]]:
    """Input [tokens, channels] and eps of every LayerNorm, in the order of the forward pass."""
    seen = {}

    def watch(name: str, norm: torch.nn.LayerNorm) -> None:
        norm.register_forward_pre_hook(lambda _, inputs: seen.update({checkpoint_name(name): (inputs[0].flatten(0, -2).numpy(), norm.eps)}))

    for name, module in model.named_modules():
        if isinstance(module, torch.nn.LayerNorm):
            watch(name, module)
    with torch.no_grad():
        model.double().eval()(**feeds)
    return seen


def normalised(x: np.ndarray, eps: float) -> np.ndarray:
    """x-hat: the norm's output before the affine."""
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)


def best_line(u: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Least-squares gain, offset and R² of y on u."""
    gain = np.mean((u - u.mean()) * (y - y.mean())) / u.var()
    offset = y.mean() - gain * u.mean()
    return gain, offset, 1 - np.mean((gain * u + offset - y) ** 2) / y.var()


def best_tanh(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """min over alpha > 0, gain, offset of sum (gain * tanh(alpha * x) + offset - y)²: a search in log alpha, from a grid on."""

    def loss(log_alpha: float) -> float:
        return -best_line(np.tanh(np.exp(log_alpha) * x), y)[2]

    grid = np.linspace(-6, 3, 46) - np.log(x.std())
    start = int(np.clip(np.argmin([loss(point) for point in grid]), 1, len(grid) - 2))
    found = minimize_scalar(loss, bounds=(grid[start - 1], grid[start + 1]), method="bounded", options={"xatol": 1e-10})
    alpha = float(np.exp(found.x))
    gain, offset, r2 = best_line(np.tanh(alpha * x), y)
    return {"alpha": alpha, "gain": float(gain), "offset": float(offset), "r2": float(r2)}


def layer(name: str, rows: np.ndarray, eps: float) -> dict[str, object]:
    x, y = rows.ravel(), normalised(rows, eps).ravel()
    slope, _, r2 = best_line(x, y)
    return {
        "name": name, "eps": eps, "channels": rows.shape[1], "tokens": rows.shape[0],
        "input": {"mean": float(x.mean()), "std": float(x.std()), "absMax": float(np.abs(x).max())},
        "linear": {"slope": float(slope), "r2": float(r2)}, "fit": best_tanh(x, y),
    }


def write(sample: str, feed: dict[str, object], model: torch.nn.Module, feeds: dict[str, torch.Tensor]) -> None:
    layers = [layer(name, *tapped) for name, tapped in norm_inputs(model, feeds).items()]
    (GOLDEN / f"{sample}.json").write_text(json.dumps({"sample": sample, **feed, "layers": layers}, indent=1) + "\n")


def language_model() -> None:
    folder = SAMPLES / "gpt2"
    text = (folder / "calibration.txt").read_text()
    ids = torch.tensor(Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids[: SEQUENCES * LENGTH]).view(SEQUENCES, LENGTH)
    write("gpt2", {"ids": ids.tolist()}, GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32), {"input_ids": ids})


def classifier() -> None:
    folder = SAMPLES / "vit"
    files = sorted((folder / "images").glob("*.png"))[:PICTURES]
    pixels = torch.tensor(np.stack([np.asarray(Image.open(file)) for file in files])).permute(0, 3, 1, 2)
    model = ViTForImageClassification.from_pretrained(folder, dtype=torch.float32)
    write("vit", {"images": [file.name for file in files]}, model, {"pixel_values": pixels.double() / 127.5 - 1})


if __name__ == "__main__":
    language_model()
    classifier()
