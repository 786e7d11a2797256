"""What people do today: forward hooks on every norm, and scipy's curve_fit on what they saw.

usage: python peer_hooks.py CHECKPOINT TOKENS
Prints one JSON line: seconds by part, peak memory, and the fitted alphas.
"""
import time

start = time.perf_counter()
import json
import resource
import sys

import numpy as np
import torch
from safetensors.torch import load_file
from scipy.optimize import curve_fit
from transformers import GPT2Config, GPT2Model

imported = time.perf_counter()
torch.set_num_threads(2)
folder, tokens = sys.argv[1], int(sys.argv[2])
model = GPT2Model(GPT2Config.from_pretrained(folder)).eval()
model.load_state_dict(load_file(f"{folder}/model.safetensors"), strict=False)
inputs = {}
for name, module in model.named_modules():
    if isinstance(module, torch.nn.LayerNorm):
        module.register_forward_hook(lambda _, args, out, name=name: inputs.__setitem__(name, args[0].detach().clone()))
ids = (torch.arange(tokens) * 7919 % model.config.vocab_size)[None]
loaded = time.perf_counter()
with torch.no_grad():
    model(ids)
ran = time.perf_counter()

alphas = {}
random = np.random.default_rng(0)
for name, x in inputs.items():
    x = x.double().flatten(0, 1)
    y = torch.nn.functional.layer_norm(x, x.shape[-1:], eps=1e-5)
    chosen = random.choice(x.numel(), 20_000)
    xs, ys = x.flatten()[chosen].numpy(), y.flatten()[chosen].numpy()
    (alpha, *_), _ = curve_fit(lambda v, a, g, d: g * np.tanh(a * v) + d, xs, ys, p0=(0.5 / xs.std(), 2, 0), maxfev=20_000)
    alphas[name] = alpha
fitted = time.perf_counter()
print(json.dumps({
    "import": imported - start, "load": loaded - imported, "forward": ran - loaded, "fit": fitted - ran, "total": fitted - start,
    "peakMemoryBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "alphas": alphas,
}))
