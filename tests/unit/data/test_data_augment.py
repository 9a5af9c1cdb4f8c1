"""Tests of changing training images at random: what may change, and what must not."""

import pytest
import torch

from course_utils.data.augment import flip_and_shift


def numbered(n=200):
    """Return images whose pixels say where they were: channel 0 the row, channel 1 the column."""
    rows, columns = torch.meshgrid(torch.arange(9), torch.arange(11), indexing="ij")
    return torch.stack([rows, columns]).expand(n, 2, 9, 11)


def test_every_image_is_mirrored_or_not_and_shifted_within_bounds():
    images = flip_and_shift(numbered(), torch.Generator().manual_seed(0), pixels=2)
    rows, columns = images[:, 0, 4, 5], images[:, 1, 4, 5]
    assert sorted(set(rows.tolist())) == [2, 3, 4, 5, 6]
    assert sorted(set(columns.tolist())) == [3, 4, 5, 6, 7]
    steps = images[:, 1, 4, 6] - images[:, 1, 4, 5]
    assert set(steps.tolist()) == {-1, 1}
    assert 60 < (steps == -1).sum() < 140, "About half of 200 are mirrored."


def test_pixels_are_those_of_a_padded_and_cut_image():
    images = torch.rand(1, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1), mode="replicate")[0, 0]
    cuts = [padded[i : i + 6, j : j + 6] for i in range(3) for j in range(3)]
    allowed = [picture for cut in cuts for picture in (cut, cut.flip(1))]
    for seed in range(20):
        (changed,) = flip_and_shift(images, torch.Generator().manual_seed(seed), pixels=1)
        assert any(torch.equal(changed[0], picture) for picture in allowed)


def test_the_seed_decides_and_the_input_is_left_alone():
    images = torch.randint(0, 256, (8, 3, 12, 12), dtype=torch.uint8)
    before = images.clone()
    one, same, other = (flip_and_shift(images, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(images, before)
    assert one.dtype == torch.uint8


@pytest.mark.parametrize(("shape", "pixels"), [((3, 8, 8), 2), ((1, 3, 8, 8), -1)])
def test_other_shapes_and_shifts_are_refused(shape, pixels):
    with pytest.raises(ValueError, match=r"images has shape \(.*\) and pixels is .*; expected"):
        flip_and_shift(torch.zeros(shape), torch.Generator(), pixels=pixels)
