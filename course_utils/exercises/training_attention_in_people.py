"""Exercises: neurofeedback, trials of it, and whose EEG it is."""

from collections.abc import Callable

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal, slips_of

useless_training = Exercise(
    name="useless_training",
    lesson="training-attention-in-people",
    title="What a useless training looks like",
    kind="prediction",
    prompt="""
A training does nothing at all. Children with high symptom scores are enrolled; half are trained, half wait.
Parents, who know it and hope, rate them before and after. What will be seen? Write one letter in quotes.
""",
    starter='useless_training = "..."',
    options={
        "a": "nobody's scores improve, for the training does nothing",
        "b": "both groups improve, the trained children more",
        "c": "only the trained children improve",
        "d": "both groups improve equally",
    },
    reference=lambda: "b",
    misconceptions=(
        Misconception(
            "no-effect-no-change",
            lambda: "a",
            "Scores have other reasons to fall: time passes, and children who were enrolled on a bad day are "
            "rated on an ordinary one.",
        ),
        Misconception(
            "waiting-is-nothing",
            lambda: "c",
            "Those who wait were chosen for high scores too. What becomes of an extreme score when it is "
            "measured again?",
        ),
        Misconception(
            "raters-are-blind",
            lambda: "d",
            "That would be so if nobody knew who was trained. These parents know, and hope.",
        ),
    ),
    hints=(
        "Which children are enrolled, and what happens to an extreme score when it is measured again?",
        "Which of the two groups has parents who expect an improvement?",
        "Both fall towards the mean; belief and hope come on top, in one group only.",
    ),
    solution_code='useless_training = "b"',
    why="Time and regression to the mean lower both groups' scores; expectation lowers those of the trained.",
    notice="A trial against a waiting list can't tell this from a treatment that works.",
)


def _second_rating() -> float:
    return 2.0 * 0.75


second_rating = Exercise(
    name="second_rating",
    lesson="training-attention-in-people",
    title="The second rating",
    kind="prediction",
    prompt="""
75 % of the variance of a rating is true severity, the rest is error of that day. Some children are rated 2
standard deviations of ratings above the mean. Nothing is done. What is the mean of their next rating, in the same
unit? (All is normal.) Write one number, with two decimals.
""",
    starter="second_rating = ...",
    reference=_second_rating,
    digits=2,
    misconceptions=(
        Misconception(
            "no-regression",
            lambda: 2.0,
            "A part of the high first rating was that day's error, which is not there again.",
        ),
        Misconception(
            "back-to-the-mean",
            lambda: 0.0,
            "They regress *towards* the mean, not to it: most of the difference between children is true.",
        ),
        Misconception(
            "the-drop",
            lambda: 0.5,
            "That is how far they fall. Where do they arrive?",
        ),
        Misconception(
            "square-root",
            lambda: 2 * np.sqrt(0.75),
            "You took the root of the reliability. That is the correlation of a rating with the true "
            "severity; two ratings correlate by 0.75 itself.",
        ),
        Misconception(
            "the-true-part",
            lambda: 0.75,
            "0.75 is the correlation of the two ratings. These children are not rated 1 but 2.",
        ),
        Misconception(
            "one-error-less",
            lambda: 1.75,
            "You took the error's share of the variance away once. How much of a rating of 2 is expected "
            "again?",
        ),
        Misconception(
            "root-of-the-error",
            lambda: 1.0,
            "You come to 1, half of the first rating. Two ratings correlate by 0.75: how much of 2 is "
            "expected again?",
        ),
        Misconception(
            "squared",
            lambda: 2 * 0.75**2,
            "You multiplied by 0.75 twice. It is already the correlation of two ratings.",
        ),
        Misconception(
            "divided",
            lambda: 2 / 0.75,
            "You divided by 0.75. An extreme rating is followed by a less extreme one.",
        ),
        Misconception(
            "further-away",
            lambda: 2.5,
            "You let the ratings rise. An extreme rating is followed by a less extreme one.",
        ),
        Misconception(
            "root-alone",
            lambda: np.sqrt(0.75),
            "That is the root of 0.75. These children are not rated 1 but 2; and two ratings correlate by "
            "0.75 itself.",
        ),
        Misconception(
            "as-in-the-lesson",
            lambda: 1.14,
            "1.14 is the lesson's number for all who are rated above 1. These children are rated 2.",
        ),
    ),
    hints=(
        "Which part of a rating of 2 will be there again?",
        "The expected next rating is the correlation of the two ratings times the first.",
        "Two ratings share only the true severity, so they correlate by 0.75.",
    ),
    solution_code="second_rating = 2.0 * 0.75",
    why="The correlation of two ratings is the true part of the variance, 0.75, so 2 becomes 1.5.",
    notice="An improvement of half a standard deviation, and nobody did anything.",
)


