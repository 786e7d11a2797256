"""What the models of the proof are trained, fitted and measured on: the texts and the digits of the bundled samples."""

import importlib.util
import json
import random
from pathlib import Path

import torch
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[2] / "media/samples"
HELD_OUT, CALIBRATION = 64, 128
FINE_TUNING_STEPS, TEXT_BATCH, PICTURE_BATCH = 60, 16, 32


def script(name):
    """The script that trained a sample."""
    spec = importlib.util.spec_from_file_location(f"train_{name}", SAMPLES / name / "train.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def batches(stream, context, steps, batch, seed):
    """The same batches for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        starts = torch.randint(len(stream) - context, (batch,), generator=generator)
        yield torch.stack([stream[start : start + context] for start in starts])


def write_texts(source, folder, tokenizer_folder, context):
    """Writes calibration.json and held-out.json, token ids of texts that are not trained on, and training.json, which fine-tuning is fed.
    Returns the stream to train on."""
    sample = script("gpt2")
    texts = sample.documents(source)
    random.Random(0).shuffle(texts)
    held_out, kept = texts[:: sample.HELD_OUT_EVERY], [text for index, text in enumerate(texts) if index % sample.HELD_OUT_EVERY]
    tokenizer = sample.train_tokenizer(kept, tokenizer_folder)
    stream, other = sample.token_stream(kept, tokenizer), sample.token_stream(held_out, tokenizer)
    sequences = other[: (HELD_OUT + CALIBRATION) * context].view(-1, context).tolist()
    (folder / "held-out.json").write_text(json.dumps(sequences[::3]))
    (folder / "calibration.json").write_text(json.dumps([ids for index, ids in enumerate(sequences) if index % 3]))
    (folder / "training.json").write_text(json.dumps([ids.tolist() for ids in batches(stream, context, FINE_TUNING_STEPS, TEXT_BATCH, seed=3)]))
    return stream


def write_digits(folder):
    """Writes digits-calibration and digits-held-out, pictures of digits that the sample was not trained on, and digits-training.pt,
    pictures [steps, batch, 3, height, width] of those that it was, and their labels."""
    sample = script("vit")
    ink, labels = sample.digits()
    pictures = sample.draw(ink[-sample.HELD_OUT :], torch.Generator().manual_seed(1))
    # The digits come in an order of their own, so a half of them at random has all ten alike.
    calibration, held_out = torch.randperm(sample.HELD_OUT, generator=torch.Generator().manual_seed(2)).chunk(2)
    for name, places in (("digits-calibration", calibration), ("digits-held-out", held_out)):
        (folder / name).mkdir(exist_ok=True)
        for place in places.tolist():
            pixels = (pictures[place].permute(1, 2, 0) * 255).round().byte().numpy()
            Image.fromarray(pixels).save(folder / name / f"{place:03}-digit-{labels[place - sample.HELD_OUT]}.png")
    generator = torch.Generator().manual_seed(3)
    chosen = torch.randint(len(ink) - sample.HELD_OUT, (FINE_TUNING_STEPS * PICTURE_BATCH,), generator=generator)
    pixels = sample.normalised(sample.draw(ink[chosen], generator))
    torch.save({"pixels": pixels.unflatten(0, (-1, PICTURE_BATCH)).clone(), "labels": labels[chosen].view(-1, PICTURE_BATCH)}, folder / "digits-training.pt")
