"""Makes the golden files of this folder: python3 make_golden.py

Needs numpy, Pillow 12, torchvision, timm, transformers 5 and tokenizers. Seeds are fixed; the WordPiece trainer alone settles ties
anew on every run, so bert-like.json may change with its ids.
"""

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from timm.data import create_transform
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

here = Path(__file__).parent
generator = np.random.default_rng(0)
calibration = (here / "../../../../media/calibration/text.txt").resolve().read_text(encoding="utf-8")


def write(name, content):
    (here / name).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def encoded(data):
    return base64.b64encode(data).decode("ascii")


# Tokenizers, each with the ids that the reference library gives.

text = "Light, in 1704: \"cæteris paribus\"!\n\nRays don't bend  twice; naïve café 日本 🙂.\n" + calibration[:2000]


def gpt2_like():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<|endoftext|>"], initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator([calibration[:20000]], trainer)
    return tokenizer


def bert_like():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.train_from_iterator([calibration[:20000]], trainer)
    frame = [("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]"))]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=frame)
    return tokenizer


def llama_like():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    words = calibration[:20000].replace("\n", " ").split(" ")
    tokenizer.train_from_iterator(words, trainers.BpeTrainer(vocab_size=420, special_tokens=special))
    definition = json.loads(tokenizer.to_str())
    definition["added_tokens"] = [token for token in definition["added_tokens"] if token["id"] < 3]
    tokenizer = Tokenizer.from_str(json.dumps(definition))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


for name, make in {"gpt2-like": gpt2_like, "bert-like": bert_like, "llama-like": llama_like}.items():
    tokenizer = make()
    definition = json.loads(tokenizer.to_str())
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    framed = tokenizer.encode("a b").ids
    write(f"{name}.json", {"tokenizer": definition, "text": text, "ids": plain, "framed": framed, "vocabulary": tokenizer.get_vocab_size()})

# Arrays as NumPy writes them.

arrays = {}
for dtype in ["i1", "u1", "<i2", ">i2", "<u2", "<i4", ">i4", "<u4", "<i8", ">i8", "<u8"]:
    arrays[f"1-D {dtype}"] = (np.array([3, 1, 4, 1, 5, 100], dtype=dtype), (1, 0))
table = np.arange(12, dtype="<i8").reshape(3, 4)
arrays["2-D"] = (table, (1, 0))
arrays["2-D, Fortran order"] = (np.asfortranarray(table), (1, 0))
arrays["2-D, version 2"] = (table, (2, 0))
arrays["2-D, version 3"] = (table, (3, 0))
arrays["empty"] = (np.zeros(0, dtype="<i8"), (1, 0))
arrays["float"] = (np.zeros(3, dtype="<f4"), (1, 0))
arrays["bool"] = (np.zeros(3, dtype="?"), (1, 0))
arrays["3-D"] = (np.zeros((1, 2, 3), dtype="<i8"), (1, 0))
arrays["structured"] = (np.zeros(3, dtype=[("a", "<i4")]), (1, 0))


def npy(array, version):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return encoded(file.getvalue())


integers = lambda array: np.atleast_2d(array).tolist() if array.dtype.kind in "iu" and array.ndim < 3 else None
write("npy.json", {name: {"file": npy(*entry), "rows": integers(entry[0])} for name, entry in arrays.items()})

# Pictures: what Pillow decodes from each file.

