"""Tests of the shipped Fashion-MNIST subset and of finding and reading the full data set."""

import gzip
import hashlib
import zlib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from torchvision.datasets import FashionMNIST

from course_utils.data import fashion, make_subset
from course_utils.data.fashion import CLASS_NAMES, FILE_NAMES, SUBSET, fashion_mnist, rank_in_class

SUBSET_SHA256 = "b3a5ef00123a6fcb94b9de321db87656eb8fb8f8a3ae1a4a4b2175975aec0fce"
SYSTEM_FOLDER = fashion.SYSTEM_FOLDER
needs_originals = pytest.mark.skipif(
    bool(fashion.missing_files(SYSTEM_FOLDER)),
    reason="needs the original files: sudo apt install dataset-fashion-mnist",
)


def write_idx(path, array):
    """Write an array of bytes in MNIST's format, gzipped if the name says so."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(length.to_bytes(4, "big") for length in array.shape)
    content = header + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_full_set(folder, suffix="", seed=0):
    """Write a small data set in the layout of the original files; return its arrays by split."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    arrays = {}
    for split, names in FILE_NAMES.items():
        images = generator.integers(256, size=(60, 28, 28), dtype=np.uint8)
        labels = generator.permutation(np.arange(60) % 10)
        arrays[split] = (images, labels)
        for name, array in zip(names, arrays[split], strict=True):
            write_idx(folder / (name + suffix), array)
    return arrays


