"""Exercises: gradient descent and its relatives."""

from collections.abc import Callable, Iterable

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal, slips_of
from course_utils.exercises.gradient_descent_slips import (
    ADAM_SLIPS,
    MOMENTUM_SLIPS,
    gradients_added,
    one_step_late,
)

PARAMETERS, GRADIENT, LEARNING_RATE = (
    np.array([[1.0, 2.0], [3.0, 4.0]]),
    np.array([[0.1, 0.2], [0.3, 0.4]]),
    0.1,
)


def _one_step() -> np.ndarray:
    return PARAMETERS - LEARNING_RATE * GRADIENT


one_step = Exercise(
    name="one_step",
    lesson="gradient-descent",
    title="One step of gradient descent",
    kind="prediction",
    prompt="""
The parameters are `[[1, 2], [3, 4]]`, the gradient is `[[0.1, 0.2], [0.3, 0.4]]` and the learning rate is
0.1. What are the parameters after one step of gradient descent? Write a list of two lists.
""",
    starter="one_step = [[..., ...], [..., ...]]",
    reference=_one_step,
    tolerance=1e-4,
    misconceptions=(
        Misconception(
            "ascent",
            lambda: PARAMETERS + LEARNING_RATE * GRADIENT,
            "You added the step. The gradient points uphill; descent subtracts.",
        ),
        Misconception(
            "learning-rate-forgotten",
            lambda: PARAMETERS - GRADIENT,
            "This is a step by the whole gradient. The learning rate says how much of the gradient a step takes.",
        ),
        Misconception(
            "change-only",
            lambda: -LEARNING_RATE * GRADIENT,
            "This is the change. Add it to the parameters that you had.",
        ),
        *slips_of(
            {
                "change-without-sign": (
                    lambda: LEARNING_RATE * GRADIENT,
                    "This is how far each parameter moves. Take it off the parameters that you had.",
                ),
                "rate-subtracted": (
                    lambda: PARAMETERS - LEARNING_RATE,
                    "Every parameter moved by 0.1. Where is the gradient?",
                ),
                "ascent-without-rate": (
                    lambda: PARAMETERS + GRADIENT,
                    "This is a step uphill, and by the whole gradient. Which way does descent go, and how much of the gradient does it take?",
                ),
                "rate-on-all": (
                    lambda: LEARNING_RATE * (PARAMETERS - GRADIENT),
                    "Here the learning rate shrinks the parameters, too. It belongs to the gradient alone.",
                ),
                "divided-by-rate": (
                    lambda: PARAMETERS - GRADIENT / LEARNING_RATE,
                    "This is what dividing by the learning rate gives. The gradient is multiplied by it.",
                ),
                "times-parameters": (
                    lambda: PARAMETERS - LEARNING_RATE * GRADIENT * PARAMETERS,
                    "Here the step is also multiplied by the parameters. It is learning rate times gradient, no more.",
                ),
                "smaller-rate": (
                    lambda: PARAMETERS - 0.01 * GRADIENT,
                    "This is a step with the learning rate 0.01; here it is 0.1.",
                ),
                "one-number-for-all": (
                    lambda: PARAMETERS - LEARNING_RATE * GRADIENT[0, 0],
                    "Every parameter moved by 0.01. Each has a part of the gradient of its own.",
                ),
                "gradient-alone": (
                    lambda: GRADIENT,
                    "This is the gradient. What does a step make of the parameters?",
                ),
                "unchanged": (
                    lambda: PARAMETERS,
                    "These are the parameters as they were. A step moves each of them.",
                ),
                "turned-round": (
                    lambda: LEARNING_RATE * GRADIENT - PARAMETERS,
                    "The signs are turned round: take the step off the parameters, not the parameters off the step.",
                ),
                "two-steps": (
                    lambda: PARAMETERS - 2 * LEARNING_RATE * GRADIENT,
                    "This is twice as far as one step goes.",
                ),
                "columns-for-rows": (
                    lambda: (PARAMETERS - LEARNING_RATE * GRADIENT).T,
                    "The four numbers are right, and rows and columns have changed places.",
                ),
                "in-one-row": (
                    lambda: (PARAMETERS - LEARNING_RATE * GRADIENT).ravel(),
                    "The four numbers are right. Write them as two lists of two, as the parameters are.",
                ),
                "matrix-product": (
                    lambda: PARAMETERS - LEARNING_RATE * PARAMETERS @ GRADIENT,
                    "This has a product of matrices in it. Each parameter moves by the learning rate times its own gradient.",
                ),
            }
        ),
    ),
    hints=(
        "Does the gradient point uphill or downhill?",
        "What is a tenth of the gradient?",
        "Subtract 0.01, 0.02, 0.03 and 0.04.",
    ),
    solution_code="one_step = [[0.99, 1.98], [2.97, 3.96]]",
    why="Each parameter moves against its own part of the gradient, by learning rate times that part.",
    notice="The article has this one right.",
)