marker_pairs = Exercise(
    name="marker_pairs",
    lesson="training-attention-in-people",
    title="A difference between groups",
    kind="prediction",
    prompt="""
The theta/beta ratio of children with ADHD is higher by 0.62 standard deviations on average. Take one child with
and one without ADHD at random. In how many of 100 such pairs has the child with ADHD the higher ratio? Write one
letter in quotes.
""",
    starter='marker_pairs = "..."',
    options={"a": "50", "b": "67", "c": "81", "d": "97"},
    reference=lambda: "b",
    misconceptions=(
        Misconception(
            "a-coin",
            lambda: "a",
            "That would need no difference at all. There is one, of 0.62 standard deviations.",
        ),
        Misconception(
            "nearly",
            lambda: "c",
            "That needs twice the difference, about 1.24. Sketch two bells whose tops lie 0.62 apart.",
        ),
        Misconception(
            "significant-is-certain",
            lambda: "d",
            "A difference of means can be well established while single children overlap almost entirely. "
            "97 of 100 needs a difference of 2.7.",
        ),
    ),
    hints=(
        "How far do two bells overlap whose tops are 0.62 of their width apart?",
        "The difference of two children has mean 0.62 and standard deviation √2.",
        "The answer is Φ(0.62/√2), with 0.62/√2 = 0.44.",
    ),
    solution_code='marker_pairs = "b"',
    why="The difference is normal with mean 0.62 and spread √2, so it is above 0 with probability "
    "Φ(0.44) = 0.67.",
    notice="This probability is the area under the ROC curve.",
)


def _inside(frequencies: np.ndarray, low: float, high: float) -> np.ndarray:
    return (frequencies >= low) & (frequencies < high)


def _band_ratio(frequencies: np.ndarray, power: np.ndarray) -> float:
    return power[_inside(frequencies, 4, 8)].sum() / power[_inside(frequencies, 13, 21)].sum()


def _bands(within: Callable) -> Callable:
    """Return the ratio with another choice of frequencies for each band."""
    return lambda f, power: power[within(f, 4, 8)].sum() / power[within(f, 13, 21)].sum()


def _closed(frequencies: np.ndarray, low: float, high: float) -> np.ndarray:
    return (frequencies >= low) & (frequencies <= high)


def _area(f: np.ndarray, power: np.ndarray, low: float, high: float) -> float:
    f, power = f[_inside(f, low, high)], power[_inside(f, low, high)]
    return ((power[1:] + power[:-1]) * np.diff(f)).sum() / 2


