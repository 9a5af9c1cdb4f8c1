"""Stored results of evaluating-classifiers: each seed keeps the bounds that the lesson prints."""

import re

import pytest

from proofs.lesson_seeds import numbers_of
from tools.checks import Lesson

ROWS = numbers_of("evaluating-classifiers")
BOUND = re.compile(r"^(.+): ≈ .+, expected (-?[\d.]+) to (-?[\d.]+)$", re.MULTILINE)
COLUMNS = {
    "accuracy": "accuracy",
    "calibration error, as trained": "ece",
    "calibration error, logits doubled": "ece_doubled",
    "calibration error, tempered": "ece_tempered",
    "area, attention": "deletion_attention",
    "area, brightness": "deletion_brightness",
    "area, random": "deletion_random",
    "area, attention reversed": "deletion_reversed",
    "area, darkness": "deletion_darkness",
    "right with a random head": "head_right",
    "mass with random scores": "pooling_mass",
    "shuffled, answer_moved": "shuffled_answer_moved",
    "shuffled, answer_kept": "shuffled_answer_kept",
    "shuffled, map_moved": "shuffled_map_moved",
    "adversary after 300 steps, answer_kept": "adversary_300_answer_kept",
    "adversary after 300 steps, map_moved": "adversary_300_map_moved",
    "adversary after 300 steps, mass": "adversary_300_mass",
    "reader with equal": "guided_equal",
    "reader with another": "guided_another",
    "reader with brightness": "guided_brightness",
    "reader with box": "guided_box",
    "reader with own": "guided_own",
    "the box alone": "alone_box",
    "its own weights alone": "alone_own",
    "the same, place removed": "alone_centred",
}


def bounds():
    """Read what the lesson's cells print, by the name of what was measured."""
    cells = Lesson.named("evaluating-classifiers").notebook.cells
    text = "\n".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))
    return {name: (float(low), float(high)) for name, low, high in BOUND.findall(text)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_bounds_of_the_lesson_hold_for_each_seed(row):
    printed = bounds()
    assert set(COLUMNS) <= set(printed)
    broken = [
        name for name, column in COLUMNS.items() if not printed[name][0] <= row[column] <= printed[name][1]
    ]
    low, high = printed["own weights above the true box"]
    assert low <= row["guided_own"] - row["guided_box"] <= high
    assert not broken, f"seed {row['seed']:g} breaks: {', '.join(broken)}."


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_what_the_lesson_says_of_the_stored_runs(row):
    """More steps move the map further, beyond what two trainings differ by; shuffling moves it more still."""
    moved = [row[f"adversary_{step}_map_moved"] for step in (100, 300, 1000, 3000)]
    assert moved == sorted(moved)
    assert row["trainings_map_moved"] < moved[-1] < row["shuffled_map_moved"]
    assert row["deletion_attention"] < row["deletion_brightness"] < row["deletion_random"]
    assert row["alone_box"] < row["alone_own"] < row["alone_centred"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_numbers_are_possible(row):
    """Bounds that need no training: the map comes before the last layer, shares lie between 0 and 1."""
    assert row["head_alike"] == row["nothing_alike"] == 1
    assert row["head_mass"] == row["nothing_mass"]
    assert row["blank"] <= row["deletion_attention"] <= row["deletion_reversed"] <= row["untouched"]
    assert row["adversary_3000_map_moved"] <= 0.6932  # ln 2
    assert all(0 <= value <= 1 for name, value in row.items() if name != "seed" and "alike" not in name)
