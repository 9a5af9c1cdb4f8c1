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
right) and its recall (the share of the ill that it finds)? Write a list of two numbers from 0 to 1, to two decimals.
""",
    starter="no_to_everybody = [..., ...]",
    reference=_no_to_everybody,
    digits=2,
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
        Misconception(
            "recall-is-the-share-of-the-ill",
            lambda: [0.96, 0.04],
            "The accuracy is right. 0.04 is how many people are ill. Recall asks how many of the ill are found.",
        ),
        Misconception(
            "the-two-shares-exchanged",
            lambda: [0.04, 0.96],
            '0.96 is the share of the well. For whom is a "no" the right answer? And how many ill people hear a yes?',
        ),
        Misconception(
            "ill-for-all",
            lambda: [0.04, 1.0],
            "This is a test that says yes to everybody. Ours says no: who gets a right answer now?",
        ),
        Misconception(
            "always-right",
            lambda: [1.0, 0.0],
            "It is right for all who are well, yes. But accuracy counts everybody, the 8 who are ill too.",
        ),
        Misconception(
            "recall-by-chance",
            lambda: [0.96, 0.5],
            "The accuracy is right. The test never says yes: how many of the ill can it find?",
        ),
        Misconception("counts", lambda: [192, 0], "These are counts. A share divides by how many there are."),
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
third. What are its macro recall and its weighted recall? Write a list of two numbers from 0 to 1, to two decimals,
the macro recall first.
""",
    starter="rare_average = [..., ...]",
    reference=_rare_average,
    digits=2,
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
        Misconception(
            "macro-not-divided",
            lambda: [1.5, 0.94],
            "The weighted recall is right. The first number is a sum: macro is an average over the classes.",
        ),
        Misconception(
            "weighted-not-divided",
            lambda: [0.5, 94.0],
            "The macro recall is right. The second number is a sum over examples: how many examples are there?",
        ),
        Misconception(
            "weighted-then-divided-by-classes",
            lambda: [0.5, 0.94 / 3],
            "The macro recall is right. The weights 0.90, 0.08 and 0.02 sum to 1 already: do not divide once more.",
        ),
        Misconception(
            "missed-class-left-out",
            lambda: [0.75, 0.94],
            "The weighted recall is right. Macro gives each class the same say, the one that is never found too.",
        ),
        Misconception(
            "missed-class-left-out-of-both",
            lambda: [0.75, 94 / 98],
            "The third class seems to be missing. A recall of 0 counts in both averages, and so do its examples.",
        ),
        Misconception(
            "half-found-for-none",
            lambda: [0.5, 0.9],
            "The macro recall is right. In the weighted one, the second class adds something too: half of 8 are found.",
        ),
        Misconception(
            "half-found-for-all",
            lambda: [0.5, 0.98],
            "The macro recall is right. In the weighted one, only half of the second class's 8 are found.",
        ),
        Misconception(
            "sizes-reversed",
            lambda: [0.5, 0.06],
            "The macro recall is right. In the weighted one, the larger a class is, the more it counts.",
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


def _f1_of(precision: float, recall: float) -> list[float]:
    return [precision, recall, 2 * precision * recall / (precision + recall)]


def _scores_at(scores: np.ndarray, labels: np.ndarray, threshold: float) -> list[float]:
    found = labels[~(scores < threshold)]  # the labels of those who get a yes
    precision, recall = found.mean(), found.sum() / labels.sum()
    return _f1_of(precision, recall)


def _with(change: Callable) -> Callable:
    """Turn the three right numbers into wrong ones."""
    return lambda scores, labels, threshold: change(*_scores_at(scores, labels, threshold))


def _strictly(change: Callable) -> Callable:
    """Turn the three numbers of those above the threshold into others."""
    return lambda scores, labels, threshold: change(
        *_scores_at(scores, labels, np.nextafter(threshold, np.inf))
    )


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
for the others. Compute precision, recall and F1, in this order, each from 0 to 1.
(In each case at least one ill person gets a "yes".)
""",
    starter='''
def scores_at(scores, labels, threshold):
    """Shapes: scores and labels (n,). Gives the list [precision, recall, F1]."""
    ...
''',
    reference=_scores_at,
    cases=(
        (np.array([0.9, 0.8, 0.7, 0.4, 0.2, 0.1]), np.array([1, 0, 1, 1, 1, 0]), 0.7),
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
            "strictly-below-is-yes",
            lambda scores, labels, threshold: _scores_at(-scores, labels, np.nextafter(-threshold, np.inf)),
            "Here those below the threshold get a yes. A high score means yes.",
        ),
        Misconception(
            "strictly-above-and-swapped",
            _strictly(lambda precision, recall, f1: [recall, precision, f1]),
            "Two things: precision and recall are swapped, and whoever lies exactly on the threshold is left out.",
        ),
        Misconception(
            "strictly-above-and-plain-mean",
            _strictly(lambda precision, recall, f1: [precision, recall, (precision + recall) / 2]),
            "Two things: whoever lies exactly on the threshold is left out, and F1 is the harmonic mean of the two.",
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
        Misconception(
            "accuracy-throughout",
            lambda scores, labels, threshold: _f1_of(
                np.mean((scores >= threshold) == (labels == 1)), _scores_at(scores, labels, threshold)[1]
            ),
            "The first number is the accuracy, and F1 is made from it. Precision looks only at those who got a yes.",
        ),
        Misconception(
            "precision-of-all",
            lambda scores, labels, threshold: _f1_of(
                np.mean((scores >= threshold) & (labels == 1)), _scores_at(scores, labels, threshold)[1]
            ),
            "Your precision divides by the number of all people. Divide by those who got a yes.",
        ),
        Misconception(
            "accuracy-for-recall",
            lambda scores, labels, threshold: _f1_of(
                _scores_at(scores, labels, threshold)[0], np.mean((scores >= threshold) == (labels == 1))
            ),
            "The second number is the accuracy. Recall looks only at the ill.",
        ),
        Misconception(
            "recall-of-the-well",
            lambda scores, labels, threshold: _f1_of(
                _scores_at(scores, labels, threshold)[0], np.mean(scores[labels == 0] < threshold)
            ),
            "The second number is the share of the well who got a no. Recall is the share of the ill who got a yes.",
        ),
        Misconception(
            "recall-of-all",
            lambda scores, labels, threshold: _f1_of(
                _scores_at(scores, labels, threshold)[0], np.mean((scores >= threshold) & (labels == 1))
            ),
            "Your recall divides by the number of all people. Divide by those who are ill.",
        ),
        Misconception(
            "brackets",
            _with(
                lambda precision, recall, f1: [precision, recall, 2 * precision * recall / precision + recall]
            ),
            "Precision and recall are right. For F1 put the sum P + R in brackets: `a / b + c` divides by b alone.",
        ),
        Misconception(
            "geometric-mean",
            _with(lambda precision, recall, f1: [precision, recall, np.sqrt(precision * recall)]),
            "Precision and recall are right. The root of their product is the geometric mean; F1 is the harmonic one.",
        ),
        Misconception(
            "product",
            _with(lambda precision, recall, f1: [precision, recall, precision * recall]),
            "Precision and recall are right. F1 is not their product: it is their harmonic mean, 2PR / (P + R).",
        ),
        Misconception(
            "twice-f1",
            _with(lambda precision, recall, f1: [precision, recall, 2 * f1]),
            "Precision and recall are right, and F1 is twice too large. For P = R = 1 it is 1.",
        ),
        Misconception(
            "f1-before-recall",
            _with(lambda precision, recall, f1: [precision, f1, recall]),
            "These are the right numbers in another order: precision, then recall, then F1.",
        ),
        Misconception(
            "f1-missing",
            _with(lambda precision, recall, f1: [precision, recall]),
            "Precision and recall are right. F1 is asked for too.",
        ),
        Misconception(
            "of-the-well",
            lambda scores, labels, threshold: _scores_at(
                -scores, 1 - labels, np.nextafter(-threshold, np.inf)
            ),
            "These are the numbers of the well, and of the answer no. The ill are the positive ones.",
        ),
        Misconception(
            "both-classes",
            lambda scores, labels, threshold: np.transpose(
                [
                    _scores_at(-scores, 1 - labels, np.nextafter(-threshold, np.inf)),
                    _scores_at(scores, labels, threshold),
                ]
            ),
            "You give each measure for both classes. Only those of the ill are asked for.",
        ),
        Misconception(
            "macro",
            lambda scores, labels, threshold: np.mean(
                [
                    _scores_at(-scores, 1 - labels, np.nextafter(-threshold, np.inf)),
                    _scores_at(scores, labels, threshold),
                ],
                axis=0,
            ),
            "These are averages over both classes, the well too. Give those of the ill alone.",
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


def _unpaired(low: float, high: float) -> Callable:
    """Give an interval of accuracies from different draws."""
    return lambda a, b, draws: np.quantile(b[draws[::-1]].mean(axis=1) - a[draws].mean(axis=1), [low, high])


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
the accuracy of B minus that of A, paired: the lower end first, and as much left out at either end. It has two faults.
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
            _unpaired(0.025, 0.975),
            "The quantiles are right. But A and B are still compared on different draws: row by row, both need the "
            "same pictures.",
        ),
        Misconception(
            "ninety-percent",
            _quantiles(0.05, 0.95),
            "The draws are paired now. But from 0.05 to 0.95 lie 90 %: which two quantiles enclose 95 %?",
        ),
        Misconception(
            "both-faults",
            _unpaired(0.05, 0.95),
            "Both faults are still there. Do A and B answer the same pictures in a row? And which share lies between "
            "the two quantiles?",
        ),
        Misconception(
            "one-sided",
            _quantiles(0.0, 0.95),
            "95 % lie between your numbers, but all that is left out lies at one end. Leave out half at each.",
        ),
        Misconception(
            "one-sided-above",
            _quantiles(0.05, 1.0),
            "95 % lie between your numbers, but all that is left out lies at the lower end. Leave out half at each.",
        ),
        Misconception(
            "only-low-changed",
            _quantiles(0.025, 0.95),
            "The draws are paired, and the lower end is right. How much may be left out above?",
        ),
        Misconception(
            "only-high-changed",
            _quantiles(0.05, 0.975),
            "The draws are paired, and the upper end is right. How much may be left out below?",
        ),
        Misconception(
            "unpaired-and-one-sided",
            _unpaired(0.0, 0.95),
            "A and B are still compared on different draws. And what is left out should lie half at each end.",
        ),
        Misconception(
            "half-of-the-differences",
            _quantiles(0.25, 0.75),
            "The draws are paired. But between the quantiles 0.25 and 0.75 lies half of the differences. Check the "
            "decimal point.",
        ),
        Misconception(
            "share-for-percent",
            lambda a, b, draws: np.percentile(b[draws].mean(axis=1) - a[draws].mean(axis=1), [0.025, 0.975]),
            "The draws are paired. But `np.percentile` counts to 100: 0.025 is a quarter of a thousandth there. "
            "`np.quantile` takes shares.",
        ),
        Misconception(
            "high-first", _quantiles(0.975, 0.025), "The right two numbers. Give the lower one first."
        ),
        Misconception(
            "a-minus-b",
            lambda a, b, draws: _paired_interval(b, a, draws),
            "This is A minus B. B minus A was asked for.",
        ),
        Misconception(
            "a-minus-b-unpaired",
            lambda a, b, draws: _unpaired(0.025, 0.975)(b, a, draws),
            "This is A minus B, on different draws. B minus A was asked for, on the same ones.",
        ),
        Misconception(
            "a-minus-b-ninety",
            lambda a, b, draws: _quantiles(0.05, 0.95)(b, a, draws),
            "This is A minus B, and between the two quantiles lie 90 %. B minus A was asked for, and 95 %.",
        ),
        Misconception(
            "absolute",
            lambda a, b, draws: np.quantile(
                np.abs(b[draws].mean(axis=1) - a[draws].mean(axis=1)), [0.025, 0.975]
            ),
            "Your differences have lost their sign. Whether B is better or worse than A is the question.",
        ),
        Misconception(
            "quantiles-first",
            lambda a, b, draws: (
                np.quantile(b[draws].mean(axis=1), [0.025, 0.975])
                - np.quantile(a[draws].mean(axis=1), [0.025, 0.975])
            ),
            "These are two intervals, subtracted. Take the difference in each draw first, then the quantiles.",
        ),
        Misconception(
            "along-the-draws",
            lambda a, b, draws: np.quantile((b - a)[draws].mean(axis=0), [0.025, 0.975]),
            "You averaged over the draws. Each draw is a row: average along it.",
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


def _tested_on(choose: Callable) -> Callable:
    """Give the errors of the mean of the other folds on chosen values."""
    return lambda values, folds: [
        np.abs(choose(values, folds == fold) - values[folds != fold].mean()).mean()
        for fold in np.unique(folds)
    ]


def _errors_of(names: Callable) -> Callable:
    """Give the right errors of certain folds: `names` finds them."""
    return lambda values, folds: [
        np.abs(values[folds == fold] - values[folds != fold].mean()).mean() for fold in names(folds)
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
names the fold of each value (any whole numbers), and for each fold, from the smallest name to the largest, it gives the
mean absolute error on that fold. But the model has seen the values that it is tested on. Repair it.
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
        (normal(7, seed=323), np.array([2, 1, 1, 2, 1, 2, 1])),
        (normal(11, seed=322, scale=3.0), np.array([2, 0, 1, 2, 0, 1, 2, 0, 1, 3, 3])),
        (normal(9, seed=324), np.array([40, -5, 7, 7, 40, -5, 40, 40, 7])),
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
        Misconception(
            "absolute-of-the-mean",
            lambda values, folds: np.abs(_fold_errors_by(_mean_of_others, error=np.asarray)(values, folds)),
            "The leak is closed. But errors of different sign cancel before you take `np.abs`: take it of each first.",
        ),
        Misconception(
            "on-the-training-folds",
            _tested_on(lambda values, held_out: values[~held_out]),
            "These are errors on the folds that the mean was learned from. Test on the fold that was held out.",
        ),
        Misconception(
            "on-all-values",
            _tested_on(lambda values, held_out: values),
            "You test on all values, those that the mean was learned from too. Test on the fold that was held out.",
        ),
        Misconception(
            "roles-exchanged",
            lambda values, folds: [
                np.abs(values[folds != fold] - values[folds == fold].mean()).mean()
                for fold in np.unique(folds)
            ],
            "The roles are exchanged: you learn from one fold and test on all others.",
        ),
        Misconception(
            "median",
            _fold_errors_by(lambda values, held_out: np.median(values[~held_out])),
            "The leak is closed. But the model predicts the mean of its training data, and yours the median.",
        ),
        Misconception(
            "mean-of-means",
            lambda values, folds: _fold_errors_by(
                lambda all_values, held_out: np.mean(
                    [all_values[folds == other].mean() for other in np.unique(folds[~held_out])]
                )
            )(values, folds),
            "The leak is closed. But you averaged the means of the other folds: if folds differ in size, that is not "
            "the mean of their values.",
        ),
        Misconception(
            "root-mean-square",
            lambda values, folds: np.sqrt(_fold_errors_by(_mean_of_others, error=np.square)(values, folds)),
            "The leak is closed. But this is the root of the mean square: mean absolute errors were asked for.",
        ),
        Misconception(
            "summed",
            lambda values, folds: [
                np.abs(values[folds == fold] - values[folds != fold].mean()).sum()
                for fold in np.unique(folds)
            ],
            "The leak is closed. But you added up the errors of a fold: take their mean.",
        ),
        Misconception(
            "each-value",
            lambda values, folds: np.abs(
                [v - values[folds != f].mean() for v, f in zip(values, folds, strict=True)]
            ),
            "The leak is closed. But you give one error for each value: average them in each fold.",
        ),
        Misconception(
            "one-value-held-out",
            _fold_errors_by(lambda values, held_out: (values.sum() - values[held_out]) / (len(values) - 1)),
            "You left out one value at a time. The other values of its fold are held out too.",
        ),
        Misconception(
            "folds-from-zero",
            _errors_of(lambda folds: range(len(np.unique(folds)))),
            "You counted the folds from 0. Their names may be any numbers: `np.unique(folds)` lists them.",
        ),
        Misconception(
            "folds-up-to-the-last",
            _errors_of(lambda folds: range(folds.max() + 1)),
            "You went through all numbers up to the last name. Not each is a fold: `np.unique(folds)` lists them.",
        ),
        Misconception(
            "order-of-appearance",
            _errors_of(lambda folds: dict.fromkeys(folds.tolist())),
            "The right errors, in the order in which the folds come. Give them from the smallest name on.",
        ),
        Misconception(
            "return-in-the-loop",
            lambda values, folds: _fold_errors(values, folds)[:1],
            "The first error is right, and it is the only one. Does `return` stand inside the loop?",
        ),
        Misconception(
            "last-fold-only",
            lambda values, folds: _fold_errors(values, folds)[-1:],
            "Only the last fold's error is there. Does your loop begin a new list in each round?",
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
