"""Losses in NumPy: cross-entropy from probabilities or logits, mean squared error, and their gradients."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from course_utils._arguments import as_floats, require_finite, require_probabilities, require_same_shape

Reduction = Literal["mean", "sum", "none"]


def cross_entropy_from_probabilities(
    probabilities: ArrayLike, targets: ArrayLike, reduction: Reduction = "mean"
) -> np.ndarray | np.floating:
    """Return how surprised predicted probabilities are by the targets: -Σ y log p, in nats.

    A class with target 0 adds nothing, even at probability 0 (0 · log 0 counts as 0). Probability 0 for a
    class whose target is above 0 gives an infinite loss.

    Parameters
    ----------
    probabilities : array_like, shape (..., n_classes)
        Predictions that sum to 1 along the last axis: what softmax gives, not the logits.
    targets : array_like, shape of `probabilities`
        True probabilities: one-hot rows, or any others that sum to 1.
    reduction : {"mean", "sum", "none"}
        Whether to give the mean over the rows, their sum, or one loss for each row.

    Returns
    -------
    float or numpy.ndarray, shape (...)
        The loss in nats, never negative. Divide by log 2 for bits.

    Raises
    ------
    ValueError
        If the shapes differ, the reduction is unknown, or either array does not hold probabilities.

    References
    ----------
    Goodfellow, I., Bengio, Y. & Courville, A. (2016). Deep Learning. MIT Press, section 3.13. [Goo16]

    Examples
    --------
    >>> print(f"{cross_entropy_from_probabilities([0.2, 0.6, 0.2], [0, 1, 0]):.6f}")
    0.510826
    """
    probabilities, targets = _as_probabilities(probabilities, targets)
    counted = np.where(targets > 0, probabilities, 1.0)  # log 1 = 0, so 0 · log 0 counts as 0
    with np.errstate(divide="ignore"):  # log 0 = -inf is meant
        losses = 0.0 - np.sum(targets * np.log(counted), axis=-1)
    return _reduce(losses, reduction)


def cross_entropy_from_logits(
    logits: ArrayLike, labels: ArrayLike, reduction: Reduction = "mean"
) -> np.ndarray | np.floating:
    """Return how surprised the softmax of the logits is by the labels: log Σ exp(z) - z[label], in nats.

    The largest logit is subtracted before `exp`, so that logits of any size are safe (log-sum-exp).

    Parameters
    ----------
    logits : array_like, shape (..., n_classes)
        Scores before softmax: not probabilities. -inf means an impossible class.
    labels : array_like of int, shape (...)
        The number of the true class of each row, from 0.
    reduction : {"mean", "sum", "none"}
        Whether to give the mean over the rows, their sum, or one loss for each row.

    Returns
    -------
    float or numpy.ndarray, shape (...)
        The loss in nats; infinite if the true class has logit -inf.

    Raises
    ------
    ValueError
        If the labels are not whole numbers from 0 to n_classes - 1, the shapes do not fit, a logit is NaN or
        +inf, a row is all -inf, or the reduction is unknown.

    References
    ----------
    Goodfellow, I., Bengio, Y. & Courville, A. (2016). Deep Learning. MIT Press, section 6.2.2.3. [Goo16]

    Examples
    --------
    >>> print(f"{cross_entropy_from_logits([0.0, 1000.0], 0):.1f}")
    1000.0
    """
    logits, labels = _as_logits_and_labels(logits, labels)
    losses = 0.0 - np.take_along_axis(_log_softmax(logits), labels[..., np.newaxis], axis=-1)[..., 0]
    return _reduce(losses, reduction)


def cross_entropy_from_logits_gradient(
    logits: ArrayLike, labels: ArrayLike, reduction: Reduction = "mean"
) -> np.ndarray:
    """Return the derivative of `cross_entropy_from_logits` by the logits: softmax(z) - y, y being one-hot.

    Parameters
    ----------
    logits : array_like, shape (..., n_classes)
        Scores before softmax.
    labels : array_like of int, shape (...)
        The number of the true class of each row, from 0.
    reduction : {"mean", "sum", "none"}
        The loss that is differentiated; "mean" divides by the number of rows. For "none", each row's own
        loss, which gives the same as "sum".

    Returns
    -------
    numpy.ndarray, shape of `logits`
        The gradient in nats; each row sums to 0.

    Raises
    ------
    ValueError
        As for `cross_entropy_from_logits`.

    References
    ----------
    Bishop, C. M. (2006). Pattern Recognition and Machine Learning. Springer, section 4.3.4. [Bis06]

    Examples
    --------
    >>> cross_entropy_from_logits_gradient([0.0, 0.0], 1)
    array([ 0.5, -0.5])
    """
    logits, labels = _as_logits_and_labels(logits, labels)
    one_hot = np.eye(logits.shape[-1], dtype=logits.dtype)[labels]
    return _share_out(np.exp(_log_softmax(logits)) - one_hot, reduction)


def mse(predictions: ArrayLike, targets: ArrayLike, *, half: bool = False) -> np.floating:
    """Return the mean of the squared errors over all elements: (1/n) Σ (prediction - target)².

    Parameters
    ----------
    predictions, targets : array_like, same shape
        Finite numbers in the same unit.
    half : bool
        True gives half of it, (1/2n) Σ (prediction - target)², whose gradient has no factor 2. It is a loss
        in use, but it is not the mean squared error.

    Returns
    -------
    float
        The loss, in the square of the unit.

    Raises
    ------
    ValueError
        If the shapes differ, the arrays are empty, or a number is not finite.

    References
    ----------
    Goodfellow, I., Bengio, Y. & Courville, A. (2016). Deep Learning. MIT Press, section 5.1.4. [Goo16]

    Examples
    --------
    >>> print(f"{mse([2.5, 0.2, 1.8], [2.0, 0.0, 2.0]):.3f}")
    0.110
    """
    errors = _errors(predictions, targets)
    mean_square = np.mean(errors**2)
    return mean_square / 2 if half else mean_square


def mse_gradient(predictions: ArrayLike, targets: ArrayLike, *, half: bool = False) -> np.ndarray:
    """Return the derivative of `mse` by each prediction: (2/n)(prediction - target), or 1/n if `half`.

    Parameters
    ----------
    predictions, targets : array_like, same shape
        Finite numbers in the same unit.
    half : bool
        The same as for `mse`.

    Returns
    -------
    numpy.ndarray, shape of `predictions`
        The gradient, in the unit of the predictions.

    Raises
    ------
    ValueError
        If the shapes differ, the arrays are empty, or a number is not finite.

    References
    ----------
    Goodfellow, I., Bengio, Y. & Courville, A. (2016). Deep Learning. MIT Press, section 5.1.4. [Goo16]

    Examples
    --------
    >>> mse_gradient([3.0, 1.0], [1.0, 2.0])
    array([ 2., -1.])
    """
    errors = _errors(predictions, targets)
    return errors * ((1 if half else 2) / errors.size)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return the logarithm of the softmax, z - log Σ exp(z), with the largest logit subtracted first."""
    with np.errstate(over="ignore", under="ignore"):
        shifted = logits - logits.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _reduce(losses: np.ndarray, reduction: Reduction) -> np.ndarray | np.floating:
    """Return the mean of the rows' losses, their sum, or the losses as they are."""
    _require_reduction(reduction)
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def _share_out(gradient: np.ndarray, reduction: Reduction) -> np.ndarray:
    """Return the gradient of the rows' summed loss, divided by their number if the loss is their mean."""
    _require_reduction(reduction)
    n_rows = gradient.size // gradient.shape[-1]
    return gradient / n_rows if reduction == "mean" else gradient


