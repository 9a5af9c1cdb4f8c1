"""Stored results of preparing-data: each seed keeps the bounds that the lesson prints."""

import re
from pathlib import Path

import nbformat
import pytest

from course_utils.lessons import find_lesson
from proofs.lesson_seeds import stored_rows

ROOT = Path(__file__).parents[2]
STORED = ROOT / "results" / "preparing-data-seeds.csv"
LESSON = find_lesson("preparing-data").path
BOUND = re.compile(r"^(.+): between (-?[\d.]+) and (-?[\d.]+)$", re.MULTILINE)


def bounds():
    """Read what the lesson's cells print, by the name of what was measured."""
    outputs = [output for cell in nbformat.read(LESSON, 4).cells for output in cell.get("outputs", [])]
    text = "\n".join(output.get("text", "") for output in outputs)
    return {name: (float(low), float(high)) for name, low, high in BOUND.findall(text)}


def test_every_figure_was_measured_from_five_seeds():
    assert [row["seed"] for row in stored_rows(STORED)] == ["0", "1", "2", "3", "4"]
    assert len(bounds()) > 30
    assert all(set(bounds()) == set(row) - {"seed"} for row in stored_rows(STORED))
    assert STORED.read_text(encoding="utf-8").startswith("# 20")


@pytest.mark.parametrize("row", stored_rows(STORED), ids=lambda row: f"seed {row['seed']}")
def test_bounds_of_the_lesson_hold_for_each_seed(row):
    broken = [name for name, (low, high) in bounds().items() if not low <= float(row[name]) <= high]
    assert not broken, f"seed {row['seed']} breaks: {', '.join(broken)}."
