"""Bounds that can fail: each number that a lesson measures has a known-bad case, whose number lies outside.

`known_bad.csv` holds one for each: what goes wrong, the number it then comes to, and how that was found out.
"""

import csv
import re
from pathlib import Path

import pytest

from course_utils.lessons import find_lessons
from tools.checks import Lesson, texts

BAD = Path(__file__).with_name("known_bad.csv")
MEASURED = re.compile(
    r"^\s*(?P<name>.*\S)\s*: ≈ (?P<value>\S+), expected (?P<low>\S+) to (?P<high>\S+)$", re.M
)


def measured_in(lesson: Lesson) -> dict[str, tuple[float, float, float]]:
    """Return what a lesson's stored outputs measured: name, value and bounds."""
    said = "\n".join(str(text.text) for cell in lesson.cells("code") for text in texts(cell))
    found = MEASURED.finditer(said)
    return {match["name"]: tuple(float(match[part]) for part in ("value", "low", "high")) for match in found}


def known_bad() -> list[dict[str, str]]:
    with BAD.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = known_bad()


@pytest.mark.parametrize("path", [lesson.path for lesson in find_lessons()], ids=lambda path: path.stem)
def test_every_measured_number_has_a_known_bad_case_outside_its_bounds(path: Path):
    measured = measured_in(Lesson.read(path))
    rows = {row["measured"]: row for row in ROWS if row["lesson"] == path.stem.split("-", 1)[1]}
    assert set(measured) == set(rows), "Add or remove rows of known_bad.csv."
    for name, (value, low, high) in measured.items():
        bad = float(rows[name]["number"])
        assert low <= value <= high, f"{name}: {value} is not between {low} and {high}."
        assert not low <= bad <= high, f"{name}: {rows[name]['what goes wrong']} gives {bad}, and would pass."
        assert rows[name]["what goes wrong"]
        assert rows[name]["found by"]


def test_a_bound_that_lets_the_bad_case_pass_is_found():
    """The pattern reads what `measured` prints, and the comparison is not empty."""
    text = "  gain, a: b: ≈ -0.017, expected -1e-05 to 0.5\nother ≈ 3 lines"
    assert [match.group("name", "value", "low", "high") for match in MEASURED.finditer(text)] == [
        ("gain, a: b", "-0.017", "-1e-05", "0.5")
    ]
    assert any(measured_in(Lesson.read(lesson.path)) for lesson in find_lessons())
