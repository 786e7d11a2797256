"""What becomes of a model whose norms are replaced, in PyTorch: at once, and after 60 steps of fine-tuning. Prints one table.

    python train.py text models            # see there
    python proof.py models                 # needs a build of NormLens (npm run build)
    python proof.py models "trained longer"

Values are NormLens's (`normlens replace --out`, with and without `--tune`), converted by media/dyt.py, with and without its `calibrate`; beside
them stand the official conversion (alpha 0.5, weight 1, bias 0) and alpha 0.5 with the trained affine. All are measured on the same held-out
input, which `normlens replace` is given too, so that what it predicts can be compared; fine-tuning has the same data in the same order and the
same settings for all.
"""

import json
import subprocess
import sys
from pathlib import Path

import torch
from torch.nn.functional import nll_loss
from transformers.utils import logging

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "media"))
import dyt  # noqa: E402
from subjects import subjects  # noqa: E402

RATE, WEIGHT_DECAY, TUNE_STEPS = 1e-3, 0.1, 240


def official(model):
    dyt.convert(model, 0.5)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, dyt.DyT):
                module.weight.fill_(1)
                module.bias.fill_(0)
    return model


def fine_tuned(model, subject):
    optimizer = torch.optim.AdamW(dyt.parameter_groups(model.train(), WEIGHT_DECAY), lr=RATE, betas=(0.9, 0.95))
    for step, batch in enumerate(subject.training):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 10) * (1 - step / len(subject.training))
        subject.training_loss(model, batch).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return model


def replaced(subject, out, *options):
    """What `normlens replace` finds, and where the values of its chosen method are."""
    limits = ["--held-out-tokens", "1000000", "--max-tokens", "1000000"]
    command = ["node", ROOT / "dist/cli.js", "replace", subject.folder, *subject.replace_options, *limits, *options, "--out", out, "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads(out.read_text())["replacement"], out.with_suffix(".safetensors")


def calibrated(subject, values):
    """On the input that the values were fitted on."""
    model = dyt.convert(subject.original(), values)
    dyt.calibrate(model, subject.original(), subject.calibration)
    return model


def rows(subject, folder):
    name = subject.folder.name
    fitted, fitted_values = replaced(subject, folder / f"{name}.normlens.json")
    tuned, tuned_values = replaced(subject, folder / f"{name}-tuned.normlens.json", "--tune", str(TUNE_STEPS))
    predicted = {method["method"]: method["scores"]["kl"] for method in tuned["methods"]}
    cases = [
        ("LayerNorm", 0, subject.original),
        ("official conversion", predicted["official"], lambda: official(subject.original())),
        ("alpha 0.5, trained affine", predicted["default"], lambda: dyt.convert(subject.original(), 0.5)),
        (f"NormLens ({fitted['chosen']})", predicted[fitted["chosen"]], lambda: dyt.convert(subject.original(), fitted_values)),
        ("the same, then dyt.calibrate", None, lambda: calibrated(subject, fitted_values)),
        (f"NormLens ({tuned['chosen']})", predicted[tuned["chosen"]], lambda: dyt.convert(subject.original(), tuned_values)),
    ]
    wanted, labels = subject.predictions(subject.original())
    base = nll_loss(wanted, labels).item()
    for norms, prediction, make in cases:
        found, _ = subject.predictions(make())
        loss = nll_loss(found, labels).item()
        after, _ = subject.predictions(fine_tuned(make(), subject))
        yield {
            "norms": norms,
            "predicted": prediction,
            "divergence": (wanted.exp() * (wanted - found)).sum(-1).mean().item(),
            "agreement": (wanted.argmax(-1) == found.argmax(-1)).double().mean().item(),
            "loss": loss,
            "above": loss / base - 1,
            "after": nll_loss(after, labels).item(),
        }


def cell(value, form):
    return "" if value is None else format(value, form)


def main():
    folder, chosen = Path(sys.argv[1]), sys.argv[2:]
    torch.set_num_threads(2)
    torch.manual_seed(0)
    logging.set_verbosity_error()
    print("| model | norms | KL predicted | KL in PyTorch | top-1 agrees | loss | above LayerNorm | after 60 steps |")
    print("|---|---|---|---|---|---|---|---|")
    differences = []
    for subject in subjects(folder):
        if chosen and subject.label not in chosen:
            continue
        for row in rows(subject, folder):
            if row["predicted"] is not None:
                differences.append(abs(row["predicted"] - row["divergence"]))
            numbers = [cell(row[key], form) for key, form in (("predicted", ".4f"), ("divergence", ".4f"), ("agreement", ".1%"), ("loss", ".4f"), ("above", "+.2%"), ("after", ".4f"))]
            print(f"| {subject.label} | {row['norms']} | {' | '.join(numbers)} |", flush=True)
    print(f"\nWhat `normlens replace` predicted differs from what PyTorch gives by {max(differences):.1e} nats at most.")


if __name__ == "__main__":
    main()
