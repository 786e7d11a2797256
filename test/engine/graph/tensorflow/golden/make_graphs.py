"""Writes small models as TensorFlow saves them, with what TensorFlow computes of them.

Run it in this folder with tensorflow 2.21 and keras 3.15; the files are committed. The tests read them without Python.
Each folder is a SavedModel or a TensorFlow.js model, with feeds and outputs in golden.json; graphs are packed, since they repeat themselves.
"""

import gzip
import json
import os
import shutil
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

here = Path(__file__).parent
v1 = tf.compat.v1
random = np.random.default_rng(7)


def array(values):
    values = np.asarray(values)
    numbers = [float(f"{value:.9g}") for value in values.flatten().tolist()]
    return {"shape": list(values.shape), "type": "float32" if values.dtype.kind == "f" else "int64", "data": numbers if values.dtype.kind == "f" else [int(n) for n in numbers]}


def keep(folder, feeds, outputs):
    (folder / "golden.json").write_text(json.dumps({"feeds": {k: array(v) for k, v in feeds.items()}, "outputs": {k: array(v) for k, v in outputs.items()}}))
    for name in ("fingerprint.pb", "keras_metadata.pb"):
        (folder / name).unlink(missing_ok=True)
    for empty in ("assets",):
        if (folder / empty).is_dir():
            (folder / empty).rmdir()


def fresh(name):
    folder = here / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def save(name, module, function, feeds):
    """Saves a module with one signature and records its outputs."""
    folder = fresh(name)
    tf.saved_model.save(module, folder, signatures=function, options=tf.saved_model.SaveOptions(save_debug_info=False))
    loaded = tf.saved_model.load(folder).signatures["serving_default"]
    keep(folder, feeds, loaded(**{k: tf.constant(v) for k, v in feeds.items()}))


def trained(model):
    """Weights that are not what a new model has: gains of 1 would hide mistakes."""
    for weight in model.weights:
        shape = weight.shape
        name = weight.path.rsplit("/", 1)[-1]
        base = 1.0 if name == "gamma" else 0.0
        weight.assign(base + 0.3 * random.standard_normal(shape))


# --- Keras 3: a text encoder with norms behind the branches, and an image encoder with norms before them


