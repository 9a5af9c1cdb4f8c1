"""Exercises: cross-entropy and squared error."""

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.engine import Exercise, Misconception, normal, slips_of
from course_utils.exercises.loss_functions_slips import (
    CROSS_ENTROPY_SLIPS,
    GRADIENT_SLIPS,
    of_labels,
)

PROBABILITIES, ONE_HOT, TRUE_CLASS = np.array([0.2, 0.6, 0.2]), np.array([0.0, 1.0, 0.0]), 1
TARGETS, PREDICTIONS = np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.2, 2.8])


def _cross_entropy_value() -> float:
    return -np.log(PROBABILITIES[TRUE_CLASS])


cross_entropy_value = Exercise(
    name="cross_entropy_value",
    lesson="loss-functions",
    title="The loss of one prediction",
    kind="prediction",
    prompt="""
A classifier gives the probabilities p = `[0.2, 0.6, 0.2]`, and the second class is the true one: the label
is y = `[0, 1, 0]`. What is the cross-entropy -Σ yᵢ ln pᵢ, in nats? Write one number, to three decimals, or an
expression with `np.log`, which is ln.
""",
    starter="cross_entropy_value = ...",
    reference=_cross_entropy_value,
    digits=3,
    misconceptions=(
        Misconception(
            "sign",
            lambda: np.log(0.6),
            "This is the article's result, log 0.6. The loss is minus that: the logarithm of a probability is never above 0, so a cross-entropy is never below 0.",
        ),
        Misconception(
            "bits",
            lambda: -np.log2(0.6),
            "You took the logarithm to base 2, so this is the loss in bits. Nats use the natural logarithm, `np.log`.",
        ),
        Misconception(
            "decimal-logarithm",
            lambda: -np.log10(0.6),
            "You took the logarithm to base 10. Nats use the natural logarithm, `np.log`.",
        ),
        Misconception(
            "all-classes",
            lambda: -np.log(PROBABILITIES).sum(),
            "You added the logarithms of all classes. The label is 0 for the other two, so only the true class counts.",
        ),
        Misconception(
            "mean-over-classes",
            lambda: -np.log(0.6) / 3,
            "You divided by the number of classes. The cross-entropy of one example is a sum over classes; a mean is taken over examples only.",
        ),
        Misconception(
            "probabilities-as-logits",
            lambda: -np.log(softmax(PROBABILITIES)[TRUE_CLASS]),
            "This is what PyTorch's `cross_entropy` says when it is fed probabilities: it takes them for logits and applies softmax once more. These are probabilities already.",
        ),
        Misconception(
            "no-logarithm",
            lambda: 1 - 0.6,
            "This is the missing probability, 1 - 0.6. Cross-entropy is minus the logarithm of the true class's probability.",
        ),
        *slips_of(
            {
                "probability": (
                    lambda: 0.6,
                    "This is the true class's probability. The loss is made of its logarithm.",
                ),
                "negative-bits": (
                    lambda: np.log2(0.6),
                    lambda: np.log10(0.6),
                    "Two things: another base than e, and the minus sign. A loss is never below 0.",
                ),
                "entropy": (
                    lambda: -(PROBABILITIES * np.log(PROBABILITIES)).sum(),
                    "This is what the probabilities' own entropy comes to. Each logarithm is multiplied by the label instead.",
                ),
                "weighted-again": (
                    lambda: -0.6 * np.log(0.6),
                    "Here the logarithm is multiplied by 0.6. It is multiplied by the label, which is 1.",
                ),
                "all-classes-with-sign": (
                    lambda: np.log(PROBABILITIES).sum(),
                    "These are the logarithms of all classes, without the minus. Which classes count, and what sign has a loss?",
                ),
                "wrong-class": (
                    lambda: -np.log(0.2),
                    "This is minus the logarithm of 0.2. Which class is the true one?",
                ),
                "of-the-rest": (
                    lambda: -np.log(0.4),
                    "This is minus the logarithm of 0.4, the probability of all that is wrong. Use the true class's.",
                ),
                "binary": (
                    lambda: -np.log(0.6) - 2 * np.log(0.8),
                    lambda: (-np.log(0.6) - 2 * np.log(0.8)) / 3,
                    "You also counted 1 - p for the classes with label 0, as the loss of three yes-no questions does. Here a label of 0 takes no part.",
                ),
                "inverse": (lambda: 1 / 0.6, "This is 1/0.6. Its logarithm would be the loss."),
                "article-logarithm": (
                    lambda: np.inf,
                    lambda: np.nan,
                    "Log 0.2 is an ordinary number, whatever the article says, and the label 0 leaves it out.",
                ),
                "terms-apart": (
                    lambda: -ONE_HOT * np.log(PROBABILITIES),
                    lambda: -np.log(PROBABILITIES),
                    "These are terms, one for each class. The loss is the sum of those that the label leaves.",
                ),
                "squares": (
                    lambda: np.mean((PROBABILITIES - ONE_HOT) ** 2),
                    lambda: np.sum((PROBABILITIES - ONE_HOT) ** 2),
                    "These are squared errors. Cross-entropy is made of the logarithm of the true class's probability.",
                ),
            }
        ),
    ),
    hints=(
        "Which of the three probabilities counts, when the label is `[0, 1, 0]`?",
        "Can a loss be negative? What is the sign of the logarithm of 0.6?",
        "Compute `-np.log(0.6)`.",
    ),
    solution_code="cross_entropy_value = -np.log(0.6)",
    why="The label picks the true class: the loss is -ln 0.6, about 0.511.",
    notice="Log 0.2 plays no part, and it is -1.609, not minus infinity: only log 0 is that.",
)


