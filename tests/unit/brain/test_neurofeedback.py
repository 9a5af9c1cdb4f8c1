"""course_utils.brain.neurofeedback: spectra agree with SciPy, the loop trains a signal, sham does not."""

import numpy as np
import pytest
import scipy.signal
import scipy.spatial
import scipy.stats
from sklearn.metrics import roc_auc_score

from course_utils.brain.neurofeedback import (
    add_blinks,
    add_drift,
    auc_from_effect_size,
    eeg_spectrum,
    feedback_course,
    feedback_session,
    periodogram,
    privacy_experiment,
    reidentify,
    simulate_eeg,
    simulate_people,
    spectral_features,
    theta_beta_ratio,
)


def median_ratio(signals, **options):
    return np.median(theta_beta_ratio(signals, **options))


# Signals


@pytest.mark.parametrize("n_samples", [255, 256])
@pytest.mark.parametrize(("window", "scipys"), [("hann", "hann"), ("box", "boxcar")])
def test_periodogram_is_scipys(n_samples, window, scipys):
    signal = np.random.default_rng(0).normal(5, 3, size=(4, n_samples))
    frequencies, power = periodogram(signal, 128, window)
    expected = scipy.signal.periodogram(signal, 128, window=scipys, detrend="constant")
    np.testing.assert_allclose(frequencies, expected[0])
    np.testing.assert_allclose(power, expected[1], rtol=1e-9, atol=1e-12)


def test_simulated_power_is_the_spectrum_asked_for():
    settings = {"theta": 3, "alpha": 5, "alpha_frequency": 9, "beta": 2, "background": 20, "exponent": 1}
    frequencies, power = periodogram(simulate_eeg(4000, seed=0, **settings), window="box")
    expected = eeg_spectrum(frequencies, **settings)
    np.testing.assert_allclose(power[:, 1:].mean(axis=0), expected[1:], rtol=0.1)
    assert np.all(power[:, 0] < 1e-20)  # no constant part


def test_the_whole_variance_is_the_power_added_up():
    signals = simulate_eeg(4000, seed=1)
    power = eeg_spectrum(np.fft.rfftfreq(256, 1 / 128)) * 0.5
    assert signals.var(axis=1).mean() == pytest.approx(power.sum(), rel=0.05)


def test_each_epoch_may_have_its_own_rhythm():
    signals = simulate_eeg(400, seed=0, theta=np.repeat([1.0, 8.0], 200))
    assert median_ratio(signals[200:]) > 3 * median_ratio(signals[:200])


@pytest.mark.parametrize(("theta", "beta"), [(1, 1), (3, 1), (2, 5)])
def test_ratio_of_two_waves_is_that_of_their_squares(theta, beta):
    clock = np.arange(256) / 128
    signal = theta * np.sin(2 * np.pi * 6 * clock) + beta * np.cos(2 * np.pi * 17 * clock)
    assert theta_beta_ratio(signal) == pytest.approx((theta / beta) ** 2)
    assert theta_beta_ratio(7 * signal + 100) == pytest.approx((theta / beta) ** 2)


def test_each_band_starts_at_its_lower_edge_and_ends_before_its_upper_one():
    clock = np.arange(256) / 128
    waves = {hertz: np.sin(2 * np.pi * hertz * clock) for hertz in (3.5, 4, 8, 12.5, 13, 21)}
    inside = waves[4] + waves[13]
    assert theta_beta_ratio(inside, window="box") == pytest.approx(1)
    for hertz in (3.5, 8, 12.5, 21):
        assert theta_beta_ratio(inside + 5 * waves[hertz], window="box") == pytest.approx(1)


def test_blinks_look_like_theta_for_every_seed():
    for seed in range(10):
        signals = simulate_eeg(60, seed)
        assert median_ratio(add_blinks(signals, [0.7])) > 1.5 * median_ratio(signals)


def test_blinks_and_drift_leave_the_signal_given():
    signal = np.zeros(256)
    blinked = add_blinks(signal, [0.5, 1.5], height=80)
    assert not signal.any()
    assert blinked.max() == pytest.approx(80)
    assert blinked.argmax() in (64, 192)
    np.testing.assert_allclose(add_drift(signal, -3), -3 * np.arange(256) / 128)
    assert not signal.any()


