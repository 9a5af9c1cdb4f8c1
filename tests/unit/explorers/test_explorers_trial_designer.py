"""The trial designer: its analysis of each trial, and what designs are fooled by."""

import numpy as np
import pytest
import scipy.stats

from course_utils.brain.clinical_trials import TrialDesign, simulate_trials, summarise
from course_utils.explorers import trial_explorer
from course_utils.explorers.trial_designer import N_TRIALS, design_view


def arms(control, **design):
    """Return the improvements that the explorer analyses, for 30 people an arm."""
    sizes = {f"n_{arm}": 30 if arm == control else 2 for arm in ("sham", "waitlist")}
    return simulate_trials(TrialDesign(n_training=30, **sizes, **design), N_TRIALS, seed=0).improvements


@pytest.mark.parametrize("control", ["waitlist", "sham"])
@pytest.mark.parametrize("rater", ["parent", "objective"])
def test_arms_are_compared_as_scipy_does(control, rater):
    view = design_view(30, control, 30.0, rater, 1.0, 0.3)
    people = arms(control, specific=0.3, sham_belief=0.7)[rater]
    tests = scipy.stats.ttest_ind(people["training"], people[control], axis=1)
    np.testing.assert_allclose(view.effects, people["training"].mean(axis=1) - people[control].mean(axis=1))
    interval = tests.confidence_interval()
    np.testing.assert_allclose(view.half_widths, (interval.high - interval.low) / 2, rtol=1e-3)
    np.testing.assert_array_equal(view.significant, tests.pvalue < 0.05)


def test_without_a_control_before_and_after_are_compared():
    view = design_view(30, "none", 0.0, "parent", 1.0, 0.0)
    changes = arms("none")["parent"]["training"]
    tests = scipy.stats.ttest_1samp(changes, 0, axis=1)
    np.testing.assert_allclose(view.effects, changes.mean(axis=1))
    np.testing.assert_array_equal(view.significant, tests.pvalue < 0.05)


def test_intervals_hold_the_true_effect_as_often_as_they_promise():
    view = design_view(60, "sham", 0.0, "parent", 1.0, 0.0)
    covered = np.mean(np.abs(view.effects) < view.half_widths)
    assert 0.9 < covered < 0.99


@pytest.mark.parametrize("rater", ["parent", "teacher", "objective"])
def test_an_honest_trial_scatters_round_the_truth(rater):
    view = design_view(150, "sham", 0.0, rater, 1.0, 0.5)
    assert view.effects.mean() == pytest.approx(0.5, abs=0.02)


def test_the_explorer_and_the_lessons_table_speak_one_unit():
    """The same useless training gives the same number in both, before and after and beside a waiting list."""
    row = summarise(200, 0, {"A": TrialDesign()})["A"]
    alone, beside = (design_view(80, control, 0.0, "parent", 1.0, 0.0) for control in ("none", "waitlist"))
    assert alone.effects.mean() == pytest.approx(row.pre_post["training"], abs=0.03)
    assert beside.effects.mean() == pytest.approx(row.comparisons["waitlist", "parent"].effect_size, abs=0.03)


@pytest.mark.parametrize(
    ("design", "low", "high"),
    [
        ((60, "none", 0.0, "parent", 1.0, 0.0), 0.99, 1.0),
        ((60, "waitlist", 0.0, "parent", 1.0, 0.0), 0.99, 1.0),
        ((60, "sham", 0.0, "parent", 1.0, 0.0), 0.0, 0.1),
        ((60, "sham", 80.0, "parent", 1.0, 0.0), 0.95, 1.0),
        ((60, "sham", 80.0, "objective", 1.0, 0.0), 0.0, 0.1),
        ((150, "sham", 0.0, "teacher", 1.0, 0.5), 0.95, 1.0),
    ],
)
def test_what_fools_a_trial(design, low, high):
    assert low <= design_view(*design).significant.mean() <= high


def test_the_readout_says_share_and_mean():
    explorer = trial_explorer()
    explorer.values = explorer.values | {"control": "waitlist", "specific": 0.2}
    view = design_view(60, "waitlist", 0.0, "parent", 1.0, 0.2)
    words = explorer.frame["words"]
    assert words.startswith("The training itself improves 0.2 sd; ")
    assert f"mean estimated effect {view.effects.mean():.2f} sd" in words
    assert f"significant in {view.significant.mean():.0%} of 200" in words
