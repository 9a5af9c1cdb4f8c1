"""The engine behind the exercises: what is asked, how an answer is judged, what is kept and shown of it."""

from course_utils.exercises.engine.cases import normal
from course_utils.exercises.engine.exercise import Exercise
from course_utils.exercises.engine.task import Misconception, slips_of

__all__ = ["Exercise", "Misconception", "normal", "slips_of"]
