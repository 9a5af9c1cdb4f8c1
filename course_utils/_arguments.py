"""Checks of arguments for the modules of floor 1: each refusal names the argument and what was expected."""

import math

import numpy as np
from numpy.typing import ArrayLike


def as_floats(name: str, value: ArrayLike) -> np.ndarray:
    """Return `value` as an array of floats: float32 and float64 stay so, whole numbers become float64."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} is no array ({error}); expected real numbers.") from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} has shape {array.shape} and type {array.dtype}; expected real numbers.")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def as_nonnegative(name: str, value: ArrayLike) -> np.ndarray:
    """Return `value` as finite floats of at least 0."""
    array = as_floats(name, value)
    require_finite(name, array)
    if np.any(array < 0):
        raise ValueError(f"{name} of shape {array.shape} contains {array.min()}; expected at least 0.")
    return array


def require_finite(name: str, array: np.ndarray, *, minus_infinity: bool = False) -> None:
    """Refuse NaN and infinities; `minus_infinity=True` lets -inf pass, which masks need."""
    accepted = np.isfinite(array) | (np.isneginf(array) if minus_infinity else False)
    if not np.all(accepted):
        expected = "finite numbers or -inf" if minus_infinity else "finite numbers"
        example = array[~accepted].flat[0]
        raise ValueError(f"{name} of shape {array.shape} contains {example}; expected {expected}.")


def require_positive(name: str, value: float) -> float:
    """Return `value` as a Python float, or refuse it unless it is one finite number above zero."""
    number = _as_number(name, value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name} is {value}; expected a finite number above 0.")
    return number


def require_fraction(name: str, value: float) -> float:
    """Return `value` as a Python float, or refuse it unless it is at least 0 and below 1."""
    number = _as_number(name, value)
    if not 0 <= number < 1:
        raise ValueError(f"{name} is {value}; expected a number of at least 0 and below 1.")
    return number


def require_between(name: str, value: float, low: float, high: float = math.inf) -> float:
    """Return `value` as a Python float, or refuse it unless it is finite and from `low` to `high`."""
    number = _as_number(name, value)
    if not (math.isfinite(number) and low <= number <= high):
        limits = f"of at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
        raise ValueError(f"{name} is {value}; expected a finite number {limits}.")
    return number


def require_count(name: str, value: int, *, minimum: int = 1) -> int:
    """Return `value` as a Python int, or refuse it unless it is a whole number of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < minimum:
        raise ValueError(f"{name} is {value!r}; expected a whole number of at least {minimum}.")
    return int(value)


def require_probabilities(name: str, array: np.ndarray) -> None:
    """Refuse an array unless its last axis holds probabilities: none negative, each row summing to 1."""
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; expected (..., n_classes) with no empty axis.")
    require_finite(name, array)
    if array.min() < 0:
        raise ValueError(
            f"{name} of shape {array.shape} contains {array.min()}; expected probabilities, none negative."
        )
    totals = array.sum(axis=-1)
    tolerance = max(1e-6, math.sqrt(np.finfo(array.dtype).eps))
    furthest = totals.flat[np.abs(totals - 1).argmax()]
    if abs(furthest - 1) > tolerance:
        raise ValueError(
            f"{name} of shape {array.shape} has a row that sums to {furthest:.6g}; "
            "expected probabilities, which sum to 1 along the last axis."
        )


def as_generator(name: str, seed: int | np.random.Generator) -> np.random.Generator:
    """Return a random generator: `seed` itself if it is one, else a fresh one from that whole number."""
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(
            f"{name} is {seed!r}; expected a whole number of at least 0 or a numpy.random.Generator."
        )
    return np.random.default_rng(seed)


def require_same_shape(name: str, array: np.ndarray, other_name: str, other: np.ndarray) -> None:
    """Refuse two arrays of different shapes."""
    if array.shape != other.shape:
        raise ValueError(
            f"{name} has shape {array.shape}; expected the shape of {other_name}, {other.shape}."
        )


def _as_number(name: str, value: float) -> float:
    """Return one real number as a Python float."""
    array = as_floats(name, value)
    if array.ndim != 0:
        raise ValueError(f"{name} has shape {array.shape}; expected one number, not an array.")
    return float(array)
