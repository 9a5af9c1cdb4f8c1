"""Stored results of transformer: each seed keeps the bounds that the lesson prints."""

from types import SimpleNamespace

import numpy as np
import pytest

from proofs.lesson_seeds import numbers_of
from tools.checks import Lesson

GRU = "gru, easier dates"


def rows(reader):
    return [row for row in numbers_of("transformer") if row["reader"] == reader]


def exact(reader):
    return [row["exact"] for row in rows(reader)]


@pytest.mark.parametrize("reader", ["transformer", GRU, "transformer, harder dates"])
def test_five_seeds_of_each_setting(reader):
    assert [row["seed"] for row in rows(reader)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("row", rows("transformer"), ids=lambda row: f"seed {row['seed']:g}")
def test_bounds_of_the_lesson_hold_for_each_seed(row, capsys):
    """The lesson's own cells judge the row, so that there is one place for each bound."""
    columns = {"mean of heads": "mean", "untrained": "untrained", "other date": "other_date"}
    columns |= {f"head {i}": f"head_{i}" for i in range(1, 5)}
    columns["uniform"] = "untrained"  # uniform attention is printed and judged nowhere
    names = {
        "np": np,
        "exact": row["exact"],
        "exact_match": lambda *_: row["exact_untrained"],
        "untrained": None,
        "shares": {name: {"sum of the fields": 3 * row[column]} for name, column in columns.items()},
        "test": SimpleNamespace(texts=["May 3, 2021"]),
        "without": [row[f"exact_without_{i}"] for i in range(1, 5)],
        "predict_random_digits": lambda causal: row["digits_causal" if causal else "digits_leaking"],
    }
    lesson = Lesson.named("transformer")
    for name in ["train-bound", "heads-bounds", "without-a-head-bounds", "leak"]:
        exec(lesson.source(name), names)
    claims = [line for line in capsys.readouterr().out.splitlines() if line.endswith(("True", "False"))]
    assert len(claims) == 10
    assert not [claim for claim in claims if claim.endswith("False")]


def test_the_recurrent_reader_is_right_on_nearly_all_easier_dates_and_the_transformer_on_fewer():
    assert min(exact(GRU)) >= 0.95
    assert max(exact("transformer")) < min(exact(GRU))


def test_the_same_dates_as_the_recurrent_reader_are_harder_in_this_setting():
    """What the comparison table shows, for every seed: two settings, not two kinds of network."""
    assert max(exact("transformer, harder dates")) < 0.5
