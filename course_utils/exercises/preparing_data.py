"""Exercises: preparing data. All of them are NumPy."""

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal, slips_of
from course_utils.exercises.preparing_data_slips import filled, fillings, inside

COLUMN = np.array([2.0, 4.0, 6.0, 8.0, 12.0])
LENGTHS = np.array([1.0, 2.0, 3.0, 4.0, 10.0])

_COLUMNS = {
    "not-divided": (
        lambda: COLUMN - 2,
        "The smallest is 0 now. How far is it to the largest? Divide by that.",
    ),
    "not-subtracted": (
        lambda: COLUMN / 10,
        "You divided by the distance from smallest to largest, 10. But the smallest should become 0: subtract first.",
    ),
    "upside-down": (
        lambda: (12 - COLUMN) / 10,
        "The smallest number has become 1, and the largest 0. It should be the other way round.",
    ),
    "standardised": (
        lambda: (COLUMN - COLUMN.mean()) / COLUMN.std(),
        lambda: (COLUMN - COLUMN.mean()) / COLUMN.std(ddof=1),
        "You standardised: mean 0, standard deviation 1. That is the other word.",
    ),
    "around-the-mean": (
        lambda: (COLUMN - COLUMN.mean()) / 10,
        lambda: COLUMN - COLUMN.mean(),
        "You subtracted the mean. The smallest number should become 0: subtract that.",
    ),
    "evenly-spread": (
        lambda: np.arange(5) / 4,
        lambda: np.arange(1, 6) / 5,
        lambda: np.arange(5) / 5,
        "You spread the numbers evenly. Normalising keeps their distances in proportion.",
    ),
    "by-the-mean": (
        lambda: COLUMN / COLUMN.mean(),
        "You divided by the mean. Normalising to [0, 1] looks at the smallest and the largest number.",
    ),
}

min_max_column = Exercise(
    name="min_max_column",
    lesson="preparing-data",
    title="Normalise a column",
    kind="prediction",
    prompt="""
Normalise the numbers 2, 4, 6, 8, 12 to the range from 0 to 1: the smallest becomes 0, the largest 1. Write a list
of five numbers, with two decimals.
""",
    starter="min_max_column = [..., ..., ..., ..., ...]",
    reference=lambda: (COLUMN - 2) / 10,
    digits=2,
    misconceptions=(
        Misconception(
            "divided-by-largest",
            lambda: COLUMN / 12,
            "You divided by the largest number. Then the smallest is not 0: what has to be subtracted first?",
        ),
        Misconception(
            "shares",
            lambda: COLUMN / COLUMN.sum(),
            "These are shares of the sum. Normalising to [0, 1] looks at the smallest and the largest number.",
        ),
        Misconception(
            "wrong-range",
            lambda: (COLUMN - 2) / 12,
            "You subtracted the smallest, but divided by the largest. How far is it from one to the other?",
        ),
        Misconception(
            "minus-one-to-one",
            lambda: (COLUMN - 2) / 5 - 1,
            "That is the range from -1 to 1. Asked was 0 to 1.",
        ),
        *slips_of(_COLUMNS),
    ),
    hints=(
        "What must be subtracted so that the smallest number becomes 0?",
        "After that, what is the largest number? Divide by it.",
        "Subtract 2, then divide by 12 - 2.",
    ),
    solution_code="min_max_column = [0, 0.2, 0.4, 0.6, 1]",
    why="(2 - 2) / 10, (4 - 2) / 10, and so on: the smallest number goes to 0, the largest to 1.",
    notice="Distances keep their proportions; only zero point and unit change.",
)


def _z(divisor: float) -> float:
    return float((10 - LENGTHS.mean()) / divisor)