zero_times_log_zero = Exercise(
    name="zero_times_log_zero",
    lesson="loss-functions",
    title="Nothing times minus infinity",
    kind="prediction",
    prompt="""
The true class has probability 0.6, and an impossible class has probability 0. Floating-point numbers know
infinity, and `nan` for a result that has no value. What does this line of NumPy give? Write one letter in
quotes.

```python
-np.sum(np.array([0.0, 1.0, 0.0]) * np.log([0.0, 0.6, 0.4]))
```
""",
    starter='zero_times_log_zero = "..."',
    options={
        "a": "0.5108, because 0 times anything is 0",
        "b": "inf, because log 0 is minus infinity",
        "c": "nan, because 0 times minus infinity is no number",
        "d": "an error: NumPy refuses the logarithm of 0",
    },
    reference=lambda: "c",
    misconceptions=(
        Misconception(
            "convention",
            lambda: "a",
            "0 · log 0 = 0 is a convention of information theory, and the value that we want. Floating-point arithmetic knows no such convention: there 0 times infinity is something else.",
        ),
        Misconception(
            "infinite",
            lambda: "b",
            "log 0 is minus infinity in NumPy, yes. But it is multiplied by 0 before the sum. What is 0 times infinity?",
        ),
        Misconception(
            "error",
            lambda: "d",
            "NumPy warns and goes on: `np.log(0)` is minus infinity. Python's `math.log(0)` is the one that refuses. What comes of 0 times minus infinity?",
        ),
    ),
    hints=(
        "What is `np.log(0.0)`?",
        "What should 0 times infinity be: 0, because of the 0, or infinity? The standard IEEE 754 chose neither.",
        "One such term makes the whole sum nan.",
    ),
    solution_code='zero_times_log_zero = "c"',
    why="By IEEE 754, 0 times infinity is an invalid operation and gives NaN, and a sum with NaN is NaN.",
    notice="On paper 0 × -∞ counts as 0 here. A program that multiplies so trains on NaN.",
)


def _squared_error_value() -> float:
    return np.mean((PREDICTIONS - TARGETS) ** 2)