_RATIOS = {
    "upside-down": (
        lambda f, power: 1 / _band_ratio(f, power),
        "You divided beta by theta. The ratio has theta on top: it falls when theta falls.",
    ),
    "both-ends": (
        _bands(_closed),
        "You included 8 and 21 Hz. A band ends before its upper limit, so that neighbouring bands share nothing.",
    ),
    "lower-ends-left-out": (
        _bands(lambda f, low, high: (f > low) & (f < high)),
        "You left out 4 and 13 Hz. A band begins with its lower limit.",
    ),
    "ends-exchanged": (
        _bands(lambda f, low, high: (f > low) & (f <= high)),
        "Your bands leave out their lower limit and hold the upper one. It is the other way round.",
    ),
    "or": (
        _bands(lambda f, low, high: (f >= low) | (f < high)),
        "Your two conditions choose everything: one of them is enough. Both must hold, `&`.",
    ),
    "no-upper-end": (
        _bands(lambda f, low, high: f >= low),
        "Your bands have no upper end. They stop before 8 and before 21 Hz.",
    ),
    "no-lower-end": (
        _bands(lambda f, low, high: f < high),
        "Your bands begin at the lowest frequency. They begin at 4 and at 13 Hz.",
    ),
    "means": (
        lambda f, power: power[_inside(f, 4, 8)].mean() / power[_inside(f, 13, 21)].mean(),
        "You took the mean power in each band. Beta is wider than theta, so the sums are in another ratio.",
    ),
    "indices": (
        lambda f, power: power[4:8].sum() / power[13:21].sum(),
        "You used 4 and 8 as positions in the array. They are frequencies: choose where `frequencies` lies "
        "between them.",
    ),
    "bins-of-the-lesson": (
        lambda f, power: power[8:16].sum() / power[26:42].sum(),
        "You used the lesson's places in the array. They fit steps of 0.5 Hz: choose where `frequencies` lies "
        "between the limits.",
    ),
    "whole-beta": (
        lambda f, power: power[_inside(f, 4, 8)].sum() / power.sum(),
        "You divided by all power. Divide by that from 13 to 21 Hz only.",
    ),
    "textbook-beta": (
        lambda f, power: power[_inside(f, 4, 8)].sum() / power[_inside(f, 13, 30)].sum(),
        lambda f, power: power[_inside(f, 4, 8)].sum() / power[_closed(f, 13, 30)].sum(),
        "Your beta goes up to 30 Hz, as in some textbooks. Here it ends before 21 Hz.",
    ),
    "share": (
        lambda f, power: 1 / (1 + 1 / _band_ratio(f, power)),
        "You divided theta by theta and beta together. Divide it by beta alone.",
    ),
    "not-added": (
        lambda f, power: power[_inside(f, 4, 8)] / power[_inside(f, 13, 21)],
        "You divided the powers one by one. Add up each band first; then there is one number.",
    ),
    "squared": (
        lambda f, power: _band_ratio(f, power**2),
        "You squared the power. `power` is the square of the waves already.",
    ),
    "two-sums": (
        lambda f, power: (power[_inside(f, 4, 8)].sum(), power[_inside(f, 13, 21)].sum()),
        "These are the two sums. Divide the first by the second.",
    ),
    "whole-hertz": (
        lambda f, power: power[_closed(f, 4, 7)].sum() / power[_closed(f, 13, 20)].sum(),
        "Your bands end at 7 and 20 Hz. What lies between 7 and 8, and between 20 and 21, belongs to them.",
    ),
    "counted": (
        lambda f, power: _inside(f, 4, 8).sum() / _inside(f, 13, 21).sum(),
        "You counted the frequencies of each band. Use the conditions as an index: `power[...]`.",
    ),
    "frequencies-added": (
        lambda f, power: _band_ratio(f, f),
        "You added up frequencies. What is added up is their power.",
    ),
    "area": (
        lambda f, power: _area(f, power, 4, 8) / _area(f, power, 13, 21),
        "You took the area under the curve, in which the ends of a band count half. Add up the powers.",
    ),
    "both-ends-upside-down": (
        lambda f, power: 1 / _bands(_closed)(f, power),
        "Two things: theta stands on top; and a band ends before its upper limit.",
    ),
    "both-ends-means": (
        lambda f, power: power[_closed(f, 4, 8)].mean() / power[_closed(f, 13, 21)].mean(),
        "Two things: add the powers up, no means; and a band ends before its upper limit.",
    ),
    "means-upside-down": (
        lambda f, power: power[_inside(f, 13, 21)].mean() / power[_inside(f, 4, 8)].mean(),
        "Two things: theta stands on top; and the powers are added up, no means.",
    ),
}

