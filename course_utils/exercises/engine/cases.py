"""Random arrays for the cases of exercises."""

import numpy as np


def normal(*shape: int, seed: int, scale: float = 1.0) -> np.ndarray:
    """Draw numbers from a normal distribution, rounded to two decimals so that a case can be read.

    Parameters
    ----------
    *shape : int
        The shape of the array.
    seed : int
        The same seed gives the same numbers.
    scale : float
        Their standard deviation.

    Returns
    -------
    numpy.ndarray of float64

    Examples
    --------
    >>> normal(2, 3, seed=0).shape
    (2, 3)
    """
    return np.random.default_rng(seed).normal(0.0, scale, shape).round(2)