def _fate(learning_rate: float) -> str:
    """Say what becomes of x ← x - learning_rate · 4x, the descent on 2x², from any start but 0."""
    factor = 1 - 4 * float(learning_rate)
    if not np.isfinite(factor):
        return "no number"
    if factor > 1:
        return "climbs"
    if factor == 1:
        return "stands still"
    if factor == -1:
        return "swings to and fro for ever"
    return "comes to rest at the lowest point" if abs(factor) < 1 else "jumps further away at each step"


diverging_rate = Exercise(
    name="diverging_rate",
    lesson="gradient-descent",
    title="A learning rate that is too large",
    kind="prediction",
    prompt="""
Gradient descent on f(x) = 2x² starts at x = 1. Find a learning rate above 0 with which it jumps over the
lowest point and lands further away at each step. Write one number; many are right.
""",
    starter="diverging_rate = ...",
    reference=lambda: 0.75,
    measure=_fate,
    measure_name="what the descent does",
    misconceptions=(
        Misconception(
            "still-converges",
            lambda: 0.3,
            "With this learning rate it comes to rest at 0. The gradient is 4x, so each step multiplies x by 1 - 4·learning_rate. How large must that be, without its sign, for x to grow?",
        ),
        Misconception(
            "borderline",
            lambda: 0.5,
            "With this one x jumps between 1 and -1 for ever: it is the border. A little more, and it diverges.",
        ),
        Misconception(
            "ascent",
            lambda: -0.5,
            "With a negative learning rate the descent climbs and never jumps over the lowest point. Find one above 0.",
        ),
        Misconception("no-step", lambda: 0.0, "With a learning rate of 0 nothing moves."),
        Misconception("no-number", lambda: np.inf, "That is no finite number. A far smaller one will do."),
    ),
    hints=(
        "What is the derivative of 2x²? What does one step do to x?",
        "One step multiplies x by 1 - 4·learning_rate. For which factors does x grow while its sign changes?",
        "The factor must be below -1.",
    ),
    solution_code="diverging_rate = 0.6",
    why="The factor 1 - 4·learning_rate is below -1 for every learning rate above 0.5, which is 2 divided by the curvature 4.",
    notice="The steeper the valley is curved, the smaller the largest learning rate that works: 2 divided by the curvature.",
)


