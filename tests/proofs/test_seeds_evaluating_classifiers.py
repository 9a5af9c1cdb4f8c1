"""Stored results of evaluating-classifiers: each seed keeps the bounds that the lesson asserts."""

import pytest

from proofs.lesson_seeds import numbers_of
from tools.checks import Lesson

ROWS = numbers_of("evaluating-classifiers")
LESSON = Lesson.named("evaluating-classifiers")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_bounds_of_the_lesson_hold_for_each_seed(row):
    for name in ["bounds", "bounds-of-weights"]:
        areas = {name: row[f"deletion_{name}"] for name in ["attention", "brightness", "random"]}
        names = {"evidence": row, "areas": areas}
        exec(LESSON.source(name).partition("for claim, holds")[0], names)
        broken = [claim for claim, holds in names["claims"].items() if not holds]
        assert len(names["claims"]) >= 4
        assert not broken, f"seed {row['seed']:g} breaks: {', '.join(broken)}."


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_numbers_are_possible(row):
    """Bounds that need no training: the map comes before the last layer, shares lie between 0 and 1."""
    assert row["head_alike"] == row["nothing_alike"] == 1
    assert row["head_mass"] == row["nothing_mass"]
    assert row["blank"] <= row["deletion_attention"] <= row["deletion_reversed"] <= row["untouched"]
    assert row["adversary_map_moved"] <= 0.6932  # ln 2
    assert all(0 <= value <= 1 for name, value in row.items() if name != "seed" and "alike" not in name)