def test_drift_drags_every_score_to_one_value_unless_a_window_fades_the_ends():
    """A straight line leaks as 1 / sin²(π k / n) into frequency k, whoever the signal belongs to."""
    leak = 1 / np.sin(np.pi * np.arange(1, 129) / 256) ** 2
    value = leak[7:15].sum() / leak[25:41].sum()  # 4 up to 8 Hz over 13 up to 21 Hz
    for theta in (1, 8):
        signals = simulate_eeg(100, seed=0, theta=theta)
        drifting = add_drift(signals, 2000)
        assert median_ratio(drifting, window="box") == pytest.approx(value, rel=0.05)
        assert abs(np.log(median_ratio(signals, window="box") / value)) > 0.5
        # The window keeps what is the person's own.
        assert median_ratio(add_drift(signals, 200)) == pytest.approx(median_ratio(signals), rel=0.05)


# The closed loop


def change_in_percent(result):
    return 100 * (result.ratios[-1] / result.ratios[0] - 1)


def test_feedback_trains_the_signal_and_sham_does_not():
    trained, sham = (feedback_course(48, seed=0, sham=sham) for sham in (False, True))
    for arm in (trained, sham):
        assert arm.ratios[0].mean() == pytest.approx(4.69, abs=0.4)
    assert trained.ratios[-1].mean() == pytest.approx(3.76, abs=0.4)
    assert change_in_percent(trained).mean() == pytest.approx(-19.2, abs=5)
    assert change_in_percent(sham).mean() == pytest.approx(-0.6, abs=5)
    assert 7 < change_in_percent(trained).std() < 15


def test_trained_people_change_more_than_sham_for_every_seed():
    for seed in range(10):
        trained = feedback_course(12, seed, n_sessions=6)
        sham = feedback_course(12, seed, sham=True, n_sessions=6)
        assert trained.skills[-1].mean() > 0.07 + sham.skills[-1].mean()
        assert change_in_percent(trained).mean() < change_in_percent(sham).mean()


def test_where_theta_is_no_part_of_the_signal_there_is_nothing_to_learn():
    skills = feedback_course(48, seed=0, n_sessions=10, theta=0).skills
    assert abs(skills[-1].mean()) < 0.03


def test_skill_leaks_away():
    started = feedback_session(np.full(200, 1.0), seed=0, sham=True, n_epochs=100)
    assert started.skill.mean() == pytest.approx(0.995**100, abs=0.02)


def test_a_session_keeps_its_own_rules():
    session = feedback_session(np.zeros(5), seed=0, n_epochs=30, n_calibration=10)
    assert session.signals.shape == (40, 5, 256)
    np.testing.assert_allclose(session.ratios, theta_beta_ratio(session.signals))
    np.testing.assert_allclose(session.threshold, np.median(session.ratios[:10], axis=0))
    np.testing.assert_array_equal(session.rewards, session.ratios[10:] < session.threshold)


def test_sham_rewards_do_not_depend_on_the_signal():
    session = feedback_session(np.zeros(400), seed=0, sham=True)
    below = session.ratios[20:] < session.threshold
    assert session.rewards.mean() == pytest.approx(0.5, abs=0.02)
    assert np.corrcoef(session.rewards.ravel(), below.ravel())[0, 1] == pytest.approx(0, abs=0.03)


# The marker


@pytest.mark.parametrize(("effect_size", "expected"), [(0, 0.5), (0.62, 0.669454), (0.75, 0.702)])
def test_auc_is_that_of_theory_and_of_counting(effect_size, expected):
    assert auc_from_effect_size(effect_size) == pytest.approx(expected, abs=5e-4)
    assert auc_from_effect_size(effect_size) == pytest.approx(scipy.stats.norm.cdf(effect_size / np.sqrt(2)))
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(0, 1, 20_000), rng.normal(effect_size, 1, 20_000)])
    counted = roc_auc_score(np.repeat([0, 1], 20_000), scores)
    assert auc_from_effect_size(effect_size) == pytest.approx(counted, abs=0.01)


