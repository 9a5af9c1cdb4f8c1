"""Stored results of classifier-in-depth: each seed keeps the bounds that the lesson asserts."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from course_utils.lessons import find_lesson
from proofs.lesson_seeds import stored_rows

ROOT = Path(__file__).parents[2]
STORED = ROOT / "results" / "classifier-in-depth-seeds.csv"
LESSON = find_lesson("classifier-in-depth").path
BOUNDS = ["shortcut-bounds", "elsewhere-bounds", "two-items-bounds", "photos-bounds"]


def rows():
    return [{name: float(value) for name, value in row.items()} for row in stored_rows(STORED)]


def judgement(source):
    """Take out of a cell what judges the evidence: neither what measures it further nor what prints."""

    def of_evidence(statement):
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            return False
        used = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
        return "evidence" in used

    return ast.unparse([statement for statement in ast.parse(source).body if of_evidence(statement)])


def claims_of(row):
    """Let the lesson's own cells judge a row; give whether each claim holds, by cell and claim."""
    cells = {cell.metadata.get("name", cell.id): cell.source for cell in nbformat.read(LESSON, 4).cells}
    judged = {}
    for cell in BOUNDS:
        names = {"evidence": dict(row)}
        exec(judgement(cells[cell]), names)
        judged |= {(cell, claim.strip()): bool(holds) for claim, holds in names["claims"].items()}
    return judged


def test_five_seeds_with_date_and_command():
    assert [row["seed"] for row in rows()] == [0, 1, 2, 3, 4]
    first = STORED.read_text(encoding="utf-8").splitlines()[0]
    machine = "one thread on a shared machine of 2 CPU cores"
    assert re.fullmatch(
        rf"# \d{{4}}-\d\d-\d\d, python -m proofs\.seeds_classifier_in_depth, {machine}", first
    )


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"seed {row['seed']:g}")
def test_bounds_of_the_lesson_hold_for_each_seed(row):
    judged = claims_of(row)
    broken = [f"{claim} ({cell})" for (cell, claim), holds in judged.items() if not holds]
    assert {cell for cell, _ in judged} == set(BOUNDS)
    assert len(judged) >= 20
    assert not broken, f"seed {row['seed']:g} breaks: {', '.join(broken)}."


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"seed {row['seed']:g}")
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
@pytest.mark.parametrize("row", rows(), ids=lambda row: f"seed {row['seed']:g}")
def test_a_row_with_two_kinds_swapped_breaks_its_claims(row, one, other, cell, at_least):
    broken = [where for (where, _), holds in claims_of(swapped(row, one, other)).items() if not holds]
    assert broken.count(cell) >= at_least


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"seed {row['seed']:g}")
def test_photos_at_chance_and_attention_on_one_place_break_their_claims(row):
    bad = row | {"region_attention": 1 / 6, "crop_attention": 1 / 6, "places": 1.0}
    broken = [where for (where, _), holds in claims_of(bad).items() if not holds]
    assert broken.count("photos-bounds") == 4
