"""What the slips in cross-entropy are made of, and those of `mean_cross_entropy`."""

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.engine import Misconception, slips_of

SMALL = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, np.finfo(float).eps)


def shifted(logits: np.ndarray) -> np.ndarray:
    """Subtract each row's largest logit."""
    return logits - logits.max(axis=-1, keepdims=True)


def unshifted(logits: np.ndarray) -> np.ndarray:
    """Softmax without a shift, which overflows."""
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def one_hot(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Turn labels into rows with a single 1."""
    return np.eye(logits.shape[-1])[labels]


def log_softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Take the logarithm of the softmax, without overflow."""
    return logits - np.logaddexp.reduce(logits, axis=axis, keepdims=True)


def of_labels(numbers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Pick the true class's number from each row."""
    return numbers[np.arange(len(labels)), labels]


CROSS_ENTROPY_SLIPS = (
    Misconception(
        "sign",
        lambda logits, labels: of_labels(log_softmax(logits), labels).mean(),
        "The sign is missing: the logarithm of a probability is never above 0, and the loss is minus "
        "that. Descending on this would make the network worse.",
    ),
    Misconception(
        "sum",
        lambda logits, labels: -of_labels(log_softmax(logits), labels).sum(),
        "You added the losses of the examples. Take their mean, so that the loss does not grow with "
        "the batch.",
    ),
    Misconception(
        "mean-over-classes",
        lambda logits, labels: -(np.eye(logits.shape[-1])[labels] * log_softmax(logits)).mean(),
        "You took the mean over examples and classes. Sum over the classes (only the true one counts) "
        "and take the mean over the examples.",
    ),
    Misconception(
        "bits",
        lambda logits, labels: -of_labels(log_softmax(logits), labels).mean() / np.log(2),
        "This is the loss in bits. Nats use the natural logarithm, `np.log`.",
    ),
    Misconception(
        "logits-as-probabilities",
        lambda logits, labels: -np.log(of_labels(logits, labels)).mean(),
        "You took the logarithm of the logits as if they were probabilities. Logits may be negative "
        "and do not sum to 1: softmax comes first.",
    ),
    Misconception(
        "probabilities-as-logits",
        lambda logits, labels: -of_labels(log_softmax(softmax(logits)), labels).mean(),
        "Softmax is applied twice: its result is taken for logits and goes through it again. Such a "
        "loss cannot come near 0 however good the network is.",
    ),
    Misconception(
        "softmax-over-batch",
        lambda logits, labels: -of_labels(log_softmax(logits, axis=0), labels).mean(),
        "The softmax runs over the examples of the batch. Each example shares its probability among "
        "the classes, along the last axis.",
    ),
    Misconception(
        "no-shift",
        lambda logits, labels: (
            -np.log(of_labels(np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True), labels)).mean()
        ),
        "The formula is right, but `np.exp(1000)` overflows. Subtract the largest logit of each row "
        "first: the probabilities stay the same.",
    ),
    Misconception(
        "no-shift-in-sum",
        lambda logits, labels: (np.log(np.exp(logits).sum(axis=-1)) - of_labels(logits, labels)).mean(),
        "The formula is right, but `np.exp(1000)` overflows, and the sum with it. Subtract the "
        "largest logit of each row first: the loss stays the same.",
    ),
    Misconception(
        "log-of-softmax",
        lambda logits, labels: -np.log(of_labels(softmax(logits), labels)).mean(),
        "Nearly: the softmax is stable, but a true class with logit -1000 gets the probability 0 and "
        "its logarithm is minus infinity. Simplify ln(softmax) by hand before you compute it.",
    ),
    *slips_of(
        {
            "small-number-added": (
                *(lambda z, y, e=e: -np.log(of_labels(softmax(z), y) + e).mean() for e in SMALL),
                *(lambda z, y, e=e: -np.log(of_labels(unshifted(z), y) + e).mean() for e in SMALL),
                "The added number hides the problem: for a true class with logit -1000 the loss is about 2000, and with the added number it stays far below that. Simplify ln(softmax) by hand, and the logarithm of 0 never comes.",
            ),
            "zero-times-infinity": (
                lambda z, y: -(one_hot(z, y) * np.log(softmax(z))).sum(axis=-1).mean(),
                lambda z, y: -(one_hot(z, y) * np.log(unshifted(z))).sum(axis=-1).mean(),
                "Logits such as 1000 and -1000 give NaN here: something becomes exactly 0, and 0 · log 0, or 0/0, is no number. Subtract each row's own largest logit, and simplify ln(softmax) by hand.",
            ),
            "every-label": (
                lambda z, y: -log_softmax(z)[:, y].mean(),
                "`[:, labels]` takes all labels' columns from every row. Each row has one label: give the row numbers, too.",
            ),
            "not-averaged": (
                lambda z, y: -of_labels(log_softmax(z), y),
                "Here is one loss for each example. The mean of them is asked for.",
            ),
            "no-keepdims": (
                lambda z, y: (
                    -of_labels(z - z.max(axis=-1) - np.log(np.exp(z - z.max(axis=-1)).sum(axis=-1)), y).mean()
                ),
                lambda z, y: -of_labels(shifted(z) - np.log(np.exp(shifted(z)).sum(axis=-1)), y).mean(),
                lambda z, y: -of_labels(log_softmax(z - z.max(axis=-1)), y).mean(),
                lambda z, y: -of_labels(z - np.log(np.exp(z).sum(axis=-1)), y).mean(),
                "Without `keepdims=True` a row's largest logit, or its sum, meets the columns, or fits nothing. Keep the axis.",
            ),
            "one-shift-for-all": (
                lambda z, y: (
                    -of_labels(
                        z - z.max() - np.log(np.exp(z - z.max()).sum(axis=-1, keepdims=True)), y
                    ).mean()
                ),
                "The largest logit of the whole batch is subtracted. A row that lies far below it then has only zeros left: subtract each row's own.",
            ),
            "shift-in-one-place": (
                lambda z, y: (np.log(np.exp(shifted(z)).sum(axis=-1)) - of_labels(z, y)).mean(),
                "The largest logit is taken off inside the sum, and not from the true class's logit. Take it off both.",
            ),
            "most-likely-class": (
                lambda z, y: -log_softmax(z).max(axis=-1).mean(),
                "This is the loss of the classes that the network prefers. The labels play no part.",
            ),
            "all-classes": (
                lambda z, y: -log_softmax(z).sum(axis=-1).mean(),
                lambda z, y: -log_softmax(z).mean(),
                lambda z, y: -log_softmax(z).sum(),
                "All classes count in your loss. Only the true class of each example does.",
            ),
            "sum-for-log-sum": (
                lambda z, y: -of_labels(z, y).mean(),
                lambda z, y: -of_labels(shifted(z), y).mean(),
                "The second part is missing: ln Σⱼ exp zⱼ.",
            ),
            "probabilities-only": (
                lambda z, y: -of_labels(softmax(z), y).mean(),
                lambda z, y: of_labels(softmax(z), y).mean(),
                "This is made of the probabilities themselves. Where is the logarithm?",
            ),
            "sign-and-sum": (
                lambda z, y: of_labels(log_softmax(z), y).sum(),
                "Two things: the minus sign is missing, and the losses are added where their mean is asked for.",
            ),
            "sign-and-no-mean": (
                lambda z, y: of_labels(log_softmax(z), y),
                "Two things: the minus sign is missing, and the mean is not taken.",
            ),
            "unstable-and-sum": (
                lambda z, y: -np.log(of_labels(softmax(z), y)).sum(),
                lambda z, y: -np.log(of_labels(unshifted(z), y)).sum(),
                "Two things: the losses are added where their mean is asked for, and logits such as 1000 and -1000 do not survive the softmax and its logarithm.",
            ),
            "unstable-and-sign": (
                lambda z, y: np.log(of_labels(softmax(z), y)).mean(),
                lambda z, y: np.log(of_labels(unshifted(z), y)).mean(),
                "Two things: the minus sign is missing, and logits such as 1000 and -1000 do not survive the softmax and its logarithm.",
            ),
            "unstable-and-no-mean": (
                lambda z, y: -np.log(of_labels(softmax(z), y)),
                lambda z, y: -np.log(of_labels(unshifted(z), y)),
                "Two things: the mean is not taken, and logits such as 1000 and -1000 do not survive the softmax and its logarithm.",
            ),
        }
    ),
)