band_ratio = Exercise(
    name="band_ratio",
    lesson="training-attention-in-people",
    title="The theta/beta ratio",
    kind="code",
    prompt="""
Write the theta/beta ratio. Add up the power from 4 Hz up to, but not including, 8 Hz, and the power from 13 Hz up
to, but not including, 21 Hz; divide the first sum by the second.
""",
    starter='''
def band_ratio(frequencies, power):
    """Shapes: frequencies in Hz and power (n_frequencies,). Gives one number."""
    ...
''',
    reference=_band_ratio,
    cases=(
        (np.array([1.0, 4.0, 6.5, 8.0, 13.0, 17.0, 21.0]), np.array([9.0, 5.0, 4.0, 2.5, 1.5, 1.0, 0.5])),
        (np.arange(0, 30, 0.5), (100 / (1 + np.arange(60))).round(2)),
        (np.arange(0, 41, 1.0), np.abs(normal(41, seed=101)) + 0.5),
        (np.arange(0, 64, 0.25), np.abs(normal(256, seed=102)) + 0.5),
    ),
    misconceptions=slips_of(_RATIOS),
    hints=(
        "How do you choose the powers whose frequency lies in a band?",
        "`(frequencies >= 4) & (frequencies < 8)` is True for theta; use it as an index of `power`.",
        "Sum each band and divide theta by beta.",
    ),
    solution_code="""
def band_ratio(frequencies, power):
    theta = power[(frequencies >= 4) & (frequencies < 8)].sum()
    beta = power[(frequencies >= 13) & (frequencies < 21)].sum()
    return theta / beta
""",
    why="Two boolean masks choose the bands; sums, because power adds up over frequencies.",
    notice="A unit or a gain of the amplifier cancels. A blink doesn't: it adds to theta alone.",
)


def _rewards(ratios: np.ndarray, n_calibration: int) -> np.ndarray:
    threshold = np.median(ratios[:n_calibration])
    return ratios[n_calibration:] < threshold


_MEAN = "You took the mean. One blink in the calibration would lift it for the whole session; the median hardly moves."
_UP = " And theta/beta training wants the ratio to fall: you reward epochs above the threshold."

