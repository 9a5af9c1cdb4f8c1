"""Fashion-MNIST: the small subset that ships with the course, and the full data set where it can be found."""

import gzip
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FILE_NAMES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SUBSET = Path(__file__).with_name("fashion_mnist_subset.npz")
SYSTEM_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # where Debian's dataset-fashion-mnist puts it


class FashionMNIST(NamedTuple):
    """Images (n, 28, 28) of bytes, labels (n,) from 0 to 9, and the name of each label."""

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]


def fashion_mnist(
    split: str,
    full: bool = False,
    folder: str | Path | None = None,
    download: bool = True,
) -> FashionMNIST:
    """Read pictures of clothes: the shipped subset, or all of Fashion-MNIST.

    The subset is the first 600 training and the first 100 test images of each class, in the order of the
    original files. The full set (60,000 and 10,000) is looked for in `folder`, in the system's data folder,
    and in the course's cache folder; if it is in none of them, torchvision downloads it to the cache and
    compares its checksums.

    Parameters
    ----------
    split : str
        "train" or "test".
    full : bool
        False: the shipped subset. True: the full data set.
    folder : str or Path, optional
        Where to look first for the four original files, gzipped or not. Only with ``full=True``.
    download : bool
        Whether a full set that is on no disk may be downloaded.

    Returns
    -------
    FashionMNIST
        images, uint8, (n, 28, 28), 0 is black; labels, int64, (n,); class_names, ten of them.

    Raises
    ------
    ValueError
        If `split` is unknown, `folder` is given without ``full=True``, or a file found is damaged.
    FileNotFoundError
        If the full set is found nowhere; the message lists each place and what to do.

    References
    ----------
    Xiao, Rasul and Vollgraf (2017), "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", arXiv:1708.07747. MIT licence, see fashion_mnist_subset.LICENSE.txt beside this file.

    Examples
    --------
    >>> images, labels, class_names = fashion_mnist("test")
    >>> images.shape, images.dtype, class_names[labels[0]]
    ((1000, 28, 28), dtype('uint8'), 'Ankle boot')
    """
    if split not in FILE_NAMES:
        raise ValueError(f"split is {split!r}; expected 'train' or 'test'.")
    if full:
        images, labels = read_split(_find_full_set(folder, download), split)
    elif folder is not None:
        raise ValueError(f"folder is {folder}, where the full data set may be; expected full=True with it.")
    else:
        with np.load(SUBSET) as subset:
            images, labels = subset[f"{split}_images"], subset[f"{split}_labels"]
    return FashionMNIST(images, labels.astype(np.int64), CLASS_NAMES)


def rank_in_class(labels: np.ndarray) -> np.ndarray:
    """Return, for each example, how many examples of its class came before it.

    Parameters
    ----------
    labels : numpy.ndarray
        Shape (n,).

    Returns
    -------
    numpy.ndarray
        Integers, shape (n,): 0 for the first example of each class, 1 for the second, and so on.

    Examples
    --------
    >>> rank_in_class(np.array([7, 7, 3, 7, 3]))
    array([0, 1, 0, 2, 1])
    """
    ranks = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        of_this_class = labels == label
        ranks[of_this_class] = np.arange(of_this_class.sum())
    return ranks


def _find_full_set(folder: str | Path | None = None, download: bool = True) -> Path:
    """Return the folder that holds the four files of the full set, downloading them if need be.

    Parameters
    ----------
    folder : str or Path, optional
        Where to look first.
    download : bool
        Whether to download when no place has them.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileNotFoundError
        If no place has them all; the message lists each place and what to do.
    """
    cache = _cache_folder()
    downloaded = cache / "FashionMNIST" / "raw"  # torchvision's layout
    places = [SYSTEM_FOLDER, cache, downloaded]
    if folder is not None:
        places = [Path(folder), Path(folder) / "FashionMNIST" / "raw", *places]
    for place in places:
        if not missing_files(place):
            return place
    reason = "downloading was not allowed (download=False)"
    if download:
        from torchvision.datasets import FashionMNIST as Download

        try:
            Download(str(cache), download=True)
            return downloaded
        except (OSError, RuntimeError) as error:
            reason = f"downloading to {cache} failed ({error})"
    looked = "\n".join(f"  {place}: {', '.join(missing_files(place))} not there" for place in places)
    raise FileNotFoundError(
        f"The full Fashion-MNIST was not found. Looked in\n{looked}\nand {reason}.\n"
        "Do one of these: connect to the internet and try again; on Debian or Ubuntu, "
        "`sudo apt install dataset-fashion-mnist`; or put the four files (gzipped or not) in a folder and "
        'call fashion_mnist(..., full=True, folder="that folder"). The shipped subset needs none of this: '
        "full=False."
    )


def _cache_folder() -> Path:
    """Return the folder that downloads go to: $XDG_CACHE_HOME (or ~/.cache)/attention-on-trial."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "attention-on-trial"


def missing_files(folder: Path) -> list[str]:
    """Return the files of Fashion-MNIST that a folder does not hold, neither plain nor gzipped."""
    names = [name for pair in FILE_NAMES.values() for name in pair]
    return [name for name in names if _idx_file(folder, name) is None]


def _idx_file(folder: Path, name: str) -> Path | None:
    """Return the path of a file in a folder, plain or gzipped, or None when there is neither."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def read_split(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Read images and labels of one split from the original files.

    Parameters
    ----------
    folder : Path
        Holds all four files, gzipped or not.
    split : str
        "train" or "test".

    Returns
    -------
    tuple of numpy.ndarray
        images, uint8, (n, 28, 28), and labels, uint8, (n,).

    Raises
    ------
    ValueError
        If a file is damaged, or if there are not as many labels as images.
    """
    images, labels = (_read_idx(_idx_file(folder, name)) for name in FILE_NAMES[split])
    if images.shape != (len(labels), 28, 28) or labels.max(initial=0) >= len(CLASS_NAMES):
        raise ValueError(
            f"folder is {folder}, whose {split} images have shape {images.shape} and labels {labels.shape}; "
            "expected Fashion-MNIST, (n, 28, 28) and (n,) with labels 0 to 9."
        )
    return images, labels


def _read_idx(path: Path) -> np.ndarray:
    """Read an array of bytes from an IDX file, the format of MNIST.

    Such a file begins with two zero bytes, the code 8 (unsigned bytes) and the number of axes; then comes
    each axis's length as a big-endian 4-byte integer; then the data.

    Parameters
    ----------
    path : Path
        The file, gzipped if its name ends in .gz.

    Returns
    -------
    numpy.ndarray
        uint8, of the shape that the file states.

    Raises
    ------
    ValueError
        If the file is no such file or is damaged.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is damaged and cannot be unzipped ({error}); remove it.") from error
    if content[:3] != b"\x00\x00\x08" or len(content) < 4 + 4 * content[3]:
        raise ValueError(f"{path} is not an IDX file of bytes: it begins with {content[:4]!r}.")
    header = 4 + 4 * content[3]
    shape = tuple(np.frombuffer(content[4:header], dtype=">u4").tolist())
    data = np.frombuffer(content, dtype=np.uint8, offset=header)
    if data.size != np.prod(shape, dtype=np.int64):
        raise ValueError(
            f"{path} is damaged: it promises the shape {shape} but holds {data.size} bytes; remove it."
        )
    return data.reshape(shape)
