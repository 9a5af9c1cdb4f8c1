"""Reading one photo, whatever kind of file it is, and finding photos that are nearly the same."""

import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

LARGEST = 100_000_000  # pixels; a file of a few bytes can claim any number
THUMBNAIL = 8  # height and width in pixels
ALIKE = 2  # levels of 255 by which thumbnails of the same photo may differ, on average


def read_photo(file: str | Path, size: int, *, colour: bool = True) -> Tensor:
    """Read the largest central square of a photo, upright and resized, so that nothing is squashed.

    Grey, palette, CMYK and 16-bit photos become what is asked for; what is transparent becomes white; of an
    animation the first picture counts.

    Parameters
    ----------
    file : str or Path
        The file.
    size : int
        Height and width of the result in pixels.
    colour : bool
        Three channels, red, green and blue, or one of grey.

    Returns
    -------
    torch.Tensor
        Bytes, (channels, size, size).

    Raises
    ------
    ValueError
        If the file is no picture, is damaged, or has more than 100 million pixels; the message says which.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     Image.new("CMYK", (300, 200)).save(Path(folder) / "white.jpg")
    ...     read_photo(Path(folder) / "white.jpg", 2, colour=False)
    tensor([[[255, 255],
             [255, 255]]], dtype=torch.uint8)
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd but readable, such as damaged camera notes
            with Image.open(file) as photo:
                if photo.width * photo.height > LARGEST:
                    raise ValueError(f"it has {photo.width} x {photo.height} pixels, more than {LARGEST:,}")
                upright = ImageOps.exif_transpose(photo)
                plain = _plain(upright).convert("RGB" if colour else "L")
    except Image.UnidentifiedImageError:
        raise ValueError(f"{file} cannot be read: it is empty or no picture.") from None
    except Image.DecompressionBombError:
        raise ValueError(f"{file} cannot be read: it has far more than {LARGEST:,} pixels.") from None
    except Exception as error:  # a damaged file makes decoders raise almost anything
        raise ValueError(f"{file} cannot be read: {str(error) or type(error).__name__}.") from error
    square = ImageOps.fit(plain, (size, size), method=Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(square)).reshape(size, size, -1).permute(2, 0, 1)


def _plain(photo: Image.Image) -> Image.Image:
    """Bring 16-bit and transparent pictures to a mode that Pillow converts without loss of meaning."""
    if photo.mode.startswith(("I", "F")):
        pixels = np.asarray(photo).astype(float)
        highest = 65535.0 if photo.mode.startswith("I") else max(float(pixels.max()), 1e-9)
        return Image.fromarray((255 * (pixels / highest).clip(0, 1)).round().astype(np.uint8))
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo)
    return photo


def near_duplicates(images: Tensor) -> np.ndarray:
    """Group images that are nearly the same: rescaled, compressed again, or saved twice.

    Two images are alike if their 8x8 thumbnails differ by at most 2 of 255 levels on average. An image that
    is alike to one of a group belongs to it. A copy that was cropped, turned or made brighter is not found.

    Parameters
    ----------
    images : torch.Tensor
        Bytes, (n, channels, height, width).

    Returns
    -------
    numpy.ndarray
        The number of each image's group, (n,), from 0 in the order in which groups first appear.

    Raises
    ------
    ValueError
        If `images` has another shape or holds no image.

    Examples
    --------
    >>> images = torch.tensor([0, 200, 2], dtype=torch.uint8).reshape(3, 1, 1, 1).expand(3, 1, 16, 16)
    >>> near_duplicates(images)
    array([0, 1, 0])
    """
    if images.ndim != 4 or len(images) == 0:
        raise ValueError(
            f"images must have the shape (n, channels, height, width), but it is {tuple(images.shape)}."
        )
    pooled = torch.nn.functional.adaptive_avg_pool2d(images.float(), THUMBNAIL).flatten(1)
    groups = np.arange(len(images))
    for i, thumbnail in enumerate(pooled[1:], start=1):
        alike = ((pooled[:i] - thumbnail).abs().mean(dim=1) <= ALIKE).numpy()
        if alike.any():
            joined = np.unique(groups[:i][alike])
            groups[np.isin(groups, joined)] = joined[0]
            groups[i] = joined[0]
    _, firsts, numbers = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(firsts))[numbers]
