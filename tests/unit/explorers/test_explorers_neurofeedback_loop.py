"""The neurofeedback explorer: its loop, its sham, its artefacts, and what it says of them."""

import numpy as np
import pytest
import scipy.signal

from course_utils.brain.neurofeedback import feedback_course
from course_utils.explorers import neurofeedback_explorer
from course_utils.explorers.neurofeedback_loop import SESSIONS, loop_view, usual_skill


def test_the_usual_skill_is_what_a_course_of_sessions_teaches():
    course = feedback_course(60, seed=3, n_sessions=10).skills.mean(axis=1)
    expected = [usual_skill(n, sham=False) for n in range(1, 11)]
    np.testing.assert_allclose(course, expected, atol=0.03)
    assert usual_skill(10, sham=True) == 0


@pytest.mark.parametrize("artefacts", ["none", "blinks"])
def test_ratios_agree_with_scipy(artefacts):
    view = loop_view(5, "true", artefacts)
    frequencies, power = scipy.signal.periodogram(view.signals, 128, window="hann", detrend="constant")
    bands = [power[:, (frequencies >= low) & (frequencies < high)].sum(1) for low, high in [(4, 8), (13, 21)]]
    np.testing.assert_allclose(view.ratios, bands[0] / bands[1])


def test_true_rewards_follow_the_recorded_ratio_and_sham_rewards_do_not():
    for artefacts in ("none", "blinks", "drift"):
        view = loop_view(0, "true", artefacts)
        np.testing.assert_array_equal(view.rewards, view.ratios < view.threshold)
    sham, blinking = loop_view(0, "sham", "none"), loop_view(0, "sham", "blinks")
    np.testing.assert_array_equal(sham.rewards, blinking.rewards)
    assert np.any(sham.rewards != (sham.ratios < sham.threshold))


def test_blinks_take_rewards_away_and_change_half_of_the_epochs():
    clean, blinks = loop_view(0, "true", "none"), loop_view(0, "true", "blinks")
    changed = np.any(blinks.signals != clean.signals, axis=1)
    assert 10 <= changed.sum() <= 30
    assert not np.any(blinks.rewards & ~clean.rewards)
    assert blinks.rewards.sum() < clean.rewards.sum() - 3


def test_practice_lowers_the_ratio():
    first, last = (loop_view(n, "true", "none") for n in (SESSIONS[0], SESSIONS[-1]))
    assert last.ratios.mean() < first.ratios.mean()
    assert last.threshold < first.threshold


def test_the_readout_counts_the_rewards_so_far():
    explorer = neurofeedback_explorer()
    explorer.values = explorer.values | {"epoch": 12, "feedback": "sham"}
    rewards = loop_view(0, "sham", "none").rewards[:12].sum()
    assert f"So far {rewards} rewards" in explorer.frame["words"]
    assert explorer.frame["words"].startswith("Epoch 12: ratio ")
