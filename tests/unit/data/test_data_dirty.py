"""The dirty folder: what is on the disk agrees with the truth that is told about it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils.data.dirty import (
    ABSURD,
    FOLDER_NAMES,
    MEASUREMENTS,
    DirtyFolder,
    dirty_folder,
    measure,
    read_measurements,
)
from course_utils.data.fashion import fashion_mnist

ROOT = Path(__file__).parents[3]
SMALL = {"per_class": 40, "n_rare": 6, "n_copies": 50, "n_broken": 10, "seed": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("photos") / "dirty"


@pytest.fixture(scope="module")
def truth(folder: Path) -> DirtyFolder:
    return dirty_folder(folder, **SMALL)


@pytest.fixture(scope="module")
def pictures(folder: Path, truth: DirtyFolder) -> dict[int, np.ndarray]:
    """Return every file that Pillow reads to its end, by its position."""
    read = {}
    for i, file in enumerate(truth.files):
        try:
            with Image.open(folder / file) as image:
                read[i] = np.asarray(image)
        except OSError:
            continue
    return read


def test_the_files_are_those_on_the_disk(folder, truth):
    on_disk = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    assert on_disk == list(truth.files)
    halves, folders, _ = zip(*(file.split("/") for file in truth.files), strict=True)
    assert [half == "train" for half in halves] == truth.in_train.tolist()
    assert [FOLDER_NAMES.index(name) for name in folders] == truth.given.tolist()


def test_only_the_broken_files_cannot_be_read(truth, pictures):
    assert sorted(pictures) == np.flatnonzero(truth.sound).tolist()
    assert (~truth.sound).sum() == SMALL["n_broken"]


def test_pictures_and_true_labels_are_those_of_fashion_mnist(truth, pictures):
    for half in ("train", "test"):
        images, labels, _ = fashion_mnist(half)
        ours = np.flatnonzero((truth.source >= 0) & (truth.in_train == (half == "train")))
        assert len(ours) == {"train": 9 * 40 + 6, "test": 1000}[half]
        np.testing.assert_array_equal(np.stack([pictures[i] for i in ours]), images[truth.source[ours]])
        np.testing.assert_array_equal(truth.label[ours], labels[truth.source[ours]])


def test_the_share_of_wrong_labels_is_as_asked_and_the_rare_class_has_none(truth):
    wrong = truth.sound & (truth.given != truth.label)
    assert wrong.sum() == round(0.15 * 9 * 40)
    assert truth.in_train[wrong].all()
    assert 4 not in truth.given[wrong]
    assert 4 not in truth.label[wrong]
    assert (truth.in_train & (truth.label == 4)).sum() == 6


def test_copies_are_near_duplicates_on_the_other_side(truth, pictures):
    copies = np.flatnonzero(truth.copy_of >= 0)
    assert len(copies) == 50
    assert len(set(truth.copy_of[copies])) == 50
    for copy in copies:
        original = truth.copy_of[copy]
        assert truth.in_train[original]
        assert not truth.in_train[copy]
        assert truth.label[copy] == truth.label[original] == truth.given[copy]
        moves = [(0, 0), (1, 0), (0, 1)]
        moved = [np.roll(pictures[original], move, axis=(0, 1)).ravel() for move in moves]
        likeness = max(np.corrcoef(pictures[copy].ravel(), other)[0, 1] for other in moved)
        assert likeness > 0.98
        assert not np.array_equal(pictures[copy], pictures[original])


def test_the_table_is_spoilt_where_the_truth_says(folder, truth, pictures):
    files, table = read_measurements(folder)
    sound = np.flatnonzero(truth.sound)
    assert list(files) == [truth.files[i] for i in sound]
    spoilt, measured = truth.spoilt[sound], truth.measured[sound]
    np.testing.assert_array_equal(np.isnan(table), spoilt == "missing")
    np.testing.assert_allclose(table[spoilt == ""], measured[spoilt == ""], rtol=1e-3)
    absurd = spoilt == "absurd"
    codes = table[absurd] == ABSURD
    np.testing.assert_allclose(table[absurd][~codes], 10 * measured[absurd][~codes], rtol=1e-3)
    assert 0.3 < codes.mean() < 0.7
    assert (spoilt == "missing").mean() == pytest.approx(0.1, abs=0.02)
    assert absurd.mean() == pytest.approx(0.03, abs=0.01)


def test_measurements_agree_with_a_loop_over_pixels():
    images = fashion_mnist("test").images[:20]
    for image, found in zip(images, measure(images), strict=True):
        inside = [(i, j) for i in range(28) for j in range(28) if image[i, j] > 40]
        rows, columns = ({place[axis] for place in inside} for axis in (0, 1))
        brightness = sum(int(image[place]) for place in inside) / len(inside)
        waist = 2.5 * sum(i == 14 for i, _ in inside)
        expected = [2.5 * len(rows), 2.5 * len(columns), len(inside) / 784, brightness, waist]
        np.testing.assert_allclose(found, expected)
    assert len(MEASUREMENTS) == len(expected)


def test_the_seed_decides(truth, tmp_path):
    small = {"per_class": 5, "n_rare": 2, "n_copies": 5, "n_broken": 2}
    same, again, other = (
        dirty_folder(tmp_path / name, **small, seed=s) for name, s in zip("abc", (1, 1, 2), strict=True)
    )
    assert same.files == again.files
    assert (tmp_path / "a" / "measurements.csv").read_bytes() == (
        tmp_path / "b" / "measurements.csv"
    ).read_bytes()
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in same.files)
    assert same.files != other.files


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"per_class": 581}, "per_class"),
        ({"rare_class": 10}, "rare_class"),
        ({"n_rare": 400}, "n_rare"),
        ({"wrong_labels": 1.0}, "wrong_labels"),
        ({"n_copies": 3000}, "n_copies"),
        ({"n_broken": 201}, "n_broken"),
        ({"missing": 0.6, "absurd": 0.6}, "missing"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wrong_arguments_are_named(wrong, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        dirty_folder(tmp_path / "new", **wrong)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ValueError, match="holds something already"):
        dirty_folder(tmp_path)


def test_pictures_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"images has shape \(2, 3\)"):
        measure(np.zeros((2, 3)))
