"""What template-name builds in its cells agrees with an independent computation."""

import statistics

from tools.checks import Lesson


def test_the_mean_by_hand_agrees_with_the_standard_library():
    names = {}
    exec(Lesson.named("template-name").source("mean-by-hand"), names)
    assert names["mean"] == statistics.fmean(names["numbers"])
