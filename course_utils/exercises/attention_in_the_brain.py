"""Exercises: attention as gain in a competition, and as a gate for learning."""

from collections.abc import Callable, Iterator

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
    digits=2,
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
        Misconception(
            "others-untouched",
            lambda: np.array([0.4, 0.25, 0.25, 0.25]),
            "The first is right. The others are divided by the same larger sum: do they stay at 0.25?",
        ),
        Misconception(
            "first-doubled",
            lambda: np.array([0.5, 0.2, 0.2, 0.2]),
            "The others are right. The first response is not twice 0.25: its drive is divided by the "
            "larger sum as well.",
        ),
        Misconception(
            "divided-by-others",
            lambda: np.array([2 / 3, 0.25, 0.25, 0.25]),
            "You divided each by the sum of the other three. Here the sum is of all four, itself among them.",
        ),
        Misconception(
            "softmax",
            lambda: softmax(np.array([2.0, 1.0, 1.0, 1.0])),
            "That is the softmax of 2, 1, 1, 1. Here no exponential is taken: each drive is divided by "
            "the sum.",
        ),
        Misconception(
            "gain-squared",
            lambda: np.array([4 / 7, 1 / 7, 1 / 7, 1 / 7]),
            "Your first drive is 4. Attention doubles it once.",
        ),
        Misconception(
            "winner-takes-all",
            lambda: np.array([1.0, 0.0, 0.0, 0.0]),
            "That would silence the others. They are driven as before: only the sum that divides them grows.",
        ),
        Misconception(
            "another-neuron",
            lambda: np.array([0.2, 0.2, 0.2, 0.4]),
            "The numbers are right. Attention is on the first neuron: the order matters.",
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
    digits=2,
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
        Misconception(
            "probability",
            lambda: 0.2,
            "0.2 is the probability of the choice, and 1 - δ. The signal is δ / (1 - δ).",
        ),
        Misconception(
            "delta-over-delta",
            lambda: 1.0,
            "You come to 1. Above the bar stands δ = 0.8, below it 1 - δ: how much is that?",
        ),
        Misconception(
            "product",
            lambda: 0.16,
            "0.16 is δ times 1 - δ. The signal divides.",
        ),
        Misconception(
            "minus",
            lambda: -4.0,
            "The size is right. After a right choice δ = 1 - 0.2 is above 0, and so is 1 - δ.",
        ),
        Misconception(
            "one-over-delta",
            lambda: 1.25,
            "1.25 is 1/δ. Divide δ by 1 - δ.",
        ),
        Misconception(
            "plus-in-the-bar",
            lambda: 0.8 / 1.8,
            "You divided by 1 + δ. Below the bar stands 1 - δ.",
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


def _divided(excitation: np.ndarray, constant: float, **how: object) -> np.ndarray:
    """Divide by the sum, taken in this way, and the constant."""
    return excitation / (excitation.sum(**how) + constant)


_ROWS = {"axis": -1, "keepdims": True}


def _positive(*shape: int, seed: int) -> np.ndarray:
    """Draw positive numbers, rounded to two decimals."""
    return np.abs(normal(*shape, seed=seed)) + 0.2


_POOLS = {
    "no-keepdims": (
        {"axis": -1},
        "Your sums lie in a row, so they do not meet their own neurons: keep them as a column, with "
        "`keepdims=True`.",
    ),
    "axis-1": (
        {"axis": 1, "keepdims": True},
        "You summed along axis 1. The neurons stand along the last axis, which is axis 1 only where there are "
        "two.",
    ),
    "axis-1-no-keepdims": (
        {"axis": 1},
        "You summed along axis 1, which is the last one only where there are two, and the sums are no column: "
        "`axis=-1, keepdims=True`.",
    ),
    "one-pool-for-all": (
        {},
        "You summed over everything. Each row is a population of its own: sum along the last axis.",
    ),
    "across-rows": (
        {"axis": 0},
        "You summed along the first axis. The neurons that compete stand along the last one.",
    ),
}


def _pool_slips() -> Iterator[Misconception]:
    """Yield each sum over other neurons: alone, with σ as it is, and without the gains."""
    for name, (how, sentence) in _POOLS.items():
        yield Misconception(name, _pooled(how), sentence)
        also = f"{sentence} And σ is raised to the power n before it is added."
        yield Misconception(f"{name}-and-sigma", _pooled(how, raised=False), also)
        also = f"{sentence} And the gains belong into the sum, too."
        yield Misconception(f"{name}-and-gains", _pooled(how, gains_in_it=False), also)


def _pooled(how: dict[str, object], raised: bool = True, gains_in_it: bool = True) -> Callable:
    """Return a normalisation that sums in this way."""

    def respond(drives: np.ndarray, gains: np.ndarray, n: float, sigma: float) -> np.ndarray:
        excitation = gains * drives**n
        pool = (excitation if gains_in_it else drives**n).sum(**how)
        return excitation / (pool + (sigma**n if raised else sigma))

    return respond


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
    """Shapes: drives and gains (..., n_neurons), both alike; exponent and semi_saturation are numbers.

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
        *_pool_slips(),
        Misconception(
            "pool-without-attention",
            lambda e, a, n, s: a * e**n / ((e**n).sum(**_ROWS) + s**n),
            "Your gain multiplies the neuron but not the pool. The attended drive also suppresses: put A "
            "inside the sum.",
        ),
        Misconception(
            "gain-only-in-the-pool",
            lambda e, a, n, s: e**n / ((a * e**n).sum(**_ROWS) + s**n),
            "Your gain is in the pool but not above it. The attended neuron itself is driven more "
            "strongly, too.",
        ),
        Misconception(
            "no-attention",
            lambda e, a, n, s: _divided(e**n, s**n, **_ROWS),
            "The gains play no part in your responses. Each Eⁿ is multiplied by its A, above and below.",
        ),
        Misconception(
            "gain-to-the-power",
            lambda e, a, n, s: _divided((a * e) ** n, s**n, **_ROWS),
            "You raised the gain to the power n as well. In this formula only the drive is: A Eⁿ.",
        ),
        Misconception(
            "gain-to-the-power-not-sigma",
            lambda e, a, n, s: _divided((a * e) ** n, s, **_ROWS),
            "The power n has gone to the gain and not to σ. In this formula it is on E and on σ: A Eⁿ, σⁿ.",
        ),
        Misconception(
            "sigma-not-raised",
            lambda e, a, n, s: _divided(a * e**n, s, **_ROWS),
            "σ stands in the unit of the drives, so it has to be raised to the power n before it is added.",
        ),
        Misconception(
            "no-sigma",
            lambda e, a, n, s: _divided(a * e**n, 0.0, **_ROWS),
            "σ is missing. Without it the responses always add up to 1, however weak the drives are.",
        ),
        Misconception(
            "sigma-outside",
            lambda e, a, n, s: _divided(a * e**n, 0.0, **_ROWS) + s**n,
            "You added σⁿ to the quotient. It stands below the bar: brackets round the whole denominator.",
        ),
        Misconception(
            "sigma-for-each",
            lambda e, a, n, s: a * e**n / (a * e**n + s**n).sum(**_ROWS),
            "σⁿ is inside your sum, once for each neuron. It is added once, after the sum.",
        ),
        Misconception(
            "no-exponent",
            lambda e, a, n, s: _divided(a * e, s, **_ROWS),
            "Your responses do not depend on the exponent. E and σ are raised to it: `drives**exponent`.",
        ),
        Misconception(
            "exponent-on-sigma-only",
            lambda e, a, n, s: _divided(a * e, s**n, **_ROWS),
            "Only your σ is raised to the power n. The drives are, too.",
        ),
        Misconception(
            "exponent-only-above",
            lambda e, a, n, s: a * e**n / ((a * e).sum(**_ROWS) + s**n),
            "In your pool the drives are not raised to the power n. The same A Eⁿ stands above and below.",
        ),
        Misconception(
            "power-of-the-sum",
            lambda e, a, n, s: a * e**n / ((a * e).sum(**_ROWS) ** n + s**n),
            "You raised the sum to the power n. Each drive is raised before they are added.",
        ),
        Misconception(
            "power-of-the-pool",
            lambda e, a, n, s: a * e**n / ((a * e).sum(**_ROWS) + s) ** n,
            "You raised the whole denominator to the power n. Each drive is raised, and σ, before they "
            "are added.",
        ),
        Misconception(
            "power-at-the-end",
            lambda e, a, n, s: _divided(a * e, s, **_ROWS) ** n,
            "You raised the finished quotient to the power n. Each drive is raised, and σ, before they "
            "are added.",
        ),
        Misconception(
            "mean",
            lambda e, a, n, s: a * e**n / ((a * e**n).mean(**_ROWS) + s**n),
            "You divided by the mean. The pool is the sum.",
        ),
        Misconception(
            "others-only",
            lambda e, a, n, s: a * e**n / ((a * e**n).sum(**_ROWS) - a * e**n + s**n),
            "Your pool leaves out the neuron itself. The sum is of all of them.",
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


def _driven(scores: np.ndarray, gains: np.ndarray) -> np.ndarray:
    return gains * np.exp(scores)


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
    """Shapes: scores and gains (..., n_keys), both alike, gains above 0. Gives weights of the same shape."""
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
            "Your result is the finished weights times the gains. The rows no longer add up to 1, because the "
            "pool has not heard of the gain.",
        ),
        Misconception(
            "divided-by-log",
            lambda scores, gains: softmax(scores - np.log(gains), axis=-1),
            "You subtracted the logarithm: that divides the drive by its gain.",
        ),
        Misconception(
            "over-queries",
            lambda scores, gains: softmax(scores + np.log(gains), axis=0),
            "The gain is in the right place. But you summed along the first axis; the keys stand along the last.",
        ),
        Misconception(
            "multiplied-log",
            lambda scores, gains: softmax(scores * np.log(gains), axis=-1),
            "The logarithm of the gain is the right number. It has to be added to the score.",
        ),
        Misconception(
            "log-on-weights",
            lambda scores, gains: softmax(scores) + np.log(gains),
            "You added the logarithm to the finished weights. It belongs to the scores, before the softmax.",
        ),
        Misconception(
            "drive-as-score",
            lambda scores, gains: softmax(_driven(scores, gains)),
            "You gave softmax the drives themselves, and it takes the exponential once more. It wants "
            "scores: what is the logarithm of a drive?",
        ),
        Misconception(
            "log-of-the-product",
            lambda scores, gains: softmax(np.log(scores * gains)),
            "You took the logarithm of the score, too. The drive is exp(score), and its logarithm the "
            "score itself.",
        ),
        Misconception(
            "no-division",
            _driven,
            "These are the drives times their gains. Each is still to be divided by the sum of its row.",
        ),
        Misconception(
            "one-sum",
            lambda scores, gains: _divided(_driven(scores, gains), 0.0),
            "You divided by the sum of everything. Each row is divided by its own sum.",
            also=(lambda scores, gains: _divided(gains * softmax(scores), 0.0),),
        ),
        Misconception(
            "no-keepdims",
            lambda scores, gains: _divided(_driven(scores, gains), 0.0, axis=-1),
            "The gain is in the right place. But your sums do not meet their own rows: `keepdims=True`.",
            also=(lambda scores, gains: _divided(gains * softmax(scores), 0.0, axis=-1),),
        ),
        Misconception(
            "exponential-of-gain",
            lambda scores, gains: softmax(scores + np.exp(gains)),
            "You added the exponential of the gain. What must you add to get exp(s) times A?",
        ),
        Misconception(
            "log-of-one-more",
            lambda scores, gains: softmax(scores + np.log1p(gains)),
            "You added log(1 + A), which multiplies the drive by 1 + A. The gain is A.",
        ),
        Misconception(
            "divided",
            lambda scores, gains: softmax(scores / gains),
            "You divided the score by the gain. That is a temperature; the gain multiplies the drive, "
            "exp(score).",
        ),
        Misconception(
            "wrong-base",
            lambda scores, gains: softmax(scores + np.log2(gains)),
            "You took the logarithm to the base 2. The drive is a power of e, so the logarithm is `np.log`.",
        ),
        Misconception(
            "wrong-base-10",
            lambda scores, gains: softmax(scores + np.log10(gains)),
            "You took the logarithm to the base 10. The drive is a power of e, so the logarithm is `np.log`.",
        ),
        Misconception(
            "no-gain",
            lambda scores, gains: softmax(scores),
            "The gains play no part in your weights. Where does a factor of exp(score) go?",
        ),
        Misconception(
            "as-given",
            lambda scores, gains: softmax(scores * gains),
            "Your function still multiplies the scores. The gain multiplies the drive, exp(score).",
        ),
        Misconception(
            "no-exponential",
            lambda scores, gains: _divided(gains * scores, 0.0, **_ROWS),
            "You divided the scores themselves. The drive is exp(score).",
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
        Misconception(
            "no-column",
            lambda w, x, y, gate, rate: rate * gate * y * (x - w),
            "Your activities do not meet their own neurons, which are the rows: make them a column, `[:, "
            "np.newaxis]`.",
        ),
        Misconception(
            "no-column-new-weights",
            lambda w, x, y, gate, rate: w + rate * gate * y * (x - w),
            "Two things: make the activities a column, so that each meets its own row; and asked for is "
            "the change, not the new weights.",
        ),
        Misconception(
            "no-learning-rate",
            lambda w, x, y, gate, rate: gate * y[:, np.newaxis] * (x - w),
            "The learning rate is missing: the change is in proportion to it as well.",
        ),
        Misconception(
            "no-rate-no-gate",
            lambda w, x, y, gate, rate: y[:, np.newaxis] * (x - w),
            "Two factors are missing: the learning rate, and the gate that attention opens.",
        ),
        Misconception(
            "activity-on-sound",
            lambda w, x, y, gate, rate: rate * gate * (y[:, np.newaxis] * x - w),
            "In your change the activity multiplies the sound alone, so a silent neuron loses its "
            "weights. It should scale the whole step towards the sound.",
        ),
        Misconception(
            "oja",
            lambda w, x, y, gate, rate: rate * gate * y[:, np.newaxis] * (x - y[:, np.newaxis] * w),
            "That is Oja's rule, with the activity on the weights once more. Here they move towards the "
            "sound: sound - weights.",
        ),
        Misconception(
            "own-response",
            lambda w, x, y, gate, rate: rate * gate * (w @ x)[:, np.newaxis] * (x - w),
            "You computed the responses anew. Use the `activity` that is given: in it the neurons have "
            "competed.",
        ),
        Misconception(
            "sound-as-column",
            lambda w, x, y, gate, rate: rate * gate * y[:, np.newaxis] * (x[:, np.newaxis] - w),
            "You made the sound a column. Its channels run along the rows of the weights: subtract them "
            "as they are.",
        ),
        Misconception(
            "outer",
            lambda w, x, y, gate, rate: rate * gate * np.outer(y, x - w),
            "`np.outer` lets each activity meet the differences of all neurons. Each has its own row: make the "
            "activities a column and multiply.",
        ),
        Misconception(
            "summed",
            lambda w, x, y, gate, rate: rate * gate * y @ (x - w),
            "You summed over the neurons. Each has a change of its own: one row each.",
        ),
        Misconception(
            "away-from-new",
            lambda w, x, y, gate, rate: w - rate * gate * y[:, np.newaxis] * (x - w),
            "These are new weights, and they move away from the sound. Asked for is the change alone, "
            "towards it.",
        ),
        Misconception(
            "activity-squared",
            lambda w, x, y, gate, rate: rate * gate * y[:, np.newaxis] ** 2 * (x - w),
            "The activity is in your change twice. Once is enough.",
        ),
        Misconception(
            "mean-activity",
            lambda w, x, y, gate, rate: rate * gate * y.mean() * (x - w),
            "Every neuron moves by the mean activity. Each has its own.",
        ),
        Misconception(
            "bracket",
            lambda w, x, y, gate, rate: rate * gate * y[:, np.newaxis] * x - w,
            "You took all of the weights away. The factors scale the whole difference, sound - weights: "
            "brackets.",
        ),
        Misconception(
            "new-weights-no-gate",
            lambda w, x, y, gate, rate: w + rate * y[:, np.newaxis] * (x - w),
            "Two things: the gate is missing, and asked for is the change, not the new weights.",
        ),
        Misconception(
            "new-weights-no-rate",
            lambda w, x, y, gate, rate: w + gate * y[:, np.newaxis] * (x - w),
            "Two things: the learning rate is missing, and asked for is the change, not the new weights.",
        ),
        Misconception(
            "no-column-no-gate",
            lambda w, x, y, gate, rate: rate * y * (x - w),
            "Two things: the gate is missing, and the activities do not meet their own neurons, the rows: "
            "make them a column.",
        ),
        Misconception(
            "no-column-no-rate",
            lambda w, x, y, gate, rate: gate * y * (x - w),
            "Two things: the learning rate is missing, and the activities do not meet their own neurons, "
            "the rows: make them a column.",
        ),
        Misconception(
            "summed-activity",
            lambda w, x, y, gate, rate: rate * gate * y.sum() * (x - w),
            "Every neuron moves by the sum of all activities. Each has its own.",
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
