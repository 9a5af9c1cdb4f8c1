"""What the slips in cross-entropy are made of; those of `mean_cross_entropy` and `logits_gradient`."""

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.attention_slips import share_out, shifted
from course_utils.exercises.engine import Misconception, slips_of

SMALL = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, np.finfo(float).eps)


def unshifted(logits: np.ndarray) -> np.ndarray:
    """Softmax without a shift, which overflows."""
    return share_out(np.exp(logits))


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
        "The sign is missing: the logarithm of a probability is never above 0, and the loss is minus that. Descending on this would make the network worse.",
    ),
    Misconception(
        "sum",
        lambda logits, labels: -of_labels(log_softmax(logits), labels).sum(),
        "You added the losses of the examples. Take their mean, so that the loss does not grow with the batch.",
    ),
    Misconception(
        "mean-over-classes",
        lambda logits, labels: -(np.eye(logits.shape[-1])[labels] * log_softmax(logits)).mean(),
        "You took the mean over examples and classes. Sum over the classes (only the true one counts) and take the mean over the examples.",
    ),
    Misconception(
        "bits",
        lambda logits, labels: -of_labels(log_softmax(logits), labels).mean() / np.log(2),
        "This is the loss in bits. Nats use the natural logarithm, `np.log`.",
    ),
    Misconception(
        "logits-as-probabilities",
        lambda logits, labels: -np.log(of_labels(logits, labels)).mean(),
        "You took the logarithm of the logits as if they were probabilities. Logits may be negative and do not sum to 1: softmax comes first.",
    ),
    Misconception(
        "probabilities-as-logits",
        lambda logits, labels: -of_labels(log_softmax(softmax(logits)), labels).mean(),
        "Softmax is applied twice: its result is taken for logits and goes through it again. Such a loss cannot come near 0 however good the network is.",
    ),
    Misconception(
        "softmax-over-batch",
        lambda logits, labels: -of_labels(log_softmax(logits, axis=0), labels).mean(),
        "The softmax runs over the examples of the batch. Each example shares its probability among the classes, along the last axis.",
    ),
    Misconception(
        "no-shift",
        lambda logits, labels: (
            -np.log(of_labels(np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True), labels)).mean()
        ),
        "The formula is right, but `np.exp(1000)` overflows. Subtract the largest logit of each row first: the probabilities stay the same.",
    ),
    Misconception(
        "no-shift-in-sum",
        lambda logits, labels: (np.log(np.exp(logits).sum(axis=-1)) - of_labels(logits, labels)).mean(),
        "The formula is right, but `np.exp(1000)` overflows, and the sum with it. Subtract the largest logit of each row first: the loss stays the same.",
    ),
    Misconception(
        "log-of-softmax",
        lambda logits, labels: -np.log(of_labels(softmax(logits), labels)).mean(),
        "Nearly: the softmax is stable, but a true class with logit -1000 gets the probability 0 and its logarithm is minus infinity. Simplify ln(softmax) by hand before you compute it.",
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
            "labels-as-rows": (
                lambda z, y: -log_softmax(z)[y].mean(),
                "`[labels]` takes whole rows. Each row has one label: give the row numbers, and the labels as columns.",
            ),
            "decimal": (
                lambda z, y: -of_labels(log_softmax(z), y).mean() / np.log(10),
                "This is made of logarithms to base 10. Nats use the natural logarithm, `np.log`.",
            ),
            "one-sum-for-all": (
                lambda z, y: -of_labels(shifted(z) - np.log(np.exp(shifted(z)).sum()), y).mean(),
                "The exponentials of the whole batch are summed. Each example has a sum of its own: along the last axis, with `keepdims=True`.",
            ),
            "sum-of-logarithms": (
                lambda z, y: -of_labels(shifted(z) - shifted(z).sum(axis=-1, keepdims=True), y).mean(),
                lambda z, y: -of_labels(z - z.sum(axis=-1, keepdims=True), y).mean(),
                "The logarithm is taken before the sum, where it undoes `exp`. It is the logarithm of a sum: ln Σⱼ exp zⱼ.",
            ),
            "sum-without-logarithm": (
                lambda z, y: (
                    -of_labels(shifted(z) - np.exp(shifted(z)).sum(axis=-1, keepdims=True), y).mean()
                ),
                lambda z, y: -of_labels(z - np.exp(z).sum(axis=-1, keepdims=True), y).mean(),
                "The sum of the exponentials is taken off. It is its logarithm that must be: ln Σⱼ exp zⱼ.",
            ),
            "missing-probability": (
                lambda z, y: 1 - of_labels(softmax(z), y).mean(),
                "This is the missing probability. Cross-entropy is minus the logarithm of the true class's probability.",
            ),
            "logarithm-of-mean": (
                lambda z, y: -np.log(of_labels(softmax(z), y).mean()),
                "You took the mean of the probabilities first. Take each example's logarithm, then the mean.",
            ),
            "divided-by-classes": (
                lambda z, y: -of_labels(log_softmax(z), y).sum() / z.shape[-1],
                "You divided by the number of classes. The mean is over the examples.",
            ),
            "clipped": (
                *(
                    lambda z, y, top=top: -of_labels(log_softmax(np.clip(z, -top, top)), y).mean()
                    for top in (50, 100, 500, 700)
                ),
                "You cut the logits off. That avoids the overflow, but the loss of a sure and wrong network is another: subtract the largest logit instead.",
            ),
            "squares": (
                lambda z, y: ((softmax(z) - one_hot(z, y)) ** 2).mean(),
                "These are squared errors of the probabilities. Cross-entropy is made of logarithms.",
            ),
            "no-shift-in-sum-and-sum": (
                lambda z, y: (np.log(np.exp(z).sum(axis=-1)) - of_labels(z, y)).sum(),
                "Two things: the losses are added where their mean is asked for, and `np.exp(1000)` overflows.",
            ),
        }
    ),
)


