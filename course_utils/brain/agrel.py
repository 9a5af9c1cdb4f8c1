"""Attention-gated reinforcement learning (AGREL) in NumPy, beside backpropagation, REINFORCE and controls."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from course_utils._arguments import as_floats, as_generator, require_count, require_finite, require_positive

Rule = Literal["backpropagation", "agrel", "reinforce", "policy_gradient", "uniform", "frozen"]
Task = Literal["frequency", "level"]
REWARD_MEMORY = 0.01  # how fast the expected reward of REINFORCE follows the rewards, a part of each trial


class Network(NamedTuple):
    """The weights of a network with one hidden layer, or changes to them.

    Attributes
    ----------
    hidden : numpy.ndarray, shape (..., n_hidden, n_inputs)
        From the inputs to the hidden units.
    output : numpy.ndarray, shape (..., n_classes, n_hidden)
        From the hidden units to the choices.
    """

    hidden: np.ndarray
    output: np.ndarray


class Activity(NamedTuple):
    """How a `Network` answers an input.

    Attributes
    ----------
    hidden : numpy.ndarray, shape (..., n_hidden)
        The hidden units, from 0 to 1.
    probabilities : numpy.ndarray, shape (..., n_classes)
        How likely each choice is; they sum to 1.
    """

    hidden: np.ndarray
    probabilities: np.ndarray


class TrainingResult(NamedTuple):
    """What `train_networks` gives back.

    Attributes
    ----------
    start, end : Network
        The weights before and after.
    correct : numpy.ndarray, shape (n_trials, n_networks)
        The probability of the right choice in each trial, before that trial changed anything.
    """

    start: Network
    end: Network
    correct: np.ndarray


def respond(network: Network, inputs: ArrayLike) -> Activity:
    """Run a network: sigmoid hidden units, then a softmax over the choices.

    Parameters
    ----------
    network : Network
        Leading axes hold separate networks.
    inputs : array_like, shape (..., n_inputs)
        One input for each network. Put a 1 in it where a bias is wanted.

    Returns
    -------
    Activity

    Raises
    ------
    ValueError
        If the shapes do not fit or a number is not finite.

    Examples
    --------
    >>> respond(Network(np.zeros((3, 2)), np.zeros((2, 3))), [1, 0]).probabilities
    array([0.5, 0.5])
    """
    network, inputs = _as_network(network), as_floats("inputs", inputs)
    if inputs.ndim == 0 or inputs.shape[-1] != network.hidden.shape[-1]:
        raise ValueError(
            f"inputs has shape {inputs.shape}; expected (..., n_inputs) with n_inputs = "
            f"{network.hidden.shape[-1]}, because network.hidden has shape {network.hidden.shape}."
        )
    require_finite("inputs", inputs)
    return _respond(network, inputs)


def backpropagation_change(network: Network, inputs: ArrayLike, target: int) -> Network:
    """Return the step down the cross-entropy, exactly, as backpropagation finds it, at learning rate 1.

    Parameters
    ----------
    network : Network
        One network, without leading axes.
    inputs : array_like, shape (n_inputs,)
    target : int
        The number of the right choice.

    Returns
    -------
    Network
        What to add to the weights.

    Raises
    ------
    ValueError
        If the shapes do not fit or there is no such choice.

    References
    ----------
    Rumelhart, D. E., Hinton, G. E. & Williams, R. J. (1986). Learning representations by back-propagating
    errors. doi:10.1038/323533a0

    Examples
    --------
    >>> backpropagation_change(Network(np.zeros((1, 1)), np.zeros((2, 1))), [1], target=0).output
    array([[ 0.25],
           [-0.25]])
    """
    inputs, activity, target = _one_trial(network, inputs, target)
    return _backpropagation(network, inputs, activity, np.asarray(target))


def agrel_change(
    network: Network, inputs: ArrayLike, chosen: int, target: int, *, clip: float = math.inf
) -> Network:
    """Return the change from one reward: a global signal times the winning choice's feedback, at rate 1.

    The reward is compared with what was expected: δ = 1 - p for a right choice of probability p, -1 for a
    wrong one. The global signal is δ / (1 - δ), that is (1 - p) / p, or -1. The winner tells by its feedback,
    the attention signal, which hidden units were responsible; only they and the winner learn.

    Parameters
    ----------
    network : Network
        One network, without leading axes. The feedback uses the output weights backwards.
    inputs : array_like, shape (n_inputs,)
    chosen, target : int
        The numbers of the choice that won and of the right one.
    clip : float
        The largest global signal, above 0; an unlikely success gives a very large one.

    Returns
    -------
    Network
        What to add to the weights.

    Raises
    ------
    ValueError
        If the shapes do not fit, there is no such choice, or `clip` is not above 0.

    References
    ----------
    Roelfsema, P. R. & van Ooyen, A. (2005). Attention-gated reinforcement learning of internal
    representations for classification. Neural Computation 17, 2176-2214. [Roe05]

    Examples
    --------
    >>> agrel_change(Network(np.zeros((1, 1)), np.zeros((2, 1))), [1], chosen=1, target=0).output
    array([[ 0. ],
           [-0.5]])
    """
    inputs, activity, target = _one_trial(network, inputs, target)
    chosen = _as_choice("chosen", chosen, activity.probabilities.size)
    return _agrel(network, inputs, activity, np.asarray(chosen), np.asarray(target), _as_clip(clip))


def expected_agrel_change(network: Network, inputs: ArrayLike, target: int) -> Network:
    """Return the sum of AGREL's changes over all choices, each times its probability: backpropagation's.

    Parameters
    ----------
    network : Network
        One network, without leading axes.
    inputs : array_like, shape (n_inputs,)
    target : int
        The number of the right choice.

    Returns
    -------
    Network
        The mean change at learning rate 1.

    Raises
    ------
    ValueError
        If the shapes do not fit or there is no such choice.

    References
    ----------
    Roelfsema, P. R. & van Ooyen, A. (2005). Neural Computation 17, 2176-2214. [Roe05]

    Examples
    --------
    >>> network = Network(np.array([[1.0, -1.0]]), np.array([[2.0], [0.5]]))
    >>> by_reward = expected_agrel_change(network, [1, 0], target=1)
    >>> by_error = backpropagation_change(network, [1, 0], target=1)
    >>> bool(np.allclose(by_reward.hidden, by_error.hidden, rtol=0, atol=1e-12))
    True
    """
    probabilities = respond(network, inputs).probabilities
    changes = [agrel_change(network, inputs, chosen, target) for chosen in range(probabilities.size)]
    return Network(
        sum(p * change.hidden for p, change in zip(probabilities, changes, strict=True)),
        sum(p * change.output for p, change in zip(probabilities, changes, strict=True)),
    )


def train_networks(
    draw: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]],
    rule: Rule,
    seed: int | np.random.Generator,
    *,
    n_networks: int,
    n_hidden: int,
    n_trials: int,
    n_classes: int = 2,
    learning_rate: float = 0.1,
    start_scale: float = 1.0,
    clip: float = 5.0,
    wiring: ArrayLike | None = None,
) -> TrainingResult:
    """Train several networks side by side, each on trials of its own, by one rule.

    All but backpropagation know only whether their own choice was right. `"agrel"` sends the winner's
    feedback to the hidden units. Two controls have the same reward signal: `"uniform"` sends 1 to each hidden
    unit, `"frozen"` leaves the hidden layer as it was drawn. `"reinforce"` has no feedback: hidden units are
    0 or 1 by chance, and each learns from its own luck and the reward, less the reward expected.
    `"policy_gradient"` is that reward signal with the feedback of all choices.

    Parameters
    ----------
    draw : callable
        `draw(rng, n)` gives the inputs, shape (n, n_inputs), and the right choices, ints of shape (n,), of
        one trial for each of n networks.
    rule : {"backpropagation", "agrel", "reinforce", "policy_gradient", "uniform", "frozen"}
    seed : int or numpy.random.Generator
        Decides the first weights, the trials and the choices.
    n_networks, n_hidden, n_trials : int
        How many there are of each, at least 1.
    n_classes : int
        How many choices there are, at least 2.
    learning_rate : float
        The step length, above 0.
    start_scale : float
        Standard deviation of the first weights, above 0.
    clip : float
        The largest reward signal, above 0.
    wiring : array_like, shape (n_hidden, n_inputs), optional
        1 where an input reaches a hidden unit, else 0; all do when left out.

    Returns
    -------
    TrainingResult

    Raises
    ------
    ValueError
        If a setting is out of its range or what `draw` gives has the wrong shape.

    References
    ----------
    Roelfsema, P. R. & van Ooyen, A. (2005). doi:10.1162/0899766054615699. [Roe05] REINFORCE: Williams, R. J.
    (1992). doi:10.1007/BF00992696. [Will92]

    Examples
    --------
    >>> options = dict(n_networks=5, n_hidden=8, n_trials=3000)
    >>> result = train_networks(draw_xor, "backpropagation", seed=0, **options)
    >>> bool(result.correct[-100:].mean() > result.correct[:100].mean())
    True
    """
    if rule not in get_args(Rule):
        raise ValueError(f"rule is {rule!r}; expected one of {', '.join(map(repr, get_args(Rule)))}.")
    rng, n = as_generator("seed", seed), require_count("n_networks", n_networks)
    n_hidden, n_trials = require_count("n_hidden", n_hidden), require_count("n_trials", n_trials)
    n_classes = require_count("n_classes", n_classes, minimum=2)
    learning_rate, clip = require_positive("learning_rate", learning_rate), _as_clip(clip)
    n_inputs = _draw(draw, rng, n, n_classes)[0].shape[1]
    wiring = _as_wiring(wiring, (n_hidden, n_inputs))

    scale = require_positive("start_scale", start_scale)
    hidden = wiring * scale * rng.standard_normal((n, n_hidden, n_inputs))
    start = network = Network(hidden, scale * rng.standard_normal((n, n_classes, n_hidden)))
    correct = np.empty((n_trials, n))
    everyone, expected = np.arange(n), np.full(n, 1 / n_classes)
    plastic = wiring * (rule != "frozen")
    for trial in range(n_trials):
        inputs, targets = _draw(draw, rng, n, n_classes)
        activity = _respond(network, inputs, rng if rule == "reinforce" else None)
        correct[trial] = activity.probabilities[everyone, targets]
        if rule == "backpropagation":
            change = _backpropagation(network, inputs, activity, targets)
        else:
            chosen = _choose(activity.probabilities, rng)
            if rule in ("reinforce", "policy_gradient"):
                surprise = (chosen == targets) - expected
                expected = expected + REWARD_MEMORY * surprise
                change = _reinforce(network, inputs, activity, chosen, surprise, noisy=rule == "reinforce")
            else:
                change = _agrel(network, inputs, activity, chosen, targets, clip, feedback=rule != "uniform")
        network = Network(
            network.hidden + learning_rate * plastic * change.hidden,
            network.output + learning_rate * change.output,
        )
    return TrainingResult(start, network, correct)


def draw_xor(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw trials of exclusive or: two bits and a constant 1; choice 1 is right if exactly one bit is set.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        How many trials.

    Returns
    -------
    inputs : numpy.ndarray, shape (n, 3)
    targets : numpy.ndarray of int, shape (n,)

    Examples
    --------
    >>> inputs, targets = draw_xor(np.random.default_rng(0), 3)
    >>> print(inputs[0], targets[0])
    [1. 1. 1.] 0
    """
    bits = rng.integers(2, size=(n, 2))
    return np.column_stack([bits, np.ones(n)]).astype(float), bits[:, 0] ^ bits[:, 1]


