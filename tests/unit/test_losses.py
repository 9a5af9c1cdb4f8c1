"""course_utils.losses agrees with PyTorch, SciPy, finite differences and the ledger's numbers."""

import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.attention import softmax
from course_utils.losses import (
    cross_entropy_from_logits,
    cross_entropy_from_logits_gradient,
    cross_entropy_from_probabilities,
    mse,
    mse_gradient,
)

REDUCTIONS = ["mean", "sum", "none"]
ARTICLE = ([0.2, 0.6, 0.2], [0, 1, 0])
logit_rows = arrays(np.float64, (3, 4), elements=st.floats(-20, 20))
label_rows = arrays(np.int64, 3, elements=st.integers(0, 3))


def torch_cross_entropy(logits, labels, reduction="mean"):
    """Give PyTorch's loss and its gradient; PyTorch wants one leading axis."""
    flat = torch.tensor(logits.reshape(-1, logits.shape[-1]), requires_grad=True)
    loss = torch.nn.functional.cross_entropy(flat, torch.tensor(labels.reshape(-1)), reduction=reduction)
    loss.sum().backward()
    return loss.detach().numpy(), flat.grad.numpy().reshape(logits.shape)


def numerical_gradient(function, point, step=1e-6):
    gradient = np.zeros_like(point)
    for index in np.ndindex(*point.shape):
        change = np.zeros_like(point)
        change[index] = step
        gradient[index] = (function(point + change) - function(point - change)) / (2 * step)
    return gradient


# Cross-entropy from probabilities


def test_article_example_is_positive_and_finite():
    loss = cross_entropy_from_probabilities(*ARTICLE)
    assert loss == pytest.approx(0.510826, rel=1e-6)
    assert loss / np.log(2) == pytest.approx(0.736966, rel=1e-6)
    assert cross_entropy_from_logits(np.log(ARTICLE[0]), 1) == pytest.approx(0.510826, rel=1e-6)


def test_article_probabilities_taken_for_logits_give_another_loss():
    assert cross_entropy_from_logits(ARTICLE[0], 1) == pytest.approx(0.850424, rel=1e-6)


def test_article_gradient_with_respect_to_the_logits():
    gradient = cross_entropy_from_logits_gradient(np.log(ARTICLE[0]), 1)
    np.testing.assert_allclose(gradient, [0.2, -0.4, 0.2], rtol=1e-12)


@given(logit_rows, logit_rows)
def test_loss_of_soft_targets_agrees_with_scipy_and_torch(prediction_scores, target_scores):
    probabilities, targets = softmax(prediction_scores), softmax(target_scores)
    losses = cross_entropy_from_probabilities(probabilities, targets, reduction="none")
    np.testing.assert_allclose(losses, -scipy.special.xlogy(targets, probabilities).sum(-1), rtol=1e-12)
    tensors = torch.from_numpy(prediction_scores), torch.from_numpy(targets)
    expected = torch.nn.functional.cross_entropy(*tensors, reduction="none")
    np.testing.assert_allclose(losses, expected, rtol=1e-9, atol=1e-12)
    entropy = scipy.special.entr(targets).sum(-1)
    assert np.all(losses >= entropy - 1e-9)


def test_zero_times_log_zero_counts_as_zero():
    perfect = cross_entropy_from_probabilities([0.0, 1.0], [0, 1], reduction="none")
    assert perfect == 0
    assert not np.signbit(perfect)
    assert cross_entropy_from_probabilities([0.0, 1.0], [1, 0]) == np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.isnan(np.sum(np.array([0, 1]) * np.log([0.0, 1.0])))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
