"""Exercises: rules by which synapses grow stronger and weaker."""

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal

late_input = Exercise(
    name="late_input",
    lesson="plastic-synapses",
    title="The input that comes too late",
    kind="prediction",
    prompt="""
Sixty times, an input fires 10 ms *after* the neuron. Nothing else happens. What becomes of its synapse under
spike-timing-dependent plasticity, a rule that looks at when spikes come? Write one letter in quotes.
""",
    starter='late_input = "..."',
    options={
        "a": "it grows stronger: the two fire together, ten milliseconds are nothing",
        "b": "it grows weaker",
        "c": "it stays as it is: only an input that comes before the neuron's spike can change anything",
        "d": "it grows stronger at first, and then weaker",
    },
    reference=lambda: "b",
    misconceptions=(
        Misconception(
            "together-is-enough",
            lambda: "a",
            "'Together' has a direction here. The input that comes before can have helped to cause the spike; "
            "the one that comes after cannot.",
        ),
        Misconception(
            "no-depression",
            lambda: "c",
            "The window has two sides. What does the rule do with an input that regularly comes too late?",
        ),
        Misconception(
            "fatigue",
            lambda: "d",
            "Each pairing adds the same change in this rule, and nothing in it counts the pairings. Which sign "
            "has that change?",
        ),
    ),
    hints=(
        "Can this input have caused the neuron's spike?",
        "Δt is the neuron's time minus the input's. Which sign has it here?",
        "On the side Δt < 0 the window lies below zero.",
    ),
    solution_code='late_input = "b"',
    why="Δt = -10 ms lies on the side of depression (LTD): each pairing takes 0.0032 away, and sixty bring 0.5 "
    "down to about 0.31.",
    notice="The same two cells, fired in the other order, would have ended near 0.68.",
)


who_wins = Exercise(
    name="who_wins",
    lesson="plastic-synapses",
    title="Who wins the competition?",
    kind="prediction",
    prompt="""
Sixty inputs fire equally often, and all weights start at 0.5. Thirty of them share part of their spikes. Each
synapse follows the window, with depression 1.3 times as large as strengthening. What do you see after 40
seconds? Write one letter in quotes.
""",
    starter='who_wins = "..."',
    options={
        "a": "all weights stay alike, because all inputs fire equally often",
        "b": "all weights fall, because depression is the stronger side",
        "c": "those that share spikes are strong, the others weak",
        "d": "the lone ones are strong: they bring what the others don't, the shared ones repeat each other",
    },
    reference=lambda: "c",
    misconceptions=(
        Misconception(
            "rate-decides",
            lambda: "a",
            "The window does not count how often an input fires. It looks at when, beside the neuron's own "
            "spikes. Whose spikes come just before those?",
        ),
        Misconception(
            "all-fall",
            lambda: "b",
            "Depression does wear weights down where nothing stands against it. But what makes the neuron fire? "
            "Inputs that arrive together come just before its spikes, on the strengthening side.",
        ),
        Misconception(
            "news-wins",
            lambda: "d",
            "The rule knows nothing of information, only of timing. Which group can push the neuron over its "
            "threshold at once?",
        ),
    ),
    hints=(
        "What does it take to make the neuron fire: one input, or many at once?",
        "Which group's spikes tend to come just before the neuron's?",
        "An input that comes at any time meets both sides of the window, and the lower side is larger.",
    ),
    solution_code='who_wins = "c"',
    why="Inputs that fire together make the neuron fire, so their spikes come just before its own and are "
    "rewarded; the others come at any time, and depression outweighs.",
    notice="Equal rates, unequal fate: who shares spikes wins. The lesson's controls show what else is at work.",
)


def _rare_pattern() -> float:
    return 1 / 0.25


