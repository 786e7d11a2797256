"""Trains the ViT sample on the handwritten digits that scikit-learn ships, drawn in varied places, sizes, angles and strengths.

    python train.py .

Needs torch, transformers, scikit-learn, scipy and Pillow. Writes model.safetensors (f16), config.json, preprocessor_config.json
and images/: held-out digits, drawn once.
"""

import argparse
import json
import math
from pathlib import Path

import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch.nn.functional import affine_grid, cross_entropy, grid_sample
from transformers import ViTConfig, ViTForImageClassification

SIZE = 32
HELD_OUT = 360
PICTURES = 24
EMBEDDING_GAIN = 15


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Ink in 0..1 of shape [1797, 1, 8, 8], and labels. The last ones are of other writers than the first."""
    data = load_digits()
    return torch.tensor(data.images, dtype=torch.float32)[:, None] / 16, torch.tensor(data.target)


def draw(ink: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Each digit in light ink on grey paper, RGB in 0..1, [n, 3, SIZE, SIZE]: turned, scaled, moved, faint to strong, with noise."""
    count = len(ink)

    def between(low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, *shape, generator=random)

    angle, zoom = between(-0.2, 0.2), between(1.2, 1.7, 1, 1)
    turned = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(count, 2, 2)
    moved = between(-1, 1, 2, 1) * (zoom - 1)
    grid = affine_grid(torch.cat([turned * zoom, moved], dim=2), [count, 1, SIZE, SIZE], align_corners=False)
    mask = grid_sample(ink, grid, mode="bilinear", align_corners=False)
    noise = torch.randn(count, 1, SIZE, SIZE, generator=random) * 0.01
    return (0.5 + mask * between(0.1, 0.5, 1, 1, 1) + noise).clamp(0, 1).expand(-1, 3, -1, -1)


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """As preprocessor_config.json says: mean and standard deviation 0.5."""
    return (pictures - 0.5) / 0.5


def new_model(width: int, layers: int, heads: int) -> ViTForImageClassification:
    """Embeddings start large beside what the blocks add, so that a faint stroke differs from a strong one."""
    names = {index: str(index) for index in range(10)}
    model = ViTForImageClassification(ViTConfig(
        image_size=SIZE, patch_size=4, hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
        num_attention_heads=heads, initializer_range=0.04, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        id2label=names, label2id={name: index for index, name in names.items()},
    ))
    with torch.no_grad():
        model.vit.embeddings.patch_embeddings.projection.weight.mul_(EMBEDDING_GAIN)
        model.vit.embeddings.position_embeddings.mul_(EMBEDDING_GAIN)
    return model


def train(model: ViTForImageClassification, ink: torch.Tensor, labels: torch.Tensor, steps: int, batch: int, peak: float) -> None:
    """AdamW with warm-up and a cosine to zero; matrices decay, vectors do not."""
    random = torch.Generator().manual_seed(0)
    decayed = [parameter for parameter in model.parameters() if parameter.dim() == 2]
    others = [parameter for parameter in model.parameters() if parameter.dim() != 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=peak, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 200) * (0.5 + 0.5 * math.cos(math.pi * step / steps)))
    for step in range(steps):
        chosen = torch.randint(len(ink), (batch,), generator=random)
        pictures = normalised(draw(ink[chosen], random))
        loss = cross_entropy(model(pixel_values=pictures).logits, labels[chosen])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)


@torch.no_grad()
def accuracy(folder: Path, pictures: torch.Tensor, labels: torch.Tensor) -> float:
    """Of the saved model, its f16 weights widened to f32."""
    model = ViTForImageClassification.from_pretrained(folder, dtype=torch.float32)
    return (model(pixel_values=normalised(pictures)).logits.argmax(dim=1) == labels).double().mean().item()


def write_preprocessor(folder: Path) -> None:
    description = {
        "image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": SIZE, "width": SIZE}, "resample": 2,
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(description, indent=2) + "\n")


def write_pictures(folder: Path, pictures: torch.Tensor, labels: torch.Tensor) -> None:
    folder.mkdir(exist_ok=True)
    for index in range(PICTURES):
        pixels = (pictures[index].permute(1, 2, 0) * 255).round().byte().numpy()
        Image.fromarray(pixels).save(folder / f"{index:02}-digit-{labels[index]}.png", optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the checkpoint goes")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--shape", type=int, nargs=3, default=(64, 6, 4), help="width, layers, heads")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    options.folder.mkdir(parents=True, exist_ok=True)
    ink, labels = digits()
    model = new_model(*options.shape)
    train(model, ink[:-HELD_OUT], labels[:-HELD_OUT], options.steps, options.batch, options.rate)
    model.half().save_pretrained(options.folder)
    pictures = draw(ink[-HELD_OUT:], torch.Generator().manual_seed(1))
    write_preprocessor(options.folder)
    write_pictures(options.folder / "images", pictures, labels[-HELD_OUT:])
    print(f"held-out accuracy {accuracy(options.folder, pictures, labels[-HELD_OUT:]):.4f}")


if __name__ == "__main__":
    main()