def _require_reduction(reduction: Reduction) -> None:
    """Refuse a reduction that does not exist."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is {reduction!r}; expected 'mean', 'sum' or 'none'.")


def _as_probabilities(probabilities: ArrayLike, targets: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return both as float arrays of one shape that hold probabilities."""
    probabilities = as_floats("probabilities", probabilities)
    targets = as_floats("targets", targets)
    require_same_shape("targets", targets, "probabilities", probabilities)
    require_probabilities("probabilities", probabilities)
    require_probabilities("targets", targets)
    return probabilities, targets


def _as_logits_and_labels(logits: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return logits as floats and labels as whole numbers of existing classes, one label for each row."""
    logits = as_floats("logits", logits)
    labels = np.asarray(labels)
    if logits.ndim == 0 or logits.size == 0:
        raise ValueError(f"logits has shape {logits.shape}; expected (..., n_classes) with no empty axis.")
    require_finite("logits", logits, minus_infinity=True)
    if np.isneginf(logits).all(axis=-1).any():
        raise ValueError(
            f"logits of shape {logits.shape} has a row that is all -inf; expected a possible class."
        )
    _require_labels(labels, logits.shape)
    return logits, labels


def _require_labels(labels: np.ndarray, logits_shape: tuple[int, ...]) -> None:
    """Refuse labels that are not class numbers, one for each row of logits."""
    *rows, n_classes = logits_shape
    if labels.shape != tuple(rows):
        raise ValueError(
            f"labels has shape {labels.shape}; expected {tuple(rows)}, one class number for each row of "
            f"logits, which has shape {logits_shape}."
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels has shape {labels.shape} and type {labels.dtype}; expected whole numbers.")
    wrong = labels[(labels < 0) | (labels >= n_classes)]
    if wrong.size:
        raise ValueError(
            f"labels of shape {labels.shape} contains {wrong.flat[0]}; expected 0 to {n_classes - 1}, "
            f"because logits of shape {logits_shape} has {n_classes} classes."
        )


def _errors(predictions: ArrayLike, targets: ArrayLike) -> np.ndarray:
    """Return predictions minus targets."""
    predictions = as_floats("predictions", predictions)
    targets = as_floats("targets", targets)
    require_same_shape("targets", targets, "predictions", predictions)
    require_finite("predictions", predictions)
    require_finite("targets", targets)
    if predictions.size == 0:
        raise ValueError(f"predictions has shape {predictions.shape}; expected at least one number.")
    return predictions - targets
