"""brain.clinical_trials: effects agree with theory and SciPy; each bias does what it is said to."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from course_utils.brain.clinical_trials import (
    ARMS,
    SCENARIOS,
    TrialDesign,
    compare_arms,
    critical_t,
    pre_post_effect,
    simulate_trials,
    summarise,
)

N_TRIALS = 300
# Pre-post of training, sham, waitlist; training against waitlist, then sham, by parent, teacher and test.
# All in one unit, so the numbers follow from the design by adding up, and from the theory of regression.
EXPECTED = {
    "A": ([1.16, 1.16, 0.47], [0.69, 0.35, 0], [0, 0, 0]),
    "B": ([1.16, 0.61, 0.47], [0.69, 0.35, 0], [0.55, 0.28, 0]),
    "C": ([1.59, 1.16, 0.47], [1.12, 0.78, 0.43], [0.43, 0.43, 0.43]),
    "D": ([0.38, 0.38, 0.38], [0, 0, 0], [0, 0, 0]),
    "E": ([0, 0, 0], [0, 0, 0], [0, 0, 0]),
    "F": ([0.77, 0.77, 0.47], [0.3, 0.09, 0], [0, 0, 0]),
}
SIGNIFICANT = {  # training against waitlist (parent, teacher), sham (parent, teacher, objective)
    "A": [1, 0.869, 0.05, 0.05, 0.05],
    "B": [1, 0.869, 0.998, 0.657, 0.05],
    "C": [1, 1, 0.961, 0.959, 0.948],
    "D": [0.05, 0.05, 0.05, 0.05, 0.05],
    "E": [0.05, 0.05, 0.05, 0.05, 0.05],
    "F": [0.75, 0.132, 0.05, 0.05, 0.05],
}


@pytest.fixture(scope="module")
def table():
    return {name[0]: row for name, row in summarise(N_TRIALS, seed=0).items()}


@pytest.mark.parametrize("scenario", "ABCDEF")
def test_scenarios_give_the_effects_of_their_design(scenario, table):
    pre_post, beside_waitlist, beside_sham = EXPECTED[scenario]
    row = table[scenario]
    np.testing.assert_allclose(list(row.pre_post.values()), pre_post, atol=0.02)
    measures = ("parent", "teacher", "objective")
    found = [row.comparisons["waitlist", measure].effect_size for measure in measures]
    np.testing.assert_allclose(found, beside_waitlist, atol=0.04)
    found = [row.comparisons["sham", measure].effect_size for measure in measures]
    np.testing.assert_allclose(found, beside_sham, atol=0.04)


def test_before_after_less_the_controls_is_the_effect_between_arms(table):
    """One unit for both columns: no row may show more against a control than before and after."""
    for row in table.values():
        for control in ("waitlist", "sham"):
            left = row.pre_post["training"] - row.pre_post[control]
            assert row.comparisons[control, "parent"].effect_size == pytest.approx(left)


@pytest.mark.parametrize("scenario", "ABCDEF")
def test_scenarios_are_significant_as_often_as_in_the_prototype(scenario, table):
    row = table[scenario]
    keys = [("waitlist", m) for m in ("parent", "teacher")] + [
        ("sham", m) for m in ("parent", "teacher", "objective")
    ]
    found = [row.comparisons[key].significant for key in keys]
    np.testing.assert_allclose(found, SIGNIFICANT[scenario], atol=0.08)  # standard error at most 0.03


def test_the_unit_is_the_spread_of_unselected_ratings():
    """With nobody selected and nothing happening, changes spread by √(2 (1 - reliability))."""
    design = TrialDesign(maturation=0, placebo=0, rater_bias=0, cutoff=-math.inf, reliability=0.6)
    change = simulate_trials(design, 200, seed=0).improvements["parent"]["sham"]
    assert change.std() == pytest.approx(math.sqrt(2 * 0.4), rel=0.02)


def test_messages_hold_for_every_seed():
    """A useless training looks splendid but beside a blind sham, where a real one still shows."""
    a, b, c, d, e, _ = SCENARIOS.values()
    for seed in range(10):
        outcomes = {design: simulate_trials(design, 60, seed) for design in (a, b, c, d, e)}
        assert pre_post_effect(outcomes[a], "training") > 1
        assert compare_arms(outcomes[a], "training", "waitlist").significant > 0.95
        assert compare_arms(outcomes[a], "training", "sham").significant < 0.25
        assert compare_arms(outcomes[b], "training", "sham").significant > 0.95
        assert compare_arms(outcomes[b], "training", "sham", "objective").significant < 0.25
        assert compare_arms(outcomes[c], "training", "sham").significant > 0.8
        assert pre_post_effect(outcomes[d], "waitlist") > 0.3
        assert abs(pre_post_effect(outcomes[e], "waitlist")) < 0.05


@pytest.mark.parametrize(("cutoff", "reliability"), [(1.0, 0.75), (0.0, 0.5), (1.5, 0.9)])
def test_regression_to_the_mean_is_that_of_theory(cutoff, reliability):
    """Those above the cutoff lie φ(c) / (1 - Φ(c)) above the mean, and 1 - reliability of it is error."""
    design = TrialDesign(maturation=0, placebo=0, rater_bias=0, cutoff=cutoff, reliability=reliability)
    outcomes = simulate_trials(design, 200, seed=0)
    above = scipy.stats.norm.pdf(cutoff) / scipy.stats.norm.sf(cutoff)
    for arm in ARMS:
        assert pre_post_effect(outcomes, arm) == pytest.approx((1 - reliability) * above, abs=0.03)


def test_perfect_ratings_do_not_regress():
    design = TrialDesign(maturation=0, placebo=0, rater_bias=0, reliability=1)
    outcomes = simulate_trials(design, 5, seed=0)
    np.testing.assert_array_equal(outcomes.improvements["parent"]["sham"], 0)


def test_screening_counts_how_rare_the_enrolled_are():
    outcomes = simulate_trials(TrialDesign(cutoff=1), 200, seed=0)
    enrolled = 200 * (84 + 58 + 58)
    assert enrolled / outcomes.n_screened == pytest.approx(scipy.stats.norm.sf(1), rel=0.2)
    assert simulate_trials(TrialDesign(cutoff=-math.inf), 200, seed=0).n_screened == enrolled


def test_comparison_is_scipys_t_test():
    design = TrialDesign(n_training=12, n_sham=9, specific=0.6)
    outcomes = simulate_trials(design, 200, seed=0)
    for measure in ("parent", "teacher", "objective"):
        first, second = (outcomes.improvements[measure][arm] for arm in ("training", "sham"))
        test = scipy.stats.ttest_ind(first, second, axis=1)
        comparison = compare_arms(outcomes, "training", "sham", measure)
        assert comparison.significant == np.mean(test.pvalue < 0.05)
        assert comparison.effect_size == pytest.approx(first.mean() - second.mean())


@pytest.mark.parametrize("freedom", [2, 5, 30, 140, 1000])
@pytest.mark.parametrize("significance", [0.01, 0.05, 0.5])
def test_critical_t_is_scipys(freedom, significance):
    expected = scipy.stats.t.ppf(1 - significance / 2, freedom)
    assert critical_t(freedom, significance) == pytest.approx(expected, rel=1e-4)


def test_larger_trials_find_a_real_effect_more_often():
    small, large = (
        compare_arms(
            simulate_trials(TrialDesign(specific=0.3, n_training=n, n_sham=n), 200, seed=0),
            "training",
            "sham",
        ).significant
        for n in (20, 200)
    )
    assert small < 0.4 < 0.9 < large


def test_swapping_the_arms_turns_the_sign():
    outcomes = simulate_trials(TrialDesign(specific=0.5), 50, seed=0)
    there, back = compare_arms(outcomes, "training", "sham"), compare_arms(outcomes, "sham", "training")
    assert there.effect_size == pytest.approx(-back.effect_size)
    assert there.significant == back.significant


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: TrialDesign(n_sham=1), "n_sham is 1"),
        (lambda: TrialDesign(reliability=0), "reliability is 0"),
        (lambda: TrialDesign(sham_belief=2), "sham_belief is 2"),
        (lambda: TrialDesign(cutoff=9), "cutoff is 9"),
        (lambda: TrialDesign(placebo=np.nan), "placebo is nan"),
        (lambda: replace(TrialDesign(), specific=np.inf), "specific is inf"),
        (lambda: simulate_trials({}, 5, 0), "design is {}"),
        (lambda: simulate_trials(TrialDesign(), 0, 0), "n_trials is 0"),
        (lambda: simulate_trials(TrialDesign(), 1, True), "seed is True"),
        (lambda: pre_post_effect(simulate_trials(TrialDesign(), 1, 0), "drug"), "arm is 'drug'"),
        (lambda: compare_arms(simulate_trials(TrialDesign(), 1, 0), "sham", "none"), "arm is 'none'"),
        (lambda: pre_post_effect(simulate_trials(TrialDesign(), 1, 0), "sham", "dog"), "measure is 'dog'"),
        (lambda: critical_t(1), "freedom is 1"),
        (lambda: critical_t(10, 0.9), "significance is 0.9"),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
