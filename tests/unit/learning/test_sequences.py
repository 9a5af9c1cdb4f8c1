"""Training and measuring readers of dates."""

import math

import pytest
import torch
from torch import nn

from course_utils.data.dates import PADDING, dates
from course_utils.learning.sequences import (
    _batches,
    alignment_score,
    exact_match,
    fit_reader,
    matches,
    right_characters,
    uniform_weights,
)
from course_utils.networks.seq2seq import DateReader


class Oracle(nn.Module):
    """A reader that knows the answers, but for some places where it is wrong."""

    def __init__(self, data, wrong):
        super().__init__()
        self.answers = {tuple(i[i > 0].tolist()): t for i, t in zip(data.inputs, data.targets, strict=True)}
        self.wrong = wrong

    def read(self, inputs):
        """Give the answers, some of them wrong."""
        ids = torch.stack([self.answers[tuple(row[row > 0].tolist())] for row in inputs]).clone()
        ids[:, self.wrong] = (ids[:, self.wrong] + 1) % 10
        return ids, uniform_weights(inputs)

    def forward(self, inputs, targets):
        """Give the same answers as logits."""
        return nn.functional.one_hot(self.read(inputs)[0], 11).float(), uniform_weights(inputs)


def test_measures_count_what_an_oracle_gets_wrong():
    data = dates(30, seed=0)
    assert exact_match(Oracle(data, []), data, batch_size=7) == 1.0
    wrong = Oracle(data, [3, 9])
    assert not matches(wrong, data).any()
    for forced in (False, True):
        right = right_characters(wrong, data, forced=forced, batch_size=7)
        assert right.shape == (30, 10)
        assert right.all(dim=0).tolist() == [i not in (3, 9) for i in range(10)]


def test_full_matches_do_not_depend_on_forcing():
    """As long as all is right, the own previous character is the true one."""
    data = dates(200, seed=1, styles=["2021/05/03"])
    model = DateReader("additive", hidden=32)
    fit_reader(model, data, epochs=3, batch_size=16)
    forced = right_characters(model, data, forced=True)
    assert torch.equal(forced.all(dim=1), matches(model, data))
    assert 0 < forced.float().mean() <= 1


def test_training_is_reproducible():
    data = dates(48, seed=2)
    first, second = (fit_reader(DateReader("dot", hidden=8), data, epochs=2, batch_size=16) for _ in range(2))
    assert first == second
    assert len(first) == 2


def test_training_learns_and_finds_the_alignment():
    data = dates(1000, seed=2, styles=["2021/05/03"], filler=(0, 1))
    test = dates(200, seed=3, part="test", styles=["2021/05/03"], filler=(0, 1))
    model = DateReader("additive", hidden=32)
    assert exact_match(model, test) < 0.1
    losses = fit_reader(model, data, epochs=5, batch_size=32)
    assert losses[-1] < losses[0] / 3
    assert not model.training
    assert exact_match(model, test) > 0.5
    even = alignment_score(uniform_weights(test.inputs), test.alignment)
    trained = alignment_score(model.read(test.inputs)[1], test.alignment)
    assert trained["year"] > even["year"] + 0.2


def test_batches_deal_out_each_row_once_and_keep_like_lengths_together():
    inputs = dates(1000, seed=4, filler=(0, 6)).inputs
    batches = _batches(inputs, 32, torch.Generator().manual_seed(0))
    assert sorted(torch.cat(batches).tolist()) == list(range(1000))
    assert max(map(len, batches)) == 32
    lengths = (inputs != PADDING).sum(dim=1).float()
    within = torch.stack([lengths[batch].std() for batch in batches if len(batch) > 1]).mean()
    assert within < lengths.std() / 4
    assert len(batches) == 32  # 16 of the first 512 rows, 16 of the rest


def test_alignment_score_agrees_with_a_loop():
    data = dates(6, seed=5, filler=2)
    shape = (6, 10, data.inputs.shape[1])
    weights = torch.rand(shape, generator=torch.Generator().manual_seed(0)).softmax(dim=2)
    for i, (field, steps) in enumerate({"year": range(4), "month": (5, 6), "day": (8, 9)}.items()):
        shares = [
            sum(weights[n, step, j].item() for j in range(shape[2]) if data.alignment[n, i, j])
            for n in range(6)
            for step in steps
        ]
        assert alignment_score(weights, data.alignment)[field] == pytest.approx(sum(shares) / len(shares))


def test_even_attention_scores_what_a_field_has_of_the_text():
    data = dates(1, seed=0, styles=["2021/05/03"])
    score = alignment_score(uniform_weights(data.inputs), data.alignment)
    assert score == pytest.approx({"year": 0.4, "month": 0.2, "day": 0.2})


def test_wrong_arguments_are_named():
    data = dates(4, seed=0)
    for change, says in (
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": math.inf}, "learning_rate is inf"),
        ({"clip": 0}, "clip is 0"),
    ):
        with pytest.raises(ValueError, match=says):
            fit_reader(DateReader("dot"), data, **({"epochs": 1} | change))
    with pytest.raises(ValueError, match="weights has shape"):
        alignment_score(torch.zeros(4, 9, 20), data.alignment)
    broken = DateReader("dot")
    broken.spell.weight.data.fill_(math.nan)
    with pytest.raises(FloatingPointError, match="The loss became nan"):
        fit_reader(broken, data, epochs=1)
