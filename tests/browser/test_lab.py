"""Smoke test: the first lesson opens and runs in the real JupyterLab, as `make lab` shows it."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

CODE_CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells
  .filter(cell => cell.cell_type === 'code')"""


def first_lesson(folder: Path) -> str:
    names = sorted(path.name for path in (folder / "notebooks").glob("*.ipynb"))
    assert names, "There is no lesson in notebooks/ to open."
    return "00-start-here.ipynb" if "00-start-here.ipynb" in names else names[0]


def test_the_first_lesson_runs_in_jupyterlab(page: Page, lab, open_lesson: Callable, run_all: Callable):
    open_lesson(page, first_lesson(lab.folder))
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")

    run_all(page)

    cells = page.evaluate(CODE_CELLS)
    failed = [c["id"] for c in cells if any(o["output_type"] == "error" for o in c["outputs"])]
    assert not failed, f"These cells fail in JupyterLab: {failed}. Run the lesson under `make lab`."
    unrun = [c["id"] for c in cells if c["execution_count"] is None]
    assert cells, "The lesson has no code cell."
    assert not unrun, f"Run All Cells did not run these cells: {unrun}."