squared_error_value = Exercise(
    name="squared_error_value",
    lesson="loss-functions",
    title="The mean squared error",
    kind="prediction",
    prompt="""
The targets are `[1, 2, 3]` and the predictions `[1.5, 2.2, 2.8]`. What is the mean squared error? PyTorch's
`MSELoss` takes the word literally: the mean of the squares. Write one number, to three decimals.
""",
    starter="squared_error_value = ...",
    reference=_squared_error_value,
    digits=3,
    misconceptions=(
        Misconception(
            "half",
            lambda: 0.33 / 6,
            "You divided by 2n. That is half the mean: some books do so, to lose the 2 of the gradient. PyTorch divides by n.",
        ),
        Misconception(
            "article-value",
            lambda: 0.1143,
            "This is the number that the article prints, and it follows from none of its formulas: 0.33/6 is 0.055. Divide the sum of the squares by n.",
        ),
        Misconception("sum", lambda: 0.33, "You added the squares. The mean divides by how many there are."),
        Misconception(
            "root",
            lambda: np.sqrt(0.11),
            "This is the root of the mean squared error (RMSE). Leave out the root.",
        ),
        Misconception("absolute", lambda: 0.3, "This is the mean absolute error. Square the errors first."),
        Misconception(
            "squared-mean",
            lambda: np.mean(PREDICTIONS - TARGETS) ** 2,
            "You took the mean first and squared it: errors of opposite sign then cancel. Square first.",
        ),
        *slips_of(
            {
                "divided-by-two": (
                    lambda: 0.165,
                    "This is 0.33/2. The mean divides by how many errors there are: neither by 2 nor by one less than their number.",
                ),
                "sum-of-absolute": (
                    lambda: 0.9,
                    "This is the sum of the errors without their signs. Square them, and take the mean.",
                ),
                "mean-error": (
                    lambda: 0.5 / 3,
                    "This is the mean error. Errors of opposite sign cancel in it: square first.",
                ),
                "sum-of-errors": (
                    lambda: 0.5,
                    "This is the sum of the errors. Square them first, and take the mean.",
                ),
                "squared-sum": (
                    lambda: 0.25,
                    "This is what the squared sum of the errors gives, or the first square alone. Square each error, then take the mean.",
                ),
                "squared-absolute": (
                    lambda: 0.09,
                    "This is the squared mean of the errors' sizes. Square each error first, then take the mean.",
                ),
                "root-of-sum": (
                    lambda: np.sqrt(0.33),
                    "This is the root of the sum of squares. Leave out the root, and take the mean.",
                ),
                "variance": (
                    lambda: np.var([0.5, 0.2, -0.2]),
                    lambda: 0.25 / 3,
                    "Near, but no: -0.2 squared is above 0 too, and nothing is taken off before the errors are squared.",
                ),
                "squares-ten-times": (lambda: 1.05 / 3, "Is 0.2 squared 0.4, or less?"),
                "other-article-halves": (lambda: 0.11 * 2, "This is twice the mean of the squares."),
                "squares-apart": (
                    lambda: [0.25, 0.04, 0.04],
                    "These are the squares. Take their mean: one number.",
                ),
                "divided-twice": (
                    lambda: 0.11 / 3,
                    lambda: 0.055 / 3,
                    "You divided by the number of errors twice.",
                ),
            }
        ),
    ),
    hints=(
        "What are the three errors, and their squares?",
        "The squares are 0.25, 0.04 and 0.04. How many are there?",
        "Divide 0.33 by 3.",
    ),
    solution_code="squared_error_value = (0.25 + 0.04 + 0.04) / 3",
    why="The mean of the squares: 0.33/3 = 0.11.",
    notice="0.055, 0.11 and 0.33 all occur in practice (half the mean, mean, sum): say which one you mean.",
)


def _mean_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -log_probabilities[np.arange(len(labels)), labels].mean()


mean_cross_entropy = Exercise(
    name="mean_cross_entropy",
    lesson="loss-functions",
    title="Cross-entropy from logits",
    kind="code",
    prompt="""
Write the mean cross-entropy of a batch, in nats, from logits. Logits such as 1000 and -1000 must give a
finite loss: work with the logarithm of the softmax, ln pᵢ = zᵢ - ln Σⱼ exp zⱼ, rather than with the
softmax.
""",
    starter='''
def mean_cross_entropy(logits, labels):
    """Shapes: logits (n, n_classes), labels (n,) integers, the true classes. Gives one number."""
    ...
''',
    reference=_mean_cross_entropy,
    cases=(
        (np.log(PROBABILITIES)[np.newaxis], np.array([1])),
        (normal(4, 3, seed=101), np.array([2, 0, 1, 1])),
        (normal(3, 3, seed=102) + 5.0, np.array([1, 1, 0])),
        (normal(2, 5, seed=103), np.array([4, 2])),
        (np.array([[1000.0, 999.0, 998.0]]), np.array([1])),
        (np.array([[1000.0, -1000.0, 0.0], [0.5, 0.0, -0.5]]), np.array([1, 2])),
    ),
    misconceptions=CROSS_ENTROPY_SLIPS,
    hints=(
        "Which of the log-probabilities of an example counts, and what is its sign in the loss?",
        "`numbers[np.arange(len(labels)), labels]` picks one number of each row.",
        "Subtract `logits.max(axis=-1, keepdims=True)` first; then ln pᵢ is `shifted - np.log(np.exp(shifted).sum(...))`.",
        "The last line is `return -log_probabilities[np.arange(len(labels)), labels].mean()`.",
    ),
    solution_code="""
def mean_cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -log_probabilities[np.arange(len(labels)), labels].mean()
""",
    why="The logarithm undoes the exponential of the true class, so nothing has to be computed that could become 0 or infinity; the shift keeps the sum from overflowing.",
    notice="With logits 1000 and -1000 the loss is 2000: very wrong, but finite, so training can go on.",
)


