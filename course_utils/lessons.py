"""The lessons of the course: a lesson has a name, and its number is only the prefix of its file."""

import re
from pathlib import Path
from typing import NamedTuple

COURSE = Path(__file__).resolve().parents[1]  # where ledger and results lie, wherever a lesson runs
NOTEBOOKS = COURSE / "notebooks"
PREFIX = r"(\d\d)[a-z]?-"  # `03a-` puts a lesson behind `03-` until `make renumber` counts anew


class Lesson(NamedTuple):
    """Where a lesson stands in the course: its number ("" for the appendix), its name and its file."""

    number: str
    name: str
    path: Path


def find_lessons(folder: Path = NOTEBOOKS) -> list[Lesson]:
    """Return the lessons of a folder in their order.

    Parameters
    ----------
    folder : pathlib.Path
        Where the notebooks lie. None need be there.

    Returns
    -------
    list of Lesson

    Raises
    ------
    ValueError
        If two files have the same name but for their numbers.

    Examples
    --------
    >>> find_lessons()[0].name
    'start-here'
    """
    found = [read_name(path) for path in sorted(folder.glob("*.ipynb"))]
    names = [lesson.name for lesson in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"folder holds {' and '.join(twice)} twice; expected one name for each lesson.")
    return found


def read_name(path: Path) -> Lesson:
    """Return the number and name that a notebook's file name states.

    Parameters
    ----------
    path : pathlib.Path
        The file; it need not exist.

    Returns
    -------
    Lesson

    Examples
    --------
    >>> read_name(Path("05-preparing-data.ipynb"))[:2], read_name(Path("appendix.ipynb"))[:2]
    (('05', 'preparing-data'), ('', 'appendix'))
    """
    found = re.match(PREFIX, path.stem)
    return Lesson(found[1] if found else "", re.sub(f"^{PREFIX}", "", path.stem), path)


def find_lesson(word: str, folder: Path = NOTEBOOKS) -> Lesson:
    """Return the lesson with this name, number or file stem.

    Parameters
    ----------
    word : str
        "softmax-attention", "01" or "01-softmax-attention".
    folder : pathlib.Path
        Where the notebooks lie.

    Returns
    -------
    Lesson

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> find_lesson("00").name, find_lesson("start-here").number
    ('start-here', '00')
    """
    lessons = find_lessons(folder)
    for lesson in lessons:
        if word and word in (lesson.name, lesson.number, lesson.path.stem):
            return lesson
    names = ", ".join(lesson.name for lesson in lessons)
    raise ValueError(f"word is {word!r}; expected the name of a lesson, one of {names}.")
