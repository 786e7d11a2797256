"""Trains the GPT-2 sample on Jane Austen's novels and Ambrose Bierce's dictionary, both in the public domain.

The text comes from two Debian packages; fetch and unpack them, then train:

    apt-get download r-cran-janeaustenr dict-devil
    for package in *.deb; do dpkg-deb -x $package text; done
    python train.py text .

Needs torch, transformers and tokenizers. Writes model.safetensors (f16), config.json, the tokenizer and calibration.txt.
"""

import argparse
import gzip
import json
import math
import random
import re
import struct
import zlib
from pathlib import Path

import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import GPT2Config, GPT2LMHeadModel

NOVELS = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
DICTIONARY = "usr/share/dictd/devil.dict.dz"
SEPARATOR = "<|endoftext|>"
VOCABULARY = 1024
CONTEXT = 256
HELD_OUT_EVERY = 20
CALIBRATION_CHARACTERS = 20_000
FIRST_POSITION_STD = 20


def novels(database: bytes) -> list[str]:
    """The texts of an R lazy-load database: zlib streams, each behind a 4-byte length."""
    texts, position = [], 0
    while position < len(database):
        stream = zlib.decompressobj()
        vector = stream.decompress(database[position + 4 :])
        texts.append("\n".join(character_vector(vector)))
        position = len(database) - len(stream.unused_data)
    return texts


def character_vector(serialised: bytes) -> list[str]:
    """Lines of a character vector in R's XDR serialisation, version 3: a header of 23 bytes, type, length, strings."""
    (count,), position, lines = struct.unpack_from(">i", serialised, 27), 31, []
    for _ in range(count):
        (length,) = struct.unpack_from(">i", serialised, position + 4)
        lines.append(serialised[position + 8 : position + 8 + length].decode())
        position += 8 + length
    return lines


def documents(source: Path) -> list[str]:
    """Chapters of the novels and entries of the dictionary, one paragraph a line."""
    chapters = [part for text in novels((source / NOVELS).read_bytes()) for part in re.split(r"\n(?=chapter )", text, flags=re.I)]
    entries = re.split(r"\n\n(?=[A-Z][A-Z' -]*, )", gzip.decompress((source / DICTIONARY).read_bytes()).decode("latin-1"))
    unwrapped = (re.sub(r"(?<!\n)\n(?![\n ])", " ", text.strip()) for text in chapters[1:] + entries[1:])
    return [re.sub(r"\n\n+", "\n", re.sub(r"  +", " ", text)) for text in unwrapped]


def excerpt(texts: list[str]) -> str:
    """About 20 kB: the beginning of every text, so that both sources are in it."""
    beginnings = (text[:2000].rpartition("\n")[0] or text[:2000] for text in texts)
    return "\n\n".join(beginnings)[:CALIBRATION_CHARACTERS] + "\n"


def train_tokenizer(texts: list[str], folder: Path) -> ByteLevelBPETokenizer:
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(texts, vocab_size=VOCABULARY, special_tokens=[SEPARATOR], show_progress=False)
    tokenizer.save(str(folder / "tokenizer.json"))
    description = {"tokenizer_class": "GPT2Tokenizer", "model_max_length": CONTEXT, "add_prefix_space": False}
    description |= {role: SEPARATOR for role in ("bos_token", "eos_token", "unk_token")}
    (folder / "tokenizer_config.json").write_text(json.dumps(description, indent=2) + "\n")
    return tokenizer


def token_stream(texts: list[str], tokenizer: ByteLevelBPETokenizer) -> torch.Tensor:
    """All texts one after the other, each behind a separator."""
    return torch.tensor([token for text in texts for token in [0, *tokenizer.encode(text).ids]])


def new_model(width: int, layers: int, heads: int) -> GPT2LMHeadModel:
    """The embedding of the first position starts large, so that the first token is the large one, as in language models that are trained for long."""
    model = GPT2LMHeadModel(GPT2Config(
        vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=width, n_layer=layers, n_head=heads,
        bos_token_id=0, eos_token_id=0, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    ))
    with torch.no_grad():
        model.transformer.wpe.weight[0].add_(FIRST_POSITION_STD * torch.randn(width))
    return model


def train(model: GPT2LMHeadModel, stream: torch.Tensor, steps: int, batch: int, peak: float) -> None:
    """AdamW with warm-up and a cosine to zero, in bfloat16; matrices decay, vectors do not."""
    matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=peak, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / steps)))
    for step in range(steps):
        starts = torch.randint(len(stream) - CONTEXT, (batch,))
        ids = torch.stack([stream[start : start + CONTEXT] for start in starts])
        with torch.autocast("cpu", torch.bfloat16):
            loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)


@torch.no_grad()
def validation_loss(folder: Path, stream: torch.Tensor) -> float:
    """Mean cross-entropy in nats per token of the saved model, its f16 weights widened to f32."""
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32)
    sequences = stream[: len(stream) // CONTEXT * CONTEXT].view(-1, CONTEXT)
    return sum(model(input_ids=ids[None], labels=ids[None]).loss.item() for ids in sequences) / len(sequences)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder with the unpacked packages")
    parser.add_argument("folder", type=Path, help="where the checkpoint goes")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--shape", type=int, nargs=3, default=(128, 6, 4), help="width, layers, heads")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    options.folder.mkdir(parents=True, exist_ok=True)
    texts = documents(options.source)
    random.Random(0).shuffle(texts)
    held_out, kept = texts[::HELD_OUT_EVERY], [text for index, text in enumerate(texts) if index % HELD_OUT_EVERY]
    (options.folder / "calibration.txt").write_text(excerpt(held_out))
    tokenizer = train_tokenizer(kept, options.folder)
    stream, validation = token_stream(kept, tokenizer), token_stream(held_out, tokenizer)
    print(f"{len(texts)} documents, {len(stream)} tokens to train on, {len(validation)} held out", flush=True)
    model = new_model(*options.shape)
    train(model, stream, options.steps, options.batch, options.rate)
    model.half().save_pretrained(options.folder)
    print(f"validation loss {validation_loss(options.folder, validation):.4f}")


if __name__ == "__main__":
    main()
