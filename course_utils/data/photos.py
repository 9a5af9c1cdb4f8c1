"""Reading one photo, whatever kind of file it is, and finding photos that are nearly the same."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

LARGEST = 100_000_000  # pixels; a file of a few bytes can claim any number
THUMBNAIL = 8  # height and width in pixels
ALIKE = 2  # levels of 255 by which thumbnails of the same photo may differ, on average
BLOCK = 32


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
    """Return 16-bit and transparent pictures in a mode that Pillow converts without loss of meaning."""
    if photo.mode.startswith(("I", "F")):
        pixels = np.asarray(photo).astype(float)
        highest = 65535.0 if photo.mode.startswith("I") else max(float(pixels.max()), 1e-9)
        return Image.fromarray((255 * (pixels / highest).clip(0, 1)).round().astype(np.uint8))
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo)
    return photo


def near_duplicates(images: Tensor) -> np.ndarray:
    """Return groups of images that are nearly the same: rescaled, compressed again, or saved twice.

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
            f"images has shape {tuple(images.shape)}; expected (n, channels, height, width), n at least 1."
        )
    return group_thumbnails(torch.stack([thumbnail(image) for image in images]))


def thumbnail(image: Tensor) -> Tensor:
    """Return an image shrunk to 8x8 fields, the few numbers by which copies are found.

    Parameters
    ----------
    image : torch.Tensor
        Bytes, (channels, height, width).

    Returns
    -------
    torch.Tensor
        The mean of each field, float32, (channels * 64,).

    Examples
    --------
    >>> thumbnail(torch.full((3, 40, 40), 7, dtype=torch.uint8)).shape
    torch.Size([192])
    """
    return torch.nn.functional.adaptive_avg_pool2d(image.float(), THUMBNAIL).flatten()


def group_thumbnails(thumbnails: Tensor) -> np.ndarray:
    """Return groups of thumbnails, as `near_duplicates` of images.

    Parameters
    ----------
    thumbnails : torch.Tensor
        One for each image, (n, channels * 64).

    Returns
    -------
    numpy.ndarray
        The number of each image's group, (n,), from 0 in the order in which groups first appear.

    Examples
    --------
    >>> group_thumbnails(torch.tensor([0.0, 200.0, 2.0])[:, None].expand(3, 64))
    array([0, 1, 0])
    """
    groups = np.arange(len(thumbnails))
    for pair in _alike_pairs(thumbnails):  # block by block, since all pairs may be too many for the memory
        ones, others = groups[np.array(pair)]
        links = coo_array((np.ones(len(ones)), (ones, others)), shape=(len(groups), len(groups)))
        groups = connected_components(links, directed=False)[1].astype(np.int64)[groups]
    return groups


def found_among(thumbnails: Tensor, others: Tensor) -> np.ndarray:
    """Return which thumbnails are alike to at least one of the others.

    Parameters
    ----------
    thumbnails, others : torch.Tensor
        Thumbnails, (n, channels * 64) and (m, channels * 64).

    Returns
    -------
    numpy.ndarray
        A boolean for each thumbnail, (n,).

    Examples
    --------
    >>> found_among(torch.tensor([[9.0], [50.0]]).expand(2, 64), torch.full((1, 64), 51.0))
    array([False,  True])
    """
    n = len(thumbnails)
    found = np.zeros(n, dtype=bool)
    for pair in _alike_pairs(torch.cat([thumbnails, others])):
        low, high = np.sort(pair, axis=0)
        found[low[(low < n) & (high >= n)]] = True
    return found


def _alike_pairs(thumbnails: Tensor) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, block by block, the pairs that are alike: the numbers of the ones and of the others.

    Two thumbnails differ at least as much as their means do, and as the means of their parts do. So each
    block, taken in the order of the means, is compared only with the few that could be near enough.
    """
    nearly = ALIKE + 0.01  # means are rounded
    means, parts = _means(thumbnails)
    order = means.argsort()
    means, parts, thumbnails = means[order], parts[order], thumbnails[order]
    for start in range(0, len(order), BLOCK):
        block = slice(start, start + BLOCK)
        stop = int(torch.searchsorted(means, means[block][-1] + nearly))
        possible = (_differences(parts[block], parts[start:stop]) <= nearly).any(dim=0)
        near = start + possible.nonzero()[:, 0]
        ones, others = (_differences(thumbnails[block], thumbnails[near]) <= ALIKE).nonzero(as_tuple=True)
        yield order[start + ones].numpy(), order[near[others]].numpy()


def _means(thumbnails: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of each thumbnail, (n,), and of its quarters in each channel, (n, channels * 4)."""
    parts = thumbnails.unflatten(1, (-1, THUMBNAIL * THUMBNAIL // 4)).mean(dim=2)
    return parts.mean(dim=1), parts


def _differences(ones: Tensor, others: Tensor) -> Tensor:
    """Return the mean absolute difference of each of (n, levels) from each of (m, levels), (n, m)."""
    return torch.cdist(ones, others, p=1) / ones.shape[1]
