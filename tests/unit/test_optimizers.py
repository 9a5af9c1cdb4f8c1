"""course_utils.optimizers walks the same paths as torch.optim, and mini-batches deal every example once."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils.optimizers import (
    adam_start,
    adam_step,
    gradient_descent_step,
    minibatches,
    momentum_step,
    record_path,
)

CURVATURE = np.array([[1.0, 4.0], [0.5, 9.0]])
START = np.array([[1.0, -2.0], [3.0, 0.5]])


def bowl_gradient(position):
    """Differentiate sum(curvature * x**2) / 2 + sum(cos(x)), a bowl with ripples."""
    return CURVATURE.astype(position.dtype) * position - np.sin(position)


def torch_path(optimizer_class, start, n_steps, **settings):
    """Record torch.optim's path on the same loss, with autograd's gradient."""
    position = torch.tensor(start, requires_grad=True)
    curvature = torch.tensor(CURVATURE.astype(start.dtype))
    optimizer = optimizer_class([position], **settings)
    path = [position.detach().numpy().copy()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        (0.5 * (curvature * position**2).sum() + position.cos().sum()).backward()
        optimizer.step()
        path.append(position.detach().numpy().copy())
    return np.stack(path)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-4), (np.float64, 1e-10)])
@pytest.mark.parametrize(
    ("method", "settings", "optimizer_class", "torch_settings"),
    [
        ("gradient_descent", {}, torch.optim.SGD, {}),
        ("momentum", {}, torch.optim.SGD, {"momentum": 0.9}),
        ("momentum", {"momentum": 0.5}, torch.optim.SGD, {"momentum": 0.5}),
        ("adam", {}, torch.optim.Adam, {}),
        (
            "adam",
            {"beta1": 0.7, "beta2": 0.9, "epsilon": 1e-3},
            torch.optim.Adam,
            {"betas": (0.7, 0.9), "eps": 1e-3},
        ),
    ],
)
def test_fifty_steps_agree_with_torch(method, settings, optimizer_class, torch_settings, dtype, rtol):
    start = START.astype(dtype)
    path = record_path(bowl_gradient, start, 0.05, 50, method=method, **settings)
    expected = torch_path(optimizer_class, start, 50, lr=0.05, **torch_settings)
    assert path.shape == (51, 2, 2)
    assert path.dtype == dtype
    np.testing.assert_allclose(path, expected, rtol=rtol, atol=rtol)
    assert not np.allclose(path[-1], path[0])


def test_article_update_and_its_loss():
    parameters = np.array([[1.0, 2.0], [3.0, 4.0]])
    updated = gradient_descent_step(parameters, [[0.1, 0.2], [0.3, 0.4]], learning_rate=0.1)
    np.testing.assert_allclose(updated, [[0.99, 1.98], [2.97, 3.96]], rtol=1e-12)
    losses = [0.05 * np.sum(position**2) for position in (parameters, updated)]
    np.testing.assert_allclose(losses, [1.5, 1.47015], rtol=1e-12)


@given(st.floats(-10, 10), st.floats(0.01, 1.4), st.integers(0, 20))
def test_path_on_a_parabola_follows_the_closed_form(start, learning_rate, n_steps):
    path = record_path(lambda x: 2 * x, start, learning_rate, n_steps)
    expected = start * (1 - 2 * learning_rate) ** np.arange(n_steps + 1)
    np.testing.assert_allclose(path, expected, rtol=1e-9, atol=1e-12)


@given(st.lists(st.floats(-100, 100).filter(lambda g: abs(g) > 1e-3), min_size=1, max_size=4))
def test_first_step_of_adam_has_the_length_of_the_learning_rate(gradient):
    start = np.zeros(len(gradient))
    parameters, state = adam_step(start, adam_start(start), gradient, learning_rate=0.01)
    np.testing.assert_allclose(parameters, -0.01 * np.sign(gradient), rtol=1e-4)
    assert state.n_steps == 1


def test_without_momentum_the_momentum_step_is_gradient_descent():
    gradient = bowl_gradient(START)
    parameters, velocity = momentum_step(START, np.ones((2, 2)), gradient, 0.1, momentum=0)
    np.testing.assert_array_equal(parameters, gradient_descent_step(START, gradient, 0.1))
    np.testing.assert_array_equal(velocity, gradient)


def test_steps_leave_their_inputs_alone():
    start, gradient, velocity = START.copy(), np.ones((2, 2)), np.ones((2, 2))
    state = adam_start(start)
    results = [
        gradient_descent_step(start, gradient, 0.1),
        *momentum_step(start, velocity, gradient, 0.1, momentum=0.0),
        adam_step(start, state, gradient)[0],
        adam_step(start, state, gradient)[1].first_moment,
        record_path(lambda position: position.__iadd__(1), start, 0.1, 2),
    ]
    given_arrays = (start, gradient, velocity, state.first_moment, state.second_moment)
    assert not any(np.shares_memory(result, array) for result in results for array in given_arrays)
    np.testing.assert_array_equal(start, START)
    np.testing.assert_array_equal(gradient, np.ones((2, 2)))
    np.testing.assert_array_equal(velocity, np.ones((2, 2)))
    np.testing.assert_array_equal(state.first_moment, np.zeros((2, 2)))


def test_a_path_may_have_no_steps_and_says_when_it_leaves_the_numbers():
    np.testing.assert_array_equal(record_path(bowl_gradient, START, 0.1, 0), START[np.newaxis])
    with pytest.raises(ValueError, match=r"learning_rate is 1e\+200: the path is no longer finite at step 2"):
        record_path(lambda x: 2 * x, 1.0, 1e200, 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradient_descent_step(START, [1.0], 0.1), r"gradient has shape \(1,\); expected .*\(2, 2\)"),
        (lambda: gradient_descent_step([np.inf], [1.0], 0.1), r"parameters of shape \(1,\) contains inf"),
        (lambda: gradient_descent_step([1.0], [np.nan], 0.1), r"gradient of shape \(1,\) contains nan"),
        (
            lambda: gradient_descent_step([1.0], [1.0], 0),
            "learning_rate is 0; expected a finite number above 0",
        ),
        (lambda: momentum_step([1.0], [1.0, 2.0], [1.0], 0.1), r"velocity has shape \(2,\)"),
        (lambda: momentum_step([1.0], [1.0], [1.0], 0.1, 1.0), "momentum is 1.0; expected .* below 1"),
        (
            lambda: momentum_step([1.0], [1.0], [1.0], 0.1, -0.1),
            "momentum is -0.1; expected a number of at least 0",
        ),
        (lambda: adam_start([np.nan]), r"parameters of shape \(1,\) contains nan"),
        (lambda: adam_step([1.0], adam_start([1.0, 2.0]), [1.0]), r"first_moment has shape \(2,\)"),
        (lambda: adam_step([1.0], adam_start([1.0]), [1.0], beta1=1), "beta1 is 1; expected"),
        (lambda: adam_step([1.0], adam_start([1.0]), [1.0], beta2=np.nan), "beta2 is nan; expected"),
        (lambda: adam_step([1.0], adam_start([1.0]), [1.0], epsilon=0), "epsilon is 0; expected"),
        (
            lambda: adam_step([1.0], adam_start([1.0]), [1.0], learning_rate=-1),
            "learning_rate is -1; expected",
        ),
        (lambda: record_path(np.sin, 1.0, 0.1, -1), "n_steps is -1; expected a whole number of at least 0"),
        (lambda: record_path(np.sin, 1.0, 0.1, True), "n_steps is True"),
        (lambda: record_path(np.sin, np.nan, 0.1, 1), r"start of shape \(\) contains nan"),
        (lambda: record_path(np.sin, 1.0, 0.1, 0, method="newton"), "method is 'newton'; expected"),
        (lambda: record_path(lambda x: [x, x], 1.0, 0.1, 1), r"gradient has shape \(2,\)"),
        (lambda: minibatches(0, 1, np.random.default_rng(0)), "n is 0; expected"),
        (lambda: minibatches(3, 0, np.random.default_rng(0)), "batch_size is 0; expected"),
        (lambda: minibatches(3, 1, 0), "rng is 0; expected a generator"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 1000))
def test_minibatches_deal_every_example_once(n, batch_size, seed):
    batches = list(minibatches(n, batch_size, np.random.default_rng(seed)))
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(n))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert len(batches) == -(-n // batch_size)


def test_minibatches_shuffle_by_the_seed_and_their_gradients_are_unbiased():
    first, again, other = (
        np.concatenate(list(minibatches(100, 8, np.random.default_rng(seed)))) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, np.arange(100))
    gradients = np.random.default_rng(3).normal(size=96)
    batch_means = [gradients[batch].mean() for batch in minibatches(96, 8, np.random.default_rng(4))]
    assert np.mean(batch_means) == pytest.approx(gradients.mean())
