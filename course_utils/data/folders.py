"""Folders of photos, one folder a class, read into one tensor of bytes."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.datasets import ImageFolder

from course_utils.data.fashion import rank_in_class


class LabelledImages(NamedTuple):
    """Images (n, channels, height, width) of bytes and labels (n,)."""

    images: Tensor
    labels: Tensor


class ImageFolders(NamedTuple):
    """Three sets of labelled images, none in two sets, and the name of each label."""

    train: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    class_names: tuple[str, ...]


def image_folder(
    path: str | Path, *, size: int = 64, colour: bool = True, validation: float = 0.2, seed: int = 0
) -> ImageFolders:
    """Read photos laid out as train/<class>/<photo> and test/<class>/<photo>, of any size, grey or colour.

    Each photo is turned upright if the camera noted that it was held on its side. Its largest central square
    is kept and resized, so nothing is squashed. Labels number the class names in alphabetical order.

    Parameters
    ----------
    path : str or Path
        The folder that holds the folders train and test.
    size : int
        Height and width of the images returned, in pixels.
    colour : bool
        True: three channels, red, green and blue (a grey photo has them equal). False: one grey channel.
    validation : float
        The share of each class's training photos that is set apart for validation, at least one photo.
    seed : int
        Decides which photos those are.

    Returns
    -------
    ImageFolders
        train, validation and test, each with images, uint8, (n, channels, size, size), and labels, int64,
        (n,); class_names.

    Raises
    ------
    ValueError
        If a folder is missing or empty, train and test differ in their classes, a class has fewer than two
        training photos, a file cannot be read, or `size` or `validation` is out of range.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as photos:
    ...     for folder in ("train/cat", "train/dog", "test/cat", "test/dog"):
    ...         (Path(photos) / folder).mkdir(parents=True)
    ...         for name in ("1.png", "2.png"):
    ...             Image.new("RGB", (120, 80), "orange").save(Path(photos) / folder / name)
    ...     data = image_folder(photos, size=32)
    >>> data.class_names, data.train.images.shape, data.validation.labels
    (('cat', 'dog'), torch.Size([2, 3, 32, 32]), tensor([0, 1]))
    """
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel, but it is {size}.")
    if not 0 < validation < 1:
        raise ValueError(f"validation is a share and must be between 0 and 1, but it is {validation}.")
    train, test = (_listing(Path(path) / split) for split in ("train", "test"))
    if train.classes != test.classes:
        raise ValueError(
            f"train and test in {path} must have the same classes, but only train has "
            f"{sorted(set(train.classes) - set(test.classes))} and only test has "
            f"{sorted(set(test.classes) - set(train.classes))}."
        )
    held_out = _held_out(train, validation, seed)
    read_train, read_test = (_read(listing, size, "RGB" if colour else "L") for listing in (train, test))
    return ImageFolders(
        LabelledImages(read_train.images[~held_out], read_train.labels[~held_out]),
        LabelledImages(read_train.images[held_out], read_train.labels[held_out]),
        read_test,
        tuple(train.classes),
    )


def _listing(folder: Path) -> ImageFolder:
    """List a folder's classes and photos; no photo is opened yet."""
    try:
        return ImageFolder(str(folder))
    except FileNotFoundError as error:
        raise ValueError(
            f"path must hold train/<class>/<photo> and test/<class>/<photo>, but in {folder}: {error}"
        ) from error


def _held_out(listing: ImageFolder, share: float, seed: int) -> Tensor:
    """Choose about this share of each class's photos at random, at least one: a boolean tensor (n,)."""
    labels = np.array(listing.targets)
    counts = np.bincount(labels)
    if counts.min() < 2:
        name = listing.classes[counts.argmin()]
        raise ValueError(f"Each class needs two training photos, one of them for validation; {name} has one.")
    n_held_out = np.clip(np.rint(share * counts), 1, counts - 1)
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = np.empty(len(labels), dtype=bool)
    chosen[order] = rank_in_class(labels[order]) < n_held_out[labels[order]]
    return torch.from_numpy(chosen)


def _read(listing: ImageFolder, size: int, mode: str) -> LabelledImages:
    """Read all photos of a listing into one tensor."""
    images = torch.stack([_read_photo(Path(file), size, mode) for file, _ in listing.samples])
    return LabelledImages(images, torch.tensor(listing.targets))


def _read_photo(file: Path, size: int, mode: str) -> Tensor:
    """Read one photo as a tensor (channels, size, size); mode is Pillow's "RGB" or "L"."""
    try:
        with Image.open(file) as photo:
            upright = ImageOps.exif_transpose(photo).convert(mode)
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"The photo {file} cannot be read: {error}. Repair or remove it.") from error
    square = ImageOps.fit(upright, (size, size), method=Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(square)).reshape(size, size, -1).permute(2, 0, 1)