def _logits_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    gradient = softmax(logits, axis=-1)
    gradient[np.arange(len(labels)), labels] -= 1.0
    return gradient / len(labels)


logits_gradient = Exercise(
    name="logits_gradient",
    lesson="loss-functions",
    title="The gradient of the cross-entropy",
    kind="code",
    prompt="""
Write the gradient of the mean cross-entropy of a batch with respect to the logits. For one example it is
p - y: the probabilities minus the one-hot label. You may use `softmax`; logits such as 1000 must give finite
numbers.
""",
    starter='''
def logits_gradient(logits, labels):
    """Shapes: logits (n, n_classes), labels (n,) integers. Gives the gradient, (n, n_classes)."""
    ...
''',
    reference=_logits_gradient,
    cases=(
        (np.log(PROBABILITIES)[np.newaxis], np.array([1])),
        (normal(4, 3, seed=111), np.array([2, 0, 1, 1])),
        (normal(3, 3, seed=112), np.array([1, 2, 0])),
        (normal(2, 5, seed=113), np.array([4, 2])),
        (np.array([[1000.0, 999.0, 998.0], [0.5, -1000.0, 0.0]]), np.array([1, 0])),
    ),
    misconceptions=GRADIENT_SLIPS,
    hints=(
        "For one example the gradient is p - y. What does taking the mean of n losses do to it?",
        "`np.eye(n_classes)[labels]` holds the one-hot labels, one row for each example.",
        "Return `(softmax(logits) - one_hot) / len(labels)`.",
    ),
    solution_code="""
def logits_gradient(logits, labels):
    one_hot = np.eye(logits.shape[-1])[labels]
    return (softmax(logits) - one_hot) / len(labels)
""",
    why="The logarithm of the loss and the exponential of the softmax cancel, and p - y is left; the mean divides it by n.",
    notice="Each row sums to 0: what the true class gains, the other classes lose.",
)


def _mean_loss(probabilities: np.ndarray, targets: np.ndarray) -> float:
    safe = np.where(targets > 0, probabilities, 1.0)
    return -np.mean(np.sum(targets * np.log(safe), axis=-1))


