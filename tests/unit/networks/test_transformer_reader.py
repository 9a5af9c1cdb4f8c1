"""Tests of the Transformer that reads dates: its interface, its masks, and that it learns."""

import pytest
import torch

from course_utils.data.dates import dates
from course_utils.learning.sequences import exact_match, fit_reader
from course_utils.networks.transformer import TransformerReader

close = torch.testing.assert_close


@pytest.fixture(scope="module")
def few():
    return dates(6, seed=0, filler=(0, 2))


@pytest.fixture(scope="module")
def reader():
    return TransformerReader(d_model=16, n_heads=2, d_hidden=24, seed=1).eval()


def test_shapes_and_weights_that_sum_to_one_and_never_lie_on_padding(reader, few):
    logits, weights = reader(few.inputs, few.targets)
    by_head = reader.look(few.inputs, few.targets)[1]
    assert logits.shape == (6, 10, 11)
    close(by_head.sum(dim=-1), torch.ones(6, 2, 10))
    close(weights, by_head.mean(dim=1))
    assert (weights.movedim(2, 1)[few.inputs == 0] == 0).all()


def test_padding_changes_nothing(reader, few):
    longer = torch.nn.functional.pad(few.inputs, (0, 9))
    close(reader(longer, few.targets)[0], reader(few.inputs, few.targets)[0])
    close(reader.read(longer)[0], reader.read(few.inputs)[0])


def test_a_character_depends_on_no_later_target(reader, few):
    changed = few.targets.clone()
    changed[:, 4:] = (changed[:, 4:] + 1) % 11
    before, after = reader(few.inputs, few.targets)[0], reader(few.inputs, changed)[0]
    close(before[:, :5], after[:, :5])  # the character at place 4 is spelled from those before it
    assert not before[:, 5:].allclose(after[:, 5:])


def test_reading_freely_is_teacher_forcing_with_its_own_answers(reader, few):
    ids, weights = reader.read(few.inputs)
    logits, forced_weights = reader(few.inputs, ids)
    close(logits.argmax(dim=2), ids)
    close(weights, forced_weights)


def test_without_positions_the_order_of_the_characters_is_lost(few):
    inputs = few.inputs[:, :8]
    shuffled = inputs[:, torch.randperm(8, generator=torch.Generator().manual_seed(0))]
    blind = TransformerReader(16, 2, 24, with_positions=False)
    close(blind(shuffled, few.targets)[0], blind(inputs, few.targets)[0])
    seeing = TransformerReader(16, 2, 24)
    assert not seeing(shuffled, few.targets)[0].allclose(seeing(inputs, few.targets)[0], atol=1e-3)


def test_the_seed_decides_the_first_weights_and_leaves_other_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    one, same, other = (TransformerReader(16, 2, 24, seed=seed) for seed in (5, 5, 6))
    close(torch.rand(2), expected)
    for mine, yours in zip(one.parameters(), same.parameters(), strict=True):
        assert mine.equal(yours)
    assert not one.written.weight.equal(other.written.weight)


def test_it_learns_one_style():
    train = dates(96, seed=0, styles=["2021/05/03"])
    reader = TransformerReader(d_model=16, n_heads=2, d_hidden=24, n_layers=1)
    losses = fit_reader(reader, train, epochs=6, batch_size=16, learning_rate=0.01)
    assert losses[-1] < 0.7 * losses[0]
    assert 0 <= exact_match(reader, train) <= 1


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda reader: reader(torch.ones(2, 3).long(), torch.zeros(2, 9).long()), r"expected \(2, 10\)"),
        (lambda reader: reader.read(torch.ones(3).long()), r"inputs has shape \(3,\)"),
        (lambda reader: reader.read(torch.ones(2, 3)), "expected character ids"),
        (lambda reader: reader.read(torch.zeros(2, 3).long()), "at least one character"),
        (lambda reader: TransformerReader(n_layers=0), "n_layers is 0"),
        (lambda reader: TransformerReader(9, 3, 8), "d_model is 9"),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(reader, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(reader)
