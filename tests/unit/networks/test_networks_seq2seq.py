"""The readers of dates agree with PyTorch, see no padding, and have right gradients."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from course_utils.attention import additive_scores, general_scores
from course_utils.data.dates import START, dates
from course_utils.networks.seq2seq import (
    SCORES,
    AdditiveScore,
    DateReader,
    DotScore,
    GeneralScore,
    masked_softmax,
)

KINDS = [None, *SCORES]


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(scope="module")
def data():
    return dates(12, seed=0, noise=0.2, filler=(0, 3))


def test_additive_score_agrees_with_numpy():
    layer = AdditiveScore(3, 4, hidden=5).double()
    query, keys = random(2, 3), random(2, 7, 4, seed=1)
    got = layer(query, keys).detach().numpy()
    to_query, to_key, bias, v = (
        p.detach().numpy() for p in (layer.query.weight, layer.key.weight, layer.key.bias, layer.v.weight)
    )
    with_bias = np.concatenate([keys.numpy(), np.ones((2, 7, 1))], axis=2)
    both = np.concatenate([to_key.T, bias[None]])
    expected = additive_scores(query.numpy()[:, None], with_bias, to_query.T, both, v.ravel())[:, 0]
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_general_score_agrees_with_numpy():
    layer = GeneralScore(3, 4).double()
    query, keys = random(2, 3), random(2, 7, 4, seed=1)
    expected = general_scores(query.numpy()[:, None], keys.numpy(), layer.key.weight.detach().numpy())[:, 0]
    np.testing.assert_allclose(layer(query, keys).detach().numpy(), expected, rtol=1e-12)


def test_dot_score_and_mask_agree_with_pytorch():
    query, keys = random(3, 4), random(3, 6, 4, seed=1)
    mask = torch.arange(6) < torch.tensor([6, 2, 4])[:, None]
    weights = masked_softmax(DotScore(4, 4)(query, keys), mask)
    expected = scaled_dot_product_attention(query[:, None], keys, keys, attn_mask=mask[:, None], scale=1.0)
    torch.testing.assert_close(weights[:, None] @ keys, expected)
    assert (weights[~mask] == 0).all()


@pytest.mark.parametrize("kind", SCORES)
def test_gradients_of_scores_agree_with_finite_differences(kind):
    layer = SCORES[kind](3, 3).double()
    inputs = random(2, 3).requires_grad_(), random(2, 4, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(layer, inputs)


@pytest.mark.parametrize("kind", KINDS)
def test_the_reader_agrees_with_its_parts_used_one_text_at_a_time(kind, data):
    """Bidirectional GRU, unpacked, one text without padding; then a loop of GRU cell, softmax and sum."""
    model = DateReader(kind).double()
    logits, weights = model(data.inputs, data.targets)
    for row in (0, 5):
        ids = data.inputs[row][data.inputs[row] > 0][None]
        keys, last = model.encoder(model.written(ids))
        context = torch.cat([last[0], last[1]], dim=1)
        state = torch.tanh(context @ model.first_state.weight.T + model.first_state.bias)
        previous = torch.tensor([START])
        for step in range(10):
            if kind is not None:
                share = torch.softmax(model.score(state, keys), dim=1)
                context = torch.einsum("nk,nkd->nd", share, keys)
                torch.testing.assert_close(weights[row, step, : ids.shape[1]], share[0])
            state = model.cell(torch.cat([model.previous(previous), context], dim=1), state)
            expected = model.spell(torch.cat([state, context], dim=1))
            torch.testing.assert_close(logits[row, step], expected[0])
            previous = data.targets[row : row + 1, step]


@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing_unless_the_mask_is_forgotten(kind, data):
    model = DateReader(kind).double()
    more = torch.nn.functional.pad(data.inputs, (0, 30))
    logits, weights = model(data.inputs, data.targets)
    padded_logits, padded_weights = model(more, data.targets)
    torch.testing.assert_close(padded_logits, logits)
    if kind is None:
        assert weights.isnan().all()
        return
    assert (padded_weights[(more == 0)[:, None].expand_as(padded_weights)] == 0).all()
    torch.testing.assert_close(padded_weights.sum(dim=2), torch.ones(12, 10).double())
    model.masked = False
    spoiled, leaking = model(more, data.targets)
    assert (leaking[..., -30:] > 0).all()
    assert (spoiled - logits).abs().max() > 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_running_freely_is_forcing_with_the_own_characters(kind, data):
    model = DateReader(kind, seed=3)
    ids, weights = model.read(data.inputs)
    logits, forced_weights = model(data.inputs, ids)
    torch.testing.assert_close(logits.argmax(dim=2), ids)
    torch.testing.assert_close(forced_weights, weights, equal_nan=True)
    assert not ids.requires_grad


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_gets_a_gradient(kind, data):
    model = DateReader(kind)
    logits, _ = model(data.inputs, data.targets)
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), data.targets.flatten()).backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in model.parameters())


def test_teacher_forcing_sees_no_later_character(data):
    model = DateReader("additive").double()
    changed = data.targets.clone()
    changed[:, 6:] = (changed[:, 6:] + 1) % 11
    one, other = model(data.inputs, data.targets)[0], model(data.inputs, changed)[0]
    torch.testing.assert_close(one[:, :7], other[:, :7])
    assert (one[:, 7:] - other[:, 7:]).abs().max() > 1e-4


def test_a_seed_decides_the_first_weights_and_nothing_else():
    state = torch.random.get_rng_state()
    one, same, other = (DateReader("dot", seed=seed) for seed in (1, 1, 2))
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.equal(one.spell.weight, same.spell.weight)
    assert not torch.equal(one.spell.weight, other.spell.weight)
    assert torch.equal(one.spell.weight, DateReader("additive", seed=1).spell.weight)


def test_wrong_arguments_are_named(data):
    model = DateReader("additive")
    with pytest.raises(ValueError, match="attention is 'luong'"):
        DateReader("luong")
    with pytest.raises(ValueError, match="hidden is 7"):
        DateReader("dot", hidden=7)
    with pytest.raises(ValueError, match=r"targets has shape \(12, 9\) .*; expected \(12, 10\)"):
        model(data.inputs, data.targets[:, :9])
    with pytest.raises(ValueError, match="inputs has shape"):
        model.read(data.inputs[0])
    with pytest.raises(ValueError, match="empty text or padding inside"):
        model.read(torch.zeros(1, 4, dtype=torch.long))
    with pytest.raises(ValueError, match="empty text or padding inside"):
        model.read(torch.tensor([[0, 3, 4]]))
    with pytest.raises(ValueError, match=r"d_query is .* and d_key .*; expected equal ones"):
        DotScore(2, 3)
    with pytest.raises(ValueError, match=r"query has shape \(2, 4\); expected \(n, 3\)"):
        GeneralScore(3, 3)(torch.zeros(2, 4), torch.zeros(2, 5, 3))
    with pytest.raises(ValueError, match=r"keys has shape \(3, 5, 3\); expected \(2, n_keys, 3\)"):
        AdditiveScore(3, 3)(torch.zeros(2, 3), torch.zeros(3, 5, 3))
    with pytest.raises(ValueError, match="at least one True in each row"):
        masked_softmax(torch.zeros(1, 2), torch.zeros(1, 2, dtype=torch.bool))


def test_softmax_of_what_the_mask_leaves():
    scores, mask = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([True, False, True])
    expected = [math.exp(1) / (math.exp(1) + math.exp(3)), 0.0, math.exp(3) / (math.exp(1) + math.exp(3))]
    torch.testing.assert_close(masked_softmax(scores, mask), torch.tensor(expected))
