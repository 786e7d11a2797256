"""Writes checkpoints of torch.save whose tensors have no plain elements: a GPT of nanoGPT's names with one such tensor in it, and files of nothing else.

Run it in this folder with torch; the files are committed. The tests read them without Python.
"""

import warnings
from pathlib import Path

import torch

here = Path(__file__).parent
warnings.filterwarnings("ignore")
plain = torch.arange(12.0).reshape(3, 4)
KINDS = {
    "sparse": plain.to_sparse(),
    "sparse-rows": plain.to_sparse_csr(),
    "quantised": torch.quantize_per_tensor(plain, 0.1, 0, torch.qint8),
    "meta": torch.empty(3, 4, device="meta"),
}

for name, tensor in KINDS.items():
    torch.save({"wte.weight": tensor}, here / f"foreign-{name}.pt")
    torch.save({"h.0.ln_1.weight": torch.ones(4), "transformer.wte.weight": tensor}, here / f"foreign-{name}-beside.pt")
