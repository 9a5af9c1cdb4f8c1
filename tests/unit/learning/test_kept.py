"""Keeping what a lesson trained: for the same code only, never half, never in the masters."""

import errno
import os
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from course_utils.learning import fingerprint, kept
from course_utils.learning.kept import NotTrained, NotTrainedError, fetch, keep
from course_utils.learning.stopping import Stopped

CELL = """
import numpy as np
import torch
from torch import nn
from course_utils.learning.kept import keep

RATE = 0.1
TARGETS = np.array([[1.0], [0.0]])
INPUTS = torch.tensor([[1.0, 2.0], [3.0, 4.0]])

class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)
    def forward(self, inputs):
        return self.layer(inputs)

def error(output):
    return ((output - torch.from_numpy(TARGETS)) ** 2).mean()

def build():
    torch.manual_seed(0)
    return {"a line": Line()}

def train(networks):
    losses = [error(networks[name](INPUTS)) for name in networks]
    losses[0].backward()
    for parameter in networks["a line"].parameters():
        parameter.data -= RATE * parameter.grad
    return {"losses": [loss.item() for loss in losses]}

networks, results = keep("toy", build, train)
"""
FILE = Path(".kept/toy.zip")


def run(cell: str = CELL) -> dict:
    """Run a cell in a fresh namespace, as a kernel does."""
    names = {"__name__": "__main__"}
    exec(cell, names)
    return names


def fresh() -> dict[str, nn.Module]:
    """Return networks like those of the cell, with other weights."""
    return {"a line": nn.ModuleDict({"layer": nn.Linear(2, 1)})}


@pytest.fixture(autouse=True)
def in_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Work where a student's copies lie."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COURSE_KEEP", raising=False)
    Path(".course").mkdir()


def test_the_same_code_is_loaded(capsys):
    first = run()
    assert capsys.readouterr().out == "Trained in 0 s and kept; the next run of this cell loads it.\n"
    unlike = CELL.replace("RATE = 0.1", "# how fast\nRATE = 0.1\nUNUSED = 7").replace(
        "    return {", "\n    return {"
    )
    second = run(unlike)
    told = capsys.readouterr().out
    assert told.startswith("Loaded what this very code gave on ")
    assert told.count("\n") == 1
    assert second["results"] == first["results"]
    for one, other in zip(first["networks"]["a line"].parameters(), second["networks"]["a line"].parameters(),
                          strict=True):  # fmt: skip
        assert torch.equal(one, other)
    assert not second["networks"]["a line"].training


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RATE = 0.1", "RATE = 0.2"),
        ("RATE = 0.1", "RATE = True"),
        ("[[1.0], [0.0]]", "[[1.0], [0.5]]"),
        ("[3.0, 4.0]", "[3.0, 5.0]"),
        ("np.array([[1.0], [0.0]])", "np.array([[1], [0]])"),
        ("** 2).mean()", "** 4).mean()"),
        ("return self.layer(inputs)", "return self.layer(-inputs)"),
        ("torch.manual_seed(0)", "torch.manual_seed(1)"),
        ("-= RATE * parameter.grad", "+= RATE * parameter.grad"),
        ("class Line(nn.Module)", "class Line(nn.Sequential)"),
    ],
)
def test_changed_code_trains_anew(old: str, new: str, capsys):
    """A global, an array, a tensor, a helper, a class, a base class, either function: each counts."""
    run()
    assert old in CELL
    run(CELL.replace(old, new))
    run()
    assert capsys.readouterr().out.count("Trained in") == 3


def test_another_course_or_pytorch_trains_anew(monkeypatch: pytest.MonkeyPatch, capsys):
    run()
    with monkeypatch.context() as newer:
        newer.setattr(torch, "__version__", "99.0")
        run()
    monkeypatch.setattr(fingerprint, "THAT_MATTERS", ("data", "networks"))
    run()
    assert capsys.readouterr().out.count("Trained in") == 3
    assert isinstance(fetch("toy", fresh(), "# Train"), dict)
    monkeypatch.setattr(fingerprint, "THAT_MATTERS", ("data",))
    assert "The course has changed since" in fetch("toy", fresh(), "# Train").sentence


def test_again_trains_anew(capsys):
    run()
    run(CELL.replace("build, train)\n", "build, train, again=True)\n"))
    assert capsys.readouterr().out.count("Trained in") == 2


def test_what_cannot_be_compared_is_not_kept(capsys):
    names = run(CELL.replace("RATE * parameter.grad", "RATE * parameter.grad * bool(STREAM)")
                .replace("RATE = 0.1", "RATE = 0.1\nSTREAM = open(__import__('os').devnull)"))  # fmt: skip
    names["STREAM"].close()
    told = capsys.readouterr().out
    assert (
        told
        == "Nothing will be kept: the code uses a TextIOWrapper, and nobody can tell whether that changed.\n"
    )
    assert not FILE.exists()


def test_any_damage_is_told_and_trained_away(capsys):
    run()
    whole = FILE.read_bytes()
    places = [*range(0, len(whole), 97), len(whole) - 10]
    for damaged in [b"", b"no archive", whole[:-30], whole[: len(whole) // 2],
                    *(whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1 :] for i in places)]:  # fmt: skip
        FILE.write_bytes(damaged)
        capsys.readouterr()
        found = run()["results"]
        told = capsys.readouterr().out
        if told.startswith("Loaded"):  # the byte was none of the content
            with zipfile.ZipFile(FILE) as archive:
                assert archive.testzip() is None
        else:
            assert f"{FILE} is damaged, so the networks are trained anew." in told
            assert FILE.read_bytes() != damaged
        assert found["losses"] == run()["results"]["losses"]