largest_z = Exercise(
    name="largest_z",
    lesson="preparing-data",
    title="Standardise an outlier",
    kind="prediction",
    prompt="""
The numbers 1, 2, 3, 4, 10 have the mean 4, and their standard deviation is √10 (dividing by n). They are
standardised. What becomes of the 10? Write one number, with two decimals.
""",
    starter="largest_z = ...",
    reference=lambda: _z(np.sqrt(10)),
    digits=2,
    misconceptions=(
        Misconception(
            "one",
            lambda: 1.0,
            "1 is where *normalising* puts the largest number. Standardising has no upper end.",
        ),
        Misconception(
            "divided-by-variance",
            lambda: _z(10),
            "You divided by the variance, 10. The standard deviation is its square root.",
        ),
        Misconception(
            "mean-left-in",
            lambda: 10 / np.sqrt(10),
            "You did not subtract the mean. How far is 10 from 4?",
        ),
        Misconception(
            "not-divided", lambda: 6.0, "That is the distance from the mean. Now in units of the deviation?"
        ),
        Misconception(
            "sample-deviation",
            lambda: _z(LENGTHS.std(ddof=1)),
            "You divided by n - 1 in the standard deviation, as PyTorch's `std` does. Here it is given: √10.",
        ),
        *slips_of(
            {
                "sign": (lambda: -_z(np.sqrt(10)), "10 lies above the mean: which sign has its distance?"),
                "normalised-around-mean": (
                    lambda: 6 / 9,
                    "You divided by the distance from smallest to largest. Standardising takes the deviation, √10.",
                ),
                "from-the-median": (
                    lambda: 7 / np.sqrt(10),
                    "That is the distance from the median, 3. The mean is 4.",
                ),
                "brackets": (
                    lambda: 10 - 4 / np.sqrt(10),
                    "Division came before subtraction: put the difference from the mean in brackets.",
                ),
                "all-five": (
                    lambda: (LENGTHS - 4) / np.sqrt(10),
                    "These are all five numbers, standardised. Asked is what becomes of the 10.",
                ),
                "multiplied": (lambda: 6 * np.sqrt(10), "You multiplied by the deviation. Divide by it."),
                "share": (
                    lambda: 10 / 20,
                    "That is the share of 10 in the sum. How far is it from the mean?",
                ),
                "over-the-mean": (lambda: 10 / 4, lambda: 6 / 4, "You divided by the mean. Divide by √10."),
            }
        ),
    ),
    hints=(
        "How far is 10 from the mean?",
        "How many standard deviations is that?",
        "6 / √10.",
    ),
    solution_code="largest_z = (10 - 4) / np.sqrt(10)",
    why="(10 - 4) / √10 = 1.897: the number of standard deviations above the mean.",
    notice="Nothing keeps this below 1: standardised values have no fixed range.",
)


where_rotation_belongs = Exercise(
    name="where_rotation_belongs",
    lesson="preparing-data",
    title="Where a random rotation belongs",
    kind="prediction",
    prompt="""
You train a network with random rotations of up to 10 degrees. To which pictures do you apply them? Write one
letter in quotes.
""",
    starter='where_rotation_belongs = "..."',
    options={
        "a": "to all pictures once, before the split, as part of the cleaning",
        "b": "to the training pictures, in every epoch anew",
        "c": "to the training and the test pictures, so that both are alike",
        "d": "to the pictures that are damaged",
    },
    reference=lambda: "b",
    misconceptions=(
        Misconception(
            "cleaning",
            lambda: "a",
            "Before the split, a picture and its rotated copy can land on both sides of it. And which fault would "
            "the rotation remove?",
        ),
        Misconception(
            "test-too",
            lambda: "c",
            "The test asks how the network does on pictures as they come. Altering them at random changes the "
            "question, and adds noise to the answer.",
        ),
        Misconception(
            "repair",
            lambda: "d",
            "A rotated damaged picture is still damaged. Find it and repair or remove it.",
        ),
    ),
    hints=(
        "Does a rotation remove a fault, or make new pictures?",
        "What should the test measure?",
        "Only the part that the network learns from is altered, and differently each time.",
    ),
    solution_code='where_rotation_belongs = "b"',
    why="Augmentation shows the network new variants in training; validation and test stay as the world gives them.",
    notice="So the order is: find copies, split, clean each part by one rule, augment the training part.",
)


