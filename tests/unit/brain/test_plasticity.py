"""brain.plasticity agrees with theory: spike timing, competition, BCM, Hebb, gain before learning."""

import numpy as np
import pytest
import scipy.integrate
from hypothesis import given
from hypothesis import strategies as st

from course_utils.brain.plasticity import (
    average_bcm,
    bcm_curve,
    online_bcm,
    online_hebb,
    poisson_inputs,
    share_that_select_attended,
    stdp_competition,
    stdp_window,
)

PATTERNS = np.array([[1.0, 0.2], [0.2, 1.0]])
delays = st.floats(0.01, 200)


# Spike timing


def test_window_gives_the_published_numbers():
    changes = stdp_window([-40, -20, -10, 0, 10, 20, 40])
    expected = [-0.000711, -0.001931, -0.003184, 0, 0.003033, 0.001839, 0.000677]
    np.testing.assert_allclose(changes, expected, atol=5e-7)


def test_sixty_pairings_from_one_half():
    after = 0.5 + 60 * stdp_window([10, -10])
    np.testing.assert_allclose(after, [0.6820, 0.3089], atol=5e-5)


def test_area_under_the_window_favours_depression():
    after, _ = scipy.integrate.quad(stdp_window, 0, 1000)
    before, _ = scipy.integrate.quad(stdp_window, -1000, 0)
    assert after + before == pytest.approx(0.005 * 20 - 0.00525 * 20, abs=1e-9)


@given(delays, delays)
def test_sign_follows_the_order_and_size_fades_with_the_delay(first, second):
    near, far = sorted((first, second))
    assert stdp_window(near) >= stdp_window(far) > 0
    assert stdp_window(-near) <= stdp_window(-far) < 0


# Competition


@pytest.mark.parametrize("shared_fraction", [0, 0.3, 1])
def test_inputs_fire_at_their_rate_and_only_the_first_half_shares(shared_fraction):
    spikes = poisson_inputs(20, 100_000, seed=1, rate=20, shared_fraction=shared_fraction)
    np.testing.assert_allclose(spikes.mean(axis=0) * 1000, 20, atol=3)  # standard error 0.45
    correlation = np.corrcoef(spikes.T) - np.eye(20)
    assert correlation[:10, :10].sum() / 90 == pytest.approx(shared_fraction**2, abs=0.01)
    assert abs(correlation[10:].mean()) < 0.01


def test_competition_adds_up_the_window_over_all_pairs_of_spikes():
    """Far from the bounds each weight is the sum of `stdp_window` over its pairs, counted one by one."""
    amplitude, ratio = 1e-5, 1.3
    result = stdp_competition(3, n_inputs=10, n_seconds=3, strength=0.5, amplitude=amplitude, ratio=ratio)
    spikes = poisson_inputs(10, 3000, seed=3)
    output = np.round(result.output_times * 1000)
    assert len(output) > 20
    for index in range(10):
        pairs = output[:, np.newaxis] - np.flatnonzero(spikes[:, index])
        expected = 0.5 + stdp_window(pairs, amplitude, amplitude * ratio).sum()
        assert result.weights[-1, index] == pytest.approx(expected, abs=1e-12)


def test_inputs_that_share_spikes_win_for_every_seed():
    for seed in range(10):
        result = stdp_competition(seed)
        shared, alone = result.weights[-1, :30].mean(), result.weights[-1, 30:].mean()
        assert shared == pytest.approx(0.986, abs=0.03)
        assert alone < 0.2  # 0.145 in the prototype, which drew its spikes otherwise
        assert 8 < len(result.output_times) / 40 < 16  # Hz
        assert result.weights.min() >= 0
        assert result.weights.max() <= 1


def test_without_shared_spikes_nobody_wins():
    result = stdp_competition(0, shared_fraction=0)
    halves = result.weights[-1, :30].mean(), result.weights[-1, 30:].mean()
    assert abs(halves[0] - halves[1]) < 0.2


def test_a_mild_ratio_hardly_separates_the_groups():
    result = stdp_competition(0, ratio=1.05)
    assert result.weights[-1, :30].mean() > 0.9
    assert result.weights[-1, 30:].mean() > 0.4