def text_encoder(vocabulary=23, width=8, heads=2, blocks=1, longest=16):
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    positions = keras.layers.Embedding(longest, width, name="positions")
    x = keras.layers.Embedding(vocabulary, width, name="words")(ids) + positions(keras.ops.cumsum(keras.ops.ones_like(ids), axis=1) - 1)
    x = keras.layers.LayerNormalization(epsilon=1e-6, name="embeddings_norm")(x)
    for block in range(blocks):
        attended = keras.layers.MultiHeadAttention(heads, width // heads, name=f"block_{block}_attention")(x, x)
        x = keras.layers.LayerNormalization(epsilon=1e-6, name=f"block_{block}_attention_norm")(x + attended)
        inner = keras.layers.Dense(2 * width, activation="gelu", name=f"block_{block}_in")(x)
        x = keras.layers.LayerNormalization(epsilon=1e-6, name=f"block_{block}_ffn_norm")(x + keras.layers.Dense(width, name=f"block_{block}_out")(inner))
    return keras.Model(ids, x, name="text_encoder")


def image_encoder(size=8, patch=4, width=8, heads=2):
    image = keras.Input((size, size, 3), name="image")
    x = keras.layers.Conv2D(width, patch, patch, name="patches")(image)
    x = keras.layers.Reshape((-1, width))(x)
    y = keras.layers.LayerNormalization(epsilon=1e-5, name="norm_1")(x)
    x = x + keras.layers.MultiHeadAttention(heads, width // heads, name="attention")(y, y)
    y = keras.layers.LayerNormalization(epsilon=1e-5, name="norm_2")(x)
    x = x + keras.layers.Dense(width, name="out")(keras.layers.Dense(2 * width, activation="relu", name="in")(y))
    x = keras.layers.LayerNormalization(epsilon=1e-5, name="norm")(x)
    return keras.Model(image, keras.layers.Dense(5, activation="softmax", name="head")(keras.layers.GlobalAveragePooling1D()(x)), name="image_encoder")


def export(name, model, feeds):
    folder = fresh(name)
    trained(model)
    model.export(folder, format="tf_saved_model", verbose=False)
    loaded = tf.saved_model.load(folder).signatures["serving_default"]
    named = {next(iter(loaded.structured_input_signature[1])): next(iter(feeds.values()))}
    keep(folder, named, loaded(**{k: tf.constant(v) for k, v in named.items()}))


text_ids = np.array([[3, 1, 4, 1, 5, 9, 2]], dtype=np.int32)
export("keras-text", text_encoder(), {"ids": text_ids})
export("keras-image", image_encoder(), {"image": random.standard_normal((2, 8, 8, 3)).astype(np.float32)})


# --- TensorFlow 1: placeholders, variable scopes, moments and batch_normalization as in the first BERT


def first_bert(name):
    folder = fresh(name)
    with tf.Graph().as_default():
        ids = v1.placeholder(tf.int32, [None, None], name="input_ids")

        def variable(name, shape, start=0.0):
            return v1.get_variable(name, initializer=(start + 0.3 * random.standard_normal(shape)).astype(np.float32), use_resource=name != "gamma")

        def norm(x):
            with v1.variable_scope("LayerNorm"):
                mean, variance = tf.nn.moments(x, [-1], keepdims=True)
                return tf.nn.batch_normalization(x, mean, variance, variable("beta", [8]), variable("gamma", [8], 1.0), 1e-12)

        with v1.variable_scope("bert"):
            with v1.variable_scope("embeddings"):
                x = norm(tf.gather(variable("word_embeddings", [23, 8]), ids))
            for layer in range(2):
                with v1.variable_scope(f"encoder/layer_{layer}/output"):
                    x = norm(x + tf.tanh(tf.tensordot(x, variable("kernel", [8, 8]), 1)))
        session = v1.Session()
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder), {"input_ids": ids}, {"hidden": x})
        keep(folder, {"input_ids": text_ids}, {"hidden": session.run(x, {ids: text_ids})})


first_bert("first-bert")


# --- Keras 2 made layer norms of the fused batch norm: rows as channels of one sample


class FusedNorms(tf.Module):
    def __init__(self):
        super().__init__()
        self.gamma = tf.Variable((1 + 0.3 * random.standard_normal(8)).astype(np.float32), name="encoder/norm/gamma")
        self.beta = tf.Variable((0.3 * random.standard_normal(8)).astype(np.float32), name="encoder/norm/beta")

    @tf.function(input_signature=[tf.TensorSpec([None, None, 8], tf.float32, name="x")])
    def __call__(self, x):
        with tf.name_scope("encoder/norm"):
            x = tf.sin(x)
            shape = tf.shape(x)
            rows = shape[0] * shape[1]
            flat = tf.reshape(x, [1, rows, shape[2], 1])
            scale, offset = tf.fill([rows], 1.0), tf.fill([rows], 0.0)
            normal, _, _ = v1.nn.fused_batch_norm(flat, scale, offset, epsilon=1e-3, data_format="NCHW")
            return {"y": tf.reshape(normal, shape) * self.gamma + self.beta}


# TensorFlow can't run this data format on every processor, so the outputs are computed with NumPy.
def fused(name):
    folder = fresh(name)
    module = FusedNorms()
    tf.saved_model.save(module, folder, signatures=module.__call__)
    x = random.standard_normal((2, 3, 8)).astype(np.float32)
    s = np.sin(x)
    y = (s - s.mean(-1, keepdims=True)) / np.sqrt(s.var(-1, keepdims=True) + 1e-3) * module.gamma.numpy() + module.beta.numpy()
    keep(folder, {"x": x}, {"y": y.astype(np.float32)})


fused("fused-norm")


# --- Operators: one output each


def spec(name, shape, dtype=tf.float32):
    return tf.TensorSpec(shape, dtype, name=name)


x = random.standard_normal((2, 3, 4)).astype(np.float32)
n = np.array([[-7, 3, 0], [5, -2, 9]], dtype=np.int32)
raw = tf.raw_ops