rare_pattern = Exercise(
    name="rare_pattern",
    lesson="plastic-synapses",
    title="How strongly is a rare pattern answered?",
    kind="prediction",
    prompt="""
A neuron learns by the averaged BCM rule. One pattern comes a quarter of the time, and this neuron ends by
answering that one alone. What is its response to it? Write one number.
""",
    starter="rare_pattern = ...",
    reference=_rare_pattern,
    tolerance=1e-3,
    misconceptions=(
        Misconception(
            "the-probability",
            lambda: 0.25,
            "You gave the probability itself. A rarer pattern leaves the mean of y² lower: is the response then "
            "smaller or larger?",
        ),
        Misconception(
            "as-in-the-lesson",
            lambda: 2.0,
            "2 belongs to a pattern that comes half of the time. Set y = θ with θ = 0.25 · y².",
        ),
        Misconception(
            "the-other-pattern",
            lambda: 4 / 3,
            "That is the response to the pattern of the other three quarters, had the neuron chosen it.",
        ),
        Misconception(
            "squared",
            lambda: 16.0,
            "16 is y². At rest y = θ, and θ = 0.25 · y².",
        ),
        Misconception(
            "always-one",
            lambda: 1.0,
            "That would be a pattern that comes every time. Here most of the time the response is 0, which "
            "lowers the threshold.",
        ),
    ),
    hints=(
        "At rest nothing changes. For which responses y is y (y - θ) zero?",
        "Only one pattern is answered, so the mean of y² is 0.25 · y².",
        "Solve y = 0.25 · y² for a y above 0.",
    ),
    solution_code="rare_pattern = 1 / 0.25",
    why="The response must equal the threshold, and the threshold is 0.25 · y²: y = 4, one over the probability.",
    notice="The rarer the pattern, the stronger the answer. `average_bcm(…, probabilities=[0.25, 0.75])` shows it.",
)


def _weight_change(delay: np.ndarray, amplitude: float, ratio: float, tau: float) -> np.ndarray:
    fading = amplitude * np.exp(-np.abs(delay) / tau)
    return fading * (delay > 0) - ratio * fading * (delay < 0)


weight_change = Exercise(
    name="weight_change",
    lesson="plastic-synapses",
    title="The window, with more or less depression",
    kind="code",
    prompt="""
Write the window of STDP. `amplitude` is A₊, `ratio` is A₋ divided by A₊, and both sides fade with the same
time constant `tau`. At delay 0 the change is 0. The delay is the neuron's spike minus the input's, in
milliseconds.
""",
    starter='''
def weight_change(delay, amplitude, ratio, tau):
    """Shapes: delay (n_pairs,); amplitude, ratio and tau are numbers. Gives the changes, (n_pairs,)."""
    ...
''',
    reference=_weight_change,
    cases=(
        (np.array([-10.0, 10.0]), 0.005, 1.05, 20.0),
        (np.array([-40.0, -20.0, 0.0, 20.0, 40.0]), 0.01, 1.3, 20.0),
        (np.array([-3.0, 5.0, 0.0, 0.5, -0.5, 60.0]), 0.8, 0.4, 35.0),
    ),
    misconceptions=(
        Misconception(
            "sign-of-the-delay",
            lambda delay, amplitude, ratio, tau: _weight_change(-delay, amplitude, ratio, tau),
            "Your sides have changed places. The delay is the neuron's time minus the input's: above 0 the input "
            "came first, and that strengthens.",
        ),
        Misconception(
            "no-depression",
            lambda delay, amplitude, ratio, tau: (
                amplitude
                * np.exp(-np.abs(delay) / tau)
                * np.where(delay == 0, 0, np.where(delay > 0, 1, ratio))
            ),
            "Both your sides strengthen. An input that comes after the neuron's spike is weakened: a minus sign "
            "is missing.",
        ),
        Misconception(
            "only-strengthening",
            lambda delay, amplitude, ratio, tau: np.where(
                delay > 0, amplitude * np.exp(-np.abs(delay) / tau), 0.0
            ),
            "The side of depression is missing. What happens at a delay below 0?",
        ),
        Misconception(
            "ratio-forgotten",
            lambda delay, amplitude, ratio, tau: _weight_change(delay, amplitude, 1.0, tau),
            "Both your sides are equally high. A₋ is `ratio` times A₊.",
        ),
        Misconception(
            "ratio-as-amplitude",
            lambda delay, amplitude, ratio, tau: _weight_change(delay, amplitude, ratio / amplitude, tau),
            "You took `ratio` for A₋ itself. A₋ is `ratio` times `amplitude`.",
        ),
        Misconception(
            "no-fading",
            lambda delay, amplitude, ratio, tau: (
                np.where(delay > 0, amplitude, -ratio * amplitude) * (delay != 0)
            ),
            "Your change does not fade with the delay. Multiply by exp(-|Δt|/τ).",
        ),
        Misconception(
            "bell",
            lambda delay, amplitude, ratio, tau: (
                np.where(delay > 0, amplitude, -ratio * amplitude)
                * np.exp(-((delay / tau) ** 2))
                * (delay != 0)
            ),
            "You let the effect fade like a bell, with the square of the delay. Here it is exp(-|Δt|/τ).",
        ),
        Misconception(
            "zero-delay",
            lambda delay, amplitude, ratio, tau: (
                np.where(delay >= 0, amplitude, -ratio * amplitude) * np.exp(-np.abs(delay) / tau)
            ),
            "At delay 0 neither spike came first, and the change should be 0. Yours is the largest there.",
        ),
    ),
    hints=(
        "How many cases has the delay: below, above, and …?",
        "`amplitude * np.exp(-np.abs(delay) / tau)` is the height without its sign.",
        "`np.where(delay > 0, up, down)` puts the sides together; a second one takes care of delay 0.",
    ),
    solution_code="""
def weight_change(delay, amplitude, ratio, tau):
    height = amplitude * np.exp(-np.abs(delay) / tau)  # (n_pairs,)
    sides = np.where(delay > 0, height, -ratio * height)
    return np.where(delay == 0, 0.0, sides)
""",
    why="One exponential gives the height; the sign of the delay decides the direction, and the ratio the depth.",
    notice="With ratio 1 the two sides cancel for spikes in no order; above 1 such spikes weaken.",
)


