"""Folders of photos, one folder a class, read into one tensor of bytes or, if too many, one by one."""

import os
import unicodedata
import warnings
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from course_utils.data.photos import found_among, group_thumbnails, read_photo, thumbnail


class LabelledImages(NamedTuple):
    """Images (n, channels, height, width) of bytes and labels (n,)."""

    images: Tensor
    labels: Tensor


class PhotoFiles(Dataset):
    """Photos that are read when they are asked for: each is an image (channels, size, size) and its label."""

    def __init__(self, files: list[Path], labels: Tensor, size: int, colour: bool) -> None:
        self.files, self.labels, self.size, self.colour = files, labels, size, colour

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:
        return read_photo(self.files[place], self.size, colour=self.colour), self.labels[place]


class Skipped(NamedTuple):
    """A file that is not used, and why."""

    file: Path
    reason: str


class ImageFolders(NamedTuple):
    """Three sets of labelled images, none in two sets, the name of each label, and the files not used."""

    train: LabelledImages | PhotoFiles
    validation: LabelledImages | PhotoFiles
    test: LabelledImages | PhotoFiles
    class_names: tuple[str, ...]
    skipped: tuple[Skipped, ...]


class _Listing(NamedTuple):
    """The readable files below one folder, their labels (n,), thumbnails (n, levels) and groups (n,).

    Their images, (channels, size, size) each, are there only if they are to be kept in memory.
    """

    files: list[Path]
    images: list[Tensor]
    labels: np.ndarray
    thumbnails: Tensor
    groups: np.ndarray


def image_folder(
    path: str | Path,
    *,
    size: int = 64,
    colour: bool = True,
    validation: float = 0.2,
    test: float = 0.2,
    seed: int = 0,
    in_memory: bool = True,
) -> ImageFolders:
    """Read photos laid out as train/<class>/<photo> and test/<class>/<photo>, or as <class>/<photo>.

    `read_photo` says what becomes of each. A file that cannot be read is skipped, with a warning that gives
    the reason; so is a link that leads out of the folder, a link to a folder, wherever it leads, and what is
    no regular file, such as a pipe. Hidden files are not looked at. Labels number the class names in
    alphabetical order. Validation photos, and test photos where there is no folder for them, are drawn from
    each class in its proportion; photos that are nearly the same (see `near_duplicates`) stay together.

    Parameters
    ----------
    path : str or Path
        The folder that holds the folders train and test, or one folder for each class.
    size : int
        Height and width of the images returned, in pixels.
    colour : bool
        True: three channels, red, green and blue (a grey photo has them equal). False: one grey channel.
    validation, test : float
        The share of each class's photos that is set apart, at least one photo. With train and test folders
        `validation` is the share of the training photos, and `test` is not used.
    seed : int
        Decides which photos those are.
    in_memory : bool
        False: read every photo once to see that it can be, keep only a thumbnail to find copies by, and read
        it again whenever it is asked for.

    Returns
    -------
    ImageFolders
        train, validation and test, each with images, uint8, (n, channels, size, size), and labels, int64,
        (n,), or as `PhotoFiles`; class_names; skipped.

    Raises
    ------
    ValueError
        If a folder is missing or empty, train and test differ in their classes, there is one class only or
        two that differ only in case or in how accents are encoded, a class has too few photos to be split,
        or a number is out of range.

    Warns
    -----
    UserWarning
        Once, if files are skipped, even where an error follows. Once, if photos in the folder test are nearly
        the same as photos in the folder train.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> greys = iter(range(0, 256, 30))
    >>> with TemporaryDirectory() as photos:
    ...     for folder in ("train/cat", "train/dog", "test/cat", "test/dog"):
    ...         (Path(photos) / folder).mkdir(parents=True)
    ...         for name in ("1.png", "2.png"):
    ...             Image.new("L", (120, 80), next(greys)).save(Path(photos) / folder / name)
    ...     data = image_folder(photos, size=32)
    >>> data.class_names, data.train.images.shape, data.validation.labels
    (('cat', 'dog'), torch.Size([2, 3, 32, 32]), tensor([0, 1]))
    """
    if size < 1:
        raise ValueError(f"size is {size}; expected at least 1 pixel.")
    for name, share in {"validation": validation, "test": test}.items():
        if not 0 < share < 1:
            raise ValueError(f"{name} is {share}; expected a share between 0 and 1.")
    path = Path(path)
    rng = np.random.default_rng(seed)
    skipped: list[Skipped] = []
    parted = (path / "train").is_dir() or (path / "test").is_dir()
    class_names = _same_classes(path) if parted else _class_names(path)
    folders = [path / "train", path / "test"] if parted else [path]
    try:
        listings = [_read_all(folder, class_names, size, colour, in_memory, skipped) for folder in folders]
    finally:
        _warn_of(skipped)
    if parted:
        rest, tested = listings
        _warn_of_copies(tested, rest)
    else:
        [everything] = listings
        chosen = _drawn(everything, test, rng, class_names, parts=3)
        rest, tested = _part(everything, ~chosen), _part(everything, chosen)
    held_out = _drawn(rest, validation, rng, class_names, parts=2)
    parts = _part(rest, ~held_out), _part(rest, held_out), tested
    if in_memory:
        sets = [LabelledImages(torch.stack(part.images), torch.from_numpy(part.labels)) for part in parts]
    else:
        sets = [PhotoFiles(part.files, torch.from_numpy(part.labels), size, colour) for part in parts]
    return ImageFolders(*sets, class_names, tuple(skipped))


