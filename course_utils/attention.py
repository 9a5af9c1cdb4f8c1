"""Attention in NumPy: softmax, four ways to score keys against queries, masks, the weighted sum of values."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_utils._arguments import (
    as_floats,
    require_count,
    require_finite,
    require_positive,
    require_probabilities,
)


class AttentionResult(NamedTuple):
    """What `attention` gives back.

    Attributes
    ----------
    output : numpy.ndarray, shape (..., n_queries, d_v)
        For each query, the sum of the values, each times its weight.
    weights : numpy.ndarray, shape (..., n_queries, n_keys)
        For each query, how much each key counts; each row sums to 1 (to 0 where nothing may be attended).
    """

    output: np.ndarray
    weights: np.ndarray


def softmax(scores: ArrayLike, axis: int = -1, temperature: float = 1.0) -> np.ndarray:
    """Return scores as positive weights that sum to 1 along an axis.

    The largest score is subtracted first: the result stays the same and `exp` cannot overflow. The arithmetic
    is done in float64 and the result has the type of the scores.

    Parameters
    ----------
    scores : array_like, any shape with at least one axis
        Real numbers without unit. A score of -inf gets weight 0.
    axis : int
        The axis along which the weights sum to 1.
    temperature : float
        The scores are divided by it: above 1 flattens the weights, below 1 sharpens them.

    Returns
    -------
    numpy.ndarray, shape of `scores`
        The weights. Where all scores along the axis are -inf they are all 0, as a mask that hides everything
        needs; `torch.softmax` gives NaN there.

    Raises
    ------
    ValueError
        If a score is NaN or +inf, the axis is empty or does not exist, or the temperature is not above 0.

    References
    ----------
    Bridle, J. S. (1990). Probabilistic interpretation of feedforward classification network outputs, with
    relationships to statistical pattern recognition. doi:10.1007/978-3-642-76153-9_28

    Examples
    --------
    >>> softmax([4, 5, 6]).round(4)
    array([0.09  , 0.2447, 0.6652])
    >>> softmax([4, 5, 6], temperature=0.1).round(4)
    array([0., 0., 1.])
    """
    scores = as_floats("scores", scores)
    _require_axis(scores, axis)
    require_finite("scores", scores, minus_infinity=True)
    temperature = require_positive("temperature", temperature)

    wide = scores.astype(np.float64)
    highest = wide.max(axis=axis, keepdims=True)
    highest[np.isneginf(highest)] = 0.0  # -inf minus -inf would be NaN
    with np.errstate(over="ignore", under="ignore"):  # a hopeless score becomes -inf and its weight 0
        exponentials = np.exp((wide - highest) / temperature)
        total = exponentials.sum(axis=axis, keepdims=True)
        total[total == 0] = 1.0  # all scores were -inf
        return (exponentials / total).astype(scores.dtype)


def softmax_jacobian(weights: ArrayLike) -> np.ndarray:
    """Return how each softmax weight answers to each score: the matrix of derivatives, diag(w) - w wᵀ.

    When one weight is near 1 every entry is near 0: the softmax is saturated and passes almost no gradient
    back.

    Parameters
    ----------
    weights : array_like, shape (..., n)
        What `softmax` gave along its last axis, at temperature 1. For another temperature divide the result
        by it.

    Returns
    -------
    numpy.ndarray, shape (..., n, n)
        Entry [..., i, j] is the derivative of weight i with respect to score j.

    Raises
    ------
    ValueError
        If the weights are negative or do not sum to 1.

    References
    ----------
    Goodfellow, I., Bengio, Y. & Courville, A. (2016). Deep Learning. MIT Press, section 6.2.2.3. [Goo16]

    Examples
    --------
    >>> softmax_jacobian([0.5, 0.5])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    weights = as_floats("weights", weights)
    require_probabilities("weights", weights)
    identity = np.eye(weights.shape[-1], dtype=weights.dtype)
    return weights[..., :, np.newaxis] * (identity - weights[..., np.newaxis, :])


