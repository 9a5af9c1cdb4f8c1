"""Tests of the commands that train and predict, on a few pictures."""

import csv

import numpy as np
import pytest
from PIL import Image

from course_utils.__main__ import main


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
    for line, file, name in zip(lines, files, ("left", "right"), strict=True):
        assert line.startswith(f"{file}: {name} ")
        probabilities = [
            float(word.split()[-1]) for word in line.partition(": ")[2].split(" (")[0].split(", ")
        ]
        assert sum(probabilities) == pytest.approx(1, abs=0.002)
        assert probabilities == sorted(probabilities, reverse=True)
    assert Image.open(tmp_path / "3-attention.png").size[0] > 500


def test_a_broken_photo_does_not_stop_the_others(trained, photos, tmp_path, capsys):
    files = [photos / "left" / "broken.jpg", photos / "right" / "1.jpg"]
    assert main(["predict", str(trained / "best.safetensors"), *map(str, files), "--out", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "right" in out
    assert "broken.jpg cannot be read" in err


def test_a_second_training_needs_resume_or_another_folder(trained, photos, capsys):
    words = ["train", "--data", str(photos), "--size", "32", "--epochs", "12", "--batch-size", "8", "--cpu"]
    assert main([*words, "--out", str(trained)]) == 1
    assert "Add --resume, or choose another --out" in capsys.readouterr().err
    assert main([*words, "--out", str(trained), "--resume", "--seed", "1"]) == 1
    assert "seed was 0, now 1" in capsys.readouterr().err
    assert main([*words, "--out", str(trained), "--resume", "--quiet"]) == 0, "A finished training stays so."


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--data", "nowhere"], "there is no folder nowhere"), (["--data", "scenes", "--epochs", "0"], "epochs"),
     (["--data", "scenes", "--images", "40", "--batch-size", "0"], "batch_size")],
)  # fmt: skip
def test_what_cannot_be_trained_is_told(tmp_path, words, message, capsys):
    assert main(["train", *words, "--cpu", "--quiet", "--out", str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_help_lists_the_arguments(capsys):
    for name, argument in {"train": "--resume", "predict": "--out"}.items():
        with pytest.raises(SystemExit) as stop:
            main([name, "--help"])
        assert stop.value.code == 0
        assert argument in capsys.readouterr().out
