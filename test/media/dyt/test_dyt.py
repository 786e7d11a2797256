"""Tests of media/dyt.py, which need torch; those of files also safetensors."""

import copy
import io
import math
import pickle
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


def refused(test, kind, sentence, function, *arguments, **options):
    """A call that raises just this, in one sentence."""
    with test.assertRaises(kind) as caught:
        function(*arguments, **options)
    test.assertIs(type(caught.exception), kind)
    test.assertEqual(str(caught.exception), sentence)


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

    def test_large_inputs_saturate_in_every_dtype(self):
        for layer in (dyt.DyT(6), dyt.Derf(6), dyt.ISRU(6)):
            for dtype in (torch.float32, torch.bfloat16, torch.float16):
                given = copy.deepcopy(layer).to(dtype)(torch.tensor([-1e4, 1e4]).to(dtype)[:, None].expand(2, 6))
                torch.testing.assert_close(given.float(), torch.tensor([-1.0, 1.0])[:, None].expand(2, 6), rtol=0, atol=1e-6)

    def test_copies_pickles_and_states_are_the_same_layer(self):
        x = torch.randn(2, 6)
        for layer in (randomised(dyt.DyT(6, 0.3)), randomised(dyt.Derf(6, bias=False)), randomised(dyt.ISRU(6, elementwise_affine=False)), randomised(dyt.DyT(6)).bfloat16()):
            saved = io.BytesIO()
            torch.save(layer, saved)
            saved.seek(0)
            fresh = type(layer)(6, bias=layer.bias is not None, elementwise_affine=layer.weight is not None, dtype=layer.alpha.dtype)
            fresh.load_state_dict(layer.state_dict())
            for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), torch.load(saved, weights_only=False), fresh):
                self.assertIsNot(other.alpha, layer.alpha)
                self.assertEqual(names(other), names(layer))
                self.assertTrue(torch.equal(other(x), layer(x)))

    def test_odd_arguments(self):
        for kind, sentence, arguments in (
            (TypeError, "normalized_shape is 'six'; give the number of channels, or a tuple of such numbers.", {"normalized_shape": "six"}),
            (TypeError, "normalized_shape is 6.0; give the number of channels, or a tuple of such numbers.", {"normalized_shape": 6.0}),
            (TypeError, "normalized_shape is None; give the number of channels, or a tuple of such numbers.", {"normalized_shape": None}),
            (ValueError, "normalized_shape is 0; give numbers of channels of 1 or more.", {"normalized_shape": 0}),
            (ValueError, "normalized_shape is (); give numbers of channels of 1 or more.", {"normalized_shape": ()}),
            (ValueError, "normalized_shape is (2, -3); give numbers of channels of 1 or more.", {"normalized_shape": (2, -3)}),
            (ValueError, "normalized_shape is (2, 3), but channels in front of height and width have one axis; give one number.", {"normalized_shape": (2, 3), "channels_last": False}),
            (TypeError, "alpha_init_value is a str; give a number.", {"normalized_shape": 6, "alpha_init_value": "0.5"}),
            (ValueError, "alpha_init_value is 0; give a finite number above 0.", {"normalized_shape": 6, "alpha_init_value": 0}),
            (ValueError, "alpha_init_value is nan; give a finite number above 0.", {"normalized_shape": 6, "alpha_init_value": math.nan}),
        ):
            for layer in (dyt.DyT, dyt.Derf, dyt.ISRU):
                refused(self, kind, sentence, layer, **arguments)

        refused(self, ValueError, "shift_init_value is -inf; give a finite number.", dyt.Derf, 6, shift_init_value=-math.inf)

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

    def test_values_with_a_shift_are_derf(self):
        for options in ({}, {"layer": dyt.Derf}):
            converted = dyt.convert(model(nn.LayerNorm(6)), {"0.norm.alpha": 0.3, "0.norm.shift": 0.1}, **options)
            self.assertIs(type(converted[0].norm), dyt.Derf)
            self.assertAlmostEqual(converted[0].norm.shift.item(), 0.1, 6)
        for layer in (dyt.DyT, dyt.ISRU):
            refused(self, ValueError, f"0.norm has a shift, which {layer.__name__} has not; pass layer=Derf.", dyt.convert, model(nn.LayerNorm(6)), {"0.norm.alpha": 0.3, "0.norm.shift": 0.1}, layer=layer)

    def test_a_file_states_the_curve_of_its_layers(self):
        values = {"0.norm.alpha": torch.tensor([0.3]), "1.norm.alpha": torch.tensor([0.4])}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "values.safetensors")
            for curve, layer in (("tanh", dyt.DyT), ("erf", dyt.Derf), ("isru", dyt.ISRU)):
                save_file(values, path, {"format": "pt", "curve": curve})
                for given in (path, folder):
                    self.assertEqual([type(block.norm) for block in dyt.convert(model(nn.LayerNorm(6), nn.RMSNorm(6)), given)], [layer, layer])
                self.assertIs(type(dyt.convert(model(nn.LayerNorm(6), nn.RMSNorm(6)), path, layer=dyt.DyT)[0].norm), dyt.DyT)
            save_file(values, path, {"curve": "sine"})
            refused(self, ValueError, f"{path} states the curve sine, and there are tanh, erf, isru; get a newer dyt.py.", dyt.convert, model(nn.LayerNorm(6), nn.LayerNorm(6)), path)
            save_file({"0.norm.alpha": torch.tensor([0.3])}, path, {"curve": "isru"})
            save_file({"1.norm.alpha": torch.tensor([0.3])}, Path(folder, "more.safetensors"), {"curve": "tanh"})
            refused(self, ValueError, f"{folder} states several curves (isru, tanh); give files of one.", dyt.convert, model(nn.LayerNorm(6), nn.LayerNorm(6)), folder)

    def test_a_converted_model_survives_copies_pickles_and_its_state(self):
        converted = dyt.convert(model(nn.LayerNorm(6), nn.RMSNorm(6)), {"0.norm.alpha": 0.3, "0.norm.weight": torch.randn(6), "1.norm.alpha": 0.4}).bfloat16()
        fresh = dyt.convert(model(nn.LayerNorm(6), nn.RMSNorm(6)), 0.5).bfloat16()
        fresh.load_state_dict(converted.state_dict())
        x = torch.randn(3, 6).bfloat16()
        for other in (fresh, copy.deepcopy(converted), pickle.loads(pickle.dumps(converted))):
            self.assertTrue(torch.equal(other(x), converted(x)))
        compiled = torch.compile(copy.deepcopy(converted), fullgraph=True, backend="aot_eager")
        torch.testing.assert_close(compiled(x), converted(x))

    def test_a_model_without_storage(self):
        with torch.device("meta"):
            network = model(nn.LayerNorm(6))
        converted = dyt.convert(network, {"0.norm.alpha": 0.3, "0.norm.weight": torch.ones(6), "0.norm.bias": torch.zeros(6)})
        self.assertTrue(converted[0].norm.alpha.is_meta)

    def test_odd_arguments_change_nothing(self):
        network = model(nn.LayerNorm(6), nn.LayerNorm(6))
        before = list(network.modules())
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder, "notes.safetensors")
            text.write_text("no tensors in here, but a good many letters")
            for kind, sentence, values, options in (
                (TypeError, "values is a NoneType; give a file, a folder, a dict, or one alpha for all norms.", None, {}),
                (TypeError, "values is a list; give a file, a folder, a dict, or one alpha for all norms.", [0.5, 0.5], {}),
                (TypeError, "values is a bool; give a file, a folder, a dict, or one alpha for all norms.", True, {}),
                (ValueError, "there are no values; give an alpha for at least one norm.", {}, {}),
                (TypeError, "0 is no name of a layer; give values by names.", {0: 0.5}, {}),
                (TypeError, "the alpha for 0.norm is a str; give a number or a tensor.", {"0.norm": "0.5"}, {}),
                (TypeError, "the alpha for 0.norm is a NoneType; give a number or a tensor.", {"0.norm": None}, {}),
                (TypeError, "the weight for 0.norm is a list; give a number or a tensor.", {"0.norm.alpha": 0.5, "0.norm.weight": [[1, 2], [3]]}, {}),
                (TypeError, "the weight for 0.norm is of torch.complex64; give real numbers.", {"0.norm.alpha": 0.5, "0.norm.weight": torch.ones(6, dtype=torch.complex64)}, {}),
                (TypeError, "the alpha for 0.norm is of torch.bool; give real numbers.", {"0.norm": True}, {}),
                (ValueError, "0.norm has the part 'gain', and there are alpha, weight, bias, shift, gamma, beta, pre_tanh_scale; leave it out.", {"0.norm": {"alpha": 0.5, "gain": 1}}, {}),
                (ValueError, "0.norm has no alpha; give one for every layer.", {"0.norm": {"weight": torch.ones(6)}}, {}),
                (ValueError, "0.norm has 0 numbers for alpha; give one.", {"0.norm": torch.empty(0)}, {}),
                (ValueError, "the alpha of 0.norm is inf; give a finite number.", math.inf, {}),
                (TypeError, "layer is 'isru'; give the class DyT, Derf or ISRU.", 0.5, {"layer": "isru"}),
                (TypeError, "layer is <class 'torch.nn.modules.normalization.LayerNorm'>; give the class DyT, Derf or ISRU.", 0.5, {"layer": nn.LayerNorm}),
                (FileNotFoundError, f"there is no {folder}/none.safetensors; check the path.", f"{folder}/none.safetensors", {}),
            ):
                refused(self, kind, sentence, dyt.convert, network, values, **options)
            with self.assertRaisesRegex(ValueError, r"notes.safetensors is no safetensors file, or a damaged one \(.*\); name the file or folder that NormLens wrote"):
                dyt.convert(network, text)
            text.unlink()
            refused(self, ValueError, f"{folder} holds no NAME.alpha; name the file or folder that NormLens wrote.", dyt.convert, network, folder)
        self.assertEqual(list(network.modules()), before)
        refused(self, TypeError, "convert takes a torch.nn.Module, not a dict.", dyt.convert, {}, 0.5)

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


