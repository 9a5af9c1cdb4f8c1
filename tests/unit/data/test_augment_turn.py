"""Turning, shifting and scaling a batch: against SciPy, and by what must stay."""

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform

from course_utils.data.augment import turn_shift_and_scale


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(20, 1, 28, 28), (5, 3, 24, 40)])
def test_it_agrees_with_scipy(shape):
    images = torch.rand(shape, generator=seeded(3), dtype=torch.float32)
    draws = (2 * torch.rand(4, len(images), generator=seeded(5)) - 1).T.tolist()
    moved = turn_shift_and_scale(images, seeded(5), degrees=30, pixels=3, scale=0.2)
    for image, found, (turn, down, right, size) in zip(images, moved, draws, strict=True):
        angle, grown = np.deg2rad(30 * turn), 1 + 0.2 * size
        matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / grown
        middle = (np.array(image.shape[1:]) - 1) / 2
        offset = middle - matrix @ middle + [3 * down, 3 * right]
        for channel, result in zip(image.numpy(), found.numpy(), strict=True):
            expected = affine_transform(channel, matrix, offset, order=1, mode="grid-constant")
            assert result == pytest.approx(expected, abs=1e-4)


def test_every_image_is_moved_in_its_own_way_within_the_limits():
    """A bright pixel far from the middle tells how far each image moved."""
    images = torch.zeros(300, 1, 41, 41, dtype=torch.uint8)
    images[:, 0, 20, 30] = 255
    moved = turn_shift_and_scale(images, seeded(), degrees=10, pixels=2, scale=0.1)
    places = moved.flatten(1).argmax(dim=1)
    rows, columns = places // 41 - 20, places % 41 - 30
    assert len(places.unique()) > 20
    assert rows.abs().max() <= 2 + 1.8 + 1  # shift, ten pixels turned by ten degrees, rounding
    assert columns.abs().max() <= 2 + 1.2 + 1
    assert moved.dtype == torch.uint8


def test_the_same_seed_moves_alike_and_leaves_the_rest_of_chance_alone():
    images = torch.randint(256, (8, 1, 28, 28), dtype=torch.uint8, generator=seeded())
    state = torch.random.get_rng_state()
    assert turn_shift_and_scale(images, seeded(1)).equal(turn_shift_and_scale(images, seeded(1)))
    assert not turn_shift_and_scale(images, seeded(1)).equal(turn_shift_and_scale(images, seeded(2)))
    assert torch.random.get_rng_state().equal(state)


@pytest.mark.parametrize(
    ("images", "numbers"),
    [
        (torch.zeros(3, 28, 28), {}),
        (torch.zeros(1, 1, 8, 8), {"scale": 1.0}),
        (torch.zeros(1, 1, 8, 8), {"degrees": -1}),
    ],
)
def test_what_cannot_be_moved_is_refused(images, numbers):
    with pytest.raises(ValueError, match=r"expected \(n, channels, height, width\), and numbers"):
        turn_shift_and_scale(images, seeded(), **numbers)
