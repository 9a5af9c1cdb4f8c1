"""Tests of the poolings and of the image classifier."""

from functools import partial

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, adaptive_max_pool2d, scaled_dot_product_attention

from course_utils.networks import (
    AttentionPooling,
    AveragePooling,
    Classifier,
    DotProductPooling,
    FlattenPooling,
    MaxPooling,
    SqueezeExcitation,
)

AVERAGING = (AttentionPooling, AveragePooling, DotProductPooling)  # their result is a weighted average
POOLINGS = (*AVERAGING, MaxPooling)


def features(seed=0, shape=(3, 8, 5, 6)):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def pictures(n=4, channels=1, size=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (n, channels, size, size), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("pooling", AVERAGING)
@given(batch=st.integers(1, 3), channels=st.integers(1, 5), height=st.integers(1, 6), width=st.integers(1, 6))
def test_weights_sum_to_one_and_pool_the_features(pooling, batch, channels, height, width):
    x = features(shape=(batch, channels, height, width))
    pooled, weights = pooling(channels)(x)
    assert weights.shape == (batch, height, width)
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(dim=(1, 2)), torch.ones(batch))
    torch.testing.assert_close(pooled, (x * weights[:, None]).sum(dim=(2, 3)))


def test_average_pooling_agrees_with_pytorch():
    pooled, weights = AveragePooling(8)(features())
    torch.testing.assert_close(pooled, adaptive_avg_pool2d(features(), 1).flatten(1))
    torch.testing.assert_close(weights, torch.full((3, 5, 6), 1 / 30))


def test_max_pooling_agrees_with_pytorch_and_its_weights_are_the_gradient():
    x = features().relu().requires_grad_()  # many zeros, so there are ties
    x.data[0, 0] = 0.0
    pooled, weights = MaxPooling(8)(x)
    torch.testing.assert_close(pooled, adaptive_max_pool2d(x, 1).flatten(1))
    pooled.sum().backward()  # one for each channel, shared among the positions that tie
    torch.testing.assert_close(weights, x.grad.mean(dim=1))
    torch.testing.assert_close(weights.sum(dim=(1, 2)), torch.ones(3))
    assert not weights.requires_grad


@pytest.mark.parametrize("n_heads", [1, 2, 4])
def test_dot_product_pooling_agrees_with_pytorch(n_heads):
    pooling, x = DotProductPooling(8, n_heads, hidden=12), features()
    pooled, weights = pooling(x)
    keys = torch.einsum("kc,bchw->bhwk", pooling.keys.weight[:, :, 0, 0], x).reshape(3, 30, n_heads, -1)
    values = x.permute(0, 2, 3, 1).reshape(3, 30, n_heads, -1)
    queries = pooling.queries[None, :, None].expand(3, -1, -1, -1)  # (batch, n_heads, 1, d_k)
    expected = scaled_dot_product_attention(queries, keys.transpose(1, 2), values.transpose(1, 2))
    torch.testing.assert_close(pooled, expected.flatten(1))
    identity = torch.eye(30).expand(3, n_heads, 30, 30)  # with these values the result is the weights
    heads = scaled_dot_product_attention(queries, keys.transpose(1, 2), identity)
    torch.testing.assert_close(weights.flatten(1), heads[:, :, 0].mean(dim=1))


@pytest.mark.parametrize("arguments", [{"n_heads": 0}, {"n_heads": 3}, {"n_heads": 4, "hidden": 6}])
def test_heads_that_do_not_divide_are_refused(arguments):
    with pytest.raises(ValueError, match=r"n_heads is .*; expected at least 1, and a divisor of channels=8"):
        DotProductPooling(8, **arguments)


def test_flattening_keeps_every_position_apart():
    pooling, x = FlattenPooling(8, height=5, width=6, kept=2), features()
    pooled, weights = pooling(x)
    expected = np.einsum("kc,bchw->bkhw", pooling.squeeze.weight[:, :, 0, 0].detach(), x)
    np.testing.assert_allclose(pooled.detach(), expected.reshape(3, 60), rtol=1e-4, atol=1e-5)
    assert pooling.out_features == 60
    assert weights.shape == (3, 5, 6)
    assert weights.isnan().all()


def test_flattening_is_made_for_one_size_of_map():
    with pytest.raises(
        ValueError, match=r"features has shape \(4, 96, 12, 12\); expected the height and width .* \(8, 8\)"
    ):
        Classifier(n_classes=10, pooling=FlattenPooling)(pictures(size=96))


