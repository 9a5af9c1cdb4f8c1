"""Run every lesson from a fresh kernel and store its outputs: ``python tools/notebooks.py [01 04 ...]``.

A cell's metadata key ``name`` becomes its id, and what editors and kernels leave behind is removed, so that
a lesson that has not changed is the same file again.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

LESSONS = Path(__file__).resolve().parents[1] / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "@deathbeds/jupyterlab-fonts": {"styles": {"@import": "url('./course.css')"}},  # the look of live slides
}
KEPT = ("tags", "slideshow", "reason", "long")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CELL_SECONDS = 600  # a hang, not a slow machine


def name_cells(notebook: NotebookNode) -> None:
    """Move each cell's metadata key ``name`` to the cell's id."""
    for cell in notebook.cells:
        cell["id"] = cell.metadata.pop("name", cell.get("id"))
    ids = [cell.id for cell in notebook.cells]
    twice = ", ".join(sorted({str(name) for name in ids if ids.count(name) > 1}))
    if twice:
        raise ValueError(f"Each cell needs a name of its own, but these are used twice: {twice}.")


def strip(notebook: NotebookNode) -> None:
    """Remove what says nothing about the lesson: versions, editors' marks, widgets that have no kernel."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
        if cell.metadata.get("slideshow", {}).get("slide_type") in ("", "-"):
            del cell.metadata["slideshow"]
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("data", True)]


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells in order in a fresh kernel that knows no progress file and no user profile."""
    with tempfile.TemporaryDirectory() as scratch:
        own = {"COURSE_PROGRESS": f"{scratch}/progress.json", "IPYTHONDIR": f"{scratch}/ipython"}
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
    notebook = nbformat.read(path, as_version=4)
    name_cells(notebook)
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


def main() -> None:
    """Read the command line and refresh the lessons it names."""
    parser = argparse.ArgumentParser(description="Run lessons from a fresh kernel and store their outputs.")
    parser.add_argument("prefix", nargs="*", default=[""], help="how a file name begins, as 01; default: all")
    parser.add_argument("--folder", type=Path, default=LESSONS, help="where the lessons are")
    arguments = parser.parse_args()
    wanted = tuple(arguments.prefix)
    lessons = [path for path in sorted(arguments.folder.glob("*.ipynb")) if path.name.startswith(wanted)]
    if not lessons:
        sys.exit(f"No lesson in {arguments.folder} has a name that begins with '{' or '.join(wanted)}'.")
    for path in lessons:
        start = time.perf_counter()
        refresh(path)
        print(f"{path.name}: {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
