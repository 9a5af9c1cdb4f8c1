"""Stored results of preparing-data: each seed keeps the bounds that the lesson prints."""

import csv
import re

import pytest

from proofs.lesson_seeds import numbers_of, seeds_file
from tools.checks import Lesson

ROWS = numbers_of("preparing-data")
BOUND = re.compile(r"^(.+): ≈ .+, expected (-?[\d.]+) to (-?[\d.]+)$", re.MULTILINE)


def bounds():
    """Read what the lesson's cells print, by the name of what was measured."""
    outputs = [
        output for cell in Lesson.named("preparing-data").notebook.cells for output in cell.get("outputs", [])
    ]
    text = "\n".join(output.get("text", "") for output in outputs)
    return {name: (float(low), float(high)) for name, low, high in BOUND.findall(text)}


def test_every_figure_was_measured():
    assert len(bounds()) > 30
    assert all(set(bounds()) == set(row) - {"seed"} for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_bounds_of_the_lesson_hold_for_each_seed(row):
    broken = [name for name, (low, high) in bounds().items() if not low <= row[name] <= high]
    assert not broken, f"seed {row['seed']:g} breaks: {', '.join(broken)}."


def test_bounds_are_read_from_the_file_alone():
    """No cell shows a bound before it has run: it would answer what the lesson asks."""
    with seeds_file("preparing-data").with_name("preparing-data-bounds.csv").open(encoding="utf-8") as file:
        stored = {row["figure"]: (float(row["low"]), float(row["high"])) for row in csv.DictReader(file)}
    assert stored == bounds()
