"""Keeps which exercises are done, in one small file beside the lessons."""

import json
import os
import sys
import tempfile
from pathlib import Path

from course_utils.exercises.engine.rendering import LOOKS, Panel

# Numbers that lessons bore when records were keyed by them, as in "lesson_01.one_key".
FORMER_NUMBERS = {
    "01": "softmax-attention",
    "02": "scoring-functions",
    "03": "loss-functions",
    "04": "gradient-descent",
    "05": "preparing-data",
    "06": "recurrent-attention",
    "07": "transformer",
    "08": "plastic-synapses",
    "09": "attention-in-the-brain",
    "10": "training-attention-in-people",
    "11": "evaluating-classifiers",
    "12": "attention-classifier",
    "13": "classifier-in-depth",
}

_kept_in_memory: dict[Path, dict[str, str]] = {}  # records of this session whose file could not be written


def progress_file() -> Path:
    """Say where the record is kept: in the folder of the running lesson, or where COURSE_PROGRESS points.

    Returns
    -------
    pathlib.Path
        The file; it need not exist.
    """
    return Path(os.environ.get("COURSE_PROGRESS") or ".progress.json").absolute()


def current_key(key: str) -> str:
    """Return the key by which an exercise is known today.

    Parameters
    ----------
    key : str
        "softmax-attention.one_key", or as it was written when lessons had numbers, "lesson_01.one_key".

    Returns
    -------
    str

    Examples
    --------
    >>> current_key("lesson_01.one_key"), current_key("quiz.before")
    ('softmax-attention.one_key', 'quiz.before')
    """
    lesson, dot, name = key.partition(".")
    return FORMER_NUMBERS.get(lesson.removeprefix("lesson_"), lesson) + dot + name


def _is_current(item: tuple[str, str]) -> bool:
    return current_key(item[0]) == item[0]


def read_record() -> dict[str, str]:
    """Read the outcome of every exercise tried so far.

    Returns
    -------
    dict
        Outcomes by "softmax-attention.exercise_name", though the file may still have numbers for names. Empty
        if there is no file, or one that cannot be understood.
    """
    path = progress_file()
    record = _read(path) or {}
    known = {key: outcome for key, outcome in record.items() if isinstance(outcome, str) and outcome in LOOKS}
    renamed = {current_key(key): outcome for key, outcome in sorted(known.items(), key=_is_current)}
    return renamed | _kept_in_memory.get(path, {})


def _read(path: Path) -> dict | None:
    """Return what the file holds, None if that is no record."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def remember(key: str, outcome: str, *, replace: bool = False) -> None:
    """Write down an outcome. What was correct once stays correct; an empty answer is not written down.

    A file that holds no record is put aside. If the file cannot be written, the record lasts as long as this
    kernel. A sentence on stderr says so.

    Parameters
    ----------
    key : str
        "softmax-attention.exercise_name".
    outcome : str
        The outcome of a check.
    replace : bool
        Whether the outcome takes the place of one that was correct: of a slip that is taken back.
    """
    path, record = progress_file(), read_record()
    if outcome == "not attempted" or record.get(key) == outcome:
        return
    if record.get(key) == "correct" and not replace:
        return
    record[key] = outcome
    try:
        _put_aside_if_damaged(path)
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


def _put_aside_if_damaged(path: Path) -> None:
    if path.exists() and _read(path) is None:
        names = (f"{path.stem}-damaged{number or ''}{path.suffix}" for number in range(10**6))
        aside = next(path.with_name(name) for name in names if not path.with_name(name).exists())
        path.rename(aside)
        print(
            f"{path.name} cannot be read; it is kept as {aside.name}, and a new one begins.", file=sys.stderr
        )


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
