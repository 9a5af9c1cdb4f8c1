"""Optimisers in NumPy: small steps of gradient descent, momentum and Adam; mini-batches; whole paths."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_utils._arguments import (
    as_floats,
    require_count,
    require_finite,
    require_fraction,
    require_positive,
    require_same_shape,
)

Method = Literal["gradient_descent", "momentum", "adam"]


class AdamState(NamedTuple):
    """What Adam remembers from step to step.

    Attributes
    ----------
    first_moment : numpy.ndarray, shape of the parameters
        Running mean of the gradients.
    second_moment : numpy.ndarray, shape of the parameters
        Running mean of the squared gradients.
    n_steps : int
        Steps taken so far.
    """

    first_moment: np.ndarray
    second_moment: np.ndarray
    n_steps: int


def gradient_descent_step(parameters: ArrayLike, gradient: ArrayLike, learning_rate: float) -> np.ndarray:
    """Return the parameters moved a little against the gradient: θ - α g.

    Whether this is gradient descent, mini-batch or stochastic gradient descent depends only on the examples
    that the gradient was computed from: all of them, some (see `minibatches`) or one.

    Parameters
    ----------
    parameters : array_like, any shape
    gradient : array_like, shape of `parameters`
        The derivative of the loss with respect to each parameter.
    learning_rate : float
        The step length α, above 0.

    Returns
    -------
    numpy.ndarray, shape of `parameters`
        The new parameters; the old ones stay as they are.

    Raises
    ------
    ValueError
        If the shapes differ, a number is not finite, or the learning rate is not above 0.

    References
    ----------
    Robbins, H. & Monro, S. (1951). A stochastic approximation method. doi:10.1214/aoms/1177729586

    Examples
    --------
    >>> gradient_descent_step([[1, 2], [3, 4]], [[0.1, 0.2], [0.3, 0.4]], learning_rate=0.1)
    array([[0.99, 1.98],
           [2.97, 3.96]])
    """
    parameters, gradient = _as_parameters_and_gradient(parameters, gradient)
    return parameters - require_positive("learning_rate", learning_rate) * gradient


def momentum_step(
    parameters: ArrayLike,
    velocity: ArrayLike,
    gradient: ArrayLike,
    learning_rate: float,
    momentum: float = 0.9,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a step that past gradients carry on: v ← μ v + g, then θ ← θ - α v.

    Parameters
    ----------
    parameters : array_like, any shape
    velocity : array_like, shape of `parameters`
        What the last step gave back; zeros before the first.
    gradient : array_like, shape of `parameters`
        The derivative of the loss with respect to each parameter.
    learning_rate : float
        The step length α, above 0.
    momentum : float
        The share μ of the velocity that is kept, at least 0 and below 1. With 0 this is gradient descent.

    Returns
    -------
    parameters, velocity : numpy.ndarray, shape of `parameters`
        The new ones; the old ones stay as they are.

    Raises
    ------
    ValueError
        If the shapes differ, a number is not finite, or a setting is out of its range.

    References
    ----------
    Polyak, B. T. (1964). Some methods of speeding up the convergence of iteration methods.
    doi:10.1016/0041-5553(64)90137-5. The form is that of `torch.optim.SGD`.

    Examples
    --------
    >>> momentum_step([1.0], velocity=[2.0], gradient=[1.0], learning_rate=0.1, momentum=0.5)
    (array([0.8]), array([2.]))
    """
    parameters, gradient = _as_parameters_and_gradient(parameters, gradient)
    velocity = _as_shaped("velocity", velocity, parameters)
    velocity = require_fraction("momentum", momentum) * velocity + gradient
    return parameters - require_positive("learning_rate", learning_rate) * velocity, velocity


def adam_start(parameters: ArrayLike) -> AdamState:
    """Return Adam's memory before its first step: zeros.

    Parameters
    ----------
    parameters : array_like, any shape

    Returns
    -------
    AdamState

    Raises
    ------
    ValueError
        If a parameter is not a finite number.

    References
    ----------
    Kingma, D. P. & Ba, J. (2014). Adam: a method for stochastic optimization. arXiv:1412.6980

    Examples
    --------
    >>> adam_start([1.0, 2.0])
    AdamState(first_moment=array([0., 0.]), second_moment=array([0., 0.]), n_steps=0)
    """
    parameters = as_floats("parameters", parameters)
    require_finite("parameters", parameters)
    return AdamState(np.zeros_like(parameters), np.zeros_like(parameters), 0)