def test_a_kept_file_can_run_no_code():
    run()
    with zipfile.ZipFile(FILE) as archive:
        assert sorted(archive.namelist()) == ["kept.json", "weights.safetensors"]


@pytest.mark.parametrize("fault", ["disk full", "no folder"])
def test_what_cannot_be_written_is_told_and_the_lesson_goes_on(fault: str, monkeypatch, capsys):
    if fault == "disk full":

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
    else:
        FILE.parent.write_text("a file where the folder should be")
    assert run()["results"]["losses"]
    why = os.strerror(errno.ENOSPC) if fault == "disk full" else os.strerror(errno.EEXIST)
    told = capsys.readouterr().out
    assert told == f"Trained in 0 s, but not kept ({why}): the next run of this cell trains again.\n"


@pytest.mark.parametrize(
    ("stop", "where"),
    [(KeyboardInterrupt(), "Stopped. "), (Stopped("Stopped after step 3 of 9"), "after step 3 of 9. ")],
)
def test_a_stopped_training_keeps_nothing(stop: KeyboardInterrupt, where: str):
    def interrupted(networks: dict) -> None:
        networks["a line"].layer.weight.data.zero_()
        raise stop

    with pytest.raises(Stopped, match=f"{where}Nothing was kept; run this cell again"):
        keep("toy", fresh, interrupted)
    assert not FILE.parent.exists()


def test_a_stopped_training_leaves_what_was_kept_before(capsys):
    before = run()["results"]
    stopped = CELL.replace("    losses = [", "    raise KeyboardInterrupt\n    losses = [")
    with pytest.raises(Stopped):
        run(stopped)
    capsys.readouterr()
    assert run()["results"] == before
    assert capsys.readouterr().out.startswith("Loaded")


def test_results_must_be_what_json_can_hold():
    with pytest.raises(ValueError, match=r"train returns what JSON cannot hold \(.*Tensor"):
        keep("toy", fresh, lambda networks: torch.zeros(2))


def test_results_are_alike_whether_trained_or_loaded():
    for keeps_here in ("0", "1", "1"):
        os.environ["COURSE_KEEP"] = keeps_here
        _, results = keep("toy", fresh, lambda networks: {"pair": (1, 2.5), "none": None})
        assert results == {"pair": [1, 2.5], "none": None}
    del os.environ["COURSE_KEEP"]


@pytest.mark.parametrize(
    ("said", "is_copy", "kept_here"),
    [(None, False, False), (None, True, True), ("0", True, False), ("1", False, True), ("", False, False)],
)
def test_only_a_students_copy_keeps(said, is_copy, kept_here, monkeypatch, capsys):
    if not is_copy:
        Path(".course").rmdir()
    if said is not None:
        monkeypatch.setenv("COURSE_KEEP", said)
    run()
    assert FILE.exists() == kept_here
    assert bool(capsys.readouterr().out) == kept_here


def test_fetch_needs_no_training_code(capsys):
    trained = run()["networks"]["a line"].layer
    capsys.readouterr()
    networks = fetch("toy", fresh(), "# Train a line")
    assert torch.equal(networks["a line"].layer.weight, trained.weight)
    assert capsys.readouterr().out.startswith("Loaded what the cell `# Train a line` gave on ")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("nothing", "These networks are not trained yet. "),
        ("another size", "What was kept of these networks is damaged, or of another size. "),
        ("another name", "What was kept of these networks is damaged, or of another size. "),
        ("fewer", "What was kept of these networks is damaged, or of another size. "),
        ("damaged", "What was kept of these networks is damaged, or of another size. "),
    ],
)
def test_fetch_says_which_cell_trains(fault: str, why: str, capsys):
    if fault != "nothing":
        run()
    if fault == "damaged":
        FILE.write_bytes(FILE.read_bytes()[:-5])
    capsys.readouterr()
    blank = {
        "another size": {"a line": nn.ModuleDict({"layer": nn.Linear(3, 1)})},
        "another name": {"a curve": nn.ModuleDict({"layer": nn.Linear(2, 1)})},
        "fewer": {},
    }.get(fault, fresh())
    found = fetch("toy", blank, "# Train a line")
    assert isinstance(found["a line"], NotTrained)
    assert found._repr_markdown_().startswith(f"{why}The cell that begins `# Train a line` trains them. ")
    told = capsys.readouterr().out
    if fault == "nothing":  # most likely a first reading: nobody is sent past what comes before the training
        assert told.startswith("Nothing is kept of these networks yet. First time here? Read on: ")
        assert "Run All Above" not in told
    else:
        assert told == f"{found.sentence}\n"


def test_what_is_asked_of_missing_networks_is_answered_in_one_line():
    found = fetch("toy", fresh(), "# Train a line")
    with pytest.raises(NotTrainedError, match="The cell that begins `# Train a line` trains them") as caught:
        found["a line"].eval()
    assert caught.value._render_traceback_() == [found.sentence]
    assert not hasattr(found, "eval")  # notebooks ask so before they show a thing


def test_in_the_masters_fetch_is_silent(capsys, monkeypatch):
    monkeypatch.setenv("COURSE_KEEP", "0")
    assert isinstance(fetch("toy", fresh(), "# Train"), NotTrained)
    assert capsys.readouterr().out == ""


def test_the_moment_is_written_as_people_write_it(monkeypatch, capsys):
    monkeypatch.setattr(kept, "in_words", lambda moment: "27 November 2026, 14:02")
    run()
    run()
    assert "gave on 27 November 2026, 14:02; keep(" in capsys.readouterr().out
