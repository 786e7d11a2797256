"""Writes small Keras models as Keras 3 saves them, and what they compute: their inputs, their outputs, and what goes into each norm layer. Large ones are packed.

Run it in this folder with keras 3.15 and tensorflow 2.21; the files are committed. The tests read them without Python.
"""

import gzip
import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from pathlib import Path  # noqa: E402

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers, ops  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402

here = Path(__file__).parent
norms = (layers.LayerNormalization, layers.RMSNormalization, layers.GroupNormalization)


def encoder():
    """A transformer over token ids: attention with and without masks, and to another sequence."""
    ids = keras.Input((6,), dtype="int32", name="ids")
    allowed = keras.Input((6, 6), dtype="bool", name="allowed")
    x = layers.Embedding(20, 8, name="tokens")(ids)
    for block, options in enumerate(({"attention_mask": allowed}, {"use_causal_mask": True})):
        h = layers.LayerNormalization(epsilon=1e-6, name=f"block_{block}_norm_1")(x)
        h = layers.MultiHeadAttention(2, 3, value_dim=4, dropout=0.1, name=f"block_{block}_attention")(h, h, **options)
        x = layers.Add()([x, h])
        h = layers.RMSNormalization(name=f"block_{block}_norm_2")(x)
        h = layers.Dropout(0.1)(layers.Dense(12, activation="gelu")(h))
        x = x + layers.Dense(8)(h)
    first = layers.MultiHeadAttention(1, 4, output_shape=6, use_bias=False, name="pool")(x[:, 0:1], x)
    x = layers.LayerNormalization(name="final_norm")(layers.Concatenate()([first[:, 0], layers.GlobalAveragePooling1D()(x)]))
    return keras.Model([ids, allowed], layers.Dense(3, activation="softmax", name="classes")(x), name="encoder")


def pictures():
    """Convolutions and poolings of all kinds, with channels last; a group norm, and a batch norm, which is no candidate."""
    x = image = keras.Input((9, 8, 3), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = layers.ZeroPadding2D(((1, 0), (2, 1)))(x)
    x = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.BatchNormalization(name="batch_norm")(x)
    x = layers.Concatenate()([layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(x), layers.Conv2D(6, (1, 2), padding="same", groups=2, use_bias=False)(x)])
    x = layers.GroupNormalization(3, name="group_norm")(x)
    x = layers.Activation("silu")(x)
    x = layers.Average()([layers.MaxPooling2D(2, padding="same")(x), layers.AveragePooling2D(2, padding="same")(x)])
    x = layers.UpSampling2D((2, 1))(x)
    x = layers.BatchNormalization(scale=False, center=False)(x)
    x = layers.LayerNormalization(axis=[1, 2, 3], name="norm_of_all")(x)
    x = layers.Subtract()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    return keras.Model(image, layers.RMSNormalization(name="norm")(x), name="pictures")


def sequences():
    """Layers over sequences of numbers, of any length; a model inside that is called twice; norms that lack a gain or an offset; functions and operations."""
    inner_input = keras.Input((None, 4), name="inner_input")
    inner = layers.LayerNormalization(center=False, name="inner_norm")(inner_input)
    inner = layers.Dense(4, activation="elu", name="inner_dense")(inner)
    inner = keras.Model(inner_input, inner + inner_input, name="inner")
    x = series = keras.Input((None, 4), name="series")
    x = layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="tanh")(x)
    x = inner(inner(x))
    x = layers.LayerNormalization(scale=False, name="norm_without_gain")(x)
    x = layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de", activation="softplus")(x)
    x = layers.Permute((2, 1, 3))(x)
    x = layers.LayerNormalization(scale=False, center=False, name="norm_alone")(x)
    x = ops.mean(x, axis=2)
    x = layers.Reshape((3, -1))(x) * 2.0 - 1.0
    x = layers.Multiply()([layers.LeakyReLU()(x), layers.ReLU(6)(x), layers.Softmax()(x)])
    for function in ("relu6", "leaky_relu", "selu", "hard_sigmoid", "softsign", "mish", "exponential", "log_softmax", "sigmoid"):
        x = layers.Maximum()([x, layers.Activation(function)(x)])
    x = layers.Flatten()(x) / 3.0
    x = layers.Minimum()([x, layers.RepeatVector(2)(x)[:, 1]])
    return keras.Model(series, layers.LayerNormalization(name="final_norm")(x), name="sequences")


def in_sequence():
    """Class Sequential."""
    return keras.Sequential([keras.Input((5, 4), name="series"), layers.DepthwiseConv1D(2), layers.LayerNormalization(name="norm_1"), layers.AveragePooling1D(2), layers.MaxPooling1D(2, padding="same"), layers.ZeroPadding1D(1), layers.GlobalMaxPooling1D(), layers.Dense(4, "swish"), layers.LayerNormalization(name="norm_2")], name="in_sequence")


