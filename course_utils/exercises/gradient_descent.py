"""Exercises: gradient descent and its relatives."""

from collections.abc import Callable

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal

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
            "You subtracted the whole gradient. The learning rate says how much of it.",
        ),
        Misconception(
            "change-only",
            lambda: -LEARNING_RATE * GRADIENT,
            "This is the change. Add it to the parameters that you had.",
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
            "With this learning rate it comes to rest at 0. The gradient is 4x, so each step multiplies x "
            "by 1 - 4·learning_rate. How large must that be, without its sign, for x to grow?",
        ),
        Misconception(
            "borderline",
            lambda: 0.5,
            "With this one x jumps between 1 and -1 for ever: it is the border. A little more, and it "
            "diverges.",
        ),
        Misconception(
            "ascent",
            lambda: -0.5,
            "With a negative learning rate the descent climbs and never jumps over the lowest point. Find "
            "one above 0.",
        ),
        Misconception("no-step", lambda: 0.0, "With a learning rate of 0 nothing moves."),
    ),
    hints=(
        "What is the derivative of 2x²? What does one step do to x?",
        "One step multiplies x by 1 - 4·learning_rate. For which factors does x grow while its sign changes?",
        "The factor must be below -1.",
    ),
    solution_code="diverging_rate = 0.6",
    why="The factor 1 - 4·learning_rate is below -1 for every learning rate above 0.5, which is 2 divided "
    "by the curvature 4.",
    notice="The steeper the valley is curved, the smaller the largest learning rate that works: 2 divided "
    "by the curvature.",
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
            "So the article's fourth step can be read. But backpropagation computes: it finds the derivative of the loss with "
            "respect to each parameter. Who uses it afterwards?",
        ),
        Misconception(
            "both",
            lambda: "c",
            "The gradients are there, yes. If the parameters had moved too, what would be left for "
            "`optimizer.step()` to do?",
        ),
        Misconception("nothing", lambda: "d", "It does compute the gradients. Where does it put them?"),
    ),
    hints=(
        "What is `optimizer.step()` for?",
        "Which of the two calls knows the learning rate?",
        "`backward()` knows no learning rate, so it cannot update anything: where can its result be found?",
    ),
    solution_code='backward_or_step = "b"',
    why="Backpropagation computes the gradients by the chain rule and adds them to `.grad`; the optimiser "
    "updates.",
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
            "This is the gradient of the sum of squares. The loss is the mean, so divide by n; otherwise "
            "the step grows with the batch.",
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
            "`inputs @ errors` runs only when there are as many examples as features. Each weight needs "
            "the sum over the examples: turn the inputs over.",
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
            "Each weight acts through its own input: by the chain rule every error is multiplied by that "
            "input before the mean is taken.",
        ),
        Misconception(
            "loss-for-gradient",
            lambda weights, inputs, targets: (_errors(weights, inputs, targets) ** 2).mean(),
            "This is the loss. Its gradient has one number for each weight.",
        ),
    ),
    hints=(
        "How many numbers has the gradient, and over what is summed?",
        "The derivative of (prediction - target)² with respect to a weight is 2 · error · input. Sum that "
        "over the examples.",
        "`inputs.T @ errors` sums over the examples; then multiply by 2 and divide by `len(targets)`.",
    ),
    solution_code="""
def linear_gradient(weights, inputs, targets):
    errors = inputs @ weights - targets
    return 2 * inputs.T @ errors / len(targets)
""",
    why="The chain rule gives 2 · error · input for each example and weight; the transpose sums over the "
    "examples, and the mean divides by n.",
    notice="With some of the examples in place of all you get the gradient of mini-batch descent: the "
    "same code.",
)


