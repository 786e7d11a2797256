"""Writes models of the architecture's golden cases as transformers' Flax classes save them.

Run it in this folder with transformers 4.57, the last version that has these classes, flax, jax and torch; the files are committed. The tests read them without Python.
"""

import json
import shutil
import tempfile
from pathlib import Path

import transformers

here = Path(__file__).parent
cases = here.parent.parent / "architecture" / "golden"

for name in ("bert-hf", "gpt2-hf", "vit-hf", "opt-hf"):
    architecture = json.loads((cases / name / "config.json").read_text())["architectures"][0]
    model = getattr(transformers, f"Flax{architecture}").from_pretrained(cases / name, from_pt=True)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        shutil.copy(Path(folder) / "flax_model.msgpack", here / f"{name}.msgpack")
    if name == "gpt2-hf":
        model.save_pretrained(here / "gpt2-hf-flax-shards", max_shard_size="12KB")
        (here / "gpt2-hf-flax-shards" / "generation_config.json").unlink()