def test_no_plasticity_leaves_the_weights():
    result = stdp_competition(0, amplitude=0, n_seconds=2)
    assert result.times.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(result.weights, np.full((3, 60), 0.5))


# BCM and Hebb


def test_bcm_curve_gives_the_published_numbers():
    np.testing.assert_allclose(
        bcm_curve([1, 5, 10, 20, 50, 100], threshold=10),
        [-0.018, -0.048, 0, 0.222, 0.667, 0.857],
        atol=5e-4,
    )
    np.testing.assert_allclose(bcm_curve([5, 10], threshold=5), [0, 0.143], atol=5e-4)


@given(st.floats(0.1, 100), st.floats(0.1, 100))
def test_bcm_turns_from_down_to_up_at_its_threshold(rate, threshold):
    change = bcm_curve(rate, threshold)
    assert change == 0 if rate == threshold else np.sign(change) == np.sign(rate - threshold)
    assert change < 1


@pytest.mark.parametrize("start", [(0.4, 0.3), (0.3, 0.4), (1.0, -0.5), (0.01, 0.02)])
def test_average_bcm_selects_one_pattern_exactly(start):
    responses = average_bcm(PATTERNS, start)[-1] @ PATTERNS.T
    expected = [2, 0] if start[0] > start[1] else [0, 2]
    np.testing.assert_allclose(responses, expected, atol=1e-6)


@pytest.mark.parametrize(("start", "expected"), [((0.6, 0.1), (4, 0)), ((0.1, 0.6), (0, 4 / 3))])
def test_average_bcm_answers_with_one_over_the_probability(start, expected):
    path = average_bcm(PATTERNS, start, probabilities=[0.25, 0.75], n_steps=40_000)
    np.testing.assert_allclose(path[-1] @ PATTERNS.T, expected, atol=1e-6)


def test_average_bcm_works_with_three_patterns():
    patterns = np.eye(3) + 0.1
    responses = average_bcm(patterns, [0.3, 0.5, 0.4])[-1] @ patterns.T
    np.testing.assert_allclose(responses, [0, 3, 0], atol=1e-6)


def test_online_bcm_comes_near_for_every_seed():
    starts = np.random.default_rng(0).uniform(0.1, 0.5, size=(12, 2))
    path = online_bcm(PATTERNS, starts, seed=1)
    assert path.shape == (20_001, 12, 2)
    late = np.sort((path[-5000:] @ PATTERNS.T).mean(axis=0), axis=-1)
    np.testing.assert_allclose(late[:, 1], 2, atol=0.1)
    np.testing.assert_allclose(late[:, 0], 0, atol=0.05)


def test_a_neuron_in_a_batch_learns_as_it_would_alone():
    """One pattern only: nothing is left to chance, so that separate neurons can be compared."""
    starts = np.array([[0.3, 0.1], [0.2, 0.5]])
    together = online_bcm(PATTERNS[:1], starts, seed=0, n_steps=50)
    alone = [online_bcm(PATTERNS[:1], start, seed=7, n_steps=50) for start in starts]
    np.testing.assert_allclose(together, np.stack(alone, axis=1), rtol=1e-12)


def test_the_online_step_is_the_rule():
    path = online_bcm([[1.0, 2.0]], [0.5, 0.25], seed=0, learning_rate=0.1, tau=10, n_steps=2)
    weights, threshold = np.array([0.5, 0.25]), 1.0  # the response is 1, and so is its square
    for step in (1, 2):
        response = weights @ [1, 2]
        weights = weights + 0.1 * np.array([1, 2]) * response * (response - threshold)
        threshold += (response**2 - threshold) / 10
        np.testing.assert_allclose(path[step], weights, rtol=1e-12)


def test_plain_hebb_diverges_for_every_seed():
    path = online_hebb(PATTERNS, [0.3, 0.4], seed=0)
    np.testing.assert_allclose(path[-1], [444, 496], atol=0.5)
    for seed in range(10):
        path = online_hebb(PATTERNS, [0.3, 0.4], seed=seed)
        assert path[-1].min() > 100
        assert np.all(np.diff(np.linalg.norm(path, axis=1)) > 0)


