"""Chinese terms in figures: drawn where a font holds them, replaced by the English where none does."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import font_manager

from course_utils import plots

TERM = "标准化准确率精确率键注意力训练"


@pytest.fixture
def fresh(monkeypatch):
    """Look for fonts anew, and leave nothing changed."""
    plots.chinese_font.cache_clear()
    with plt.rc_context():
        plt.rcParams["font.family"] = ["DejaVu Sans"]
        yield monkeypatch
    plots.chinese_font.cache_clear()
    plots.chinese_font()


class Fonts:
    """A list of fonts that holds none or one of the wanted names."""

    def __init__(self, *names: str) -> None:
        self.ttflist = [font_manager.FontEntry(name=name) for name in ("DejaVu Sans", *names)]


def test_without_a_font_the_english_stands_alone_and_a_note_says_why(fresh):
    fresh.setattr(font_manager, "fontManager", Fonts())
    assert plots.chinese_font() is None
    assert plots.chinese("准确率", "accuracy") == "accuracy"
    assert "No Chinese font" in plots.chinese_note()
    assert plt.rcParams["font.family"] == ["DejaVu Sans"]


def test_with_a_font_the_term_stands_before_the_english(fresh):
    fresh.setattr(font_manager, "fontManager", Fonts("SimHei", "PingFang SC"))
    assert plots.chinese_font() == "PingFang SC"  # the first of the list, whatever is installed first
    assert plots.chinese("准确率", "accuracy") == "准确率 accuracy"
    assert plots.chinese_note() == ""
    assert plt.rcParams["font.family"] == ["DejaVu Sans", "PingFang SC"]


def test_asking_twice_adds_the_font_once(fresh):
    fresh.setattr(font_manager, "fontManager", Fonts("SimHei"))
    plots.chinese("键", "key")
    plots.chinese("值", "value")
    assert plt.rcParams["font.family"] == ["DejaVu Sans", "SimHei"]


@pytest.mark.parametrize(("term", "english"), [("", "key"), ("键", " ")])
def test_both_words_are_needed(term: str, english: str):
    with pytest.raises(ValueError, match=r"term is .* and english .*; expected words for both"):
        plots.chinese(term, english)


def test_what_is_drawn_has_a_glyph_for_each_character(recwarn, fresh):
    """No empty boxes: Matplotlib warns of each character that no font holds, and two terms look different."""
    pictures = []
    for label in (plots.chinese(TERM, "terms"), plots.chinese(TERM[::-1], "smret")):
        figure = plt.figure(figsize=(4, 1))
        figure.text(0.1, 0.4, label)
        figure.canvas.draw()
        pictures.append(np.asarray(figure.canvas.buffer_rgba()).copy())
        plt.close(figure)
    assert not [str(warning.message) for warning in recwarn if "Glyph" in str(warning.message)]
    assert not np.array_equal(*pictures)
