"""course_utils.brain.cortical_map: identical sounds, and only the attended one gains area."""

import math

import numpy as np
import pytest

from course_utils.brain.cortical_map import (
    CHANNELS,
    TONE_A,
    TONE_B,
    draw_sounds,
    map_area,
    tone,
    tonotopic_map,
    train_map,
)

SEEDS = range(10)


def trained_areas(seed, attended, n_sounds=2000, closed=0.02):
    """Give the areas of tones A and B after sounds; those in `attended`, all if None, open the gate."""
    rng = np.random.default_rng(seed)
    before, pitches = tonotopic_map(rng), draw_sounds(n_sounds, rng)
    opens = np.isin(pitches, pitches if attended is None else attended)
    gates = np.where(opens, 1.0, closed)
    after = train_map(before, pitches, gates)
    return map_area(after, TONE_A), map_area(after, TONE_B)


def test_before_learning_the_areas_are_even():
    areas = [map_area(tonotopic_map(seed), pitch) for seed in SEEDS for pitch in (TONE_A, TONE_B)]
    assert np.mean(areas) == pytest.approx(12.2, abs=1.5)  # half an octave of 24 neurons an octave


def test_area_grows_only_for_the_attended_tone_for_every_seed():
    for seed in SEEDS:
        passive = trained_areas(seed, ())
        to_a, to_b = trained_areas(seed, (TONE_A,)), trained_areas(seed, (TONE_B,))
        assert to_a[0] > 1.7 * passive[0]
        assert to_b[1] > 1.7 * passive[1]
        assert abs(to_a[1] - passive[1]) <= 2
        assert abs(to_b[0] - passive[0]) <= 2


def test_with_a_gate_that_shuts_less_the_unattended_tone_grows_too_for_every_seed():
    for seed in SEEDS:
        shut, ajar = (trained_areas(seed, (TONE_A,), closed=closed) for closed in (0.02, 0.2))
        assert ajar[1] >= shut[1] + 3
        assert ajar[0] > ajar[1]


def test_areas_are_those_of_the_prototype():
    def mean(attended):
        return np.mean([trained_areas(seed, attended) for seed in range(3)], axis=0)

    np.testing.assert_allclose(mean(()), [13.3, 14.0], atol=2)
    np.testing.assert_allclose(mean((TONE_A,)), [32.0, 14.0], atol=2)
    np.testing.assert_allclose(mean((TONE_B,)), [13.3, 32.0], atol=2)
    np.testing.assert_allclose(mean(None), [28.0, 28.7], atol=2)


def test_more_sounds_give_more_area():
    areas = [trained_areas(0, (TONE_A,), n_sounds)[0] for n_sounds in (500, 1000, 2000)]
    np.testing.assert_allclose(areas, [21, 24, 32], atol=3)
    assert areas == sorted(areas)


def test_an_expansion_shrinks_back_when_the_map_decays_towards_home():
    home, pitches = tonotopic_map(seed=0), draw_sounds(2000, seed=1)
    expanded = train_map(home, pitches, np.where(pitches == TONE_A, 1.0, 0.02))
    later = train_map(expanded, pitches, np.full(2000, 0.02), decay=0.005, home=home)
    assert map_area(home, TONE_A) <= map_area(later, TONE_A) < map_area(expanded, TONE_A) - 10


def test_a_closed_gate_and_a_full_decay_leave_the_map():
    weights, pitches = tonotopic_map(seed=0), draw_sounds(50, seed=1)
    np.testing.assert_array_equal(train_map(weights, pitches, np.zeros(50)), weights)
    np.testing.assert_allclose(train_map(weights, pitches, np.ones(50), decay=1), weights, atol=1e-15)


def test_one_sound_moves_each_neuron_by_its_activity():
    weights, sound = tonotopic_map(seed=0), tone(2.0)
    after = train_map(weights, [2.0], [0.5], learning_rate=0.1)
    moved = np.linalg.norm(after - weights, axis=1) / np.linalg.norm(sound - weights, axis=1)
    drive = [sum(weights[j, c] * sound[c] for c in range(120)) ** 8 for j in range(120)]
    spread = [sum(math.exp(-((i - j) ** 2) / 32) * drive[j] for j in range(120)) for i in range(120)]
    activity = [(value / max(spread)) ** 2 for value in spread]
    np.testing.assert_allclose(moved, 0.05 * np.array(activity), rtol=1e-9, atol=1e-15)


def test_the_map_learns_most_where_it_prefers_the_tone():
    weights = tonotopic_map(seed=0, noise=0.001)
    for pitch in (1.0, 2.5, 4.0):
        change = train_map(weights, [pitch], [1.0], learning_rate=0.1) - weights
        moved = np.linalg.norm(change, axis=1) / np.linalg.norm(tone(pitch) - weights, axis=1)
        assert CHANNELS[moved.argmax()] == pytest.approx(pitch, abs=0.05)
        assert moved.max() == pytest.approx(0.1)


def test_tones_have_length_one_and_peak_at_their_pitch():
    pitches = draw_sounds(200, seed=0)
    sounds = tone(pitches)
    np.testing.assert_allclose(np.linalg.norm(sounds, axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(CHANNELS[sounds.argmax(axis=1)], pitches, atol=0.045)


def test_sounds_come_in_their_shares():
    pitches = draw_sounds(20_000, seed=0)
    assert np.mean(pitches == TONE_A) == pytest.approx(0.25, abs=0.02)
    assert np.mean(pitches == TONE_B) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: tone(6), r"pitch of shape \(\) leaves"),
        (lambda: tone([np.nan]), r"pitch of shape \(1,\) leaves"),
        (lambda: tonotopic_map(0, noise=-1), "noise is -1"),
        (lambda: tonotopic_map(1.5), "seed is 1.5"),
        (lambda: map_area(np.ones((3, 3)), 1), r"weights has shape \(3, 3\)"),
        (lambda: train_map(np.zeros((120, 120)), [1], [1]), "weights hold no neuron"),
        (lambda: map_area(tonotopic_map(0), 7), "pitch is 7"),
        (lambda: train_map(tonotopic_map(0), [1, 2], [1]), r"gates has shape \(1,\)"),
        (lambda: train_map(tonotopic_map(0), [1, 2], [1, 3]), "gates of shape .* leave the range"),
        (lambda: train_map(tonotopic_map(0), [[1]], [[1]]), r"pitches has shape \(1, 1\)"),
        (lambda: train_map(tonotopic_map(0), [1], [1], decay=2), "decay is 2"),
        (lambda: train_map(tonotopic_map(0), [1], [1], home=np.ones(2)), r"home has shape \(2,\)"),
        (lambda: draw_sounds(0, 0), "n_sounds is 0"),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
