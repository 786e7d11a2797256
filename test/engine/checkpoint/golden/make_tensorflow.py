"""Writes models of the architecture's golden cases as transformers' TensorFlow classes save them (tf_model.h5), packed.

Run it in this folder with transformers 4.57, the last version that has these classes, tensorflow 2.21, h5py and torch; the files are committed. These classes want Keras 2, which TensorFlow
still has inside (tensorflow.python.keras), without layer normalisation, of which only the names of the parameters matter here. The tests read the files without Python.
"""

import gzip
import json
import sys
import tempfile
import types
from pathlib import Path

import tensorflow as tf
import tensorflow.python.keras as inside
from tensorflow.python.keras import activations, backend, callbacks, constraints, initializers, layers, losses, metrics, models, regularizers
from tensorflow.python.keras.engine import base_layer, input_layer, training
from tensorflow.python.keras.optimizer_v2 import adam
from tensorflow.python.keras.utils import generic_utils


class LayerNormalization(base_layer.Layer):
    def __init__(self, axis=-1, epsilon=1e-3, **options):
        super().__init__(**options)
        self.epsilon = epsilon

    def build(self, shape):
        self.gamma = self.add_weight(name="gamma", shape=(shape[-1],), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(shape[-1],), initializer="zeros")
        super().build(shape)

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, [-1], keepdims=True)
        return (inputs - mean) * tf.math.rsqrt(variance + self.epsilon) * self.gamma + self.beta


def module(name, **contents):
    made = types.ModuleType(name)
    vars(made).update(contents)
    sys.modules[name] = made
    return made


layers.LayerNormalization, layers.Layer = LayerNormalization, base_layer.Layer
inside.__version__ = "2.15.0"
registering = {"register_keras_serializable": generic_utils.register_keras_serializable}
optimizers = module("tf_keras.optimizers", Adam=adam.Adam, schedules=types.SimpleNamespace(LearningRateSchedule=object, PolynomialDecay=object))
optimizers.legacy = optimizers
parts = {"activations": activations, "backend": backend, "callbacks": callbacks, "constraints": constraints, "initializers": initializers, "layers": layers, "losses": losses, "metrics": metrics, "models": models, "regularizers": regularizers}
sys.modules.update({f"tf_keras.{name}": part for name, part in parts.items()})
module(
    "tf_keras",
    __path__=[],
    __version__="2.15.0",
    Model=training.Model,
    Input=input_layer.Input,
    Sequential=models.Sequential,
    optimizers=optimizers,
    utils=module("tf_keras.utils", **registering),
    saving=module("tf_keras.saving", **registering),
    **parts,
)

import transformers  # noqa: E402

here = Path(__file__).parent
cases = here.parent.parent / "architecture" / "golden"

for name in ("bert-hf", "gpt2-hf", "vit-hf", "t5-hf"):
    architecture = json.loads((cases / name / "config.json").read_text())["architectures"][0]
    model = getattr(transformers, f"TF{architecture}").from_pretrained(cases / name, from_pt=True)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, safe_serialization=False)
        (here / f"{name}.h5.gz").write_bytes(gzip.compress((Path(folder) / "tf_model.h5").read_bytes(), mtime=0))
