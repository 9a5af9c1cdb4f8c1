"""Stored results of classifier-in-depth: each seed keeps the bounds that the lesson asserts."""

import io
import re
from contextlib import redirect_stdout

import pytest

from proofs.lesson_seeds import numbers_of
from tools.checks import Lesson

ROWS = numbers_of("classifier-in-depth")
LESSON = Lesson.named("classifier-in-depth")
BOUNDS = ["shortcut-bounds", "elsewhere-bounds", "two-items-bounds", "photos-bounds"]
KINDS = [name.removesuffix("_confidence") for name in ROWS[0] if name.endswith("_confidence")]
LINE = re.compile(r"^(.+): ≈ .+, expected .+\n(  NOT as expected)?", re.MULTILINE)


def claims_of(row):
    """Let the lesson's own cells judge a row; give whether each number lies as expected, by cell and name."""
    judged = {}
    for cell in BOUNDS:
        names = {"evidence": dict(row), "networks": ["clean", "marked"], "kinds": KINDS}
        exec(LESSON.source("bounds"), names)
        with redirect_stdout(io.StringIO()) as printed:
            exec(LESSON.source(cell), names)
        judged |= {(cell, name.strip()): not bad for name, bad in LINE.findall(printed.getvalue())}
    return judged


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_bounds_of_the_lesson_hold_for_each_seed(row):
    judged = claims_of(row)
    broken = [f"{claim} ({cell})" for (cell, claim), holds in judged.items() if not holds]
    assert {cell for cell, _ in judged} == set(BOUNDS)
    assert len(judged) >= 20
    assert not broken, f"seed {row['seed']:g} breaks: {', '.join(broken)}."


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_numbers_are_possible(row):
    """Bounds that need no training: shares lie between 0 and 1, and there are 64 places."""
    shares = {name: value for name, value in row.items() if name not in {"seed", "places"}}
    assert all(0 <= value <= 1 for value in shares.values())
    assert 1 <= row["places"] <= 64
    assert row["named_mass"] + row["other_mass"] <= 1


def swapped(row, one, other):
    """Exchange the columns whose names begin with one and with the other."""
    exchange = {one: other, other: one}
    return {
        next((to + name.removeprefix(of) for of, to in exchange.items() if name.startswith(of)), name): value
        for name, value in row.items()
    }


@pytest.mark.parametrize(
    ("one", "other", "cell", "at_least"),
    [
        ("clean_", "marked_", "shortcut-bounds", 6),
        ("24 crops_", "as trained_", "elsewhere-bounds", 1),
        ("named_mass", "other_mass", "two-items-bounds", 1),
    ],
)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_a_row_with_two_kinds_swapped_breaks_its_claims(row, one, other, cell, at_least):
    broken = [where for (where, _), holds in claims_of(swapped(row, one, other)).items() if not holds]
    assert broken.count(cell) >= at_least


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"seed {row['seed']:g}")
def test_photos_at_chance_and_attention_on_one_place_break_their_claims(row):
    bad = row | {"region_attention": 1 / 6, "crop_attention": 1 / 6, "places": 1.0}
    broken = [where for (where, _), holds in claims_of(bad).items() if not holds]
    assert broken.count("photos-bounds") == 3
