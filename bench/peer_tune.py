"""Prints as JSON how long a step of `dyt.calibrate` takes in PyTorch, on the model and tokens that the benchmark feeds NormLens.

usage: python peer_tune.py CHECKPOINT TOKENS
"""

import json
import sys
import time
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel
from transformers.utils import logging

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "media"))
import dyt  # noqa: E402


def seconds(model, original, batch, steps):
    start = time.perf_counter()
    dyt.calibrate(model, original, [batch], steps=steps)
    return time.perf_counter() - start


def main():
    folder, tokens = sys.argv[1], int(sys.argv[2])
    logging.set_verbosity_error()
    original = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    model = dyt.convert(GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval(), 0.1)
    batch = {"input_ids": torch.tensor([[(index * 7919) % 50257 for index in range(tokens)]])}
    # What it does before and after the steps is paid once, so a step is what four steps take more than one.
    one = seconds(model, original, batch, 1)
    print(json.dumps({"step": (seconds(model, original, batch, 4) - one) / 3}))


main()
