"""Writes HDF5 files of every kind that h5py makes, and what is in them as safetensors, read back by h5py itself.

Run it in this folder with h5py, ml_dtypes and safetensors; the files are committed. The tests read them without Python.
"""

from pathlib import Path

import h5py
import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

here = Path(__file__).parent
random = np.random.default_rng(7)
dtypes = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool")


def array(dtype, *shape):
    return (random.standard_normal(shape) * 8 + 20).astype(dtype)


def write(name, libver, links):
    """Groups in groups, all dtypes, shapes from a single number to four axes, and a group with so many links."""
    with h5py.File(here / name, "w", libver=libver) as file:
        file.attrs["model_config"] = '{"class_name": "Sequential"}'
        file.attrs["fixed"] = np.bytes_("of eight")
        file.attrs["empty"] = ""
        file.attrs["layer_names"] = [b"dense", b"norm"]
        file.attrs["number"] = 3.5
        types = file.create_group("types")
        for dtype in dtypes:
            types[dtype] = array(dtype, 3, 2)
        bfloat16 = types.create_dataset("bfloat16", data=array(ml_dtypes.bfloat16, 5))
        bfloat16.attrs["dtype"] = "bfloat16"
        types["text"] = "no tensor"
        shapes = file.create_group("shapes")
        shapes.attrs["name"] = "größe"
        for axes in ((), (1,), (7,), (2, 3), (2, 0), (2, 3, 2), (2, 1, 3, 2)):
            shapes[f"of_{len(axes)}_{int(np.prod(axes))}"] = array("float32", *axes)
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        small = h5py.h5d.create(shapes.id, b"compact", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((4,)), compact)
        small.write(h5py.h5s.ALL, h5py.h5s.ALL, array("float32", 4))
        many = file.create_group("many")
        for attribute in range(20):
            many.attrs[f"attribute_{attribute}"] = f"value {attribute}"
        for link in range(links):
            many[f"layer_{link}"] = np.float32([link])
        file["again"] = file["shapes"]
        file["many/all"] = file["/"]
        file["soft"] = h5py.SoftLink("/shapes")
        file["outside"] = h5py.ExternalLink("other.h5", "/")
        file.create_group("deeper/and/deeper")["weight"] = array("float32", 2, 2)


def contents(name):
    """What h5py reads, each dataset under the first of its names; text left out."""
    found, seen = {}, set()

    def visit(group, path):
        for name, kind in sorted((name, group.get(name, getlink=True)) for name in group):
            if not isinstance(kind, h5py.HardLink) or h5py.h5o.get_info(group[name].id).addr in seen:
                continue
            seen.add(h5py.h5o.get_info(group[name].id).addr)
            if isinstance(group[name], h5py.Group):
                visit(group[name], f"{path}{name}/")
            elif group[name].attrs.get("dtype") == "bfloat16":
                found[path + name] = np.ascontiguousarray(group[name][()]).view(ml_dtypes.bfloat16)
            elif group[name].dtype.kind in "fiub":
                found[path + name] = np.ascontiguousarray(group[name][()]).reshape(group[name].shape)

    with h5py.File(here / name) as file:
        seen.add(h5py.h5o.get_info(file.id).addr)
        visit(file, "")
    return found


def refused(name, **options):
    with h5py.File(here / name, "w") as file:
        file.create_dataset("layer/kernel", data=array("float32", 8, 8), **options)


if __name__ == "__main__":
    for name, libver, links in (("earliest.h5", "earliest", 12), ("latest.h5", "latest", 60), ("v110.h5", "v110", 3)):
        write(name, libver, links)
    save_file(contents("latest.h5"), here / "latest-h5.safetensors")
    for name in ("earliest.h5", "v110.h5"):
        save_file(contents(name), here / f"{Path(name).stem}-h5.safetensors")
    refused("chunked.h5", chunks=(4, 4))
    refused("compressed.h5", chunks=(4, 4), compression="gzip")
    refused("big-endian.h5", dtype=">f4")
    with h5py.File(here / "elsewhere.h5", "w") as file:
        file.create_dataset("kernel", shape=(4,), dtype="float32", external=[("elsewhere.raw", 0, 16)])
