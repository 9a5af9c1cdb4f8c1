"""Numbers that a run measured, written so that a reader sees them and a comparison of outputs does not."""

import csv
from collections.abc import Callable
from pathlib import Path

from course_utils.lessons import COURSE

MARK = "≈"  # what follows it may differ between machines; tests/sanitize.cfg hides that number alone
_REPAIR = "This run gave another result than all those tried before: was a cell changed, or run twice?"


def about(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """Write a number that may differ a little from machine to machine.

    Parameters
    ----------
    value : float
        What was measured.
    digits : int
        How many digits behind the point.
    sign : bool
        Whether to write the + of a positive number too, as for a difference.

    Returns
    -------
    str
        The rounded number behind a mark. A comparison with stored outputs leaves out this number, and
        compares all around it.

    Examples
    --------
    >>> about(0.81249), about(0.02, 2, sign=True)
    ('≈ 0.812', '≈ +0.02')
    """
    rounded = round(float(value), digits) + 0.0  # + 0.0: no -0.000
    return f"{MARK} {rounded:{'+' if sign else ''}.{digits}f}"


def measured(name: str, value: float, low: float, high: float, digits: int = 3) -> float:
    """Show a number that this run measured, with the range in which every run tried before lay.

    A number outside is said to be so, in words that a comparison of outputs sees; the lesson goes on.

    Parameters
    ----------
    name : str
        What was measured.
    value : float
        The number.
    low, high : float
        The range that is expected; so narrow that a method which fails falls out of it.
    digits : int
        How many digits to show behind the point.

    Returns
    -------
    float
        The number, not rounded.

    Raises
    ------
    ValueError
        If `low` is not below `high`.

    Examples
    --------
    >>> gain = measured("gain", 0.0171, -0.01, 0.05)
    gain: ≈ 0.017, expected -0.01 to 0.05
    """
    if not low < high:
        raise ValueError(f"low is {low} and high {high}; expected low below high.")
    value = _Shown(value)
    print(f"{name}: {about(value, digits)}, expected {low:g} to {high:g}")
    if not low <= value <= high:  # so NaN is outside too
        print(f"  NOT as expected. {_REPAIR}")
    return value


def stored(name: str | Path) -> list[dict[str, str]]:
    """Return the rows of a stored table.

    Parameters
    ----------
    name : str or Path
        The name of a table in the course's `results`, such as "curves-dates", or the path of one elsewhere.

    Returns
    -------
    list of dict
        One for each row, by the names of the columns. Lines that begin with # say how the others came about,
        and are left out.

    Raises
    ------
    ValueError
        If there is no such table.

    Examples
    --------
    >>> stored("preparing-data-bounds")[0]["low"]
    '0.773'
    """
    path = Path(name) if Path(name).suffix else COURSE / f"results/{name}.csv"
    if not path.is_file():
        raise ValueError(f"name is {str(name)!r}; expected a table in results, or the path of one.")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def expected_in(lesson: str) -> Callable[..., float]:
    """Return `measured` for a lesson whose ranges lie in a file: in cells they would answer what is asked.

    Parameters
    ----------
    lesson : str
        The lesson's name, such as "preparing-data".

    Returns
    -------
    callable
        Takes a name of the file, a number, and how many digits to show.

    Raises
    ------
    ValueError
        If there is no such file, and later if the name does not stand in it.

    Examples
    --------
    >>> measured_here = expected_in("preparing-data")
    >>> lost = measured_here("lost by wrong labels, logistic regression", 0.017)
    lost by wrong labels, logistic regression: ≈ 0.017, expected 0.002 to 0.025
    """
    file = f"{lesson}-bounds"
    ranges = {row["figure"]: (float(row["low"]), float(row["high"])) for row in stored(file)}

    def measured_here(name: str, value: float, digits: int = 3) -> float:
        key = " ".join(name.split())
        if key not in ranges:
            raise ValueError(f"name is {name!r}; expected one that stands in results/{file}.csv.")
        return measured(name, value, *ranges[key], digits)

    return measured_here


class _Shown(float):
    """A number that has been shown: as a cell's last line it is not shown again, to all its digits."""

    def _ipython_display_(self) -> None:
        """Show nothing."""
