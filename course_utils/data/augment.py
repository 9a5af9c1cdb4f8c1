"""Changing training images at random, a whole batch at once, on the device where they lie."""

import torch
from torch import Tensor


def flip_and_shift(images: Tensor, generator: torch.Generator, *, pixels: int = 2) -> Tensor:
    """Return each image mirrored with probability 1/2 and shifted a little; what moves in repeats the edge.

    Parameters
    ----------
    images : torch.Tensor
        Shape (n, channels, height, width).
    generator : torch.Generator
        The source of every random choice, on the CPU: the same choices on every device.
    pixels : int
        The largest shift, up, down and sideways.

    Returns
    -------
    torch.Tensor
        New images of the same shape and type.

    Raises
    ------
    ValueError
        If `images` has another shape, or `pixels` is negative.

    Examples
    --------
    >>> image = torch.arange(3).reshape(1, 1, 1, 3)
    >>> flip_and_shift(image, torch.Generator().manual_seed(1), pixels=0)
    tensor([[[[2, 1, 0]]]])
    """
    if images.ndim != 4 or pixels < 0:
        raise ValueError(
            f"images has shape {tuple(images.shape)} and pixels is {pixels}; expected "
            "(n, channels, height, width) and a number of at least 0."
        )
    n, _, height, width = images.shape

    def draw(lowest: int, highest: int) -> Tensor:
        """Draw an integer for each image."""
        return torch.randint(lowest, highest + 1, (n, 1), generator=generator).to(images.device)

    mirrored = draw(0, 1).bool()
    rows = torch.arange(height, device=images.device) + draw(-pixels, pixels)
    columns = torch.arange(width, device=images.device) + draw(-pixels, pixels)
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    columns = torch.where(mirrored, columns.flip(1), columns)
    which = torch.arange(n, device=images.device)[:, None, None]
    return images[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
