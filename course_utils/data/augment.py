"""Changing training images at random, a whole batch at once, on the device where they lie."""

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample


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


def turn_shift_and_scale(
    images: Tensor,
    generator: torch.Generator,
    *,
    degrees: float = 10,
    pixels: float = 2,
    scale: float = 0.1,
) -> Tensor:
    """Return each image turned, shifted and scaled a little, as if it had been held less straight.

    All three are uniform between minus and plus their largest. What moves in is black.

    Parameters
    ----------
    images : torch.Tensor
        Shape (n, channels, height, width).
    generator : torch.Generator
        The source of every random choice, on the CPU: the same choices on every device.
    degrees : float
        The largest turn, to either side.
    pixels : float
        The largest shift, down and sideways, in either direction.
    scale : float
        The largest change of size: 0.1 is from a tenth smaller to a tenth larger. Below 1.

    Returns
    -------
    torch.Tensor
        New images of the same shape and type, read between pixels in straight lines.

    Raises
    ------
    ValueError
        If `images` has another shape, or a number is negative or too large.

    Examples
    --------
    >>> image = torch.arange(9).reshape(1, 1, 3, 3)
    >>> still = turn_shift_and_scale(image, torch.Generator().manual_seed(0), degrees=0, pixels=0, scale=0)
    >>> still.equal(image)
    True
    """
    if images.ndim != 4 or min(degrees, pixels, scale) < 0 or scale >= 1:
        raise ValueError(
            f"images has shape {tuple(images.shape)}, degrees is {degrees}, pixels {pixels}, scale {scale}; "
            "expected (n, channels, height, width), and numbers of at least 0, scale below 1."
        )
    n, _, height, width = images.shape
    turn, down, right, size = 2 * torch.rand(4, n, generator=generator) - 1  # each from -1 to 1
    turn, size = (turn * degrees).deg2rad(), 1 / (1 + size * scale)
    cos, sin = turn.cos() * size, turn.sin() * size
    rows = [
        torch.stack([cos, -sin * height / width, right * 2 * pixels / width], dim=1),
        torch.stack([sin * width / height, cos, down * 2 * pixels / height], dim=1),
    ]  # where a pixel of the new image is read in the old one
    grid = affine_grid(torch.stack(rows, dim=1).to(images.device), list(images.shape), align_corners=False)
    moved = grid_sample(images.float(), grid, align_corners=False)
    return moved.to(images.dtype) if images.is_floating_point() else moved.round().to(images.dtype)
