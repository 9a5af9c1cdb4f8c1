"""Exercises: measures of a classifier, intervals, folds, and an attention map as evidence."""

from collections.abc import Callable

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal

N_PEOPLE, N_ILL = 200, 8
SIZES, RECALLS = np.array([90, 8, 2]), np.array([1.0, 0.5, 0.0])  # of three classes


def _no_to_everybody() -> list[float]:
    return [(N_PEOPLE - N_ILL) / N_PEOPLE, 0.0]


no_to_everybody = Exercise(
    name="no_to_everybody",
    lesson="evaluating-classifiers",
    title="The test that always says no",
    kind="prediction",
    prompt="""
Of 200 people 8 are ill. A test says "no" to everybody. What are its accuracy (the share of all answers that are
right) and its recall (the share of the ill that it finds)? Write a list of two numbers from 0 to 1.
""",
    starter="no_to_everybody = [..., ...]",
    reference=_no_to_everybody,
    tolerance=1e-3,
    misconceptions=(
        Misconception(
            "useless-so-nothing",
            lambda: [0.0, 0.0],
            "It finds nobody, yes. But its answer is right for everybody who is well, and accuracy counts them.",
        ),
        Misconception(
            "useless-so-half",
            lambda: [0.5, 0.0],
            "Half would be a coin's accuracy with two equally common classes. Here most people are well.",
        ),
        Misconception(
            "swapped",
            lambda: [0.0, 0.96],
            "The two are swapped: recall looks at the ill alone, and accuracy at everybody.",
        ),
        Misconception(
            "share-of-the-ill",
            lambda: [0.04, 0.0],
            "0.04 is the share of the ill, for whom the answer is wrong. Accuracy is the share of right answers.",
        ),
        Misconception(
            "recall-of-the-well",
            lambda: [0.96, 1.0],
            "All of the well are recognised, but recall asks about the ill: how many of the 8 are found?",
        ),
        Misconception(
            "one-measure",
            lambda: [0.96, 0.96],
            "The accuracy is right. Recall has another denominator: the 8 who are ill.",
        ),
    ),
    hints=(
        "For how many of the 200 people is the answer right?",
        "Recall divides by the number of the ill. How many of them got a yes?",
        "192 of 200 answers are right, and 0 of 8 people are found.",
    ),
    solution_code="no_to_everybody = [192 / 200, 0 / 8]",
    why="The 192 who are well get the right answer, 0.96 of all. None of the 8 who are ill is found.",
    notice="The rarer the class, the higher the accuracy of never naming it.",
)


map_without_head = Exercise(
    name="map_without_head",
    lesson="evaluating-classifiers",
    title="A random last layer",
    kind="prediction",
    prompt="""
A trained network scores each position of a picture, pools the features by these attention weights, and classifies
the pooled features by its last layer. Now the last layer is replaced by random numbers, and nothing else. What
happens? Write one letter in quotes.
""",
    starter='map_without_head = "..."',
    options={
        "a": "answers and attention map both become random",
        "b": "the answers become useless, and the attention map stays exactly the same",
        "c": "the answers become useless, and the map gets blurred a little",
        "d": "the answers survive, since the attention still looks at the right place",
    },
    reference=lambda: "b",
    misconceptions=(
        Misconception(
            "everything-random",
            lambda: "a",
            "The answers become random, yes. But which layers does the map depend on? Follow the picture through "
            "the network: is the map made before or after the last layer?",
        ),
        Misconception(
            "map-blurred",
            lambda: "c",
            "Nothing runs backwards while a network answers: a layer that comes later can't blur what was computed "
            "before it.",
        ),
        Misconception(
            "answers-survive",
            lambda: "d",
            "The right place is still attended. But a random last layer doesn't know which features mean a shirt.",
        ),
    ),
    hints=(
        "In which order are the map, the pooled features and the answer computed?",
        "Which of the network's layers does the map depend on?",
        "The map is finished before the last layer has begun.",
    ),
    solution_code='map_without_head = "b"',
    why="The attention weights are computed from the features alone. The last layer comes after them, so it changes "
    "the answers and never the map.",
    notice="So this map can't say why the network said one class and not another.",
)


def _rare_average() -> list[float]:
    return [RECALLS.mean(), (SIZES / SIZES.sum()) @ RECALLS]