class Elementwise(tf.Module):
    @tf.function(input_signature=[spec("x", [None, None, 4]), spec("n", [None, 3], tf.int32)])
    def __call__(self, x, n):
        y = tf.reverse(x, [2]) + 0.5
        p = tf.abs(x) + 0.5
        row = tf.constant([0.5, -1.0, 2.0, 0.0])
        m = tf.constant([[2, -3, 4]])
        return {
            "add_n": tf.add_n([x, y, p]),
            "bias_add": tf.nn.bias_add(x, row),
            "bias_add_first": raw.BiasAdd(value=tf.reshape(x, [2, 3, 2, 2]), bias=row[:3], data_format="NCHW"),
            "sub": x - y,
            "real_div": x / p,
            "div_no_nan": tf.math.divide_no_nan(x, row),
            "floor_div": tf.math.floordiv(x, p),
            "floor_div_int": n // m,
            "floor_mod": tf.math.floormod(x, y),
            "floor_mod_int": n % m,
            "maximum": tf.maximum(x, row),
            "minimum_int": tf.minimum(n, m),
            "clip": tf.clip_by_value(x, -0.5, 0.7),
            "pow": tf.pow(p, 1.5),
            "square": tf.square(x),
            "squared_difference": tf.math.squared_difference(x, y),
            "sqrt": tf.sqrt(p),
            "rsqrt": tf.math.rsqrt(p),
            "reciprocal": tf.math.reciprocal(p),
            "neg": -x,
            "abs": tf.abs(x),
            "sign": tf.sign(x),
            "floor": tf.floor(x),
            "ceil": tf.math.ceil(x),
            "round": tf.round(x * 4),
            "rint": tf.math.rint(x * 4),
            "exp": tf.exp(x),
            "expm1": tf.math.expm1(x),
            "log": tf.math.log(p),
            "log1p": tf.math.log1p(p),
            "sin": tf.sin(x),
            "cos": tf.cos(x),
            "erf": tf.math.erf(x),
            "erfc": tf.math.erfc(x),
            "tanh": tf.tanh(x),
            "sigmoid": tf.sigmoid(x),
            "relu": tf.nn.relu(x),
            "relu6": tf.nn.relu6(x * 8),
            "leaky_relu": tf.nn.leaky_relu(x, 0.3),
            "elu": tf.nn.elu(x),
            "selu": tf.nn.selu(x),
            "softplus": tf.nn.softplus(x),
            "softsign": tf.nn.softsign(x),
            "select": tf.where(x > y, x, y),
            "equal": tf.cast(n == 3, tf.float32),
            "not_equal": tf.cast(n != 3, tf.float32),
            "less": tf.cast(x < y, tf.int32),
            "less_equal": tf.cast(n <= 3, tf.int32),
            "greater_equal": tf.cast(n >= 3, tf.int64),
            "logical": tf.cast(tf.logical_or(tf.logical_and(x > 0, y > 0), tf.logical_not(x > y)), tf.float32),
            "is_nan": tf.cast(tf.math.is_nan(tf.math.log(x)), tf.int32),
            "is_inf": tf.cast(tf.math.is_inf(x / row), tf.int32),
            "cast": tf.cast(x * 10, tf.int32),
            "half": tf.cast(tf.cast(x, tf.float16), tf.float32),
            "add_v1": raw.Add(x=x, y=y),
            "div_v1": raw.Div(x=x, y=p),
        }