def _scaled(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    return (test - train.mean(axis=0)) / train.std(axis=0)


def _own_statistics(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    return (test - test.mean(axis=0)) / test.std(axis=0)


def _all_statistics(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    everything = np.concatenate([train, test])
    return (test - everything.mean(axis=0)) / everything.std(axis=0)


_SCALES = {
    "mean-of-test": (
        lambda train, test: (test - test.mean(axis=0)) / train.std(axis=0),
        "The deviation is the training part's, the mean is the test's own. Take both from the training part.",
    ),
    "deviation-of-test": (
        lambda train, test: (test - train.mean(axis=0)) / test.std(axis=0),
        "The mean is the training part's, the deviation is the test's own. Take both from the training part.",
    ),
    "deviation-only": (
        lambda train, test: test / train.std(axis=0),
        "You divided by the deviation. Subtract the training part's mean first.",
    ),
    "brackets": (
        lambda train, test: test / train.std(axis=0) - train.mean(axis=0),
        lambda train, test: test - train.mean(axis=0) / train.std(axis=0),
        "Division came before subtraction. Put the difference from the mean in brackets.",
    ),
    "multiplied": (
        lambda train, test: (test - train.mean(axis=0)) * train.std(axis=0),
        "You multiplied by the deviation. Divide by it.",
    ),
    "added": (
        lambda train, test: (test + train.mean(axis=0)) / train.std(axis=0),
        "The mean is added. Subtract it, so that the training part would end at mean 0.",
    ),
    "axis-of-training": (
        lambda train, test: (test - train.mean(axis=1)) / train.std(axis=1),
        lambda train, test: (test - train.mean(axis=1, keepdims=True)) / train.std(axis=1, keepdims=True),
        "You took mean and deviation along axis 1, over the features of each example. The examples lie along axis 0.",
    ),
    "one-deviation": (
        lambda train, test: (test - train.mean(axis=0)) / train.std(),
        "Each feature has its own mean now, but all share one deviation. Take that along axis 0 too.",
    ),
    "both-parts": (
        lambda train, test: (_scaled(train, train), _scaled(train, test)),
        lambda train, test: _scaled(train, np.concatenate([train, test])),
        "You give both parts. Asked is the test part alone.",
    ),
    "own-range": (
        lambda train, test: (test - test.min(axis=0)) / (test.max(axis=0) - test.min(axis=0)),
        "You normalised the test part by its own smallest and largest. Standardise it, by the training part's numbers.",
    ),
    "one-mean-of-test": (
        lambda train, test: (test - test.mean()) / test.std(),
        "You took the test part's own mean, and one for all features. Each needs one of its own, from the training part.",
    ),
    "no-mean-under-the-root": (
        lambda train, test: (
            (test - train.mean(axis=0)) / np.sqrt(((train - train.mean(axis=0)) ** 2).sum(axis=0))
        ),
        "Your result is that of the root of the *sum* of squares. The deviation takes their mean first.",
    ),
    "n-minus-one-of-all": (
        lambda train, test: (test - test.mean(axis=0)) / test.std(axis=0, ddof=1),
        "You used the test part's own mean and deviation (with n - 1). Take the training part's.",
    ),
}


scale_by_training = Exercise(
    name="scale_by_training",
    lesson="preparing-data",
    title="Standardise without a leak",
    kind="code",
    prompt="""
Standardise the test part, each feature for itself, with what may be known: the mean and standard deviation of the
*training* part (dividing by n). No feature is constant there. Build it from NumPy.
""",
    starter='''
def scale_by_training(train, test):
    """Shapes: train (n_train, n_features), test (n_test, n_features). Gives the test part, scaled."""
    ...
''',
    reference=_scaled,
    cases=(
        (np.array([[1.0, 10.0], [3.0, 30.0]]), np.array([[2.0, 20.0], [5.0, 10.0], [9.0, 0.0]])),
        (normal(6, 3, seed=501), normal(4, 3, seed=502) + 1),
        (normal(5, 2, seed=503, scale=3.0) + 7, normal(3, 2, seed=504)),
        (normal(3, 3, seed=508), normal(3, 3, seed=509) - 1),
    ),
    misconceptions=(
        Misconception(
            "own-statistics",
            _own_statistics,
            "You used the test part's own mean and deviation. Then one test picture alone could not be scaled, and "
            "the same picture would get other numbers in other company.",
        ),
        Misconception(
            "all-statistics",
            _all_statistics,
            "You measured mean and deviation on both parts together: that lets the test leak into the preparation.",
        ),
        Misconception(
            "one-mean",
            lambda train, test: (test - train.mean()) / train.std(),
            "You took one mean over all features. A length and a weight need a mean each: which axis holds the "
            "examples?",
        ),
        Misconception(
            "axis-of-features",
            lambda train, test: (test - test.mean(axis=1, keepdims=True)) / test.std(axis=1, keepdims=True),
            "You standardised each example over its features. Take each feature over the training examples: axis 0.",
        ),
        Misconception(
            "mean-only",
            lambda train, test: test - train.mean(axis=0),
            "You subtracted the mean. Now divide by the standard deviation of the training part.",
        ),
        Misconception(
            "normalised",
            lambda train, test: (test - train.min(axis=0)) / (train.max(axis=0) - train.min(axis=0)),
            "You normalised by smallest and largest. Standardising takes mean and standard deviation.",
        ),
        Misconception(
            "variance",
            lambda train, test: (test - train.mean(axis=0)) / train.var(axis=0),
            "You divided by the variance. The standard deviation is its square root.",
        ),
        Misconception(
            "n-minus-one",
            lambda train, test: (test - train.mean(axis=0)) / train.std(axis=0, ddof=1),
            "You divided by n - 1 in the deviation. Here, as in StandardScaler, it is n.",
        ),
        Misconception(
            "scaled-training",
            lambda train, test: _scaled(train, train),
            "You scaled the training part. Asked is the test part, by the training part's numbers.",
        ),
        *slips_of(_SCALES),
    ),
    hints=(
        "Which numbers do you know before you have seen any test picture?",
        "One mean for each feature: the examples lie along axis 0.",
        "`return (test - train.mean(axis=0)) / train.std(axis=0)`",
    ),
    solution_code="""
def scale_by_training(train, test):
    return (test - train.mean(axis=0)) / train.std(axis=0)
""",
    why="The preparation is part of the model: what it learns, it learns from the training part.",
    notice="The scaled test part need not have mean 0: that it doesn't is information, not an error.",
)


def _precision_and_recall(flagged: np.ndarray, wrong: np.ndarray) -> list:
    hits = wrong[flagged].sum()
    return [hits / flagged.sum(), hits / wrong.sum()]


SEARCH = np.random.default_rng(505).random((2, 40)) < 0.4


def _ratios(first: object, second: object) -> object:
    """Build a wrong answer from its two numbers."""
    return lambda flagged, wrong: [first(flagged, wrong), second(flagged, wrong)]


def _precision(flagged: np.ndarray, wrong: np.ndarray) -> float:
    return (flagged & wrong).sum() / flagged.sum()


def _recall(flagged: np.ndarray, wrong: np.ndarray) -> float:
    return (flagged & wrong).sum() / wrong.sum()


_SEARCHES = {
    "precision-twice": (
        _ratios(_precision, _precision),
        "Both numbers are the precision. Recall divides by the wrong ones.",
    ),
    "recall-twice": (
        _ratios(_recall, _recall),
        "Both numbers are the recall. Precision divides by the flagged ones.",
    ),
    "specificity": (
        _ratios(_precision, lambda flagged, wrong: (~flagged & ~wrong).sum() / max((~wrong).sum(), 1)),
        "The precision is right. Your second number is how many *sound* examples were left alone; recall looks at "
        "the wrong ones.",
    ),
    "false-positive-rate": (
        _ratios(lambda flagged, wrong: (flagged & ~wrong).sum() / flagged.sum(), _recall),
        "The recall is right. Your first number is the share of false alarms; precision counts the hits.",
    ),
    "misses": (
        _ratios(_precision, lambda flagged, wrong: (wrong & ~flagged).sum() / wrong.sum()),
        "The precision is right. Your second number is the share that was missed; recall is the share that was found.",
    ),
    "agreement-as-hits": (
        _ratios(
            lambda flagged, wrong: (flagged == wrong).sum() / flagged.sum(),
            lambda flagged, wrong: (flagged == wrong).sum() / wrong.sum(),
        ),
        "You counted where flag and truth agree, sound examples too. A hit is flagged *and* wrong.",
    ),
    "share-of-all-for-one": (
        _ratios(lambda flagged, wrong: (flagged & wrong).mean(), _recall),
        _ratios(_precision, lambda flagged, wrong: (flagged & wrong).mean()),
        "One of the two divides the hits by all examples. Precision divides by the flagged, recall by the wrong ones.",
    ),
    "accuracy-for-one": (
        _ratios(_precision, lambda flagged, wrong: (flagged == wrong).mean()),
        _ratios(lambda flagged, wrong: (flagged == wrong).mean(), _recall),
        "One of the two is the accuracy, how often flag and truth agree. Take the hits, over a denominator of its own.",
    ),
    "shares-marked": (
        _ratios(lambda flagged, wrong: flagged.mean(), lambda flagged, wrong: wrong.mean()),
        "These are the shares of flagged and of wrong ones. Count the hits: flagged *and* wrong.",
    ),
    "one-number": (
        lambda flagged, wrong: _precision(flagged, wrong),
        lambda flagged, wrong: _recall(flagged, wrong),
        "You gave one of the two. Asked are both, the precision and then the recall.",
    ),
    "of-the-others": (
        _ratios(
            lambda flagged, wrong: (flagged & wrong).sum() / (~flagged).sum(),
            lambda flagged, wrong: (flagged & wrong).sum() / (~wrong).sum(),
        ),
        "You divided by those *not* flagged and those *not* wrong. Take the flagged, and the wrong ones.",
    ),
    "of-the-union": (
        lambda flagged, wrong: [(flagged & wrong).sum() / (flagged | wrong).sum()] * 2,
        "You divided by all that are flagged or wrong. Precision and recall have denominators of their own.",
    ),
    "counts-of-each": (
        _ratios(
            lambda flagged, wrong: flagged.sum() / wrong.sum(),
            lambda flagged, wrong: wrong.sum() / flagged.sum(),
        ),
        "You divided one count by the other. Count the hits first: flagged *and* wrong.",
    ),
}

score_the_search = Exercise(
    name="score_the_search",
    lesson="preparing-data",
    title="Score a search for faults",
    kind="code",
    prompt="""
A search flagged some examples; some are truly wrong. Give two numbers: the *precision*, which share of the flagged
is truly wrong, and the *recall*, which share of the truly wrong was flagged. At least one is flagged, and at least
one is wrong.
""",
    starter='''
def score_the_search(flagged, wrong):
    """Shapes: flagged (n,) and wrong (n,), both True or False. Gives [precision, recall]."""
    ...
''',
    reference=_precision_and_recall,
    cases=(
        (np.array([True, True, True, False, False]), np.array([True, False, False, True, False])),
        (SEARCH[0], SEARCH[1]),
        (np.array([False, True, False]), np.array([True, True, True])),
        (np.array([True, False, False, True]), np.array([False, True, False, False])),
    ),
    misconceptions=(
        Misconception(
            "swapped",
            lambda flagged, wrong: _precision_and_recall(flagged, wrong)[::-1],
            "You swapped them. Precision looks at the flagged ones, recall at the wrong ones.",
        ),
        Misconception(
            "accuracy",
            lambda flagged, wrong: [(flagged == wrong).mean()] * 2,
            "That is the accuracy: how often flag and truth agree. Where few are wrong, flagging nothing would "
            "score well.",
        ),
        Misconception(
            "shares-of-all",
            lambda flagged, wrong: [(flagged & wrong).mean()] * 2,
            "You divided the hits by all examples. Precision and recall have denominators of their own.",
        ),
        Misconception(
            "or-for-and",
            lambda flagged, wrong: [
                (flagged | wrong).sum() / flagged.sum(),
                (flagged | wrong).sum() / wrong.sum(),
            ],
            "You counted what is flagged *or* wrong. A hit is both.",
        ),
        Misconception(
            "counts",
            lambda flagged, wrong: [(flagged & wrong).sum(), (flagged & wrong).sum()],
            "These are counts of the hits. Of how many flagged, and of how many wrong?",
        ),
        Misconception(
            "false-alarm-rate",
            lambda flagged, wrong: [
                (flagged & ~wrong).sum() / flagged.sum(),
                (wrong & ~flagged).sum() / wrong.sum(),
            ],
            "These are the shares of errors: false alarms, and faults that were missed. Take the hits.",
        ),
        *slips_of(_SEARCHES),
    ),
    hints=(
        "What is a hit? Flagged and wrong: `flagged & wrong`.",
        "Both numbers divide the hits by something: once by the flagged ones, once by the wrong ones.",
        "`hits = (flagged & wrong).sum()`, then `[hits / flagged.sum(), hits / wrong.sum()]`.",
    ),
    solution_code="""
def score_the_search(flagged, wrong):
    hits = (flagged & wrong).sum()
    return [hits / flagged.sum(), hits / wrong.sum()]
""",
    why="Precision says how many suspects deserve it, recall how many faults were found.",
    notice="Flagging everything has recall 1, flagging one sure case has precision 1: always look at both.",
)


NAN = np.nan
HEIGHTS = np.array([60.0, 62.5, NAN, 70.0, -999.0, 20.0, 700.0, 65.0])


fill_from_training = Exercise(
    name="fill_from_training",
    lesson="preparing-data",
    title="Repair the filling of gaps",
    kind="repair",
    prompt="""
A column of measurements has gaps (NaN) and impossible values, below `low` or above `high`. This function should
replace both in the test part by the median of the *possible* values of the *training* part. It has more than one
fault. The bounds themselves are possible.
""",
    starter='''
def fill_from_training(train, test, low, high):
    """Shapes: train (n_train,), test (n_test,). Gives the test column without gaps, (n_test,)."""
    median = np.nanmedian(test)
    return np.where(np.isnan(test), median, test)
''',
    reference=filled,
    cases=(
        (HEIGHTS, np.array([NAN, 50.0, -999.0, 30.0, 500.0, 70.0]), 0.0, 70.0),
        (np.array([1.0, 2.0, 9.0, NAN]), np.array([NAN, 3.0, 4.0, 5.0]), 0.0, 10.0),
        (np.array([-5.0, 0.0, 0.5, 1.0, 8.0, 9.0]), np.array([0.0, 1.0, 1.5, -0.1, NAN]), 0.0, 1.0),
        (np.array([1.0, 2.0, NAN, 900, 901, 950]), np.array([NAN, 5.0, -999, 600, 700]), 0.0, 10.0),
        (np.array([2.0, NAN, 5.0, 7.0, 20.0]), np.array([1.0, 2.0, 6.0, 30.0]), 0.0, 10.0),
    ),
    misconceptions=(
        *fillings(),
        Misconception(
            "rows-dropped",
            lambda train, test, low, high: inside(test, low, high),
            "You dropped the test values that have a fault. But each test example needs an answer: fill in.",
        ),
    ),
    hints=(
        "Which part may the median come from? And which of its values?",
        "A comparison with NaN is False, so `(test >= low) & (test <= high)` is False for gaps as well.",
        "`known = train[(train >= low) & (train <= high)]`, and its median goes where the test is not possible.",
    ),
    solution_code="""
def fill_from_training(train, test, low, high):
    known = train[(train >= low) & (train <= high)]
    possible = (test >= low) & (test <= high)
    return np.where(possible, test, np.median(known))
""",
    why="First decide what is possible, then learn the filling from the training part, then fill every gap.",
    notice="The same rule treats the code -999, a wrong unit, and an empty cell.",
)


def _parted(groups: np.ndarray, in_test: np.ndarray) -> list:
    return sorted(set(groups[in_test].tolist()).intersection(groups[~in_test].tolist()))


GROUPS = np.random.default_rng(506).integers(0, 12, 30)
SIDES = np.random.default_rng(507).random(30) < 0.3

_PARTED = {
    "all-training-groups": (
        lambda groups, in_test: sorted(set(groups[~in_test].tolist())),
        "These are all groups of the training. Which of them lie in the test too?",
    ),
    "repeats-of-training": (
        lambda groups, in_test: sorted(g for g in groups[~in_test].tolist() if g in groups[in_test]),
        lambda groups, in_test: sorted(g for g in groups.tolist() if g in _parted(groups, in_test)),
        lambda groups, in_test: [g for g in groups[in_test] if g in groups[~in_test]],
        lambda groups, in_test: [g for g in groups[~in_test] if g in groups[in_test]],
        lambda groups, in_test: [g for g in groups if g in _parted(groups, in_test)],
        "You listed a group once for each of its pictures. Each group counts once.",
    ),
    "only-in-test": (
        lambda groups, in_test: sorted(set(groups[in_test].tolist()) - set(groups[~in_test].tolist())),
        "These groups lie in the test alone. Asked are those on both sides.",
    ),
    "only-in-training": (
        lambda groups, in_test: sorted(set(groups[~in_test].tolist()) - set(groups[in_test].tolist())),
        "These groups lie in the training alone. Asked are those on both sides.",
    ),
    "order": (
        lambda groups, in_test: list(
            dict.fromkeys(g for g in groups.tolist() if g in _parted(groups, in_test))
        ),
        lambda groups, in_test: _parted(groups, in_test)[::-1],
        lambda groups, in_test: list(set(groups[in_test]) & set(groups[~in_test])),
        lambda groups, in_test: list(
            dict.fromkeys(g for g in groups[in_test].tolist() if g in groups[~in_test])
        ),
        lambda groups, in_test: list(
            dict.fromkeys(g for g in groups[~in_test].tolist() if g in groups[in_test])
        ),
        "These are the right groups. Put them in rising order.",
    ),
    "places": (
        lambda groups, in_test: [i for i, g in enumerate(groups) if g in _parted(groups, in_test)],
        lambda groups, in_test: np.isin(groups, _parted(groups, in_test)),
        lambda groups, in_test: np.isin(groups[in_test], groups[~in_test]),
        "You say which *pictures* belong to such a group. Asked are the groups' numbers.",
    ),
    "how-many": (
        lambda groups, in_test: len(_parted(groups, in_test)),
        "You counted the groups. Asked are their numbers.",
    ),
}

parted_groups = Exercise(
    name="parted_groups",
    lesson="preparing-data",
    title="Which groups does a split tear apart?",
    kind="code",
    prompt="""
Each picture belongs to a group, such as the photos of one person. A split puts some pictures in the test, the
others in the training. Give the numbers of the groups that lie on *both* sides, each once, in rising order.
""",
    starter='''
def parted_groups(groups, in_test):
    """Shapes: groups (n,) whole numbers, in_test (n,) True or False. Gives a list of whole numbers."""
    ...
''',
    reference=_parted,
    cases=(
        (np.array([1, 1, 2, 3, 3, 3]), np.array([True, False, True, False, False, True])),
        (GROUPS, SIDES),
        (np.array([9, 4, 9, 4]), np.array([True, False, False, True])),
        (np.array([8, 3, 8, 8, 5, 3]), np.array([True, True, True, False, True, False])),
        (np.array([5, 6, 7]), np.array([False, True, False])),
    ),
    misconceptions=(
        Misconception(
            "all-test-groups",
            lambda groups, in_test: sorted(set(groups[in_test].tolist())),
            "These are all groups of the test. Which of them lie in the training too?",
        ),
        Misconception(
            "larger-groups",
            lambda groups, in_test: [int(g) for g in np.unique(groups) if (groups == g).sum() > 1],
            "You listed the groups with more than one picture. Such a group is fine as long as it stays together.",
        ),
        Misconception(
            "repeats",
            lambda groups, in_test: sorted(g for g in groups[in_test].tolist() if g in groups[~in_test]),
            "You listed a group once for each of its test pictures. Each group counts once.",
        ),
        Misconception(
            "whole-groups",
            lambda groups, in_test: sorted(set(groups.tolist()) - set(_parted(groups, in_test))),
            "These are the groups that stayed together. Asked are the others.",
        ),
        Misconception(
            "either-side",
            lambda groups, in_test: sorted(set(groups.tolist())),
            "You listed all groups, on either side. Which lie on both?",
        ),
        *slips_of(_PARTED),
    ),
    hints=(
        "Which groups are in the test? Which in the training?",
        "`groups[in_test]` and `groups[~in_test]`; what do the two have in common?",
        "`np.intersect1d(groups[in_test], groups[~in_test])` gives it, sorted and each once.",
    ),
    solution_code="""
def parted_groups(groups, in_test):
    return np.intersect1d(groups[in_test], groups[~in_test])
""",
    why="A group that lies on both sides lets the model recognise instead of generalise.",
    notice="For a sound split this list is empty; it makes a good test to run on every split of your own.",
)
