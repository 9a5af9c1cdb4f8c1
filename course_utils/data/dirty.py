"""A folder of pictures with known faults: broken files, wrong labels, copies, bad numbers, a rare class."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from course_utils._arguments import as_generator, require_between, require_count, require_fraction
from course_utils.data.fashion import CLASS_NAMES, fashion_mnist, rank_in_class

FOLDER_NAMES = tuple(name.replace("/", "-") for name in CLASS_NAMES)  # "/" may not stand in a file's name
MEASUREMENTS = ("height_cm", "width_cm", "filled", "brightness", "waist_cm")
TABLE = "measurements.csv"
CM_PER_PIXEL = 2.5  # made up: a picture of 28 pixels is taken to show 70 cm
ABSURD = -999.0  # a code for "not measured" that somebody typed as a number
WRONG_UNIT = 10.0  # millimetres typed for centimetres; shares typed ten times too large
N_SPARE = 20  # pictures of a class kept back, from which broken files are made


class DirtyFolder(NamedTuple):
    """The truth about a dirty folder, one entry for each file; for scoring, not for finding.

    `files` are paths inside the folder, sorted; `in_train` says which half each lies in; `given` is the
    label of its folder and `label` the true one (-1: not a sound picture); `copy_of` is the position in
    `files` of the training picture that a test file is a near-duplicate of (-1: of none); `source` is the
    picture's place in its split of the shipped subset (-1: none). `measured` holds the
    measurements as they were before they were spoilt, (n, 5), and `spoilt` is "", "missing" or "absurd" for
    each of them. Arrays have shape (n,) unless said otherwise.
    """

    files: tuple[str, ...]
    in_train: np.ndarray
    given: np.ndarray
    label: np.ndarray
    copy_of: np.ndarray
    source: np.ndarray
    measured: np.ndarray
    spoilt: np.ndarray

    @property
    def sound(self) -> np.ndarray:
        """Return which files are whole pictures, (n,), whatever their labels."""
        return self.label >= 0


class _Entry(NamedTuple):
    """One file before it is written; `content` is a picture (28, 28) or the bytes of a broken file."""

    content: np.ndarray | bytes
    in_train: bool
    given: int
    label: int
    copy_of: int  # position among the entries
    source: int


def dirty_folder(
    path: str | Path,
    *,
    per_class: int = 300,
    rare_class: int = 4,
    n_rare: int = 30,
    wrong_labels: float = 0.15,
    n_copies: int = 250,
    n_broken: int = 40,
    missing: float = 0.1,
    absurd: float = 0.03,
    seed: int | np.random.Generator = 0,
) -> DirtyFolder:
    """Write a folder train/<class>/<file>, test/<class>/<file> with faults, and return the truth about it.

    Pictures are those of the shipped Fashion-MNIST. The training half holds the first `per_class` of each
    class, of `rare_class` only `n_rare`; a share of the others lies in a wrong folder, chosen evenly among
    the classes that are not rare. Half of the broken files are cut off in the middle, half hold text. The
    test half holds all 1,000 test pictures, rightly labelled, and near-duplicates of training pictures:
    a little darker or brighter, moved by at most one pixel, with some noise. Names of files tell nothing. A
    table, measurements.csv, gives five measurements of each whole picture; some are left out and some absurd.

    Parameters
    ----------
    path : str or Path
        A folder that does not exist yet, or is empty.
    per_class : int
        Training pictures of a class, at most 580.
    rare_class : int
        Label of the rare class; its pictures keep their labels, so that the two faults can be told apart.
    n_rare : int
        Training pictures of the rare class.
    wrong_labels : float
        Share of the other classes' training pictures that get a wrong label.
    n_copies : int
        Near-duplicates of training pictures among the test files.
    n_broken : int
        Training files that cannot be read, at most 200.
    missing, absurd : float
        Shares of the measurements that are left out, and that are absurd: -999, or ten times too large.
    seed : int or numpy.random.Generator
        Decides which, and the names of the files.

    Returns
    -------
    DirtyFolder
        The truth, with one entry for each file.

    Raises
    ------
    ValueError
        If `path` holds something already, or a number is out of range.

    References
    ----------
    Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747: the pictures. The faults are ours.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     truth = dirty_folder(folder, per_class=20, n_rare=5, n_copies=10, n_broken=4, seed=1)
    >>> truth.in_train.sum(), (truth.given != truth.label)[truth.sound].sum(), (truth.copy_of >= 0).sum()
    (np.int64(189), np.int64(27), np.int64(10))
    """
    path = Path(path)
    if path.exists() and any(path.iterdir()):
        raise ValueError(f"path is {path}, which holds something already; expected a new or empty folder.")
    require_between("per_class", require_count("per_class", per_class), 1, 600 - N_SPARE)
    require_between("rare_class", require_count("rare_class", rare_class, minimum=0), 0, len(CLASS_NAMES) - 1)
    require_between("n_rare", require_count("n_rare", n_rare), 1, per_class)
    require_between("n_broken", require_count("n_broken", n_broken, minimum=0), 0, N_SPARE * len(CLASS_NAMES))
    require_between(
        "missing + absurd", require_fraction("missing", missing) + require_fraction("absurd", absurd), 0, 1
    )
    require_fraction("wrong_labels", wrong_labels)
    rng = as_generator("seed", seed)
    train = _train_entries(per_class, rare_class, n_rare, wrong_labels, rng)
    require_between("n_copies", require_count("n_copies", n_copies, minimum=0), 0, len(train))
    entries = [*train, *_broken_entries(n_broken, rng), *_test_entries(), *_copies(train, n_copies, rng)]
    names = _names(entries, rng)
    order = sorted(range(len(entries)), key=names.__getitem__)
    place = np.empty(len(entries), dtype=np.int64)  # of each entry among the sorted files
    place[order] = np.arange(len(entries))
    entries = [entries[i] for i in order]
    files = tuple(names[i] for i in order)
    _write(path, files, entries)
    fields = np.array(
        [(entry.in_train, entry.given, entry.label, entry.copy_of, entry.source) for entry in entries]
    )
    in_train, given, label, copy_of, source = fields.T
    copy_of = np.where(copy_of >= 0, place[copy_of], -1)
    measured = np.full((len(entries), len(MEASUREMENTS)), np.nan)
    measured[label >= 0] = measure(np.stack([entry.content for entry in entries if entry.label >= 0]))
    spoilt = rng.choice(["", "missing", "absurd"], measured.shape, p=[1 - missing - absurd, missing, absurd])
    _write_table(path / TABLE, files, measured, spoilt, label >= 0, rng)
    return DirtyFolder(files, in_train.astype(bool), given, label, copy_of, source, measured, spoilt)


def measure(images: np.ndarray) -> np.ndarray:
    """Return measures of the item on each picture: a small table, as somebody with a ruler might make it.

    Parameters
    ----------
    images : numpy.ndarray
        Bytes, (n, 28, 28), 0 is black.

    Returns
    -------
    numpy.ndarray
        Shape (n, 5), in the order of `MEASUREMENTS`: height and width of what is brighter than 40, in cm;
        the share of the picture that it fills; its mean brightness, 0 to 255; and how wide it is at half of
        the picture's height, in cm.

    Raises
    ------
    ValueError
        If `images` has another shape.

    Examples
    --------
    >>> image = np.zeros((1, 28, 28), dtype=np.uint8)
    >>> image[0, 10:20, 5:9] = 200
    >>> measure(image).round(3).tolist()
    [[25.0, 10.0, 0.051, 200.0, 10.0]]
    """
    images = np.asarray(images)
    if images.ndim != 3 or images.shape[1:] != (28, 28):
        raise ValueError(f"images has shape {images.shape}; expected (n, 28, 28).")
    item = images > 40  # (n, 28, 28)
    height, width = (CM_PER_PIXEL * item.any(axis=axis).sum(axis=1) for axis in (2, 1))
    brightness = (images * item).sum(axis=(1, 2)) / np.maximum(item.sum(axis=(1, 2)), 1)
    waist = CM_PER_PIXEL * item[:, 14].sum(axis=1)
    return np.stack([height, width, item.mean(axis=(1, 2)), brightness, waist], axis=1)


def read_measurements(path: str | Path) -> tuple[tuple[str, ...], np.ndarray]:
    """Read the table of measurements of a dirty folder.

    Parameters
    ----------
    path : str or Path
        The folder.

    Returns
    -------
    tuple
        The files, in the table's order, and their measurements, (n, 5), NaN where one is missing.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     truth = dirty_folder(folder, per_class=2, n_rare=1, n_copies=0, n_broken=0)
    ...     files, table = read_measurements(folder)
    >>> files == truth.files, table.shape
    (True, (1019, 5))
    """
    with (Path(path) / TABLE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return tuple(row[0] for row in rows), np.array(
        [[float(cell or "nan") for cell in row[1:]] for row in rows]
    )


def _train_entries(
    per_class: int, rare_class: int, n_rare: int, wrong_labels: float, rng: np.random.Generator
) -> list[_Entry]:
    """Return the whole training pictures, some with a wrong label."""
    images, labels, _ = fashion_mnist("train")
    kept = rank_in_class(labels) < np.where(labels == rare_class, n_rare, per_class)
    source = np.flatnonzero(kept)
    given = labels[source].copy()
    common = np.flatnonzero(given != rare_class)
    chosen = rng.choice(common, round(wrong_labels * len(common)), replace=False)
    others = np.delete(np.arange(len(CLASS_NAMES)), rare_class)
    for i in chosen:
        given[i] = rng.choice(others[others != labels[source[i]]])
    return [
        _Entry(images[s], True, int(g), int(labels[s]), -1, int(s))
        for s, g in zip(source, given, strict=True)
    ]


def _broken_entries(n_broken: int, rng: np.random.Generator) -> list[_Entry]:
    """Return training files that cannot be read: cut off in the middle, or text under a picture's name."""
    images, labels, _ = fashion_mnist("train")
    spare = rng.choice(np.flatnonzero(rank_in_class(labels) >= 600 - N_SPARE), n_broken, replace=False)
    whole = [_png(images[i]) for i in spare]
    text = b"<html>404: this picture has moved</html>"
    broken = [png[: len(png) // 2] if i % 2 else text for i, png in enumerate(whole)]
    return [
        _Entry(content, True, int(labels[i]), -1, -1, -1) for i, content in zip(spare, broken, strict=True)
    ]


def _test_entries() -> list[_Entry]:
    images, labels, _ = fashion_mnist("test")
    return [
        _Entry(image, False, int(y), int(y), -1, i)
        for i, (image, y) in enumerate(zip(images, labels, strict=True))
    ]


def _copies(train: list[_Entry], n_copies: int, rng: np.random.Generator) -> list[_Entry]:
    """Return near-duplicates of training pictures, rightly labelled, that lie among the test files."""
    chosen = rng.choice(len(train), n_copies, replace=False)
    return [
        _Entry(_altered(train[i].content, rng), False, train[i].label, train[i].label, int(i), -1)
        for i in chosen
    ]


def _altered(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a near-duplicate: moved by at most one pixel, darker or brighter, and a little noisy."""
    moved = np.roll(image, rng.integers(2), axis=rng.integers(2)).astype(float)  # every second one stays
    noisy = moved * rng.uniform(0.85, 1.1) + rng.normal(0, 3, image.shape) * (moved > 0)
    return noisy.round().clip(0, 255).astype(np.uint8)


def _names(entries: list[_Entry], rng: np.random.Generator) -> list[str]:
    """Return files of each folder named by numbers in random order, so that a name tells nothing."""
    numbers = rng.permutation(len(entries))
    halves = {True: "train", False: "test"}
    return [
        f"{halves[entry.in_train]}/{FOLDER_NAMES[entry.given]}/{number:05d}.png"
        for entry, number in zip(entries, numbers, strict=True)
    ]


def _write(path: Path, files: tuple[str, ...], entries: list[_Entry]) -> None:
    for folder in sorted({Path(file).parent for file in files}):
        (path / folder).mkdir(parents=True, exist_ok=True)
    for file, entry in zip(files, entries, strict=True):
        content = entry.content
        (path / file).write_bytes(content if isinstance(content, bytes) else _png(content))


def _png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def _write_table(
    file: Path,
    files: tuple[str, ...],
    measured: np.ndarray,
    spoilt: np.ndarray,
    sound: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Write the table; an absurd entry is a code or has a wrong unit, by the toss of a coin."""
    absurd = np.where(rng.random(measured.shape) < 0.5, ABSURD, WRONG_UNIT * measured)
    values = np.where(spoilt == "absurd", absurd, measured)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["file", *MEASUREMENTS])
        for i in np.flatnonzero(sound):
            cells = ["" if s == "missing" else f"{v:.4g}" for v, s in zip(values[i], spoilt[i], strict=True)]
            writer.writerow([files[i], *cells])