rough = generator.integers(0, 256, (24, 32, 3), dtype=np.uint8)
picture = Image.fromarray(rough).filter(ImageFilter.GaussianBlur(1))
picture = Image.fromarray(np.clip((np.asarray(picture).astype(int) - 128) * 3 + 128, 0, 255).astype(np.uint8))
alpha = Image.fromarray(generator.integers(0, 256, (24, 32), dtype=np.uint8))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(colour_type, depth, width, height, rows, interlace=0, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def interlaced(array):
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [array[y::dy, x::dx] for x, y, dx, dy in passes]
    return b"".join(b"\x00" + row.tobytes() for part in parts if part.size for row in part)


def packed(depth):
    samples = generator.integers(0, 2**depth, (5, 11))
    bits = (samples[..., None] >> np.arange(depth - 1, -1, -1)) & 1
    lines = np.packbits(bits.reshape(5, -1), axis=1)
    return b"".join(b"\x00" + line.tobytes() for line in lines)


wide = generator.integers(0, 65536, (5, 7, 3)).astype(">u2")
colours = chunk(b"PLTE", generator.integers(0, 256, 48, dtype=np.uint8).tobytes())
files = {
    "RGB": saved(picture, "PNG"),
    "RGBA": saved(Image.merge("RGBA", [*picture.split(), alpha]), "PNG"),
    "grey": saved(picture.convert("L"), "PNG"),
    "grey and alpha": saved(Image.merge("LA", [picture.convert("L"), alpha]), "PNG"),
    "palette": saved(picture.quantize(32), "PNG"),
    "palette with transparency": saved(picture.quantize(32), "PNG", transparency=3),
    "palette of 4 bits": png(3, 4, 11, 5, packed(4), extra=colours),
    "grey of 1 bit": png(0, 1, 11, 5, packed(1)),
    "grey of 2 bits": png(0, 2, 11, 5, packed(2)),
    "grey of 4 bits": png(0, 4, 11, 5, packed(4)),
    "RGB of 16 bits": png(2, 16, 7, 5, b"".join(b"\x00" + row.tobytes() for row in wide)),
    "RGB interlaced": png(2, 8, 32, 24, interlaced(np.asarray(picture)), interlace=1),
    "JPEG without subsampling": saved(picture, "JPEG", quality=90, subsampling=0),
    "JPEG grey": saved(picture.convert("L"), "JPEG", quality=90),
    "JPEG progressive": saved(picture, "JPEG", quality=90, subsampling=0, progressive=True),
}
smooth = Image.fromarray(rough).filter(ImageFilter.GaussianBlur(4))
files["JPEG with subsampling"] = saved(smooth, "JPEG", quality=90, subsampling=2)


def pixels(image):
    return {"width": image.width, "height": image.height, "data": encoded(image.tobytes())}


def decoded(data):
    image = Image.open(io.BytesIO(data))
    return {"file": encoded(data), "rgb": pixels(image.convert("RGB"))}


write("pictures.json", {"files": {name: decoded(data) for name, data in files.items()}, "grey": pixels(picture.convert("L"))})

# Resizing by every filter: smaller, larger, and one edge each way.

sizes = [(13, 9), (34, 26), (10, 28), (32, 11)]
filters = {filter.name.lower(): filter for filter in Image.Resampling}
resized = [{"filter": name, **pixels(picture.resize(size, filter))} for name, filter in filters.items() for size in sizes]
write("resized.json", {"source": pixels(picture), "resized": resized})

# Whole preprocessing, by the libraries whose files we read.


def hugging_face(processor, name):
    config = json.loads(processor.to_json_string())
    values = processor(picture, return_tensors="np")["pixel_values"][0]
    return {"file": "preprocessor_config.json", "config": {**config, "image_processor_type": name}, **answer(values)}


def timm(config):
    size = config["input_size"]
    transform = create_transform(
        input_size=tuple(size), interpolation=config["interpolation"], mean=config["mean"], std=config["std"], crop_pct=config["crop_pct"], crop_mode=config.get("crop_mode"),
    )
    return {"file": "config.json", "config": {"architecture": "vit_tiny", "pretrained_cfg": config}, **answer(transform(picture).numpy())}


def answer(values):
    return {"shape": list(values.shape), "values": encoded(np.ascontiguousarray(values, dtype="<f4").tobytes())}


normal = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28]}
write(
    "processed.json",
    {
        "ViT": hugging_face(ViTImageProcessorPil(size={"height": 16, "width": 16}), "ViTImageProcessor"),
        "ViT, not normalised": hugging_face(ViTImageProcessorPil(size={"height": 16, "width": 12}, resample=3, do_normalize=False), "ViTImageProcessor"),
        "DeiT": hugging_face(DeiTImageProcessorPil(size={"height": 20, "width": 20}, crop_size={"height": 15, "width": 15}), "DeiTImageProcessor"),
        "CLIP": hugging_face(CLIPImageProcessorPil(size={"shortest_edge": 17}, crop_size={"height": 16, "width": 16}), "CLIPImageProcessor"),
        "crop beyond the edge": hugging_face(DeiTImageProcessorPil(do_resize=False, crop_size={"height": 27, "width": 9}), "DeiTImageProcessor"),
        "timm": timm({"input_size": [3, 16, 16], "interpolation": "bicubic", "crop_pct": 0.9, "crop_mode": "center", **normal}),
        "timm, half a pixel": timm({"input_size": [3, 16, 16], "interpolation": "bilinear", "crop_pct": 0.84, **normal}),
        "timm, squashed": timm({"input_size": [3, 16, 16], "interpolation": "bilinear", "crop_pct": 1.0, "crop_mode": "squash", **normal}),
    },
)
