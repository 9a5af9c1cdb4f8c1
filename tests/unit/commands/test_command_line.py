"""The command lines that students type: python -m course_utils, and make gpu."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch

from course_utils.__main__ import COMMANDS, main
from proofs import gpu

ROOT = Path(__file__).parents[3]
CPU = torch.device("cpu")


def notebook(path, source, cell_id="device-report"):
    """Write a notebook with one code cell."""
    cells = [nbformat.v4.new_code_cell(source, id=cell_id)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def report(**changes):
    """Return a report without faults, but for the changes."""
    good = {
        "pooling_difference_from_cpu": 1e-7,
        "scenes_made_on_device": True,
        "lesson": {"device": "cuda:0", "accuracy": 0.8},
    }
    return good | changes


def test_help_lists_every_command_with_its_purpose(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    printed = capsys.readouterr().out
    for name, (_, purpose) in COMMANDS.items():
        assert f"  {name} " in printed
        assert purpose in printed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    assert f"usage: python -m course_utils {name}" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [([], "command"), (["docter"], "docter")])
def test_a_missing_or_mistyped_command_is_told_what_there_is(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert message in capsys.readouterr().err


def test_arguments_and_exit_status_pass_through(monkeypatch):
    received = []
    monkeypatch.setattr("course_utils.commands.doctor.main", lambda argv: received.append(argv) or 7)
    assert main(["doctor", "folder", "--rerun", "--timeout", "5"]) == 7
    assert received == [["folder", "--rerun", "--timeout", "5"]]


def test_the_doctor_runs_from_a_shell_in_any_folder(tmp_path):
    command = [sys.executable, "-m", "course_utils", "doctor"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert result.returncode == int("!!" in result.stdout), result.stderr
    assert "  torchvision  " in result.stdout


def test_without_a_gpu_one_sentence_and_no_report(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert gpu.main(["--out", str(tmp_path / "report.json")]) == 0
    assert "finds no GPU" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_notebook_runs_with_this_python_beside_itself_and_picks_its_device(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    source = (
        "import json, os, sys\n"
        "told = 'COURSE_DEVICE' in os.environ\n"
        "print(json.dumps({'python': sys.executable, 'folder': os.getcwd(), 'told': told}))"
    )
    found = gpu.report_of(gpu.run(notebook(tmp_path / "lesson.ipynb", source)))
    assert found == {"python": sys.executable, "folder": str(tmp_path), "told": False}


def test_a_notebook_without_the_report_cell_is_refused(tmp_path):
    path = notebook(tmp_path / "lesson.ipynb", "print('{}')", cell_id="another-cell")
    with pytest.raises(ValueError, match="device-report"):
        gpu.report_of(nbformat.read(path, as_version=4))


def test_the_device_checks_hold_where_the_answer_is_known():
    assert gpu.pooling_difference(CPU) == 0
    assert gpu.scenes_are_made_on(CPU)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pooling_difference_from_cpu": 1e-3}, "differs from the CPU's by 1.0e-03"),
        ({"pooling_difference_from_cpu": float("nan")}, "differs"),
        ({"scenes_made_on_device": False}, "Scenes were not made"),
        ({"lesson": {"device": "cpu"}}, "The lesson ran on cpu, not on cuda."),
    ],
)
def test_a_fault_on_the_device_is_told_in_a_sentence(changes, sentence):
    assert gpu.faults_of(report(), "cuda") == []
    (fault,) = gpu.faults_of(report(**changes), "cuda")
    assert sentence in fault