def _bcm_step(weights: np.ndarray, patterns: np.ndarray, learning_rate: float) -> np.ndarray:
    responses = patterns @ weights
    threshold = np.mean(responses**2)
    return weights + learning_rate * (responses * (responses - threshold)) @ patterns / len(patterns)


def _bcm_with(
    weights: np.ndarray, patterns: np.ndarray, learning_rate: float, threshold: float
) -> np.ndarray:
    responses = patterns @ weights
    return weights + learning_rate * (responses * (responses - threshold)) @ patterns / len(patterns)


bcm_step = Exercise(
    name="bcm_step",
    lesson="plastic-synapses",
    title="One step of the averaged BCM rule",
    kind="code",
    prompt="""
Take one step of the averaged BCM rule. Each row of `patterns` is one pattern, and all come equally often. The
threshold is the mean of the squared responses, and the change is the mean of x y (y - θ).
""",
    starter='''
def bcm_step(weights, patterns, learning_rate):
    """Shapes: weights (n_inputs,), patterns (n_patterns, n_inputs). Gives the new weights, (n_inputs,)."""
    ...
''',
    reference=_bcm_step,
    cases=(
        (np.array([0.4, 0.3]), np.array([[1.0, 0.2], [0.2, 1.0]]), 0.01),
        (np.array([0.9, -0.4, 1.2]), normal(4, 3, seed=801), 0.3),
        (np.array([1.5, 0.7, -0.6]), normal(3, 3, seed=802), 0.2),
    ),
    misconceptions=(
        Misconception(
            "no-threshold",
            lambda weights, patterns, learning_rate: _bcm_with(weights, patterns, learning_rate, 0.0),
            "The threshold is missing: with y² in its place every pattern with a response above 0 strengthens. "
            "Subtract θ inside the bracket.",
        ),
        Misconception(
            "plain-hebb",
            lambda weights, patterns, learning_rate: (
                weights + learning_rate * (patterns @ weights) @ patterns / len(patterns)
            ),
            "That is Hebb's rule, x y, and it runs away. BCM multiplies by (y - θ) as well.",
        ),
        Misconception(
            "fixed-threshold",
            lambda weights, patterns, learning_rate: _bcm_with(weights, patterns, learning_rate, 1.0),
            "Your threshold stands still at 1. It slides: it is the mean of y² for the present weights.",
        ),
        Misconception(
            "square-of-the-mean",
            lambda weights, patterns, learning_rate: _bcm_with(
                weights, patterns, learning_rate, float(np.mean(patterns @ weights) ** 2)
            ),
            "You squared the mean response. The threshold is the mean of the squares; the two differ as soon as "
            "the responses differ.",
        ),
        Misconception(
            "mean-response",
            lambda weights, patterns, learning_rate: _bcm_with(
                weights, patterns, learning_rate, float(np.mean(patterns @ weights))
            ),
            "Your threshold is the mean response. It has to grow faster than the response to stop a runaway: "
            "take the mean of y².",
        ),
        Misconception(
            "factor-forgotten",
            lambda weights, patterns, learning_rate: (
                weights
                + learning_rate
                * (patterns @ weights - np.mean((patterns @ weights) ** 2))
                @ patterns
                / len(patterns)
            ),
            "The factor y is missing: the rule is x y (y - θ), so that a silent neuron does not learn.",
        ),
        Misconception(
            "downhill",
            lambda weights, patterns, learning_rate: _bcm_step(weights, patterns, -learning_rate),
            "You stepped the other way. Responses above the threshold strengthen: add the change.",
        ),
        Misconception(
            "summed",
            lambda weights, patterns, learning_rate: _bcm_step(
                weights, patterns, learning_rate * len(patterns)
            ),
            "You summed over the patterns. The averaged rule takes the mean of x y (y - θ).",
        ),
        Misconception(
            "change-only",
            lambda weights, patterns, learning_rate: _bcm_step(weights, patterns, learning_rate) - weights,
            "You gave the change. The step gives the new weights: add the change to the old ones.",
        ),
    ),
    hints=(
        "What is the response to every pattern, and which shape has it?",
        "`responses = patterns @ weights` has shape (n_patterns,); the threshold is `np.mean(responses**2)`.",
        "Weigh each pattern by `responses * (responses - threshold)` and take the mean over the patterns.",
    ),
    solution_code="""
def bcm_step(weights, patterns, learning_rate):
    responses = patterns @ weights  # (n_patterns,)
    threshold = np.mean(responses**2)
    factors = responses * (responses - threshold)  # (n_patterns,)
    return weights + learning_rate * np.mean(factors[:, np.newaxis] * patterns, axis=0)
""",
    why="Each pattern pulls the weights along itself, upwards if its response is above the threshold and "
    "downwards if it lies between 0 and the threshold.",
    notice="The neuron needs only its own responses: no teacher tells it which pattern is right.",
)