class Folders(unittest.TestCase):
    """What dyt.load refuses before it looks at a model."""

    def test_folders_that_are_none(self):
        with tempfile.TemporaryDirectory() as folder:
            refused(self, FileNotFoundError, f"there is no {folder}/none; check the path.", dyt.load, f"{folder}/none")
            refused(self, FileNotFoundError, f"{folder} has no config.json; name the folder that normlens convert wrote.", dyt.load, folder)
            refused(self, TypeError, "a NoneType is no path; give one as text.", dyt.load, None)


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
        refused(self, TypeError, "init_from_batch takes a torch.nn.Module, not a NoneType.", dyt.init_from_batch, None, torch.randn(4, 6))
        narrow = nn.Sequential(dyt.DyT(6)).half()
        refused(self, ValueError, "the alpha of 0 would be 4.1943e+06, which torch.float16 can't hold; start the model in float32.", dyt.init_from_batch, narrow, torch.full((4, 6), 2**-23).half())
        with self.assertRaises(RuntimeError):
            dyt.init_from_batch(network := self.network(), torch.randn(4, 5))
        self.assertTrue(network.training and not any(module._forward_pre_hooks for module in network.modules()))

    def test_odd_arguments_of_parameter_groups(self):
        for kind, sentence, arguments in (
            (TypeError, "parameter_groups takes a torch.nn.Module, not a list.", ([], 0.1)),
            (TypeError, "weight_decay is a NoneType; give a number.", (self.network(), None)),
            (ValueError, "weight_decay is -0.1; give a finite number of 0 or more.", (self.network(), -0.1)),
            (ValueError, "weight_decay is nan; give a finite number of 0 or more.", (self.network(), math.nan)),
        ):
            refused(self, kind, sentence, dyt.parameter_groups, *arguments)

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
        flags = [(module.training, [parameter.requires_grad for parameter in module.parameters()]) for module in converted.modules()]
        for kind, sentence, arguments, options in (
            (ValueError, "Sequential has no DyT; call dyt.convert before.", (original, converted, batches), {}),
            (ValueError, "There is no batch; give at least one.", (converted, original, []), {}),
            (ValueError, "The original's predictions are not finite; give batches on which they are.", (converted, original, [batches[0] * math.nan]), {}),
            (ValueError, "the model predicts (4, 3, 5), the original (4, 3, 6); give the model that was converted.", (converted, original[:2], batches), {}),
            (TypeError, "calibrate takes a torch.nn.Module, not a str.", (converted, "original", batches), {}),
            (TypeError, "calibrate takes a list of batches, not a Tensor; put the batch in a list.", (converted, original, batches[0]), {}),
            (TypeError, "calibrate takes a list of batches, not a dict; put the batch in a list.", (converted, original, {"input_ids": batches[0]}), {}),
            (TypeError, "steps is a float; give a whole number.", (converted, original, batches), {"steps": 1.5}),
            (ValueError, "steps is -1; give a finite number of 0 or more.", (converted, original, batches), {"steps": -1}),
            (ValueError, "rate is 0; give a finite number above 0.", (converted, original, batches), {"rate": 0}),
            (ValueError, "The model's predictions are not finite; convert it with other values, or take a lower rate.", (converted, original, batches), {"rate": 3e37, "steps": 9}),
        ):
            refused(self, kind, sentence, dyt.calibrate, *arguments, **options)
            for name, value in converted.state_dict().items():
                self.assertTrue(torch.equal(value, before[name]), name)
            self.assertEqual([(module.training, [parameter.requires_grad for parameter in module.parameters()]) for module in converted.modules()], flags)


if __name__ == "__main__":
    unittest.main()
