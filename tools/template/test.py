"""What template-name builds in its cells agrees with an independent computation."""

import statistics

from course_utils.lessons import find_lesson
from tools.checks import Lesson


def test_the_mean_by_hand_agrees_with_the_standard_library():
    cells = {cell.id: cell.source for cell in Lesson.read(find_lesson("template-name").path).cells("code")}
    names = {}
    exec(cells["mean-by-hand"], names)
    assert names["mean"] == statistics.fmean(names["numbers"])
