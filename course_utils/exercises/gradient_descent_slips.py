"""Descents that go wrong; the slips of `step_with_momentum` and of `adam_change`."""

from collections.abc import Callable

import numpy as np

from course_utils.exercises.engine import Misconception, slips_of


def one_step_late(gradient_of: Callable, start: np.ndarray, learning_rate: float, n_steps: int) -> np.ndarray:
    """Descend with the gradient of the position before."""
    path = [start, start]
    for _ in range(n_steps):
        path.append(path[-1] - learning_rate * gradient_of(path[-2]))
    return np.array(path[1:])


def gradients_added(
    gradient_of: Callable, start: np.ndarray, learning_rate: float, n_steps: int
) -> np.ndarray:
    """Descend along the sum of all gradients on the way."""
    path, gradient = [start], 0.0
    for _ in range(n_steps):
        gradient = gradient + gradient_of(path[-1])
        path.append(path[-1] - learning_rate * gradient)
    return np.array(path)


def _adam_like(
    gradients: np.ndarray, learning_rate: float, beta1: float, beta2: float, step_of: Callable
) -> np.ndarray:
    """Run Adam with another rule for one step: step_of(mean, square, number of the step)."""
    change = mean = square = np.zeros(gradients.shape[1])
    for number, gradient in enumerate(gradients, start=1):
        mean = beta1 * mean + (1 - beta1) * gradient
        square = beta2 * square + (1 - beta2) * gradient**2
        change = change - learning_rate * step_of(mean, square, number)
    return change


def _corrections_kept(
    gradients: np.ndarray,
    learning_rate: float,
    beta1: float,
    beta2: float,
    mean: bool | None = True,
    square: bool | None = True,
) -> np.ndarray:
    """Run Adam with corrected means that are written back (True), kept apart (False) or missing (None)."""
    change = means = squares = np.zeros(gradients.shape[1])
    for number, gradient in enumerate(gradients, start=1):
        means = beta1 * means + (1 - beta1) * gradient
        squares = beta2 * squares + (1 - beta2) * gradient**2
        corrected = means if mean is None else means / (1 - beta1**number)
        size = squares if square is None else squares / (1 - beta2**number)
        means, squares = corrected if mean else means, size if square else squares
        change = change - learning_rate * corrected / (np.sqrt(size) + 1e-8)
    return change


def _adam_rule(step_of: Callable) -> Callable:
    """Build a wrong Adam from step_of(mean, square, number of the step, beta1, beta2)."""
    return lambda gradients, learning_rate, beta1, beta2: _adam_like(
        gradients, learning_rate, beta1, beta2, lambda *means: step_of(*means, beta1, beta2)
    )


_right = _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1**t) / (np.sqrt(s / (1 - b2**t)) + 1e-8))


def _with_last_number(gradients: np.ndarray, learning_rate: float, beta1: float, beta2: float) -> np.ndarray:
    first, second = 1 - beta1 ** len(gradients), 1 - beta2 ** len(gradients)
    rule = _adam_rule(lambda mean, square, *_: mean / first / (np.sqrt(square / second) + 1e-8))
    return rule(gradients, learning_rate, beta1, beta2)


def _last_step_only(gradients: np.ndarray, learning_rate: float, beta1: float, beta2: float) -> np.ndarray:
    return _right(gradients, learning_rate, beta1, beta2) - _right(
        gradients[:-1], learning_rate, beta1, beta2
    )


