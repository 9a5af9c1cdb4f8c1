"""Exercises: neurofeedback, trials of it, and whose EEG it is."""

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal

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
standard deviations above the mean. Nothing is done. What is the mean of their next rating, in standard
deviations above the mean? (All is normal.) Write one number.
""",
    starter="second_rating = ...",
    reference=_second_rating,
    tolerance=1e-3,
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


band_ratio = Exercise(
    name="band_ratio",
    lesson="training-attention-in-people",
    title="The theta/beta ratio",
    kind="code",
    prompt="""
Write the theta/beta ratio: the power from 4 Hz up to, but not including, 8 Hz, divided by the power from 13 Hz up
to, but not including, 21 Hz.
""",
    starter='''
def band_ratio(frequencies, power):
    """Shapes: frequencies in Hz and power (n_frequencies,). Gives one number."""
    ...
''',
    reference=_band_ratio,
    cases=(
        (np.arange(0, 30, 0.5), (100 / (1 + np.arange(60))).round(2)),
        (np.arange(0, 41, 1.0), np.abs(normal(41, seed=101)) + 0.5),
        (np.arange(0, 64, 0.25), np.abs(normal(256, seed=102)) + 0.5),
    ),
    misconceptions=(
        Misconception(
            "upside-down",
            lambda frequencies, power: 1 / _band_ratio(frequencies, power),
            "You divided beta by theta. The ratio has theta on top: it falls when theta falls.",
        ),
        Misconception(
            "both-ends",
            lambda frequencies, power: (
                power[(frequencies >= 4) & (frequencies <= 8)].sum()
                / power[(frequencies >= 13) & (frequencies <= 21)].sum()
            ),
            "You included 8 and 21 Hz. A band ends before its upper limit, so that neighbouring bands share "
            "nothing.",
        ),
        Misconception(
            "means",
            lambda frequencies, power: (
                power[_inside(frequencies, 4, 8)].mean() / power[_inside(frequencies, 13, 21)].mean()
            ),
            "You took the mean power in each band. Beta has twice as many frequencies, so the sums are in "
            "another ratio.",
        ),
        Misconception(
            "indices",
            lambda frequencies, power: power[4:8].sum() / power[13:21].sum(),
            "You used 4 and 8 as positions in the array. They are frequencies: choose where `frequencies` "
            "lies between them.",
        ),
        Misconception(
            "whole-beta",
            lambda frequencies, power: power[_inside(frequencies, 4, 8)].sum() / power.sum(),
            "You divided by all power. Divide by that from 13 to 21 Hz only.",
        ),
    ),
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
        (normal(12, seed=111) + 5, 4),
        (np.array([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 8.0, 9.5, 7.5, 7.9, 8.4]), 5),
        (np.array([2.0, 2.0, 20.0, 5.0, 1.0, 9.0, 10.0, 7.0]), 3),
    ),
    misconceptions=(
        Misconception(
            "as-given",
            lambda ratios, n_calibration: ratios[n_calibration:] > np.median(ratios),
            "The code still does what it did: its threshold uses every epoch, and it rewards a high ratio.",
        ),
        Misconception(
            "wrong-way",
            lambda ratios, n_calibration: ratios[n_calibration:] > np.median(ratios[:n_calibration]),
            "The threshold is right. But you reward epochs above it, and theta/beta training wants the ratio "
            "to fall.",
        ),
        Misconception(
            "peeking",
            lambda ratios, n_calibration: ratios[n_calibration:] < np.median(ratios),
            "The direction is right. But the threshold is the median of all epochs, also of those still to "
            "come: half of them are always rewarded, whatever is learned.",
        ),
        Misconception(
            "mean",
            lambda ratios, n_calibration: ratios[n_calibration:] < np.mean(ratios[:n_calibration]),
            "You took the mean. One blink in the calibration would lift it for the whole session; the median "
            "hardly moves.",
        ),
        Misconception(
            "all-epochs",
            lambda ratios, n_calibration: ratios < np.median(ratios[:n_calibration]),
            "You give rewards for the calibration as well. Feedback begins after it.",
        ),
        Misconception(
            "ties",
            lambda ratios, n_calibration: ratios[n_calibration:] <= np.median(ratios[:n_calibration]),
            "A ratio that equals the threshold is not below it.",
        ),
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
    ),
    misconceptions=(
        Misconception(
            "before-after",
            lambda training, control, ratings: training.mean() / ratings.std(ddof=1),
            "That is the improvement of the trained alone: what advertisements show. The control's has to be "
            "taken away.",
        ),
        Misconception(
            "no-division",
            lambda training, control, ratings: training.mean() - control.mean(),
            "That is the difference in points of the scale. Divided by the spread of the ratings it can be "
            "compared between scales.",
        ),
        Misconception(
            "spread-of-changes",
            lambda training, control, ratings: (
                (training.mean() - control.mean()) / _pooled(training, control)
            ),
            "You divided by the spread of the changes. That is a unit too, but another one: the same difference "
            "gets another number. Divide by the spread of `ratings`.",
        ),
        Misconception(
            "t-statistic",
            lambda training, control, ratings: (
                (training.mean() - control.mean())
                / (_pooled(training, control) * np.sqrt(1 / len(training) + 1 / len(control)))
            ),
            "That is Student's t, which grows with the number of people. The effect says how large the "
            "difference is, however many were measured.",
        ),
        Misconception(
            "reversed",
            lambda training, control, ratings: -_between_arms(training, control, ratings),
            "The sign is turned round: training minus control, so that above 0 is better.",
        ),
        Misconception(
            "control-sd",
            lambda training, control, ratings: (training.mean() - control.mean()) / control.std(ddof=1),
            "You divided by the spread of the control arm's changes. Divide by the spread of `ratings`.",
        ),
        Misconception(
            "n-not-n-minus-1",
            lambda training, control, ratings: (training.mean() - control.mean()) / ratings.std(),
            "NumPy's `std` divides by the number of people. Write `ddof=1`: the mean was estimated too.",
        ),
    ),
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
            np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [9.0, 9.0]]),
            np.array([[0.5, 0.2], [3.0, 0.4], [1.0, 0.5], [7.0, 8.0]]),
        ),
        (normal(6, 3, seed=131), normal(6, 3, seed=131) + normal(6, 3, seed=132, scale=0.6)),
        (normal(8, 5, seed=133) + 3, normal(8, 5, seed=133) + 3 + normal(8, 5, seed=134, scale=0.9)),
        (
            np.array([[0.0, 0.0], [1.0, 1.0], [5.0, 5.0]]),
            np.array([[0.9, 0.9], [5.2, 5.1], [0.2, 0.1]]),
        ),
    ),
    misconceptions=(
        Misconception(
            "wrong-way-round",
            lambda known, unknown: _share_named(unknown, known),
            "You looked for the nearest unknown recording of every known person. The question is the other "
            "way round, and two unknown ones may have the same nearest.",
        ),
        Misconception(
            "count",
            lambda known, unknown: _share_named(known, unknown) * len(known),
            "You counted. Divide by the number of people to get a part.",
        ),
        Misconception(
            "farthest",
            lambda known, unknown: np.mean(
                np.linalg.norm(unknown[:, None] - known, axis=-1).argmax(axis=1) == np.arange(len(known))
            ),
            "`argmax` finds the farthest person. The nearest has the smallest distance.",
        ),
        Misconception(
            "part-not-named",
            lambda known, unknown: 1 - _share_named(known, unknown),
            "That is the part named wrongly.",
        ),
        Misconception(
            "first-feature",
            lambda known, unknown: np.mean(
                np.abs(unknown[:, None, 0] - known[:, 0]).argmin(axis=1) == np.arange(len(known))
            ),
            "You compared the first feature only. A distance uses all of them, and it is the whole spectrum "
            "that gives people away.",
        ),
    ),
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
