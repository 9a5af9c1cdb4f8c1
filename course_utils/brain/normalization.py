"""Attention as gain in NumPy: divisive normalisation, and the normalisation model of attention."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_utils._arguments import (
    as_nonnegative,
    require_between,
    require_positive,
)

POSITIONS = np.arange(-60.0, 61.0)  # where the model's neurons look, in steps of one position
DIRECTIONS = np.arange(-180.0, 180.0, 10.0)  # which direction of motion each prefers, in degrees
POSITIONS.flags.writeable = DIRECTIONS.flags.writeable = False


class NormalizationResult(NamedTuple):
    """What `normalization_model` gives back.

    Attributes
    ----------
    excitation : numpy.ndarray, shape (n_positions, n_directions)
        What drives each neuron: its stimulus, times attention.
    suppression : numpy.ndarray, shape (n_positions, n_directions)
        What divides it: the excitation of its neighbourhood.
    response : numpy.ndarray, shape (n_positions, n_directions)
        The neuron's answer, in arbitrary units.
    """

    excitation: np.ndarray
    suppression: np.ndarray
    response: np.ndarray


class ContrastResponse(NamedTuple):
    """How the neuron in the middle answers contrast c: r_max · c / (c + c50).

    Attributes
    ----------
    r_max : float
        The response that strong contrast approaches.
    c50 : float
        The contrast that reaches half of it.
    """

    r_max: float
    c50: float


def divisive_normalization(
    drives: ArrayLike, *, gains: ArrayLike = 1.0, exponent: float = 1.0, semi_saturation: float = 0.0
) -> np.ndarray:
    """Return each neuron's drive divided by that of all: A Eⁿ / (Σ A Eⁿ + σⁿ) along the last axis.

    With E = exp(s / n) and σ = 0 this is softmax(s + log A), exactly: a gain of attention is an additive
    logit, the exponent an inverse temperature, and σ a key without value whose logit is n log σ.

    Parameters
    ----------
    drives : array_like, shape (..., n)
        The drive E of each neuron, at least 0.
    gains : array_like, broadcasts to the shape of `drives`
        The gain A that attention gives each neuron, at least 0.
    exponent : float
        The power n, above 0: larger values let the winner take more.
    semi_saturation : float
        The constant σ, at least 0, in the unit of the drives.

    Returns
    -------
    numpy.ndarray, shape (..., n)
        The normalised responses. Along the last axis they sum to 1 if σ is 0, else to less.

    Raises
    ------
    ValueError
        If a number is below 0 or not finite, the shapes do not fit, nothing is left to divide by, or the
        powers are too large to be stored.

    References
    ----------
    Heeger, D. J. (1992). Normalization of cell responses in cat striate cortex.
    doi:10.1017/S0952523800009640. Carandini, M. & Heeger, D. J. (2012). Normalization as a canonical neural
    computation. doi:10.1038/nrn3136

    Examples
    --------
    >>> divisive_normalization([1, 1, 1, 1], gains=[2, 1, 1, 1])
    array([0.4, 0.2, 0.2, 0.2])
    """
    drives, gains = as_nonnegative("drives", drives), as_nonnegative("gains", gains)
    if drives.ndim == 0 or drives.size == 0:
        raise ValueError(f"drives has shape {drives.shape}; expected (..., n), not empty.")
    try:
        fits = np.broadcast_shapes(gains.shape, drives.shape) == drives.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"gains has shape {gains.shape}; expected one that broadcasts to that of drives, {drives.shape}."
        )
    exponent = require_positive("exponent", exponent)
    constant = require_between("semi_saturation", semi_saturation, 0) ** exponent

    with np.errstate(over="ignore"):  # refused below
        excitation = gains * drives**exponent
        pool = excitation.sum(axis=-1, keepdims=True) + constant
    if not (np.all(np.isfinite(pool)) and np.all(pool > 0)):
        raise ValueError(
            f"drives of shape {drives.shape} to the power {exponent:g}, times gains, sum to 0 or beyond the "
            "largest number; expected a sum above 0 or a semi_saturation above 0, and smaller drives."
        )
    return excitation / pool


def stimulus(
    contrast: float, *, position: float = 0.0, direction: float = 0.0, width: float = 5.0
) -> np.ndarray:
    """Draw one patch of moving dots as the model sees it. Add several for a scene.

    Parameters
    ----------
    contrast : float
        Its contrast, from 0 to 1.
    position : float
        Its centre, on the scale of `POSITIONS`.
    direction : float
        Where it moves to, in degrees; the nearest of `DIRECTIONS` is taken.
    width : float
        The standard deviation of its patch, in positions, above 0.

    Returns
    -------
    numpy.ndarray, shape (n_positions, n_directions)
        The contrast of each direction at each position.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Reynolds, J. H. & Heeger, D. J. (2009). The normalization model of attention.
    doi:10.1016/j.neuron.2009.01.002

    Examples
    --------
    >>> print(stimulus(0.5).shape, stimulus(0.5).max())
    (121, 36) 0.5
    """
    contrast = require_between("contrast", contrast, 0, 1)
    direction = require_between("direction", direction, -180, 180)
    position = require_between("position", position, POSITIONS[0], POSITIONS[-1])
    patch = _bump(POSITIONS - position, require_positive("width", width))
    moves = np.zeros_like(DIRECTIONS)
    moves[np.argmin(np.abs(_turn(DIRECTIONS - direction)))] = 1.0
    return contrast * patch[:, np.newaxis] * moves


def attention_field(
    *,
    position: float | None = None,
    direction: float | None = None,
    position_width: float = 5.0,
    direction_width: float = 60.0,
    peak: float = 2.0,
) -> np.ndarray:
    """Return how much attention multiplies the drive of each neuron: `peak` where it is, 1 far away.

    Parameters
    ----------
    position : float, optional
        Where attention is; everywhere when left out.
    direction : float, optional
        Which direction it looks for, in degrees; all when left out.
    position_width, direction_width : float
        The standard deviations of the field, in positions and degrees, above 0.
    peak : float
        The gain in its middle, at least 0; 1 is no attention.

    Returns
    -------
    numpy.ndarray, shape (n_positions, n_directions)
        The gains.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Reynolds, J. H. & Heeger, D. J. (2009). doi:10.1016/j.neuron.2009.01.002

    Examples
    --------
    >>> field = attention_field(position=0)
    >>> print(field[60, 0], field[0, 0].round(6))  # in its middle and far away
    2.0 1.0
    """
    where, what = np.ones_like(POSITIONS), np.ones_like(DIRECTIONS)
    if position is not None:
        position = require_between("position", position, POSITIONS[0], POSITIONS[-1])
        where = _bump(POSITIONS - position, require_positive("position_width", position_width))
    if direction is not None:
        offset = _turn(DIRECTIONS - require_between("direction", direction, -180, 180))
        what = _bump(offset, require_positive("direction_width", direction_width))
    return 1 + (require_between("peak", peak, 0) - 1) * where[:, np.newaxis] * what


def normalization_model(
    scene: ArrayLike, field: ArrayLike | None = None, *, sigma: float = 1e-4
) -> NormalizationResult:
    """Return each neuron's drive times attention, divided by its neighbourhood's: R = A E / (S + σ).

    A neuron is driven by its receptive field (standard deviations: 5 positions, 60 degrees) and suppressed by
    a wider pool (20 positions, 360 degrees), the widths of the authors' released code. Built in: the gain and
    the pool. What emerges: contrast gain or response gain, biased competition, feature-similarity gain.

    Parameters
    ----------
    scene : array_like, shape (n_positions, n_directions)
        One `stimulus` or a sum of several; at least 0.
    field : array_like, shape (n_positions, n_directions), optional
        The `attention_field` A, at least 0; no attention when left out.
    sigma : float
        The constant σ that keeps weak contrasts weak, above 0. The authors' default is 1e-6; 1e-4 puts the
        middle of the contrast curve inside the range from 1e-4 to 1.

    Returns
    -------
    NormalizationResult
        `excitation`, `suppression` and `response`, each of shape (n_positions, n_directions).

    Raises
    ------
    ValueError
        If a shape is wrong, a number is not finite or below 0, or `sigma` is not above 0.

    References
    ----------
    Reynolds, J. H. & Heeger, D. J. (2009). doi:10.1016/j.neuron.2009.01.002

    Examples
    --------
    >>> both = stimulus(1, direction=0) + stimulus(1, direction=-180)
    >>> alone = normalization_model(stimulus(1)).response[60, 18]
    >>> pair = normalization_model(both).response[60, 18]
    >>> attended = normalization_model(both, attention_field(direction=0)).response[60, 18]
    >>> bool(pair < attended < alone)  # biased competition
    True
    """
    scene = _as_map("scene", scene)
    field = np.ones_like(scene) if field is None else _as_map("field", field)
    sigma = require_positive("sigma", sigma)
    excitation = field * _blur(scene, position_width=5.0, direction_width=60.0)
    suppression = _blur(excitation, position_width=20.0, direction_width=360.0)
    return NormalizationResult(excitation, suppression, excitation / (suppression + sigma))


def contrast_response(
    stimulus_width: float, field_width: float | None = None, *, peak: float = 2.0, sigma: float = 1e-4
) -> ContrastResponse:
    """Return how contrast drives the neuron that looks at a stimulus, with or without attention on it.

    The excitation is proportional to contrast, c e, and so is the suppression, c s. Hence
    R = c e / (c s + σ), which approaches r_max = e / s and is half of it at c50 = σ / s: nothing is fitted.

    Parameters
    ----------
    stimulus_width : float
        Standard deviation of the stimulus, in positions, above 0.
    field_width : float, optional
        Standard deviation of the attention field on its position, above 0; no attention when left out.
    peak : float
        The gain in the middle of that field, at least 0.
    sigma : float
        The constant σ, above 0.

    Returns
    -------
    ContrastResponse
        A field much wider than the stimulus lowers c50 (contrast gain); a narrow one raises r_max too
        (response gain).

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Reynolds, J. H. & Heeger, D. J. (2009), figure 2. doi:10.1016/j.neuron.2009.01.002

    Examples
    --------
    >>> away, wide = contrast_response(3), contrast_response(3, field_width=30)
    >>> print(f"r_max × {wide.r_max / away.r_max:.3f}, c50 × {wide.c50 / away.c50:.3f}")
    r_max × 1.009, c50 × 0.504
    """
    field = (
        None if field_width is None else attention_field(position=0, position_width=field_width, peak=peak)
    )
    result = normalization_model(stimulus(1, width=stimulus_width), field, sigma=sigma)
    middle = np.argmin(np.abs(POSITIONS)), np.argmin(np.abs(DIRECTIONS))
    excitation, suppression = result.excitation[middle], result.suppression[middle]
    return ContrastResponse(float(excitation / suppression), float(sigma / suppression))


def _bump(offset: np.ndarray, width: float) -> np.ndarray:
    """Return a bell curve of height 1."""
    return np.exp(-0.5 * (offset / width) ** 2)


def _turn(angle: np.ndarray) -> np.ndarray:
    """Return angles in the range from -180 up to 180 degrees, because directions go round."""
    return (angle + 180) % 360 - 180


def _blur(image: np.ndarray, position_width: float, direction_width: float) -> np.ndarray:
    """Return a map blurred by a bell curve along positions, which end, and directions, which go round."""
    along = (
        _bump(POSITIONS[:, np.newaxis] - POSITIONS, position_width) / _bump(POSITIONS, position_width).sum()
    )
    around = _bump(_turn(DIRECTIONS[:, np.newaxis] - DIRECTIONS), direction_width)
    return along @ image @ (around / around.sum(axis=0))


def _as_map(name: str, value: ArrayLike) -> np.ndarray:
    """Return `value` as a map of the model's neurons."""
    array = as_nonnegative(name, value)
    expected = (POSITIONS.size, DIRECTIONS.size)
    if array.shape != expected:
        raise ValueError(f"{name} has shape {array.shape}; expected (n_positions, n_directions), {expected}.")
    return array