def operations():
    """What is no layer."""
    x = numbers = keras.Input((4, 6), name="numbers")
    x = ops.concatenate([ops.relu(x), ops.sigmoid(x), ops.tanh(x), ops.silu(x), ops.softmax(x), ops.gelu(x), ops.gelu(x, approximate=False)], axis=1)
    x = layers.LayerNormalization(name="norm_1")(x)
    x = ops.matmul(ops.transpose(x, (0, 2, 1)), x)
    x = ops.maximum(x, ops.minimum(x, 0.5) ** 2.0) - ops.expand_dims(ops.sum(x, axis=1), 1)
    x = ops.reshape(x, (-1, 3, 12)) / (1.5 + ops.expand_dims(ops.squeeze(ops.max(x, axis=(1, 2), keepdims=True), axis=2), -1) ** 2.0)
    return keras.Model(numbers, layers.RMSNormalization(name="norm_2")(x[:, -1, 2:]), name="operations")


def randomise(model):
    random = np.random.default_rng(5)
    for variable in model.variables:
        if "seed" in variable.path:
            continue
        around = 1.0 if variable.path.rsplit("/", 1)[-1] in ("gamma", "scale", "moving_variance") else 0.0
        variable.assign(around + 0.3 * random.standard_normal(variable.shape).clip(-2, 2))


def feed(tensor):
    shape = [2 if axis == 0 else size or 7 for axis, size in enumerate(tensor.shape)]
    random = np.random.default_rng(len(tensor.name))
    if tensor.dtype == "int32":
        return random.integers(0, 20, shape)
    if tensor.dtype == "bool":
        return random.integers(0, 2, shape) | np.eye(shape[-1], dtype=np.int64)
    return random.standard_normal(shape).astype("float32") * (60 if len(shape) == 4 else 1)


def norm_inputs(model):
    """Name in the model, and the value that goes in; of a layer that is called several times, as it is called first."""
    for layer in model.layers:
        if isinstance(layer, norms):
            yield layer.name, layer.input, type(layer)


def channels_second(value, kind):
    """As ONNX's group norm has it."""
    return np.ascontiguousarray(np.moveaxis(value, -1, 1)) if kind is layers.GroupNormalization else value


def write(make):
    model = make()
    randomise(model)
    name = make.__name__.replace("_", "-")
    model.save(here / f"{name}.keras")
    feeds = [feed(tensor) for tensor in model.inputs]
    names, inputs, kinds = zip(*norm_inputs(model))
    given = feeds[0] if len(feeds) == 1 else feeds
    *seen, output = keras.Model(model.inputs, [*inputs, model.outputs[0]])(given)
    tensors = {f"feed.{tensor._keras_history.operation.name}": value for tensor, value in zip(model.inputs, feeds)}
    tensors |= {f"norm.{norm}": channels_second(value.numpy(), kind) for norm, value, kind in zip(names, seen, kinds)}
    save_file({**tensors, "output": output.numpy()}, here / f"keras-{name}.safetensors")
    return model


@keras.saving.register_keras_serializable("examples")
class PatchEncoder(layers.Layer):
    def build(self, shape):
        self.positions = layers.Embedding(shape[1], shape[2])
        self.positions.build((shape[1],))

    def call(self, patches):
        return patches + self.positions(ops.arange(ops.shape(patches)[1]))


@keras.saving.register_keras_serializable("examples")
class OwnModel(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.norm = layers.LayerNormalization()

    def call(self, x):
        return self.norm(x)


def vision_transformer():
    """With a layer of its own."""
    x = image = keras.Input((8, 8, 3), name="image")
    x = layers.Reshape((16, 8))(layers.Conv2D(8, 2, strides=2)(x))
    x = PatchEncoder(name="patch_encoder")(x)
    h = layers.LayerNormalization(epsilon=1e-6, name="norm_1")(x)
    x = x + layers.MultiHeadAttention(2, 4, name="attention")(h, h)
    x = layers.LayerNormalization(epsilon=1e-6, name="norm_2")(x)
    return keras.Model(image, layers.Dense(2)(layers.Flatten()(x)), name="vision_transformer")


if __name__ == "__main__":
    model = write(encoder)
    model.save(here / "encoder-model.h5")
    model.save_weights(here / "encoder.weights.h5")
    write(pictures).save(here / "pictures-model.h5")
    write(sequences).save(here / "sequences-model.h5")
    write(in_sequence)
    write(operations)
    vision_transformer().save(here / "vision-transformer.keras")
    for name in ("encoder.keras", "encoder-model.h5", "encoder.weights.h5", "pictures.keras", "pictures-model.h5", "sequences.keras", "sequences-model.h5", "operations.keras", "vision-transformer.keras"):
        (here / f"{name}.gz").write_bytes(gzip.compress((here / name).read_bytes(), mtime=0))
        (here / name).unlink()
    own = OwnModel(name="own")
    own(np.zeros((1, 4)))
    own.save(here / "own-model.keras")
    masked = keras.Sequential([keras.Input((4,), dtype="int32"), layers.Embedding(5, 4, mask_zero=True, name="tokens"), layers.LayerNormalization(name="norm")])
    masked.save(here / "masked.keras")
