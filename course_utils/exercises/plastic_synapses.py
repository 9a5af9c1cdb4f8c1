"""Exercises: rules by which synapses grow stronger and weaker."""

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal, slips_of

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
    digits=2,
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
        Misconception(
            "root",
            lambda: 0.5,
            "0.5 is the root of the probability, and also twice 0.25. Set y = θ with θ = 0.25 · y².",
        ),
        Misconception(
            "the-others-share",
            lambda: 0.75,
            "0.75 is how often the other patterns come. They are answered with 0: what is left of the mean of y²?",
        ),
        Misconception(
            "all-responses",
            lambda: np.array([4.0, 0.0]),
            "These are the responses to both kinds of pattern. Asked for is one number: that to the rare one.",
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


def _window_slips() -> Iterator[Misconception]:
    """Yield each wrong pair of sides three times: with 0 at delay 0, and with either side there."""
    for name, (sides, sentence) in _WRONG_SIDES.items():
        yield Misconception(name, _window_of(sides, lambda d: (d > 0, d != 0)), sentence)
        also = f"{sentence} And at delay 0 the change should be 0."
        windows = [_window_of(sides, lambda d: (d >= 0, True)), _window_of(sides, lambda d: (d > 0, True))]
        if name in ("only-strengthening", "no-sign-no-ratio"):  # there both are the same
            del windows[1]
        yield Misconception(f"{name}-and-zero", windows[0], also, tuple(windows[1:]))


def _window_of(sides: Callable, choose: Callable) -> Callable:
    """Return a window from its two sides, given e^(-|Δt|/τ) too, and from what holds at delay 0."""

    def window(delay: np.ndarray, amplitude: float, ratio: float, tau: float) -> np.ndarray:
        before, after = sides(delay, amplitude, ratio, tau, np.exp(-np.abs(delay) / tau))
        early, kept = choose(delay)
        return np.where(early, before, after) * kept

    return window


def _both(height: np.ndarray, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    return height, -ratio * height


_WRONG_SIDES = {
    "sign-of-the-delay": (
        lambda d, a, r, tau, f: (-r * a * f, a * f),
        "Your sides have changed places. The delay is the neuron's time minus the input's: above 0 the input "
        "came first, and that strengthens.",
    ),
    "signs-swapped": (
        lambda d, a, r, tau, f: (-a * f, r * a * f),
        "Your signs have changed places. Above 0 the input came first: that strengthens. Below 0 it weakens.",
    ),
    "no-depression": (
        lambda d, a, r, tau, f: (a * f, r * a * f),
        "Both your sides strengthen. An input that comes after the neuron's spike is weakened: a minus sign "
        "is missing.",
    ),
    "no-sign-no-ratio": (
        lambda d, a, r, tau, f: (a * f, a * f),
        "Your window has two equal sides that strengthen. An input that comes later weakens: by how much?",
    ),
    "only-strengthening": (
        lambda d, a, r, tau, f: (a * f, 0.0),
        "The side of depression is missing. What happens at a delay below 0?",
    ),
    "ratio-forgotten": (
        lambda d, a, r, tau, f: _both(a * f, 1.0),
        "Both your sides are equally high. A₋ is `ratio` times A₊.",
    ),
    "ratio-as-amplitude": (
        lambda d, a, r, tau, f: (a * f, -r * f),
        "You took `ratio` for A₋ itself. A₋ is `ratio` times `amplitude`.",
    ),
    "ratio-upside-down": (
        lambda d, a, r, tau, f: _both(a * f, 1 / r),
        "You divided by the ratio. It is A₋ divided by A₊: what is A₋ then?",
    ),
    "ratio-on-the-other-side": (
        lambda d, a, r, tau, f: (r * a * f, -a * f),
        "The ratio sits on the wrong side: it makes A₋, the side of depression.",
    ),
    "amplitude-forgotten": (
        lambda d, a, r, tau, f: _both(f, r),
        "Your window is 1 high: `amplitude` is missing, on both sides.",
    ),
    "no-fading": (
        lambda d, a, r, tau, f: _both(a, r),
        "Your change does not fade with the delay. Multiply by exp(-|Δt|/τ).",
    ),
    "no-abs": (
        lambda d, a, r, tau, f: _both(a * np.exp(-d / tau), r),
        "Below 0 your change grows with the distance from 0. -Δt is positive there: take the absolute value.",
    ),
    "growing": (
        lambda d, a, r, tau, f: _both(a / f, r),
        "Your change grows with the distance from 0. It should fade: look at the sign of the exponent.",
    ),
    "times-tau": (
        lambda d, a, r, tau, f: _both(a * np.exp(-np.abs(d) * tau), r),
        "Your change is all but gone at once. τ is the time in which it fades: divide the delay by it.",
    ),
    "bell": (
        lambda d, a, r, tau, f: _both(a * np.exp(-((d / tau) ** 2)), r),
        "You let the effect fade like a bell, with the square of the delay. Here it is exp(-|Δt|/τ).",
    ),
    "numbers-of-the-lesson": (
        lambda d, a, r, tau, f: _both(0.005 * np.exp(-np.abs(d) / 20.0), 1.05),
        "Your window always has the lesson's numbers. Use `amplitude`, `ratio` and `tau`, as they are given.",
    ),
}


_WINDOW_SLIPS = {
    "zero-delay": (
        _window_of(lambda d, a, r, tau, f: _both(a * f, r), lambda d: (d >= 0, True)),
        "At delay 0 neither spike came first, and the change should be 0. Yours is the largest there.",
    ),
    "zero-delay-below": (
        _window_of(lambda d, a, r, tau, f: _both(a * f, r), lambda d: (d > 0, True)),
        "At delay 0 neither spike came first, and the change should be 0. Yours falls deepest there: a "
        "delay that is not above 0 need not be below it.",
    ),
    "one-pair-only": (
        lambda delay, *numbers: _weight_change(delay, *numbers) if delay > 0 else None,
        lambda delay, *numbers: _weight_change(delay, *numbers)[0] if delay > 0 else None,
        "Your function can take one pair, and stops at several. `if` and `math.exp` want one number; for "
        "arrays there are `np.where` and `np.exp`, or a loop over the delays.",
    ),
    "first-pair-only": (
        lambda delay, *numbers: _weight_change(delay, *numbers)[0],
        "You gave the change of the first pair alone. Does a `return` stand inside your loop?",
    ),
    "zero-left-out": (
        lambda delay, *numbers: _weight_change(delay, *numbers)[delay != 0],
        "The pairs of delay 0 are left out. Each pair has its change, and theirs is 0.",
    ),
}

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
        (np.array([15.0]), 0.02, 1.2, 30.0),
        (np.array([-10.0, 10.0]), 0.005, 1.05, 20.0),
        (np.array([-40.0, -20.0, 0.0, 20.0, 40.0]), 0.01, 1.3, 20.0),
        (np.array([-3.0, 5.0, 0.0, 0.5, -0.5, 60.0]), 0.8, 0.4, 35.0),
    ),
    misconceptions=(
        *_window_slips(),
        *slips_of(_WINDOW_SLIPS),
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


def _factors(responses: np.ndarray) -> np.ndarray:
    return responses * (responses - np.mean(responses**2))


def _in_turn(weights: np.ndarray, patterns: np.ndarray, rate: float, which: str) -> np.ndarray:
    """Change the weights after each pattern, with the first threshold, the present one, or the pattern's own."""
    bars = {"first": np.mean((patterns @ weights) ** 2)}
    for pattern in patterns:
        response = pattern @ weights
        bars |= {"present": np.mean((patterns @ weights) ** 2), "own": response**2}
        weights = weights + rate * pattern * response * (response - bars[which])
    return weights


_BCM_SLIPS = {
    "no-threshold": (
        lambda w, x, rate: _bcm_with(w, x, rate, 0.0),
        "The threshold is missing, so that no response above 0 ever weakens. Subtract θ inside the bracket.",
    ),
    "plain-hebb": (
        lambda w, x, rate: w + rate * (x @ w) @ x / len(x),
        "That is Hebb's rule, x y, and it runs away. BCM multiplies by (y - θ) as well.",
    ),
    "fixed-threshold": (
        lambda w, x, rate: _bcm_with(w, x, rate, 1.0),
        "Your threshold stands still at 1. It slides: it is the mean of y² for the present weights.",
    ),
    "square-of-the-mean": (
        lambda w, x, rate: _bcm_with(w, x, rate, np.mean(x @ w) ** 2),
        "You squared the mean response. The threshold is the mean of the squares, which is another number.",
    ),
    "mean-response": (
        lambda w, x, rate: _bcm_with(w, x, rate, np.mean(x @ w)),
        "Your threshold is the mean response. It has to grow faster than the response to stop a runaway: "
        "take the mean of y².",
    ),
    "threshold-of-each": (
        lambda w, x, rate: _bcm_with(w, x, rate, (x @ w) ** 2),
        "Each of your patterns has a threshold of its own, its y². There is one θ: the mean of all y².",
    ),
    "threshold-summed": (
        lambda w, x, rate: _bcm_with(w, x, rate, np.sum((x @ w) ** 2)),
        "Your threshold is the sum of y². It is the mean over the patterns.",
    ),
    "factor-forgotten": (
        lambda w, x, rate: w + rate * (x @ w - np.mean((x @ w) ** 2)) @ x / len(x),
        "The factor y is missing: the rule is x y (y - θ), so that a silent neuron does not learn.",
    ),
    "bracket": (
        lambda w, x, rate: w + rate * ((x @ w) ** 2 - np.mean((x @ w) ** 2)) @ x / len(x),
        "You took θ from y². The bracket comes first: y times (y - θ).",
    ),
    "downhill": (
        lambda w, x, rate: _bcm_step(w, x, -rate),
        "You stepped the other way. Responses above the threshold strengthen: add x y (y - θ).",
    ),
    "summed": (
        lambda w, x, rate: _bcm_step(w, x, rate * len(x)),
        "You summed over the patterns. The averaged rule takes the mean of x y (y - θ).",
    ),
    "divided-by-inputs": (
        lambda w, x, rate: _bcm_step(w, x, rate * len(x) / len(w)),
        "You divided by the number of inputs. The mean is over the patterns: how many rows are there?",
    ),
    "change-only": (
        lambda w, x, rate: _bcm_step(w, x, rate) - w,
        "You gave the change. The step gives the new weights: add the change to the old ones.",
    ),
    "summed-change-only": (
        lambda w, x, rate: _bcm_step(w, x, rate * len(x)) - w,
        "Two things: the mean over the patterns is asked for, not the sum. And the step gives the new "
        "weights: add the change to the old ones.",
    ),
    "no-rate": (
        lambda w, x, rate: _bcm_step(w, x, 1.0),
        "The learning rate is missing: your step is the whole mean of x y (y - θ).",
    ),
    "in-turn": (
        lambda w, x, rate: _in_turn(w, x, rate, "first"),
        lambda w, x, rate: _in_turn(w, x, rate / len(x), "first"),
        lambda w, x, rate: _in_turn(w, x, rate, "present"),
        lambda w, x, rate: _in_turn(w, x, rate / len(x), "present"),
        "You change the weights after each pattern. In the averaged rule all responses come from the same "
        "weights, and the mean of the changes is added once.",
    ),
    "in-turn-alone": (
        lambda w, x, rate: _in_turn(w, x, rate, "own"),
        lambda w, x, rate: _in_turn(w, x, rate / len(x), "own"),
        "Each of your patterns has a threshold of its own and changes the weights at once. Here θ is one mean "
        "over the patterns, and the mean of the changes is added once.",
    ),
    "last-pattern-only": (
        lambda w, x, rate: w + rate * _factors(x @ w)[-1] * x[-1],
        "Only the last pattern has changed your weights. Collect the changes of all, and take their mean.",
    ),
    "no-mean": (
        lambda w, x, rate: w + rate * _factors(x @ w)[:, None] * x,
        "You have new weights for each pattern. There is one set of weights: take the mean over the patterns.",
    ),
    "square-in-the-bracket": (
        lambda w, x, rate: w + rate * (x @ w) * ((x @ w) ** 2 - np.mean((x @ w) ** 2)) @ x / len(x),
        "You squared y inside the bracket, too. The rule is x y (y - θ); only θ is made from squares.",
    ),
    "responses-of-columns": (
        lambda w, x, rate: w + rate * _factors(w @ x) @ x / len(x),
        "Your responses are one for each column of `patterns`. A pattern is a row: `patterns @ weights`.",
    ),
    "factors-over-columns": (
        lambda w, x, rate: w + rate * x @ _factors(x @ w) / len(x),
        "Your factors meet the columns of `patterns`. Each weighs a pattern, which is a row: sum over the rows.",
    ),
    "no-column": (
        lambda w, x, rate: w + rate * np.mean(_factors(x @ w) * x, axis=0),
        "Your factors multiply the columns of `patterns`. There is one for each row: make them a column, "
        "`[:, np.newaxis]`.",
    ),
    "mean-over-inputs": (
        lambda w, x, rate: w + rate * np.mean(_factors(x @ w)[:, None] * x, axis=1),
        "You took the mean along the rows, over the inputs. It is over the patterns: each input has its own change.",
    ),
    "mean-over-all": (
        lambda w, x, rate: w + rate * np.mean(_factors(x @ w)[:, None] * x),
        lambda w, x, rate: w + rate * np.mean(_factors(x @ w)),
        "All your weights change alike. Each input has its own change: the mean, over the patterns only, of its "
        "x times y (y - θ).",
    ),
}

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
    misconceptions=slips_of(_BCM_SLIPS),
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


def _hebb_less(weights: np.ndarray, inputs: np.ndarray, rate: float, decay: object) -> np.ndarray:
    return weights + rate * (weights @ inputs) * inputs - decay


_BRAKES = {
    "decay-without-response": (
        lambda w, x, rate: _hebb_less(w, x, rate, rate * w),
        "Your decay does not depend on the response. A strong one must brake more: multiply the decay by y².",
    ),
    "response-cubed": (
        lambda w, x, rate: _hebb_less(w, x, rate, rate * (w @ x) ** 3 * w),
        "In your decay the response stands three times. It is α y² w: what does the bracket multiply already?",
    ),
    "response-not-squared": (
        lambda w, x, rate: _hebb_less(w, x, rate, rate * (w @ x) * w),
        "Your decay has y, not y²: the length of the weights would not come to 1.",
    ),
    "decay-without-rate": (
        lambda w, x, rate: _hebb_less(w, x, rate, (w @ x) ** 2 * w),
        "The learning rate is missing from the decay, which is α y² w. Does your bracket close too early?",
    ),
    "not-squared-without-rate": (
        lambda w, x, rate: _hebb_less(w, x, rate, (w @ x) * w),
        "Two things are missing from your decay: it is α y² w, and yours has no α and y in place of y².",
    ),
    "decay-without-weight": (
        lambda w, x, rate: _hebb_less(w, x, rate, rate * (w @ x) ** 2),
        "You take the same from every weight. The decay is α y² w: a large weight loses more.",
    ),
    "without-weight-and-rate": (
        lambda w, x, rate: _hebb_less(w, x, rate, (w @ x) ** 2),
        "You take y² from every weight. The decay is α y² w: two factors are missing.",
    ),
    "weight-squared": (
        lambda w, x, rate: _hebb_less(w, x, rate, rate * (w @ x) * w**2),
        lambda w, x, rate: _hebb_less(w, x, rate, rate * w**2),
        lambda w, x, rate: _hebb_less(w, x, rate, rate * ((w @ x) * w) ** 2),
        "You squared the weight. In the decay α y² w it is the response that is squared, and that alone.",
    ),
    "input-squared": (
        lambda w, x, rate: _hebb_less(w, x, rate, rate * x**2 * w),
        "You squared the input. In the decay α y² w it is the response.",
    ),
    "downhill": (
        lambda w, x, rate: 2 * w - _braked_hebb(w, x, rate),
        "All of your change has the wrong sign. Growth is added, and the decay taken away.",
    ),
    "sign": (
        lambda w, x, rate: _hebb_less(w, x, rate, -rate * (w @ x) ** 2 * w),
        "The decay has the wrong sign: it makes large weights grow still faster. Subtract it.",
    ),
    "sign-and-no-rate": (
        lambda w, x, rate: _hebb_less(w, x, rate, -((w @ x) ** 2) * w),
        "Your decay lacks the learning rate, and it is added: it makes large weights grow still faster.",
    ),
    "growth-lost": (
        lambda w, x, rate: w - rate * (w @ x) ** 2 * w,
        "Your brake is right, but Hebb's own change α x y is gone. Keep both.",
    ),
    "change-only": (
        lambda w, x, rate: _braked_hebb(w, x, rate) - w,
        "You gave the change alone. Add it to the old weights.",
    ),
    "new-weights-decay": (
        lambda w, x, rate: (1 - rate * (w @ x) ** 2) * _hebb_less(w, x, rate, 0.0),
        "You let the weights grow first, and the grown ones decay. Both changes start from the old weights.",
    ),
    "brake-on-the-change": (
        lambda w, x, rate: w + rate * (w @ x) * x * (1 - (w @ x) * w),
        lambda w, x, rate: w + rate * (w @ x) * x * (1 - w),
        lambda w, x, rate: w + rate * (w @ x) * x * (1 - (w @ x) ** 2 * w),
        "Your brake is multiplied by the input. The decay α y² w has no x: subtract it from the change.",
    ),
    "hard-length": (
        lambda w, x, rate: _hebb_less(w, x, rate, 0.0) / np.linalg.norm(_hebb_less(w, x, rate, 0.0)),
        "You divided by the length after each step. That stops the runaway too, but a synapse would have to "
        "know all the others. Oja's decay needs only y and the synapse's own weight.",
    ),
    "clipped": (
        lambda w, x, rate: np.clip(_hebb_less(w, x, rate, 0.0), -1, 1),
        lambda w, x, rate: np.clip(_hebb_less(w, x, rate, 0.0), 0, 1),
        lambda w, x, rate: np.minimum(_hebb_less(w, x, rate, 0.0), 1),
        "You cut the weights off at a bound. All of them would end at it. Write the decay α y² w.",
    ),
    "inputs-decay": (
        lambda w, x, rate: _hebb_less(w, x, rate, rate * (w @ x) ** 2 * x),
        "You made the input decay, not the weight. The brake is α y² w.",
    ),
}

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
        (np.array([0.9, -1.1, 0.5]), np.array([0.3, 1.3, 0.4]), 0.1),
        (np.array([3.0, 2.0]), np.array([0.2, 1.0]), 0.02),
    ),
    misconceptions=slips_of(_BRAKES),
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


def _sliding(step: Callable[[float, float, float], float]) -> Callable:
    """Return a threshold that takes this step, of θ, y and τ, with each response."""

    def slide(threshold: float, responses: np.ndarray, tau: float) -> float:
        for response in responses:
            threshold = step(threshold, response, tau)
        return threshold

    return slide


_THRESHOLDS = {
    "as-given": (
        _sliding(lambda t, y, tau: t + (y - t) / tau),
        _sliding(lambda t, y, tau: t + (abs(y) - t) / tau),
        "Your threshold follows the response, or its absolute value. It should follow the square.",
    ),
    "no-memory": (
        lambda threshold, responses, tau: responses[-1] ** 2,
        "You forgot all but the last response. Then θ = y² each time, and no pattern is compared with "
        "another: move only a part of the way.",
    ),
    "times-tau": (
        _sliding(lambda t, y, tau: t + (y**2 - t) * tau),
        "You multiplied by τ. A step of more than the whole way overshoots: divide by it.",
    ),
    "plain-mean": (
        lambda threshold, responses, tau: np.mean(responses**2),
        "That is the mean of all responses alike. A running mean starts from the present threshold and "
        "forgets old responses little by little.",
    ),
    "towards-the-mean": (
        lambda threshold, responses, tau: threshold + (np.mean(responses**2) - threshold) / tau,
        "You take one step, towards the mean of all y². With each response there is a step towards its y².",
    ),
    "moves-away": (
        _sliding(lambda t, y, tau: t - (y**2 - t) / tau),
        "Your threshold moves away from y². Check the order in the bracket.",
    ),
    "squared-difference": (
        _sliding(lambda t, y, tau: t + (y - t) ** 2 / tau),
        "You squared the whole difference. Square the response alone: (y² - θ)/τ.",
    ),
    "both-squared": (
        _sliding(lambda t, y, tau: t + (y**2 - t**2) / tau),
        _sliding(lambda t, y, tau: t + (y - t**2) / tau),
        "You squared the threshold. It is a mean of squares already; the response alone is squared.",
    ),
    "no-forgetting": (
        _sliding(lambda t, y, tau: t + y**2 / tau),
        "Nothing is taken away, so your threshold can only rise, and a quiet neuron never gets its "
        "plasticity back. Subtract θ in the bracket.",
    ),
    "whole-square": (
        _sliding(lambda t, y, tau: t + y**2 - t / tau),
        "Only θ is divided by τ in your step. The whole difference is: brackets.",
    ),
    "parts-swapped": (
        _sliding(lambda t, y, tau: t / tau + y**2 * (1 - 1 / tau)),
        "Your parts have changed places: 1/τ belongs to the new y², the rest to the old threshold.",
    ),
    "old-threshold-lost": (
        _sliding(lambda t, y, tau: (y**2 - t) / tau),
        _sliding(lambda t, y, tau: y**2 / tau),
        "The present threshold is lost at each step. Add the step (y² - θ)/τ to it.",
    ),
    "sum-in-the-bracket": (
        _sliding(lambda t, y, tau: t + (y**2 + t) / tau),
        "Your threshold can only rise. In the bracket stands the way from θ to y²: a difference.",
    ),
    "all-thresholds": (
        lambda threshold, responses, tau: [
            _slide_threshold(threshold, responses[:end], tau) for end in range(1, len(responses) + 1)
        ],
        "You gave the threshold after each response. Asked for is the last one.",
    ),
    "no-loop": (
        lambda threshold, responses, tau: threshold + (responses**2 - threshold) / tau,
        "Each of your responses moves the first threshold. It slides on: each step starts where the last ended.",
    ),
    "first-response-only": (
        lambda threshold, responses, tau: _slide_threshold(threshold, responses[:1], tau),
        "Your threshold has moved with the first response alone. Does the `return` stand inside the loop?",
    ),
}

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
    misconceptions=slips_of(_THRESHOLDS),
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
