"""Tests of media/dyt.py, which need torch; those of files also safetensors."""

import copy
import math
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "media"))

import dyt
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(0)


class GainLessOne(nn.Module):
    """A norm as Gemma has it."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * (1 + self.weight)


class GemmaRMSNorm(GainLessOne):
    pass


class MambaRMSNormGated(GainLessOne):
    pass


class LayerNorm2d(nn.LayerNorm):
    """Over the channels of images, as timm has it."""

    def forward(self, x):
        return F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


class Block(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.norm = norm
        self.linear = nn.Linear(6, 6)

    def forward(self, x):
        return x + self.linear(self.norm(x))


def model(*norms):
    return nn.Sequential(*(Block(norm) for norm in norms))


def randomised(norm):
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter.copy_(torch.randn_like(parameter))
    return norm


def names(module):
    return [name for name, _ in module.named_parameters()]


class Modules(unittest.TestCase):
    """The layers by themselves."""

    def test_official_names_and_formula(self):
        layer = randomised(dyt.DyT(6))
        x = torch.randn(2, 3, 6)
        self.assertEqual({name: tuple(value.shape) for name, value in layer.state_dict().items()}, {"alpha": (1,), "weight": (6,), "bias": (6,)})
        torch.testing.assert_close(layer(x), layer.weight * torch.tanh(layer.alpha * x) + layer.bias)
        fresh = dyt.DyT(6, alpha_init_value=0.8)
        self.assertEqual(fresh.state_dict()["alpha"].tolist(), torch.tensor([0.8]).tolist())
        torch.testing.assert_close(fresh(x), torch.tanh(0.8 * x))

    def test_without_bias_or_affine(self):
        self.assertEqual(names(dyt.DyT(6, bias=False)), ["alpha", "weight"])
        bare = dyt.DyT(6, elementwise_affine=False)
        self.assertEqual(names(bare), ["alpha"])
        x = torch.randn(2, 6)
        torch.testing.assert_close(bare(x), torch.tanh(0.5 * x))

    def test_channels_first(self):
        first, last = randomised(dyt.DyT(6, channels_last=False)), dyt.DyT(6)
        last.load_state_dict(first.state_dict())
        x = torch.randn(2, 6, 4, 5)
        torch.testing.assert_close(first(x), last(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))

    def test_derf_and_isru(self):
        derf, isru, x = randomised(dyt.Derf(6)), randomised(dyt.ISRU(6)), torch.randn(3, 6)
        self.assertEqual(set(names(derf)), {"alpha", "shift", "weight", "bias"})
        torch.testing.assert_close(derf(x), derf.weight * torch.erf(derf.alpha * x + derf.shift) + derf.bias)
        z = isru.alpha * x
        torch.testing.assert_close(isru(x), isru.weight * z / torch.sqrt(1 + z * z) + isru.bias)

    def test_keeps_the_dtype_of_its_input(self):
        for layer in (dyt.DyT(6), dyt.Derf(6), dyt.ISRU(6), dyt.DyT(6).bfloat16()):
            for dtype in (torch.float32, torch.bfloat16, torch.float16):
                self.assertEqual(layer(torch.randn(2, 6).to(dtype)).dtype, dtype)
        wide = dyt.DyT(6)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            self.assertEqual(wide(nn.Linear(6, 6)(torch.randn(2, 6))).dtype, torch.bfloat16)

    def test_traces_as_one_graph(self):
        for layer in (dyt.DyT(6), dyt.Derf(6), dyt.ISRU(6)):
            for dtype in (torch.float32, torch.bfloat16):
                compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
                x = torch.randn(2, 6).to(dtype).requires_grad_()
                torch.testing.assert_close(compiled(x), layer(x))
                compiled(x).sum().backward()
                self.assertTrue(torch.isfinite(layer.alpha.grad).all())

    def test_in_a_transformer_encoder_layer(self):
        encoder = nn.TransformerEncoderLayer(6, 2, 12, batch_first=True).eval()
        dyt.convert(encoder, 0.7)
        self.assertIsInstance(encoder.norm1, dyt.DyT)
        x = torch.randn(2, 3, 6)
        with torch.no_grad():
            given = encoder(x)
            y = encoder.norm1(x + encoder._sa_block(x, None, None))
            torch.testing.assert_close(given, encoder.norm2(y + encoder._ff_block(y)))


class Conversions(unittest.TestCase):
    """dyt.convert"""

    def test_one_alpha_keeps_every_affine(self):
        norms = [randomised(norm) for norm in (nn.LayerNorm(6), nn.RMSNorm(6), GemmaRMSNorm(6), nn.LayerNorm(6, bias=False))]
        affines = [(norms[0].weight, norms[0].bias), (norms[1].weight, None), (1 + norms[2].weight, None), (norms[3].weight, None)]
        converted = dyt.convert(model(*norms), 0.25)
        for block, (weight, bias) in zip(converted, affines):
            self.assertIsInstance(block.norm, dyt.DyT)
            self.assertEqual(block.norm.alpha.item(), 0.25)
            torch.testing.assert_close(block.norm.weight, weight, rtol=0, atol=1e-6)
            self.assertEqual(block.norm.bias is None, bias is None)
            if bias is not None:
                torch.testing.assert_close(block.norm.bias, bias)

    def test_odd_numbers_of_channels_are_read_right(self):
        for channels in (1, 3, 7):
            norm = randomised(GemmaRMSNorm(channels))
            block = nn.Sequential(norm)
            torch.testing.assert_close(dyt.convert(block)[0].weight, 1 + norm.weight, rtol=0, atol=1e-6)

    def test_images(self):
        norm = randomised(LayerNorm2d(6))
        converted = dyt.convert(nn.Sequential(norm, nn.GroupNorm(2, 6)), 0.5)
        self.assertIsInstance(converted[1], nn.GroupNorm)
        self.assertFalse(converted[0].channels_last)
        torch.testing.assert_close(converted[0].weight, norm.weight, rtol=0, atol=1e-6)
        x = torch.randn(2, 6, 4, 4)
        torch.testing.assert_close(converted[0](x), norm.weight[:, None, None] * torch.tanh(0.5 * x) + norm.bias[:, None, None], rtol=0, atol=1e-5)

    def test_gated_norms_stay(self):
        converted = dyt.convert(model(MambaRMSNormGated(6), nn.RMSNorm(6)), 0.5)
        self.assertEqual([type(block.norm).__name__ for block in converted], ["MambaRMSNormGated", "DyT"])

    def test_a_norm_without_affine_gets_none(self):
        converted = dyt.convert(model(nn.LayerNorm(6, elementwise_affine=False)), 0.5)
        self.assertEqual(names(converted[0].norm), ["alpha"])

    def test_values_from_a_dict_a_file_and_a_folder(self):
        values = {"0.norm.alpha": torch.tensor([0.3]), "0.norm.weight": torch.randn(6), "0.norm.bias": torch.randn(6), "1.norm.alpha": torch.tensor([0.4])}
        with tempfile.TemporaryDirectory() as folder:
            save_file({**values, "0.linear.weight": torch.randn(6, 6)}, Path(folder, "model.safetensors"))
            for given in (values, Path(folder, "model.safetensors"), folder):
                converted = dyt.convert(model(nn.LayerNorm(6), nn.RMSNorm(6)), given)
                torch.testing.assert_close(converted[0].norm.alpha.data, torch.tensor([0.3]))
                torch.testing.assert_close(converted[0].norm.weight.data, values["0.norm.weight"])
                torch.testing.assert_close(converted[0].norm.bias.data, values["0.norm.bias"])
                torch.testing.assert_close(converted[1].norm.alpha.data, torch.tensor([0.4]))
                torch.testing.assert_close(converted[1].norm.weight.data, torch.ones(6))

    def test_names_of_other_codes_and_plain_alphas(self):
        given = {"0.norm.pre_tanh_scale": torch.tensor(0.3), "0.norm.gamma": torch.full((6,), 2.0), "0.norm.beta": torch.zeros(6), "1.norm": 0.4}
        converted = dyt.convert(model(nn.LayerNorm(6), nn.LayerNorm(6)), given)
        self.assertAlmostEqual(converted[0].norm.alpha.item(), 0.3, 6)
        self.assertEqual(converted[0].norm.weight.tolist(), [2.0] * 6)
        self.assertAlmostEqual(converted[1].norm.alpha.item(), 0.4, 6)

    def test_a_prefix_more_or_less(self):
        for prefix in ("", "module.", "model.decoder."):
            converted = dyt.convert(model(nn.LayerNorm(6)), {f"{prefix}0.norm.alpha": 0.3})
            self.assertIsInstance(converted[0].norm, dyt.DyT)

    def test_keeps_dtype_training_and_frozen_parameters_and_what_is_shared(self):
        shared = nn.LayerNorm(6).bfloat16().eval().requires_grad_(False)
        converted = dyt.convert(model(shared, shared), 0.5)
        self.assertIs(converted[0].norm, converted[1].norm)
        self.assertFalse(converted[0].norm.training)
        self.assertEqual({(parameter.dtype, parameter.requires_grad) for parameter in converted[0].norm.parameters()}, {(torch.bfloat16, False)})

    def test_derf(self):
        converted = dyt.convert(model(nn.LayerNorm(6)), {"0.norm.alpha": 0.3, "0.norm.shift": 0.1}, layer=dyt.Derf)
        self.assertAlmostEqual(converted[0].norm.shift.item(), 0.1, 6)
        self.refused({"0.norm.alpha": 0.3, "0.norm.shift": 0.1}, "0.norm has a shift, which DyT has not; pass layer=Derf.")

    def refused(self, values, sentence, network=None):
        network = network or model(nn.LayerNorm(6), nn.LayerNorm(6))
        before = [type(module) for module in network.modules()]
        with self.assertRaises(ValueError) as caught:
            dyt.convert(network, values)
        self.assertEqual(str(caught.exception), sentence)
        self.assertEqual([type(module) for module in network.modules()], before)

    def test_an_alpha_that_the_dtype_cannot_hold(self):
        for alpha in (1e-8, 1e6):
            with self.assertRaisesRegex(ValueError, "can't hold"):
                dyt.convert(model(nn.LayerNorm(6)).half(), alpha)

    def test_refusals_change_nothing(self):
        good = {"0.norm.alpha": 0.5}
        self.refused({**good, "2.norm.alpha": 0.5}, "the model has no 2.norm (1 of 2 names), its norms are 0.norm, 1.norm; convert the model that was analysed.")
        self.refused({**good, "1.linear.alpha": 0.5}, "1.linear is a Linear, not a LayerNorm or RMSNorm; check that the values belong to this model.")
        self.refused({**good, "1.norm.alpha": 0}, "the alpha of 1.norm is 0; give one above 0.")
        self.refused({**good, "1.norm.alpha": -0.5}, "the alpha of 1.norm is -0.5; give one above 0.")
        self.refused({**good, "1.norm.alpha": math.nan}, "the alpha of 1.norm is nan; give a finite number.")
        self.refused({**good, "1.norm.alpha": torch.ones(6)}, "1.norm has 6 numbers for alpha; give one.")
        self.refused({**good, "1.norm.weight": torch.ones(6)}, "1.norm has no alpha; give one for every layer.")
        for part in ("weight", "bias"):
            self.refused({"0.norm.alpha": 0.5, f"0.norm.{part}": torch.ones(5)}, f"0.norm has 6 channels, but the {part} for it 5 numbers; check that the values belong to this model.")
            self.refused({"0.norm.alpha": 0.5, f"0.norm.{part}": torch.full((6,), math.nan)}, f"the {part} for 0.norm has numbers that are not finite; fit it anew.")
        self.refused(0, "the alpha of 0.norm is 0; give one above 0.")
        self.refused(0.5, "Linear has no LayerNorm or RMSNorm inside; convert a model that has some.", nn.Linear(6, 6))
        self.refused(good, "0.norm is a DyT already; convert the model with its norms.", dyt.convert(model(nn.LayerNorm(6)), 0.5))
        shared = nn.LayerNorm(6)
        self.refused({"0.norm.alpha": 0.5, "1.norm.alpha": 0.6}, "1.norm is shared by several names whose values differ; give one of them alone.", model(shared, shared))


class Training(unittest.TestCase):
    """dyt.init_from_batch and dyt.parameter_groups"""

    def network(self):
        torch.manual_seed(1)
        return dyt.convert(nn.Sequential(nn.Linear(6, 6), *model(nn.LayerNorm(6), nn.LayerNorm(6)), nn.Dropout(0.5)), 0.5)

    def test_outputs_have_the_scale_of_a_norm(self):
        network, batch = self.network(), 30 * torch.randn(16, 8, 6)
        seen = {}
        for index in (1, 2):
            network[index].norm.register_forward_hook(lambda module, inputs, output, index=index: seen.update({index: (inputs[0], output)}))
        self.assertIs(dyt.init_from_batch(network, batch), network)
        self.assertTrue(network.training)
        network(batch)
        for index, (x, y) in seen.items():
            norm = network[index].norm
            self.assertAlmostEqual(norm.alpha.item() * x.square().mean().sqrt().item(), 0.5, 4)
            self.assertAlmostEqual(y.square().mean().sqrt().item(), 1, 1)
            normalised = x * torch.rsqrt(x.square().mean(-1, keepdim=True))
            bent = torch.tanh(norm.alpha * x)
            torch.testing.assert_close(norm.weight, (bent * normalised).sum((0, 1)) / bent.square().sum((0, 1)))
            self.assertEqual(norm.bias.abs().max().item(), 0)

    def test_images_and_batches_of_several_arguments(self):
        class Two(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm = LayerNorm2d(6)

            def forward(self, x, y):
                return self.norm(x + y)

        x = torch.randn(2, 6, 4, 4)
        one, other = (dyt.init_from_batch(dyt.convert(Two()), batch).norm for batch in ((x, x), {"x": x, "y": x}))
        torch.testing.assert_close(one.weight, other.weight)
        self.assertEqual(tuple(one.weight.shape), (6,))
        self.assertAlmostEqual(one(2 * x).square().mean().sqrt().item(), 1, 1)

    def test_a_channel_that_is_zero_takes_the_gain_of_the_others(self):
        layer = nn.Sequential(dyt.DyT(6))
        x = torch.randn(64, 6)
        x[:, 2] = 0
        weight = dyt.init_from_batch(layer, x)[0].weight
        self.assertTrue(weight.min() <= weight[2] <= weight.max())

    def test_refusals_change_nothing(self):
        class Unused(nn.Module):
            def __init__(self):
                super().__init__()
                self.one, self.two = dyt.DyT(6), dyt.DyT(6)

            def forward(self, x):
                return self.one(x)

        for network, batch, sentence in (
            (Unused(), torch.randn(4, 6), "two did not run; give a batch that reaches every layer."),
            (nn.Sequential(dyt.DyT(6)), torch.zeros(4, 6), "the input of 0 has the root mean square 0; give a batch on which every layer sees numbers."),
            (nn.Sequential(dyt.DyT(6)), torch.full((4, 6), math.nan), "the input of 0 has the root mean square nan; give a batch on which every layer sees numbers."),
            (nn.Linear(6, 6), torch.zeros(4, 6), "Linear has no DyT; call dyt.convert before."),
        ):
            before = copy.deepcopy(network.state_dict())
            with self.assertRaises(ValueError) as caught:
                dyt.init_from_batch(network, batch)
            self.assertEqual(str(caught.exception), sentence)
            for name, value in network.state_dict().items():
                torch.testing.assert_close(value, before[name])
            self.assertFalse(any(module._forward_pre_hooks for module in network.modules()))

    def test_no_decay_on_what_has_one_axis(self):
        network = self.network()
        network[0].weight.requires_grad_(False)
        decayed, kept = dyt.parameter_groups(network, weight_decay=0.1)
        self.assertEqual([decayed["weight_decay"], kept["weight_decay"]], [0.1, 0.0])
        self.assertEqual([tuple(parameter.shape) for parameter in decayed["params"]], [(6, 6), (6, 6)])
        self.assertEqual(len(kept["params"]), 1 + 2 * 4)
        optimizer = torch.optim.AdamW(dyt.parameter_groups(network, 0.1), lr=0.01)
        network(torch.randn(4, 6)).square().mean().backward()
        optimizer.step()


class Calibration(unittest.TestCase):
    """Nearer to the original, by alpha, weight and bias alone."""

    def pair(self):
        original = nn.Sequential(Block(nn.LayerNorm(6)), Block(nn.LayerNorm(6)), nn.Linear(6, 5))
        converted = dyt.convert(copy.deepcopy(original), 0.5)
        converted[2].weight.requires_grad_(False)
        return original, converted.train(), [torch.randn(4, 3, 6) * torch.rand(4, 3, 1) * 3 for _ in range(3)]

    def test_brings_predictions_nearer_and_changes_nothing_else(self):
        original, converted, batches = self.pair()
        before = {name: value.clone() for name, value in converted.state_dict().items()}
        start, end = dyt.calibrate(converted, original, batches, steps=90, rate=1e-2)
        self.assertLess(end, start / 2)
        self.assertGreater(end, 0)
        for name, value in converted.state_dict().items():
            self.assertEqual(torch.equal(value, before[name]), ".norm." not in name, name)
        self.assertTrue(converted.training and converted[0].linear.weight.requires_grad)
        self.assertFalse(converted[2].weight.requires_grad)
        self.assertTrue(all(parameter.grad is None for parameter in [*converted.parameters(), *original.parameters()]))

    def test_a_perfect_copy_stays_as_good(self):
        original, converted, batches = self.pair()
        start, end = dyt.calibrate(copy.deepcopy(converted), converted, batches, steps=3)
        self.assertAlmostEqual(start, 0, 6)
        self.assertAlmostEqual(end, 0, 6)

    def test_refusals_change_nothing(self):
        original, converted, batches = self.pair()
        before = copy.deepcopy(converted.state_dict())
        for arguments in ((original, converted, batches), (converted, original, []), (converted, original, [batches[0] * math.nan])):
            with self.assertRaises(ValueError):
                dyt.calibrate(*arguments)
        for name, value in converted.state_dict().items():
            self.assertTrue(torch.equal(value, before[name]), name)


if __name__ == "__main__":
    unittest.main()