backward_or_step = Exercise(
    name="backward_or_step",
    lesson="gradient-descent",
    title="What backpropagation does",
    kind="prediction",
    prompt="""
In PyTorch a network has just run `loss.backward()`, and `optimizer.step()` has not been called yet. What
has changed since before `backward()`? Write one letter in quotes.
""",
    starter='backward_or_step = "..."',
    options={
        "a": "the parameters: backpropagation has updated them",
        "b": "the gradients, in `.grad` of each parameter; the parameters are as they were",
        "c": "both the gradients and the parameters",
        "d": "nothing: `backward()` only checks that gradients could be computed",
    },
    reference=lambda: "b",
    misconceptions=(
        Misconception(
            "backward-updates",
            lambda: "a",
            "So the article's fourth step can be read. But backpropagation computes: it finds the derivative of the loss with respect to each parameter. Who uses it afterwards?",
        ),
        Misconception(
            "both",
            lambda: "c",
            "The gradients are there, yes. If the parameters had moved too, what would be left for `optimizer.step()` to do?",
        ),
        Misconception("nothing", lambda: "d", "It does compute the gradients. Where does it put them?"),
    ),
    hints=(
        "What is `optimizer.step()` for?",
        "Which of the two calls knows the learning rate?",
        "`backward()` knows no learning rate, so it cannot update anything: where can its result be found?",
    ),
    solution_code='backward_or_step = "b"',
    why="Backpropagation computes the gradients by the chain rule and adds them to `.grad`; the optimiser updates.",
    notice="It adds them: without `zero_grad()` the gradients of several batches pile up.",
)


