"""Exercises: attention as gain in a competition, and as a gate for learning."""

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.engine import Exercise, Misconception, normal


def _gain_of_two() -> np.ndarray:
    excitation = np.array([2.0, 1.0, 1.0, 1.0])
    return excitation / excitation.sum()


gain_of_two = Exercise(
    name="gain_of_two",
    lesson="attention-in-the-brain",
    title="Twice the gain",
    kind="prediction",
    prompt="""
Four neurons are driven equally, and each is divided by the sum of all four (the constant σ is 0). Attention
doubles the drive of the first: its *gain* is 2. What are the four responses? Write a list of four numbers.
""",
    starter="gain_of_two = [..., ..., ..., ...]",
    reference=_gain_of_two,
    tolerance=1e-3,
    misconceptions=(
        Misconception(
            "twice-the-response",
            lambda: np.array([0.5, 0.25, 0.25, 0.25]),
            "You doubled the response of the first and left the others. The doubled drive also enters the "
            "sum that divides everybody.",
        ),
        Misconception(
            "not-normalised",
            lambda: np.array([2.0, 1.0, 1.0, 1.0]),
            "These are the drives times their gains. Each of them is still to be divided by their sum.",
        ),
        Misconception(
            "shared-out-rest",
            lambda: np.array([1 / 2, 1 / 6, 1 / 6, 1 / 6]),
            "You gave the first one half and shared out the rest. Add up the four excitations: the first is "
            "2 out of how many?",
        ),
        Misconception(
            "gain-cancels",
            lambda: np.full(4, 0.25),
            "A gain cancels only if everybody has it. Here one neuron has it: is the sum still 4?",
        ),
    ),
    hints=(
        "What are the four drives after attention has multiplied them?",
        "They are 2, 1, 1, 1. By which sum is each divided?",
        "The sum is 5, so the first response is 2/5.",
    ),
    solution_code="gain_of_two = [2 / 5, 1 / 5, 1 / 5, 1 / 5]",
    why="The excitations 2, 1, 1, 1 add up to 5. The attended neuron rises from 0.25 to 0.4, and the others "
    "fall from 0.25 to 0.2, though nothing was taken from them.",
    notice="Raising one lowers the others: gain and competition are one formula.",
)


which_gain = Exercise(
    name="which_gain",
    lesson="attention-in-the-brain",
    title="A field much wider than the stimulus",
    kind="prediction",
    prompt="""
A neuron answers a stimulus of contrast c (how clearly it stands out, 0 to 1) by cE / (cS + σ): its drive over
that of the neurons around it. Attention covers a small stimulus and all around it, and doubles E *and* S. What
happens to a neuron that looks at the stimulus? Write one letter in quotes.
""",
    starter='which_gain = "..."',
    options={
        "a": "its response doubles at every contrast",
        "b": "it reaches half of its largest response at half the contrast; the largest hardly changes",
        "c": "nothing at any contrast: the gain cancels in the division",
        "d": "strong contrasts gain most, weak ones hardly",
    },
    reference=lambda: "b",
    misconceptions=(
        Misconception(
            "gain-of-response",
            lambda: "a",
            "That would hold without division. Here the pool is doubled too: what is 2E / 2S?",
        ),
        Misconception(
            "cancels-always",
            lambda: "c",
            "It cancels only where the pool is much larger than σ, at strong contrast. At weak contrast σ "
            "decides the denominator, and σ isn't doubled.",
        ),
        Misconception(
            "wrong-end",
            lambda: "d",
            "It is the other way round. At strong contrast the doubled drive meets a doubled pool.",
        ),
    ),
    hints=(
        "Which of E, S and σ does attention double, and which does it leave?",
        "E and S are doubled: 2cE / (2cS + σ). Compare this with the response to the contrast 2c.",
        "They are the same: attention acts as if the contrast were doubled.",
    ),
    solution_code='which_gain = "b"',
    why="2cE / (2cS + σ) is the response to twice the contrast: the curve moves to the left and keeps its top.",
    notice="This is contrast gain. A field that spares the pool gives response gain.",
)


def _agrel_signal() -> float:
    probability = 0.2
    return (1 - probability) / probability


