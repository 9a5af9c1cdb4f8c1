"""What the lesson computes by hand agrees with SciPy, and its recording is the one Matplotlib ships."""

import numpy as np
import pytest
import scipy.signal
import scipy.stats

from tools.checks import Lesson


@pytest.fixture(scope="module")
def names():
    """Run the lesson's cells that need nothing slow, and return their variables."""
    lesson, made = Lesson.named("training-attention-in-people"), {}
    quick = (
        "begin-here",
        "signal",
        "power",
        "ratio",
        "helper-and-pytorch",
        "threshold",
        "reward",
        "load-trace",
    )
    for name in (*quick, "regression", "one-trial-arms", "effect-size-by-hand"):
        exec(lesson.source(name), made)
    return made


def test_the_ratio_by_hand_is_scipys(names):
    frequencies, power = scipy.signal.periodogram(names["signal"], 128, window="hann", detrend="constant")
    theta, beta = (power[(frequencies >= a) & (frequencies < b)].sum() for a, b in [(4, 8), (13, 21)])
    assert names["theta"] / names["beta"] == pytest.approx(theta / beta)


def test_rewards_and_learning_by_hand(names):
    np.testing.assert_array_equal(names["rewarded"], names["ratios"] < names["threshold"])
    np.testing.assert_array_equal(np.sign(names["change"]) == np.sign(names["tried"]), names["rewarded"])


def test_regression_to_the_mean_is_what_theory_says(names):
    normal = scipy.stats.norm
    first = normal.pdf(1) / normal.sf(1)  # mean of a normal number above 1
    enrolled = names["enrolled"]
    assert names["first"].std() == pytest.approx(1, abs=0.01)  # the unit
    assert names["first"][enrolled].mean() == pytest.approx(first, abs=0.02)
    assert names["second"][enrolled].mean() == pytest.approx(0.75 * first, abs=0.03)


def test_the_last_difference_in_spreads_of_changes_is_a_t_test(names):
    t = scipy.stats.ttest_ind(names["training"], names["other"]).statistic
    assert names["difference"] / names["spread"] == pytest.approx(t * np.sqrt(1 / 84 + 1 / 58))


def test_the_recording_has_four_scaled_channels(names):
    assert names["recording"].shape == (4, 800)
    np.testing.assert_allclose(names["recording"].std(axis=1), 1, atol=0.01)