def adam_step(
    parameters: ArrayLike,
    state: AdamState,
    gradient: ArrayLike,
    learning_rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[np.ndarray, AdamState]:
    """Return a step along the mean gradient divided by its typical size, for each parameter by itself.

    Both running means start at zero and are too small at first; dividing by 1 - β^t corrects that.

    Parameters
    ----------
    parameters : array_like, any shape
    state : AdamState
        What the last step gave back; `adam_start(parameters)` before the first.
    gradient : array_like, shape of `parameters`
        The derivative of the loss with respect to each parameter.
    learning_rate : float
        The step length, above 0.
    beta1, beta2 : float
        The share of each running mean that is kept, at least 0 and below 1.
    epsilon : float
        Keeps the division safe, above 0.

    Returns
    -------
    parameters : numpy.ndarray, shape of `parameters`
        The new parameters; the old ones stay as they are.
    state : AdamState
        The new memory.

    Raises
    ------
    ValueError
        If the shapes differ, a number is not finite, or a setting is out of its range.

    References
    ----------
    Kingma, D. P. & Ba, J. (2014). Adam: a method for stochastic optimization, algorithm 1. arXiv:1412.6980

    Examples
    --------
    >>> parameters, state = adam_step([1.0, 1.0], adam_start([1.0, 1.0]), [100.0, -0.01], learning_rate=0.1)
    >>> parameters.round(4)
    array([0.9, 1.1])
    """
    parameters, gradient = _as_parameters_and_gradient(parameters, gradient)
    first_moment = _as_shaped("first_moment", state.first_moment, parameters)
    second_moment = _as_shaped("second_moment", state.second_moment, parameters)
    beta1, beta2 = require_fraction("beta1", beta1), require_fraction("beta2", beta2)

    n_steps = state.n_steps + 1
    first_moment = beta1 * first_moment + (1 - beta1) * gradient
    second_moment = beta2 * second_moment + (1 - beta2) * gradient**2
    mean = first_moment / (1 - beta1**n_steps)
    size = np.sqrt(second_moment / (1 - beta2**n_steps)) + require_positive("epsilon", epsilon)
    parameters = parameters - require_positive("learning_rate", learning_rate) * mean / size
    return parameters, AdamState(first_moment, second_moment, n_steps)


def record_path(
    gradient_function: Callable[[np.ndarray], ArrayLike],
    start: ArrayLike,
    learning_rate: float,
    n_steps: int,
    *,
    method: Method = "gradient_descent",
    **settings: float,
) -> np.ndarray:
    """Run an optimiser and keep every position it visits, to plot its path.

    Parameters
    ----------
    gradient_function : callable
        Takes a position and gives the gradient there, of the same shape.
    start : array_like, any shape
        The first position.
    learning_rate : float
        The step length, above 0.
    n_steps : int
        How many steps to take, at least 0.
    method : {"gradient_descent", "momentum", "adam"}
        Which step function takes them.
    **settings : float
        Further settings of that step function, such as `momentum` or `beta1`.

    Returns
    -------
    numpy.ndarray, shape (n_steps + 1, ...)
        The positions, the start first.

    Raises
    ------
    ValueError
        If an argument is out of its range, the gradient has another shape than the position, or the path
        grows beyond the largest number that can be stored.

    References
    ----------
    Cauchy, A. (1847). Méthode générale pour la résolution des systèmes d'équations simultanées. Comptes
    rendus 25, 536-538. [Cau47]

    Examples
    --------
    >>> record_path(lambda x: 2 * x, start=1.0, learning_rate=0.25, n_steps=3)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    n_steps = require_count("n_steps", n_steps, minimum=0)
    position = as_floats("start", start)
    require_finite("start", position)
    state = _first_state(method, position)
    path = [position]
    for step in range(1, n_steps + 1):
        gradient = gradient_function(position.copy())
        with np.errstate(over="ignore"):
            position, state = _step(method, position, state, gradient, learning_rate, settings)
        if not np.all(np.isfinite(position)):
            raise ValueError(
                f"learning_rate is {learning_rate}: the path is no longer finite at step {step}; "
                "expected a smaller learning rate or fewer steps."
            )
        path.append(position)
    return np.stack(path)


def minibatches(n: int, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Return the numbers 0 to n - 1 in random batches, each number once: one epoch.

    Parameters
    ----------
    n : int
        How many examples there are, at least 1.
    batch_size : int
        How many go into a batch, at least 1; the last batch takes what is left.
    rng : numpy.random.Generator
        Shuffles the examples; the same seed gives the same batches.

    Returns
    -------
    iterator of numpy.ndarray of int, each of shape (batch_size,) or shorter for the last
        Indices of examples.

    Raises
    ------
    ValueError
        If a number is not a whole number of at least 1, or `rng` is no generator.

    References
    ----------
    Bottou, L. (2012). Stochastic gradient descent tricks. doi:10.1007/978-3-642-35289-8_25

    Examples
    --------
    >>> [len(batch) for batch in minibatches(10, 4, np.random.default_rng(0))]
    [4, 4, 2]
    """
    n, batch_size = require_count("n", n), require_count("batch_size", batch_size)
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng is {rng!r}; expected a generator such as numpy.random.default_rng(seed).")
    order = rng.permutation(n)
    return (order[first : first + batch_size] for first in range(0, n, batch_size))


def _first_state(method: Method, start: np.ndarray) -> np.ndarray | AdamState | None:
    """Return what the method remembers before its first step."""
    match method:
        case "gradient_descent":
            return None
        case "momentum":
            return np.zeros_like(start)
        case "adam":
            return adam_start(start)
    raise ValueError(f"method is {method!r}; expected 'gradient_descent', 'momentum' or 'adam'.")


def _step(
    method: Method,
    position: np.ndarray,
    state: np.ndarray | AdamState | None,
    gradient: ArrayLike,
    learning_rate: float,
    settings: dict[str, float],
) -> tuple[np.ndarray, np.ndarray | AdamState | None]:
    """Return, after one step of a method, the new position and what the method remembers."""
    if method == "momentum":
        return momentum_step(position, state, gradient, learning_rate, **settings)
    if method == "adam":
        return adam_step(position, state, gradient, learning_rate, **settings)
    return gradient_descent_step(position, gradient, learning_rate, **settings), None


def _as_parameters_and_gradient(parameters: ArrayLike, gradient: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return both as finite float arrays of one shape."""
    parameters = as_floats("parameters", parameters)
    require_finite("parameters", parameters)
    return parameters, _as_shaped("gradient", gradient, parameters)


def _as_shaped(name: str, value: ArrayLike, parameters: np.ndarray) -> np.ndarray:
    """Return `value` as finite floats of the shape of the parameters."""
    array = as_floats(name, value)
    require_same_shape(name, array, "parameters", parameters)
    require_finite(name, array)
    return array