ADAM_SLIPS = (
    Misconception(
        "no-correction",
        _adam_rule(lambda m, s, t, b1, b2: m / (np.sqrt(s) + 1e-8)),
        "The correction is still missing. After one step the mean is only 1 - beta1 times the gradient.",
    ),
    Misconception(
        "mean-only",
        _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1**t) / (np.sqrt(s) + 1e-8)),
        "You corrected the mean. The mean of the squares starts at 0 too: divide it by 1 - beta2ᵗ.",
    ),
    Misconception(
        "square-only",
        _adam_rule(lambda m, s, t, b1, b2: m / (np.sqrt(s / (1 - b2**t)) + 1e-8)),
        "You corrected the mean of the squares. The mean of the gradients starts at 0 too: divide it by 1 - beta1ᵗ.",
    ),
    Misconception(
        "counted-from-zero",
        _adam_rule(
            lambda m, s, t, b1, b2: m / (1 - b1 ** (t - 1)) / (np.sqrt(s / (1 - b2 ** (t - 1))) + 1e-8)
        ),
        "You count the steps from 0: beta⁰ is 1, so the first step divides by 0. Count from 1, with `enumerate(gradients, start=1)`.",
    ),
    Misconception(
        "first-power",
        _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1) / (np.sqrt(s / (1 - b2)) + 1e-8)),
        "You divide by 1 - beta at every step. The correction fades: it is 1 - betaᵗ, and t grows.",
    ),
    Misconception(
        "correction-kept",
        _corrections_kept,
        "You wrote the corrected means back into the running means, so they are corrected again at the next step. Keep the corrected ones under names of their own.",
    ),
    Misconception(
        "no-root",
        _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1**t) / (s / (1 - b2**t) + 1e-8)),
        "The corrections are right, and the root is lost: Adam divides by the root of the mean square.",
    ),
    Misconception(
        "ascent",
        lambda gradients, learning_rate, beta1, beta2: -_right(gradients, learning_rate, beta1, beta2),
        "The corrections are right, and the sign is turned round: the parameters move against the gradients.",
    ),
    *slips_of(
        {
            "epsilon-inside": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1**t) / np.sqrt(s / (1 - b2**t) + 1e-8)),
                "The corrections are right. The 1e-8 stands under the root here, where it counts far more for small gradients: add it after the root, as before.",
            ),
            "no-epsilon": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1**t) / np.sqrt(s / (1 - b2**t))),
                "The 1e-8 is lost: a parameter whose gradients are all 0 now gets 0/0.",
            ),
            "root-before-correction": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1**t) / (np.sqrt(s) / (1 - b2**t) + 1e-8)),
                "The mean is right. The mean of the squares must be divided by its correction before the root is taken, not after.",
            ),
            "betas-swapped": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b2**t) / (np.sqrt(s / (1 - b1**t)) + 1e-8)),
                "The two corrections have changed places: which of the means fades with beta1?",
            ),
            "one-beta": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1**t) / (np.sqrt(s / (1 - b1**t)) + 1e-8)),
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b2**t) / (np.sqrt(s / (1 - b2**t)) + 1e-8)),
                "Both means are corrected with the same beta. Each fades with its own.",
            ),
            "multiplied": (
                _adam_rule(lambda m, s, t, b1, b2: m * (1 - b1**t) / (np.sqrt(s * (1 - b2**t)) + 1e-8)),
                "You multiplied by the corrections. The means are too small at first: what makes them larger?",
            ),
            "times-number": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1 * t) / (np.sqrt(s / (1 - b2 * t)) + 1e-8)),
                "This is 1 - beta · t. In the correction t is a power: betaᵗ.",
            ),
            "power-of-difference": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1) ** t / (np.sqrt(s / (1 - b2) ** t) + 1e-8)),
                "This is (1 - beta)ᵗ. The power belongs to beta alone.",
            ),
            "no-one-minus": (
                _adam_rule(lambda m, s, t, b1, b2: m / b1**t / (np.sqrt(s / b2**t) + 1e-8)),
                "You divide by betaᵗ. The correction is 1 minus that.",
            ),
            "mean-only-first-power": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1) / (np.sqrt(s) + 1e-8)),
                "Two things are left: the mean of the squares is not corrected, and the correction must fade with the number of the step.",
            ),
            "one-first-power": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1) / (np.sqrt(s / (1 - b2**t)) + 1e-8)),
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1**t) / (np.sqrt(s / (1 - b2)) + 1e-8)),
                "One of the corrections does not change with the number of the step. Both are 1 - betaᵗ.",
            ),
            "square-only-first-power": (
                _adam_rule(lambda m, s, t, b1, b2: m / (np.sqrt(s / (1 - b2)) + 1e-8)),
                "Two things are left: the mean of the gradients is not corrected, and the correction must fade with the number of the step.",
            ),
            "plus-for-minus": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 + b1**t) / (np.sqrt(s / (1 + b2**t)) + 1e-8)),
                "You divide by 1 + betaᵗ, which makes the means smaller still.",
            ),
            "no-square": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1**t)),
                "The mean of the squares plays no part any more.",
            ),
            "mean-only-from-zero": (
                _adam_rule(lambda m, s, t, b1, b2: m / (1 - b1 ** (t - 1)) / (np.sqrt(s) + 1e-8)),
                "Two things are left: the mean of the squares is not corrected, and the steps are counted from 0, which divides by 0.",
            ),
            "square-only-from-zero": (
                _adam_rule(lambda m, s, t, b1, b2: m / (np.sqrt(s / (1 - b2 ** (t - 1))) + 1e-8)),
                "Two things are left: the mean of the gradients is not corrected, and the steps are counted from 0, which divides by 0.",
            ),
            "counted-from-two": (
                _adam_rule(
                    lambda m, s, t, b1, b2: (
                        m / (1 - b1 ** (t + 1)) / (np.sqrt(s / (1 - b2 ** (t + 1))) + 1e-8)
                    )
                ),
                "You count one step too many: the first step has t = 1.",
            ),
            "last-number": (
                _with_last_number,
                "Every step is corrected with the number of all steps. In the loop t grows, from 1.",
            ),
            "mean-kept": (
                lambda gradients, rate, beta1, beta2: _corrections_kept(
                    gradients, rate, beta1, beta2, square=False
                ),
                lambda gradients, rate, beta1, beta2: _corrections_kept(
                    gradients, rate, beta1, beta2, mean=False
                ),
                "One of the corrected means is written back into its running mean, so it is corrected again at the next step. Keep it under a name of its own.",
            ),
            "mean-kept-alone": (
                lambda gradients, rate, beta1, beta2: _corrections_kept(
                    gradients, rate, beta1, beta2, square=None
                ),
                lambda gradients, rate, beta1, beta2: _corrections_kept(
                    gradients, rate, beta1, beta2, mean=None
                ),
                "Two things are left: only one of the two means is corrected, and what is corrected is written back into the running mean. Keep it under a name of its own.",
            ),
            "last-step-only": (
                _last_step_only,
                "Only the last step is left. The changes of all steps add up.",
            ),
        }
    ),
)


