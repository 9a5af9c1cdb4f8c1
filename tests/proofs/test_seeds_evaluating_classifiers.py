"""Stored results of evaluating-classifiers: each seed keeps the bounds that the lesson asserts."""

import re
from pathlib import Path

import nbformat
import pytest

from course_utils.lessons import find_lesson
from proofs.lesson_seeds import stored_rows

ROOT = Path(__file__).parents[2]
STORED = ROOT / "results" / "evaluating-classifiers-seeds.csv"
LESSON = find_lesson("evaluating-classifiers").path


def rows():
    return [{name: float(value) for name, value in row.items()} for row in stored_rows(STORED)]


def test_five_seeds_with_date_and_command():
    assert [row["seed"] for row in rows()] == [0, 1, 2, 3, 4]
    first = STORED.read_text(encoding="utf-8").splitlines()[0]
    assert re.fullmatch(
        r"# \d{4}-\d\d-\d\d, python -m proofs\.seeds_evaluating_classifiers, 2 CPU cores", first
    )


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"seed {row['seed']:g}")
def test_bounds_of_the_lesson_hold_for_each_seed(row):
    cells = {cell.id: cell.source for cell in nbformat.read(LESSON, 4).cells}
    for name in ["bounds", "bounds-of-weights"]:
        areas = {name: row[f"deletion_{name}"] for name in ["attention", "brightness", "random"]}
        names = {"evidence": row, "areas": areas}
        exec(cells[name].partition("for claim, holds")[0], names)
        broken = [claim for claim, holds in names["claims"].items() if not holds]
        assert len(names["claims"]) >= 4
        assert not broken, f"seed {row['seed']:g} breaks: {', '.join(broken)}."


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"seed {row['seed']:g}")
def test_numbers_are_possible(row):
    """Bounds that need no training: the map comes before the last layer, shares lie between 0 and 1."""
    assert row["head_alike"] == row["nothing_alike"] == 1
    assert row["head_mass"] == row["nothing_mass"]
    assert row["blank"] <= row["deletion_attention"] <= row["deletion_reversed"] <= row["untouched"]
    assert row["adversary_map_moved"] <= 0.6932  # ln 2
    assert all(0 <= value <= 1 for name, value in row.items() if name != "seed" and "alike" not in name)