# Re-identification


def test_nearest_neighbour_is_scipys():
    rng = np.random.default_rng(0)
    known, unknown = rng.normal(size=(30, 5)), rng.normal(size=(50, 5))
    _, expected = scipy.spatial.KDTree(known).query(unknown)
    np.testing.assert_array_equal(reidentify(known, unknown), expected)
    np.testing.assert_array_equal(reidentify(known, known), np.arange(30))


def test_people_are_recognised_and_protection_costs_usefulness_for_every_seed():
    for seed in range(10):
        open_data = privacy_experiment(40, seed)
        coarse = privacy_experiment(40, seed, bin_width=12)
        noisy = privacy_experiment(40, seed, noise=1.0)
        assert open_data.identified > 0.75  # chance is 0.025
        assert open_data.usefulness > 0.9
        for protected in (coarse, noisy):
            assert protected.identified < open_data.identified - 0.1
            assert protected.usefulness < open_data.usefulness


def test_overwhelming_noise_leaves_little_more_than_chance():
    identified = [privacy_experiment(40, seed, noise=10).identified for seed in range(20)]
    assert np.mean(identified) == pytest.approx(1 / 40, abs=0.04)


def test_features_come_near_the_spectrum_of_their_person():
    people = simulate_people(5, seed=0)
    features = spectral_features(people, 400, seed=1)
    frequencies = np.arange(4, 28, 0.5)
    expected = np.log(eeg_spectrum(frequencies, **people._asdict()).reshape(5, 24, 2).mean(axis=2))
    np.testing.assert_allclose(features, expected, atol=0.3)


# Wrong input


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: eeg_spectrum([-1]), "frequencies of shape"),
        (lambda: eeg_spectrum([1], theta=-1), "theta of shape"),
        (lambda: simulate_eeg(0, 0), "n_epochs is 0"),
        (lambda: simulate_eeg(3, 0, n_samples=255), "n_samples is 255"),
        (lambda: simulate_eeg(3, 0, theta=[1, 2]), r"spectrum has settings of shape \(2,\)"),
        (lambda: simulate_eeg(3, "x"), "seed is 'x'"),
        (lambda: periodogram([1, 2]), r"signal has shape \(2,\)"),
        (lambda: periodogram(np.ones(16), window="square"), "window is 'square'"),
        (lambda: periodogram([np.nan] * 16), "signal of shape"),
        (lambda: theta_beta_ratio(np.ones(256)), "no power"),
        (lambda: theta_beta_ratio(np.arange(256), sampling_rate=40), "sampling_rate is 40"),
        (lambda: theta_beta_ratio(np.arange(16.0)), "too short"),
        (lambda: add_blinks(np.ones(256), 0.5), r"times has shape \(\)"),
        (lambda: add_blinks(np.ones(256), [0.5], width=0), "width is 0"),
        (lambda: add_drift(np.ones(256), np.inf), "slope is inf"),
        (lambda: feedback_session(0.0, 0), r"skill has shape \(\)"),
        (lambda: feedback_session([0.0], 0, leak=2), "leak is 2"),
        (lambda: feedback_session([0.0], 0, n_calibration=0), "n_calibration is 0"),
        (lambda: feedback_course(0, 0), "n_people is 0"),
        (lambda: feedback_course(1, 0, n_sessions=0), "n_sessions is 0"),
        (lambda: auc_from_effect_size(np.nan), "effect_size is nan"),
        (lambda: simulate_people(0, 0), "n_people is 0"),
        (lambda: spectral_features(simulate_people(2, 0), 1, 0, bin_width=5), "bin_width is 5"),
        (lambda: reidentify([[1, 2]], [[1]]), r"unknown has shape \(1, 1\)"),
        (lambda: reidentify([1], [[1]]), r"known has shape \(1,\)"),
        (lambda: privacy_experiment(2, 0), "n_people is 2"),
        (lambda: privacy_experiment(5, 0, bin_width=24), "bin_width is 24"),
        (lambda: privacy_experiment(5, 0, noise=-1), "noise is -1"),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
