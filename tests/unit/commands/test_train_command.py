"""Tests of the commands that train and predict, on a few pictures."""

import csv
import io
import os
import shutil
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from course_utils import plots
from course_utils.__main__ import main
from course_utils.commands import predict, train
from course_utils.learning import training
from course_utils.learning.checkpoints import load_model


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Colour photos of two classes: bright spots left and right on noise; one file is broken."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for label, name in enumerate(("left", "right")):
        (folder / name).mkdir()
        for i in range(30):
            picture = rng.integers(0, 120, (50, 70, 3), dtype=np.uint8)
            picture[15:35, 15 + 30 * label : 30 + 30 * label] = 255
            Image.fromarray(picture).save(folder / name / f"{i}.jpg")
    (folder / "left" / "broken.jpg").write_bytes(b"hello")
    return folder


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):
    """Train once for all tests."""
    out = tmp_path_factory.mktemp("trained") / "new"
    words = ["train", "--data", str(photos), "--size", "32", "--epochs", "12", "--batch-size", "8"]
    assert main([*words, "--cpu", "--quiet", "--out", str(out)]) == 0
    return out


def test_training_leaves_model_log_curves_and_state(trained):
    assert {file.name for file in trained.iterdir()} == {
        "best.safetensors", "curves.png", "log.csv", "training.pt",
    }  # fmt: skip
    rows = list(csv.DictReader((trained / "log.csv").open()))
    assert [row["epoch"] for row in rows] == [str(i) for i in range(1, 13)]
    assert float(rows[-1]["train_loss"]) < float(rows[0]["train_loss"])
    assert Image.open(trained / "curves.png").size[0] > 500