def test_attention_pooling_agrees_with_the_formula_position_by_position():
    pooling = AttentionPooling(channels=8, hidden=4)
    first, last = pooling.score[0], pooling.score[2]
    weight, bias = first.weight.detach().numpy()[:, :, 0, 0], first.bias.detach().numpy()
    vector = last.weight.detach().numpy()[0, :, 0, 0]
    pooled, weights = pooling(features())
    for image in range(3):
        x = features()[image].numpy()
        scores = [[vector @ np.tanh(weight @ x[:, i, j] + bias) for j in range(6)] for i in range(5)]
        expected = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(weights[image].detach().numpy(), expected, rtol=1e-4)
        mean = sum(expected[i, j] * x[:, i, j] for i in range(5) for j in range(6))
        np.testing.assert_allclose(pooled[image].detach().numpy(), mean, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("build", [*POOLINGS, partial(DotProductPooling, n_heads=4)])
def test_attention_does_not_depend_on_the_order_of_positions(build):
    pooling = build(8)
    pooled, weights = pooling(features())
    flipped, flipped_weights = pooling(features().flip(3))
    torch.testing.assert_close(flipped, pooled)
    torch.testing.assert_close(flipped_weights, weights.flip(2))


def test_attention_that_scores_nothing_is_the_average():
    pooling = AttentionPooling(8)
    nn.init.zeros_(pooling.score[2].weight)
    torch.testing.assert_close(pooling(features())[0], AveragePooling(8)(features())[0])


def test_queries_of_zero_are_the_average():
    pooling = DotProductPooling(8, n_heads=2)
    nn.init.zeros_(pooling.queries)
    torch.testing.assert_close(pooling(features())[0], AveragePooling(8)(features())[0])


@pytest.mark.parametrize("pooling", [AttentionPooling(8), DotProductPooling(8)])
def test_huge_scores_stay_finite(pooling):
    nn.init.constant_(list(pooling.parameters())[-1], 1e6)
    pooled, weights = pooling(features())
    assert pooled.isfinite().all()
    torch.testing.assert_close(weights.sum(dim=(1, 2)), torch.ones(3))


@pytest.mark.parametrize(
    "pooling",
    [AttentionPooling(8), DotProductPooling(8, n_heads=4), FlattenPooling(8, height=5, width=6)],
)
def test_gradients_reach_every_parameter(pooling):
    pooling(features())[0].square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in pooling.parameters())


@pytest.mark.parametrize("build", [*AVERAGING, MaxPooling])
def test_gradients_are_those_of_finite_differences(build):
    pooling = build(4).double()
    x = features(shape=(2, 4, 2, 3)).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: pooling(x)[0], x)


