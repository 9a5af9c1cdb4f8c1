"""Another day: what a lesson trained is there again, and one cell is enough for its explorers."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.lessons import find_lesson

pytestmark = pytest.mark.slow
BEGIN = "begin-here"
# The cell that trains, in each lesson that keeps what it trains, and its first line's beginning.
TRAINS = {
    "recurrent-attention": ("training", "# Train both readers"),
    "attention-classifier": ("train", "# Train both networks"),
    "classifier-in-depth": ("train-two", "# Train without marks and with them"),
}
# Minutes of training for an explorer are not needed here: what is built, kept and found again is the same.
UNTRAINED = """
import course_utils.learning.training as training
training.fit = lambda *_, **__: training.History(*([0.5],) * 5)
"""


def code_of(lesson: str) -> dict[str, str]:
    """Return the code cells of a lesson by their ids."""
    cells = nbformat.read(find_lesson(lesson).path, as_version=4).cells
    return {cell.id: cell.source for cell in cells if cell.cell_type == "code"}


def run(folder: Path, *sources: str) -> list[NotebookNode]:
    """Run cells in a fresh kernel in a folder, and return them with their outputs; none may fail."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": str(folder)}}
    )
    environment = {name: value for name, value in os.environ.items() if name != "COURSE_KEEP"}
    client.execute(env=environment)
    return notebook.cells


def told(cell: NotebookNode) -> str:
    """Return what a cell printed or showed, as text."""
    return "".join(
        output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs
    )


def until_trained(lesson: str) -> list[str]:
    """Return a lesson's code from its top to the cell that trains."""
    code = code_of(lesson)
    names = list(code)
    return [code[name] for name in names[: names.index(TRAINS[lesson][0]) + 1]]


def explorers_of(lesson: str) -> list[str]:
    """Return the cells that show a lesson's explorers."""
    found = [source for name, source in code_of(lesson).items() if name.endswith("-explorer")]
    assert found, f"{lesson} has no explorer, so nothing would be tried."
    return found


@pytest.fixture
def my_course(tmp_path: Path) -> Path:
    """Return a folder of a student's copies."""
    (tmp_path / ".course").mkdir()
    return tmp_path


@pytest.mark.parametrize("lesson", TRAINS)
def test_one_cell_is_enough_on_another_day(lesson: str, my_course: Path):
    quick = lesson != "recurrent-attention"
    trained = run(my_course, *[UNTRAINED] * quick, *until_trained(lesson))
    assert "and kept; the next run of this cell loads it." in told(trained[-1])

    begin, *explored = run(my_course, code_of(lesson)[BEGIN], *explorers_of(lesson))
    assert told(begin).startswith(f"Loaded what the cell `{TRAINS[lesson][1]}` gave on ")
    for cell in explored:
        pictures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert pictures, f"{cell.source} shows {told(cell)}"

    again = run(my_course, *[UNTRAINED] * quick, *until_trained(lesson))
    assert "Loaded what this very code gave on " in told(again[-1])
    if not quick:
        _, measured = run(
            my_course,
            code_of(lesson)[BEGIN],
            "from course_utils.data.dates import dates\n"
            "from course_utils.learning.sequences import exact_match\n"
            'print(exact_match(with_attention, dates(300, seed=100, part="test")))',
        )
        assert float(told(measured)) > 0.9, "What was loaded is not what was trained."


@pytest.mark.parametrize("lesson", TRAINS)
def test_without_trained_networks_a_sentence_names_the_cell(lesson: str, my_course: Path):
    cell, line = TRAINS[lesson]
    assert code_of(lesson)[cell].startswith(f"{line}: "), "Students look for the cell by its first line."
    begin, *explored = run(my_course, code_of(lesson)[BEGIN], *explorers_of(lesson))
    assert told(begin).startswith("Nothing is kept of these networks yet. First time here? Read on: ")
    assert told(begin).count("\n") == 1
    for explorer in explored:
        (output,) = explorer.outputs
        sentence = output.data["text/markdown"]
        assert sentence.startswith(
            f"These networks are not trained yet. The cell that begins `{line}` trains"
        )
