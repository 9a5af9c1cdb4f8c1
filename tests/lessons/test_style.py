"""Ruff finds nothing to say about the code, in files and in lessons, and nothing to format."""

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools.checks import ROOT


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_ruff(command: tuple[str, ...]):
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "--output-format=concise", "."]
    run = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"Run `ruff {command[0]} .` and mend what it says:\n{run.stdout}{run.stderr}"


def test_ruff_looks_into_lessons():
    """Ruff must read cells: a lesson with an unused import is named."""
    cells, metadata = [new_code_cell("import os", id="unused")], {"language_info": {"name": "python"}}
    lesson = nbformat.writes(new_notebook(cells=cells, metadata=metadata))
    options = ["--no-cache", "--stdin-filename=notebooks/99-sample.ipynb", "-"]
    ruff = [sys.executable, "-m", "ruff", "check", *options]
    run = subprocess.run(ruff, cwd=ROOT, input=lesson, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "F401" in run.stdout