def _new_velocity(velocity: np.ndarray, gradient: np.ndarray, momentum: float) -> np.ndarray:
    return momentum * velocity + gradient


MOMENTUM_SLIPS = (
    Misconception(
        "stale-velocity",
        lambda parameters, velocity, gradient, learning_rate, momentum: (
            parameters - learning_rate * velocity,
            _new_velocity(velocity, gradient, momentum),
        ),
        "The parameters move along the old velocity: the gradient arrives one step late. Compute the new velocity first.",
    ),
    Misconception(
        "velocity-not-returned",
        lambda parameters, velocity, gradient, learning_rate, momentum: (
            parameters - learning_rate * _new_velocity(velocity, gradient, momentum),
            velocity,
        ),
        "The parameters are right. But the old velocity is given back, so the next step would forget this gradient.",
    ),
    Misconception(
        "ascent",
        lambda parameters, velocity, gradient, learning_rate, momentum: (
            parameters + learning_rate * _new_velocity(velocity, gradient, momentum),
            _new_velocity(velocity, gradient, momentum),
        ),
        "You added the step. The velocity gathers gradients, and they point uphill: subtract.",
    ),
    Misconception(
        "momentum-forgotten",
        lambda parameters, velocity, gradient, learning_rate, momentum: (
            parameters - learning_rate * gradient,
            gradient,
        ),
        "This is plain gradient descent: the old velocity plays no part.",
    ),
    Misconception(
        "running-mean",
        lambda parameters, velocity, gradient, learning_rate, momentum: (
            parameters - learning_rate * (momentum * velocity + (1 - momentum) * gradient),
            momentum * velocity + (1 - momentum) * gradient,
        ),
        "You took a running mean, with 1 - momentum before the gradient, as Adam does. PyTorch's momentum adds the whole gradient.",
    ),
    Misconception(
        "rate-in-velocity",
        lambda parameters, velocity, gradient, learning_rate, momentum: (
            parameters - momentum * velocity - learning_rate * gradient,
            momentum * velocity + learning_rate * gradient,
        ),
        "You put the learning rate into the velocity. Some books do so, and while the rate is constant the path is the same. In PyTorch's form it multiplies the whole velocity.",
    ),
    Misconception(
        "nesterov",
        lambda parameters, velocity, gradient, learning_rate, momentum: (
            parameters - learning_rate * (gradient + momentum * _new_velocity(velocity, gradient, momentum)),
            _new_velocity(velocity, gradient, momentum),
        ),
        "This is Nesterov's step, which looks one step ahead. Plain momentum moves along the new velocity itself.",
    ),
    *slips_of(
        {
            "older-form": (
                lambda p, v, g, rate, m: (p + m * v - rate * g, m * v - rate * g),
                "This is an older form, with the learning rate and the minus sign in the velocity. In PyTorch's form neither is in it: they come with the step.",
            ),
            "rate-twice": (
                lambda p, v, g, rate, m: (p - rate * (m * v + rate * g), m * v + rate * g),
                "The learning rate comes in twice, in the velocity and in the step. In PyTorch's form the velocity is free of it.",
            ),
            "rate-forgotten": (
                lambda p, v, g, rate, m: (p - _new_velocity(v, g, m), _new_velocity(v, g, m)),
                "The velocity is right. The parameters move by the learning rate times it.",
            ),
            "momentum-lost": (
                lambda p, v, g, rate, m: (p - rate * (v + g), v + g),
                "The old velocity is kept whole, so it never fades. It is multiplied by momentum first.",
            ),
            "momentum-on-gradient": (
                lambda p, v, g, rate, m: (p - rate * (v + m * g), v + m * g),
                "Momentum multiplies the gradient here. It belongs to the old velocity.",
            ),
            "momentum-on-both": (
                lambda p, v, g, rate, m: (p - rate * m * (v + g), m * (v + g)),
                "Momentum multiplies the gradient, too. It belongs to the old velocity alone.",
            ),
            "weights-swapped": (
                lambda p, v, g, rate, m: (p - rate * ((1 - m) * v + m * g), (1 - m) * v + m * g),
                "This is a running mean, with momentum before the gradient. In PyTorch's form momentum multiplies the old velocity, and the gradient is added whole.",
            ),
            "velocity-against-gradient": (
                lambda p, v, g, rate, m: (p - rate * (m * v - g), m * v - g),
                lambda p, v, g, rate, m: (p + rate * (m * v - g), m * v - g),
                "The gradient is taken off the velocity. In PyTorch's form it is added, and the minus sign comes with the step.",
            ),
            "gradient-step": (
                lambda p, v, g, rate, m: (p - rate * g, _new_velocity(v, g, m)),
                "The new velocity is right, but the parameters move along the gradient alone.",
            ),
            "velocity-and-gradient": (
                lambda p, v, g, rate, m: (
                    p - rate * (_new_velocity(v, g, m) + g),
                    _new_velocity(v, g, m),
                ),
                lambda p, v, g, rate, m: (p - rate * (v + g), _new_velocity(v, g, m)),
                "The new velocity is right. The parameters move along it alone: the gradient is in it already, and the old velocity has faded in it.",
            ),
            "parameters-only": (
                lambda p, v, g, rate, m: p - rate * _new_velocity(v, g, m),
                "The new parameters are right. The new velocity is asked for as well, because the next step needs it.",
            ),
            "velocity-only": (
                lambda p, v, g, rate, m: _new_velocity(v, g, m),
                "This is the new velocity. The new parameters are asked for as well, and come first.",
            ),
            "step-for-parameters": (
                lambda p, v, g, rate, m: (rate * _new_velocity(v, g, m), _new_velocity(v, g, m)),
                lambda p, v, g, rate, m: (-rate * _new_velocity(v, g, m), _new_velocity(v, g, m)),
                "The velocity is right. The first result is the step alone: the parameters that you had are missing in it.",
            ),
            "scaled-velocity-returned": (
                lambda p, v, g, rate, m: (
                    p - rate * _new_velocity(v, g, m),
                    rate * _new_velocity(v, g, m),
                ),
                "The parameters are right. The velocity given back holds the learning rate, so the next step would take it twice.",
            ),
            "stale-and-swapped": (
                lambda p, v, g, rate, m: (_new_velocity(v, g, m), p - rate * v),
                "Two things: the parameters come first, and they move along the new velocity.",
            ),
            "both-old": (
                lambda p, v, g, rate, m: (p - rate * v, v),
                "The new velocity is missing in both results: the gradient plays no part.",
            ),
            "rate-for-momentum": (
                lambda p, v, g, rate, m: (p - m * (rate * v + g), rate * v + g),
                "Learning rate and momentum have changed places.",
            ),
            "rate-on-gradient-only": (
                lambda p, v, g, rate, m: (p - m * v - rate * g, _new_velocity(v, g, m)),
                "The velocity is right. In the step the learning rate multiplies all of it, the old part too.",
            ),
            "stale-ascent": (
                lambda p, v, g, rate, m: (p + rate * v, _new_velocity(v, g, m)),
                "Two things: the parameters move along the old velocity, and they climb.",
            ),
            "velocity-turned-round": (
                lambda p, v, g, rate, m: (p - rate * _new_velocity(v, g, m), -_new_velocity(v, g, m)),
                "The parameters are right. The velocity given back has the opposite sign.",
            ),
            "gradient-too": (
                lambda p, v, g, rate, m: (p - rate * _new_velocity(v, g, m), _new_velocity(v, g, m), g),
                "The first two results are right. Give back these two alone.",
            ),
        }
    ),
)
