"""The models of the proof: how each is opened, what it is measured on, fine-tuned on, and fed to `normlens replace`."""

import json
import sys
from pathlib import Path

import numpy
import torch
from PIL import Image
from torch.nn.functional import cross_entropy
from transformers import GPT2LMHeadModel, ViTForImageClassification

SAMPLES = Path(__file__).resolve().parents[2] / "media/samples"


class LanguageModel:
    """A GPT-2, on token ids. What it is asked is the next token of every position but the last."""

    def __init__(self, label, folder, data):
        self.label, self.folder = label, folder
        ids = lambda name: torch.tensor(json.loads((data / name).read_text()))
        self.held_out, self.calibration, self.training = ids("held-out.json"), ids("calibration.json").split(8), list(ids("training.json"))
        self.replace_options = ["--ids", data / "calibration.json", "--held-out", data / "held-out.json"]

    def original(self):
        return GPT2LMHeadModel.from_pretrained(self.folder, dtype=torch.float32).eval()

    def predictions(self, model):
        """Log-probabilities [predictions, vocabulary], and what was to be predicted."""
        with torch.no_grad():
            logits = model.eval()(input_ids=self.held_out).logits[:, :-1]
        return logits.flatten(0, 1).log_softmax(-1), self.held_out[:, 1:].flatten()

    def training_loss(self, model, ids):
        return model(input_ids=ids, labels=ids).loss


class Classifier:
    """The bundled ViT, on pictures of digits that it was not trained on."""

    def __init__(self, label, folder, data):
        self.label, self.folder = label, folder
        self.held_out, self.calibration = pictures(data / "digits-held-out"), pictures(data / "digits-calibration")[0].split(16)
        drawn = torch.load(data / "digits-training.pt")
        self.training = list(zip(drawn["pixels"], drawn["labels"]))
        self.replace_options = ["--images", data / "digits-calibration", "--held-out", data / "digits-held-out"]

    def original(self):
        return ViTForImageClassification.from_pretrained(self.folder, dtype=torch.float32).eval()

    def predictions(self, model):
        pixels, labels = self.held_out
        with torch.no_grad():
            return model.eval()(pixel_values=pixels).logits.log_softmax(-1), labels

    def training_loss(self, model, batch):
        pixels, labels = batch
        return cross_entropy(model(pixel_values=pixels).logits, labels)


def pictures(folder):
    """Pixels as the sample's preprocessor makes them [n, 3, height, width], and labels, which are in the files' names."""
    files = sorted(folder.glob("*.png"))
    pixels = torch.tensor(numpy.stack([numpy.asarray(Image.open(file)) for file in files])).permute(0, 3, 1, 2) / 255
    return (pixels - 0.5) / 0.5, torch.tensor([int(file.stem[-1]) for file in files])


def subjects(data):
    if (SAMPLES / "gpt2/tokenizer.json").read_text() != (data / "short/tokenizer.json").read_text():
        sys.exit("The sample has another tokenizer than the models; train them with the tokenizers version that made it.")
    yield LanguageModel("bundled GPT-2", SAMPLES / "gpt2", data)
    yield Classifier("bundled ViT", SAMPLES / "vit", data)
    yield LanguageModel("trained shortly", data / "short", data)
    yield LanguageModel("shortly, with an outlier", data / "outlier", data)
    yield LanguageModel("trained longer", data / "long", data)
    yield LanguageModel("longer, with an outlier", data / "long-outlier", data)
