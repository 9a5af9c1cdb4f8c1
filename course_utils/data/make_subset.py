"""Make the subset of Fashion-MNIST that ships with the course.

Run as `python -m course_utils.data.make_subset FOLDER`. FOLDER holds the four original files, gzipped or not;
Debian's package dataset-fashion-mnist puts them in /usr/share/datasets/fashion-mnist. The subset keeps the
files' order, so any beginning of it is a mixture of all classes. The arrays are always the same, and with
the same zlib library the file is too, byte for byte (the shipped one was made with zlib 1.2.13).
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np

from course_utils.data.fashion import SUBSET, missing_files, rank_in_class, read_split

PER_CLASS = {"train": 600, "test": 100}


def subset_arrays(folder: Path) -> dict[str, np.ndarray]:
    """Read the original files and keep the first images of each class: 600 for training, 100 for testing.

    Parameters
    ----------
    folder : Path
        Holds the four original files.

    Returns
    -------
    dict
        train_images (6000, 28, 28), train_labels (6000,), test_images (1000, 28, 28) and
        test_labels (1000,), all of bytes.

    Raises
    ------
    ValueError
        If the folder lacks a file, or a file is damaged.
    """
    if missing := missing_files(folder):
        raise ValueError(
            f"FOLDER is {folder}, which lacks {missing}; expected Fashion-MNIST's original files."
        )
    arrays = {}
    for split, per_class in PER_CLASS.items():
        images, labels = read_split(folder, split)
        kept = rank_in_class(labels) < per_class
        arrays[f"{split}_images"], arrays[f"{split}_labels"] = images[kept], labels[kept]
    return arrays


def main(arguments: list[str] | None = None) -> None:
    """Write the subset and print its shapes and checksum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the four original files are")
    parser.add_argument("--output", type=Path, default=SUBSET, help="default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        arrays = subset_arrays(options.folder)
    except ValueError as error:
        parser.error(str(error))
    with options.output.open("wb") as file:
        np.savez_compressed(file, **arrays)
    for name, array in arrays.items():
        print(name, array.shape, array.dtype)
    print("sha256", hashlib.sha256(options.output.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