@pytest.mark.parametrize("pooling", [*POOLINGS, FlattenPooling])
@pytest.mark.parametrize("shape", [(8, 5, 6), (3, 8), (3, 8, 0, 6)])
def test_feature_map_of_another_shape_is_refused(pooling, shape):
    with pytest.raises(ValueError, match="features has shape"):
        pooling(8)(torch.zeros(shape))


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize(("channels", "size"), [(1, 64), (3, 64), (1, 96), (3, 8)])
def test_classifier_shapes(pooling, channels, size):
    model = Classifier(n_classes=7, in_channels=channels, pooling=pooling)
    logits, weights = model.classify_with_attention(pictures(channels=channels, size=size))
    assert logits.shape == (4, 7)
    assert weights.shape == (4, size // 8, size // 8)


def test_forward_returns_the_logits_of_classify_with_attention():
    model = Classifier(n_classes=10).eval()
    assert torch.equal(model(pictures()), model.classify_with_attention(pictures())[0])


def test_parameters_are_as_many_as_the_layers_say():
    convolutions = 9 * (1 * 16 + 16 * 32 + 32 * 64 + 64 * 96) + 2 * (16 + 32 + 64 + 96)
    attention = 96 * 32 + 32 + 32
    head = 96 * 10 + 10
    count = sum(parameter.numel() for parameter in Classifier(n_classes=10).parameters())
    assert count == convolutions + attention + head == 83_002
    average = Classifier(n_classes=10, pooling=AveragePooling)
    assert sum(parameter.numel() for parameter in average.parameters()) == convolutions + head


@pytest.mark.parametrize(
    ("arguments", "difference"),
    [
        ({"pooling": MaxPooling}, -(96 * 32 + 32 + 32)),
        ({"pooling": FlattenPooling}, -(96 * 32 + 32 + 32) + 96 * 5 + (5 * 64 - 96) * 10),
        ({"pooling": DotProductPooling}, -32),  # its keys have no bias
        ({"pooling": partial(DotProductPooling, n_heads=4)}, -32),
        (
            {"channel_attention": SqueezeExcitation},
            sum(2 * c * (c // 8) + c // 8 + c for c in (16, 32, 64, 96)),
        ),
    ],
)
def test_parameters_of_the_variants_differ_from_additive_attention_by(arguments, difference):
    count = sum(parameter.numel() for parameter in Classifier(n_classes=10, **arguments).parameters())
    assert count == 83_002 + difference


def test_flattening_is_matched_to_attention_in_parameters():
    attention, flatten = (
        sum(parameter.numel() for parameter in Classifier(n_classes=10, pooling=pooling).parameters())
        for pooling in (AttentionPooling, FlattenPooling)
    )
    assert abs(flatten - attention) < 0.01 * attention


def test_squeeze_excitation_agrees_with_torchvision():
    ours, theirs = SqueezeExcitation(16, reduction=4), torchvision.ops.SqueezeExcitation(16, 4)
    names = {"fc1.weight": "gains.0.weight", "fc1.bias": "gains.0.bias"}
    names |= {"fc2.weight": "gains.2.weight", "fc2.bias": "gains.2.bias"}
    shapes = theirs.state_dict()
    theirs.load_state_dict(
        {name: ours.state_dict()[own].view_as(shapes[name]) for name, own in names.items()}
    )
    x = features(shape=(3, 16, 5, 6))
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize("shape", [(8, 5, 6), (3, 9, 5, 6), (3, 8)])
def test_squeeze_excitation_refuses_other_feature_maps(shape):
    with pytest.raises(ValueError, match=r"features has shape .*; expected \(batch, 8, height, width\)"):
        SqueezeExcitation(8)(torch.zeros(shape))


def test_channel_attention_stands_before_each_relu_and_learns():
    model = Classifier(n_classes=10, pooling=AveragePooling, channel_attention=SqueezeExcitation)
    blocks = [module for module in model.modules() if isinstance(module, SqueezeExcitation)]
    assert [block.gains[0].in_features for block in blocks] == [16, 32, 64, 96]
    layers = list(model.features)
    for block in blocks:
        place = layers.index(block)
        assert isinstance(layers[place - 1], nn.BatchNorm2d)
        assert isinstance(layers[place + 1], nn.ReLU)
    model(pictures()).square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for block in blocks for parameter in block.parameters())


def test_channel_attention_leaves_the_first_convolutions_as_they_were():
    plain, attending = (
        Classifier(10, channel_attention=block, seed=3) for block in (None, SqueezeExcitation)
    )
    kernels = [
        [module.weight for module in model.features if isinstance(module, nn.Conv2d)]
        for model in (plain, attending)
    ]
    assert len(kernels[0]) == 4
    assert all(torch.equal(one, other) for one, other in zip(*kernels, strict=True))


def test_seed_decides_the_first_weights_and_nothing_else_is_touched():
    before = torch.random.get_rng_state()
    one, same, other = (Classifier(n_classes=10, seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["head.weight"], other["head.weight"])


def test_networks_with_different_pooling_begin_with_the_same_features():
    first, *others = (Classifier(10, pooling=pooling, seed=3) for pooling in (*POOLINGS, FlattenPooling))
    for other in others:
        for ours, theirs in zip(first.features.parameters(), other.features.parameters(), strict=True):
            assert torch.equal(ours, theirs)


def test_standardisation_uses_the_training_images_statistics():
    images = pictures(n=6, channels=3)
    images[:, 1] //= 2
    images[:, 2] = 9
    model = Classifier(n_classes=2, in_channels=3).standardise_with(images)
    pixels = images.numpy().astype(float).transpose(1, 0, 2, 3).reshape(3, -1)
    np.testing.assert_allclose(model.mean.flatten().numpy(), pixels.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(model.std.flatten()[:2].numpy(), pixels.std(axis=1)[:2], rtol=1e-3)
    assert model(images).isfinite().all()  # though the third channel has no contrast


def test_brightness_and_contrast_of_a_whole_data_set_do_not_matter():
    images = pictures() // 2
    brighter = images + 100
    one = Classifier(n_classes=10).standardise_with(images).eval()
    other = Classifier(n_classes=10).standardise_with(brighter).eval()
    torch.testing.assert_close(one(images), other(brighter))


def test_statistics_are_saved_but_not_trained():
    model = Classifier(n_classes=10).standardise_with(pictures())
    assert {"mean", "std"} <= set(model.state_dict())
    assert not {"mean", "std"} & {name for name, _ in model.named_parameters()}
    copy = Classifier(n_classes=10, seed=5)
    copy.load_state_dict(model.state_dict())
    assert torch.equal(copy.eval()(pictures()), model.eval()(pictures()))


def test_memory_format_changes_no_logit():
    model = Classifier(n_classes=10, in_channels=3).eval()
    expected = model(pictures(channels=3))
    model = model.to(memory_format=torch.channels_last)
    torch.testing.assert_close(model(pictures(channels=3)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(4, 3, 64, 64), (1, 64, 64), (4, 1, 7, 64)])
def test_images_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="images has shape"):
        Classifier(n_classes=10)(torch.zeros(shape))


@pytest.mark.parametrize(
    "arguments",
    [{"n_classes": 1}, {"n_classes": 2, "in_channels": 0}, {"n_classes": 2, "channels": (8, 8, 8)}],
)
def test_impossible_classifier_is_refused(arguments):
    with pytest.raises(ValueError, match="at least"):
        Classifier(**arguments)
