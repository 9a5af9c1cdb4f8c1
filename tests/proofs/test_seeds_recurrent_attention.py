"""Stored results of recurrent-attention: each seed keeps the bounds that the lesson asserts or tells."""

import re

import pytest

from proofs.lesson_seeds import numbers_of
from tools.checks import Lesson

LESSON = Lesson.named("recurrent-attention")
READERS = ["additive", "none", "none, 12 epochs", "general", "dot", "additive, never masked"]


def table():
    """Return the rows as {(reader, seed): {column: number}}."""
    return {(row["reader"], row["seed"]): row for row in numbers_of("recurrent-attention")}


def test_five_seeds_of_each_reader():
    assert list(table()) == [(reader, seed) for reader in READERS for seed in range(5)]


@pytest.mark.parametrize("seed", range(5))
def test_bounds_that_the_lesson_asserts_hold_for_each_seed(seed):
    rows = table()
    additive, none = rows["additive", seed], rows["none", seed]
    asserted = re.findall(r'assert right\["([^"]+)"\] ([<>]) ([\d.]+)', LESSON.source("training-bounds"))
    assert [(name, sign) for name, sign, _ in asserted] == [("with attention", ">"), ("without", "<")]
    assert additive["exact"] > float(asserted[0][2])
    assert none["exact"] < float(asserted[1][2])
    least = re.search(
        r'{"year": ([\d.]+), "month": ([\d.]+), "day": ([\d.]+)}', LESSON.source("alignment-bounds")
    )
    for field, bound in zip(["year", "month", "day"], least.groups(), strict=True):
        assert additive[field] > float(bound), field
    assert additive["exact_other_mask"] < additive["exact"] - 0.05
    assert none["characters_forced"] > none["characters_free"]


@pytest.mark.parametrize("seed", range(5))
def test_what_the_text_tells_holds_for_each_seed(seed):
    rows = table()
    additive, none, long, never = (rows[name, seed] for name in [*READERS[:3], "additive, never masked"])
    assert additive["exact"] > 0.98
    assert none["exact"] < 0.15
    assert long["exact"] > 0.95
    assert 0 < round(long["exact_0_words"] - long["exact_12_words"], 4) <= 0.026
    assert round(additive["exact_0_words"] - additive["exact_12_words"], 4) <= 0.004
    assert round(none["exact_0_words"] - none["exact_12_words"], 4) <= 0.054
    assert rows["dot", seed]["exact"] > 0.93
    assert additive["exact"] - additive["exact_other_mask"] > 0.1
    assert additive["exact_other_mask"] < never["exact"] < never["exact_other_mask"]


def test_twelve_words_double_the_mistakes_of_the_readers_trained_longer():
    rows = table()
    wrong = [sum(1 - rows["none, 12 epochs", i][f"exact_{n}_words"] for i in range(5)) / 5 for n in (0, 12)]
    assert [round(share, 3) for share in wrong] == [0.013, 0.026]
    assert wrong[1] / wrong[0] == pytest.approx(2, abs=0.05)


def test_what_the_text_tells_of_some_seeds():
    rows = table()
    below = [rows["additive, never masked", i]["exact"] < 0.98 for i in range(5)]
    assert sum(below) == 4
    least = min((rows["dot", i] for i in range(5)), key=lambda row: row["day"])
    assert (round(least["day"], 2), round(least["exact"], 2)) == (0.50, 0.94)
    for name in ["dot", "general"]:
        assert max(rows[name, i]["exact"] for i in range(5)) < min(
            rows["additive", i]["exact"] for i in range(5)
        )