def dot_scores(queries: ArrayLike, keys: ArrayLike) -> np.ndarray:
    """Return the score of each key against each query, their dot product Q Kᵀ.

    Parameters
    ----------
    queries : array_like, shape (..., n_queries, d_k)
    keys : array_like, shape (..., n_keys, d_k)

    Returns
    -------
    numpy.ndarray, shape (..., n_queries, n_keys)
        The scores. Leading axes broadcast.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a number is not finite.

    References
    ----------
    Luong, M.-T., Pham, H. & Manning, C. D. (2015). Effective approaches to attention-based neural machine
    translation. arXiv:1508.04025

    Examples
    --------
    >>> dot_scores([[1], [2], [3]], [[4], [5], [6]])
    array([[ 4.,  5.,  6.],
           [ 8., 10., 12.],
           [12., 15., 18.]])
    """
    queries, keys = _as_queries_and_keys(queries, keys)
    _require_size("keys", keys, -1, queries.shape[-1], "d_k of queries", queries)
    return queries @ np.swapaxes(keys, -1, -2)


def scaled_dot_scores(queries: ArrayLike, keys: ArrayLike) -> np.ndarray:
    """Return the score of each key against each query, their dot product divided by the square root of d_k.

    The dot product of two random vectors has variance d_k, if their components are independent with mean 0
    and variance 1. The division brings it back to 1, whatever d_k is.

    Parameters
    ----------
    queries : array_like, shape (..., n_queries, d_k)
    keys : array_like, shape (..., n_keys, d_k)

    Returns
    -------
    numpy.ndarray, shape (..., n_queries, n_keys)
        The scores. Leading axes broadcast.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a number is not finite.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need, section 3.2.1. arXiv:1706.03762

    Examples
    --------
    >>> scaled_dot_scores([[1, 2, 3]], [[4, 5, 6]]).round(4)
    array([[18.4752]])
    """
    scores = dot_scores(queries, keys)
    return scores / math.sqrt(np.shape(keys)[-1])


def general_scores(queries: ArrayLike, keys: ArrayLike, weight: ArrayLike) -> np.ndarray:
    """Return the score of each key against each query by a learned matrix: q W kᵀ (Luong's "general").

    Parameters
    ----------
    queries : array_like, shape (..., n_queries, d_q)
    keys : array_like, shape (..., n_keys, d_k)
    weight : array_like, shape (d_q, d_k)
        The learned matrix W. With the identity the scores are dot products.

    Returns
    -------
    numpy.ndarray, shape (..., n_queries, n_keys)
        The scores. Leading axes broadcast.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a number is not finite.

    References
    ----------
    Luong, M.-T., Pham, H. & Manning, C. D. (2015). Effective approaches to attention-based neural machine
    translation. arXiv:1508.04025

    Examples
    --------
    >>> general_scores([[1, 2]], [[3, 4], [5, 6]], weight=[[1, 0], [0, 10]])
    array([[ 83., 125.]])
    """
    queries, keys = _as_queries_and_keys(queries, keys)
    weight = _as_parameter("weight", weight, (queries.shape[-1], keys.shape[-1]), "(d_q, d_k)")
    return queries @ weight @ np.swapaxes(keys, -1, -2)


