"""Finds the exercises of all lessons, and shows a bar of progress for each lesson."""

import importlib.util
import pkgutil

from course_utils.exercises.engine.exercise import Exercise
from course_utils.exercises.engine.record import FORMER_NUMBERS, read_record
from course_utils.exercises.engine.rendering import Bar, Panel
from course_utils.lessons import find_lessons

PACKAGE = "course_utils.exercises"


def exercises_of(lesson: str) -> list[Exercise]:
    """Return a lesson's exercises.

    Parameters
    ----------
    lesson : str
        The lesson's name, such as "softmax-attention".

    Returns
    -------
    list of Exercise
        In the order in which the lesson's module defines them; empty if it has no module.

    Raises
    ------
    ImportError
        If the module cannot be imported.

    Examples
    --------
    >>> exercises_of("softmax-attention")[0].name
    'one_key'
    """
    name = lesson.replace("-", "_")
    if not importlib.util.find_spec(f"{PACKAGE}.{name}"):
        return []
    try:
        module = importlib.import_module(f"{PACKAGE}.{name}")
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise ImportError(
            f"course_utils/exercises/{name}.py cannot be imported; mend it. {problem}"
        ) from error
    found = [member for member in vars(module).values() if isinstance(member, Exercise)]
    return [exercise for exercise in found if exercise.lesson == lesson]


def exercises_by_lesson() -> dict[str, list[Exercise]]:
    """Find all exercises of the course.

    Returns
    -------
    dict
        Lists of `Exercise` by the name of the lesson, in the course's order; lessons whose notebook is not
        there come last. A lesson without exercises is left out.
    """
    package = importlib.import_module(PACKAGE)
    modules = [info.name.replace("_", "-") for info in pkgutil.iter_modules(package.__path__)]
    names = dict.fromkeys([lesson.name for lesson in find_lessons()] + sorted(modules))
    found = {name: exercises_of(name) for name in names if name in modules}
    return {name: exercises for name, exercises in found.items() if exercises}


def progress(lesson: str | None = None) -> Panel:
    """Show a bar for each lesson, and which of its exercises are left.

    Parameters
    ----------
    lesson : str, optional
        Show only this lesson, such as "softmax-attention".

    Returns
    -------
    Panel
        Shown by the notebook when it is the last line of a cell.

    Raises
    ------
    ValueError
        If the lesson has no exercises.
    """
    name = FORMER_NUMBERS.get(str(lesson), lesson)
    found = exercises_by_lesson() if name is None else {name: exercises_of(name)}
    if not all(found.values()):
        names = ", ".join(exercises_by_lesson())
        raise ValueError(f"lesson is {lesson!r}; expected the name of a lesson with exercises: {names}.")
    record = read_record()
    bars = []
    for name, exercises in found.items():
        left = [exercise.name for exercise in exercises if record.get(exercise.key) != "correct"]
        note = ", left: " + ", ".join(f"`{name}`" for name in left) if left else ", all done"
        bars.append(Bar(name, len(exercises) - len(left), len(exercises), note))
    return Panel(
        "progress",
        f"{sum(bar.done for bar in bars)} of {sum(bar.total for bar in bars)} exercises",
        tuple(bars),
    )
