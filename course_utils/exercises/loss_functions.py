"""Exercises: cross-entropy and squared error."""

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.engine import Exercise, Misconception, normal

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
    tolerance=1e-3,
    misconceptions=(
        Misconception(
            "sign",
            lambda: np.log(0.6),
            "This is the article's result, log 0.6. The loss is minus that: the logarithm of a "
            "probability is never above 0, so a cross-entropy is never below 0.",
        ),
        Misconception(
            "bits",
            lambda: -np.log2(0.6),
            "You took the logarithm to base 2, so this is the loss in bits. Nats use the natural "
            "logarithm, `np.log`.",
        ),
        Misconception(
            "decimal-logarithm",
            lambda: -np.log10(0.6),
            "You took the logarithm to base 10. Nats use the natural logarithm, `np.log`.",
        ),
        Misconception(
            "all-classes",
            lambda: -np.log(PROBABILITIES).sum(),
            "You added the logarithms of all classes. The label is 0 for the other two, so only the true "
            "class counts.",
        ),
        Misconception(
            "mean-over-classes",
            lambda: -np.log(0.6) / 3,
            "You divided by the number of classes. The cross-entropy of one example is a sum over "
            "classes; a mean is taken over examples only.",
        ),
        Misconception(
            "probabilities-as-logits",
            lambda: -np.log(softmax(PROBABILITIES)[TRUE_CLASS]),
            "This is what PyTorch's `cross_entropy` says when it is fed probabilities: it takes them for "
            "logits and applies softmax once more. These are probabilities already.",
        ),
        Misconception(
            "no-logarithm",
            lambda: 1 - 0.6,
            "This is the missing probability, 1 - 0.6. Cross-entropy is minus the logarithm of the true "
            "class's probability.",
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
            "0 · log 0 = 0 is a convention of information theory, and the value that we want. "
            "Floating-point arithmetic knows no such convention: there 0 times infinity is something "
            "else.",
        ),
        Misconception(
            "infinite",
            lambda: "b",
            "log 0 is minus infinity in NumPy, yes. But it is multiplied by 0 before the sum. What is 0 "
            "times infinity?",
        ),
        Misconception(
            "error",
            lambda: "d",
            "NumPy warns and goes on: `np.log(0)` is minus infinity. Python's `math.log(0)` is the one "
            "that refuses. What comes of 0 times minus infinity?",
        ),
    ),
    hints=(
        "What is `np.log(0.0)`?",
        "What should 0 times infinity be: 0, because of the 0, or infinity? The standard IEEE 754 chose "
        "neither.",
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
    tolerance=1e-4,
    misconceptions=(
        Misconception(
            "half",
            lambda: 0.33 / 6,
            "You divided by 2n. That is half the mean: some books do so, to lose the 2 of the gradient. "
            "PyTorch divides by n.",
        ),
        Misconception(
            "article-value",
            lambda: 0.1143,
            "This is the number that the article prints, and it follows from none of its formulas: 0.33/6 "
            "is 0.055. Divide the sum of the squares by n.",
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


def _log_softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    return logits - np.logaddexp.reduce(logits, axis=axis, keepdims=True)


def _of_labels(numbers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return numbers[np.arange(len(labels)), labels]


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
    misconceptions=(
        Misconception(
            "sign",
            lambda logits, labels: _of_labels(_log_softmax(logits), labels).mean(),
            "The sign is missing: the logarithm of a probability is never above 0, and the loss is minus "
            "that. Descending on this would make the network worse.",
        ),
        Misconception(
            "sum",
            lambda logits, labels: -_of_labels(_log_softmax(logits), labels).sum(),
            "You added the losses of the examples. Take their mean, so that the loss does not grow with "
            "the batch.",
        ),
        Misconception(
            "mean-over-classes",
            lambda logits, labels: -(np.eye(logits.shape[-1])[labels] * _log_softmax(logits)).mean(),
            "You took the mean over examples and classes. Sum over the classes (only the true one counts) "
            "and take the mean over the examples.",
        ),
        Misconception(
            "bits",
            lambda logits, labels: -_of_labels(_log_softmax(logits), labels).mean() / np.log(2),
            "This is the loss in bits. Nats use the natural logarithm, `np.log`.",
        ),
        Misconception(
            "logits-as-probabilities",
            lambda logits, labels: -np.log(_of_labels(logits, labels)).mean(),
            "You took the logarithm of the logits as if they were probabilities. Logits may be negative "
            "and do not sum to 1: softmax comes first.",
        ),
        Misconception(
            "probabilities-as-logits",
            lambda logits, labels: -_of_labels(_log_softmax(softmax(logits)), labels).mean(),
            "Softmax is applied twice: its result is taken for logits and goes through it again. Such a "
            "loss cannot come near 0 however good the network is.",
        ),
        Misconception(
            "softmax-over-batch",
            lambda logits, labels: -_of_labels(_log_softmax(logits, axis=0), labels).mean(),
            "The softmax runs over the examples of the batch. Each example shares its probability among "
            "the classes, along the last axis.",
        ),
        Misconception(
            "no-shift",
            lambda logits, labels: (
                -np.log(
                    _of_labels(np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True), labels)
                ).mean()
            ),
            "The formula is right, but `np.exp(1000)` overflows. Subtract the largest logit of each row "
            "first: the probabilities stay the same.",
        ),
        Misconception(
            "no-shift-in-sum",
            lambda logits, labels: (np.log(np.exp(logits).sum(axis=-1)) - _of_labels(logits, labels)).mean(),
            "The formula is right, but `np.exp(1000)` overflows, and the sum with it. Subtract the "
            "largest logit of each row first: the loss stays the same.",
        ),
        Misconception(
            "log-of-softmax",
            lambda logits, labels: -np.log(_of_labels(softmax(logits), labels)).mean(),
            "Nearly: the softmax is stable, but a true class with logit -1000 gets the probability 0 and "
            "its logarithm is minus infinity. Simplify ln(softmax) by hand before you compute it.",
        ),
    ),
    hints=(
        "Which of the log-probabilities of an example counts, and what is its sign in the loss?",
        "`numbers[np.arange(len(labels)), labels]` picks one number of each row.",
        "Subtract `logits.max(axis=-1, keepdims=True)` first; then ln pᵢ is `shifted - "
        "np.log(np.exp(shifted).sum(...))`.",
        "The last line is `return -log_probabilities[np.arange(len(labels)), labels].mean()`.",
    ),
    solution_code="""
def mean_cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -log_probabilities[np.arange(len(labels)), labels].mean()
""",
    why="The logarithm undoes the exponential of the true class, so nothing has to be computed that could "
    "become 0 or infinity; the shift keeps the sum from overflowing.",
    notice="With logits 1000 and -1000 the loss is 2000: very wrong, but finite, so training can go on.",
)


def _logits_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    gradient = softmax(logits, axis=-1)
    gradient[np.arange(len(labels)), labels] -= 1.0
    return gradient / len(labels)


def _one_hot(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.eye(logits.shape[-1])[labels]


logits_gradient = Exercise(
    name="logits_gradient",
    lesson="loss-functions",
    title="The gradient of the cross-entropy",
    kind="code",
    prompt="""
Write the gradient of the mean cross-entropy of a batch with respect to the logits. For one example it is
p - y: the probabilities minus the one-hot label. You may use `softmax`.
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
    ),
    misconceptions=(
        Misconception(
            "sign",
            lambda logits, labels: (_one_hot(logits, labels) - softmax(logits)) / len(labels),
            "This is y - p, the direction in which the loss falls. The gradient points to where it rises: "
            "p - y. Descent brings the minus sign by itself.",
        ),
        Misconception(
            "sum-for-mean",
            lambda logits, labels: softmax(logits) - _one_hot(logits, labels),
            "This is the gradient of the sum of the losses. The loss is their mean, so divide by the "
            "number of examples.",
        ),
        Misconception(
            "mean-over-classes",
            lambda logits, labels: (softmax(logits) - _one_hot(logits, labels)) / logits.size,
            "You divided by the number of all logits. The mean is taken over the examples only.",
        ),
        Misconception(
            "label-forgotten",
            lambda logits, labels: softmax(logits) / len(labels),
            "These are the probabilities alone. Where is the label? The true class must get a negative "
            "gradient, so that its logit grows.",
        ),
        Misconception(
            "one-from-all",
            lambda logits, labels: (softmax(logits) - 1.0) / len(labels),
            "You subtracted 1 from every class. The one-hot label is 1 for the true class only.",
        ),
        Misconception(
            "of-probabilities",
            lambda logits, labels: -_one_hot(logits, labels) / softmax(logits) / len(labels),
            "This is the gradient with respect to the probabilities, -y/p. The softmax lies between them "
            "and the logits; with it the result becomes simpler.",
        ),
        Misconception(
            "softmax-over-batch",
            lambda logits, labels: (softmax(logits, axis=0) - _one_hot(logits, labels)) / len(labels),
            "The softmax runs over the examples of the batch. Each example shares its probability among "
            "the classes, along the last axis.",
        ),
    ),
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
    why="The logarithm of the loss and the exponential of the softmax cancel, and p - y is left; the mean "
    "divides it by n.",
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
            "The sign is right now. A class with target 0 and probability 0 still gives 0 times minus "
            "infinity, which is NaN. Leave such classes out before the logarithm is taken, or after.",
        ),
        Misconception(
            "sign",
            lambda probabilities, targets: np.nansum(_naive(probabilities, targets), axis=-1).mean(),
            "The NaN is gone. But the loss is negative: the sum has a minus sign in front.",
        ),
        Misconception(
            "log1p",
            lambda probabilities, targets: -(targets * np.log(probabilities + 1.0)).sum(axis=-1).mean(),
            "Adding 1 before the logarithm avoids log 0, and changes every other loss too: a perfect "
            "prediction would get -log 2. Deal with the zeros alone.",
        ),
        Misconception(
            "large-epsilon",
            lambda probabilities, targets: -(targets * np.log(probabilities + 0.01)).sum(axis=-1).mean(),
            "You add 0.01 to every probability: that avoids log 0 but changes all losses. Deal with the "
            "zeros alone, or add far less, such as 1e-12.",
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
            lambda probabilities, targets: -np.log(_of_labels(probabilities, targets.argmax(axis=-1))).mean(),
            "You picked the class with the largest target. For one-hot targets that is right; soft "
            "targets count every class, each by its target.",
        ),
    ),
    hints=(
        "The logarithm of a probability is never above 0. What must stand in front of the sum?",
        "What is 0 · log 0 in NumPy, and what should it be here?",
        "`np.where(targets > 0, probabilities, 1.0)` replaces the probabilities that do not count: log 1 "
        "is 0.",
        "Change the argument of `np.log` in the first line, and put a minus sign after `return`.",
    ),
    solution_code="""
def mean_loss(probabilities, targets):
    logarithms = np.log(np.where(targets > 0, probabilities, 1.0))
    return -np.mean(np.sum(targets * logarithms, axis=-1))
""",
    why="Where the target is 0 any finite logarithm will do, since it is multiplied by 0; log 1 = 0 is "
    "the simplest. The minus sign makes the loss positive.",
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
    """Shapes: both the same, (n,) or (n, n_outputs). Gives one number."""
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
            "It still divides by 2n, and n is the number of rows only. The mean divides by how many "
            "numbers there are.",
        ),
        Misconception(
            "half",
            lambda predictions, targets: ((predictions - targets) ** 2).mean() / 2,
            "The mean is over all numbers now, but it is still halved. PyTorch's `MSELoss` has no 1/2; "
            "its gradient then has a 2.",
        ),
        Misconception(
            "rows-only",
            lambda predictions, targets: ((predictions - targets) ** 2).sum() / len(targets),
            "The 2 is gone. But `len` counts rows only: with several outputs in each row you divide by "
            "too little.",
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
    notice="Half, mean and sum have their lowest point at the same place; only the size of the gradient "
    "differs.",
)
