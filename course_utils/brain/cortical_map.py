"""A cortical map in NumPy that attention gates: how tightly the gate shuts is put in by hand."""

import numpy as np
from numpy.typing import ArrayLike

from course_utils._arguments import (
    as_floats,
    as_generator,
    require_between,
    require_count,
    require_finite,
    require_positive,
    require_same_shape,
)

N_OCTAVES, N_CHANNELS = 5.0, 120  # the map hears five octaves through as many channels as it has neurons
CHANNELS = np.arange(N_CHANNELS) * N_OCTAVES / N_CHANNELS  # the pitch of each channel, in octaves
CHANNELS.flags.writeable = False
TONE_A, TONE_B = 1.5, 3.5  # the two pitches that may be attended, in octaves


def tone(pitch: ArrayLike) -> np.ndarray:
    """Return a tone: a bell curve over the channels (standard deviation 0.35 octave) of length 1.

    Parameters
    ----------
    pitch : array_like, any shape
        In octaves, from 0 to 5.

    Returns
    -------
    numpy.ndarray, shape (..., 120)
        The activity of each channel.

    Raises
    ------
    ValueError
        If a pitch is outside the five octaves.

    Examples
    --------
    >>> print(CHANNELS[tone(1.5).argmax()])
    1.5
    """
    pitch = as_floats("pitch", pitch)
    if pitch.size and not (np.all(pitch >= 0) and np.all(pitch <= N_OCTAVES)):
        raise ValueError(f"pitch of shape {pitch.shape} leaves the map; expected 0 to {N_OCTAVES:g} octaves.")
    activity = np.exp(-0.5 * ((CHANNELS - pitch[..., np.newaxis]) / 0.35) ** 2)
    return activity / np.linalg.norm(activity, axis=-1, keepdims=True)


def tonotopic_map(seed: int | np.random.Generator, noise: float = 0.05) -> np.ndarray:
    """Return a map in which each neuron prefers its own pitch, in order, with some noise.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Decides the noise.
    noise : float
        Standard deviation by which each weight is off, as a part of itself, at least 0.

    Returns
    -------
    numpy.ndarray, shape (120 neurons, 120 channels)
        The weights of each neuron, a row of length 1.

    Raises
    ------
    ValueError
        If the noise is below 0 or the seed is no whole number.

    Examples
    --------
    >>> print(map_area(tonotopic_map(seed=0, noise=0), pitch=2.5))
    13
    """
    rng, noise = as_generator("seed", seed), require_between("noise", noise, 0)
    weights = tone(CHANNELS) * (1 + noise * rng.standard_normal((N_CHANNELS, N_CHANNELS)))
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def draw_sounds(n_sounds: int, seed: int | np.random.Generator) -> np.ndarray:
    """Draw a row of tones: a quarter at `TONE_A`, a quarter at `TONE_B`, the rest anywhere.

    Parameters
    ----------
    n_sounds : int
        How many, at least 1.
    seed : int or numpy.random.Generator

    Returns
    -------
    numpy.ndarray, shape (n_sounds,)
        Pitches in octaves, from 0 to 5.

    Raises
    ------
    ValueError
        If `n_sounds` is not a whole number of at least 1 or the seed is not one of at least 0.

    Examples
    --------
    >>> draw_sounds(6, seed=0).round(2)
    array([3.03, 3.5 , 1.5 , 1.5 , 4.08, 0.01])
    """
    n_sounds, rng = require_count("n_sounds", n_sounds), as_generator("seed", seed)
    draws = rng.random(n_sounds)
    return np.select([draws < 0.25, draws < 0.5], [TONE_A, TONE_B], rng.uniform(0, N_OCTAVES, n_sounds))


def map_area(weights: ArrayLike, pitch: float, within: float = 0.25) -> int:
    """Return how many neurons' preferred channel is near a pitch: the area of the map that serves it.

    Parameters
    ----------
    weights : array_like, shape (120 neurons, 120 channels)
    pitch : float
        In octaves, from 0 to 5.
    within : float
        How far away a preferred channel may be, in octaves, above 0.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the shape is wrong or a number is out of its range.

    Examples
    --------
    >>> map_area(tonotopic_map(seed=0, noise=0), pitch=2.5, within=5)
    120
    """
    pitch = require_between("pitch", pitch, 0, N_OCTAVES)
    preferred = CHANNELS[_as_map(weights).argmax(axis=1)]
    near = np.abs(preferred - pitch) <= require_positive("within", within) + 1e-9  # 1e-9: rounding of pitches
    return int(near.sum())