agrel_signal = Exercise(
    name="agrel_signal",
    lesson="attention-in-the-brain",
    title="The signal after a lucky guess",
    kind="prediction",
    prompt="""
AGREL's network chose an answer that had the probability 0.2, and it was right: δ = 1 - 0.2. How large is
the global signal f(δ) = δ / (1 - δ) that tells all synapses how much to learn? Write one number.
""",
    starter="agrel_signal = ...",
    reference=_agrel_signal,
    tolerance=1e-3,
    misconceptions=(
        Misconception(
            "surprise-itself",
            lambda: 0.8,
            "0.8 is δ, the surprise. AGREL stretches it: divide by 1 - δ.",
        ),
        Misconception(
            "upside-down",
            lambda: 0.25,
            "You divided 1 - δ by δ. A rare success should teach more, not less.",
        ),
        Misconception(
            "one-over-p",
            lambda: 5.0,
            "5 is 1/p. The numerator is δ = 0.8, not 1.",
        ),
        Misconception(
            "wrong-choice",
            lambda: -1.0,
            "-1 is the signal after a *wrong* choice. This one was right.",
        ),
    ),
    hints=(
        "What is δ after a right choice of probability 0.2?",
        "δ = 0.8. What is 1 - δ?",
        "0.8 / 0.2.",
    ),
    solution_code="agrel_signal = 0.8 / 0.2",
    why="δ = 0.8, and 0.8 / 0.2 = 4: the rarer a success, the more it teaches.",
    notice="A right choice comes up with probability p, and p · (1 - p)/p = 1 - p: that is why the mean is "
    "backpropagation's error.",
)


def _normalized_responses(
    drives: np.ndarray, gains: np.ndarray, exponent: float, semi_saturation: float
) -> np.ndarray:
    excitation = gains * drives**exponent
    pool = excitation.sum(axis=-1, keepdims=True)
    return excitation / (pool + semi_saturation**exponent)


def _positive(*shape: int, seed: int) -> np.ndarray:
    """Draw positive numbers, rounded to two decimals."""
    return np.abs(normal(*shape, seed=seed)) + 0.2


normalized_responses = Exercise(
    name="normalized_responses",
    lesson="attention-in-the-brain",
    title="Divisive normalisation with attention",
    kind="code",
    prompt="""
Write divisive normalisation with attention: A Eⁿ / (Σ A Eⁿ + σⁿ), where E are the drives, A the gains, n the
exponent and σ the semi-saturation. The sum runs over the neurons, along the last axis; there may be leading
axes.
""",
    starter='''
def normalized_responses(drives, gains, exponent, semi_saturation):
    """Shapes: drives and gains (..., n_neurons); exponent and semi_saturation are numbers.

    Gives the responses, (..., n_neurons).
    """
    ...
''',
    reference=_normalized_responses,
    cases=(
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0]), 2.0, 0.5),
        (_positive(3, 4, seed=901), _positive(3, 4, seed=902), 1.5, 0.7),
        (_positive(3, 3, seed=903), _positive(3, 3, seed=904), 3.0, 2.0),
        (_positive(2, 2, 5, seed=905), _positive(2, 2, 5, seed=906), 2.0, 0.0),
    ),
    misconceptions=(
        Misconception(
            "pool-without-attention",
            lambda drives, gains, exponent, semi_saturation: (
                gains
                * drives**exponent
                / ((drives**exponent).sum(axis=-1, keepdims=True) + semi_saturation**exponent)
            ),
            "Your gain multiplies the neuron but not the pool. The attended drive also suppresses: put A "
            "inside the sum.",
        ),
        Misconception(
            "gain-to-the-power",
            lambda drives, gains, exponent, semi_saturation: (
                (gains * drives) ** exponent
                / (((gains * drives) ** exponent).sum(axis=-1, keepdims=True) + semi_saturation**exponent)
            ),
            "You raised the gain to the power n as well. In this formula only the drive is: A Eⁿ.",
        ),
        Misconception(
            "sigma-not-raised",
            lambda drives, gains, exponent, semi_saturation: (
                gains
                * drives**exponent
                / ((gains * drives**exponent).sum(axis=-1, keepdims=True) + semi_saturation)
            ),
            "σ stands in the unit of the drives, so it has to be raised to the power n before it is added.",
        ),
        Misconception(
            "no-sigma",
            lambda drives, gains, exponent, semi_saturation: (
                gains * drives**exponent / (gains * drives**exponent).sum(axis=-1, keepdims=True)
            ),
            "σ is missing. Without it the responses always add up to 1, however weak the drives are.",
        ),
        Misconception(
            "one-pool-for-all",
            lambda drives, gains, exponent, semi_saturation: (
                gains * drives**exponent / ((gains * drives**exponent).sum() + semi_saturation**exponent)
            ),
            "You summed over everything. Each row is a population of its own: sum along the last axis.",
        ),
        Misconception(
            "across-rows",
            lambda drives, gains, exponent, semi_saturation: (
                gains
                * drives**exponent
                / ((gains * drives**exponent).sum(axis=0, keepdims=True) + semi_saturation**exponent)
            ),
            "You summed along the first axis. The neurons that compete stand along the last one.",
        ),
    ),
    hints=(
        "Which product stands both above and below the fraction bar?",
        "Compute `excitation = gains * drives**exponent` once. Which axis is its sum over, and how does it "
        "stay a column?",
        "`excitation.sum(axis=-1, keepdims=True)`, plus `semi_saturation**exponent`.",
    ),
    solution_code="""
def normalized_responses(drives, gains, exponent, semi_saturation):
    excitation = gains * drives**exponent
    pool = excitation.sum(axis=-1, keepdims=True)  # (..., 1)
    return excitation / (pool + semi_saturation**exponent)
""",
    why="The same excitation drives each neuron and feeds the pool that divides it, and σⁿ keeps weak drives "
    "weak.",
    notice="With σ = 0 the last case adds up to 1 in every row, as attention weights do.",
)