@pytest.fixture
def no_originals(monkeypatch, tmp_path):
    """Hide the system's data folder and the real cache; return the cache's new place."""
    monkeypatch.setattr(fashion, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "attention-on-trial"


def test_subset_is_the_file_that_was_made():
    assert hashlib.sha256(SUBSET.read_bytes()).hexdigest() == SUBSET_SHA256


@pytest.mark.parametrize(("split", "per_class"), [("train", 600), ("test", 100)])
def test_subset_holds_as_many_images_of_each_class(split, per_class):
    images, labels, class_names = fashion_mnist(split)
    assert images.shape == (10 * per_class, 28, 28)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [per_class] * 10
    assert class_names == CLASS_NAMES


def test_class_names_are_torchvisions():
    assert list(CLASS_NAMES) == FashionMNIST.classes


def test_licence_travels_with_the_subset():
    licence = SUBSET.with_name("fashion_mnist_subset.LICENSE.txt").read_text(encoding="utf-8")
    assert "Zalando" in licence
    assert "Permission is hereby granted, free of charge" in licence


@needs_originals
@pytest.mark.parametrize(("split", "per_class", "n"), [("train", 600, 60_000), ("test", 100, 10_000)])
def test_subset_is_the_first_images_of_the_originals(split, per_class, n):
    all_images, all_labels, _ = fashion_mnist(split, full=True, folder=SYSTEM_FOLDER)
    assert len(all_images) == len(all_labels) == n
    images, labels, _ = fashion_mnist(split)
    for label in range(10):
        first = all_images[all_labels == label][:per_class]
        np.testing.assert_array_equal(images[labels == label], first)


@needs_originals
@pytest.mark.skipif(
    zlib.ZLIB_RUNTIME_VERSION != "1.2.13", reason="the shipped file was packed by zlib 1.2.13"
)
def test_command_makes_the_shipped_file_again(tmp_path):
    made = tmp_path / "made.npz"
    make_subset.main([str(SYSTEM_FOLDER), "--output", str(made)])
    assert made.read_bytes() == SUBSET.read_bytes()


def test_command_keeps_first_images_in_file_order(tmp_path, monkeypatch, capsys):
    arrays = write_full_set(tmp_path / "originals", ".gz")
    monkeypatch.setattr(make_subset, "PER_CLASS", {"train": 3, "test": 2})
    files = [tmp_path / "one.npz", tmp_path / "two.npz"]
    for file in files:
        make_subset.main([str(tmp_path / "originals"), "--output", str(file)])
    assert files[0].read_bytes() == files[1].read_bytes()
    assert hashlib.sha256(files[0].read_bytes()).hexdigest() in capsys.readouterr().out
    with np.load(files[0]) as made:
        for split, per_class in (("train", 3), ("test", 2)):
            images, labels = arrays[split]
            seen, kept = dict.fromkeys(range(10), 0), []
            for i, label in enumerate(labels.tolist()):
                seen[label] += 1
                if seen[label] <= per_class:
                    kept.append(i)
            np.testing.assert_array_equal(made[f"{split}_images"], images[kept])
            np.testing.assert_array_equal(made[f"{split}_labels"], labels[kept])


def test_command_names_missing_files(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        make_subset.main([str(tmp_path), "--output", str(tmp_path / "made.npz")])
    assert stop.value.code == 2
    assert "train-images-idx3-ubyte" in capsys.readouterr().err
    assert not (tmp_path / "made.npz").exists()


def test_rank_counts_within_each_class():
    labels = np.random.default_rng(0).integers(4, size=50)
    expected = [(labels[:i] == label).sum() for i, label in enumerate(labels)]
    assert rank_in_class(labels).tolist() == expected


@pytest.mark.parametrize("split", ["validation", "Train", "", None])
def test_unknown_split_is_refused(split):
    with pytest.raises(ValueError, match=r"split is .*; expected"):
        fashion_mnist(split)


def test_folder_without_full_is_refused(tmp_path):
    with pytest.raises(ValueError, match="full=True"):
        fashion_mnist("train", folder=tmp_path)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_full_set_is_read_plain_or_gzipped(tmp_path, suffix, split):
    arrays = write_full_set(tmp_path, suffix)
    images, labels, _ = fashion_mnist(split, full=True, folder=tmp_path)
    np.testing.assert_array_equal(images, arrays[split][0])
    np.testing.assert_array_equal(labels, arrays[split][1])
    assert labels.dtype == np.int64


def test_places_are_searched_in_order(no_originals, tmp_path):
    places = [no_originals / "FashionMNIST" / "raw", no_originals, tmp_path / "system", tmp_path / "mine"]
    for seed, place in enumerate(places):  # each newer place comes before the older ones
        arrays = write_full_set(place, seed=seed)
        found = fashion_mnist("test", full=True, folder=tmp_path / "mine", download=False)
        np.testing.assert_array_equal(found.images, arrays["test"][0])


def test_torchvisions_own_folder_is_understood(no_originals, tmp_path):
    arrays = write_full_set(tmp_path / "root" / "FashionMNIST" / "raw")
    found = fashion_mnist("test", full=True, folder=tmp_path / "root", download=False)
    np.testing.assert_array_equal(found.images, arrays["test"][0])


def test_error_names_each_place_and_what_to_do(no_originals, tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        fashion_mnist("train", full=True, folder=tmp_path / "mine", download=False)
    message = str(error.value)
    for part in (tmp_path / "mine", tmp_path / "system", no_originals, "download=False", "apt install"):
        assert str(part) in message


@pytest.fixture
def server(tmp_path):
    """Serve the folder tmp_path/server on this computer; return its address."""
    folder = tmp_path / "server"
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
        thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line on the screen for each."""

    def log_message(self, *_):
        """Say nothing."""


def md5(file):
    """Return a file's MD5 checksum, the kind that torchvision compares."""
    return hashlib.md5(file.read_bytes()).hexdigest()


def download_from(monkeypatch, address, folder, checksum):
    """Let torchvision download from this address, expecting the checksums of the files in a folder."""
    monkeypatch.setattr(FashionMNIST, "mirrors", [address])
    names = [f"{name}.gz" for pair in FILE_NAMES.values() for name in pair]
    monkeypatch.setattr(FashionMNIST, "resources", [(name, checksum(folder / name)) for name in names])


def test_missing_set_is_downloaded_once_with_checksums(no_originals, tmp_path, monkeypatch, server):
    arrays = write_full_set(tmp_path / "server", ".gz")
    download_from(monkeypatch, server, tmp_path / "server", md5)
    np.testing.assert_array_equal(fashion_mnist("train", full=True).images, arrays["train"][0])
    monkeypatch.setattr(FashionMNIST, "mirrors", [])
    np.testing.assert_array_equal(fashion_mnist("test", full=True).images, arrays["test"][0])


def test_download_with_wrong_checksum_is_refused(no_originals, tmp_path, monkeypatch, server):
    write_full_set(tmp_path / "server", ".gz")
    download_from(monkeypatch, server, tmp_path / "server", lambda _: "0" * 32)
    with pytest.raises(FileNotFoundError, match="failed"):
        fashion_mnist("train", full=True)


def test_failed_download_is_explained(no_originals, tmp_path, monkeypatch, server):
    (tmp_path / "server").mkdir()
    download_from(monkeypatch, server, tmp_path / "server", lambda _: "0" * 32)
    with pytest.raises(FileNotFoundError, match=r"(?s)Looked in.*downloading to .* failed.*full=False"):
        fashion_mnist("train", full=True)


def damage(path: Path, kind: str) -> None:
    """Spoil one file in the way named."""
    content = path.read_bytes()
    spoilt = {"truncated": content[:-5], "another format": b"PK" + content[2:], "empty": b""}
    path.write_bytes(spoilt[kind])


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("kind", ["truncated", "another format", "empty"])
def test_damaged_file_is_named(tmp_path, suffix, kind):
    write_full_set(tmp_path, suffix)
    damage(tmp_path / f"t10k-images-idx3-ubyte{suffix}", kind)
    with pytest.raises(ValueError, match="t10k-images-idx3-ubyte"):
        fashion_mnist("test", full=True, folder=tmp_path)


def test_files_of_another_data_set_are_refused(tmp_path):
    write_full_set(tmp_path)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.full(60, 10))
    with pytest.raises(ValueError, match="expected Fashion-MNIST"):
        fashion_mnist("train", full=True, folder=tmp_path)