class Movements(tf.Module):
    @tf.function(input_signature=[spec("x", [None, 3, 4]), spec("n", [None, 3], tf.int32), spec("at", [], tf.int32)])
    def __call__(self, x, n, at):
        a, b = tf.unstack(tf.transpose(x, [2, 0, 1]), 4)[:2]
        first, second = tf.split(x, 2, axis=2)
        left, middle, right = tf.split(x, [1, -1, 1], axis=-1)
        y = tf.reshape(x, [-1, 2, 3, 2])
        size = tf.shape(x)
        return {
            "expand_dims": tf.expand_dims(x, -2),
            "squeeze": tf.squeeze(x[:, :1], [1]),
            "squeeze_all": tf.squeeze(x[:1, :, 1:2]),
            "concat": tf.concat([x, x[:, :1]], 1),
            "concat_v1": raw.Concat(concat_dim=2, values=[x, x]),
            "pack": tf.stack([a, b], -1),
            "split": second - first,
            "split_by_sizes": tf.concat([right, middle, left], -1),
            "slice": tf.slice(x, [0, 1, 0], [-1, 2, 3]),
            "slice_fed": tf.slice(x, [0, at, 0], [1, 1, -1]),
            "strided": x[:, ::2, 1:],
            "strided_back": x[:, ::-1, -1:0:-2],
            "strided_entry": x[1, :, -1],
            "strided_new": x[:, tf.newaxis, 1, tf.newaxis, 2:],
            "strided_ellipsis": y[0, ..., tf.newaxis, 1, :],
            "strided_fed": x[: size[0] - 1, at : at + 2, at],
            "strided_last": x[..., -2:],
            "gather": tf.gather(x, [2, 0], axis=1),
            "gather_fed": tf.gather(tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), tf.abs(n) % 3),
            "gather_batch": tf.gather(x, tf.abs(n) % 3, axis=1, batch_dims=1),
            "gather_nd": tf.gather_nd(x, [[0, 1], [1, 2]]),
            "scatter_nd": tf.scatter_nd([[1], [3], [1]], tf.constant([1.0, 2.0, 4.0]), [5]),
            "sparse_to_dense": raw.SparseToDense(sparse_indices=[[0, 1], [1, 2]], output_shape=[2, 3], sparse_values=tf.constant([1.5, 2.5]), default_value=-1.0, validate_indices=True),
            "tile": tf.tile(x, [1, 2, 1]),
            "broadcast_to": tf.broadcast_to(x[:, :1], size),
            "pad": tf.pad(x, [[0, 0], [1, 2], [0, 1]]),
            "pad_value": tf.pad(x, [[0, 0], [1, 0], [0, 1]], constant_values=7.0),
            "mirror_pad": tf.pad(x, [[0, 0], [1, 2], [0, 1]], mode="REFLECT"),
            "reverse": tf.reverse(x, [0, 2]),
            "transpose_computed": tf.transpose(x, tf.concat([[2], [0, 1]], 0)),
            "reshape_computed": tf.reshape(x, [size[0] * size[1], -1]),
        }


