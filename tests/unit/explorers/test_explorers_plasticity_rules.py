"""The explorer of plastic-synapses: its courses agree with the model, and its words with its courses."""

import numpy as np
import pytest

from course_utils.brain.plasticity import bcm_curve, stdp_window
from course_utils.explorers import plasticity_explorer
from course_utils.explorers.plasticity_rules import BCM_RATE, TARGET, follow_bcm, follow_stdp


@pytest.mark.parametrize(("delay", "expected"), [(10, 0.6820), (-10, 0.3089), (0, 0.5)])
def test_sixty_pairings_end_where_the_lesson_ends(delay, expected):
    assert follow_stdp(delay, 1.05, 60).weights[-1] == pytest.approx(expected, abs=5e-5)


def test_spikes_never_take_a_weight_beyond_its_bounds():
    assert follow_stdp(2, 1.0, 400).weights[-1] == 1
    assert follow_stdp(-2, 2.0, 400).weights[-1] == 0
    assert np.diff(follow_stdp(-2, 2.0, 400).weights).max() <= 0


@pytest.mark.parametrize("rate", [15, 25, 40, 70, 100])
def test_a_sliding_threshold_settles_where_it_meets_the_activity(rate):
    course = follow_bcm(rate, 2000, sliding=True)
    assert rate * course.weights[-1] == pytest.approx(TARGET, abs=0.01)
    assert course.thresholds[-1] == pytest.approx(TARGET, abs=0.02)


@pytest.mark.parametrize(("rate", "end"), [(5, 0), (15, 0), (19, 0), (21, 1), (25, 1), (100, 1)])
def test_a_fixed_threshold_ends_at_a_bound(rate, end):
    course = follow_bcm(rate, 3000, sliding=False)
    assert course.weights[-1] == pytest.approx(end, abs=0.01)
    assert set(course.thresholds) == {TARGET}


def test_a_neuron_that_cannot_reach_its_target_lowers_its_bar():
    course = follow_bcm(5, 400, sliding=True)
    assert course.weights[-1] == 1
    assert course.thresholds[-1] == pytest.approx(2.5, abs=0.01)  # 5² / 10


def test_one_step_is_the_rule():
    course = follow_bcm(30, 1, sliding=True)
    assert course.weights[1] == pytest.approx(0.5 + BCM_RATE * float(bcm_curve(15, TARGET)))
    assert course.thresholds[1] == pytest.approx(10 + (22.5 - 10) / 5)


def values(**changes):
    explorer = plasticity_explorer()
    explorer.values = explorer.values | changes
    assert not explorer.frame["problems"]
    return explorer.frame["words"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"delay": -10}, "comes last: LTD, -0.0032 a pairing"),
        ({"delay": 0}, "comes at the same time, +0.0000"),
        ({"ratio": 1}, "Spikes in no order leave a weight on the whole"),
        ({"ratio": 0.8}, "Spikes in no order strengthen"),
        ({"ratio": 1.5}, "Spikes in no order weaken"),
        ({"delay": -2, "ratio": 2, "count": 200}, "0.000, its bound"),
        ({"rate": 15, "count": 400}, "silence"),
        ({"rate": 25, "count": 400}, "upper bound"),
        ({"rate": 25, "count": 20}, "still on its way"),
        ({"rate": 25, "count": 400, "threshold": "sliding"}, "stands near 10 Hz"),
    ],
)
def test_words_say_what_happened(changes, says):
    assert says in values(**changes)


def test_the_window_that_is_drawn_is_the_model():
    explorer = plasticity_explorer()
    delays, drawn = explorer._picture.lines["stdp"].get_data()
    kept = ~np.isnan(drawn)
    np.testing.assert_allclose(drawn[kept], stdp_window(delays[kept], 0.005, 0.00525))