def test_prediction_names_the_class_and_draws_the_attention(trained, photos, tmp_path, capsys):
    files = [photos / name / "3.jpg" for name in ("left", "right")]
    assert main(["predict", str(trained / "best.safetensors"), *map(str, files), "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for line, file, name in zip(lines[::2], files, ("left", "right"), strict=True):
        assert line.startswith(f"{file}: {name} ")
        probabilities = [float(word.split()[-1]) for word in line.partition(": ")[2].split(", ")]
        assert sum(probabilities) == pytest.approx(1, abs=0.002)
        assert probabilities == sorted(probabilities, reverse=True)
    drawn = [tmp_path / "3-attention.png", tmp_path / "3-attention-2.png"]
    assert lines[1::2] == [f"  attention drawn in {file}" for file in drawn]
    assert all(Image.open(file).size[0] > 500 for file in drawn)


def test_a_broken_photo_does_not_stop_the_others(trained, photos, tmp_path, capsys):
    files = [photos / "left" / "broken.jpg", photos / "right" / "1.jpg"]
    assert main(["predict", str(trained / "best.safetensors"), *map(str, files), "--out", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "right" in out
    assert "broken.jpg cannot be read" in err


def test_the_classes_are_named_even_if_no_picture_can_be_written(trained, photos, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    words = ["predict", str(trained / "best.safetensors"), str(photos / "left" / "3.jpg")]
    assert main([*words, "--out", str(tmp_path / "file")]) == 1
    out, err = capsys.readouterr()
    assert ": left " in out
    assert "cannot be written" in err


def test_a_map_without_preference_is_drawn_flat():
    """The same colour everywhere, as weights that differ by a hundredth should look; a peak stands out."""
    image, even = torch.zeros(1, 32, 32, dtype=torch.uint8), torch.full((4, 4), 1 / 16)
    nearly = even + torch.linspace(-0.0003, 0.0003, 16).reshape(4, 4)
    peaked = torch.eye(4) / 4
    spread = []
    for weights in (nearly, peaked):
        pixels = np.asarray(Image.open(io.BytesIO(predict._drawn(image, weights, "t"))).convert("RGB"))
        height, width, _ = pixels.shape
        inside = pixels[height // 3 : -height // 3, width // 2 + 20 : 3 * width // 4].reshape(-1, 3)
        spread.append(int(np.ptp(inside.astype(int), axis=0).max()))
    assert spread[0] < 10
    assert spread[1] > 50


def test_a_class_name_that_no_font_can_draw_is_drawn_as_a_number(monkeypatch):
    assert predict._can_be_drawn("Ärmel")
    monkeypatch.setattr(plots, "chinese_font", lambda: None)
    monkeypatch.setitem(plt.rcParams, "font.family", ["DejaVu Sans"])
    assert not predict._can_be_drawn("猫")


def test_a_second_training_needs_resume_or_another_folder(trained, photos, capsys):
    words = ["train", "--data", str(photos), "--size", "32", "--epochs", "12", "--batch-size", "8", "--cpu"]
    assert main([*words, "--out", str(trained)]) == 1
    assert "Add --resume to go on with that training, or choose another --out" in capsys.readouterr().err
    assert main([*words, "--out", str(trained), "--resume", "--seed", "1"]) == 1
    assert "seed was 0, now 1" in capsys.readouterr().err
    assert main([*words, "--out", str(trained), "--resume", "--quiet"]) == 0, "A finished training stays so."
    moved = [word.replace(str(photos), f"{photos}/") for word in words]  # another name of the same photos
    assert main([*moved, "--out", str(trained), "--resume", "--quiet"]) == 0


@pytest.mark.parametrize("change", ["renamed", "added", "removed"])
def test_a_training_does_not_go_on_with_other_photos(trained, photos, tmp_path, change, capsys):
    """Labels number the classes in alphabetical order, so a new name would silently swap them."""
    shutil.copytree(photos, tmp_path / "photos")
    if change == "renamed":
        (tmp_path / "photos" / "left").rename(tmp_path / "photos" / "zleft")
    elif change == "added":
        (tmp_path / "photos" / "up").mkdir()
        for file in (photos / "left").glob("[0-9]*.jpg"):
            ImageOps.flip(Image.open(file)).save(tmp_path / "photos" / "up" / file.name)
    else:
        (tmp_path / "photos" / "left" / "7.jpg").unlink()
    words = ["train", "--size", "32", "--epochs", "12", "--batch-size", "8", "--cpu", "--resume"]
    assert main([*words, "--data", str(tmp_path / "photos"), "--out", str(trained)]) == 1
    said = "images was" if change == "removed" else "classes was left, right, now "
    assert said in capsys.readouterr().err


def test_what_lies_in_the_folder_is_not_written_over(photos, tmp_path, capsys):
    (tmp_path / "log.csv").write_text("mine")
    assert main(["train", "--data", str(photos), "--out", str(tmp_path)]) == 1
    assert "holds log.csv already" in capsys.readouterr().err
    assert (tmp_path / "log.csv").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_told_before_training(photos, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(training, "fit", lambda *_, **__: pytest.fail("It trained."))
    assert main(["train", "--data", str(photos), "--cpu", "--out", str(tmp_path / "file")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_without_a_finished_epoch_resuming_starts_anew_and_says_so(photos, tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", interrupted)
    words = ["train", "--data", str(photos), "--size", "32", "--cpu", "--out", str(tmp_path / "out")]
    assert main([*words, "--resume"]) == 130
    err = capsys.readouterr().err
    assert f"No finished epoch is kept in {tmp_path / 'out'}: starting anew." in err
    assert "\nStopped. No epoch was finished, so nothing is kept." in err


def test_why_files_were_skipped_is_told_even_when_an_error_follows(photos, tmp_path, capsys):
    shutil.copytree(photos / "right", tmp_path / "photos" / "right")
    (tmp_path / "photos" / "left").mkdir()
    (tmp_path / "photos" / "left" / "broken.jpg").write_bytes(b"hello")
    assert main(["train", "--data", str(tmp_path / "photos"), "--out", str(tmp_path / "out")]) == 1
    err = capsys.readouterr().err
    assert "broken.jpg cannot be read: it is empty or no picture." in err
    assert "left has no photo that can be read" in err


def test_the_images_that_stand_for_all_come_from_every_class():
    """Photos are listed class by class: the first ones are all of one class."""
    dark, light = torch.full((3000, 1, 2, 2), 50), torch.full((3000, 1, 2, 2), 200)
    examples = torch.cat([dark, light]).to(torch.uint8), torch.arange(2).repeat_interleave(3000)
    sample = train._some_images(examples, train.MOST_TO_MEASURE)
    assert len(sample) == train.MOST_TO_MEASURE
    assert sample.float().mean().item() == pytest.approx(125, abs=0.2)
    assert examples[0][: train.MOST_TO_MEASURE].float().mean().item() == 50, "The first ones would not do."
    assert torch.equal(train._some_images(examples, 10_000), examples[0])


def test_the_best_epoch_is_the_one_of_lowest_loss_among_the_most_accurate():
    history = {"validation_accuracy": [0.5, 0.8, 0.8, 0.8], "validation_loss": [0.1, 0.5, 0.3, 0.3]}
    assert train._best_epoch(history) == 3


def test_photos_read_one_by_one_train_the_same_model(trained, photos, tmp_path):
    words = ["train", "--data", str(photos), "--size", "32", "--epochs", "12", "--batch-size", "8"]
    assert main([*words, "--cpu", "--quiet", "--one-by-one", "--out", str(tmp_path / "o")]) == 0
    one, other = (
        load_model(folder / "best.safetensors")[0].state_dict() for folder in (trained, tmp_path / "o")
    )
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, other[name])


@pytest.mark.slow
def test_two_processes_train_and_keep_one_model(photos, tmp_path):
    """As the README has it for one computer without a GPU."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    words = ["-m", "course_utils", "train", "--data", str(photos), "--size", "32", "--epochs", "2", "--cpu"]
    done = subprocess.run(
        [*launch, *words, "--quiet", "--out", str(tmp_path / "o")],
        capture_output=True, text=True, check=False, timeout=300, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("best on validation") == 1
    assert len((tmp_path / "o" / "log.csv").read_text().splitlines()) == 3
    assert load_model(tmp_path / "o" / "best.safetensors")[1].class_names == ("left", "right")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "nowhere"], "path needs nowhere, which is no folder"),
        (["--data", ""], "--data is empty; expected scenes"),
        (["--data", "nowhere", "--images", "40"], "--images is given for photos"),
    ],
)
def test_what_cannot_be_trained_is_told(tmp_path, words, message, capsys):
    assert main(["train", *words, "--cpu", "--quiet", "--out", str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [["--epochs", "0"], ["--batch-size", "0"], ["--seed", "-1"], ["--seed", "9" * 30], ["--workers", "-1"],
     ["--images", "-4"], ["--size", "4"], ["--epochs", "two"]],
    ids=" ".join,
)  # fmt: skip
def test_a_number_out_of_range_is_told_at_once(words, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--data", "scenes", "--out", str(tmp_path / "out"), *words])
    assert stop.value.code == 2
    assert (
        f"argument {words[0]}: it is {words[1]!r}; expected a whole number from " in capsys.readouterr().err
    )


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "fast"])
def test_a_learning_rate_that_is_none_is_told_at_once(rate, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["train", "--data", "scenes", "--out", str(tmp_path / "out"), "--learning-rate", rate])
    assert "argument --learning-rate: " in capsys.readouterr().err


def test_a_diverging_training_names_the_argument(tmp_path, capsys):
    words = ["--data", "fashion-mnist", "--images", "200", "--learning-rate", "1e30", "--cpu", "--quiet"]
    assert main(["train", *words, "--out", str(tmp_path / "out")]) == 1
    assert "Try a smaller --learning-rate" in capsys.readouterr().err


def test_a_computer_without_memory_says_what_to_try(photos, tmp_path, monkeypatch, capsys):
    def large(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr(training, "fit", large)
    assert main(["train", "--data", str(photos), "--size", "32", "--cpu", "--out", str(tmp_path / "o")]) == 1
    assert "no memory left. Try a smaller --batch-size" in capsys.readouterr().err


def test_a_fault_of_the_course_is_not_taken_for_a_lack_of_memory(photos, tmp_path, monkeypatch):
    def faulty(*_, **__):
        raise NotImplementedError("a kernel is missing")

    monkeypatch.setattr(training, "fit", faulty)
    with pytest.raises(NotImplementedError):
        main(["train", "--data", str(photos), "--size", "32", "--cpu", "--out", str(tmp_path / "o")])


def test_help_lists_the_arguments(capsys):
    for name, argument in {"train": "--resume", "predict": "--out"}.items():
        with pytest.raises(SystemExit) as stop:
            main([name, "--help"])
        assert stop.value.code == 0
        assert argument in capsys.readouterr().out
