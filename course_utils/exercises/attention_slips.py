"""Slips that more than one lesson on attention meets: in scaled scores, in softmax, in masks."""

from collections.abc import Callable

import numpy as np

from course_utils.attention import softmax


def share_out(exponentials: np.ndarray, axis: int | None = -1) -> np.ndarray:
    """Divide by the sum along an axis.

    Examples
    --------
    >>> share_out(np.array([1.0, 3.0]))
    array([0.25, 0.75])
    """
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def shifted(scores: np.ndarray, axis: int | None = -1) -> np.ndarray:
    """Subtract the largest score along an axis.

    Examples
    --------
    >>> shifted(np.array([1.0, 3.0]))
    array([-2.,  0.])
    """
    return scores - scores.max(axis=axis, keepdims=True)


def turned(keys: np.ndarray) -> np.ndarray:
    """Exchange the last two axes.

    Examples
    --------
    >>> turned(np.zeros((4, 2, 3))).shape
    (4, 3, 2)
    """
    return np.swapaxes(keys, -1, -2)


def scaled_dot(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Score keys by the scaled dot product.

    Examples
    --------
    >>> scaled_dot(np.array([[1.0, 2.0, 3.0, 1.0]]), np.array([[1.0, 1.0, 1.0, 0.0]]))
    array([[3.]])
    """
    return queries @ turned(keys) / np.sqrt(keys.shape[-1])


def attend_by(score: Callable, axis: int = -1) -> Callable:
    """Make an attention of any score of queries and keys, with the softmax along any axis.

    Examples
    --------
    >>> attend_by(scaled_dot)(np.ones((1, 2)), np.ones((3, 2)), np.array([[1.0], [2.0], [6.0]])).round(6)
    array([[3.]])
    """
    return lambda queries, keys, values: softmax(score(queries, keys), axis=axis) @ values


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _divided_by(number: Callable) -> Callable:
    return lambda queries, keys: queries @ turned(keys) / np.sqrt(number(queries, keys))


def slips_of_scaled_scores(use: Callable = lambda score: score) -> dict[str, tuple]:
    """Make a table of the slips in scaled scores, as `slips_of` takes it.

    Parameters
    ----------
    use : callable
        Turns a wrong score into the answer to the exercise. The default leaves it as it is.

    Returns
    -------
    dict
        For each slip the answers and the sentence.

    Examples
    --------
    >>> slips_of_scaled_scores()["divided-by-d_k"][-1]
    'You divided by d_k. Divide by its square root: the variance of the scores is d_k, so their spread is √d_k.'
    """
    answers = {name: map(use, (*scores,)) for name, (*scores, _) in _SCALED_SCORES.items()}
    return {name: (*answers[name], sentence) for name, (*_, sentence) in _SCALED_SCORES.items()}


_SCALED_SCORES = {
    "all-axes-turned": (
        lambda queries, keys: queries @ keys.T / np.sqrt(keys.shape[-1]),
        "For tables this is right. `keys.T` turns round all axes, those of a batch too: which two must change places?",
    ),
    "all-axes-turned-no-scale": (
        lambda queries, keys: queries @ keys.T,
        "Two things: the scale is missing, and with a batch in front `.T` turns that around as well.",
    ),
    "all-axes-turned-other-scale": (
        lambda queries, keys: queries @ keys.T / np.sqrt(len(keys)),
        lambda queries, keys: queries @ keys.T / np.sqrt(len(queries)),
        lambda queries, keys: queries @ keys.T / keys.shape[-1],
        lambda queries, keys: queries @ keys.T * np.sqrt(keys.shape[-1]),
        "Two things: the scale is not 1/√d_k, where d_k is the last axis; and with a batch `.T` turns that around as well.",
    ),
    "fixed-axes": (
        lambda queries, keys: queries @ keys.transpose(0, 2, 1) / np.sqrt(keys.shape[-1]),
        "For a batch this is right. But you name three axes, and there may be two or four: count them from the end.",
    ),
    "no-scale": (
        lambda queries, keys: queries @ turned(keys),
        "The division by √d_k is missing. With d_k = 1 it makes no difference, with d_k = 4 it does.",
    ),
    "divided-by-d_k": (
        lambda queries, keys: queries @ turned(keys) / keys.shape[-1],
        "You divided by d_k. Divide by its square root: the variance of the scores is d_k, so their spread is √d_k.",
    ),
    "multiplied": (
        lambda queries, keys: queries @ turned(keys) * np.sqrt(keys.shape[-1]),
        "You multiplied by √d_k. The scale makes large scores smaller: divide.",
    ),
    "another-divisor": (
        _divided_by(lambda queries, keys: keys.shape[-2]),
        _divided_by(lambda queries, keys: keys.shape[1]),
        _divided_by(lambda queries, keys: len(keys)),
        _divided_by(lambda queries, keys: queries.shape[-2]),
        _divided_by(lambda queries, keys: len(queries)),
        _divided_by(lambda queries, keys: keys.size),
        _divided_by(lambda queries, keys: 3),
        "Your scores are divided by another number than √d_k, in some of the cases at least. d_k is how many numbers one key has: which axis is that, also in a batch?",
    ),
    "missing-transpose": (
        lambda queries, keys: queries @ keys / np.sqrt(keys.shape[-1]),
        lambda queries, keys: queries @ keys,
        "Queries and keys are multiplied without turning the keys over: QK in place of QKᵀ. It runs only where the shapes happen to fit, and then each score mixes numbers of several keys.",
    ),
    "element-wise": (
        lambda queries, keys: queries * keys / np.sqrt(keys.shape[-1]),
        lambda queries, keys: queries * keys,
        "`*` multiplies number by number, as the article does. A score sums over d_k, and every query meets every key.",
    ),
    "queries-turned": (
        lambda queries, keys: turned(queries) @ keys / np.sqrt(keys.shape[-1]),
        "The queries are turned over in place of the keys: that sums over the queries.",
    ),
    "cosine": (
        lambda queries, keys: _unit(queries) @ turned(_unit(keys)),
        "You divided by the lengths of the vectors: these are cosines. The scale depends on d_k only.",
    ),
    "rows-are-keys": (
        lambda queries, keys: keys @ turned(queries) / np.sqrt(keys.shape[-1]),
        "Your scores have one row for each key. They need one row for each query, because the softmax runs along the row.",
    ),
}