class Others(tf.Module):
    @tf.function(input_signature=[spec("x", [None, 3, 4]), spec("n", [None, 3], tf.int32), spec("image", [None, 6, 5, 2])])
    def __call__(self, x, n, image):
        matrix = tf.constant(np.linspace(-1, 1, 24).reshape(4, 6).astype(np.float32))
        kernel = tf.constant(np.linspace(-1, 1, 3 * 2 * 2 * 3).reshape(3, 2, 2, 3).astype(np.float32))
        each = tf.constant(np.linspace(-1, 1, 3 * 2 * 2 * 2).reshape(3, 2, 2, 2).astype(np.float32))
        channels = [tf.constant(values) for values in ([1.0, 2.0], [0.5, -0.5], [0.1, 0.2], [1.5, 0.7])]
        product = tf.einsum("bij,bkj->bik", x, x)
        return {
            "matmul": tf.matmul(x[0], matrix),
            "matmul_turned": tf.matmul(x[0], tf.transpose(matrix)[:3], transpose_b=True),
            "matmul_turned_first": tf.matmul(x[0], x[1], transpose_a=True),
            "batch_matmul": tf.matmul(x, x, transpose_b=True),
            "batch_matmul_first": tf.matmul(x, x, transpose_a=True),
            "batch_matmul_plain": tf.matmul(x, tf.tile(matrix[tf.newaxis], [tf.shape(x)[0], 1, 1])),
            "tensordot": tf.tensordot(x, matrix, 1),
            "einsum": product,
            "mean": tf.reduce_mean(x, [0, 2]),
            "mean_all": tf.reduce_mean(x),
            "mean_none": tf.reduce_mean(x, []),
            "sum": tf.reduce_sum(x, -1, keepdims=True),
            "max": tf.reduce_max(x, 1),
            "min": tf.reduce_min(x, 1),
            "prod": tf.reduce_prod(n, 1),
            "norm": tf.norm(x, axis=-1),
            "all": tf.cast(tf.reduce_all(x > -1, -1), tf.int32),
            "any": tf.cast(tf.reduce_any(x > 1, -1), tf.int32),
            "argmax": tf.argmax(x, 1),
            "argmin": tf.argmin(x, -1),
            "cumsum": tf.cumsum(x, 1, exclusive=True, reverse=True),
            "softmax": tf.nn.softmax(x),
            "log_softmax": tf.nn.log_softmax(x),
            "size": tf.size(x) + tf.rank(x),
            "fill": tf.fill(tf.shape(x)[1:], 2.5),
            "zeros_like": tf.zeros_like(x) + 1.0,
            "ones_like": tf.ones_like(n),
            "range": tf.range(tf.shape(x)[1]) * 2,
            "where": tf.where(n > 0),
            "one_hot": tf.one_hot(tf.abs(n) % 5, 5, on_value=2.0, off_value=-1.0),
            "one_hot_axis": tf.one_hot(tf.abs(n) % 5, 5, axis=1),
            "band_part": tf.linalg.band_part(product, -1, 0),
            "band_part_both": tf.linalg.band_part(product, 1, 1),
            "broadcast_args": tf.broadcast_dynamic_shape(tf.shape(x), [4]),
            "shape_n": tf.concat(raw.ShapeN(input=[x, x[0]]), 0),
            "conv": tf.nn.conv2d(image, kernel, [1, 2, 1, 1], "SAME"),
            "conv_valid": tf.nn.conv2d(image, kernel, 1, "VALID"),
            "conv_explicit": tf.nn.conv2d(image, kernel, 1, [[0, 0], [1, 0], [0, 2], [0, 0]]),
            "conv_dilated": tf.nn.conv2d(image, kernel, 1, "VALID", dilations=[2, 1]),
            "depthwise": tf.nn.depthwise_conv2d(image, each, [1, 1, 1, 1], "SAME"),
            "max_pool": tf.nn.max_pool2d(image, [2, 3], [2, 1], "SAME"),
            "avg_pool": tf.nn.avg_pool2d(image, 2, 1, "VALID"),
            "batch_norm": raw.FusedBatchNormV3(x=image, scale=channels[0], offset=channels[1], mean=channels[2], variance=channels[3], epsilon=1e-3, is_training=False)[0],
            "batch_norm_of_batch": raw.FusedBatchNormV3(x=image, scale=channels[0], offset=channels[1], mean=[], variance=[], epsilon=1e-3, is_training=True)[0],
            "identity_n": tf.identity_n([tf.stop_gradient(x), x])[1],
        }


