"""Tests of media/capture.py; those of PyTorch's models run where torch is installed."""

import json
import math
import os
import struct
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "media"))
import capture as normlens

try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError:
    torch = None


class Opened:
    """A capture file, read back by a few lines of its own."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        length = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8 : 8 + length])
        self.facts = header.pop("__metadata__")
        self.shapes = {name: entry["shape"] for name, entry in header.items()}
        self.values = {}
        for name, entry in header.items():
            start, end = entry["data_offsets"]
            self.values[name] = struct.unpack(f"<{(end - start) // 4}f", data[8 + length + start : 8 + length + end])
        self.names = [name.removesuffix(".input") for name in header if name.endswith(".input")]
        self.aligned = length % 8 == 0


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "run.safetensors"

    def left(self):
        return os.listdir(self.folder)


class Recordings(InFolder):
    """What needs neither torch nor NumPy."""

    def test_writes_lists(self):
        with normlens.Recording(self.path) as recording:
            recording.add("blocks.0.norm1", [[1, 2, 3], [4, 5, 6]], kind="layernorm", eps=1e-6, weight=[1, 1, 2], bias=[0, 0, 1])
            recording.add("norm", [[1, 2, 4]], kind="rmsnorm", eps=1e-5)
        opened = Opened(self.path)
        self.assertEqual(opened.shapes, {"blocks.0.norm1.input": [2, 3], "blocks.0.norm1.weight": [3], "blocks.0.norm1.bias": [3], "norm.input": [1, 3]})
        self.assertEqual(opened.values["blocks.0.norm1.input"], (1, 2, 3, 4, 5, 6))
        self.assertEqual(opened.values["blocks.0.norm1.weight"], (1, 1, 2))
        self.assertEqual(opened.facts["schema"], "normlens-capture/1")
        self.assertEqual(opened.facts["blocks.0.norm1.role"], "attention")
        self.assertEqual(opened.facts["norm.role"], "final")
        self.assertEqual(opened.facts["norm.kind"], "rmsnorm")
        self.assertEqual(float(opened.facts["norm.eps"]), 1e-5)
        self.assertEqual(json.loads(opened.facts["model"]), {"width": 3, "depth": 1})
        self.assertTrue(opened.aligned)
        self.assertEqual(self.left(), ["run.safetensors"])

    def test_keeps_a_sample_that_the_seed_decides(self):
        def kept(seed, block):
            with normlens.Recording(self.path, max_tokens=50, seed=seed) as recording:
                for start in range(0, 1000, block):
                    recording.add("norm", [[float(row), 1.0] for row in range(start, start + block)], kind="layernorm", eps=0)
            opened = Opened(self.path)
            self.assertNotIn("norm.rows_per_sequence", opened.facts)
            self.assertEqual(opened.shapes["norm.input"], [50, 2])
            return sorted(opened.values["norm.input"][::2])

        first = kept(1, 100)
        self.assertEqual(first, kept(1, 100))
        self.assertEqual(first, kept(1, 10), "how the rows are cut into calls does not matter")
        self.assertNotEqual(first, kept(2, 100))
        self.assertEqual(len(set(first)), 50)

    def test_keeps_every_row_with_the_same_chance(self):
        counts = [0] * 10
        for seed in range(300):
            sample = normlens._Sample(20, seed)
            slots = dict((slot, position) for position, slot in sample.places(200))
            for position in slots.values():
                counts[position // 20] += 1
        # 600 of the 6000 are expected in each tenth, with a standard deviation of about 22.
        self.assertTrue(all(abs(count - 600) < 110 for count in counts), counts)

    def test_knows_sequences_while_nothing_is_dropped(self):
        with normlens.Recording(self.path, max_tokens=5) as recording:
            recording.add("norm", [[1.0, 2.0]] * 3, kind="layernorm", eps=0)
            recording.add("norm", [[1.0, 2.0]] * 2, kind="layernorm", eps=0)
        self.assertEqual(Opened(self.path).facts["norm.rows_per_sequence"], "1x3,1x2")

    def test_leaves_no_file_after_an_exception(self):
        self.path.write_bytes(b"earlier")
        with self.assertRaises(ZeroDivisionError):
            with normlens.Recording(self.path) as recording:
                recording.add("norm", [[1.0, 2.0]], kind="layernorm", eps=0)
                raise ZeroDivisionError
        self.assertEqual(self.path.read_bytes(), b"earlier")
        self.assertEqual(self.left(), ["run.safetensors"])

    def test_leaves_no_half_file_where_writing_fails(self):
        with self.assertRaises(TypeError):
            normlens.write_safetensors(self.path, {"a": ("F32", [1], b"1234"), "b": ("F32", [1], _LiesAboutItsLength())}, {})
        self.assertEqual(self.left(), [])

    def test_refuses_to_write_nothing(self):
        with self.assertRaisesRegex(RuntimeError, "No norm layer ran"):
            with normlens.Recording(self.path):
                pass
        self.assertEqual(self.left(), [])

    def test_leaves_out_inputs_of_another_width(self):
        recording = normlens.Recording(self.path)
        recording.add("norm", [[1.0, 2.0]], kind="layernorm", eps=0)
        recording.add("norm", [[1.0, 2.0, 3.0]], kind="layernorm", eps=0)
        self.assertEqual(len(recording.notes), 1)

    def test_tells_roles_by_names(self):
        expected = {
            "transformer.h.0.ln_1": "attention",
            "transformer.ln_f": "final",
            "model.layers.3.post_attention_layernorm": "ffn",
            "model.layers.3.self_attn.q_norm": "query",
            "blocks.1.attn.k_norm": "key",
            "bert.embeddings.LayerNorm": "embedding",
            "bert.encoder.layer.1.attention.output.LayerNorm": "post-attention",
            "bert.encoder.layer.1.output.LayerNorm": "post-ffn",
            "vision_model.pre_layrnorm": "embedding",
            "vision_model.post_layernorm": "final",
            "encoder.layers.0.final_layer_norm": "ffn",
            "stages.0.blocks.0.norm": "ffn",
            "encoder.block.0.layer.0.layer_norm": "attention",
            "encoder.block.0.layer.1.layer_norm": "ffn",
            "decoder.block.0.layer.1.layer_norm": "attention",
            "decoder.block.0.layer.2.layer_norm": "ffn",
            "feature_extractor.conv_layers.0.layer_norm": "embedding",
            "encoder.layers.3.layer_norm": "other",
        }
        self.assertEqual({name: normlens.role_of(name) for name in expected}, expected)
        behind = "layers.0.post_attention_layernorm"
        self.assertEqual(normlens.role_of(behind, ["layers.0.pre_feedforward_layernorm"]), "post-attention")


    def test_tells_blocks_by_names(self):
        expected = {"h.3.ln_1": 3, "block_12.norm1": 12, "Block_0.LayerNorm_1": 0, "ln_f": None, "norm_1": None}
        self.assertEqual({name: normlens.depth_of(name) for name in expected}, expected)


class _LiesAboutItsLength:
    def __len__(self):
        return 4


if torch:

    class Root(nn.Module):
        def __init__(self, **modules):
            super().__init__()
            for name, module in modules.items():
                self.add_module(name, module)

        def forward(self, x):
            for module in self.children():
                x = module(x)
            return x

    class HandRMSNorm(nn.Module):
        def __init__(self, width, plus=0.0):
            super().__init__()
            self.weight = nn.Parameter(torch.linspace(0.5, 1.5, width))
            self.plus, self.variance_epsilon = plus, 1e-3

        def forward(self, x):
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon) * (self.weight + self.plus)

    class T5LayerNorm(HandRMSNorm):
        """An RMSNorm that is called LayerNorm."""

    class ChannelsFirstLayerNorm(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.weight, self.bias, self.eps = nn.Parameter(torch.ones(width)), nn.Parameter(torch.full((width,), 0.25)), 1e-6

        def forward(self, x):
            mean, variance = x.mean(1, keepdim=True), x.var(1, keepdim=True, unbiased=False)
            return self.weight[:, None, None] * ((x - mean) / torch.sqrt(variance + self.eps)) + self.bias[:, None, None]

    class ScaleNormRMSNorm(nn.Module):
        """Called like a norm, and none."""

        def forward(self, x):
            return x / x.abs().amax()

    class FunctionalBlock(nn.Module):
        def __init__(self):
            super().__init__()
            self.gain = nn.Parameter(torch.full((8,), 2.0))

        def forward(self, x):
            x = x + torch.tanh(F.layer_norm(x, (8,), self.gain, None, 1e-3))
            return x + F.rms_norm(x, (8,), None, 1e-4)

    class SharedNorm(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(8)

        def forward(self, x):
            return self.norm(torch.tanh(self.norm(x)))


@unittest.skipUnless(torch, "no torch")
class Models(InFolder):
    def setUp(self):
        super().setUp()
        torch.manual_seed(0)

    def opened(self, model, x, **options):
        with normlens.capture(model, self.path, **options):
            self.output = model(x)
        return Opened(self.path)

    def assert_rows(self, opened, name, expected):
        self.assertEqual(opened.values[f"{name}.input"], tuple(expected.detach().float().flatten().tolist()))

    def test_sees_the_norms_of_torch(self):
        x = torch.randn(2, 5, 8)
        model = Root(ln_1=nn.LayerNorm(8, eps=1e-3), rms=nn.RMSNorm(8, eps=1e-4), other=nn.Linear(8, 8), final=nn.LayerNorm(8, elementwise_affine=False))
        opened = self.opened(model, x)
        self.assertEqual(opened.names, ["ln_1", "rms", "final"])
        self.assert_rows(opened, "ln_1", x)
        self.assert_rows(opened, "rms", model.ln_1(x))
        self.assertEqual([opened.facts[f"{name}.kind"] for name in opened.names], ["layernorm", "rmsnorm", "layernorm"])
        self.assertEqual([float(opened.facts[f"{name}.eps"]) for name in opened.names], [1e-3, 1e-4, 1e-5])
        self.assertEqual(opened.facts["ln_1.rows_per_sequence"], "5x2")
        self.assertNotIn("final.weight", opened.shapes)
        self.assertIn("ln_1.bias", opened.shapes)

    def test_sees_classes_that_compute_by_themselves(self):
        x = torch.randn(2, 5, 8)
        model = Root(hand=HandRMSNorm(8), t5=T5LayerNorm(8), gemma=HandRMSNorm(8, plus=1.0))
        opened = self.opened(model, x)
        self.assertEqual({opened.facts[f"{name}.kind"] for name in opened.names}, {"rmsnorm"})
        self.assertEqual(float(opened.facts["hand.eps"]), 1e-3)
        self.assertEqual(opened.values["hand.weight"], tuple(model.hand.weight.tolist()))
        self.assertEqual(opened.values["gemma.weight"], tuple((model.gemma.weight + 1).tolist()))

    def test_sees_them_in_bfloat16(self):
        model = Root(hand=HandRMSNorm(64), norm=nn.LayerNorm(64)).bfloat16()
        x = torch.randn(4, 9, 64).bfloat16()
        opened = self.opened(model, x)
        self.assertEqual(opened.names, ["hand", "norm"])
        self.assert_rows(opened, "hand", x)

    def test_sees_norms_over_the_first_of_several_axes(self):
        x = torch.randn(2, 6, 3, 4)
        opened = self.opened(Root(norm=ChannelsFirstLayerNorm(6)), x)
        self.assert_rows(opened, "norm", x.permute(0, 2, 3, 1))
        self.assertEqual(opened.facts["norm.kind"], "layernorm")

    def test_takes_a_group_as_a_row(self):
        x = torch.randn(3, 6, 2, 2)
        opened = self.opened(Root(norm=nn.GroupNorm(2, 6)), x)
        self.assertEqual(opened.shapes, {"norm.input": [6, 12]})
        self.assertEqual(opened.facts["norm.kind"], "groupnorm")
        self.assert_rows(opened, "norm", x)

    def test_sees_functional_calls(self):
        x = torch.randn(2, 5, 8)
        opened = self.opened(Root(block=FunctionalBlock()), x)
        self.assertEqual(opened.names, ["block.layer_norm", "block.rms_norm_1"])
        self.assertEqual(opened.values["block.layer_norm.weight"], (2.0,) * 8)
        self.assertEqual(float(opened.facts["block.layer_norm.eps"]), 1e-3)

    def test_leaves_out_what_is_no_norm(self):
        x = torch.randn(4, 8, 5)
        model = Root(batch=nn.BatchNorm1d(8), false=ScaleNormRMSNorm(), norm=nn.LayerNorm(5))
        with normlens.capture(model, self.path) as recording:
            model(x)
        self.assertEqual(Opened(self.path).names, ["norm"])
        self.assertEqual(len(recording.notes), 1)

    def test_leaves_out_what_writes_over_its_input_and_says_so(self):
        class RMSNorm(nn.Module):
            def forward(self, x):
                return x.div_(x.pow(2).mean(-1, keepdim=True).sqrt())

        for mode in (torch.no_grad, torch.inference_mode):
            with mode(), self.assertRaisesRegex(RuntimeError, "0: RMSNorm writes over its input, so it was left out"):
                with normlens.capture(model := nn.Sequential(RMSNorm()), self.path):
                    model(10 * torch.randn(50, 8))

    def test_counts_no_run_of_gradient_checkpointing_twice(self):
        from torch.utils.checkpoint import checkpoint

        for norm in (nn.LayerNorm(8), HandRMSNorm(8)):
            for reentrant in (False, True):
                with normlens.capture(norm, self.path):
                    checkpoint(norm, torch.randn(2, 50, 8, requires_grad=True), use_reentrant=reentrant).sum().backward()
                opened = Opened(self.path)
                self.assertEqual(opened.names, [type(norm).__name__])
                self.assertEqual(opened.shapes[f"{type(norm).__name__}.input"], [100, 8])
                self.assertEqual(opened.facts[f"{type(norm).__name__}.calls"], "1")

    def test_refuses_at_the_start_what_can_not_be_written(self):
        with self.assertRaisesRegex(FileNotFoundError, "none is no folder: make it first"):
            normlens.Recording(os.path.join(os.path.dirname(self.path), "none", "x.safetensors"))
        with self.assertRaisesRegex(ValueError, "max_tokens is 1.5: choose a whole number above 0"):
            normlens.Recording(self.path, max_tokens=1.5)

    def test_counts_calls_of_one_pass(self):
        model = SharedNorm()
        with normlens.capture(model, self.path):
            model(torch.randn(2, 5, 8))
            model(torch.randn(2, 5, 8))
        opened = Opened(self.path)
        self.assertEqual(opened.facts["norm.calls"], "2")
        self.assertEqual(opened.shapes["norm.input"], [40, 8])

    def test_puts_heads_side_by_side(self):
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm, self.q_norm, self.k_norm = nn.LayerNorm(8), nn.LayerNorm(4), nn.LayerNorm(4)

            def forward(self, x):
                heads = self.norm(x).view(2, 5, 2, 4)
                return self.q_norm(heads.transpose(1, 2)).sum() + self.k_norm(heads).sum()

        opened = self.opened(Attention(), torch.randn(2, 5, 8))
        self.assertEqual(opened.values["q_norm.input"], opened.values["k_norm.input"])
        self.assertEqual(opened.facts["q_norm.rows_per_position"], "2")
        self.assertEqual(opened.facts["k_norm.rows_per_sequence"], "10x2")

    def test_changes_nothing_and_leaves_nothing(self):
        x = torch.randn(2, 5, 8)
        model = Root(ln=nn.LayerNorm(8), hand=HandRMSNorm(8), block=FunctionalBlock())
        expected = model(x)
        self.opened(model, x)
        self.assertTrue(torch.equal(self.output, expected))
        self.assertFalse(any(module._forward_hooks or module._forward_pre_hooks for module in model.modules()))

    def test_survives_an_exception_inside(self):
        class Breaks(nn.Module):
            def forward(self, x):
                raise ZeroDivisionError

        model = Root(ln=nn.LayerNorm(8), breaks=Breaks())
        with self.assertRaises(ZeroDivisionError):
            with normlens.capture(model, self.path):
                model(torch.randn(2, 5, 8))
        self.assertEqual(self.left(), [])
        self.assertFalse(any(module._forward_hooks or module._forward_pre_hooks for module in model.modules()))
        self.assertEqual(F.layer_norm(torch.ones(2), (2,)).tolist(), [0, 0])

    def test_goes_on_after_an_exception_that_the_caller_handles(self):
        class Breaks(nn.Module):
            def forward(self, x):
                raise ZeroDivisionError

        model = Root(ln=nn.LayerNorm(8), block=Root(breaks=Breaks()))
        with normlens.capture(model, self.path):
            for _ in range(2):
                with self.assertRaises(ZeroDivisionError):
                    model(torch.randn(2, 5, 8))
        self.assertEqual(Opened(self.path).names, ["ln"])

    def test_bounds_what_it_keeps(self):
        model = Root(ln=nn.LayerNorm(8))
        with normlens.capture(model, self.path, max_tokens=30):
            for _ in range(20):
                model(torch.randn(4, 25, 8, requires_grad=True)).sum().backward()
        self.assertEqual(Opened(self.path).shapes["ln.input"], [30, 8])

    def test_describes_the_model(self):
        model = Root(embedding=nn.Embedding(10, 8), ln=nn.LayerNorm(8))
        opened = self.opened(nn.Sequential(model), torch.arange(5)[None])
        described = json.loads(opened.facts["model"])
        self.assertEqual((described["isLanguageModel"], described["width"], described["parameters"]), (True, 8, 96))

    def test_names_norms_as_without_wrappers(self):
        class Wrapper(nn.Module):
            def __init__(self, module):
                super().__init__()
                self.module = module

            def forward(self, x):
                return self.module(x)

        self.assertEqual(self.opened(Wrapper(Root(ln=nn.LayerNorm(8))), torch.randn(2, 5, 8)).names, ["ln"])


if __name__ == "__main__":
    unittest.main()
