"""What becomes of a model whose norms are replaced, in PyTorch: at once, and after 60 steps of fine-tuning. Prints one table.

    python train.py text models            # see there
    python proof.py models                 # needs a build of NormLens (npm run build)

Values are NormLens's (`normlens replace --out`), converted by media/dyt.py, with and without its `calibrate`; beside them stand the official conversion (alpha 0.5,
weight 1, bias 0) and alpha 0.5 with the trained affine. All are measured on the same held-out tokens, which `normlens replace` is
given too, so that what it predicts can be compared; fine-tuning has the same data in the same order and the same settings for all.
"""

import json
import subprocess
import sys
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel
from transformers.utils import logging

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "media"))
import dyt  # noqa: E402

RATE, WEIGHT_DECAY = 1e-3, 0.1


def original(folder):
    return GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32)


def official(folder):
    model = dyt.convert(original(folder), 0.5)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, dyt.DyT):
                module.weight.fill_(1)
                module.bias.fill_(0)
    return model


@torch.no_grad()
def loss_of(model, sequences):
    return model.eval()(input_ids=sequences, labels=sequences).loss.item()


def fine_tuned(model, batches):
    optimizer = torch.optim.AdamW(dyt.parameter_groups(model.train(), WEIGHT_DECAY), lr=RATE, betas=(0.9, 0.95))
    for step, ids in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 10) * (1 - step / len(batches))
        model(input_ids=ids, labels=ids).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return model


def replaced(folder, models):
    """What `normlens replace` finds, and where the values of its chosen method are."""
    out = models / f"{folder.name}.normlens.json"
    ids = ["--ids", models / "calibration.json", "--held-out", models / "held-out.json", "--held-out-tokens", "100000", "--max-tokens", "100000"]
    subprocess.run(["node", ROOT / "dist/cli.js", "replace", folder, *ids, "--out", out, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return json.loads(out.read_text())["replacement"], out.with_suffix(".safetensors")


def calibrated(folder, values, calibration):
    """On the tokens that the values were fitted on."""
    model = dyt.convert(original(folder), values)
    dyt.calibrate(model, original(folder), calibration.split(8))
    return model


def rows(folder, models, held_out, training, calibration):
    replacement, values = replaced(folder, models)
    predicted = {method["method"]: method["scores"]["crossEntropy"] for method in replacement["methods"]}
    cases = [
        ("LayerNorm", replacement["original"]["crossEntropy"], lambda: original(folder)),
        ("official conversion", predicted["official"], lambda: official(folder)),
        ("alpha 0.5, trained affine", predicted["default"], lambda: dyt.convert(original(folder), 0.5)),
        (f"NormLens ({replacement['chosen']})", predicted[replacement["chosen"]], lambda: dyt.convert(original(folder), values)),
        ("the same, then dyt.calibrate", None, lambda: calibrated(folder, values, calibration)),
    ]
    base = None
    for name, prediction, make in cases:
        at_once = loss_of(make(), held_out)
        base = base or at_once
        after = loss_of(fine_tuned(make(), training), held_out)
        yield name, prediction, at_once, at_once / base - 1, after
    for method in ("per-channel", "in-order", "in-order-robust", "in-order-original", "inverse-std"):
        if method in predicted and method != replacement["chosen"]:
            yield f"({method})", predicted[method], None, predicted[method] / base - 1, None


def cell(value, form):
    return "" if value is None else format(value, form)


def main():
    models = Path(sys.argv[1])
    torch.set_num_threads(2)
    logging.set_verbosity_error()
    read = lambda name: torch.tensor(json.loads((models / name).read_text()))
    held_out, training, calibration = read("held-out.json"), read("training.json"), read("calibration.json")
    sample = ROOT / "media/samples/gpt2"
    if (sample / "tokenizer.json").read_text() != (models / "short/tokenizer.json").read_text():
        raise SystemExit("The sample has another tokenizer than the models; train them with the tokenizers version that made it.")
    print("| model | norms | predicted | in PyTorch | above LayerNorm | after 60 steps |")
    print("|---|---|---|---|---|---|")
    for label, folder in (("bundled GPT-2", sample), ("trained shortly", models / "short"), ("shortly, with an outlier", models / "outlier"), ("trained longer", models / "long"), ("longer, with an outlier", models / "long-outlier")):
        for name, prediction, at_once, above, after in rows(folder, models, held_out, training, calibration):
            print(f"| {label} | {name} | {cell(prediction, '.4f')} | {cell(at_once, '.4f')} | {cell(above, '+.2%')} | {cell(after, '.4f')} |", flush=True)


if __name__ == "__main__":
    main()