def test_hebb_grows_on_average_as_the_correlation_matrix_says():
    rate, steps, n = 0.01, 100, 4000
    paths = online_hebb(PATTERNS, np.tile([0.3, 0.4], (n, 1)), seed=0, learning_rate=rate, n_steps=steps)
    growth = np.linalg.matrix_power(np.eye(2) + rate * PATTERNS.T @ PATTERNS / 2, steps)
    np.testing.assert_allclose(paths[-1].mean(axis=0), growth @ [0.3, 0.4], rtol=0.01)


# Attention before learning


def test_gain_decides_what_is_learned():
    for seed in range(2):
        none, some, more = (share_that_select_attended(gain, 200, seed) for gain in (1, 1.3, 1.6))
        assert none == pytest.approx(0.5, abs=0.12)
        assert some == pytest.approx(0.95, abs=0.08)
        assert more > 0.98
    for seed in range(10):
        assert share_that_select_attended(1.6, 20, seed, n_steps=4000) > 0.9


def test_a_gain_below_one_favours_the_other_pattern():
    assert share_that_select_attended(1 / 1.6, 100, seed=0) < 0.1


# Wrong input


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: stdp_window([np.nan]), r"delay of shape \(1,\)"),
        (lambda: stdp_window(1, tau_plus=0), "tau_plus is 0"),
        (lambda: stdp_window(1, amplitude_minus=-1), "amplitude_minus is -1"),
        (lambda: poisson_inputs(1, 10, 0), "n_inputs is 1"),
        (lambda: poisson_inputs(4, 10, 0, rate=2000), "rate is 2000"),
        (lambda: poisson_inputs(4, 10, 0, shared_fraction=1.5), "shared_fraction is 1.5"),
        (lambda: stdp_competition("0"), "seed is '0'"),
        (lambda: stdp_competition(0, n_seconds=0), "n_seconds is 0"),
        (lambda: stdp_competition(0, n_seconds=1, start=2), "start is 2"),
        (lambda: stdp_competition(0, n_seconds=1, ratio=-1), "ratio is -1"),
        (lambda: bcm_curve([-1], 10), r"rate of shape \(1,\) contains -1"),
        (lambda: bcm_curve(1, 0), "threshold is 0"),
        (lambda: average_bcm([1, 2], [1, 2]), r"patterns has shape \(2,\)"),
        (lambda: average_bcm(PATTERNS, [1, 2, 3]), r"start has shape \(3,\).*n_inputs = 2"),
        (lambda: average_bcm(PATTERNS, [1, 2], probabilities=[1]), r"probabilities has shape \(1,\)"),
        (lambda: average_bcm(PATTERNS, [1, 2], probabilities=[1, 1]), "sums to 2"),
        (lambda: average_bcm(PATTERNS, [9, 9], learning_rate=10), "learning_rate is 10.*explode"),
        (lambda: online_bcm(PATTERNS, [9, 9], 0, learning_rate=10), "learning_rate is 10.*explode"),
        (lambda: online_bcm(PATTERNS, [1, 2], 0, tau=0.5), "tau is 0.5"),
        (lambda: online_bcm(PATTERNS, [1, 2], -1), "seed is -1"),
        (lambda: online_hebb(PATTERNS, [1, 2], 0, n_steps=-1), "n_steps is -1"),
        (lambda: share_that_select_attended(0, 5, 0), "gain is 0"),
        (lambda: share_that_select_attended(1, 0, 0), "n_neurons is 0"),
        (lambda: share_that_select_attended(1, 5, 0, largest_start=0), "largest_start is 0"),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_the_same_seed_gives_the_same_run():
    first, again = (stdp_competition(5, n_seconds=2) for _ in range(2))
    np.testing.assert_array_equal(first.weights, again.weights)
    assert not np.array_equal(first.weights, stdp_competition(6, n_seconds=2).weights)