class More(tf.Module):
    @tf.function(input_signature=[spec("x", [None, 3, 4]), spec("image", [None, 6, 4, 2])])
    def __call__(self, x, image):
        p = tf.sigmoid(x)
        values, places = tf.math.top_k(x, 2)
        return {
            "tan": tf.tan(p),
            "asin": tf.asin(p),
            "acos": tf.acos(p),
            "atan": tf.atan(x),
            "sinh": tf.sinh(x),
            "cosh": tf.cosh(x),
            "asinh": tf.asinh(x),
            "acosh": tf.acosh(1 + p),
            "atanh": tf.atanh(p),
            "is_finite": tf.cast(tf.math.is_finite(tf.math.log(x)), tf.int32),
            "roll": tf.roll(x, [1, -2], [1, 2]),
            "space_to_depth": tf.nn.space_to_depth(image, 2),
            "depth_to_space": tf.nn.depth_to_space(tf.concat([image, image * 2, image + 1, image - 1], -1), 2),
            "patches": tf.image.extract_patches(image, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
            "scatter_update": tf.tensor_scatter_nd_update(x[0], [[1], [2]], x[1, :2]),
            "scatter_add": tf.tensor_scatter_nd_add(x[0], [[1], [1]], x[1, :2]),
            "top_values": values,
            "top_places": places,
            "linspace": raw.LinSpace(start=x[0, 0, 0], stop=3.0, num=5),
            "bilinear": tf.image.resize(image, [9, 5]),
            "bilinear_v1": v1.image.resize_bilinear(image, [9, 5]),
            "bilinear_corners": v1.image.resize_bilinear(image, [9, 5], align_corners=True),
            "nearest": tf.image.resize(image, [9, 5], method="nearest"),
            "nearest_v1": v1.image.resize_nearest_neighbor(image, [3, 7]),
        }


image = random.standard_normal((2, 6, 5, 2)).astype(np.float32)
for name, module, feeds in (
    ("elementwise", Elementwise(), {"x": x, "n": n}),
    ("movements", Movements(), {"x": x, "n": n, "at": np.array(1, dtype=np.int32)}),
    ("others", Others(), {"x": x, "n": n, "image": image}),
):
    save(name, module, module.__call__, feeds)
more = More()
save("more", more, more.__call__, {"x": x, "image": image[:, :, :4]})


# --- TensorFlow.js: a frozen graph as JSON, its weights in small shards, plain and quantised


def tfjs(name, module_folder, quantise=None, shard=700):
    folder = fresh(name)
    folder.mkdir()
    source = here / module_folder
    loaded = tf.saved_model.load(source)
    frozen = convert_variables_to_constants_v2(loaded.signatures["serving_default"], lower_control_flow=False)
    graph = frozen.graph.as_graph_def()
    weights, data = [], b""
    for node in graph.node:
        if node.op != "Const":
            continue
        value = tf.make_ndarray(node.attr["value"].tensor)
        dtype = {"f": "float32", "i": "int32", "b": "bool"}[value.dtype.kind]
        entry = {"name": node.name, "shape": list(value.shape), "dtype": dtype}
        if quantise and dtype == "float32" and value.size > 1:
            if quantise == "float16":
                entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
                data += value.astype(np.float16).tobytes()
            else:
                levels = np.iinfo(quantise).max
                low, high = float(value.min()), float(value.max())
                scale = (high - low) / levels or 1.0
                entry["quantization"] = {"dtype": quantise, "min": low, "scale": scale, "original_dtype": "float32"}
                data += np.round((value - low) / scale).astype(quantise).tobytes()
        else:
            data += value.astype({"float32": np.float32, "int32": np.int32, "bool": np.uint8}[dtype]).tobytes()
        weights.append(entry)
        node.attr["value"].Clear()
        node.attr["value"].tensor.dtype = node.attr["dtype"].type
    shards = [data[start : start + shard] for start in range(0, len(data), shard)]
    paths = [f"group1-shard{index + 1}of{len(shards)}.bin" for index in range(len(shards))]
    for path, content in zip(paths, shards):
        (folder / path).write_bytes(content)
    topology = json_format.MessageToDict(graph)
    info = lambda tensors: {name: {"name": tensor.name, "dtype": tf.as_dtype(tensor.dtype).as_datatype_enum, "tensorShape": {"unknownRank": True} if tensor.shape.rank is None else {"dim": [{"size": str(-1 if size is None else size)} for size in tensor.shape]}} for name, tensor in tensors}
    inputs = info([(tensor.name.split(":")[0], tensor) for tensor in frozen.inputs])
    outputs = info([(name, tensor) for name, tensor in zip(sorted(loaded.signatures["serving_default"].structured_outputs), frozen.outputs)])
    model = {"format": "graph-model", "modelTopology": topology, "signature": {"inputs": inputs, "outputs": outputs}, "weightsManifest": [{"paths": paths, "weights": weights}]}
    (folder / "model.json").write_text(json.dumps(model))
    golden = json.loads((source / "golden.json").read_text())
    (folder / "golden.json").write_text(json.dumps({"feeds": golden["feeds"] if set(inputs) == set(golden["feeds"]) else dict(zip(inputs, golden["feeds"].values())), "outputs": golden["outputs"]}))


tfjs("tfjs-text", "keras-text", shard=60_000)
for name in ("elementwise", "movements", "others"):
    tfjs(f"tfjs-{name}", name, shard=60_000)
tfjs("tfjs-text-shards", "keras-text", shard=1500)
tfjs("tfjs-text-uint8", "keras-text", "uint8", shard=60_000)
tfjs("tfjs-text-uint16", "keras-text", "uint16", shard=60_000)
tfjs("tfjs-text-float16", "keras-text", "float16", shard=60_000)

for path in [*here.glob("*/saved_model.pb"), *here.glob("*/model.json")]:
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