def train_map(
    weights: ArrayLike,
    pitches: ArrayLike,
    gates: ArrayLike,
    *,
    learning_rate: float = 0.05,
    decay: float = 0.0,
    home: ArrayLike | None = None,
) -> np.ndarray:
    """Train each neuron's weights towards the sounds that it answers, as far as attention opens the gate.

    The rule has three factors: Δw = α · gate · activity · (sound - w). Built in: the gates, and with them
    which sounds get more of the map: at 0.02 for unattended ones only the attended grow, at 0.2 all do.

    Parameters
    ----------
    weights : array_like, shape (120 neurons, 120 channels)
        The map before.
    pitches : array_like, shape (n_sounds,)
        The tones in their order, in octaves.
    gates : array_like, shape (n_sounds,)
        How much each may teach, from 0 to 1: 1 when attended.
    learning_rate : float
        The step length α, above 0.
    decay : float
        The part of its distance from `home` that the map loses with each sound, from 0 to 1. Above 0 an
        expansion shrinks back once the gate closes, as maps do while the skill stays (Reed 2011).
    home : array_like, shape (120 neurons, 120 channels), optional
        The map that decay leads back to; the map before when left out.

    Returns
    -------
    numpy.ndarray, shape (120 neurons, 120 channels)
        The map after.

    Raises
    ------
    ValueError
        If a shape is wrong or a number is out of its range.

    References
    ----------
    A demonstration for what was seen by Recanzone, G. H., Schreiner, C. E. & Merzenich, M. M. (1993).
    doi:10.1523/JNEUROSCI.13-01-00087.1993 and Reed, A. et al. (2011). doi:10.1016/j.neuron.2011.02.038

    Examples
    --------
    >>> before = tonotopic_map(seed=0)
    >>> attended = train_map(before, np.full(200, 1.5), gates=np.ones(200))
    >>> map_area(attended, 1.5) > map_area(before, 1.5)
    True
    """
    before, pitches, gates = _as_map(weights), as_floats("pitches", pitches), as_floats("gates", gates)
    if pitches.ndim != 1:
        raise ValueError(f"pitches has shape {pitches.shape}; expected one row, (n_sounds,).")
    require_same_shape("gates", gates, "pitches", pitches)
    if not (np.all(gates >= 0) and np.all(gates <= 1)):
        raise ValueError(f"gates of shape {gates.shape} leave the range; expected 0 to 1.")
    learning_rate = require_positive("learning_rate", learning_rate)
    decay = require_between("decay", decay, 0, 1)
    home = before if home is None else _as_map(home, "home")

    neighbours, after = _neighbours(), before
    for sound, gate in zip(tone(pitches), gates, strict=True):
        activity = _compete(after @ sound, neighbours)
        after = after + learning_rate * gate * activity[:, np.newaxis] * (sound - after)
        after = after - decay * (after - home)
    return after


def _neighbours() -> np.ndarray:
    """Return how strongly each neuron of the map excites each other one."""
    place = np.arange(N_CHANNELS)
    return np.exp(-0.5 * ((place[:, np.newaxis] - place) / 4.0) ** 2)


def _compete(drive: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Return the activity when the best neuron and its neighbours win."""
    spread = neighbours @ drive**8
    if not spread.max() > 0:
        raise ValueError("weights hold no neuron that hears the sound; expected one that answers it.")
    return (spread / spread.max()) ** 2


def _as_map(value: ArrayLike, name: str = "weights") -> np.ndarray:
    """Return the weights of a map as finite floats."""
    weights = as_floats(name, value)
    if weights.shape != (N_CHANNELS, N_CHANNELS):
        raise ValueError(
            f"{name} has shape {weights.shape}; expected (neurons, channels), ({N_CHANNELS}, {N_CHANNELS})."
        )
    require_finite(name, weights)
    return weights
