"""Measured numbers: shown to the reader, hidden from the comparison, and bounds that can fail."""

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from course_utils.measured import about, expected_in, measured, stored
from tools.checks import sanitized


@pytest.mark.parametrize("value", [0.0171, -0.0171, 12345.6789, 0.0, -0.0, np.float32(0.5)])
@pytest.mark.parametrize("sign", [False, True])
def test_the_number_alone_is_hidden(value, sign):
    text = f"before 3.5, {about(value, sign=sign)}, after 0.25"
    assert sanitized(text) == "before 3.5, , after 0.25"


def test_what_is_hidden_is_only_the_number(capsys):
    """Another machine's number compares as equal, another bound or a result outside does not."""
    texts = []
    for value, high in [(0.02, 0.05), (0.049, 0.05), (0.02, 0.06), (0.2, 0.05), (float("nan"), 0.05)]:
        measured("gain", value, -0.01, high)
        texts.append(sanitized(capsys.readouterr().out))
    same, near, bound, outside, no_number = texts
    assert same == near
    assert len({same, bound, outside}) == 3
    assert "NOT as expected" in outside
    assert outside == no_number


@pytest.mark.parametrize("value", [0.1, 0.2])
def test_the_bounds_themselves_are_expected(value, capsys):
    assert measured("share", value, 0.1, 0.2) == value
    assert "NOT" not in capsys.readouterr().out


def test_bounds_must_rise():
    with pytest.raises(ValueError, match=r"low is 0\.2 and high 0\.1; expected low below high"):
        measured("share", 0.15, 0.2, 0.1)


def test_as_the_last_line_of_a_cell_it_is_not_shown_twice(capsys):
    """IPython asks its formatter what to show of a cell's value."""
    value = measured("gain", 0.01234567, 0, 1)
    assert capsys.readouterr().out == "gain: ≈ 0.012, expected 0 to 1\n"
    assert DisplayFormatter().format(value) == ({}, {})
    assert DisplayFormatter().format(0.01234567)[0]
    assert capsys.readouterr().out == ""


def test_ranges_come_from_the_lessons_file(capsys):
    measured_here = expected_in("preparing-data")
    measured_here("lost by  wrong labels, logistic regression", 0.9)
    assert capsys.readouterr().out.startswith(
        "lost by  wrong labels, logistic regression: ≈ 0.900, expected 0.002 to 0.025\n  NOT as expected."
    )
    with pytest.raises(ValueError, match=r"^name is 'lost'; expected one that stands in"):
        measured_here("lost", 0.01)


def test_a_table_has_its_rows_without_remarks(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("# 2026, a command\nfigure,low\n'a, b',1\n".replace("'", '"'), encoding="utf-8")
    assert stored(table) == [{"figure": "a, b", "low": "1"}]


@pytest.mark.parametrize(
    "read", [lambda: stored("no-such"), lambda: stored("no-such.csv"), lambda: expected_in("no-such")]
)
def test_a_table_that_is_not_there_is_named(read):
    with pytest.raises(ValueError, match=r"^name is 'no-such.*'; expected a table in results, or the path"):
        read()
