"""Writes a small model as Keras 2 saves it in HDF5, packed, and what it computes.

Run it in this folder with tensorflow 2.21, h5py and safetensors; the files are committed. Keras 2 is inside TensorFlow still (tensorflow.python.keras), but for layer normalisation, whose
configuration and variables are written here as Keras 2 has them. The tests read the files without Python.
"""

import gzip
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tensorflow.python.keras as inside  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402
from tensorflow.python.keras import layers  # noqa: E402
from tensorflow.python.keras.engine.base_layer import Layer  # noqa: E402
from tensorflow.python.keras.engine.input_layer import Input  # noqa: E402
from tensorflow.python.keras.engine.training import Model  # noqa: E402

inside.__version__ = "2.15.0"
here = Path(__file__).parent


class LayerNormalization(Layer):
    def build(self, shape):
        self.gamma = self.add_weight(name="gamma", shape=(shape[-1],), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(shape[-1],), initializer="zeros")
        self.axes = [len(shape) - 1]

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, [-1], keepdims=True)
        return (inputs - mean) * tf.math.rsqrt(variance + 1e-3) * self.gamma + self.beta

    def get_config(self):
        return {**super().get_config(), "axis": self.axes, "epsilon": 1e-3, "center": True, "scale": True}


def model():
    ids, other = Input((5,), dtype="int32", name="ids"), Input((5, 4), name="other")
    x = layers.Embedding(9, 4, name="tokens")(ids)
    x = layers.Add()([x, layers.Dense(4, activation="elu", name="dense")(x)])
    shared = LayerNormalization(name="shared_norm")
    x = layers.Concatenate()([shared(x), shared(other)])
    x = 2.0 * x[:, 1:] + x[:, 0:1] / 1.5
    x = LayerNormalization(name="final_norm")(layers.GlobalAveragePooling1D()(x * x - 0.5))
    return Model([ids, other], layers.Dense(2, name="out")(x), name="small")


made = model()
random = np.random.default_rng(2)
made.set_weights([value + 0.5 * random.standard_normal(value.shape) for value in made.get_weights()])
feeds = {"ids": random.integers(0, 9, (2, 5)), "other": random.standard_normal((2, 5, 4)).astype("float32")}
norm = made.get_layer("final_norm")
seen, output = Model(made.inputs, [norm.input, made.output])([tf.constant(feeds["ids"], tf.int32), tf.constant(feeds["other"])])
save_file({**{f"feed.{name}": value for name, value in feeds.items()}, "norm.final_norm": seen.numpy(), "output": output.numpy()}, here / "keras-two.safetensors")
made.save(here / "two.h5")
(here / "two-model.h5.gz").write_bytes(gzip.compress((here / "two.h5").read_bytes(), mtime=0))
(here / "two.h5").unlink()
