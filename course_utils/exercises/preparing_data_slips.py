"""Ways of filling gaps for the exercise that repairs one: the right one, and those with one fault or two."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from course_utils.exercises.engine import Misconception


def inside(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the values that lie in a range, its bounds included."""
    return values[(values >= low) & (values <= high)]


def filled(train: np.ndarray, test: np.ndarray, low: float, high: float) -> np.ndarray:
    """Fill what is not possible in the test part by the median of what is possible in the training part."""
    possible = np.clip(test, low, high) == test
    return np.where(possible, test, np.median(inside(train, low, high)))


_SOURCES = {
    "median-of-test": (
        lambda train, test: test,
        "The number comes from the test part: take the training part.",
    ),
    "both-parts": (
        lambda train, test: np.concatenate([train, test]),
        "The number comes from both parts together: the test leaks into the preparation.",
    ),
}
_KNOWN = {
    "absurd-in-median": (
        lambda values, low, high: values[~np.isnan(values)],
        "Impossible values still take part in what you fill in. Leave them out first.",
    ),
    "nan-in-median": (
        lambda values, low, high: values,
        "`np.median` and `mean` of numbers with a NaN are NaN. Take the possible values first.",
    ),
    "bounds-left-out": (
        lambda values, low, high: values[(values > low) & (values < high)],
        "Values on a bound do not enter what you fill in. The bounds themselves are possible.",
    ),
    "no-lower-bound": (
        lambda values, low, high: values[values <= high],
        "Values below `low` still take part in what you fill in.",
    ),
    "no-upper-bound": (
        lambda values, low, high: values[values >= low],
        "Values above `high` still take part in what you fill in.",
    ),
    "clipped-training": (
        lambda values, low, high: np.clip(values[~np.isnan(values)], low, high),
        "Impossible values were moved to a bound and still count in the median. Leave them out.",
    ),
}
_NUMBERS = {
    "mean": (np.mean, "You filled in a mean. The median is asked: it is hardly moved by an outlier."),
    "lower-middle": (
        lambda values: np.sort(values)[(len(values) - 1) // 2],
        lambda values: np.sort(values)[len(values) // 2],
        "You took one of the two middle values. With an even number of values the median lies halfway between them "
        "(PyTorch's `median` takes the lower).",
    ),
    "zero": (
        lambda values: 0.0,
        "Zero is a measurement like any other, and usually an absurd one. Fill in the training median.",
    ),
}
_PLACES = {  # from test, low, high and the number to fill in
    "only-gaps": (
        lambda test, low, high, number: np.where(np.isnan(test), number, test),
        "The test's impossible values stay where they were.",
    ),
    "nan-left": (
        lambda test, low, high, number: np.where((test < low) | (test > high), number, test),
        "The gaps are left: no comparison with NaN is True.",
    ),
    "bounds-replaced": (
        lambda test, low, high, number: np.where((test > low) & (test < high), test, number),
        "Test values on a bound were replaced. The bounds themselves are possible.",
    ),
    "clipped": (
        lambda test, low, high, number: np.clip(np.where(np.isnan(test), number, test), low, high),
        "You moved impossible values to the nearest bound. -999 does not mean 'very small': it means nothing.",
    ),
    "low-stays": (
        lambda test, low, high, number: np.where(test <= high, test, number),
        "Test values below `low` stay where they were.",
    ),
    "high-stays": (
        lambda test, low, high, number: np.where(test >= low, test, number),
        "Test values above `high` stay where they were.",
    ),
    "inverted": (
        lambda test, low, high, number: np.where((test >= low) & (test <= high), number, test),
        "The possible values were replaced, and the others kept: exchange the last two arguments of `np.where`.",
    ),
}
_RIGHT_HALVES = (
    lambda train, test: train,
    inside,
    np.median,
    lambda test, low, high, number: np.where(np.clip(test, low, high) == test, test, number),
)


def _fill_with(faults: dict[int, object]) -> object:
    """Build an answer with some of its four parts exchanged: source, known values, number, places."""
    source, known, number, place = (faults.get(i, right) for i, right in enumerate(_RIGHT_HALVES))

    def fill(train: np.ndarray, test: np.ndarray, low: float, high: float) -> np.ndarray:
        return place(test, low, high, number(known(source(train, test), low, high)))

    return fill


def fillings() -> Iterator[Misconception]:
    """Yield one fault alone, and the likely pairs of two."""
    tables = enumerate((_SOURCES, _KNOWN, _NUMBERS, _PLACES))
    alone = [(i, name, fault) for i, table in tables for name, fault in table.items()]
    for i, name, (fault, *also, said) in alone:
        yield Misconception(name, _fill_with({i: fault}), said, tuple(_fill_with({i: one}) for one in also))
    often = [one for one in alone if one[1] in _OFTEN]
    for (i, name, fault), (k, other, second) in combinations(often, 2):
        if i != k:
            both = _fill_with({i: fault[0], k: second[0]})
            yield Misconception(f"{name}-and-{other}", both, f"{fault[-1]} {second[-1]}")


_OFTEN = (
    "median-of-test",
    "both-parts",
    "absurd-in-median",
    "nan-in-median",
    "mean",
    "only-gaps",
    "nan-left",
    "clipped",
)
_OFTEN += ("bounds-left-out", "bounds-replaced", "no-upper-bound", "high-stays")