def additive_scores(
    queries: ArrayLike, keys: ArrayLike, query_weight: ArrayLike, key_weight: ArrayLike, vector: ArrayLike
) -> np.ndarray:
    """Return the score of each key against each query by a network that adds them: v · tanh(q W₁ + k W₂).

    Parameters
    ----------
    queries : array_like, shape (..., n_queries, d_q)
    keys : array_like, shape (..., n_keys, d_k)
    query_weight : array_like, shape (d_q, d_hidden)
        The learned matrix W₁.
    key_weight : array_like, shape (d_k, d_hidden)
        The learned matrix W₂.
    vector : array_like, shape (d_hidden,)
        The learned vector v.

    Returns
    -------
    numpy.ndarray, shape (..., n_queries, n_keys)
        The scores. Leading axes broadcast.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a number is not finite.

    References
    ----------
    Bahdanau, D., Cho, K. & Bengio, Y. (2014). Neural machine translation by jointly learning to align and
    translate. arXiv:1409.0473

    Examples
    --------
    >>> additive_scores([[1], [2]], [[4], [5]], query_weight=[[0.1]], key_weight=[[0.1]], vector=[1]).round(4)
    array([[0.4621, 0.537 ],
           [0.537 , 0.6044]])
    """
    queries, keys = _as_queries_and_keys(queries, keys)
    vector = as_floats("vector", vector)
    vector = _as_parameter("vector", vector, (vector.size,), "(d_hidden,)")
    query_weight = _as_parameter(
        "query_weight", query_weight, (queries.shape[-1], vector.size), "(d_q, d_hidden)"
    )
    key_weight = _as_parameter("key_weight", key_weight, (keys.shape[-1], vector.size), "(d_k, d_hidden)")
    from_queries = (queries @ query_weight)[..., :, np.newaxis, :]  # (..., n_queries, 1, d_hidden)
    from_keys = (keys @ key_weight)[..., np.newaxis, :, :]  # (..., 1, n_keys, d_hidden)
    return np.tanh(from_queries + from_keys) @ vector


def causal_mask(n_queries: int, n_keys: int) -> np.ndarray:
    """Return the mask that lets query i attend to keys 0 to i and to no later one.

    The first query is aligned with the first key even when the two numbers differ, as in PyTorch's
    `scaled_dot_product_attention(..., is_causal=True)`.

    Parameters
    ----------
    n_queries, n_keys : int
        How many there are of each, at least 1.

    Returns
    -------
    numpy.ndarray of bool, shape (n_queries, n_keys)
        True where the query may attend to the key.

    Raises
    ------
    ValueError
        If a number is not a whole number of at least 1.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need, section 3.2.3. arXiv:1706.03762

    Examples
    --------
    >>> causal_mask(2, 3)
    array([[ True, False, False],
           [ True,  True, False]])
    """
    n_queries = require_count("n_queries", n_queries)
    n_keys = require_count("n_keys", n_keys)
    return np.tri(n_queries, n_keys, dtype=bool)


def attention(
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    causal: bool = False,
    scale: float | None = None,
) -> AttentionResult:
    """Return the values mixed, each weighted by how well its key answers the query: softmax(scale · Q Kᵀ) V.

    Parameters
    ----------
    queries : array_like, shape (..., n_queries, d_k)
    keys : array_like, shape (..., n_keys, d_k)
    values : array_like, shape (..., n_keys, d_v)
        Leading axes of all three, and of the mask, broadcast.
    mask : array_like, optional, broadcasts to (..., n_queries, n_keys)
        Boolean: True where the query may attend to the key. Floats: added to the scores; -inf forbids.
    causal : bool
        True lets query i attend to keys 0 to i only; it combines with `mask`.
    scale : float, optional
        What the dot products are multiplied by; 1/√d_k when left out.

    Returns
    -------
    AttentionResult
        `output`, shape (..., n_queries, d_v), and `weights`, shape (..., n_queries, n_keys). A query that may
        attend to nothing gets zero weights and zero output.

    Raises
    ------
    ValueError
        If the shapes do not fit, a number is NaN or infinite (but for -inf in a mask), the mask is neither
        boolean nor floats, or the scale is not above 0.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need, section 3.2.1. arXiv:1706.03762

    Examples
    --------
    >>> result = attention([[1], [2], [3]], [[4], [5], [6]], [[7], [8], [9]])
    >>> result.output.round(4).ravel()
    array([8.5752, 8.8509, 8.948 ])
    >>> result.weights.sum(axis=-1).round(6)
    array([1., 1., 1.])
    """
    values = _as_matrix("values", values)
    if scale is None:
        scores = scaled_dot_scores(queries, keys)
    else:
        scores = dot_scores(queries, keys) * require_positive("scale", scale)
    _require_size("values", values, -2, scores.shape[-1], "n_keys of keys", np.asarray(keys))
    if mask is not None:
        scores = _apply_mask(scores, mask)
    if causal:
        scores = np.where(causal_mask(*scores.shape[-2:]), scores, -np.inf)
    _require_leading_axes(scores=scores, values=values)
    weights = softmax(scores)
    return AttentionResult(weights @ values, weights)