def _gain_as_logit(scores: np.ndarray, gains: np.ndarray) -> np.ndarray:
    return softmax(scores + np.log(gains))


gain_as_logit = Exercise(
    name="gain_as_logit",
    lesson="attention-in-the-brain",
    title="Repair a gain inside softmax",
    kind="repair",
    prompt="""
A neuron's drive is exp(score), and attention multiplies drives by gains. This function puts the gains into
softmax at the wrong place. Repair it, so that it gives what divisive normalisation gives (σ = 0, exponent 1).
""",
    starter='''
def gain_as_logit(scores, gains):
    """Shapes: scores and gains (..., n_keys), gains above 0. Gives weights of the same shape."""
    return softmax(scores * gains, axis=-1)
''',
    reference=_gain_as_logit,
    cases=(
        (np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 1.0])),
        (normal(2, 4, seed=911), _positive(2, 4, seed=912)),
        (normal(3, 3, seed=913), _positive(3, 3, seed=914)),
        (normal(2, 2, 3, seed=915), _positive(2, 2, 3, seed=916)),
    ),
    misconceptions=(
        Misconception(
            "added-gain",
            lambda scores, gains: softmax(scores + gains, axis=-1),
            "Adding is right, but not the gain itself: exp(s + A) is exp(s) times exp(A). What must you add "
            "to get exp(s) times A?",
        ),
        Misconception(
            "gain-on-weights",
            lambda scores, gains: gains * softmax(scores, axis=-1),
            "You multiplied the finished weights. The rows no longer add up to 1, because the pool has not "
            "heard of the gain.",
        ),
        Misconception(
            "divided-by-log",
            lambda scores, gains: softmax(scores - np.log(gains), axis=-1),
            "You subtracted the logarithm: that divides the drive by its gain.",
        ),
        Misconception(
            "over-queries",
            lambda scores, gains: softmax(scores + np.log(gains), axis=0),
            "The place is right now. But the softmax runs along the first axis; the keys stand along the last.",
        ),
        Misconception(
            "multiplied-log",
            lambda scores, gains: softmax(scores * np.log(gains), axis=-1),
            "The logarithm of the gain is the right number. It has to be added to the score.",
        ),
    ),
    hints=(
        "A · exp(s) = exp(s + ?)",
        "Multiplying a score changes the temperature of that key. What turns a product into a sum?",
        "Add `np.log(gains)` to the scores.",
    ),
    solution_code="""
def gain_as_logit(scores, gains):
    return softmax(scores + np.log(gains), axis=-1)
""",
    why="A eˢ = exp(s + log A): a gain that multiplies a drive is a number added to its logit.",
    notice="A mask is the extreme case: gain 0 is a logit of minus infinity.",
)