rare_average = Exercise(
    name="rare_average",
    lesson="evaluating-classifiers",
    title="Macro and weighted",
    kind="prediction",
    prompt="""
Three classes have 90, 8 and 2 examples. A classifier's recall is 1 for the first, 0.5 for the second and 0 for the
third. What are its macro recall and its weighted recall? Write a list of two numbers.
""",
    starter="rare_average = [..., ...]",
    reference=_rare_average,
    tolerance=1e-3,
    misconceptions=(
        Misconception(
            "swapped",
            lambda: _rare_average()[::-1],
            "These are the two numbers, swapped. Macro gives each class the same say, weighted each example.",
        ),
        Misconception(
            "macro-twice",
            lambda: [0.5, 0.5],
            "0.5 is the plain average over classes. The weighted one counts each class by its number of examples.",
        ),
        Misconception(
            "weighted-twice",
            lambda: [0.94, 0.94],
            "0.94 is the weighted one. Macro forgets the sizes: the average of 1, 0.5 and 0.",
        ),
        Misconception(
            "no-division",
            lambda: [1.5, 94.0],
            "These are sums. Divide the first by the number of classes, and the second by that of the examples.",
        ),
    ),
    hints=(
        "Which of the two forgets how many examples a class has?",
        "Macro: (1 + 0.5 + 0) / 3.",
        "Weighted: (90 · 1 + 8 · 0.5 + 2 · 0) / 100.",
    ),
    solution_code="rare_average = [(1 + 0.5 + 0) / 3, (90 * 1 + 8 * 0.5 + 2 * 0) / 100]",
    why="Macro averages the classes, 0.5. Weighted averages the examples, 0.94, and that is the accuracy.",
    notice="One of them hides that a whole class is missed; a table of all classes hides nothing.",
)


def _scores_at(scores: np.ndarray, labels: np.ndarray, threshold: float) -> list[float]:
    found = labels[~(scores < threshold)]  # the labels of those who get a yes
    precision, recall = found.mean(), found.sum() / labels.sum()
    return [precision, recall, 2 * precision * recall / (precision + recall)]


def _with(change: Callable) -> Callable:
    """Turn the three right numbers into wrong ones."""
    return lambda scores, labels, threshold: change(*_scores_at(scores, labels, threshold))


def _threshold_case(n: int, n_ill: int, threshold: float, seed: int) -> tuple:
    """Give scores of which one lies on the threshold, labels, and the threshold."""
    labels = np.repeat([1, 0], [n_ill, n - n_ill])
    scores = normal(n, seed=seed) + 1.5 * labels
    scores[-1] = threshold
    return scores, labels, threshold


scores_at = Exercise(
    name="scores_at",
    lesson="evaluating-classifiers",
    title="Precision, recall and F1 at a threshold",
    kind="code",
    prompt="""
A classifier gives each person a score; those at the threshold or above get a "yes". Labels are 1 for the ill and 0
for the others. Compute precision, recall and F1. (In each case at least one ill person gets a "yes".)
""",
    starter='''
def scores_at(scores, labels, threshold):
    """Shapes: scores and labels (n,). Gives the list [precision, recall, F1]."""
    ...
''',
    reference=_scores_at,
    cases=(
        (np.array([0.9, 0.8, 0.7, 0.4, 0.2]), np.array([1, 0, 1, 1, 0]), 0.7),
        _threshold_case(20, 6, 0.5, seed=301),
        _threshold_case(50, 5, 1.0, seed=302),
    ),
    misconceptions=(
        Misconception(
            "strictly-above",
            lambda scores, labels, threshold: _scores_at(scores, labels, np.nextafter(threshold, np.inf)),
            "You left out the person whose score lies exactly on the threshold: at it or above means `>=`.",
        ),
        Misconception(
            "below-is-yes",
            lambda scores, labels, threshold: _scores_at(-scores, labels, -threshold),
            "You said yes to the scores below the threshold. A high score means yes.",
        ),
        Misconception(
            "precision-and-recall-swapped",
            _with(lambda precision, recall, f1: [recall, precision, f1]),
            "Precision and recall are swapped. Precision divides by those who got a yes, recall by the ill. F1 is "
            "the same either way.",
        ),
        Misconception(
            "plain-mean",
            _with(lambda precision, recall, f1: [precision, recall, (precision + recall) / 2]),
            "Your F1 is the plain mean of the two. It is the harmonic mean, 2PR / (P + R), which lies nearer to the "
            "smaller one.",
        ),
        Misconception(
            "no-factor-two",
            _with(lambda precision, recall, f1: [precision, recall, f1 / 2]),
            "Your F1 is half of what it should be. For P = R = 1, F1 is 1: the formula is 2PR / (P + R).",
        ),
        Misconception(
            "accuracy-for-precision",
            lambda scores, labels, threshold: [
                np.mean((scores >= threshold) == (labels == 1)),
                *_scores_at(scores, labels, threshold)[1:],
            ],
            "The first number is the accuracy, 准确率. Precision, 精确率, looks only at those who got a yes.",
        ),
    ),
    hints=(
        "Who gets a yes? Who is ill? Who is both?",
        "`said = scores >= threshold`; then `np.sum(said & (labels == 1))` counts those who are found.",
        "Divide the found by `said.sum()` for the precision, and by `labels.sum()` for the recall.",
    ),
    solution_code="""
def scores_at(scores, labels, threshold):
    said = scores >= threshold
    found = np.sum(said & (labels == 1))
    precision, recall = found / said.sum(), found / labels.sum()
    return [precision, recall, 2 * precision * recall / (precision + recall)]
""",
    why="Both share the numerator, the ill who got a yes. Precision divides by all yes answers, recall by all ill.",
    notice="None of the three counts the true negatives: people who are well and were told so.",
)


