"""Stored results of recurrent-attention: each seed keeps the bounds the lesson prints, and what it tells."""

import csv

import pytest

from proofs.lesson_seeds import ROOT, numbers_of, stored_rows
from proofs.seeds_recurrent_attention import SETTING
from tools.checks import Lesson

LESSON = Lesson.named("recurrent-attention")
READERS = ["additive", "none", "none, 12 epochs", "general", "dot", "additive, never masked"]


def table():
    """Return the rows as {(reader, seed): {column: number}}."""
    return {(row["reader"], row["seed"]): row for row in numbers_of("recurrent-attention")}


def expected():
    """Return the ranges that the lesson prints, by the name of what was measured."""
    with (ROOT / "results/recurrent-attention-bounds.csv").open(encoding="utf-8") as file:
        return {row["figure"]: (float(row["low"]), float(row["high"])) for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("lesson", "cell", "arm", "examples"),
    [
        ("recurrent-attention", "training", "additive attention", 8000),
        ("recurrent-attention", "training", "no attention", 8000),
        ("transformer", "train", "Transformer", 12_000),
    ],
)
def test_what_is_trained_live_has_the_setting_chosen_at_its_budget(lesson, cell, arm, examples):
    (row,) = (
        row
        for row in stored_rows(ROOT / "results/curves-dates.csv")
        if (row["arm"], row["examples"]) == (arm, str(examples))
    )
    chosen = f'"batch_size": {row["batch_size"]}, "learning_rate": {row["learning_rate"]}'
    assert f'"epochs": {examples // 4000}, {chosen}' in Lesson.named(lesson).source(cell)
    if lesson == "recurrent-attention":
        assert {key: str(value) for key, value in SETTING.items()} == {key: row[key] for key in SETTING}


def test_five_seeds_of_each_reader():
    assert list(table()) == [(reader, seed) for reader in READERS for seed in range(5)]


@pytest.mark.parametrize("seed", range(5))
def test_each_seed_lies_within_the_bounds_of_the_lesson(seed):
    rows = table()
    additive, none = rows["additive", seed], rows["none", seed]
    gap = none["characters_forced"] - none["characters_free"]
    ranges = expected()
    for value, name in [
        (additive["exact"], "with attention"),
        (none["exact"], "without"),
        *((additive[field], f"on the {field}, trained") for field in ("year", "month", "day")),
        (additive["day_zero"], "a zero that is not in the text"),
        (additive["day_other"], "all others"),
        (gap, "characters right, forced minus free"),
    ]:
        low, high = ranges[name]
        assert low <= value <= high, name


@pytest.mark.parametrize("seed", range(5))
def test_what_the_text_tells_holds_for_each_seed(seed):
    rows = table()
    additive, none, long, never = (rows[name, seed] for name in [*READERS[:3], "additive, never masked"])
    for reader, low, high in [(additive, -1, 0.01), (none, 0.05, 0.15), (long, -1, 0.01)]:
        assert low < reader["exact_0_words"] - reader["exact_12_words"] < high
    assert rows["dot", seed]["exact"] > 0.99
    assert additive["exact_other_mask"] < additive["exact"]
    assert never["exact"] < never["exact_other_mask"]


def test_what_the_text_tells_of_some_seeds():
    rows = table()
    lost = sorted(rows["additive", i]["exact"] - rows["additive", i]["exact_other_mask"] for i in range(5))
    assert lost[0] < 0.01
    assert lost[-1] == pytest.approx(0.25, abs=0.01)
    least = min((rows["dot", i] for i in range(5)), key=lambda row: row["day"])
    assert round(least["day"], 2) == 0.72