def _class_names(folder: Path) -> tuple[str, ...]:
    """Return the classes below a folder, and refuse what could not be told apart."""
    expected = "expected a folder with train/<class>/<photo> and test/<class>/<photo>, or <class>/<photo>"
    if not folder.is_dir():
        raise ValueError(f"path needs {folder}, which is no folder; {expected}.")
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != ".")
    if len(names) < 2:
        raise ValueError(
            f"path has in {folder}: {names or 'no class'}; {expected}, with two classes or more."
        )
    _refuse_twins(names, folder)
    return tuple(names)


def _refuse_twins(names: list[str], folder: Path) -> None:
    """Refuse class names that some computers, or some eyes, take for one."""
    folded: dict[str, str] = {}
    for name in names:
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        if folded.setdefault(key, name) != name:
            raise ValueError(
                f"The classes {folded[key]!r} and {name!r} in {folder} differ only in case or in how accents "
                "are encoded: Windows or macOS may take them for one folder. Rename or merge them."
            )


def _same_classes(path: Path) -> tuple[str, ...]:
    """Return the classes of train and test, which must be the same."""
    train, test = _class_names(path / "train"), _class_names(path / "test")
    _refuse_twins(sorted({*train, *test}), path)
    if train != test:
        raise ValueError(
            f"path is {path}, where only train has {sorted(set(train) - set(test))} and only test has "
            f"{sorted(set(test) - set(train))}; expected the same classes in both."
        )
    return train


def _read_all(
    folder: Path,
    class_names: tuple[str, ...],
    size: int,
    colour: bool,
    in_memory: bool,
    skipped: list[Skipped],
) -> _Listing:
    """Read every photo below a folder; what cannot be used goes to the list of skipped files."""
    files, images, labels, thumbnails = [], [], [], []
    for label, name in enumerate(class_names):
        before = len(files)
        for file in sorted(_files_below(folder / name)):
            try:
                _refuse_to_open(file, folder)
                image = read_photo(file, size, colour=colour)
            except (OSError, ValueError) as error:
                skipped.append(Skipped(file, str(error)))
            else:
                files.append(file)
                labels.append(label)
                thumbnails.append(thumbnail(image))
                if in_memory:
                    images.append(image)
        if len(files) == before:
            raise ValueError(f"The class {name} has no photo that can be read in {folder / name}.")
    stacked = torch.stack(thumbnails)
    return _Listing(files, images, np.array(labels), stacked, group_thumbnails(stacked))


def _files_below(folder: Path) -> list[Path]:
    """Return what is below a folder and not hidden: files of every kind, and links (not followed)."""
    return [
        file
        for file in folder.rglob("*")
        if (file.is_symlink() or not file.is_dir())
        and not any(part[0] == "." for part in file.relative_to(folder).parts)
    ]


def _refuse_to_open(file: Path, folder: Path) -> None:
    """Refuse what is elsewhere, and what is no regular file: to read a pipe is to wait for ever."""
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folder)):
        raise ValueError(f"{file} is a link that leads out of the folder.")
    if not file.exists():
        raise ValueError(f"{file} is a link that leads nowhere.")
    if file.is_dir():
        raise ValueError(f"{file} is a link to a folder, which is not followed: copy the photos instead.")
    if not file.is_file():
        raise ValueError(f"{file} is no regular file.")


def _part(listing: _Listing, chosen: np.ndarray) -> _Listing:
    """Return the chosen photos (a boolean for each) of a listing."""
    return _Listing(
        list(compress(listing.files, chosen)),
        list(compress(listing.images, chosen)),
        listing.labels[chosen],
        listing.thumbnails[torch.from_numpy(chosen)],
        listing.groups[chosen],
    )


def _drawn(
    listing: _Listing, share: float, rng: np.random.Generator, class_names: tuple[str, ...], parts: int
) -> np.ndarray:
    """Draw whole groups at random until each class has given its share, at least one.

    A group that holds photos of two classes counts for the class of its first photo. Returns a boolean for
    each photo.
    """
    groups, firsts, numbers = np.unique(listing.groups, return_index=True, return_inverse=True)
    chosen = np.zeros(len(groups), dtype=bool)
    for label, name in enumerate(class_names):
        own = rng.permutation(np.flatnonzero(listing.labels[firsts] == label))
        if len(own) < parts:
            raise ValueError(
                f"The class {name} has {'one' if len(own) == 1 else len(own)}; expected {parts} different "
                "photos to be split, of which near-duplicates count as one."
            )
        sizes = np.bincount(numbers, minlength=len(groups))[own]
        wanted = np.searchsorted(sizes.cumsum(), round(share * sizes.sum())) + 1
        chosen[own[: int(np.clip(wanted, 1, len(own) - parts + 1))]] = True
    return chosen[numbers]


def _warn_of(skipped: list[Skipped]) -> None:
    """Show in one warning which files are not used and why."""
    if skipped:
        reasons = _first_lines([one.reason for one in skipped])
        warnings.warn(f"{len(skipped)} file(s) skipped:\n{reasons}", stacklevel=3)


def _warn_of_copies(tested: _Listing, rest: _Listing) -> None:
    """Show in one warning which test photos are nearly the same as a training photo."""
    copies = list(compress(tested.files, found_among(tested.thumbnails, rest.thumbnails)))
    if copies:
        warnings.warn(
            f"{len(copies)} of the {len(tested.files)} test photos {'is' if len(copies) == 1 else 'are'} "
            "nearly the same as a training photo, which makes the test too easy: remove them, or give one "
            f"folder and let it be split.\n{_first_lines(copies)}",
            stacklevel=3,
        )


def _first_lines(items: list) -> str:
    """Return up to ten items, one a line, and count the rest."""
    more = [f"  … and {len(items) - 10} more"] if len(items) > 10 else []
    return "\n".join([f"  {item}" for item in items[:10]] + more)