def _naive(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return targets * np.log(probabilities)


mean_loss = Exercise(
    name="mean_loss",
    lesson="loss-functions",
    title="Repair a cross-entropy that is negative or NaN",
    kind="repair",
    prompt="""
This is the article's cross-entropy, for a batch of probabilities and targets. It gives negative losses,
and NaN as soon as a class with target 0 has probability 0. Repair it, so that 0 · log 0 counts as 0.
Targets may be one-hot or soft; where a target is above 0 the probability is too.
""",
    starter='''
def mean_loss(probabilities, targets):
    """Shapes: both (n, n_classes), each row sums to 1. Gives the mean loss of the n rows, in nats."""
    logarithms = np.log(probabilities)
    return np.mean(np.sum(targets * logarithms, axis=-1))
''',
    reference=_mean_loss,
    cases=(
        (PROBABILITIES[np.newaxis], ONE_HOT[np.newaxis]),
        (softmax(normal(4, 3, seed=121)), np.eye(3)[[2, 0, 1, 1]]),
        (softmax(normal(2, 5, seed=122)), softmax(normal(2, 5, seed=123))),
        (np.array([[0.0, 0.6, 0.4], [0.3, 0.7, 0.0]]), np.array([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]])),
    ),
    misconceptions=(
        Misconception(
            "as-printed",
            lambda probabilities, targets: _naive(probabilities, targets).sum(axis=-1).mean(),
            "Both faults are still there: the sign is missing, and 0 · log 0 is NaN.",
        ),
        Misconception(
            "nan-left",
            lambda probabilities, targets: -_naive(probabilities, targets).sum(axis=-1).mean(),
            "The sign is right now. A class with target 0 and probability 0 still gives 0 times minus infinity, which is NaN. Leave such classes out before the logarithm is taken, or after.",
        ),
        Misconception(
            "sign",
            lambda probabilities, targets: np.nansum(_naive(probabilities, targets), axis=-1).mean(),
            "The NaN is gone. But the loss is negative: the sum has a minus sign in front.",
        ),
        Misconception(
            "log1p",
            lambda probabilities, targets: -(targets * np.log(probabilities + 1.0)).sum(axis=-1).mean(),
            "Adding 1 before the logarithm avoids log 0, and changes every other loss too: a perfect prediction would get -log 2. Deal with the zeros alone.",
        ),
        Misconception(
            "large-epsilon",
            lambda probabilities, targets: -(targets * np.log(probabilities + 0.01)).sum(axis=-1).mean(),
            "You add 0.01 to every probability: that avoids log 0 but changes all losses. Deal with the zeros alone, or add far less, such as 1e-12.",
        ),
        Misconception(
            "mean-over-classes",
            lambda probabilities, targets: -np.nan_to_num(_naive(probabilities, targets)).mean(),
            "You took the mean over rows and classes. Sum over the classes and take the mean over the rows.",
        ),
        Misconception(
            "sum",
            lambda probabilities, targets: -np.nansum(_naive(probabilities, targets)),
            "You added the losses of all rows. Take their mean.",
        ),
        Misconception(
            "hardened",
            lambda probabilities, targets: -np.log(of_labels(probabilities, targets.argmax(axis=-1))).mean(),
            "You picked the class with the largest target. For one-hot targets that is right; soft targets count every class, each by its target.",
        ),
        *slips_of(
            {
                "negative-large-epsilon": (
                    *(lambda p, t, e=e: (t * np.log(p + e)).sum(axis=-1).mean() for e in (1e-2, 1)),
                    "The logarithm of 0 is avoided now. But the loss is negative: the sum has a minus sign in front.",
                ),
                "epsilon-still-large": (
                    *(lambda p, t, e=e: -(t * np.log(p + e)).sum(axis=-1).mean() for e in (1e-3, 1e-4, 0.1)),
                    lambda p, t: -(t * np.log(np.clip(p, 0.1, 1))).sum(axis=-1).mean(),
                    "What you put in place of log 0 changes the other losses too. Deal with the zeros alone, or add far less, such as 1e-12.",
                ),
                "nan-to-nothing": (
                    lambda p, t: np.nan_to_num(-_naive(p, t).sum(axis=-1).mean()),
                    "A row, or the mean, that is NaN becomes 0: the other classes of that row are lost with it. Only the one product 0 · log 0 counts as 0.",
                ),
                "row-losses": (
                    lambda p, t: -np.nansum(_naive(p, t), axis=-1),
                    "These are the losses of the rows, and they are right. Take their mean.",
                ),
                "sign-and-reduction": (
                    lambda p, t: np.nansum(_naive(p, t), axis=-1),
                    lambda p, t: np.nansum(_naive(p, t)),
                    lambda p, t: np.nan_to_num(_naive(p, t)).mean(),
                    "The NaN is gone. But the loss is still negative, and the rows are no longer put together as they were: sum over the classes, then take the mean over the rows.",
                ),
                "nan-and-reduction": (
                    lambda p, t: -_naive(p, t).sum(),
                    lambda p, t: -_naive(p, t).mean(),
                    lambda p, t: -_naive(p, t).sum(axis=0).mean(),
                    "The sign is right. Two things are left: 0 · log 0 is still NaN, and the rows are no longer put together as they were.",
                ),
                "mean-of-what-counts": (
                    lambda p, t: -np.nanmean(_naive(p, t)),
                    lambda p, t: -(t[t > 0] * np.log(p[t > 0])).mean(),
                    "You took the mean over all products that are left. Sum over the classes, and divide by the number of rows.",
                ),
                "summed-over-rows": (
                    lambda p, t: -np.nansum(_naive(p, t), axis=0).mean(),
                    "The sum runs over the rows. Sum over the classes, the last axis, and take the mean over the rows.",
                ),
                "one-hot-only": (
                    lambda p, t: -np.where(t == 1, np.log(p), 0).sum(axis=-1).mean(),
                    "Only targets of 1, or near it, count here. Soft targets count too, each by its share.",
                ),
                "target-lost": (
                    lambda p, t: -np.where(t > 0, np.log(p), 0).sum(axis=-1).mean(),
                    "Each logarithm counts whole here. It counts by its target, which may be soft.",
                ),
                "bits": (
                    lambda p, t: -np.nansum(t * np.log2(p), axis=-1).mean(),
                    "This is the loss in bits. Nats use `np.log`.",
                ),
                "operands-swapped": (
                    lambda p, t: -np.nansum(p * np.log(t), axis=-1).mean(),
                    lambda p, t: -(p * np.log(np.where(t > 0, t, 1))).sum(axis=-1).mean(),
                    "The logarithm of the targets is taken here. It is the probabilities' logarithm, each times its target.",
                ),
                "ones-picked": (
                    lambda p, t: -np.log(p[t == 1]).mean(),
                    "Only targets of exactly 1 count here, and a soft target has none. Each class counts by its target.",
                ),
                "log-of-sum": (
                    lambda p, t: -np.log((t * p).sum(axis=-1)).mean(),
                    "The logarithm is taken of the sum. For soft targets that is another number: take it of each probability.",
                ),
                "no-logarithm": (
                    lambda p, t: (1 - (t * p).sum(axis=-1)).mean(),
                    lambda p, t: -(t * p).sum(axis=-1).mean(),
                    "The logarithm is lost.",
                ),
            }
        ),
    ),
    hints=(
        "The logarithm of a probability is never above 0. What must stand in front of the sum?",
        "What is 0 · log 0 in NumPy, and what should it be here?",
        "`np.where(targets > 0, probabilities, 1.0)` replaces the probabilities that do not count: log 1 is 0.",
        "Change the argument of `np.log` in the first line, and put a minus sign after `return`.",
    ),
    solution_code="""
def mean_loss(probabilities, targets):
    logarithms = np.log(np.where(targets > 0, probabilities, 1.0))
    return -np.mean(np.sum(targets * logarithms, axis=-1))
""",
    why="Where the target is 0 any finite logarithm will do, since it is multiplied by 0; log 1 = 0 is the simplest. The minus sign makes the loss positive.",
    notice="SciPy's `xlogy` and picking the true class by its index are other ways to the same number.",
)


