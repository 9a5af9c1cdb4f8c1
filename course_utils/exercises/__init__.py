"""Exercises: each lesson's module holds its own, `progress` shows what is done, `reset` starts again."""

from course_utils.exercises.engine import Exercise, Misconception
from course_utils.exercises.record import progress, reset

__all__ = ["Exercise", "Misconception", "progress", "reset"]
