"""The arithmetic of the self-attention explorer, against PyTorch and against what must hold."""

import numpy as np
import pytest
import torch

from course_utils.explorers import self_attention, self_attention_explorer
from course_utils.explorers.self_attention import (
    ORDERS,
    WORDS,
    compare_orders,
    self_attend,
    sines_and_cosines,
)
from course_utils.networks.transformer import MultiHeadAttention, positions

WRITTEN = ORDERS["written"]


def by_pytorch(n_heads, *, with_positions, causal, sample):
    """Compute the same by the course's torch module, with the explorer's random numbers."""
    rng = np.random.default_rng(sample)
    vectors = {word: rng.standard_normal(8) for word in dict.fromkeys(WORDS)}
    matrices = torch.from_numpy(rng.standard_normal((4, 8, 8)) / np.sqrt(8))
    module = MultiHeadAttention(8, n_heads).double()
    layers = (module.to_queries, module.to_keys, module.to_values, module.to_output)
    for layer, matrix, factor in zip(layers, matrices, (1, 1.5, 1, 1), strict=True):
        layer.weight.data, layer.bias.data = factor * matrix.T, torch.zeros(8).double()
    tokens = torch.from_numpy(np.stack([vectors[word] for word in WORDS]))[None]
    tokens = tokens + positions(5, 8) if with_positions else tokens
    return module(tokens, causal=causal)


@pytest.mark.parametrize("n_heads", [1, 2, 4])
@pytest.mark.parametrize(
    ("with_positions", "causal"), [(False, False), (True, False), (False, True), (True, True)]
)
def test_weights_and_answers_agree_with_the_torch_module(n_heads, with_positions, causal):
    weights, output = self_attend(WRITTEN, n_heads, positions=with_positions, causal=causal, sample=3)
    expected, expected_weights = by_pytorch(n_heads, with_positions=with_positions, causal=causal, sample=3)
    np.testing.assert_allclose(weights, expected_weights[0].detach(), atol=1e-6)
    np.testing.assert_allclose(output, expected[0].detach(), atol=1e-5)


def test_sines_and_cosines_are_the_positions_of_the_network():
    np.testing.assert_allclose(sines_and_cosines(9, 8), positions(9, 8), atol=1e-6)


@pytest.mark.parametrize("order", ["swapped", "backwards"])
@pytest.mark.parametrize("sample", [1, 7, 20])
def test_order_shows_only_with_positions_or_a_mask(order, sample):
    plain = compare_orders(order, 2, positions=False, causal=False, sample=sample)
    assert plain.moved.max() < 1e-12
    for positions_on, causal in [(True, False), (False, True), (True, True)]:
        told = compare_orders(order, 2, positions=positions_on, causal=causal, sample=sample)
        assert told.moved.max() > 0.1


def test_entropy_lies_between_none_and_that_of_equal_weights():
    for sample in range(1, 6):
        entropy = compare_orders("written", 4, positions=True, causal=False, sample=sample).entropy
        assert (entropy > 0).all()
        assert (entropy < np.log2(5)).all()


def test_the_readout_says_whether_the_answers_moved_and_which_head_is_shown():
    explorer = self_attention_explorer()
    assert "The answers move with their words." in explorer.frame["words"]
    explorer.values = explorer.values | {"positions": "on", "heads": 2, "head": 4}
    assert "The order changes the answers." in explorer.frame["words"]
    assert "head 2 of 2 (there is no head 4)" in explorer.frame["words"]
    assert self_attention.HEADS == (1, 2, 4)