# what thresholds are made from the ratios and n, and what the student reads
_THRESHOLDS = {
    "peeking": (
        lambda r, n: np.median(r),
        "The threshold is the median of all epochs, also of those still to come: half of them are always "
        "rewarded, whatever is learned.",
    ),
    "future": (lambda r, n: np.median(r[n:]), "Your threshold comes from the epochs after the calibration."),
    "mean": (lambda r, n: np.mean(r[:n]), _MEAN),
    "mean-of-all": (lambda r, n: np.mean(r), _MEAN + " And it holds epochs that have not happened yet."),
    "one-of-the-middle": (
        lambda r, n: np.sort(r[:n])[(n - 1) // 2],
        lambda r, n: np.sort(r[:n])[n // 2],
        "With an even number of epochs the median lies halfway between the two in the middle: `np.median`.",
    ),
    "unsorted-middle": (
        lambda r, n: r[n // 2],
        "You took the epoch in the middle of the time. The median is the middle of the sorted ratios.",
    ),
    "one-off": (
        lambda r, n: np.median(r[: n - 1]),
        lambda r, n: np.median(r[: n + 1]),
        "The number of epochs in the calibration is off by one. They are `ratios[:n_calibration]`.",
    ),
    "running": (
        lambda r, n: [np.median(r[:end]) for end in range(n, len(r))],
        lambda r, n: [np.median(r[: end + 1]) for end in range(n, len(r))],
        lambda r, n: [np.median(r[end - n : end]) for end in range(n, len(r))],
        "Your threshold moves on with the session. Here it is the median of the calibration, and it stays.",
    ),
}


def _threshold_slips() -> dict[str, tuple]:
    """Return each wrong threshold with the right direction, and with the wrong one, as a table of slips."""
    table = {}
    for name, (*thresholds, sentence) in _THRESHOLDS.items():
        below = (lambda r, n, of=of: r[n:] < of(r, n) for of in thresholds)
        above = (lambda r, n, of=of: r[n:] > of(r, n) for of in thresholds)
        table[name] = (*below, f"The direction is right. But: {sentence}")
        table[f"{name}-wrong-way"] = (*above, sentence + _UP)
    return table


_REWARDS = {
    "wrong-way": (
        lambda r, n: r[n:] > np.median(r[:n]),
        "The threshold is right. But you reward epochs above it, and theta/beta training wants the ratio to fall.",
    ),
    "ties-wrong-way": (
        lambda r, n: r[n:] >= np.median(r[:n]),
        "The threshold is right. But you reward epochs at or above it, and what is rewarded lies below.",
    ),
    "ties": (
        lambda r, n: r[n:] <= np.median(r[:n]),
        "A ratio that equals the threshold is not below it.",
    ),
    "ties-peeking": (
        lambda r, n: r[n:] <= np.median(r),
        "Two things: the threshold still holds epochs that have not happened yet; and a ratio that equals it is "
        "not below it.",
    ),
    "all-epochs": (
        lambda r, n: r < np.median(r[:n]),
        "You give rewards for the calibration as well. Feedback begins after it.",
    ),
    "all-epochs-peeking": (
        lambda r, n: r < np.median(r),
        "Two things: the threshold still holds epochs that have not happened yet; and rewards begin after the "
        "calibration.",
    ),
    "all-epochs-wrong-way": (
        lambda r, n: r > np.median(r[:n]),
        "Two things: what is rewarded lies below the threshold; and rewards begin after the calibration.",
    ),
    "begins-beside": (
        lambda r, n: r[n + 1 :] < np.median(r[:n]),
        lambda r, n: r[n - 1 :] < np.median(r[:n]),
        "Your rewards begin one epoch too early or too late. What follows the calibration is `ratios[n_calibration:]`.",
    ),
    "calibration-rewarded": (
        lambda r, n: r[:n] < np.median(r[:n]),
        "You give rewards for the calibration. Feedback begins after it: `ratios[n_calibration:]`.",
    ),
    "another-form": (
        lambda r, n: np.mean(_rewards(r, n)),
        lambda r, n: np.sum(_rewards(r, n)),
        lambda r, n: r[n:][_rewards(r, n)],
        lambda r, n: np.flatnonzero(_rewards(r, n)),
        "The right epochs are rewarded. Give one True or False for each epoch after the calibration, as the "
        "comparison does.",
    ),
}

rewards = Exercise(
    name="rewards",
    lesson="training-attention-in-people",
    title="Repair the reward",
    kind="repair",
    prompt="""
Theta/beta training rewards an epoch whose ratio lies below a threshold: the median of the calibration, which are
the first `n_calibration` epochs. This version peeks at epochs that have not happened yet, and trains the wrong way.
Repair it. It gives one True or False for each epoch after the calibration.
""",
    starter='''
def rewards(ratios, n_calibration):
    """Shapes: ratios (n_epochs,). Gives booleans, (n_epochs - n_calibration,)."""
    threshold = np.median(ratios)
    return ratios[n_calibration:] > threshold
''',
    reference=_rewards,
    cases=(
        (np.array([4.0, 5.0, 6.0, 3.0, 5.0, 7.0, 4.9, 8.0]), 3),
        (normal(30, seed=111) + 5, 6),
        (np.array([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 8.0, 9.5, 7.5, 7.9, 8.4]), 5),
        (np.array([2.0, 2.0, 20.0, 5.0, 1.0, 9.0, 10.0, 7.0]), 3),
        (np.array([1.0, 2.0, 3.0, 0.0, 1.5, 1.5, 2.5, 2.0]), 3),
        (np.array([1.0, 3.0, 1.5, 2.5, 0.5, 3.5]), 2),
    ),
    misconceptions=(
        *slips_of(_REWARDS),
        *slips_of(_threshold_slips()),
    ),
    hints=(
        "Which epochs are known when the first reward is given?",
        "`ratios[:n_calibration]` is the calibration, `ratios[n_calibration:]` what follows.",
        "Lower is better here: compare with `<`.",
    ),
    solution_code="""
def rewards(ratios, n_calibration):
    threshold = np.median(ratios[:n_calibration])
    return ratios[n_calibration:] < threshold
""",
    why="The threshold comes from the past alone, and a ratio below it is what is to be learned.",
    notice="A threshold that follows the person is common in practice: rewards then stay at one half whether "
    "or not anything is learned.",
)


def _between_arms(training: np.ndarray, control: np.ndarray, ratings: np.ndarray) -> float:
    return (training.mean() - control.mean()) / ratings.std(ddof=1)


def _pooled(training: np.ndarray, control: np.ndarray) -> float:
    squares = ((training - training.mean()) ** 2).sum() + ((control - control.mean()) ** 2).sum()
    return np.sqrt(squares / (len(training) + len(control) - 2))


# spreads of the changes in training, a, and in control, b
_SPREADS = (
    _pooled,
    lambda a, b: _pooled(a, b) ** 2,
    lambda a, b: (a.std(ddof=1) + b.std(ddof=1)) / 2,
    lambda a, b: (a.std() + b.std()) / 2,
    lambda a, b: np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2),
    lambda a, b: np.sqrt((a.var() + b.var()) / 2),
    lambda a, b: (a.var(ddof=1) + b.var(ddof=1)) / 2,
    lambda a, b: np.concatenate([a, b]).std(ddof=1),
    lambda a, b: np.concatenate([a, b]).std(),
    lambda a, b: a.std(ddof=1) + b.std(ddof=1),
    lambda a, b: np.sqrt(a.var(ddof=1) + b.var(ddof=1)),
    lambda a, b: a.std(ddof=1),
    lambda a, b: a.std(),
    lambda a, b: b.std(ddof=1),
    lambda a, b: b.std(),
)


_EFFECTS = {
    "spread-of-changes": (
        *(lambda a, b, r, by=by: (a.mean() - b.mean()) / by(a, b) for by in _SPREADS),
        "You divided by a spread of the changes. That is a unit too, but another one: the same difference gets another "
        "number. Divide by the spread of `ratings`.",
    ),
    "before-after": (
        lambda a, b, r: a.mean() / r.std(ddof=1),
        "That is the improvement of the trained alone: what advertisements show. The control's has to be "
        "taken away.",
    ),
    "no-division": (
        lambda a, b, r: a.mean() - b.mean(),
        "That is the difference in points of the scale. Divided by the spread of the ratings it can be "
        "compared between scales.",
    ),
    "t-statistic": (
        lambda a, b, r: (a.mean() - b.mean()) / (_pooled(a, b) * np.sqrt(1 / len(a) + 1 / len(b))),
        lambda a, b, r: (a.mean() - b.mean()) / np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)),
        "That is a t statistic, which grows with the number of people. The effect says how large the difference is, "
        "however many were measured.",
    ),
    "reversed": (
        lambda a, b, r: -_between_arms(a, b, r),
        "The sign is turned round: training minus control, so that above 0 is better.",
    ),
    "n-not-n-minus-1": (
        lambda a, b, r: (a.mean() - b.mean()) / r.std(),
        "NumPy's `std` divides by the number of people. Write `ddof=1`: the mean was estimated too.",
    ),
    "variance": (
        lambda a, b, r: (a.mean() - b.mean()) / r.var(ddof=1),
        "You divided by the variance. The standard deviation is its root.",
    ),
    "variance-0": (
        lambda a, b, r: (a.mean() - b.mean()) / r.var(),
        "You divided by the variance, and by the number of people in it. The standard deviation is its "
        "root, with `ddof=1`.",
    ),
    "reversed-0": (
        lambda a, b, r: (b.mean() - a.mean()) / r.std(),
        "Two things: training minus control, so that above 0 is better; and `std` wants `ddof=1`.",
    ),
    "before-after-0": (
        lambda a, b, r: a.mean() / r.std(),
        "Two things: the control's mean improvement has to be taken away; and `std` wants `ddof=1`.",
    ),
    "standard-error": (
        lambda a, b, r: (a.mean() - b.mean()) / (r.std(ddof=1) / np.sqrt(len(r))),
        "You divided by the standard error, which shrinks with the number of people. Divide by the standard "
        "deviation.",
    ),
    "bracket": (
        lambda a, b, r: a.mean() - b.mean() / r.std(ddof=1),
        "You divided the control's mean only. First the difference, in brackets, then the division.",
    ),
    "medians": (
        lambda a, b, r: (np.median(a) - np.median(b)) / r.std(ddof=1),
        "You compared medians. The effect here is a difference of means.",
    ),
    "sums": (
        lambda a, b, r: (a.sum() - b.sum()) / r.std(ddof=1),
        "You compared sums, and the larger arm has more to add. Compare the means.",
    ),
    "absolute": (
        lambda a, b, r: abs(a.mean() - b.mean()) / r.std(ddof=1),
        "Your effect is never below 0. If the control improves more, it should be.",
    ),
    "from-the-mean-rating": (
        lambda a, b, r: (a.mean() - b.mean() - r.mean()) / r.std(ddof=1),
        "You took the mean rating away, too. A difference of two means has its 0 already.",
    ),
    "mean-rating": (
        lambda a, b, r: (a.mean() - b.mean()) / r.mean(),
        "You divided by the mean rating. The unit is the spread of the ratings.",
    ),
    "times": (
        lambda a, b, r: (a.mean() - b.mean()) * r.std(ddof=1),
        "You multiplied by the standard deviation. In that unit means divided by it.",
    ),
    "paired": (
        lambda a, b, r: (a - b).mean() / r.std(ddof=1),
        lambda a, b, r: (a - b) / r.std(ddof=1),
        "You subtracted person from person, which works only if both arms are equally large. Subtract the means.",
    ),
}