def _apply_mask(scores: np.ndarray, mask: ArrayLike) -> np.ndarray:
    """Return the scores with -inf where a boolean mask is False, or with an additive mask added."""
    mask = np.asarray(mask)
    if mask.dtype.kind not in "bf":
        raise ValueError(
            f"mask has shape {mask.shape} and type {mask.dtype}; expected booleans (True: may be attended) "
            "or floats to add to the scores. Write mask.astype(bool) for a mask of ones and zeros."
        )
    _require_mask_shape(mask, scores)
    if mask.dtype.kind == "b":
        return np.where(mask, scores, -np.inf)
    require_finite("mask", mask, minus_infinity=True)
    return scores + mask.astype(scores.dtype)


def _require_mask_shape(mask: np.ndarray, scores: np.ndarray) -> None:
    """Refuse a mask that does not broadcast against the scores, or would add queries or keys."""
    try:
        fits = np.broadcast_shapes(mask.shape, scores.shape)[-2:] == scores.shape[-2:]
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"mask has shape {mask.shape}; expected a shape that broadcasts to the scores' "
            f"(..., n_queries, n_keys), here {scores.shape}."
        )


def _require_axis(scores: np.ndarray, axis: int) -> None:
    """Refuse an axis that the scores lack or that is empty."""
    if scores.ndim == 0:
        raise ValueError("scores has shape (), a single number; expected an array with at least one axis.")
    if not isinstance(axis, (int, np.integer)) or not -scores.ndim <= axis < scores.ndim:
        raise ValueError(
            f"axis is {axis!r}; expected a whole number from {-scores.ndim} to {scores.ndim - 1}, "
            f"because scores has shape {scores.shape}."
        )
    if scores.shape[axis] == 0:
        raise ValueError(
            f"scores has shape {scores.shape}: axis {axis} is empty; expected at least one score."
        )


def _as_matrix(name: str, value: ArrayLike) -> np.ndarray:
    """Return `value` as finite floats of shape (..., n, d), or refuse it."""
    array = as_floats(name, value)
    if array.ndim < 2 or 0 in array.shape[-2:]:
        raise ValueError(
            f"{name} has shape {array.shape}; expected at least two axes, (..., n, d), neither n nor d 0. "
            "One vector of d numbers is an array of shape (1, d); n single numbers are one of shape (n, 1)."
        )
    require_finite(name, array)
    return array


def _as_queries_and_keys(queries: ArrayLike, keys: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return both as float arrays whose leading axes broadcast."""
    queries, keys = _as_matrix("queries", queries), _as_matrix("keys", keys)
    _require_leading_axes(queries=queries, keys=keys)
    return queries, keys


def _as_parameter(name: str, value: ArrayLike, shape: tuple[int, ...], meaning: str) -> np.ndarray:
    """Return a learned matrix or vector as finite floats of exactly this shape."""
    array = as_floats(name, value)
    if array.shape != shape or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; expected {meaning}, not empty, here {shape}.")
    require_finite(name, array)
    return array


def _require_size(
    name: str, array: np.ndarray, axis: int, size: int, meaning: str, other: np.ndarray
) -> None:
    """Refuse an array whose axis has not the size that another array asks for."""
    if array.shape[axis] != size:
        raise ValueError(
            f"{name} has shape {array.shape}; expected axis {axis} to have size {size}, the {meaning}, "
            f"which has shape {other.shape}."
        )


def _require_leading_axes(**arrays: np.ndarray) -> None:
    """Refuse arrays whose axes before the last two do not broadcast."""
    try:
        np.broadcast_shapes(*(array.shape[:-2] for array in arrays.values()))
    except ValueError:
        shapes = " and ".join(f"{name} has shape {array.shape}" for name, array in arrays.items())
        raise ValueError(f"{shapes}; expected axes before the last two that broadcast.") from None
