"""What attention-in-the-brain builds in its cells agrees with `course_utils`."""

import numpy as np
import pytest

from course_utils.attention import attention, softmax
from course_utils.brain.agrel import Network, backpropagation_change
from course_utils.brain.cortical_map import TONE_A, draw_sounds, map_area, tonotopic_map, train_map
from course_utils.brain.normalization import divisive_normalization
from tools.checks import Lesson

LESSON = Lesson.named("attention-in-the-brain")


def test_the_division_by_hand_is_the_helpers():
    names = {"np": np}
    exec(LESSON.source("excitation"), names)
    rng = np.random.default_rng(0)
    names.update(drives=(drives := rng.random(6)), excitation=(gains := rng.random(6)) * drives)
    exec(LESSON.source("divide"), names)
    np.testing.assert_allclose(names["responses"], divisive_normalization(drives, gains=gains), rtol=1e-12)


@pytest.mark.parametrize("exponent", [1, 2, 3])
def test_the_three_tokens_by_hand_have_their_attention(exponent):
    names = {"np": np}
    exec(LESSON.source("three-tokens").replace("exponent = 2", f"exponent = {exponent}"), names)
    expected = attention(names["queries"], names["keys"], names["values"])
    np.testing.assert_allclose(names["token_responses"], expected.weights, rtol=0, atol=1e-12)


def test_choices_counted_by_hand_take_the_step_of_backpropagation():
    names = {"np": np, "softmax": softmax}
    exec(LESSON.source("agrel-by-hand") + "\n" + LESSON.source("agrel-enumerate"), names)
    network = Network(names["hidden_weights"], names["output_weights"])
    expected = backpropagation_change(network, names["inputs"], names["target"]).hidden
    np.testing.assert_allclose(names["expected"], expected, rtol=0, atol=1e-12)


# What trained models of the lesson show differs a little between machines: these are its bounds.


@pytest.fixture(scope="module")
def maps():
    """Train the three maps of the lesson in its three arms."""
    exec(LESSON.source("train-maps"), names := {"np": np})
    return names


def test_only_the_attended_tone_gains(maps):
    passive, to_a, to_b = maps["found"].swapaxes(0, 1)  # (3 seeds, 2 tones) each
    assert np.all(to_a[:, 0] > 1.7 * passive[:, 0])
    assert np.all(to_b[:, 1] > 1.7 * passive[:, 1])
    assert abs(np.stack([to_a[:, 1] - passive[:, 1], to_b[:, 0] - passive[:, 0]])).max() <= 2


def test_areas_of_the_lesson_are_those_of_the_map(maps):
    rng = np.random.default_rng(4)
    before, pitches = tonotopic_map(rng), draw_sounds(2000, rng)
    after = train_map(before, pitches, np.where(pitches == TONE_A, 1.0, 0.02))
    assert maps["areas"](4, [TONE_A])[0] == map_area(after, TONE_A) > 1.7 * map_area(before, TONE_A)


@pytest.mark.slow
def test_exclusive_or_needs_the_attention_signal():
    exec(LESSON.source("xor"), names := {"np": np})
    assert names["n_solved"]("agrel") == names["n_solved"]("backpropagation") == 20
    assert 1 <= names["n_solved"]("no_feedback") <= 12


@pytest.mark.slow
def test_the_task_decides_what_changes_unless_learning_is_fast():
    names = {"np": np}
    for cell in ("dissociation", "fast"):
        exec(LESSON.source(cell), names)
    without = names["moved"]["by frequency, no feedback"].mean(axis=0)
    assert np.all(names["moved"]["sort by frequency"] @ [1, -5] > 0)  # in each of the ten networks
    assert np.all(names["moved"]["sort by level"] @ [-5, 1] > 0)
    assert without.max() < 1.4 * without.min()
    assert names["slow"] @ [1, -8] > 0 > names["fast"] @ [1, -4]


def test_the_area_is_lost_when_the_map_returns_home(maps):
    exec(LESSON.source("shrink").split("\nfor name")[0], names := maps.copy())
    assert names["area_after"] > 2 * names["area_home"]
    assert names["area_later"] - names["area_home"] <= 3