def _braked_hebb(weights: np.ndarray, inputs: np.ndarray, learning_rate: float) -> np.ndarray:
    response = weights @ inputs
    return weights + learning_rate * response * (inputs - response * weights)


braked_hebb = Exercise(
    name="braked_hebb",
    lesson="plastic-synapses",
    title="Give Hebb a brake",
    kind="repair",
    prompt="""
This is Hebb's rule, and its weights grow without end. Oja's rule repairs it: besides the change α x y, every
weight decays by α y² w, so that in the end the weights have length 1. Put the decay in.
""",
    starter='''
def braked_hebb(weights, inputs, learning_rate):
    """Shapes: weights and inputs (n_inputs,). Gives the weights after one step, (n_inputs,)."""
    response = weights @ inputs
    return weights + learning_rate * response * inputs
''',
    reference=_braked_hebb,
    cases=(
        (np.array([0.3, 0.4]), np.array([1.0, 0.2]), 0.05),
        (np.array([0.9, -1.1, 0.5]), np.array([0.7, 0.4, 1.3]), 0.1),
        (np.array([3.0, 2.0]), np.array([0.2, 1.0]), 0.02),
    ),
    misconceptions=(
        Misconception(
            "decay-without-response",
            lambda weights, inputs, learning_rate: (
                weights + learning_rate * ((weights @ inputs) * inputs - weights)
            ),
            "Your decay does not depend on the response. A strong response must brake more: multiply the decay "
            "by y².",
        ),
        Misconception(
            "response-not-squared",
            lambda weights, inputs, learning_rate: (
                weights + learning_rate * (weights @ inputs) * (inputs - weights)
            ),
            "Your decay has y, not y². Near the end the brake would be too weak or too strong, and the length "
            "would not come to 1.",
        ),
        Misconception(
            "sign",
            lambda weights, inputs, learning_rate: (
                weights + learning_rate * (weights @ inputs) * (inputs + (weights @ inputs) * weights)
            ),
            "The decay has the wrong sign: it makes large weights grow still faster. Subtract it.",
        ),
        Misconception(
            "hard-length",
            lambda weights, inputs, learning_rate: (
                (weights + learning_rate * (weights @ inputs) * inputs)
                / np.linalg.norm(weights + learning_rate * (weights @ inputs) * inputs)
            ),
            "You divided by the length after each step. That stops the runaway too, but a synapse would have to "
            "know all the others. Oja's decay needs only y and the synapse's own weight.",
        ),
        Misconception(
            "clipped",
            lambda weights, inputs, learning_rate: np.clip(
                weights + learning_rate * (weights @ inputs) * inputs, -1, 1
            ),
            "You cut the weights off at a bound. All of them would end at it. Write the decay α y² w.",
        ),
        Misconception(
            "inputs-decay",
            lambda weights, inputs, learning_rate: (
                weights + learning_rate * (weights @ inputs) * inputs * (1 - (weights @ inputs))
            ),
            "You made the input decay, not the weight. The brake is α y² w.",
        ),
    ),
    hints=(
        "The change that is there has no minus sign anywhere. What should be subtracted?",
        "The decay is `learning_rate * response**2 * weights`.",
        "Subtract it from what the function returns.",
    ),
    solution_code="""
def braked_hebb(weights, inputs, learning_rate):
    response = weights @ inputs
    decay = response**2 * weights  # (n_inputs,)
    return weights + learning_rate * (response * inputs - decay)
""",
    why="The growth goes with y, the decay with y²: for long weights the decay wins, for short ones the growth.",
    notice="The brake stops the runaway but makes no choice between patterns; BCM's threshold does both.",
)


