"""Run every lesson from a fresh kernel and store its outputs: ``python -m tools.notebooks [NAME ...]``.

First the lessons are counted anew, and their numbers, links, tables and the cells of exercises are written
from what they depend on. A cell's metadata key ``name`` becomes its id, and what editors and kernels leave
behind is removed, so that a lesson that has not changed is the same file again.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from course_utils.lessons import Lesson, find_lessons, read_name
from tools.checks import read_notebook
from tools.exercise_cells import write_exercises
from tools.numbering import ROOT, count_anew, write_numbers

LESSONS = ROOT / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "@deathbeds/jupyterlab-fonts": {"styles": {"@import": "url('./files/course.css')"}},  # live slides
}
COURSE = "course"  # the metadata of a lesson that tables of lessons show
KEPT = ("name", "tags", "slideshow", "reason", "long")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CELL_SECONDS = 600  # a hang, not a slow machine


def name_cells(notebook: NotebookNode) -> None:
    """Make each cell's metadata key ``name`` its id, and keep it there, where jupytext does not lose it.

    Raises
    ------
    ValueError
        If a name is missing, is none that a notebook may hold, or is used twice.
    """
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)  # older ones have no ids
    for cell in notebook.cells:
        cell["id"] = cell.metadata["name"] = cell.metadata.get("name", cell.get("id"))
    ids = [cell.id for cell in notebook.cells]
    if bad := [name for name in ids if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name or "")]:
        raise ValueError(
            f"Each cell needs in its metadata a `name` such as `worked-example`; one has {bad[0]!r}."
        )
    twice = ", ".join(sorted({str(name) for name in ids if ids.count(name) > 1}))
    if twice:
        raise ValueError(f"Each cell needs a name of its own, but these are used twice: {twice}.")


def strip(notebook: NotebookNode) -> None:
    """Remove what says nothing about the lesson: versions, editors' marks, widgets that have no kernel."""
    own = {COURSE: notebook.metadata[COURSE]} if COURSE in notebook.metadata else {}
    notebook.metadata = nbformat.from_dict(METADATA | own)
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
        if cell.metadata.get("slideshow", {}).get("slide_type") in ("", "-"):
            del cell.metadata["slideshow"]
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("data", True)]


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells in order in a fresh kernel that knows no progress file, no kept training, no profile."""
    with tempfile.TemporaryDirectory() as scratch:
        own = {"COURSE_PROGRESS": f"{scratch}/progress.json", "IPYTHONDIR": f"{scratch}/ipython"}
        own["COURSE_KEEP"] = "0"
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=CELL_SECONDS,
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            coalesce_streams=True,
        )
        client.execute(env=os.environ | own)


def failing_cell(notebook: NotebookNode) -> str:
    """Give the id of the cell at which a run stopped: the one with an error, else the last that ran."""
    run = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.execution_count]
    failed = [cell for cell in run if any(output.output_type == "error" for output in cell.outputs)]
    return (failed or run[-1:] or notebook.cells)[0].id


def refresh(path: Path) -> None:
    """Run one lesson and write it back; the file stays as it was when a cell fails."""
    try:
        notebook = read_notebook(path)
        write_exercises(notebook, read_name(path).name)
        name_cells(notebook)
    except (ValueError, ImportError) as error:
        sys.exit(f"{path.name} was not run: {error}")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    try:
        execute(notebook, path.parent)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        sys.exit(f"{path.name}: cell `{failing_cell(notebook)}` failed, so nothing was stored.\n{error}")
    strip(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def choose(words: list[str], folder: Path) -> list[Lesson]:
    """Return the lessons that are named by number, by name or by how their files begin; all for no words.

    Raises
    ------
    ValueError
        If a word names no lesson.
    """
    lessons = find_lessons(folder)
    for word in words:
        if not any(word == lesson.name or lesson.path.name.startswith(word) for lesson in lessons):
            raise ValueError(f"no lesson in {folder} has the name '{word}' or begins with it.")
    return [
        lesson
        for lesson in lessons
        if not words or lesson.name in words or lesson.path.name.startswith(tuple(words))
    ]


def shows_the_course(lesson: Lesson) -> bool:
    """Say whether a lesson puts out what the ledger or the files' names say, so that others change it."""
    cells = [cell for cell in nbformat.read(lesson.path, as_version=4).cells if cell.cell_type == "code"]
    return any("claims.csv" in cell.source or ".ipynb" in str(cell.outputs) for cell in cells)


def main() -> None:
    """Read the command line and refresh the lessons it names."""
    parser = argparse.ArgumentParser(description="Run lessons from a fresh kernel and store their outputs.")
    parser.add_argument("lesson", nargs="*", help="a name or number, as 01; default: all")
    parser.add_argument("--folder", type=Path, default=LESSONS, help="where the lessons are")
    parser.add_argument(
        "--renumber", action="store_true", help="write the numbers; run only lessons whose outputs show them"
    )
    arguments = parser.parse_args()
    try:
        own = arguments.folder == LESSONS  # another folder's notebooks need not be a course
        moves = count_anew(arguments.folder) if own else []
        written = write_numbers() if own else []
        lessons = choose(arguments.lesson, arguments.folder)
    except ValueError as error:
        sys.exit(f"Nothing was run: {error}")
    for old, new in moves:
        print(f"{old} is now {new}")
    for path in written:
        print(f"{path.name}: numbers written")
    if arguments.renumber:
        lessons = [lesson for lesson in lessons if shows_the_course(lesson)]
    for lesson in lessons:
        start = time.perf_counter()
        refresh(lesson.path)
        print(f"{lesson.path.name}: {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
