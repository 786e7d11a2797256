"""Writes gpt2.safetensors and ids.json: what media/capture.py records of the golden checkpoint gpt2-hf, run by transformers.

    python make_capture.py

with torch 2.13, transformers 5.18 and safetensors; every run writes the same bytes.
"""

import json
import sys
from pathlib import Path

import torch
import transformers

here = Path(__file__).parent
root = here.parents[2]
sys.path.insert(0, str(root / "media"))
import capture as normlens


def main() -> None:
    torch.set_num_threads(1)
    model = transformers.AutoModelForCausalLM.from_pretrained(root / "test/engine/architecture/golden/gpt2-hf").eval()
    generator = torch.Generator().manual_seed(0)
    batches = [torch.randint(48, (8, length), generator=generator) for length in (9, 8, 5)]
    with torch.no_grad(), normlens.capture(model, here / "gpt2.safetensors"):
        for batch in batches:
            model(batch)
    (here / "ids.json").write_text(json.dumps([row for batch in batches for row in batch.tolist()]) + "\n")


if __name__ == "__main__":
    main()