def draw_tones(rng: np.random.Generator, n: int, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Draw tones of random frequency and level, which the task asks to sort as high or low in one of them.

    The tones are the same whatever the task; only the right choice differs.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        How many trials.
    task : {"frequency", "level"}
        What decides the right choice: 1 where it is above one half.

    Returns
    -------
    inputs : numpy.ndarray, shape (n, 32)
        16 channels for frequency, then 16 for level: bell curves of standard deviation 0.08 over 0 to 1.
    targets : numpy.ndarray of int, shape (n,)

    Raises
    ------
    ValueError
        If the task is unknown.

    References
    ----------
    After Polley, D. B., Steinberg, E. E. & Merzenich, M. M. (2006). Perceptual learning directs auditory
    cortical map reorganization through top-down influences. doi:10.1523/JNEUROSCI.3771-05.2006

    Examples
    --------
    >>> inputs, targets = draw_tones(np.random.default_rng(0), 4, task="level")
    >>> inputs.shape, targets.shape
    ((4, 32), (4,))
    """
    if task not in ("frequency", "level"):
        raise ValueError(f"task is {task!r}; expected 'frequency' or 'level'.")
    tones = rng.random((n, 2))  # frequency and level, each from 0 to 1
    activity = np.exp(-0.5 * ((tones[..., np.newaxis] - np.linspace(0, 1, 16)) / 0.08) ** 2)
    return activity.reshape(n, 32), (tones[:, ("frequency", "level").index(task)] > 0.5).astype(int)


def train_on_tones(
    task: Task,
    rule: Rule,
    seed: int | np.random.Generator,
    *,
    n_networks: int = 10,
    n_trials: int = 6_000,
    learning_rate: float = 0.05,
) -> tuple[np.ndarray, TrainingResult]:
    """Return which inputs change when the same tones are sorted by frequency or by level.

    Twenty hidden units hear frequency, twenty others hear level. By `"agrel"` the gate is not put in by hand:
    the choices learn which units to listen to, and what listens also feeds back.

    Parameters
    ----------
    task : {"frequency", "level"}
    rule : {"backpropagation", "agrel", "reinforce", "policy_gradient", "uniform", "frozen"}
    seed : int or numpy.random.Generator
    n_networks, n_trials : int
        How many, at least 1.
    learning_rate : float
        The step length, above 0. Large ones blur the result.

    Returns
    -------
    changes : numpy.ndarray, shape (n_networks, 2)
        How far the weights from the frequency inputs and from the level inputs moved (root of the sum of
        squares).
    result : TrainingResult

    Raises
    ------
    ValueError
        If a setting is unknown or out of its range.

    References
    ----------
    After Polley, D. B., Steinberg, E. E. & Merzenich, M. M. (2006). doi:10.1523/JNEUROSCI.3771-05.2006

    Examples
    --------
    >>> changes, _ = train_on_tones("level", "agrel", seed=0, n_networks=3, n_trials=1500)
    >>> bool((changes[:, 1] > changes[:, 0]).all())
    True
    """
    wiring = np.kron(np.eye(2), np.ones((20, 16)))
    result = train_networks(
        lambda rng, n: draw_tones(rng, n, task),
        rule,
        seed,
        n_networks=n_networks,
        n_hidden=40,
        n_trials=n_trials,
        learning_rate=learning_rate,
        start_scale=0.3,
        wiring=wiring,
    )
    moved = (result.end.hidden - result.start.hidden) ** 2
    changes = np.sqrt([moved[:, :20].sum(axis=(1, 2)), moved[:, 20:].sum(axis=(1, 2))])
    return changes.T, result


def _respond(network: Network, inputs: np.ndarray, noise: np.random.Generator | None = None) -> Activity:
    """Run a network on arguments that are right; with noise, a hidden unit is 1 with its chance, else 0."""
    hidden = 1 / (1 + np.exp(-(network.hidden @ inputs[..., np.newaxis])[..., 0]))
    if noise is not None:
        hidden = (noise.random(hidden.shape) < hidden).astype(float)
    logits = (network.output @ hidden[..., np.newaxis])[..., 0]
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return Activity(hidden, exponentials / exponentials.sum(axis=-1, keepdims=True))


def _backpropagation(
    network: Network, inputs: np.ndarray, activity: Activity, targets: np.ndarray
) -> Network:
    """Return the step down the cross-entropy; leading axes hold separate networks."""
    right = np.arange(activity.probabilities.shape[-1]) == targets[..., np.newaxis]
    error = right - activity.probabilities
    return _change(inputs, activity, error, _feed_back(network, error))


def _agrel(
    network: Network,
    inputs: np.ndarray,
    activity: Activity,
    chosen: np.ndarray,
    targets: np.ndarray,
    clip: float,
    *,
    feedback: bool = True,
) -> Network:
    """Return AGREL's change, or the one with 1 as feedback to each; leading axes hold single networks."""
    won = np.arange(activity.probabilities.shape[-1]) == chosen[..., np.newaxis]
    probability = np.sum(activity.probabilities * won, axis=-1)
    signal = np.where(chosen == targets, np.minimum((1 - probability) / probability, clip), -1.0)
    error = np.where(won, signal[..., np.newaxis], 0.0)
    received = _feed_back(network, error) if feedback else signal[..., np.newaxis]
    return _change(inputs, activity, error, received)


def _reinforce(
    network: Network,
    inputs: np.ndarray,
    activity: Activity,
    chosen: np.ndarray,
    surprise: np.ndarray,
    *,
    noisy: bool,
) -> Network:
    """Return the surprise at the reward times the slope of the log chance of what was drawn."""
    won = np.arange(activity.probabilities.shape[-1]) == chosen[..., np.newaxis]
    error = surprise[..., np.newaxis] * (won - activity.probabilities)
    change = _change(inputs, activity, error, _feed_back(network, error))
    if not noisy:
        return change
    luck = surprise[..., np.newaxis] * (activity.hidden - _respond(network, inputs).hidden)
    return Network(luck[..., :, np.newaxis] * inputs[..., np.newaxis, :], change.output)


def _feed_back(network: Network, error: np.ndarray) -> np.ndarray:
    """Return the errors of the choices, sent backwards through the output weights."""
    return (error[..., np.newaxis, :] @ network.output)[..., 0, :]


def _choose(probabilities: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one choice a row."""
    passed = rng.random((len(probabilities), 1)) > np.cumsum(probabilities[:, :-1], axis=1)
    return passed.sum(axis=1)


def _change(inputs: np.ndarray, activity: Activity, error: np.ndarray, feedback: np.ndarray) -> Network:
    """Return both layers' changes: the unit's error times what it received."""
    hidden_error = feedback * activity.hidden * (1 - activity.hidden)
    return Network(
        hidden_error[..., :, np.newaxis] * inputs[..., np.newaxis, :],
        error[..., :, np.newaxis] * activity.hidden[..., np.newaxis, :],
    )


def _as_network(network: Network) -> Network:
    """Return a network of finite floats whose layers fit."""
    hidden = as_floats("network.hidden", network.hidden)
    output = as_floats("network.output", network.output)
    fits = hidden.ndim >= 2 and hidden.ndim == output.ndim and output.shape[-1] == hidden.shape[-2]
    if not fits or hidden.shape[:-2] != output.shape[:-2]:
        raise ValueError(
            f"network.hidden has shape {hidden.shape} and network.output {output.shape}; expected "
            "(..., n_hidden, n_inputs) and (..., n_classes, n_hidden)."
        )
    require_finite("network.hidden", hidden)
    require_finite("network.output", output)
    return Network(hidden, output)


def _one_trial(network: Network, inputs: ArrayLike, target: int) -> tuple[np.ndarray, Activity, int]:
    """Run one network's trial, or refuse it."""
    network = _as_network(network)
    if network.hidden.ndim != 2:
        raise ValueError(f"network.hidden has shape {network.hidden.shape}; expected (n_hidden, n_inputs).")
    activity = respond(network, inputs)
    inputs = as_floats("inputs", inputs)
    if inputs.ndim != 1:
        raise ValueError(f"inputs has shape {inputs.shape}; expected one input, (n_inputs,).")
    return inputs, activity, _as_choice("target", target, activity.probabilities.size)


def _as_choice(name: str, value: int, n_classes: int) -> int:
    """Return the number of a choice that exists."""
    if require_count(name, value, minimum=0) >= n_classes:
        raise ValueError(f"{name} is {value}; expected a whole number from 0 to {n_classes - 1}.")
    return int(value)


def _as_clip(clip: float) -> float:
    """Return the largest reward signal; infinity means no limit."""
    return math.inf if clip == math.inf else require_positive("clip", clip)


def _as_wiring(wiring: ArrayLike | None, shape: tuple[int, int]) -> np.ndarray:
    """Return the mask of connections, all of them when none is given."""
    if wiring is None:
        return np.ones(shape)
    wiring = as_floats("wiring", wiring)
    if wiring.shape != shape or not np.all((wiring == 0) | (wiring == 1)):
        raise ValueError(f"wiring has shape {wiring.shape}; expected 0 and 1 of shape {shape}.")
    return wiring


def _draw(draw: Callable, rng: np.random.Generator, n: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw one trial for each network or refuse what came."""
    inputs, targets = draw(rng, n)
    if inputs.ndim != 2 or len(inputs) != n or targets.shape != (n,):
        raise ValueError(
            f"draw gave inputs of shape {inputs.shape} and targets of shape {targets.shape}; expected "
            f"({n}, n_inputs) and ({n},)."
        )
    if targets.min() < 0 or targets.max() >= n_classes:
        raise ValueError(f"draw gave a target outside 0 to {n_classes - 1}; expected one of the choices.")
    return inputs, targets
