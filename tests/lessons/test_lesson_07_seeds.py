"""Tests of lesson 07's stored results: each seed keeps the bounds that the lesson asserts for seed 0."""

import csv
from pathlib import Path

import pytest

STORED = Path(__file__).parents[2] / "results" / "lesson-07-seeds.csv"


def rows(reader):
    lines = STORED.read_text(encoding="utf-8").splitlines()
    return [row for row in csv.DictReader(lines[1:]) if row["reader"] == reader]


@pytest.mark.parametrize("reader", ["transformer", "transformer, as in lesson 06"])
def test_five_seeds_of_each_setting(reader):
    assert [row["seed"] for row in rows(reader)] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("row", rows("transformer"), ids=lambda row: f"seed {row['seed']}")
def test_bounds_of_the_lesson_hold_for_each_seed(row):
    heads = [float(row[f"head_{i}"]) for i in range(1, 5)]
    assert float(row["exact"]) >= 0.60
    assert float(row["mean"]) >= 0.40
    assert float(row["untrained"]) <= 0.25
    assert max(heads) - min(heads) > 0.02


def test_the_same_dates_as_the_recurrent_reader_are_harder_in_this_setting():
    """What the comparison table shows, for every seed: two settings, not two kinds of network."""
    assert max(float(row["exact"]) for row in rows("transformer, as in lesson 06")) < 0.5
