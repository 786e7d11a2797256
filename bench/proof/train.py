"""Trains the models of the proof: a small GPT-2 of usual initialisation, for a short and for a long time, and both with an
outlier planted at the first position.

    apt-get download r-cran-janeaustenr dict-devil
    for package in *.deb; do dpkg-deb -x $package text; done
    python train.py text models

Text and tokenizer are those of the bundled sample (media/samples/gpt2/train.py). Writes models/short, models/outlier, models/long and
models/long-outlier, each with model.safetensors, config.json and tokenizer; calibration.json and held-out.json, token ids of texts that were not trained on; and
training.json, the token ids that fine-tuning is fed. For the bundled ViT, digits-calibration and digits-held-out, pictures of digits that it was not trained on,
and digits-training.pt. Needs torch, transformers, tokenizers, scikit-learn, scipy and Pillow.
"""

import sys
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from data import TEXT_BATCH, batches, script, write_digits, write_texts

WIDTH, LAYERS, HEADS, CONTEXT = 128, 6, 4, 128
SHORT, LONG, RATE = 400, 1500, 2e-3
OUTLIER_CHANNEL, OUTLIER_SIZE, OUTLIER_STEPS, OUTLIER_RATE = 7, 1000, {"short": 100, "long": 300}, 5e-4


def fit(model, stream, steps, rate, seed):
    """AdamW with a short warm-up and a cosine to zero; matrices decay, vectors do not."""
    matrices = [parameter for parameter in model.parameters() if parameter.requires_grad and parameter.dim() > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.requires_grad and parameter.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 50) * (0.5 + 0.5 * torch.cos(torch.tensor(torch.pi * step / steps)).item()))
    for step, ids in enumerate(batches(stream, CONTEXT, steps, TEXT_BATCH, seed)):
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)


def plant_outlier(model, stream, steps):
    """
    One channel of the residual stream a thousand times the rest at the first position of every sequence, as trained language models
    have it. The norms then give a constant there, so the model is trained on until it lives with it; the outlier itself is frozen.
    """
    positions = model.transformer.wpe.weight
    size = OUTLIER_SIZE * model.transformer.wte.weight.std()

    def freeze(gradient):
        gradient = gradient.clone()
        gradient[0, OUTLIER_CHANNEL] = 0
        return gradient

    positions.register_hook(freeze)
    with torch.no_grad():
        positions[0, OUTLIER_CHANNEL] = size
    fit(model, stream, steps, OUTLIER_RATE, seed=2)
    with torch.no_grad():
        positions[0, OUTLIER_CHANNEL] = size


def new_model():
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(
        vocab_size=script("gpt2").VOCABULARY, n_positions=CONTEXT, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS,
        bos_token_id=0, eos_token_id=0, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    ))


def save(model, tokenizer_folder, folder):
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((tokenizer_folder / name).read_bytes())


def main():
    source, models = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    short, outlier, long, long_outlier = (models / name for name in ("short", "outlier", "long", "long-outlier"))
    for folder in (short, outlier, long, long_outlier):
        folder.mkdir(parents=True, exist_ok=True)
    write_digits(models)
    stream = write_texts(source, models, short, CONTEXT)
    model = new_model()
    fit(model, stream, SHORT, RATE, seed=1)
    save(model, short, short)
    plant_outlier(model, stream, OUTLIER_STEPS["short"])
    save(model, short, outlier)
    model = new_model()
    fit(model, stream, LONG, RATE, seed=1)
    save(model, short, long)
    plant_outlier(model, stream, OUTLIER_STEPS["long"])
    save(model, short, long_outlier)


if __name__ == "__main__":
    main()
