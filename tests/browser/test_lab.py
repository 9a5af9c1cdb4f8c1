"""Smoke test: a lesson runs in the real JupyterLab, as `make lab` shows it, and its explorer moves."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from course_utils.explorers import softmax_explorer
from course_utils.lessons import find_lesson
from tools.lab import is_upstream

SLOW = 60_000  # milliseconds; a hang, not a slow machine
CODE_CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells
  .filter(cell => cell.cell_type === 'code')"""


def run_lesson(page: Page, name: str, open_lesson: Callable, run_all: Callable) -> None:
    """Open a lesson without its stored outputs and run it; every cell must run and none may fail."""
    open_lesson(page, find_lesson(name).path.name)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    run_all(page)
    cells = page.evaluate(CODE_CELLS)
    failed = [c["id"] for c in cells if any(o["output_type"] == "error" for o in c["outputs"])]
    assert not failed, f"These cells fail in JupyterLab: {failed}. Run the lesson under `make lab`."
    unrun = [c["id"] for c in cells if c["execution_count"] is None]
    assert cells, "The lesson has no code cell."
    assert not unrun, f"Run All Cells did not run these cells: {unrun}."


def test_a_lesson_runs_in_jupyterlab_and_its_explorer_moves(page: Page, open_lesson, run_all):
    run_lesson(page, "softmax-attention", open_lesson, run_all)
    twin = softmax_explorer()
    page.evaluate(
        "() => { const lesson = window.jupyterapp.shell.currentWidget.content;"
        " lesson.scrollToItem(lesson.widgets.findIndex(cell => cell.model.id === 'softmax-explorer')); }"
    )
    section = page.get_by_role("region", name=twin.title, exact=True)
    expect(section.get_by_role("status")).to_have_text(twin.frame["words"], timeout=SLOW)
    section.get_by_role("slider").first.press("Home")
    control = twin._parts[0]
    twin.values = {**twin.values, control.name: control.stops[0]}
    expect(section.get_by_role("status")).to_have_text(twin.frame["words"], timeout=SLOW)


@pytest.mark.slow
def test_the_page_that_make_lab_opens_runs(page: Page, open_lesson, run_all):
    run_lesson(page, "start-here", open_lesson, run_all)


@pytest.mark.parametrize(
    ("text", "url", "ours"),
    [
        ("NotFoundError: Failed to execute 'removeChild' on 'Node': no child.", "/static/lab/5098.js", False),
        ("NotFoundError: Failed to execute 'removeChild' on 'Node': no child.", "blob:explorer.js", True),
        ("TypeError: frame is undefined", "/static/lab/5098.js", True),
    ],
)
def test_only_jupyterlab_s_own_slip_is_let_pass(text: str, url: str, ours: bool):
    assert is_upstream(text, f"http://127.0.0.1:8888{url}") is not ours