def _step_with_momentum(
    parameters: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, learning_rate: float, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    velocity = momentum * velocity + gradient
    return parameters - learning_rate * velocity, velocity


def _new_velocity(velocity: np.ndarray, gradient: np.ndarray, momentum: float) -> np.ndarray:
    return momentum * velocity + gradient


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
    misconceptions=(
        Misconception(
            "stale-velocity",
            lambda parameters, velocity, gradient, learning_rate, momentum: (
                parameters - learning_rate * velocity,
                _new_velocity(velocity, gradient, momentum),
            ),
            "The parameters move along the old velocity: the gradient arrives one step late. Compute the "
            "new velocity first.",
        ),
        Misconception(
            "velocity-not-returned",
            lambda parameters, velocity, gradient, learning_rate, momentum: (
                parameters - learning_rate * _new_velocity(velocity, gradient, momentum),
                velocity,
            ),
            "The parameters are right. But the old velocity is given back, so the next step would forget "
            "this gradient.",
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
            "You took a running mean, with 1 - momentum before the gradient, as Adam does. PyTorch's "
            "momentum adds the whole gradient.",
        ),
        Misconception(
            "rate-in-velocity",
            lambda parameters, velocity, gradient, learning_rate, momentum: (
                parameters - momentum * velocity - learning_rate * gradient,
                momentum * velocity + learning_rate * gradient,
            ),
            "You put the learning rate into the velocity. Some books do so, and while the rate is "
            "constant the path is the same. In PyTorch's form it multiplies the whole velocity.",
        ),
        Misconception(
            "nesterov",
            lambda parameters, velocity, gradient, learning_rate, momentum: (
                parameters
                - learning_rate * (gradient + momentum * _new_velocity(velocity, gradient, momentum)),
                _new_velocity(velocity, gradient, momentum),
            ),
            "This is Nesterov's step, which looks one step ahead. Plain momentum moves along the new "
            "velocity itself.",
        ),
    ),
    hints=(
        "Which of the two must be computed first, the new velocity or the new parameters?",
        "Which velocity do the parameters move along, the old one or the new one?",
        "First line: `new_velocity = momentum * velocity + gradient`. Then subtract `learning_rate * "
        "new_velocity`.",
    ),
    solution_code="""
def step_with_momentum(parameters, velocity, gradient, learning_rate, momentum):
    new_velocity = momentum * velocity + gradient
    new_parameters = parameters - learning_rate * new_velocity
    return new_parameters, new_velocity
""",
    why="The velocity gathers past gradients, each fading by the factor momentum at every step, and the "
    "parameters follow it.",
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
            "The gradient is still the one at the start, and the walk goes straight on past the lowest "
            "point. Where must it be computed, so that every step has its own?",
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
            "The walk is right, but the last position is missing: record after each step, and the start "
            "before the first.",
        ),
        Misconception(
            "learning-rate-forgotten",
            lambda gradient_of, start, learning_rate, n_steps: _path(
                start, n_steps, lambda position: position - gradient_of(position)
            ),
            "The learning rate is missing from the step.",
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


def _corrections_kept(gradients: np.ndarray, learning_rate: float, beta1: float, beta2: float) -> np.ndarray:
    change = mean = square = np.zeros(gradients.shape[1])
    for number, gradient in enumerate(gradients, start=1):
        mean = (beta1 * mean + (1 - beta1) * gradient) / (1 - beta1**number)
        square = (beta2 * square + (1 - beta2) * gradient**2) / (1 - beta2**number)
        change = change - learning_rate * mean / (np.sqrt(square) + 1e-8)
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
    cases=(
        (np.array([[100.0, -0.01, 0.0]]), 0.1, 0.9, 0.999),
        (np.column_stack([normal(4, 2, seed=161), np.zeros(4)]), 0.1, 0.9, 0.99),
        (normal(3, 5, seed=162), 0.5, 0.5, 0.8),
    ),
    misconceptions=(
        Misconception(
            "no-correction",
            lambda gradients, learning_rate, beta1, beta2: _adam_like(
                gradients,
                learning_rate,
                beta1,
                beta2,
                lambda mean, square, number: mean / (np.sqrt(square) + 1e-8),
            ),
            "The correction is still missing. After one step the mean is only 1 - beta1 times the gradient.",
        ),
        Misconception(
            "mean-only",
            lambda gradients, learning_rate, beta1, beta2: _adam_like(
                gradients,
                learning_rate,
                beta1,
                beta2,
                lambda mean, square, number: mean / (1 - beta1**number) / (np.sqrt(square) + 1e-8),
            ),
            "You corrected the mean. The mean of the squares starts at 0 too: divide it by 1 - beta2ᵗ.",
        ),
        Misconception(
            "square-only",
            lambda gradients, learning_rate, beta1, beta2: _adam_like(
                gradients,
                learning_rate,
                beta1,
                beta2,
                lambda mean, square, number: mean / (np.sqrt(square / (1 - beta2**number)) + 1e-8),
            ),
            "You corrected the mean of the squares. The mean of the gradients starts at 0 too: divide it "
            "by 1 - beta1ᵗ.",
        ),
        Misconception(
            "counted-from-zero",
            lambda gradients, learning_rate, beta1, beta2: _adam_like(
                gradients,
                learning_rate,
                beta1,
                beta2,
                lambda mean, square, number: (
                    mean
                    / (1 - beta1 ** (number - 1))
                    / (np.sqrt(square / (1 - beta2 ** (number - 1))) + 1e-8)
                ),
            ),
            "You count the steps from 0: beta⁰ is 1, so the first step divides by 0. Count from 1, with "
            "`enumerate(gradients, start=1)`.",
        ),
        Misconception(
            "first-power",
            lambda gradients, learning_rate, beta1, beta2: _adam_like(
                gradients,
                learning_rate,
                beta1,
                beta2,
                lambda mean, square, number: mean / (1 - beta1) / (np.sqrt(square / (1 - beta2)) + 1e-8),
            ),
            "You divide by 1 - beta at every step. The correction fades: it is 1 - betaᵗ, and t grows.",
        ),
        Misconception(
            "correction-kept",
            _corrections_kept,
            "You wrote the corrected means back into the running means, so they are corrected again at "
            "the next step. Keep the corrected ones under names of their own.",
        ),
        Misconception(
            "no-root",
            lambda gradients, learning_rate, beta1, beta2: _adam_like(
                gradients,
                learning_rate,
                beta1,
                beta2,
                lambda mean, square, number: (
                    mean / (1 - beta1**number) / (square / (1 - beta2**number) + 1e-8)
                ),
            ),
            "The corrections are right, and the root is lost: Adam divides by the root of the mean square.",
        ),
        Misconception(
            "ascent",
            lambda gradients, learning_rate, beta1, beta2: (
                -_adam_change(gradients, learning_rate, beta1, beta2)
            ),
            "The corrections are right, and the sign is turned round: the parameters move against the "
            "gradients.",
        ),
    ),
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
    why="After t steps the weights in a running mean add up to 1 - betaᵗ; dividing by that makes it a "
    "mean again.",
    notice="The first step is one learning rate long for a gradient of 100 and of 0.01 alike.",
)
