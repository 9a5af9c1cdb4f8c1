"""Tests of keeping trainings and models: whole files, the same weights after a stop, clear errors."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from itertools import pairwise

import pytest
import safetensors.torch
import torch
from torch import nn

from course_utils.__main__ import main
from course_utils.learning import checkpoints
from course_utils.learning.checkpoints import (
    Recipe,
    load_model,
    load_training,
    save_model,
    save_training,
    write_whole,
)
from course_utils.learning.training import fit
from course_utils.networks import AveragePooling, Classifier

TWO_CLASSES = Recipe(("cat", "dog"), "attention", 1, 64)


def pictures(n=40, seed=0):
    """Bright and dark pictures of noise."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    images = torch.randint(0, 128, (n, 1, 16, 16), generator=generator, dtype=torch.uint8)
    return images + (100 * labels).to(torch.uint8)[:, None, None, None], labels


def noisy(images, generator):
    """Add noise, so that an interrupted training must go on with the same random numbers."""
    return (images.float() + torch.randn(images.shape, generator=generator)).clamp(0, 255)


def train(epochs, **more):
    """Train a small network with batch normalisation and dropout."""
    model = Classifier(2)
    model.head = nn.Sequential(nn.Dropout(0.3), model.head)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        fit(model, pictures(), pictures(20, 1), epochs=epochs, batch_size=16, progress=False,
            augment=noisy, **more)  # fmt: skip
    return model


def same_weights(one, other):
    """Whether two networks hold the same numbers, bit for bit."""
    theirs = other.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in one.state_dict().items())


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_training_that_goes_on_ends_with_the_same_bits(tmp_path, stop):
    """Stop after any epoch, read the state from disk, go on: weights, dropout and augmentation agree."""

    class Stopped(Exception):
        pass

    def keep(state):
        save_training(tmp_path / "training.pt", state, {})
        if len(state.history["seconds"]) == stop:
            raise Stopped

    with pytest.raises(Stopped):
        train(4, after_epoch=keep)
    state, _ = load_training(tmp_path / "training.pt")
    uninterrupted, resumed = train(4), train(4, start_from=state)
    assert same_weights(uninterrupted, resumed)
    assert not same_weights(uninterrupted, train(4, seed=1)), "The comparison can fail."


# The command line, killed


def arguments(out, *more):
    """Return the arguments that train on a few of the shipped pictures."""
    data = ["--data", "fashion-mnist", "--images", "200", "--epochs", "4", "--batch-size", "32"]
    return ["train", *data, "--augment", "--cpu", "--quiet", "--out", str(out), *more]


# The command line, which meets a signal at the worst moment: an epoch is in the log and not yet in the state.
KILLED = """
import os, sys
from course_utils.__main__ import main
from course_utils.learning import checkpoints

keep, (n_epochs, how) = checkpoints.save_training, map(int, sys.argv[1:3])

def be_killed_or_keep(path, state, settings):
    if len(state.history["seconds"]) == n_epochs:
        os.kill(os.getpid(), how)
    keep(path, state, settings)

checkpoints.save_training = be_killed_or_keep
sys.exit(main(sys.argv[3:]))
"""


