"""Keeps which exercises are done in one small file beside the lessons, and shows a bar for each lesson."""

import importlib
import json
import os
import pkgutil
import sys
import tempfile
from pathlib import Path

from course_utils.exercises.rendering import LOOKS, Bar, Panel

_kept_in_memory: dict[Path, dict[str, str]] = {}  # records of this session whose file could not be written


def progress_file() -> Path:
    """Say where the record is kept: in the folder of the running lesson, or where COURSE_PROGRESS points.

    Returns
    -------
    pathlib.Path
        The file; it need not exist.
    """
    return Path(os.environ.get("COURSE_PROGRESS") or ".progress.json").absolute()


def read_record() -> dict[str, str]:
    """Read the outcome of every exercise tried so far.

    Returns
    -------
    dict
        Outcomes by "lesson_01.exercise_name". Empty if there is no file, or one that cannot be understood.
    """
    path = progress_file()
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = {}
    if not isinstance(record, dict):
        record = {}
    record = {
        key: outcome for key, outcome in record.items() if isinstance(outcome, str) and outcome in LOOKS
    }
    return record | _kept_in_memory.get(path, {})


def remember(key: str, outcome: str) -> None:
    """Write down an outcome. What was correct once stays correct; an empty answer is not written down.

    If the file cannot be written, the record lasts as long as this kernel; a sentence on stderr says so once.

    Parameters
    ----------
    key : str
        "lesson_01.exercise_name".
    outcome : str
        The outcome of a check.
    """
    path, record = progress_file(), read_record()
    if outcome == "not attempted" or record.get(key) in ("correct", outcome):
        return
    record[key] = outcome
    try:
        _write(path, record)
        _kept_in_memory.pop(path, None)
    except OSError as error:
        if path not in _kept_in_memory:
            reason = error.strerror or "it cannot be written"
            print(
                f"Your progress cannot be saved to {path.name} ({reason}). "
                "It is kept until you close this lesson.",
                file=sys.stderr,
            )
        _kept_in_memory[path] = record


def _write(path: Path, record: dict[str, str]) -> None:
    """Replace the file in one step, so that a crash never leaves half of it."""
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(0, "the file is read-only")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1, sort_keys=True)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


def exercises_by_lesson(lesson: str | None = None) -> dict[str, list]:
    """Find all exercises of the course.

    Parameters
    ----------
    lesson : str, optional
        Look only at this lesson, such as "01".

    Returns
    -------
    dict
        Lists of `Exercise`, in the order in which the lesson's module defines them, by lesson number ("01").
    """
    from course_utils.exercises.engine import Exercise  # the engine writes the record, so it is imported late

    package = importlib.import_module("course_utils.exercises")
    found: dict[str, list] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        if module.startswith("lesson_") and lesson in (None, module.removeprefix("lesson_")):
            members = vars(importlib.import_module(f"{package.__name__}.{module}")).values()
            found[module.removeprefix("lesson_")] = [
                member for member in members if isinstance(member, Exercise)
            ]
    return found


def progress(lesson: str | None = None) -> Panel:
    """Show a bar for each lesson, and which of its exercises are left.

    Parameters
    ----------
    lesson : str, optional
        Show only this lesson, such as "01".

    Returns
    -------
    Panel
        Shown by the notebook when it is the last line of a cell.

    Raises
    ------
    ValueError
        If the lesson has no exercises.
    """
    found = exercises_by_lesson(lesson)
    if not found:
        raise ValueError(
            f"lesson must be the number of a lesson with exercises, such as '01'; got {lesson!r}."
        )
    record = read_record()
    bars = []
    for number, exercises in found.items():
        left = [exercise.name for exercise in exercises if record.get(exercise.key) != "correct"]
        note = ", left: " + ", ".join(f"`{name}`" for name in left) if left else ", all done"
        bars.append(Bar(f"Lesson {number}", len(exercises) - len(left), len(exercises), note))
    return Panel(
        "progress",
        f"{sum(bar.done for bar in bars)} of {sum(bar.total for bar in bars)} exercises",
        tuple(bars),
    )


def reset() -> Panel:
    """Forget all progress: the file is removed.

    Returns
    -------
    Panel
        Says that it is done, or why not.
    """
    path = progress_file()
    _kept_in_memory.pop(path, None)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        return Panel("progress", f"{path.name} cannot be removed ({error.strerror})")
    return Panel("progress", "the record is cleared, every exercise is open again")
