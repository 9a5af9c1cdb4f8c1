"""Plastic synapses in NumPy: spike timing (STDP), competition between inputs, Hebb, BCM, gain before BCM."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_utils._arguments import (
    as_floats,
    as_generator,
    as_nonnegative,
    require_between,
    require_count,
    require_finite,
    require_positive,
    require_probabilities,
    require_same_shape,
)

MILLISECOND = 0.001  # the time step of the spiking model, in seconds


class CompetitionResult(NamedTuple):
    """What `stdp_competition` gives back.

    Attributes
    ----------
    times : numpy.ndarray, shape (n_seconds + 1,)
        When the weights were noted, in seconds.
    weights : numpy.ndarray, shape (n_seconds + 1, n_inputs)
        The synaptic weights then, from 0 to 1. The first half of the inputs shares spikes.
    output_times : numpy.ndarray, shape (n_output_spikes,)
        When the neuron fired, in seconds.
    """

    times: np.ndarray
    weights: np.ndarray
    output_times: np.ndarray


def stdp_window(
    delay: ArrayLike,
    amplitude_plus: float = 0.005,
    amplitude_minus: float = 0.00525,
    tau_plus: float = 20.0,
    tau_minus: float = 20.0,
) -> np.ndarray:
    """Return how one pair of spikes changes a weight: A₊ exp(-Δt/τ₊) after, -A₋ exp(Δt/τ₋) before.

    An input that fires before the neuron is strengthened (LTP), one that fires after it is weakened (LTD).

    Parameters
    ----------
    delay : array_like, any shape
        Δt, the time of the neuron's spike minus the time of the input's spike, in milliseconds.
    amplitude_plus, amplitude_minus : float
        The largest change up and down, A₊ and A₋, in units of weight; at least 0.
    tau_plus, tau_minus : float
        How fast the effect fades with the delay, in milliseconds; above 0.

    Returns
    -------
    numpy.ndarray, shape of `delay`
        The change of weight; 0 at delay 0, where the rule says nothing.

    Raises
    ------
    ValueError
        If a delay is not finite, an amplitude is below 0 or a time constant is not above 0.

    References
    ----------
    Song, S., Miller, K. D. & Abbott, L. F. (2000). Competitive Hebbian learning through
    spike-timing-dependent synaptic plasticity. doi:10.1038/78829. Measured by Bi, G. & Poo, M. (1998),
    doi:10.1523/JNEUROSCI.18-24-10464.1998

    Examples
    --------
    >>> stdp_window([-10, 10, 20]).round(6)
    array([-0.003184,  0.003033,  0.001839])
    """
    delay = as_floats("delay", delay)
    require_finite("delay", delay)
    plus = require_between("amplitude_plus", amplitude_plus, 0)
    minus = require_between("amplitude_minus", amplitude_minus, 0)
    ltp = plus * np.exp(-np.abs(delay) / require_positive("tau_plus", tau_plus))
    ltd = -minus * np.exp(-np.abs(delay) / require_positive("tau_minus", tau_minus))
    return np.where(delay > 0, ltp, np.where(delay < 0, ltd, 0.0))


def poisson_inputs(
    n_inputs: int,
    n_steps: int,
    seed: int | np.random.Generator,
    *,
    rate: float = 20.0,
    shared_fraction: float = 0.3,
) -> np.ndarray:
    """Draw random spikes of inputs that all fire at one rate; the first half shares part of its spikes.

    Each spike of the first half is copied, with probability `shared_fraction`, from one common train.

    Parameters
    ----------
    n_inputs : int
        How many inputs there are, at least 2.
    n_steps : int
        How many milliseconds to draw, at least 1.
    seed : int or numpy.random.Generator
        Decides the spikes.
    rate : float
        Spikes per second of each input, above 0 and at most 1000.
    shared_fraction : float
        Which part of their spikes the first half takes from the common train, from 0 to 1.

    Returns
    -------
    numpy.ndarray of bool, shape (n_steps, n_inputs)
        True where an input fires in that millisecond.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Song, S., Miller, K. D. & Abbott, L. F. (2000). doi:10.1038/78829

    Examples
    --------
    >>> spikes = poisson_inputs(4, 10_000, seed=0)
    >>> print(spikes.shape, (spikes.mean(axis=0) * 1000).round())  # spikes a second of each input
    (10000, 4) [18. 19. 23. 19.]
    """
    n_inputs = require_count("n_inputs", n_inputs, minimum=2)
    n_steps = require_count("n_steps", n_steps)
    rng = as_generator("seed", seed)
    probability = require_between("rate", require_positive("rate", rate), 0, 1000) * MILLISECOND
    shared_fraction = require_between("shared_fraction", shared_fraction, 0, 1)

    spikes = rng.random((n_steps, n_inputs)) < probability
    common = rng.random((n_steps, 1)) < probability
    copied = rng.random((n_steps, n_inputs)) < shared_fraction
    copied[:, n_inputs // 2 :] = False
    return np.where(copied, common, spikes)


def stdp_competition(
    seed: int | np.random.Generator,
    *,
    n_inputs: int = 60,
    n_seconds: int = 40,
    rate: float = 20.0,
    shared_fraction: float = 0.3,
    amplitude: float = 0.01,
    ratio: float = 1.3,
    start: float = 0.5,
    strength: float = 0.06,
    tau: float = 20.0,
) -> CompetitionResult:
    """Run a competition of inputs for one neuron under `stdp_window`: those that fire together win.

    The neuron adds up its inputs, leaks, and fires one millisecond after it reaches threshold 1 (leaky
    integrate-and-fire). Built in: the window and the bounds 0 and 1. What emerges: the group that shares
    spikes makes the neuron fire, so its spikes come just before, and it wins. Its control is
    `shared_fraction=0` with a `strength` at which the neuron fires as often (0.12): weights fall and split
    there too, but chance decides who wins.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Decides the spikes of the inputs.
    n_inputs, n_seconds : int
        How many inputs (at least 2) and seconds (at least 1).
    rate, shared_fraction : float
        As in `poisson_inputs`.
    amplitude : float
        A₊ of the window, at least 0.
    ratio : float
        A₋ divided by A₊, at least 0. Near 1 the groups hardly separate.
    start : float
        The first value of each weight, from 0 to 1.
    strength : float
        How far one spike at weight 1 lifts the neuron towards its threshold, above 0.
    tau : float
        Time constant of the leak and of both sides of the window, in milliseconds, above 0.

    Returns
    -------
    CompetitionResult
        `times` and `weights`, one row a second, and `output_times`.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Song, S., Miller, K. D. & Abbott, L. F. (2000). doi:10.1038/78829

    Examples
    --------
    >>> result = stdp_competition(seed=0, n_seconds=10)
    >>> bool(result.weights[-1, :30].mean() > result.weights[-1, 30:].mean())
    True
    """
    n_seconds = require_count("n_seconds", n_seconds)
    spikes = poisson_inputs(n_inputs, n_seconds * 1000, seed, rate=rate, shared_fraction=shared_fraction)
    plus = require_between("amplitude", amplitude, 0)
    minus = plus * require_between("ratio", ratio, 0)
    strength = require_positive("strength", strength)
    decay = math.exp(-1 / require_positive("tau", tau))

    weights = np.full(n_inputs, require_between("start", start, 0, 1))
    input_trace, output_trace = np.zeros(n_inputs), 0.0  # fading memories of earlier spikes
    voltage, fires = 0.0, False
    record, output_steps = [weights.copy()], []
    for step, arriving in enumerate(spikes.astype(float)):
        input_trace *= decay
        output_trace *= decay
        if fires:
            weights += plus * input_trace
            output_steps.append(step)
        weights -= minus * output_trace * arriving
        weights = np.minimum(np.maximum(weights, 0.0), 1.0)
        input_trace += arriving
        output_trace += fires
        voltage = voltage * decay + strength * (weights @ arriving)
        fires = voltage >= 1
        voltage = 0.0 if fires else voltage
        if (step + 1) % 1000 == 0:
            record.append(weights.copy())
    output_times = np.array(output_steps, dtype=float) * MILLISECOND
    return CompetitionResult(np.arange(n_seconds + 1.0), np.stack(record), output_times)


def bcm_curve(rate: ArrayLike, threshold: float) -> np.ndarray:
    """Draw the shape of the BCM rule: activity weakens a synapse below a threshold and strengthens it above.

    The shape is f (f - θ) / (f² + 50 θ): an illustration, not a fit to data.

    Parameters
    ----------
    rate : array_like, any shape
        Activity f in Hz, at least 0.
    threshold : float
        Where the change turns from down to up, θ, in Hz, above 0. It slides up when the neuron has been
        active and down when it has been deprived.

    Returns
    -------
    numpy.ndarray, shape of `rate`
        The change, without unit: below 0 for LTD, above 0 for LTP, at most 1.

    Raises
    ------
    ValueError
        If a rate is not finite or below 0, or the threshold is not above 0.

    References
    ----------
    Bienenstock, E. L., Cooper, L. N. & Munro, P. W. (1982). Theory for the development of neuron selectivity.
    doi:10.1523/JNEUROSCI.02-01-00032.1982

    Examples
    --------
    >>> bcm_curve([1, 5, 10, 20, 100], threshold=10).round(3)
    array([-0.018, -0.048,  0.   ,  0.222,  0.857])
    """
    rate = as_nonnegative("rate", rate)
    threshold = require_positive("threshold", threshold)
    return rate * (rate - threshold) / (rate**2 + 50 * threshold)


def average_bcm(
    patterns: ArrayLike,
    start: ArrayLike,
    *,
    probabilities: ArrayLike | None = None,
    learning_rate: float = 0.01,
    n_steps: int = 20_000,
) -> np.ndarray:
    """Return the path of the mean change of the BCM rule: Δw = α E[x y (y - θ)] with y = w·x and θ = E[y²].

    For as many independent patterns as inputs it converges to a neuron that answers one pattern with
    1 / (its probability) and all others with 0. Built in: the sliding threshold θ. What emerges: selectivity.

    Parameters
    ----------
    patterns : array_like, shape (n_patterns, n_inputs)
        The inputs that the world shows.
    start : array_like, shape (n_inputs,)
        The first weights.
    probabilities : array_like, shape (n_patterns,), optional
        How often each pattern comes; equally often when left out.
    learning_rate : float
        The step length α, above 0.
    n_steps : int
        How many steps to take, at least 0.

    Returns
    -------
    numpy.ndarray, shape (n_steps + 1, n_inputs)
        The weights after each step, the start first. The responses are `weights @ patterns.T`.

    Raises
    ------
    ValueError
        If the shapes do not fit, a setting is out of its range, or the weights grow beyond all bounds.

    References
    ----------
    Bienenstock, E. L., Cooper, L. N. & Munro, P. W. (1982). doi:10.1523/JNEUROSCI.02-01-00032.1982. With
    θ = E[y²]: Intrator, N. & Cooper, L. N. (1992). doi:10.1016/S0893-6080(05)80003-6

    Examples
    --------
    >>> patterns = np.array([[1.0, 0.2], [0.2, 1.0]])
    >>> path = average_bcm(patterns, start=[0.4, 0.3])
    >>> abs(path[-1] @ patterns.T).round(6)
    array([2., 0.])
    """
    patterns, start = _as_patterns_and_start(patterns, start)
    probabilities = _as_probabilities(probabilities, len(patterns))
    learning_rate = require_positive("learning_rate", learning_rate)

    path = np.empty((require_count("n_steps", n_steps, minimum=0) + 1, start.size))
    path[0] = weights = start
    for step in range(1, len(path)):
        responses = patterns @ weights
        threshold = probabilities @ responses**2
        weights = weights + learning_rate * (probabilities * responses * (responses - threshold)) @ patterns
        path[step] = weights
        _refuse_explosion(weights, learning_rate, step)
    return path


def online_bcm(
    patterns: ArrayLike,
    start: ArrayLike,
    seed: int | np.random.Generator,
    *,
    learning_rate: float = 0.002,
    tau: float = 50.0,
    n_steps: int = 20_000,
) -> np.ndarray:
    """Train by the BCM rule on one random pattern at a time: Δw = α x y (y - θ), θ a running mean of y².

    Parameters
    ----------
    patterns : array_like, shape (n_patterns, n_inputs)
        The inputs that the world shows, each equally often.
    start : array_like, shape (..., n_inputs)
        The first weights. Leading axes hold separate neurons; each sees patterns of its own.
    seed : int or numpy.random.Generator
        Decides which patterns come.
    learning_rate : float
        The step length α, above 0.
    tau : float
        Over how many steps the threshold averages, at least 1. It must be fast beside the learning.
    n_steps : int
        How many patterns are shown, at least 0.

    Returns
    -------
    numpy.ndarray, shape (n_steps + 1, ..., n_inputs)
        The weights after each step, the start first.

    Raises
    ------
    ValueError
        If the shapes do not fit, a setting is out of its range, or the weights grow beyond all bounds.

    References
    ----------
    Bienenstock, E. L., Cooper, L. N. & Munro, P. W. (1982). doi:10.1523/JNEUROSCI.02-01-00032.1982

    Examples
    --------
    >>> patterns = np.array([[1.0, 0.2], [0.2, 1.0]])
    >>> path = online_bcm(patterns, start=[0.4, 0.3], seed=0)
    >>> print((path[-1] @ patterns.T).round(1))
    [ 1.9 -0. ]
    """
    patterns, weights = _as_patterns_and_start(patterns, start)
    learning_rate = require_positive("learning_rate", learning_rate)
    tau = require_between("tau", tau, 1)
    n_steps = require_count("n_steps", n_steps, minimum=0)
    shown = as_generator("seed", seed).integers(len(patterns), size=(n_steps, *weights.shape[:-1]))

    threshold = np.mean((weights @ patterns.T) ** 2, axis=-1, keepdims=True)
    path = np.empty((n_steps + 1, *weights.shape))
    path[0] = weights
    for step, which in enumerate(shown, start=1):
        inputs = patterns[which]
        response = np.sum(weights * inputs, axis=-1, keepdims=True)
        weights = weights + learning_rate * inputs * response * (response - threshold)
        threshold = threshold + (response**2 - threshold) / tau
        path[step] = weights
        _refuse_explosion(weights, learning_rate, step)
    return path


def online_hebb(
    patterns: ArrayLike,
    start: ArrayLike,
    seed: int | np.random.Generator,
    *,
    learning_rate: float = 0.005,
    n_steps: int = 2_000,
) -> np.ndarray:
    """Train by Hebb's rule alone on one random pattern at a time: Δw = α x y. The weights grow without end.

    Parameters
    ----------
    patterns : array_like, shape (n_patterns, n_inputs)
        The inputs that the world shows, each equally often.
    start : array_like, shape (..., n_inputs)
        The first weights. Leading axes hold separate neurons; each sees patterns of its own.
    seed : int or numpy.random.Generator
        Decides which patterns come.
    learning_rate : float
        The step length α, above 0.
    n_steps : int
        How many patterns are shown, at least 0.

    Returns
    -------
    numpy.ndarray, shape (n_steps + 1, ..., n_inputs)
        The weights after each step, the start first.

    Raises
    ------
    ValueError
        If the shapes do not fit or a setting is out of its range.

    References
    ----------
    Hebb, D. O. (1949). The Organization of Behavior. Wiley. [Heb49] The growth of the plain rule, and a cure:
    Oja, E. (1982). A simplified neuron model as a principal component analyzer. doi:10.1007/BF00275687

    Examples
    --------
    >>> path = online_hebb([[1.0, 0.2], [0.2, 1.0]], start=[0.3, 0.4], seed=0)
    >>> bool(path[-1].min() > 100)
    True
    """
    patterns, weights = _as_patterns_and_start(patterns, start)
    learning_rate = require_positive("learning_rate", learning_rate)
    n_steps = require_count("n_steps", n_steps, minimum=0)
    shown = as_generator("seed", seed).integers(len(patterns), size=(n_steps, *weights.shape[:-1]))

    path = np.empty((n_steps + 1, *weights.shape))
    path[0] = weights
    for step, which in enumerate(shown, start=1):
        inputs = patterns[which]
        response = np.sum(weights * inputs, axis=-1, keepdims=True)
        weights = weights + learning_rate * inputs * response
        path[step] = weights
    return path


def share_that_select_attended(
    gain: float,
    n_neurons: int,
    seed: int | np.random.Generator,
    *,
    n_steps: int = 8_000,
    largest_start: float = 0.5,
) -> float:
    """Return how many neurons select the one of two patterns that attention multiplied before BCM learnt.

    The patterns are (1, 0.2), attended, and (0.2, 1). Built in: the gain and the first weights, drawn between
    0.1 and `largest_start`. What emerges: a modest gain tips the choice, the less the wider these are drawn.

    Parameters
    ----------
    gain : float
        What the attended pattern is multiplied by, above 0; 1 is no attention.
    n_neurons : int
        How many neurons learn, each from its own start, at least 1.
    seed : int or numpy.random.Generator
        Decides the starts and the patterns that come.
    n_steps : int
        How many patterns each neuron sees, at least 0.
    largest_start : float
        The largest first weight, at least 0.1.

    Returns
    -------
    float
        The part of the neurons that in the end answer the attended pattern more strongly, from 0 to 1.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    The BCM rule of Bienenstock, Cooper & Munro (1982), doi:10.1523/JNEUROSCI.02-01-00032.1982, with attention
    as a gain on the input, as in Reynolds & Heeger (2009), doi:10.1016/j.neuron.2009.01.002. The combination
    is a demonstration of this course.

    Examples
    --------
    >>> share_that_select_attended(gain=1.6, n_neurons=20, seed=0)
    1.0
    """
    rng = as_generator("seed", seed)
    gains = [[require_positive("gain", gain)], [1.0]]
    patterns = np.array([[1.0, 0.2], [0.2, 1.0]]) * gains
    highest = require_between("largest_start", largest_start, 0.1)
    start = rng.uniform(0.1, highest, size=(require_count("n_neurons", n_neurons), 2))
    attended, other = (online_bcm(patterns, start, rng, n_steps=n_steps)[-1] @ patterns.T).T
    return float(np.mean(attended > other))


def _refuse_explosion(weights: np.ndarray, learning_rate: float, step: int) -> None:
    """Refuse a learning rate whose weights grow beyond all measure."""
    if not abs(weights).max() < 1e6:
        raise ValueError(
            f"learning_rate is {learning_rate}: the weights explode at step {step}; expected less."
        )


def _as_patterns_and_start(patterns: ArrayLike, start: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return both as finite floats; the last axis of each holds the inputs."""
    patterns, start = as_floats("patterns", patterns), as_floats("start", start)
    if patterns.ndim != 2 or patterns.size == 0:
        raise ValueError(f"patterns has shape {patterns.shape}; expected (n_patterns, n_inputs), not empty.")
    if start.ndim == 0 or start.size == 0 or start.shape[-1] != patterns.shape[1]:
        raise ValueError(
            f"start has shape {start.shape}; expected (..., n_inputs) with n_inputs = {patterns.shape[1]}, "
            f"because patterns has shape {patterns.shape}."
        )
    require_finite("patterns", patterns)
    require_finite("start", start)
    return patterns, start


def _as_probabilities(probabilities: ArrayLike | None, n_patterns: int) -> np.ndarray:
    """Return one probability for each pattern, equal ones when none are given."""
    equal = np.full(n_patterns, 1 / n_patterns)
    if probabilities is None:
        return equal
    probabilities = as_floats("probabilities", probabilities)
    require_same_shape("probabilities", probabilities, "one probability for each pattern", equal)
    require_probabilities("probabilities", probabilities)
    return probabilities
