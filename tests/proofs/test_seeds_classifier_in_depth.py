"""Stored results of classifier-in-depth: each seed keeps the bounds that the lesson asserts."""

import ast

import pytest

from proofs.lesson_seeds import numbers_of
from tools.checks import Lesson

ROWS = numbers_of("classifier-in-depth")
LESSON = Lesson.named("classifier-in-depth")
BOUNDS = ["shortcut-bounds", "elsewhere-bounds", "two-items-bounds", "photos-bounds"]


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
    judged = {}
    for cell in BOUNDS:
        names = {"evidence": dict(row)}
        exec(judgement(LESSON.source(cell)), names)
        judged |= {(cell, claim.strip()): bool(holds) for claim, holds in names["claims"].items()}
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
    assert broken.count("photos-bounds") == 4
