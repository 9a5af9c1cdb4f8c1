"""The engine behind the exercises: what is asked, how an answer is judged, what is kept and shown of it."""

from course_utils.exercises.engine.cases import normal
from course_utils.exercises.engine.exercise import Exercise
from course_utils.exercises.engine.task import Misconception

__all__ = ["Exercise", "Misconception", "normal"]