def _mean_squared_error(predictions: np.ndarray, targets: np.ndarray) -> float:
    return np.mean((predictions - targets) ** 2)


mean_squared_error = Exercise(
    name="mean_squared_error",
    lesson="loss-functions",
    title="Repair the squared error",
    kind="repair",
    prompt="""
This follows the article's formula with 1/(2n). Make it the mean squared error of PyTorch's `MSELoss`,
which is the mean over all numbers, for arrays of any shape.
""",
    starter='''
def mean_squared_error(predictions, targets):
    """Both have the same shape, with any number of axes. Gives one number."""
    errors = predictions - targets
    return np.sum(errors**2) / (2 * len(errors))
''',
    reference=_mean_squared_error,
    cases=(
        (PREDICTIONS, TARGETS),
        (normal(4, 3, seed=131), normal(4, 3, seed=132)),
        (normal(5, seed=133), normal(5, seed=134)),
        (normal(2, 3, 2, seed=135), normal(2, 3, 2, seed=136)),
    ),
    misconceptions=(
        Misconception(
            "as-printed",
            lambda predictions, targets: 0.5 * ((predictions - targets) ** 2).sum() / len(targets),
            "It still divides by 2n, and n is the number of rows only. The mean divides by how many numbers there are.",
        ),
        Misconception(
            "half",
            lambda predictions, targets: ((predictions - targets) ** 2).mean() / 2,
            "The mean is over all numbers now, but it is still halved. PyTorch's `MSELoss` has no 1/2; its gradient then has a 2.",
        ),
        Misconception(
            "rows-only",
            lambda predictions, targets: ((predictions - targets) ** 2).sum() / len(targets),
            "The 2 is gone. But `len` counts rows only: with several outputs in each row you divide by too little.",
        ),
        Misconception(
            "sum",
            lambda predictions, targets: ((predictions - targets) ** 2).sum(),
            "You added the squares. The mean divides by how many there are.",
        ),
        Misconception(
            "root",
            lambda predictions, targets: np.sqrt(((predictions - targets) ** 2).mean()),
            "This is the root of the mean squared error. Leave out the root.",
        ),
        Misconception(
            "absolute",
            lambda predictions, targets: np.abs(predictions - targets).mean(),
            "This is the mean absolute error. Square the errors.",
        ),
        Misconception(
            "squared-mean",
            lambda predictions, targets: (predictions - targets).mean() ** 2,
            "You took the mean first and squared it: errors of opposite sign then cancel. Square first.",
        ),
        Misconception(
            "row-means",
            lambda predictions, targets: ((predictions - targets) ** 2).mean(axis=0),
            "You took the mean over the first axis only. The loss is one number: the mean over all of them.",
        ),
        *slips_of(
            {
                "two-axes": (
                    lambda p, t: ((p - t) ** 2).sum() / (p.shape[0] * p.shape[1]),
                    lambda p, t: ((p - t) ** 2).sum() / (len(p) * p.shape[-1]),
                    "You multiply two lengths, so it works for two axes only. What counts all numbers, however many axes there are?",
                ),
                "last-axis": (
                    lambda p, t: ((p - t) ** 2).sum() / p.shape[-1],
                    "You divide by the length of the last axis only. The mean divides by how many numbers there are in all.",
                ),
                "rows-kept": (
                    lambda p, t: ((p - t) ** 2).mean(axis=-1),
                    lambda p, t: ((p - t) ** 2).sum(axis=-1) / len(p),
                    lambda p, t: (p - t) ** 2,
                    "More than one number is left for arrays with rows and columns. The loss is one number: the mean over all of them.",
                ),
                "one-less": (
                    lambda p, t: ((p - t) ** 2).sum() / (p.size - 1),
                    "You divide by one less than there are. That is for estimating a variance; a mean divides by all.",
                ),
                "not-squared": (lambda p, t: (p - t).mean(), "The errors are not squared."),
                "half-root": (
                    lambda p, t: np.sqrt(((p - t) ** 2).mean() / 2),
                    lambda p, t: np.sqrt(((p - t) ** 2).sum() / len(p)),
                    "There is a root now, which was not asked for; and look at what the sum is divided by.",
                ),
                "doubled": (
                    lambda p, t: 2 * ((p - t) ** 2).mean(),
                    "This is twice the mean. By what is the sum divided now?",
                ),
                "half-sum": (
                    lambda p, t: ((p - t) ** 2).sum() / 2,
                    "This is half the sum. The mean divides by how many numbers there are.",
                ),
                "absolute-half": (
                    lambda p, t: np.abs(p - t).sum() / len(p),
                    lambda p, t: np.abs(p - t).sum(),
                    "These are the errors' sizes, not their squares; and the mean divides by how many numbers there are.",
                ),
                "mean-and-divisor": (
                    lambda p, t: ((p - t) ** 2).mean() / len(p),
                    lambda p, t: ((p - t) ** 2).mean() / (2 * len(p)),
                    "`mean` has divided already. Something is left of the old divisor.",
                ),
                "rows-summed": (
                    lambda p, t: ((p - t) ** 2).sum(axis=-1).mean(),
                    "You added the squares of each row, and took the mean of these sums. The mean is over all numbers.",
                ),
                "second-axis": (
                    lambda p, t: ((p - t) ** 2).mean(axis=1),
                    "There may be one axis only, or three. The loss is one number, the mean over all of them: name no axis.",
                ),
                "squared-sum": (
                    lambda p, t: (p - t).sum() ** 2 / p.size,
                    "You added the errors first and squared the sum: errors of opposite sign then cancel. Square first.",
                ),
                "difference-of-squares": (
                    lambda p, t: (p**2 - t**2).mean(),
                    "This is a difference of squares. Take the difference first, then square it.",
                ),
                "variance": (
                    lambda p, t: (p - t).var(),
                    "This is the variance of the errors: their mean is taken off first. A constant error counts too.",
                ),
            }
        ),
    ),
    hints=(
        "By what does a mean divide? What does `len` count when the array has rows and columns?",
        "`errors.size` counts all numbers; `np.mean` does it for you.",
        "Look at the last line: `2 * len(errors)`.",
    ),
    solution_code="""
def mean_squared_error(predictions, targets):
    errors = predictions - targets
    return np.mean(errors**2)
""",
    why="`np.mean` divides by the number of all squares, whatever the shape; 1/(2n) is half of it.",
    notice="Half, mean and sum have their lowest point at the same place; only the size of the gradient differs.",
)
