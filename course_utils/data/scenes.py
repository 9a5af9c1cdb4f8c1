"""Cluttered scenes: one item of clothing at a random place among small crops of others, and where it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from course_utils.data.fashion import fashion_mnist, rank_in_class

if TYPE_CHECKING:  # torch comes with the first scene that is made: explorers draw theirs without it
    import torch
    from torch import Tensor

SPLITS = ("train", "validation", "test")
ITEM_SIZE = 28  # pixels, the side of a Fashion-MNIST image


class Scenes(NamedTuple):
    """Images (n, 1, size, size), labels (n,), boxes (n, 4), items (n,): which picture each shows."""

    images: Tensor
    labels: Tensor
    boxes: Tensor
    items: Tensor


def scenes(
    split: str,
    n: int,
    *,
    generator: torch.Generator,
    size: int = 64,
    clutter: tuple[int, int] = (4, 8),
    crop: int = 12,
    full: bool = False,
    folder: str | Path | None = None,
) -> Scenes:
    """Draw one item at a random place of an empty canvas, among small square crops of other items.

    This is the cluttered translated MNIST of Mnih et al. (2014) with clothes instead of digits: to name the
    item one must find it. Where things overlap, the brighter pixel is seen, so clutter never hides a pixel
    of the item that is brighter than itself. The three splits are made from different images of
    Fashion-MNIST, item and clutter alike (see `scene_sources`).

    Parameters
    ----------
    split : str
        "train", "validation" or "test".
    n : int
        How many scenes.
    generator : torch.Generator
        The source of every random choice. Scenes are made on its device.
    size : int
        Height and width of a scene in pixels, at least 28.
    clutter : tuple of int
        The smallest and the largest number of crops in a scene; each number between is equally likely.
    crop : int
        Height and width of a crop in pixels, 1 to 28.
    full : bool
        Whether to make scenes from all of Fashion-MNIST instead of the shipped subset.
    folder : str or Path, optional
        Where to look first for all of Fashion-MNIST. Only with ``full=True``.

    Returns
    -------
    Scenes
        images, uint8, (n, 1, size, size); labels, int64, (n,), the item's class; boxes, int64, (n, 4), the
        item's 28x28 pixels as top, left, bottom, right, where bottom and right are the first pixels outside;
        items, int64, (n,), which of the `scene_sources` the item is: several scenes share a picture.

    Raises
    ------
    ValueError
        If an argument is out of the range stated above.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), "Recurrent models of visual attention", arXiv:1406.6247.

    Examples
    --------
    >>> import torch
    >>> images, labels, boxes, items = scenes("test", 5, generator=torch.Generator().manual_seed(0))
    >>> images.shape, boxes[:, 2:] - boxes[:, :2] == 28
    (torch.Size([5, 1, 64, 64]), tensor([[True, True],
            [True, True],
            [True, True],
            [True, True],
            [True, True]]))
    """
    import torch

    fewest, most = _as_counts(n, size, clutter, crop)
    device = generator.device
    sources, source_labels = (array.to(device) for array in scene_sources(split, full=full, folder=folder))

    def random(upper: int) -> Tensor:
        """Draw n integers from 0 to upper - 1."""
        return torch.randint(upper, (n,), generator=generator, device=device)

    canvas = torch.zeros(n, size, size, dtype=torch.uint8, device=device)
    item = random(len(sources))
    n_crops = fewest + random(most - fewest + 1)
    for i in range(most):
        other = (item + 1 + random(len(sources) - 1)) % len(sources)  # any image but the item's
        patch = _windows(sources, other, random(ITEM_SIZE - crop + 1), random(ITEM_SIZE - crop + 1), crop)
        patch = patch * (i < n_crops)[:, None, None]
        _paste(canvas, patch, random(size - crop + 1), random(size - crop + 1))
    top, left = random(size - ITEM_SIZE + 1), random(size - ITEM_SIZE + 1)
    _paste(canvas, sources[item], top, left)
    boxes = torch.stack([top, left, top + ITEM_SIZE, left + ITEM_SIZE], dim=1)
    return Scenes(canvas[:, None], source_labels[item], boxes, item)


def scene_sources(
    split: str, *, full: bool = False, folder: str | Path | None = None
) -> tuple[Tensor, Tensor]:
    """Return the images that a split's scenes are made from.

    Test scenes are made from the test images. Of each class's training images, the first five sixths (500
    of the subset's 600) serve training scenes and the last sixth validation scenes.

    Parameters
    ----------
    split : str
        "train", "validation" or "test".
    full, folder
        As for `scenes`.

    Returns
    -------
    tuple of torch.Tensor
        images, uint8, (n, 28, 28), and labels, int64, (n,).

    Raises
    ------
    ValueError
        If `split` is none of the three.

    Examples
    --------
    >>> [len(scene_sources(split)[0]) for split in SPLITS]
    [5000, 1000, 1000]
    """
    import torch

    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; expected one of {SPLITS}.")
    images, labels, class_names = fashion_mnist("test" if split == "test" else "train", full, folder)
    if split != "test":
        first_part = rank_in_class(labels) < len(labels) // len(class_names) * 5 // 6
        chosen = first_part if split == "train" else ~first_part
        images, labels = images[chosen], labels[chosen]
    return torch.tensor(images), torch.tensor(labels)


def _windows(images: Tensor, which: Tensor, top: Tensor, left: Tensor, side: int) -> Tensor:
    """Return one side x side window of each of the images named by `which`: (n, side, side)."""
    rows, columns = _grid(top, left, side)
    return images[which[:, None, None], rows, columns]


def _paste(canvas: Tensor, patches: Tensor, top: Tensor, left: Tensor) -> None:
    """Draw one patch on each canvas, in place; the brighter of old and new pixel stays."""
    import torch

    rows, columns = _grid(top, left, patches.shape[-1])
    scene = torch.arange(len(canvas), device=canvas.device)[:, None, None]
    canvas[scene, rows, columns] = torch.maximum(canvas[scene, rows, columns], patches)


def _grid(top: Tensor, left: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Return the rows (n, side, 1) and columns (n, 1, side) of n squares, ready to index with."""
    import torch

    steps = torch.arange(side, device=top.device)
    return top[:, None, None] + steps[:, None], left[:, None, None] + steps


def _as_counts(n: int, size: int, clutter: tuple[int, int], crop: int) -> tuple[int, int]:
    """Refuse numbers that make no scene; return the fewest and the most crops."""
    if n < 1:
        raise ValueError(f"n is {n}; expected at least 1 scene.")
    if size < ITEM_SIZE:
        raise ValueError(f"size is {size}; expected at least {ITEM_SIZE} pixels, so that an item fits.")
    if not 1 <= crop <= ITEM_SIZE:
        raise ValueError(f"crop is {crop}; expected 1 to {ITEM_SIZE} pixels.")
    if len(clutter) != 2 or not 0 <= clutter[0] <= clutter[1]:
        raise ValueError(f"clutter is {clutter}; expected (fewest, most) with 0 <= fewest <= most.")
    return clutter
