"""Tests of the threshold explorer's arithmetic, against scikit-learn and by properties."""

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import accuracy_score, precision_recall_curve, precision_recall_fscore_support

from course_utils.explorers.threshold import (
    Counts,
    class_scores,
    count_at,
    precision_recall,
    threshold_explorer,
)


@pytest.mark.parametrize("threshold", [-1.0, 0.5, 2.0])
@pytest.mark.parametrize("percent", [1, 10, 50])
def test_measures_agree_with_scikit_learn(percent, threshold):
    rare, common = class_scores(1.5, percent)
    counts = count_at(rare, common, threshold)
    truth = np.repeat([1, 0], [len(rare), len(common)])
    said = np.concatenate([rare, common]) >= threshold
    expected = precision_recall_fscore_support(truth, said, average="binary")[:3]
    assert (counts.precision, counts.recall, counts.f1) == pytest.approx(expected)
    assert counts.accuracy == pytest.approx(accuracy_score(truth, said))
    assert sum(counts) == 1000


@pytest.mark.parametrize(("separation", "percent"), [(0, 50), (1.5, 10), (4, 1)])
def test_curve_agrees_with_scikit_learn(separation, percent):
    rare, common = class_scores(separation, percent)
    truth = np.repeat([1, 0], [len(rare), len(common)])
    expected, expected_recall, _ = precision_recall_curve(truth, np.concatenate([rare, common]))
    precision, recall = precision_recall(separation, percent)
    np.testing.assert_allclose(precision, expected[-2::-1])
    np.testing.assert_allclose(recall, expected_recall[-2::-1])


def test_shares_agree_with_the_normal_distribution():
    rare, common = class_scores(1.5, 50)
    counts = count_at(rare, common, 1.0)
    assert counts.recall == pytest.approx(norm.sf(1.0 - 1.5), abs=0.06)  # 500 people: two standard errors
    assert counts.fp / len(common) == pytest.approx(norm.sf(1.0), abs=0.05)


def test_undefined_measures_are_nan():
    nobody = Counts(0, 0, 100, 900)
    assert math.isnan(nobody.precision)
    assert (nobody.accuracy, nobody.recall, nobody.f1) == (0.9, 0, 0)


def test_threshold_above_all_is_said_in_words():
    explorer = threshold_explorer()
    explorer.values = {"threshold": 8, "separation": 0, "percent": 10}
    words = explorer.frame["words"]
    assert "precision undefined (0/0)" in words
    assert "TP 0, FP 0, FN 100, TN 900" in words
    assert "Saying no to everybody scores 0.900" in words


@pytest.mark.parametrize("percent", [0, 100, -1])
def test_refuses_a_share_that_is_none(percent):
    with pytest.raises(ValueError, match="expected a number above 0 and below 100"):
        class_scores(1.0, percent)
