"""Compares what a student's code gave with what was expected: numbers, arrays, tensors, lists, words."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import islice

import numpy as np

LONGEST = 100_000  # items that are taken from an iterator, which may have no end


@dataclass(frozen=True)
class Difference:
    """The first thing in which two results differ.

    Attributes
    ----------
    got, expected : object
        The two arrays that differ, or the two results as they are when they cannot be compared as arrays.
    sentence : str
        Where and by how much.
    in_form : bool
        True if they differ in type or shape already, before any number is compared.
    """

    got: object
    expected: object
    sentence: str
    in_form: bool = False


def plain(value: object) -> object:
    """Copy a result into NumPy's numbers and arrays: tensors leave their graph and device.

    Parameters
    ----------
    value : object
        A number, an array, a tensor, a word, or lists, tuples and iterators of them. Anything else is
        returned as it is.

    Returns
    -------
    object
        The copy; it shares no memory with `value`. Lists of numbers become arrays; tuples, and lists of
        other things, become tuples; fractions and decimals become floats.

    Examples
    --------
    >>> plain((1, [2.0, 3.0], "b"))
    (1, array([2., 3.]), 'b')
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = value.double().numpy() if value.dtype == torch.bfloat16 else value.numpy()
    elif hasattr(value, "to_numpy"):  # a column of a table
        value = value.to_numpy()
    if isinstance(value, np.ndarray):
        return _plain_array(value)
    if isinstance(value, Fraction | Decimal):
        return float(value)
    if isinstance(value, Iterator | range):
        value = list(islice(value, LONGEST))
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return _from_list(value) if isinstance(value, list) else value


def _plain_array(array: np.ndarray) -> object:
    """Copy an array; one number leaves it, and numbers of other kinds become floats."""
    if array.dtype.kind == "O":
        return plain(array.tolist())
    return array.copy() if array.ndim else array[()]


def _from_list(items: list) -> object:
    """Return one array of numbers, or of equally long rows of them; a tuple of anything else."""
    if items and isinstance(items[0], int | float | complex | np.generic | list):
        with suppress(ValueError, TypeError, RuntimeError):
            array = np.array(items)
            if array.dtype.kind in "biufc":
                return array
    return tuple(plain(item) for item in items)


def first_difference(
    got: object, expected: object, tolerance: float, digits: int | None = None
) -> Difference | None:
    """Find where a result differs from the expected one.

    Parameters
    ----------
    got, expected : object
        Results as `plain` gives them. A tuple is compared item by item if the expected one holds arrays,
        else as one array.
    tolerance : float
        Two numbers agree if they differ by at most tolerance · (1 + |expected|). NaN agrees with NaN only.
    digits : int, optional
        In its place: two numbers agree if they are the same when rounded to so many digits behind the point.

    Returns
    -------
    Difference or None
        None if they agree.

    Examples
    --------
    >>> first_difference([1.0, 2.5], [1.0, 2.0], tolerance=1e-6).sentence
    'The largest difference, 0.5, is at index (1,).'
    """
    if isinstance(expected, tuple) and any(isinstance(item, np.ndarray) for item in expected):
        if isinstance(got, np.ndarray) and got.ndim:
            got = tuple(got)  # several results stacked are several results
        if not isinstance(got, tuple) or len(got) != len(expected):
            return Difference(got, expected, f"A tuple of {len(expected)} results is expected.", in_form=True)
        pairs = zip(got, expected, strict=True)
        return next((found for pair in pairs if (found := first_difference(*pair, tolerance, digits))), None)
    wanted = np.asarray(expected)
    try:
        array = np.asarray(got)
    except ValueError:
        return Difference(got, wanted, "Its rows have different lengths, so it is no array.", in_form=True)
    if _family(array) != _family(wanted) or _family(array) not in ("numbers", "words"):
        sentence = f"It should hold {_family(wanted)}, but holds {_family(array)}."
        return Difference(got, wanted, sentence, in_form=True)
    if array.shape != wanted.shape:
        sentence = f"The shape should be {wanted.shape}, but is {array.shape}."
        return Difference(array, wanted, sentence, in_form=True)
    if _family(wanted) == "words":
        return None if np.all(array == wanted) else Difference(array, wanted, "The words differ.")
    if digits is None:
        relative, absolute = tolerance, tolerance
    else:
        relative, absolute = 1e-6, 0.5 * 10.0**-digits  # 1e-6: of a tensor's 32 bits
    if np.isclose(array, wanted, rtol=relative, atol=absolute, equal_nan=True).all():
        return None
    return Difference(array, wanted, _largest(array, wanted))


def _family(array: np.ndarray) -> str:
    kind = array.dtype.kind
    return "numbers" if kind in "biufc" else "words" if kind in "US" else "neither numbers nor words"


def _largest(got: np.ndarray, expected: np.ndarray) -> str:
    """Say how large the largest difference is, and where; NaN or infinity on one side counts as largest."""
    if expected.dtype.kind == "b":
        where = tuple(int(index) for index in np.argwhere(got != expected)[0])
        place = f" at index {where}" if where else ""
        return f"{bool(expected[where])} is expected{place}, and {got[where]} stands there."
    with np.errstate(invalid="ignore"):
        gap = np.array(np.abs(np.subtract(got, expected, dtype=np.result_type(got, expected, np.float64))))
    gap[(got == expected) | (np.isnan(got) & np.isnan(expected))] = 0.0
    gap[np.isnan(gap)] = np.inf
    where = tuple(int(index) for index in np.unravel_index(gap.argmax(), gap.shape))
    place = f" is at index {where}" if where else ""
    if np.isinf(gap.max()):
        return (
            f"{got[where]:.4g} stands where {expected[where]:.4g} is expected"
            + place.replace(" is at", ", at")
            + "."
        )
    return f"The largest difference, {gap.max():.4g}," + (f"{place}." if place else " is in the one number.")


def describe(value: object) -> str:
    """Show a result in a few lines: type, shape and, unless there are very many, its numbers.

    Examples
    --------
    >>> print(describe([[1.0, 2.0], [3.0, 4.0]]))
    float64 of shape (2, 2)
    [[1., 2.],
     [3., 4.]]
    """
    try:
        array = np.asarray(value)
    except ValueError:  # results of several shapes
        return "\n".join(describe(item) for item in value)
    if array.dtype.kind in "US" and array.ndim == 0:
        return str(array)
    if array.dtype.kind not in "biufc":
        return type(value).__name__
    numbers = np.array2string(
        array, precision=5, separator=", ", threshold=40, edgeitems=2, suppress_small=False
    )
    return (
        f"{array.dtype} {numbers}" if array.ndim == 0 else f"{array.dtype} of shape {array.shape}\n{numbers}"
    )