def _every_row(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    gradient = softmax(logits)
    gradient[labels] -= 1
    return gradient


def _every_label(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    gradient = softmax(logits)
    gradient[:, labels] -= 1.0
    return gradient


GRADIENT_SLIPS = (
    Misconception(
        "sign",
        lambda logits, labels: (one_hot(logits, labels) - softmax(logits)) / len(labels),
        "This is y - p, the direction in which the loss falls. The gradient points to where it rises: p - y. Descent brings the minus sign by itself.",
    ),
    Misconception(
        "sum-for-mean",
        lambda logits, labels: softmax(logits) - one_hot(logits, labels),
        "This is the gradient of the sum of the losses. The loss is their mean, so divide by the number of examples.",
    ),
    Misconception(
        "mean-over-classes",
        lambda logits, labels: (softmax(logits) - one_hot(logits, labels)) / logits.size,
        "You divided by the number of all logits. The mean is taken over the examples only.",
    ),
    Misconception(
        "label-forgotten",
        lambda logits, labels: softmax(logits) / len(labels),
        "These are the probabilities alone. Where is the label? The true class must get a negative gradient, so that its logit grows.",
    ),
    Misconception(
        "one-from-all",
        lambda logits, labels: (softmax(logits) - 1.0) / len(labels),
        "You subtracted 1 from every class. The one-hot label is 1 for the true class only.",
    ),
    Misconception(
        "of-probabilities",
        lambda logits, labels: -one_hot(logits, labels) / softmax(logits) / len(labels),
        "This is the gradient with respect to the probabilities, -y/p. The softmax lies between them and the logits; with it the result becomes simpler.",
    ),
    Misconception(
        "softmax-over-batch",
        lambda logits, labels: (softmax(logits, axis=0) - one_hot(logits, labels)) / len(labels),
        "The softmax runs over the examples of the batch. Each example shares its probability among the classes, along the last axis.",
    ),
    *slips_of(
        {
            "no-shift": (
                lambda z, y: (unshifted(z) - one_hot(z, y)) / len(y),
                "The formula is right, but `np.exp(1000)` overflows. Subtract the largest logit of each row first, or use `softmax`, which does.",
            ),
            "no-shift-and-sum": (
                lambda z, y: unshifted(z) - one_hot(z, y),
                "Two things: divide by the number of examples, since the loss is their mean; and `np.exp(1000)` overflows.",
            ),
            "sign-and-sum": (
                lambda z, y: one_hot(z, y) - softmax(z),
                "Two things: this is y - p, and the mean over the examples is missing.",
            ),
            "every-label": (
                lambda z, y: _every_label(z, y) / len(y),
                lambda z, y: _every_label(z, y),
                "`[:, labels]` means all labels' columns in every row. Each row has one label: give the row numbers, too.",
            ),
            "divided-by-classes": (
                lambda z, y: (softmax(z) - one_hot(z, y)) / z.shape[-1],
                "You divided by the number of classes. The mean is over the examples.",
            ),
            "label-not-one-hot": (
                lambda z, y: (softmax(z) - y[:, np.newaxis]) / len(y),
                lambda z, y: softmax(z) - y[:, np.newaxis],
                lambda z, y: (softmax(z) - y) / len(y),
                lambda z, y: softmax(z) - y,
                "The number of the class is subtracted. Make a one-hot label of it first: 1 for the true class, 0 elsewhere.",
            ),
            "no-softmax": (
                lambda z, y: (z - one_hot(z, y)) / len(y),
                lambda z, y: z - one_hot(z, y),
                "The label is taken off the logits. p is made of them by softmax.",
            ),
            "log-softmax": (
                lambda z, y: (log_softmax(z) - one_hot(z, y)) / len(y),
                lambda z, y: log_softmax(z) - one_hot(z, y),
                "The label is taken off the logarithms of the probabilities. In the gradient p stands without a logarithm.",
            ),
            "softmax-twice": (
                lambda z, y: (softmax(softmax(z)) - one_hot(z, y)) / len(y),
                "Softmax is applied twice.",
            ),
            "true-class-only": (
                lambda z, y: (of_labels(softmax(z), y) - 1) / len(y),
                lambda z, y: of_labels(softmax(z), y) - 1,
                lambda z, y: (softmax(z) - 1) * one_hot(z, y) / len(y),
                lambda z, y: (softmax(z) - 1) * one_hot(z, y),
                "Only the true class has a gradient here. The logits of the other classes count too, since they stand in the softmax's sum.",
            ),
            "averaged-away": (
                lambda z, y: (softmax(z) - one_hot(z, y)).mean(axis=0),
                lambda z, y: (softmax(z) - one_hot(z, y)).sum(axis=0),
                "The examples are put together. Each example has logits of its own, so its own row of the gradient: divide by n, and keep the rows.",
            ),
            "summed-away": (
                lambda z, y: (softmax(z) - one_hot(z, y)).mean(),
                lambda z, y: (softmax(z) - one_hot(z, y)).sum(axis=-1) / len(y),
                "Along a row p - y sums to 0, so there is nothing left. Each logit has a number of its own in the gradient.",
            ),
            "softmax-derivative": (
                lambda z, y: softmax(z) * (1 - softmax(z)) / len(y),
                lambda z, y: softmax(z) * (1 - softmax(z)),
                "This is p (1 - p), a part of the softmax's own derivative. With the loss behind it, p - y is left.",
            ),
            "loss-for-gradient": (
                lambda z, y: -of_labels(log_softmax(z), y).mean(),
                "This is the loss. Its gradient has one number for each logit.",
            ),
            "batch-and-sum": (
                lambda z, y: softmax(z, axis=0) - one_hot(z, y),
                "Two things: the softmax runs over the examples, and the division by their number is missing.",
            ),
            "probabilities-alone": (
                lambda z, y: softmax(z),
                "Two things: the label is missing, and so is the division by the number of examples.",
            ),
            "half-divided": (
                lambda z, y: softmax(z) / len(y) - one_hot(z, y),
                lambda z, y: softmax(z) - one_hot(z, y) / len(y),
                "Only a part of p - y is divided by the number of examples. Put the difference in brackets.",
            ),
            "doubled": (
                lambda z, y: 2 * (softmax(z) - one_hot(z, y)) / len(y),
                lambda z, y: 2 * (softmax(z) - one_hot(z, y)) / z.size,
                "There is a 2 in your gradient, as squared errors have it. Cross-entropy has none.",
            ),
            "rows-for-classes": (
                lambda z, y: _every_row(z, y) / len(y),
                lambda z, y: (softmax(z) - np.eye(len(y))[y]) / len(y),
                "The labels are used where the examples are counted. A label names a class: a column, of which there are `logits.shape[-1]`.",
            ),
            "no-keepdims": (
                lambda z, y: (np.exp(shifted(z)) / np.exp(shifted(z)).sum(axis=-1) - one_hot(z, y)) / len(y),
                "The sum of a row must stay a column to divide its own row: `keepdims=True`.",
            ),
            "shared-among-all": (
                lambda z, y: (np.exp(z - z.max()) / np.exp(z - z.max()).sum() - one_hot(z, y)) / len(y),
                "The probabilities of the whole batch sum to 1 here. Those of each example must.",
            ),
            "sign-and-divisor": (
                lambda z, y: (one_hot(z, y) - softmax(z)) / z.size,
                lambda z, y: (one_hot(z, y) - softmax(z)) / z.shape[-1],
                "Two things: this is y - p, and the mean is over the examples only.",
            ),
            "of-probabilities-and-sum": (
                lambda z, y: -one_hot(z, y) / softmax(z),
                "This is -y/p, the gradient with respect to the probabilities. The softmax lies between them and the logits; and the mean over the examples is missing.",
            ),
            "most-likely-class": (
                lambda z, y: (softmax(z) - one_hot(z, z.argmax(axis=-1))) / len(y),
                "You subtract 1 from the largest probability. The labels say which class is the true one.",
            ),
        }
    ),
)