between_arms = Exercise(
    name="between_arms",
    lesson="training-attention-in-people",
    title="The effect between two arms",
    kind="code",
    prompt="""
`training` and `control` hold improvements in points of a scale; `ratings` are first ratings of people whom nobody
selected. Write the effect: the mean improvement in training minus that in control, in standard deviations of
`ratings` (with `ddof=1`).
""",
    starter='''
def between_arms(training, control, ratings):
    """Shapes: (n_training,), (n_control,), (n_people,). Gives one number."""
    ...
''',
    reference=_between_arms,
    cases=(
        (np.array([1.0, 2.0, 3.0, 2.0]), np.array([0.0, 1.0, 1.0]), np.array([1.0, 3.0, 5.0, 7.0])),
        (normal(7, seed=121) + 1, normal(5, seed=122, scale=2.0), normal(20, seed=125, scale=3.0)),
        (normal(4, seed=123), normal(9, seed=124) + 0.5, normal(12, seed=126, scale=2.0) + 5),
        (normal(5, seed=127) + 0.4, normal(5, seed=128), normal(9, seed=129, scale=1.5) + 3),
    ),
    misconceptions=slips_of(_EFFECTS),
    hints=(
        "Which two means are compared, and which is taken away from which?",
        "The unit comes from `ratings` alone: `ratings.std(ddof=1)`.",
        "Divide the difference of the two means by it.",
    ),
    solution_code="""
def between_arms(training, control, ratings):
    return (training.mean() - control.mean()) / ratings.std(ddof=1)
""",
    why="The control arm takes away what time, regression and belief do in both.",
    notice="An effect depends on who is compared with whom, and on the unit. Ask for both before you compare two.",
)