def _slide_threshold(threshold: float, responses: np.ndarray, tau: float) -> float:
    for response in responses:
        threshold = threshold + (response**2 - threshold) / tau
    return threshold


def _slide(threshold: float, responses: np.ndarray, rate: float) -> float:
    for response in responses:
        threshold = threshold + rate * (response**2 - threshold)
    return threshold


slide_threshold = Exercise(
    name="slide_threshold",
    lesson="plastic-synapses",
    title="Repair the threshold that does not slide far enough",
    kind="repair",
    prompt="""
The threshold of the online BCM rule is a running mean of the *squared* response: with each response it moves
the part 1/τ of the way to y². With this function, weights still explode. Repair it.
""",
    starter='''
def slide_threshold(threshold, responses, tau):
    """Shapes: responses (n_steps,); threshold and tau are numbers. Gives the last threshold."""
    for response in responses:
        threshold = threshold + (response - threshold) / tau
    return threshold
''',
    reference=_slide_threshold,
    cases=(
        (0.5, np.array([2.0, 0.0, 2.0]), 4.0),
        (1.0, np.array([3.0, -1.5, 0.2, 0.7]), 5.0),
        (2.0, np.array([0.1, 0.3]), 1.5),
    ),
    misconceptions=(
        Misconception(
            "no-memory",
            lambda threshold, responses, tau: float(responses[-1] ** 2),
            "You forgot all but the last response. Then θ = y² each time, and no pattern is compared with "
            "another: move only a part of the way.",
        ),
        Misconception(
            "times-tau",
            lambda threshold, responses, tau: _slide(threshold, responses, tau),
            "You multiplied by τ. A step of more than the whole way overshoots: divide by it.",
        ),
        Misconception(
            "plain-mean",
            lambda threshold, responses, tau: float(np.mean(responses**2)),
            "That is the mean of all responses alike. A running mean starts from the present threshold and "
            "forgets old responses little by little.",
        ),
        Misconception(
            "moves-away",
            lambda threshold, responses, tau: _slide(threshold, responses, -1 / tau),
            "Your threshold moves away from y². Check the order in the bracket.",
        ),
        Misconception(
            "squared-difference",
            lambda threshold, responses, tau: _squared_difference(threshold, responses, tau),
            "You squared the whole difference. Square the response alone: (y² - θ)/τ.",
        ),
        Misconception(
            "no-forgetting",
            lambda threshold, responses, tau: threshold + float(np.sum(responses**2)) / tau,
            "Nothing is taken away, so your threshold can only rise, and a quiet neuron never gets its "
            "plasticity back. Subtract θ in the bracket.",
        ),
    ),
    hints=(
        "To which number should the threshold tend when the response is always 3?",
        "One thing in the bracket is not squared.",
        "`threshold + (response**2 - threshold) / tau`",
    ),
    solution_code="""
def slide_threshold(threshold, responses, tau):
    for response in responses:
        threshold = threshold + (response**2 - threshold) / tau
    return threshold
""",
    why="A threshold that follows y itself keeps pace with the response and never overtakes it; one that follows "
    "y² overtakes it as soon as the response is above 1.",
    notice="Growth faster than that of the response: this is the whole secret of the brake.",
)


def _squared_difference(threshold: float, responses: np.ndarray, tau: float) -> float:
    for response in responses:
        threshold = threshold + (response - threshold) ** 2 / tau
    return threshold
