"""Converts a state dict that torch saved before version 1.6 to safetensors, with nothing but Python.

usage: python3 legacy_torch_to_safetensors.py IN.bin OUT.safetensors
"""
import collections
import json
import pickle
import struct
import sys

ITEM_SIZES = {"FloatStorage": ("F32", 4), "LongStorage": ("I64", 8)}


class Reader(pickle.Unpickler):
    """Knows the few globals of a state dict; a storage stays a name until its bytes are read."""

    def find_class(self, module, name):
        if name in ITEM_SIZES:
            return name
        if name == "OrderedDict":
            return collections.OrderedDict
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, shape, stride, *_: (storage, offset, shape, stride)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a state dict")

    def persistent_load(self, saved):
        _, storage_type, key, _, count, *_ = saved
        return storage_type, key, count


def contiguous(shape):
    stride, result = 1, []
    for size in reversed(shape):
        result.insert(0, stride)
        stride *= size
    return tuple(result)


def main(source, target):
    with open(source, "rb") as file:
        for _ in range(3):
            pickle.load(file)  # magic number, protocol, system
        tensors = Reader(file).load()
        keys = pickle.load(file)
        types = {storage[1]: storage[0] for storage, *_ in tensors.values()}
        data = {}
        for key in keys:
            (count,) = struct.unpack("<q", file.read(8))
            data[key] = file.read(count * ITEM_SIZES[types[key]][1])
    header, parts, end = {}, [], 0
    for name, ((kind, key, _), offset, shape, stride) in tensors.items():
        assert not shape or stride == contiguous(shape), name
        dtype, size = ITEM_SIZES[kind]
        count = 1
        for dimension in shape:
            count *= dimension
        parts.append(data[key][offset * size : (offset + count) * size])
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + count * size]}
        end += count * size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(target, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


main(*sys.argv[1:])
