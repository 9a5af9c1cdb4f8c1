"""Curves against a budget: told apart without colours, and said in words with every number."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_utils.plots import PALETTE, budget_curves

BUDGETS = [1000, 2000, 48_000]
CURVES = {
    "with": [[0.1, 0.9, 0.99], [0.05, 0.85, 0.98], [0.15, 0.95, 1.0]],
    "without": [[np.nan, 0.2, 0.97], [np.nan, 0.1, 0.96], [np.nan, 0.3, 0.98]],
}


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def draw(ax, budgets=BUDGETS, curves=CURVES):
    return budget_curves(ax, budgets, curves, budget="examples", measure="dates read")


def test_every_number_is_drawn_and_said(ax):
    alt = draw(ax)
    for name, (mean, low, high) in CURVES.items():
        for at, numbers in zip(BUDGETS, zip(mean, low, high, strict=True), strict=True):
            said = "{:.3f} [{:.3f}, {:.3f}] at {:,}".format(*numbers, at)
            assert (said in alt) == (not np.isnan(numbers[0])), (name, at)
    with_attention, without = ax.lines
    assert np.column_stack(with_attention.get_data()).tolist() == [[1000, 0.1], [2000, 0.9], [48_000, 0.99]]
    assert np.column_stack(without.get_data()).tolist() == [[2000, 0.2], [48_000, 0.97]]
    assert "nan" not in alt
    heights = [
        path.get_extents().intervaly.tolist() for bands in ax.collections for path in bands.get_paths()
    ]
    assert heights == [[0.05, 1.0], [0.1, 0.98]]


def test_rivals_are_told_apart_without_colours(ax):
    draw(ax, curves={str(i): CURVES["with"] for i in range(len(PALETTE))})
    assert len({line.get_marker() for line in ax.lines}) == len({line.get_color() for line in ax.lines}) == 7
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list("0123456")


def test_the_axis_of_budgets_shows_them(ax):
    draw(ax)
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1,000", "2,000", "48,000"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("examples", "dates read")


@pytest.mark.parametrize("budgets", [[], [0, 1, 2], [1, 3, 2], [1, 1, 2], [[1, 2, 3]]])
def test_budgets_that_do_not_rise_are_refused(ax, budgets):
    with pytest.raises(ValueError, match=r"budgets is .*; expected numbers above 0 that rise"):
        draw(ax, budgets)


@pytest.mark.parametrize("curves", [{}, {"a": [[1, 2, 3]]}, dict.fromkeys("abcdefgh", CURVES["with"])])
def test_curves_that_do_not_fit_are_refused(ax, curves):
    with pytest.raises(ValueError, match=r"expected 1 to 7 of shape \(3, 3\)"):
        draw(ax, curves=curves)