def _linear_gradient(weights: np.ndarray, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    errors = inputs @ weights - targets
    return 2.0 * inputs.T @ errors / len(targets)


def _errors(weights: np.ndarray, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return inputs @ weights - targets


linear_gradient = Exercise(
    name="linear_gradient",
    lesson="gradient-descent",
    title="The gradient of a linear model",
    kind="code",
    prompt="""
A linear model predicts `inputs @ weights`, and its loss is the mean squared error, (1/n) Σ (prediction -
target)². Write the gradient of the loss with respect to the weights.
""",
    starter='''
def linear_gradient(weights, inputs, targets):
    """Shapes: weights (n_features,), inputs (n, n_features), targets (n,). Gives (n_features,)."""
    ...
''',
    reference=_linear_gradient,
    cases=(
        (normal(2, seed=141), normal(5, 2, seed=142), normal(5, seed=143)),
        (normal(4, seed=144), normal(3, 4, seed=145), normal(3, seed=146)),
        (normal(3, seed=147), normal(3, 3, seed=148), normal(3, seed=149)),
    ),
    misconceptions=(
        Misconception(
            "sum-for-mean",
            lambda weights, inputs, targets: 2 * inputs.T @ _errors(weights, inputs, targets),
            "This is the gradient of the sum of squares. The loss is the mean, so divide by n; otherwise the step grows with the batch.",
        ),
        Misconception(
            "half",
            lambda weights, inputs, targets: inputs.T @ _errors(weights, inputs, targets) / len(targets),
            "The 2 from the derivative of the square is missing: this belongs to the loss with 1/(2n).",
        ),
        Misconception(
            "sign",
            lambda weights, inputs, targets: -2 * inputs.T @ _errors(weights, inputs, targets) / len(targets),
            "This points downhill. The gradient points uphill; descent brings the minus sign by itself.",
        ),
        Misconception(
            "missing-transpose",
            lambda weights, inputs, targets: 2 * inputs @ _errors(weights, inputs, targets) / len(targets),
            "`inputs @ errors` runs only when there are as many examples as features. Each weight needs the sum over the examples: turn the inputs over.",
        ),
        Misconception(
            "divided-by-features",
            lambda weights, inputs, targets: 2 * inputs.T @ _errors(weights, inputs, targets) / len(weights),
            "You divided by the number of features. The mean is over the examples.",
        ),
        Misconception(
            "inputs-forgotten",
            lambda weights, inputs, targets: np.full(
                len(weights), 2 * _errors(weights, inputs, targets).mean()
            ),
            "Each weight acts through its own input: by the chain rule every error is multiplied by that input before the mean is taken.",
        ),
        Misconception(
            "loss-for-gradient",
            lambda weights, inputs, targets: (_errors(weights, inputs, targets) ** 2).mean(),
            "This is the loss. Its gradient has one number for each weight.",
        ),
        *slips_of(
            {
                "sum-and-half": (
                    lambda w, x, y: x.T @ _errors(w, x, y),
                    "The inputs and errors are put together rightly. The 2 of the derivative is missing, and so is the mean over the examples.",
                ),
                "sign-and-factor": (
                    lambda w, x, y: -x.T @ _errors(w, x, y) / len(y),
                    lambda w, x, y: -2 * x.T @ _errors(w, x, y),
                    lambda w, x, y: -x.T @ _errors(w, x, y),
                    "This points downhill, and the factor is not right either: 2 comes from the square, 1/n from the mean.",
                ),
                "targets-forgotten": (
                    lambda w, x, y: 2 * x.T @ (x @ w) / len(y),
                    "The targets play no part. The error is prediction minus target.",
                ),
                "not-summed": (
                    lambda w, x, y: 2 * _errors(w, x, y)[:, np.newaxis] * x / len(y),
                    lambda w, x, y: 2 * _errors(w, x, y)[:, np.newaxis] * x,
                    lambda w, x, y: 2 * _errors(w, x, y) * x / len(y),
                    lambda w, x, y: 2 * x * _errors(w, x, y),
                    "Your result has a row for each example. The gradient has one number for each weight: sum over the examples.",
                ),
                "one-number": (
                    lambda w, x, y: 2 * (x.T @ _errors(w, x, y)).mean(),
                    lambda w, x, y: 2 * (_errors(w, x, y)[:, np.newaxis] * x).mean(),
                    lambda w, x, y: 2 * (x.T @ _errors(w, x, y)).sum() / len(y),
                    lambda w, x, y: 2 * _errors(w, x, y).mean(),
                    "Your result is one number. The gradient has one for each weight: let only the axis of the examples go.",
                ),
                "along-features": (
                    lambda w, x, y: 2 * (_errors(w, x, y)[:, np.newaxis] * x).mean(axis=1),
                    lambda w, x, y: 2 * (_errors(w, x, y)[:, np.newaxis] * x).sum(axis=1) / len(y),
                    "You have one number for each example. There must be one for each weight: take the mean over the examples, the first axis.",
                ),
                "doubly-halved": (
                    lambda w, x, y: x.T @ _errors(w, x, y) / (2 * len(y)),
                    "The 2 stands below where it belongs above: it comes from the derivative of the square.",
                ),
                "features-and-factor": (
                    lambda w, x, y: x.T @ _errors(w, x, y) / len(w),
                    lambda w, x, y: -2 * x.T @ _errors(w, x, y) / len(w),
                    "You divided by the number of features, where the mean is over the examples; and sign or factor in front is not right either.",
                ),
                "signs-lost": (
                    lambda w, x, y: 2 * x.T @ np.abs(_errors(w, x, y)) / len(y),
                    "The errors have lost their signs. Too high and too low pull a weight in opposite directions.",
                ),
                "errors-alone": (
                    lambda w, x, y: 2 * _errors(w, x, y) / len(y),
                    lambda w, x, y: 2 * _errors(w, x, y),
                    lambda w, x, y: _errors(w, x, y),
                    "This is the gradient with respect to the predictions, or a part of it. One step of the chain rule is missing: from a prediction to the weights.",
                ),
                "means-multiplied": (
                    lambda w, x, y: 2 * _errors(w, x, y).mean() * x.mean(axis=0),
                    "This is what the mean error times the mean input gives. Multiply example by example first, then take the mean.",
                ),
                "squared-errors": (
                    lambda w, x, y: 2 * x.T @ _errors(w, x, y) ** 2 / len(y),
                    lambda w, x, y: x.T @ _errors(w, x, y) ** 2 / len(y),
                    "The errors are still squared. What is the derivative of a square?",
                ),
                "step-for-gradient": (
                    lambda w, x, y: w - _linear_gradient(w, x, y),
                    "This is the weights after a step. Only the gradient is asked for.",
                ),
                "divided-by-all": (
                    lambda w, x, y: 2 * x.T @ _errors(w, x, y) / x.size,
                    "You divided by the number of all inputs. The mean is over the examples.",
                ),
                "factor": (
                    lambda w, x, y: 2 * x.T @ _errors(w, x, y) / len(y) ** 2,
                    lambda w, x, y: 4 * x.T @ _errors(w, x, y) / len(y),
                    "Only the factor in front is not right: 2 comes from the square, 1/n from the mean, each once.",
                ),
                "transposed-and-sum": (
                    lambda w, x, y: 2 * x @ _errors(w, x, y),
                    lambda w, x, y: x @ _errors(w, x, y),
                    lambda w, x, y: x @ _errors(w, x, y) / len(y),
                    "`inputs @ errors` runs only when there are as many examples as features: turn the inputs over. Then look at the factor in front, too.",
                ),
            }
        ),
    ),
    hints=(
        "How many numbers has the gradient, and over what is summed?",
        "The derivative of (prediction - target)² with respect to a weight is 2 · error · input. Sum that over the examples.",
        "`inputs.T @ errors` sums over the examples; then multiply by 2 and divide by `len(targets)`.",
    ),
    solution_code="""
def linear_gradient(weights, inputs, targets):
    errors = inputs @ weights - targets
    return 2 * inputs.T @ errors / len(targets)
""",
    why="The chain rule gives 2 · error · input for each example and weight; the transpose sums over the examples, and the mean divides by n.",
    notice="With some of the examples in place of all you get the gradient of mini-batch descent: the same code.",
)


def _step_with_momentum(
    parameters: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, learning_rate: float, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    velocity = momentum * velocity + gradient
    return parameters - learning_rate * velocity, velocity


step_with_momentum = Exercise(
    name="step_with_momentum",
    lesson="gradient-descent",
    title="A step with momentum",
    kind="code",
    prompt="""
Write one step of gradient descent with momentum, in PyTorch's form: the new velocity is momentum ·
velocity + gradient, and the parameters move against the new velocity, times the learning rate. Give back
both.
""",
    starter='''
def step_with_momentum(parameters, velocity, gradient, learning_rate, momentum):
    """All three arrays have one shape. Gives (new parameters, new velocity)."""
    ...
''',
    reference=_step_with_momentum,
    cases=(
        (normal(3, seed=151), normal(3, seed=152), normal(3, seed=153), 0.1, 0.9),
        (normal(2, 4, seed=154), normal(2, 4, seed=155), normal(2, 4, seed=156), 0.5, 0.6),
        (normal(3, seed=157), np.zeros(3), normal(3, seed=158), 0.2, 0.9),
    ),
    misconceptions=MOMENTUM_SLIPS,
    hints=(
        "Which of the two must be computed first, the new velocity or the new parameters?",
        "Which velocity do the parameters move along, the old one or the new one?",
        "First line: `new_velocity = momentum * velocity + gradient`. Then subtract `learning_rate * new_velocity`.",
    ),
    solution_code="""
def step_with_momentum(parameters, velocity, gradient, learning_rate, momentum):
    new_velocity = momentum * velocity + gradient
    new_parameters = parameters - learning_rate * new_velocity
    return new_parameters, new_velocity
""",
    why="The velocity gathers past gradients, each fading by the factor momentum at every step, and the parameters follow it.",
    notice="With momentum 0.9 and a constant gradient the velocity grows to 10 gradients: 1/(1 - 0.9).",
)


def _descend(gradient_of: Callable, start: np.ndarray, learning_rate: float, n_steps: int) -> np.ndarray:
    path = [start]
    for _ in range(n_steps):
        path.append(path[-1] - learning_rate * gradient_of(path[-1]))
    return np.array(path)


def _path(start: np.ndarray, n_steps: int, step: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    path = [start]
    for _ in range(n_steps):
        path.append(step(path[-1]))
    return np.array(path)


def _scaled_descent(gradient_of: Callable, start: np.ndarray, rate: float, factors: Iterable) -> np.ndarray:
    path = [start]
    for factor in factors:
        path.append(path[-1] - factor * rate * gradient_of(path[-1]))
    return np.array(path)


def _bowl_gradient(position: np.ndarray) -> np.ndarray:
    return np.array([2.0, 6.0]) * position


def _curved_gradient(position: np.ndarray) -> np.ndarray:
    return position**3 - position[::-1]


descend = Exercise(
    name="descend",
    lesson="gradient-descent",
    title="Repair a descent with an old gradient",
    kind="repair",
    prompt="""
This function walks downhill and records its path: the start and the position after each step. It
overshoots, although the learning rate is small. `gradient_of(position)` gives the gradient at a position.
Find the fault and repair it.
""",
    starter='''
def descend(gradient_of, start, learning_rate, n_steps):
    """Gives the path, shape (n_steps + 1, n_parameters), from the start, shape (n_parameters,)."""
    position = start
    gradient = gradient_of(position)
    path = [position]
    for _ in range(n_steps):
        position = position - learning_rate * gradient
        path.append(position)
    return np.array(path)
''',
    reference=_descend,
    cases=(
        (_bowl_gradient, np.array([1.0, -2.0]), 0.1, 4),
        (_curved_gradient, np.array([0.5, 1.5, -0.7]), 0.2, 3),
        (_bowl_gradient, np.array([3.0, 1.0]), 0.3, 1),
    ),
    misconceptions=(
        Misconception(
            "old-gradient",
            lambda gradient_of, start, learning_rate, n_steps: (
                start - learning_rate * np.outer(np.arange(n_steps + 1), gradient_of(start))
            ),
            "The gradient is still the one at the start, and the walk goes straight on past the lowest point. Where must it be computed, so that every step has its own?",
        ),
        Misconception(
            "ascent",
            lambda gradient_of, start, learning_rate, n_steps: _path(
                start, n_steps, lambda position: position + learning_rate * gradient_of(position)
            ),
            "Each step has its own gradient now. But you add it: that walks uphill.",
        ),
        Misconception(
            "from-start",
            lambda gradient_of, start, learning_rate, n_steps: _path(
                start, n_steps, lambda position: start - learning_rate * gradient_of(position)
            ),
            "Each step sets out from the start again. It must set out from the position before it.",
        ),
        Misconception(
            "start-missing",
            lambda gradient_of, start, learning_rate, n_steps: _descend(
                gradient_of, start, learning_rate, n_steps
            )[1:],
            "The walk is right, but the start is missing from the path.",
        ),
        Misconception(
            "end-missing",
            lambda gradient_of, start, learning_rate, n_steps: _descend(
                gradient_of, start, learning_rate, n_steps
            )[:-1],
            "The walk is right, but the last position is missing: record after each step, and the start before the first.",
        ),
        Misconception(
            "learning-rate-forgotten",
            lambda gradient_of, start, learning_rate, n_steps: _path(
                start, n_steps, lambda position: position - gradient_of(position)
            ),
            "The learning rate is missing from the step.",
        ),
        *slips_of(
            {
                "one-array": (
                    lambda gradient_of, start, rate, n: np.tile(
                        _descend(gradient_of, start, rate, n)[-1], (n + 1, 1)
                    ),
                    "All rows of your path are the last position. `-=` changes the array itself, and the path holds that one array many times: make a new one at each step.",
                ),
                "one-step-late": (
                    one_step_late,
                    "Every step uses the gradient of the position before: it is one step late. Compute it where the walk stands now, and then step.",
                ),
                "gradients-added": (
                    gradients_added,
                    "The gradients pile up from step to step. Each step needs only the one where it stands.",
                ),
                "last-position": (
                    lambda gradient_of, start, rate, n: _descend(gradient_of, start, rate, n)[-1],
                    "This is where the walk ends. The whole path is asked for.",
                ),
                "one-step-more": (
                    lambda gradient_of, start, rate, n: _descend(gradient_of, start, rate, n + 1),
                    "The walk is right, but one step too long.",
                ),
                "start-twice": (
                    lambda gradient_of, start, rate, n: np.concatenate(
                        [[start], _descend(gradient_of, start, rate, n)]
                    ),
                    lambda gradient_of, start, rate, n: np.concatenate(
                        [[start], _descend(gradient_of, start, rate, n)[:-1]]
                    ),
                    "The start is twice in the path. Record after the step.",
                ),
                "gradients-for-path": (
                    lambda gradient_of, start, rate, n: np.array(
                        [gradient_of(p) for p in _descend(gradient_of, start, rate, n)]
                    ),
                    "You recorded the gradients. The path holds the positions.",
                ),
                "changes-for-path": (
                    lambda gradient_of, start, rate, n: _path(
                        start, n, lambda position: -rate * gradient_of(position)
                    ),
                    lambda gradient_of, start, rate, n: _path(
                        start, n, lambda position: rate * gradient_of(position)
                    ),
                    "Here the new position is the step alone. Where did the walk stand before it?",
                ),
                "stopped-early": (
                    lambda gradient_of, start, rate, n: _descend(gradient_of, start, rate, min(n, 1)),
                    "Only the first step is there. Does `return` stand inside the loop?",
                ),
                "uphill-straight": (
                    lambda gradient_of, start, rate, n: (
                        start + rate * np.outer(np.arange(n + 1), gradient_of(start))
                    ),
                    "The gradient is still the one at the start, and now the walk goes uphill. The sign was right: where must the gradient be computed?",
                ),
                "smaller-rate": (
                    *(
                        lambda gradient_of, start, rate, n, part=part: (
                            start - rate / part * np.outer(np.arange(n + 1), gradient_of(start))
                        )
                        for part in (2, 10, 100)
                    ),
                    lambda gradient_of, start, rate, n: (
                        start
                        - rate
                        * np.outer(
                            [sum(1 / (k + 1) for k in range(j)) for j in range(n + 1)], gradient_of(start)
                        )
                    ),
                    "Smaller steps only hide the fault: all of them still go in the direction of the first. What changes along the way?",
                ),
                "rate-grows": (
                    lambda gradient_of, start, rate, n: _scaled_descent(
                        gradient_of, start, rate, range(1, n + 1)
                    ),
                    "Each step has its own gradient now. But the learning rate grows from step to step: it should stay.",
                ),
                "rate-shared-out": (
                    lambda gradient_of, start, rate, n: _scaled_descent(
                        gradient_of, start, rate, [1 / n] * n
                    ),
                    "Each step has its own gradient now. But the learning rate is divided by the number of steps.",
                ),
                "gradient-ahead": (
                    lambda gradient_of, start, rate, n: _path(
                        start,
                        n,
                        lambda position: (
                            position - rate * gradient_of(position - rate * gradient_of(position))
                        ),
                    ),
                    "The gradient is that of the position after the step. Compute it where the walk stands now.",
                ),
                "fixed-length": (
                    lambda gradient_of, start, rate, n: _path(
                        start,
                        n,
                        lambda position: (
                            position - rate * gradient_of(position) / np.linalg.norm(gradient_of(position))
                        ),
                    ),
                    "Each step is as long as the learning rate here. It is learning rate times gradient, so it fades with the slope.",
                ),
                "columns-for-rows": (
                    lambda gradient_of, start, rate, n: _descend(gradient_of, start, rate, n).T,
                    "The walk is right, and turned over: one row for each position.",
                ),
                "steps-for-path": (
                    lambda gradient_of, start, rate, n: np.diff(
                        _descend(gradient_of, start, rate, n), axis=0
                    ),
                    "These are the steps. The path holds the positions.",
                ),
            }
        ),
    ),
    hints=(
        "How often is `gradient_of` called, and how often should it be?",
        "The gradient changes along the way. At which position is it computed here?",
        "Move the line `gradient = gradient_of(position)` into the loop, before the step.",
    ),
    solution_code="""
def descend(gradient_of, start, learning_rate, n_steps):
    position = start
    path = [position]
    for _ in range(n_steps):
        gradient = gradient_of(position)
        position = position - learning_rate * gradient
        path.append(position)
    return np.array(path)
""",
    why="Descent follows the slope where it stands, so the gradient is computed anew before each step.",
    notice="Near the lowest point the gradient fades, so the steps become shorter by themselves.",
)


def _adam_change(gradients: np.ndarray, learning_rate: float, beta1: float, beta2: float) -> np.ndarray:
    change = mean = square = np.zeros(gradients.shape[1])
    for step, gradient in enumerate(gradients, start=1):
        mean = beta1 * mean + (1 - beta1) * gradient
        square = beta2 * square + (1 - beta2) * gradient**2
        size = np.sqrt(square / (1 - beta2**step)) + 1e-8
        change = change - learning_rate * mean / (1 - beta1**step) / size
    return change


adam_change = Exercise(
    name="adam_change",
    lesson="gradient-descent",
    title="Repair Adam's first steps",
    kind="repair",
    prompt="""
This adds up how far Adam moves each parameter over a few steps. Its running means start at 0 and are too
small at first; Adam (Kingma & Ba 2014) divides them by 1 - beta1ᵗ and 1 - beta2ᵗ, where t is the number
of the step, from 1. That is missing here. Put it in. Keep the 1e-8: some gradients are 0.
""",
    starter='''
def adam_change(gradients, learning_rate, beta1, beta2):
    """Shape: gradients (n_steps, n_parameters), the first step first. Gives the change, (n_parameters,)."""
    change = mean = square = np.zeros(gradients.shape[1])
    for gradient in gradients:
        mean = beta1 * mean + (1 - beta1) * gradient
        square = beta2 * square + (1 - beta2) * gradient**2
        change = change - learning_rate * mean / (np.sqrt(square) + 1e-8)
    return change
''',
    reference=_adam_change,
    tolerance=1e-4,  # the paper's faster form corrects after the 1e-8 is added: right, too
    cases=(
        (np.array([[100.0, -0.01, 0.0, 1e-3]]), 0.1, 0.9, 0.999),
        (np.column_stack([normal(4, 2, seed=161), np.zeros(4)]), 0.1, 0.9, 0.99),
        (normal(3, 5, seed=162), 0.5, 0.5, 0.8),
    ),
    misconceptions=ADAM_SLIPS,
    hints=(
        "After the first step, how large is `mean` compared with the gradient, when beta1 is 0.9?",
        "How does the loop get to know the number of the step? Look up `enumerate` with `start=1`.",
        "Use `mean / (1 - beta1**step)` and `square / (1 - beta2**step)` in the last line of the loop, "
        "and leave `mean` and `square` themselves as they are.",
    ),
    solution_code="""
def adam_change(gradients, learning_rate, beta1, beta2):
    change = mean = square = np.zeros(gradients.shape[1])
    for step, gradient in enumerate(gradients, start=1):
        mean = beta1 * mean + (1 - beta1) * gradient
        square = beta2 * square + (1 - beta2) * gradient**2
        corrected_mean = mean / (1 - beta1**step)
        corrected_square = square / (1 - beta2**step)
        change = change - learning_rate * corrected_mean / (np.sqrt(corrected_square) + 1e-8)
    return change
""",
    why="After t steps the weights in a running mean add up to 1 - betaᵗ; dividing by that makes it a mean again.",
    notice="The first step is one learning rate long for a gradient of 100 and of 0.01 alike.",
)