def kill_in(out, n_epochs, how, *more):
    """Train in another process, which a signal meets in an epoch."""
    words = [str(n_epochs), str(int(how)), *arguments(out, *more)]
    return subprocess.run(
        [sys.executable, "-c", KILLED, *words],
        capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.fixture
def one_thread():
    """Compute with as many threads as the processes that are killed."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Windows knows no SIGKILL and no SIGINT for one process.")
def test_killed_trainings_go_on_to_the_same_bits(tmp_path, one_thread, capsys):
    """Kill outright once and press Ctrl-C once: nothing differs at the end but the seconds."""
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    assert main(arguments(straight)) == 0
    report = capsys.readouterr().out
    assert kill_in(broken, 2, signal.SIGKILL).returncode == -signal.SIGKILL
    stopped = kill_in(broken, 3, signal.SIGINT, "--resume")
    assert stopped.returncode == 130
    assert "\nStopped. Go on with the same command and --resume;" in stopped.stderr
    assert main(arguments(broken, "--resume")) == 0
    assert capsys.readouterr().out.replace("broken", "straight") == report
    assert (broken / "best.safetensors").read_bytes() == (straight / "best.safetensors").read_bytes()
    states = [load_training(folder / "training.pt")[0] for folder in (straight, broken)]
    for name, tensor in states[0].model.items():
        assert torch.equal(tensor, states[1].model[name]), name
    logs = [(folder / "log.csv").read_text().splitlines() for folder in (straight, broken)]
    without_seconds = [[line.rpartition(",")[0] for line in log] for log in logs]
    assert len(without_seconds[0]) == 5
    assert without_seconds[0] == without_seconds[1]
    assert sorted(file.name for file in broken.iterdir() if ".part" not in file.name) == [
        "best.safetensors", "curves.png", "log.csv", "training.pt",
    ]  # fmt: skip


def test_a_state_of_another_network_is_refused():
    states = []
    train(1, after_epoch=states.append)
    images, labels = pictures()
    with pytest.raises(ValueError, match="start_from is another network's state; expected"):
        fit(Classifier(5), (images, labels), (images, labels), epochs=2, progress=False, start_from=states[0])


# Whole files


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_earlier_file(tmp_path, monkeypatch, failing):
    file = tmp_path / "kept"
    write_whole(file, b"earlier")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.os, failing, full)
    with pytest.raises(OSError, match=r"No space left on device.*unharmed"):
        write_whole(file, b"later")
    assert file.read_bytes() == b"earlier"
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"], "Nothing half-written lies about."


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="cannot be written"):
        write_whole(tmp_path / "file" / "model", b"x")


def test_the_name_always_stands_for_a_whole_file(tmp_path):
    """Read while another process writes: only whole contents are seen."""
    script = (
        "import sys\n"
        "from course_utils.learning.checkpoints import write_whole\n"
        "for i in range(60):\n"
        "    write_whole(sys.argv[1], bytes([i]) * 200_000)\n"
    )
    file = tmp_path / "kept"
    write_whole(file, b"\0" * 200_000)
    writer = subprocess.Popen([sys.executable, "-c", script, str(file)])
    seen = []
    while writer.poll() is None:
        content = file.read_bytes()
        assert len(content) == 200_000
        assert len(set(content[:1] + content[-1:])) == 1
        seen.append(content[0])
        time.sleep(0.002)
    assert writer.returncode == 0
    assert all(one <= other for one, other in pairwise(seen))
    assert file.read_bytes()[0] == 59


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no umask.")
def test_a_file_may_be_read_by_whom_the_umask_says_and_what_a_kill_left_is_written_over(tmp_path):
    (tmp_path / "kept.part").write_bytes(b"half")
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "kept", b"whole")
    finally:
        os.umask(before)
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


# Reading back


def test_a_model_comes_back_with_its_recipe(tmp_path):
    images, labels = pictures()
    model = Classifier(2).standardise_with(images)
    fit(model, (images, labels), (images, labels), epochs=1, progress=False)
    save_model(tmp_path / "m", model, TWO_CLASSES)
    loaded, recipe = load_model(tmp_path / "m")
    assert recipe == TWO_CLASSES
    assert not loaded.training
    assert same_weights(model, loaded)
    torch.testing.assert_close(loaded(images), model(images))


@pytest.mark.parametrize("content", [b"", b"hello", bytes(1000), None])
@pytest.mark.parametrize("read", [load_model, load_training])
def test_other_files_are_refused(tmp_path, read, content):
    if content is not None:
        (tmp_path / "other").write_bytes(content)
    with pytest.raises(ValueError, match=r"path is .*other.*; expected a kept (model|training)"):
        read(tmp_path / "other")


def test_cut_files_are_refused(tmp_path):
    save_model(tmp_path / "m", Classifier(2), TWO_CLASSES)
    train(1, after_epoch=lambda state: save_training(tmp_path / "t", state, {}))
    for name, read in (("m", load_model), ("t", load_training)):
        content = (tmp_path / name).read_bytes()
        for part in (10, len(content) // 2, len(content) - 1):
            (tmp_path / name).write_bytes(content[:part])
            with pytest.raises(ValueError, match="damaged"):
                read(tmp_path / name)


def test_a_file_that_would_run_code_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'ran'}",)

    torch.save({"state": Evil()}, tmp_path / "evil", pickle_module=pickle)
    with pytest.raises(ValueError, match="damaged or something else"):
        load_training(tmp_path / "evil")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("changes", [{"pooling": []}, {"in_channels": "x"}, {"class_names": []}])
def test_a_recipe_that_makes_no_sense_is_refused(tmp_path, changes):
    weights = Classifier(2).state_dict()
    recipe = json.dumps(TWO_CLASSES._asdict() | changes)
    (tmp_path / "m").write_bytes(safetensors.torch.save(weights, {"recipe": recipe}))
    with pytest.raises(ValueError, match=r"path is .*m, whose parts do not fit; expected a kept model"):
        load_model(tmp_path / "m")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pooling": "dot-product"}, "expected one that fits"),
        ({"class_names": ("a", "b", "c")}, "expected one that fits"),
        ({"in_channels": 3}, "expected one that fits"),
        ({"pooling": "mean"}, "one of attention, average"),
    ],
)
def test_a_recipe_of_another_network_is_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        save_model(tmp_path / "m", Classifier(2), TWO_CLASSES._replace(**changes))
    assert not (tmp_path / "m").exists()


def test_each_pooling_can_be_kept(tmp_path):
    for name, pooling in checkpoints.POOLINGS.items():
        save_model(tmp_path / name, Classifier(2, pooling=pooling), TWO_CLASSES._replace(pooling=name))
        assert same_weights(load_model(tmp_path / name)[0], Classifier(2, pooling=pooling))
    assert not same_weights(
        Classifier(2, pooling=AveragePooling), Classifier(2, pooling=AveragePooling, seed=1)
    )