def _gated_change(
    weights: np.ndarray, sound: np.ndarray, activity: np.ndarray, gate: float, learning_rate: float
) -> np.ndarray:
    return learning_rate * gate * activity[:, np.newaxis] * (sound - weights)


gated_change = Exercise(
    name="gated_change",
    lesson="attention-in-the-brain",
    title="A rule with three factors",
    kind="code",
    prompt="""
Write one step of the map's rule: each neuron's weights move towards the sound, in proportion to the learning
rate, to the gate that attention opens, and to that neuron's activity. Give the change of the weights.
""",
    starter='''
def gated_change(weights, sound, activity, gate, learning_rate):
    """Shapes: weights (n_neurons, n_channels), sound (n_channels,), activity (n_neurons,).

    gate and learning_rate are numbers. Gives the change, (n_neurons, n_channels).
    """
    ...
''',
    reference=_gated_change,
    cases=(
        (np.eye(2), np.array([0.0, 1.0]), np.array([1.0, 0.5]), 1.0, 0.1),
        (normal(3, 4, seed=921), normal(4, seed=922), _positive(3, seed=923), 0.3, 0.05),
        (normal(4, 4, seed=924), normal(4, seed=925), _positive(4, seed=926), 0.7, 0.2),
        (normal(3, 2, seed=927), normal(2, seed=928), _positive(3, seed=929), 0.02, 0.5),
    ),
    misconceptions=(
        Misconception(
            "no-gate",
            lambda weights, sound, activity, gate, learning_rate: (
                learning_rate * activity[:, np.newaxis] * (sound - weights)
            ),
            "The gate is missing: every sound would teach as much as the attended one.",
        ),
        Misconception(
            "plain-hebb",
            lambda weights, sound, activity, gate, learning_rate: (
                learning_rate * gate * activity[:, np.newaxis] * sound + np.zeros_like(weights)
            ),
            "You added the sound itself. That is Hebb's rule, whose weights grow without end; this one moves "
            "*towards* the sound: sound - weights.",
        ),
        Misconception(
            "away",
            lambda weights, sound, activity, gate, learning_rate: (
                learning_rate * gate * activity[:, np.newaxis] * (weights - sound)
            ),
            "You move away from the sound: the difference is the other way round.",
        ),
        Misconception(
            "new-weights",
            lambda weights, sound, activity, gate, learning_rate: (
                weights + learning_rate * gate * activity[:, np.newaxis] * (sound - weights)
            ),
            "These are the new weights. Asked for is the change alone.",
        ),
        Misconception(
            "no-activity",
            lambda weights, sound, activity, gate, learning_rate: learning_rate * gate * (sound - weights),
            "Every neuron moves alike here. Only those that answered should learn: where is the activity?",
        ),
        Misconception(
            "gate-on-sound",
            lambda weights, sound, activity, gate, learning_rate: (
                learning_rate * activity[:, np.newaxis] * (gate * sound - weights)
            ),
            "Your gate makes the sound softer, and a closed gate would erase the weights. It should scale the "
            "whole change.",
        ),
    ),
    hints=(
        "Which factor differs from neuron to neuron, and which is one number for all?",
        "`sound - weights` has the shape (n_neurons, n_channels). What shape must the activity have to "
        "multiply its rows?",
        "`activity[:, np.newaxis]` is a column.",
    ),
    solution_code="""
def gated_change(weights, sound, activity, gate, learning_rate):
    towards = sound - weights  # (n_neurons, n_channels)
    return learning_rate * gate * activity[:, np.newaxis] * towards
""",
    why="Input, activity and gate: the first two are Hebb's, the third says whether the moment counts.",
    notice="With the gate at 0 nothing changes, however loud the sound is.",
)