def test_probability_loss_reduces_over_leading_axes_and_keeps_the_type(leading, dtype):
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), size=leading).astype(dtype)
    targets = rng.dirichlet(np.ones(4), size=leading).astype(dtype)
    rows = cross_entropy_from_probabilities(probabilities, targets, reduction="none")
    assert rows.shape == leading
    assert rows.dtype == dtype
    for reduction in ("mean", "sum"):
        loss = cross_entropy_from_probabilities(probabilities, targets, reduction)
        assert loss.dtype == dtype
        np.testing.assert_allclose(loss, getattr(np, reduction)(rows), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.2, 0.9], [0, 1]), r"probabilities of shape \(2,\) has a row that sums to 1\.1"),
        (
            ([[0.5, 0.5], [0.5, 0.4]], [[0, 1], [0, 1]]),
            r"probabilities of shape \(2, 2\) has a row that sums to 0\.9",
        ),
        (
            ([-0.5, 1.5], [0, 1]),
            r"probabilities of shape \(2,\) contains -0\.5; expected probabilities, none negative",
        ),
        (([2.0], [1]), r"probabilities of shape \(1,\) has a row that sums to 2"),
        (([np.nan, 1.0], [0, 1]), r"probabilities of shape \(2,\) contains nan"),
        (([0.5, 0.5], [1, 1]), r"targets of shape \(2,\) has a row that sums to 2"),
        (([0.5, 0.5], [2, -1]), r"targets of shape \(2,\) contains -1"),
        (([0.5, 0.5], 1), r"targets has shape \(\); expected the shape of probabilities, \(2,\)"),
        (([], []), r"probabilities has shape \(0,\); expected \(..., n_classes\)"),
        (([0.5, 0.5], [0, 1], "average"), "reduction is 'average'; expected 'mean', 'sum' or 'none'"),
    ],
)
def test_what_is_no_probability_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        cross_entropy_from_probabilities(*arguments)


# Cross-entropy from logits


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("leading", [(1,), (5,), (2, 3)])
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_logit_loss_and_gradient_agree_with_torch(reduction, leading, dtype, rtol):
    rng = np.random.default_rng(2)
    logits = (10 * rng.normal(size=(*leading, 4))).astype(dtype)
    labels = rng.integers(0, 4, size=leading)
    expected_loss, expected_gradient = torch_cross_entropy(logits, labels, reduction)
    loss = cross_entropy_from_logits(logits, labels, reduction)
    gradient = cross_entropy_from_logits_gradient(logits, labels, reduction)
    assert loss.dtype == gradient.dtype == dtype
    np.testing.assert_allclose(np.ravel(loss), np.ravel(expected_loss), rtol=rtol, atol=rtol)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=rtol, atol=rtol)


@settings(max_examples=50)
@given(logit_rows, label_rows)
def test_logit_gradient_agrees_with_finite_differences(logits, labels):
    expected = numerical_gradient(lambda point: cross_entropy_from_logits(point, labels), logits)
    gradient = cross_entropy_from_logits_gradient(logits, labels)
    np.testing.assert_allclose(gradient, expected, atol=1e-7)
    np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-12)


@given(logit_rows, label_rows, st.floats(-1000, 1000))
def test_both_forms_of_cross_entropy_agree_and_ignore_a_shift(logits, labels, shift):
    loss = cross_entropy_from_logits(logits, labels)
    from_probabilities = cross_entropy_from_probabilities(softmax(logits), np.eye(4)[labels])
    assert from_probabilities == pytest.approx(loss, rel=1e-9, abs=1e-12)
    assert cross_entropy_from_logits(logits + shift, labels) == pytest.approx(loss, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_and_impossible_logits(dtype):
    logits = np.array([[1000, -1000], [1000, -1000], [-np.inf, 3], [-np.inf, 3]], dtype=dtype)
    labels = np.array([0, 1, 1, 0])
    losses = cross_entropy_from_logits(logits, labels, reduction="none")
    np.testing.assert_array_equal(losses, [0, 2000, 0, np.inf])
    np.testing.assert_array_equal(losses, torch_cross_entropy(logits, labels, "none")[0])
    assert not np.signbit(losses).any()


def test_one_class_costs_nothing_and_any_whole_number_type_is_a_label():
    assert cross_entropy_from_logits([[7.0], [-7.0]], [0, 0]) == 0
    np.testing.assert_array_equal(cross_entropy_from_logits_gradient([[7.0]], [0]), [[0]])
    logits, labels = np.array([[1.0, 2.0, 4.0]]), np.array([1])
    losses = {cross_entropy_from_logits(logits, labels.astype(kind)) for kind in "bBiIlL"}
    assert losses == {cross_entropy_from_logits([1, 2, 4], 1)}
    gradients = [cross_entropy_from_logits_gradient(logits, labels.astype(kind)) for kind in "bL"]
    np.testing.assert_array_equal(*gradients)


@pytest.mark.parametrize("function", [cross_entropy_from_logits, cross_entropy_from_logits_gradient])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, 1.0], 2), r"labels of shape \(\) contains 2; expected 0 to 1.*2 classes"),
        (([[0.0, 1.0]], [-1]), r"labels of shape \(1,\) contains -1; expected 0 to 1"),
        (([[0.0, 1.0]], [0.0]), r"labels has shape \(1,\) and type float64; expected whole numbers"),
        (([[0.0, 1.0]], [True]), r"labels has shape \(1,\) and type bool; expected whole numbers"),
        (([[0.0, 1.0]], [[0, 1]]), r"labels has shape \(1, 2\); expected \(1,\)"),
        (([[0.0, 1.0]], 0), r"labels has shape \(\); expected \(1,\)"),
        (([0.0, np.nan], 0), r"logits of shape \(2,\) contains nan"),
        (([0.0, np.inf], 0), r"logits of shape \(2,\) contains inf"),
        (([-np.inf, -np.inf], 0), r"logits of shape \(2,\) has a row that is all -inf"),
        (
            (np.zeros((0, 2)), np.zeros(0, dtype=int)),
            r"logits has shape \(0, 2\); expected \(..., n_classes\)",
        ),
        ((1.0, 0), r"logits has shape \(\); expected \(..., n_classes\)"),
        (([0.0, 1.0], 0, "average"), "reduction is 'average'"),
    ],
)
def test_logits_and_labels_that_do_not_fit_are_refused(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)