def _share_named(known: np.ndarray, unknown: np.ndarray) -> float:
    distances = np.linalg.norm(unknown[:, np.newaxis] - known, axis=-1)
    return np.mean(distances.argmin(axis=1) == np.arange(len(unknown)))


def _named_by(distances: Callable) -> Callable:
    """Return the share that is named correctly by other distances, from the differences (n, n, n_features)."""
    return lambda known, unknown: np.mean(
        distances(unknown[:, np.newaxis] - known).argmin(axis=1) == np.arange(len(known))
    )


def _distances(known: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    return np.linalg.norm(unknown[:, np.newaxis] - known, axis=-1)


def _share(names: np.ndarray, n_people: int) -> float:
    return np.mean(names == np.arange(n_people))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


_NAMED = {
    "wrong-way-round": (
        lambda known, unknown: _share_named(unknown, known),
        "You looked for the nearest unknown recording of every known person. The question is the other way "
        "round, and two unknown ones may have the same nearest.",
    ),
    "count": (
        lambda known, unknown: _share_named(known, unknown) * len(known),
        "You counted. Divide by the number of people to get a part.",
    ),
    "farthest": (
        lambda known, unknown: _share(_distances(known, unknown).argmax(axis=1), len(known)),
        "`argmax` finds the farthest person. The nearest has the smallest distance.",
    ),
    "part-not-named": (
        lambda known, unknown: 1 - _share_named(known, unknown),
        "That is the part named wrongly.",
    ),
    "first-feature": (
        _named_by(lambda gaps: np.abs(gaps[..., 0])),
        "You compared the first feature only. A distance uses all of them, and it is the whole spectrum that "
        "gives people away.",
    ),
    "count-wrong-way-round": (
        lambda known, unknown: _share_named(unknown, known) * len(known),
        "Two things: ask for the nearest known row of every unknown one; and divide by the number of people.",
    ),
    "signed": (
        _named_by(lambda gaps: np.abs(gaps.sum(axis=-1))),
        "In your sum differences above and below 0 cancel. Square them first.",
    ),
    "city-block": (
        _named_by(lambda gaps: np.abs(gaps).sum(axis=-1)),
        "You added up absolute differences. The Euclidean distance adds up squares.",
    ),
    "largest-feature": (
        _named_by(lambda gaps: np.abs(gaps).max(axis=-1)),
        "Your distance is the largest difference alone. The Euclidean distance adds up the squares of all.",
    ),
    "dot-product": (
        lambda known, unknown: _share((unknown @ known.T).argmax(axis=1), len(known)),
        "You took the largest dot product, in which long rows win. Asked for is the smallest distance.",
    ),
    "cosine": (
        lambda known, unknown: _share((_unit(unknown) @ _unit(known).T).argmax(axis=1), len(known)),
        "You compared directions. Asked for is the smallest Euclidean distance.",
    ),
    "one-name-for-all": (
        lambda known, unknown: 1 / len(known),
        "Exactly one is named correctly in each case, as if all got the same name. Every unknown row is compared with "
        "all known ones, by differences whose signs do not cancel, and has its own nearest.",
    ),
    "over-people": (
        _named_by(lambda gaps: np.linalg.norm(gaps, axis=1)),
        "Your distance runs over the people. It runs over the features, the last axis: one number for each "
        "pair.",
    ),
    "names": (
        lambda known, unknown: _distances(known, unknown).argmin(axis=1),
        "These are the names that you gave. Which part of them is correct? Compare with `np.arange(n)`, and "
        "take the mean.",
    ),
    "each": (
        lambda known, unknown: _distances(known, unknown).argmin(axis=1) == np.arange(len(known)),
        "You say of each whether it is named correctly. Asked for is the part, one number: their mean.",
    ),
    "distance-for-name": (
        lambda known, unknown: _share(_distances(known, unknown).min(axis=1), len(known)),
        "You compared the smallest distances with the names. `argmin` says whose they are.",
    ),
    "one-nearest": (
        lambda known, unknown: _share(_distances(known, unknown).argmin(), len(known)),
        "Your `argmin` looks at all distances at once. Each unknown row has its own nearest: `axis=1`.",
    ),
}

share_named = Exercise(
    name="share_named",
    lesson="training-attention-in-people",
    title="Put the names back",
    kind="code",
    prompt="""
Row i of `known` and row i of `unknown` are spectra of the same person, from two recordings. Give every unknown row
the name of the nearest known row (Euclidean distance). Which part of them, from 0 to 1, is named correctly?
""",
    starter='''
def share_named(known, unknown):
    """Shapes: known and unknown (n_people, n_features). Gives one number from 0 to 1."""
    ...
''',
    reference=_share_named,
    cases=(
        (
            np.array([[0.2, 0.1], [4.0, 0.0], [0.0, 4.0], [9.0, 9.0]]),
            np.array([[0.2, 0.1], [3.0, 0.4], [1.0, 0.5], [7.0, 8.0]]),
        ),
        (normal(6, 3, seed=131), normal(6, 3, seed=131) + normal(6, 3, seed=132, scale=0.6)),
        (normal(8, 5, seed=133) + 3, normal(8, 5, seed=133) + 3 + normal(8, 5, seed=134, scale=0.9)),
        (
            np.array([[4.0, 0.0], [3.0, 3.0], [0.0, 9.0], [1.0, 8.0]]),
            np.array([[0.1, 0.1], [3.0, 3.0], [0.5, 9.0], [1.2, 8.4]]),
        ),
        (
            np.array([[0.1, 0.2], [1.0, 1.0], [5.0, 5.0]]),
            np.array([[0.9, 0.9], [5.2, 5.1], [0.2, 0.1]]),
        ),
    ),
    misconceptions=slips_of(_NAMED),
    hints=(
        "What are the shapes of all distances between n unknown and n known rows?",
        "`unknown[:, np.newaxis] - known` has shape (n, n, n_features); `np.linalg.norm(..., axis=-1)` makes "
        "it (n, n).",
        "`argmin(axis=1)` gives the nearest; compare with `np.arange(n)` and take the mean.",
    ),
    solution_code="""
def share_named(known, unknown):
    distances = np.linalg.norm(unknown[:, np.newaxis] - known, axis=-1)
    return np.mean(distances.argmin(axis=1) == np.arange(len(unknown)))
""",
    why="Row i of the distances belongs to unknown person i; the smallest names a known one.",
    notice="No training, no model, four lines: taking names away is not anonymising.",
)
