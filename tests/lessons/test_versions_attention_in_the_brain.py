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


def test_areas_of_the_lesson_are_those_of_the_map():
    names = {"np": np}
    exec(LESSON.source("train-maps").split("\narms = ")[0], names)
    rng = np.random.default_rng(4)
    before, pitches = tonotopic_map(rng), draw_sounds(2000, rng)
    after = train_map(before, pitches, np.where(pitches == TONE_A, 1.0, 0.02))
    assert names["areas"](4, [TONE_A])[0] == map_area(after, TONE_A) > 1.7 * map_area(before, TONE_A)