def _paired_interval(right_a: np.ndarray, right_b: np.ndarray, draws: np.ndarray) -> np.ndarray:
    differences = right_b[draws].mean(axis=1) - right_a[draws].mean(axis=1)
    return np.quantile(differences, [0.025, 0.975])


def _quantiles(low: float, high: float) -> Callable:
    """Give another interval of the same differences."""
    return lambda a, b, draws: np.quantile(b[draws].mean(axis=1) - a[draws].mean(axis=1), [low, high])


def _paired_case(n: int, n_draws: int, seed: int) -> tuple:
    """Give which answers of two classifiers are right, mostly the same, and bootstrap draws."""
    rng = np.random.default_rng(seed)
    right_a = rng.random(n) < 0.7
    right_b = np.where(rng.random(n) < 0.2, rng.random(n) < 0.7, right_a)
    return right_a.astype(float), right_b.astype(float), rng.integers(0, n, size=(n_draws, n))


paired_interval = Exercise(
    name="paired_interval",
    lesson="evaluating-classifiers",
    title="Repair a comparison of two classifiers",
    kind="repair",
    prompt="""
Two classifiers, A and B, answered the same n pictures; `right_a` and `right_b` say which answers are right, 1 or 0.
`draws` holds, row by row, pictures drawn with replacement. The function shall give the 95 % bootstrap interval for
the accuracy of B minus that of A, paired. It has two faults.
""",
    starter='''
def paired_interval(right_a, right_b, draws):
    """Shapes: right_a, right_b (n,), draws (n_draws, n) integers. Gives two numbers, low and high."""
    accuracies_a = right_a[draws].mean(axis=1)
    accuracies_b = right_b[draws[::-1]].mean(axis=1)
    return np.quantile(accuracies_b - accuracies_a, [0.05, 0.95])
''',
    reference=_paired_interval,
    cases=(_paired_case(40, 60, seed=311), _paired_case(25, 101, seed=312), _paired_case(80, 40, seed=315)),
    misconceptions=(
        Misconception(
            "still-unpaired",
            lambda a, b, draws: np.quantile(
                b[draws[::-1]].mean(axis=1) - a[draws].mean(axis=1), [0.025, 0.975]
            ),
            "The quantiles are right. But A and B are still compared on different draws: row by row, both need the "
            "same pictures.",
        ),
        Misconception(
            "ninety-percent",
            _quantiles(0.05, 0.95),
            "The draws are paired now. But from 0.05 to 0.95 lie 90 %: which two quantiles enclose 95 %?",
        ),
        Misconception(
            "one-sided",
            _quantiles(0.0, 0.95),
            "95 % lie between your numbers, but all that is left out lies at one end. Leave out half at each.",
        ),
        Misconception(
            "a-minus-b",
            lambda a, b, draws: _paired_interval(b, a, draws),
            "This is A minus B. B minus A was asked for.",
        ),
    ),
    hints=(
        "In one draw, do both classifiers answer the same pictures?",
        "Which share of the differences lies between the quantiles 0.05 and 0.95?",
        "Remove `[::-1]`, and leave 0.025 out at either end.",
    ),
    solution_code="""
def paired_interval(right_a, right_b, draws):
    accuracies_a = right_a[draws].mean(axis=1)
    accuracies_b = right_b[draws].mean(axis=1)
    return np.quantile(accuracies_b - accuracies_a, [0.025, 0.975])
""",
    why="Pictures that are hard for both lower both accuracies of a draw; in the paired difference that cancels.",
    notice="The pairing costs nothing and narrows the interval whenever both find the same pictures hard.",
)


