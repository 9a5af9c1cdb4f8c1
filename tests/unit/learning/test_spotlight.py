"""The control that looks at brightness: a softmax of local averages, and what it finds of scenes."""

import numpy as np
import pytest
import torch

from course_utils import data
from course_utils.learning.evaluation import attention_in_box, brightness_spotlight

SCENES = data.scenes("test", 500, generator=torch.Generator().manual_seed(1))


def test_it_agrees_with_numpy():
    found = brightness_spotlight(SCENES.images[:5], sharpness=25)
    for image, weights in zip(SCENES.images[:5, 0].numpy() / 255, found.numpy(), strict=True):
        squares = np.pad(image.reshape(8, 8, 8, 8).mean(axis=(1, 3)), 1)  # black beyond the edge
        blurred = sum(squares[i : i + 8, j : j + 8] for i in range(3) for j in range(3)) / 9
        expected = np.exp(25 * blurred) / np.exp(25 * blurred).sum()
        assert weights == pytest.approx(expected, abs=1e-5)


def test_it_finds_most_items_with_nothing_learned():
    """Which is why it is a control: the area is .19, weights in proportion to brightness come to .5."""
    found = attention_in_box(brightness_spotlight(SCENES.images), SCENES.boxes, 64)
    assert 0.75 < found.mass < 0.92
    even = attention_in_box(brightness_spotlight(SCENES.images, sharpness=0), SCENES.boxes, 64)
    assert even.mass == pytest.approx(even.area)


@pytest.mark.parametrize("shape", [(64, 64), (2, 3, 64, 64), (2, 1, 4, 64)])
def test_what_is_no_grey_picture_is_refused(shape):
    with pytest.raises(ValueError, match=r"images has shape .*; expected \(n, 1, height, width\)"):
        brightness_spotlight(torch.zeros(shape))
