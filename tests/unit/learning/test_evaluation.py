"""Tests of judging a classifier: predictions, intervals, and the share of attention in a box."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from course_utils.learning.evaluation import accuracy_interval, attention_in_box, evaluate, predict
from course_utils.networks import Classifier


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_all_attention_in_the_box():
    weights = torch.zeros(1, 8, 8)
    weights[0, 2:4, 3] = 0.5
    assert attention_in_box(weights, torch.tensor([[16, 24, 32, 32]]), 64) == (1.0, 128 / 4096, 1.0)


def test_all_attention_outside_the_box():
    weights = torch.zeros(1, 8, 8)
    weights[0, 0, 0] = 1.0
    assert attention_in_box(weights, torch.tensor([[8, 0, 64, 64]]), 64) == (0.0, 56 / 64, 0.0)


@given(top=st.integers(0, 36), left=st.integers(0, 36), cells=st.integers(1, 20))
def test_even_attention_gives_the_area(top, left, cells):
    weights = torch.full((1, cells, cells), 1 / cells**2, dtype=torch.float64)
    result = attention_in_box(weights, torch.tensor([[top, left, top + 28, left + 28]]), 64)
    assert result.mass == pytest.approx(28**2 / 64**2)
    assert result.area == 28**2 / 64**2


@given(seed=st.integers(0, 1000), scale=st.integers(1, 9), data=st.data())
def test_mass_agrees_with_counting_pixels(seed, scale, data):
    weights = torch.rand(1, 4, 4, generator=generator(seed), dtype=torch.float64)
    weights /= weights.sum()
    size = 4 * scale
    top, left = (data.draw(st.integers(0, size - 1)) for _ in range(2))
    bottom, right = data.draw(st.integers(top + 1, size)), data.draw(st.integers(left + 1, size))
    pixels = np.kron(weights[0].numpy(), np.full((scale, scale), 1 / scale**2))
    result = attention_in_box(weights, torch.tensor([[top, left, bottom, right]]), size)
    assert result.mass == pytest.approx(pixels[top:bottom, left:right].sum())


def test_peak_and_means_over_images():
    weights = torch.zeros(2, 4, 2)  # cells of 2 x 4 pixels
    weights[0, 3, 1] = 1.0  # its centre is at row 7, column 6
    weights[1, 3, 0] = 1.0  # its centre is at row 7, column 2
    boxes = torch.tensor([[6, 4, 8, 8], [6, 3, 8, 8]])
    mass, area, peak = attention_in_box(weights, boxes, 8)
    assert mass == pytest.approx((1 + 1 / 4) / 2)
    assert area == pytest.approx((8 / 64 + 10 / 64) / 2)
    assert peak == 0.5


@pytest.mark.parametrize(
    ("weights", "boxes", "message"),
    [
        (torch.ones(1, 1), torch.tensor([[0, 0, 1, 1]]), "shape"),
        (torch.ones(2, 1, 1), torch.tensor([[0, 0, 1, 1]]), "shape"),
        (torch.ones(0, 1, 1), torch.zeros(0, 4), "n at least 1"),
        (torch.full((1, 2, 2), 0.5), torch.tensor([[0, 0, 1, 1]]), "each map to sum to 1"),
        (torch.tensor([[[1.5, -0.5]]]), torch.tensor([[0, 0, 1, 1]]), "none negative"),
        (torch.full((1, 1, 1), torch.nan), torch.tensor([[0, 0, 1, 1]]), "each map to sum to 1"),
        (torch.ones(1, 1, 1), torch.tensor([[0, 0, 9, 1]]), "inside 8 pixels"),
        (torch.ones(1, 1, 1), torch.tensor([[-1, 0, 1, 1]]), "inside 8 pixels"),
        (torch.ones(1, 1, 1), torch.tensor([[2, 0, 2, 1]]), "inside 8 pixels"),
    ],
)
def test_wrong_maps_and_boxes_are_refused(weights, boxes, message):
    with pytest.raises(ValueError, match=message):
        attention_in_box(weights, boxes, 8)


@given(n=st.integers(1, 5000), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
def test_interval_agrees_with_scipy(n, share, confidence):
    n_correct = round(share * n)
    ours = accuracy_interval(n_correct, n, confidence)
    theirs = binomtest(n_correct, n).proportion_ci(confidence_level=confidence, method="wilson")
    assert ours.proportion == n_correct / n
    assert ours.low == pytest.approx(theirs.low, abs=1e-9)
    assert ours.high == pytest.approx(theirs.high, abs=1e-9)


@pytest.mark.parametrize("arguments", [(1, 0), (-1, 5), (6, 5), (1, 5, 0.0), (1, 5, 1.0)])
def test_impossible_counts_are_refused(arguments):
    with pytest.raises(ValueError, match="; expected"):
        accuracy_interval(*arguments)


def test_confusion_matrix_and_accuracy_by_counting():
    logits = torch.randn(300, 5, generator=generator())
    labels = torch.randint(4, (300,), generator=generator(1))  # class 4 never occurs
    counted = np.zeros((5, 5), dtype=int)
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        counted[label, row.index(max(row))] += 1
    evaluation = evaluate(logits, labels)
    assert evaluation.confusion.tolist() == counted.tolist()
    assert evaluation.accuracy == accuracy_interval(int(counted.trace()), 300)


@pytest.mark.parametrize("shapes", [((3, 2), (4,)), ((3,), (3,)), ((0, 2), (0,))])
def test_predictions_without_their_labels_are_refused(shapes):
    with pytest.raises(ValueError, match=r"logits has shape .*; expected"):
        evaluate(torch.zeros(shapes[0]), torch.zeros(shapes[1], dtype=torch.int64))


def test_predictions_do_not_depend_on_the_batch_size_or_on_training_mode():
    images = torch.randint(256, (7, 1, 32, 32), generator=generator(), dtype=torch.uint8)
    model = Classifier(n_classes=3).train()
    logits, weights = predict(model, images, batch_size=3)
    assert logits.shape == (7, 3)
    assert weights.shape == (7, 4, 4)
    assert not logits.requires_grad
    for i in range(7):
        alone = predict(model.train(), images[i : i + 1])
        torch.testing.assert_close(alone.logits[0], logits[i])
        torch.testing.assert_close(alone.weights[0], weights[i])


@pytest.mark.parametrize(
    ("n", "batch_size", "sentence"),
    [(0, 5, "images has shape .*; expected at least one image"), (2, 0, "batch_size is 0; expected")],
)
def test_nothing_to_predict_is_refused(n, batch_size, sentence):
    with pytest.raises(ValueError, match=sentence):
        predict(Classifier(n_classes=3), torch.zeros(n, 1, 32, 32), batch_size=batch_size)