def _fold_errors(values: np.ndarray, folds: np.ndarray) -> list[float]:
    errors = []
    for fold in np.unique(folds):
        held_out = folds == fold
        prediction = values[~held_out].mean()
        errors.append(np.abs(values[held_out] - prediction).mean())
    return errors


def _fold_errors_by(predict: Callable, error: Callable = np.abs) -> Callable:
    """Give fold errors of a prediction made from the values and the mask of the held-out ones."""
    return lambda values, folds: [
        error(values[folds == fold] - predict(values, folds == fold)).mean() for fold in np.unique(folds)
    ]


def _mean_of_others(values: np.ndarray, held_out: np.ndarray) -> float:
    return values[~held_out].mean()


fold_errors = Exercise(
    name="fold_errors",
    lesson="evaluating-classifiers",
    title="Repair a leaking cross-validation",
    kind="repair",
    prompt="""
The simplest of all models predicts the mean of its training data. This function shall cross-validate it: `folds`
names the fold of each value, and for each fold, in order, it gives the mean absolute error on that fold. But the
model has seen the values that it is tested on. Repair it.
""",
    starter='''
def fold_errors(values, folds):
    """Shapes: values (n,), folds (n,) integers. Gives a list with one error for each fold."""
    prediction = values.mean()
    errors = []
    for fold in np.unique(folds):
        held_out = folds == fold
        errors.append(np.abs(values[held_out] - prediction).mean())
    return errors
''',
    reference=_fold_errors,
    cases=(
        (np.array([1.0, 2.0, 3.0, 10.0]), np.array([0, 0, 1, 1])),
        (normal(12, seed=321), np.repeat([0, 1, 2], 4)),
        (normal(11, seed=322, scale=3.0), np.array([2, 0, 1, 2, 0, 1, 2, 0, 1, 3, 3])),
    ),
    misconceptions=(
        Misconception(
            "mean-of-all",
            _fold_errors_by(lambda values, held_out: values.mean()),
            "The mean is still that of all values, held-out ones too. Train on the other folds only.",
        ),
        Misconception(
            "mean-of-the-fold",
            _fold_errors_by(lambda values, held_out: values[held_out].mean()),
            "You trained on the held-out fold itself. Train on all the others.",
        ),
        Misconception(
            "one-average",
            lambda values, folds: float(np.mean(_fold_errors(values, folds))),
            "The leak is closed. But you averaged over the folds: give one error for each.",
        ),
        Misconception(
            "squared",
            _fold_errors_by(_mean_of_others, error=np.square),
            "The leak is closed. But these are squared errors: absolute ones were asked for.",
        ),
        Misconception(
            "signs-cancel",
            _fold_errors_by(_mean_of_others, error=np.asarray),
            "The leak is closed. But errors of different sign cancel in your mean: take `np.abs` of each first.",
        ),
    ),
    hints=(
        "Which values does the prediction know?",
        "The prediction must be made anew for each fold.",
        "Inside the loop: `prediction = values[~held_out].mean()`.",
    ),
    solution_code="""
def fold_errors(values, folds):
    errors = []
    for fold in np.unique(folds):
        held_out = folds == fold
        prediction = values[~held_out].mean()
        errors.append(np.abs(values[held_out] - prediction).mean())
    return errors
""",
    why="Everything that is learned from data, even a mean, must be learned inside the fold, from the other folds.",
    notice="In the first case the leak makes the mean error look smaller than it is: 3.0 against 5.0.",
)
