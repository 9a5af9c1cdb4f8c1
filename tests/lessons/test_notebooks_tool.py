"""`tools/notebooks.py` stores what a fresh run puts out and leaves nothing else behind."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.checks import CHECKS, ROOT, Lesson
from tools.exercise_cells import write_exercises
from tools.notebooks import name_cells

SLIDE = {"slideshow": {"slide_type": "slide"}}
PROGRESS = "import os; print(os.path.exists(os.environ['COURSE_PROGRESS']))"
TIMED = {"execution": {"start": "today"}, "scrolled": True}
IGNORED = {"tags": ["nbval-ignore-output"], "reason": "a reason"}
COUNT = "for i in range(3):\n    print(i, flush=True)"
WIDGET = "application/vnd.jupyter.widget-view+json"
SHOW_WIDGET = f"display({{'{WIDGET}': {{'model_id': 'x'}}, 'text/plain': 'a slider'}}, raw=True)"


def run_tool(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tools.notebooks", "--folder", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def write(path: Path, *cells: nbformat.NotebookNode) -> None:
    noise = {"widgets": {}, "kernelspec": {"name": "other", "display_name": "My Python"}}
    nbformat.write(new_notebook(cells=list(cells), metadata=noise), path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two lessons, one of which fails."""
    folder = tmp_path_factory.mktemp("notebooks")
    write(
        folder / "01-good.ipynb",
        new_markdown_cell("# A lesson", metadata={"name": "title", "editable": True, **SLIDE}),
        new_code_cell(COUNT, metadata={"name": "counting", **TIMED}),
        new_code_cell(SHOW_WIDGET, metadata={"name": "widget", "slideshow": {"slide_type": "-"}}),
        new_code_cell(PROGRESS, metadata={"name": "progress"}),
        new_code_cell("1 + 1", metadata={"name": "sum", **IGNORED}),
    )
    write(folder / "02-bad.ipynb", new_code_cell("1 / 0", metadata={"name": "division"}))
    return folder


@pytest.fixture(scope="module")
def good(folder: Path) -> Lesson:
    run = run_tool(folder, "01")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("01-good.ipynb: ")
    return Lesson.read(folder / "01-good.ipynb")


def test_a_master_trains_whatever_its_author_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COURSE_KEEP", "1")
    says = "from course_utils.learning.kept import keeps\nprint(keeps())"
    write(tmp_path / "01-keeps.ipynb", new_code_cell(says, metadata={"name": "keeps"}))
    assert run_tool(tmp_path).returncode == 0
    assert Lesson.read(tmp_path / "01-keeps.ipynb").notebook.cells[0].outputs[0].text == "False\n"


def test_names_become_ids(good: Lesson):
    assert [cell.id for cell in good.notebook.cells] == ["title", "counting", "widget", "progress", "sum"]


def test_outputs_are_stored_and_merged(good: Lesson):
    outputs = [cell.outputs for cell in good.cells("code")]
    assert [output.text for output in outputs[0]] == ["0\n1\n2\n"]
    assert outputs[1][0].data == {"text/plain": "a slider"}
    assert outputs[2][0].text == "False\n"
    assert outputs[3][0].data == {"text/plain": "2"}


def test_only_what_says_something_of_the_lesson_is_kept(good: Lesson):
    kept = [
        {name: value for name, value in cell.metadata.items() if name != "name"}
        for cell in good.notebook.cells
    ]
    assert kept == [SLIDE, {}, {}, {}, IGNORED]
    assert [cell.metadata.name for cell in good.notebook.cells] == [cell.id for cell in good.notebook.cells]
    assert set(good.notebook.metadata) == {"kernelspec", "language_info", "@deathbeds/jupyterlab-fonts"}
    assert good.notebook.metadata.language_info == {"name": "python"}


def test_the_result_passes_the_checks_of_its_form(good: Lesson):
    faults = [fault for check in CHECKS if check.__name__ != "is_compared" for fault in check(good)]
    assert faults == []


def test_a_second_run_changes_nothing(folder: Path, good: Lesson):
    before = good.path.read_bytes()
    assert run_tool(folder, "01").returncode == 0
    assert good.path.read_bytes() == before


def test_a_failing_cell_is_named_and_nothing_stored(folder: Path):
    before = (folder / "02-bad.ipynb").read_bytes()
    run = run_tool(folder, "02")
    assert run.returncode != 0
    assert "02-bad.ipynb: cell `division` failed" in run.stderr
    assert "ZeroDivisionError" in run.stderr
    assert (folder / "02-bad.ipynb").read_bytes() == before


def test_a_name_used_twice_is_refused(tmp_path: Path):
    write(tmp_path / "03-twice.ipynb", *(new_code_cell("1", metadata={"name": "same"}) for _ in range(2)))
    run = run_tool(tmp_path)
    assert run.returncode != 0
    assert "03-twice.ipynb was not run: " in run.stderr
    assert "these are used twice: same" in run.stderr


@pytest.mark.parametrize("name", ["a name", "x" * 65])
def test_a_name_that_a_notebook_cannot_hold_is_refused(name: str):
    notebook = new_notebook(cells=[new_code_cell("1", metadata={"name": name})])
    with pytest.raises(ValueError, match="needs in its metadata a `name` such as `worked-example`"):
        name_cells(notebook)


def test_cells_of_an_old_format_get_ids_from_their_names():
    notebook = new_notebook(cells=[new_code_cell("1", metadata={"name": "sum"})])
    notebook.nbformat_minor = 4
    del notebook.cells[0]["id"]
    name_cells(notebook)
    nbformat.validate(notebook)
    assert (notebook.nbformat_minor, notebook.cells[0].id) == (5, "sum")


def test_new_exercises_need_a_place():
    with pytest.raises(
        ValueError, match="notebook of softmax-attention needs a cell `exercises`, behind which"
    ):
        write_exercises(new_notebook(), "softmax-attention")


def test_an_unknown_prefix_is_refused(folder: Path):
    run = run_tool(folder, "77")
    assert run.returncode != 0
    assert "has the name '77' or begins with it" in run.stderr