# Mean squared error


def test_article_errors_in_both_conventions():
    predictions, targets = np.array([0.5, 0.2, -0.2]), np.zeros(3)
    assert mse(predictions, targets) == pytest.approx(0.11)
    assert mse(predictions, targets, half=True) == pytest.approx(0.055)
    assert mse(predictions, targets) ** 0.5 == pytest.approx(0.331662, rel=2e-6)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_mse_and_its_gradient_agree_with_torch(shape, dtype, rtol):
    rng = np.random.default_rng(3)
    predictions, targets = (np.asarray(rng.normal(size=shape), dtype=dtype) for _ in range(2))
    leaf = torch.tensor(predictions, requires_grad=True)
    loss = torch.nn.functional.mse_loss(leaf, torch.tensor(targets))
    loss.backward()
    assert mse(predictions, targets).dtype == mse_gradient(predictions, targets).dtype == dtype
    np.testing.assert_allclose(mse(predictions, targets), loss.item(), rtol=rtol)
    np.testing.assert_allclose(mse_gradient(predictions, targets), leaf.grad, rtol=rtol)


@given(logit_rows, logit_rows, st.booleans())
def test_mse_gradient_agrees_with_finite_differences(predictions, targets, half):
    expected = numerical_gradient(lambda point: mse(point, targets, half=half), predictions, step=1e-4)
    np.testing.assert_allclose(mse_gradient(predictions, targets, half=half), expected, atol=1e-7)


@pytest.mark.parametrize("function", [mse, mse_gradient])
@pytest.mark.parametrize(
    ("predictions", "targets", "message"),
    [
        ([1.0, 2.0], [1.0], r"targets has shape \(1,\); expected the shape of predictions, \(2,\)"),
        ([np.nan], [1.0], r"predictions of shape \(1,\) contains nan"),
        ([1.0], [-np.inf], r"targets of shape \(1,\) contains -inf"),
        ([], [], r"predictions has shape \(0,\); expected at least one number"),
    ],
)
def test_mse_refuses_what_does_not_fit(function, predictions, targets, message):
    with pytest.raises(ValueError, match=message):
        function(predictions, targets)


def test_inputs_stay_as_they_were_and_results_are_new():
    probabilities, targets = np.array([[0.25, 0.75]]), np.array([[0.0, 1.0]])
    copies = probabilities.copy(), targets.copy()
    results = [
        cross_entropy_from_probabilities(probabilities, targets, "none"),
        cross_entropy_from_logits(probabilities, [1], "none"),
        cross_entropy_from_logits_gradient(probabilities, [1]),
        mse_gradient(probabilities, targets),
    ]
    np.testing.assert_array_equal((probabilities, targets), copies)
    assert not any(
        np.shares_memory(result, given) for result in results for given in (probabilities, targets)
    )
