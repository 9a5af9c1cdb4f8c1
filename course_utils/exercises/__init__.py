"""Exercises: each lesson's module holds its own, `progress` shows what is done, `reset` starts again."""

import importlib
from types import ModuleType

from course_utils.exercises.engine import Exercise, Misconception
from course_utils.exercises.engine.progress import progress
from course_utils.exercises.engine.record import FORMER_NUMBERS, reset

__all__ = ["Exercise", "Misconception", "progress", "reset"]


def __getattr__(name: str) -> ModuleType:
    """Return the module of a lesson that a student's older copy knows by number, as `lesson_01`."""
    lesson = FORMER_NUMBERS.get(name.removeprefix("lesson_"))
    if not name.startswith("lesson_") or lesson is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{lesson.replace('-', '_')}")
