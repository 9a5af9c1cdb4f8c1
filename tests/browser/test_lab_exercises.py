"""One exercise in the real JupyterLab: empty, wrong, hints unfolded, right, and the progress bar moved."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from course_utils.exercises import softmax_attention
from course_utils.exercises.engine.progress import exercises_of
from course_utils.lessons import find_lesson

pytestmark = pytest.mark.slow
SLOW = 60_000  # milliseconds; a hang, not a slow machine
LESSON = find_lesson(softmax_attention.one_key.lesson).path.name
EXERCISE = softmax_attention.one_key
SLIP = next(slip for slip in EXERCISE.misconceptions if slip.name == "softmax-over-components")


class Cells:
    """The open lesson's cells, found by their ids and worked as a student does: click, type, run."""

    def __init__(self, page: Page, wait_idle: Callable) -> None:
        self.page, self.wait_idle = page, wait_idle
        self.ids = page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.id)"
        )

    def cell(self, name: str) -> Locator:
        """Scroll to a cell, which JupyterLab may not have drawn yet, and return it."""
        number = self.ids.index(name)
        self.page.evaluate(
            "number => window.jupyterapp.shell.currentWidget.content.scrollToItem(number, 'center')", number
        )
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{number}"]')

    def run(self, name: str, source: str | None = None) -> Locator:
        """Run a cell, typed anew if a source is given, and return its output area."""
        cell = self.cell(name)
        editor = cell.locator(".cm-content")
        editor.click()
        if source is not None:
            self.page.keyboard.press("Control+a")
            self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")
        self.wait_idle(self.page)
        return cell.locator(".jp-OutputArea")


@pytest.fixture
def cells(page: Page, lab, open_lesson: Callable, wait_idle: Callable) -> Cells:
    """Open softmax-attention with nothing done yet, and run what its exercises import."""
    lab.folder.parent.joinpath("progress.json").unlink(missing_ok=True)
    open_lesson(page, LESSON)
    cells = Cells(page, wait_idle)
    cells.run("begin-here")
    return cells


def test_exercise_from_empty_to_right(cells: Cells, lab):
    done = expect_progress(cells, 0)

    cells.run("ex-one-key-answer")
    expect(cells.run("ex-one-key").get_by_role("status")).to_contain_text("Not attempted yet: one_key")

    wrong = ", ".join(str(number) for number in SLIP.answer())
    cells.run("ex-one-key-answer", f"one_key = [{wrong}]")
    told = cells.run("ex-one-key").get_by_role("status")
    expect(told).to_contain_text("A well-known slip: one_key")
    expect(told).to_contain_text(SLIP.sentence)
    open_folds_by_keyboard(cells)
    assert expect_progress(cells, 0) == done

    hint = cells.run("ex-one-key", "ex.one_key.hint()").get_by_role("status")
    expect(hint).to_contain_text(f"Hint: one_key, 1 of {len(EXERCISE.hints)}")
    expect(hint).to_contain_text(EXERCISE.hints[0])

    cells.run("ex-one-key-answer", "one_key = [7, 8, 9]")
    praise = cells.run("ex-one-key", "ex.one_key.check(one_key)").get_by_role("status")
    expect(praise).to_contain_text("Correct: one_key")
    expect(praise).to_contain_text(EXERCISE.notice)
    expect_progress(cells, 1)

    record = json.loads(lab.folder.parent.joinpath("progress.json").read_text(encoding="utf-8"))
    assert record == {EXERCISE.key: "correct"}


def open_folds_by_keyboard(cells: Cells) -> None:
    """Walk by Tab from the check to its folds; Enter or Space opens each, and shows the next."""
    panel = cells.cell("ex-one-key").locator(".jp-OutputArea")
    folds = [f"Hint {number} of {len(EXERCISE.hints)}" for number in range(1, len(EXERCISE.hints) + 1)]
    bodies = dict(zip([*folds, "Solution"], [*EXERCISE.hints, EXERCISE.why], strict=True))
    cells.page.keyboard.press("Escape")
    for i, (fold, body) in enumerate(bodies.items()):
        summary, words = panel.get_by_text(fold, exact=True), panel.get_by_text(body.split("`")[0].strip())
        for _ in range(3):  # a button of the cell's toolbar may come first
            cells.page.keyboard.press("Tab")
            if summary.evaluate("element => element === document.activeElement"):
                break
        expect(summary).to_be_focused()
        expect(words).not_to_be_visible()
        cells.page.keyboard.press(("Enter", "Space")[i % 2])
        expect(words).to_be_visible()
    expect(panel.get_by_text(EXERCISE.solution_code, exact=True)).to_be_visible()


def expect_progress(cells: Cells, n_done: int) -> str:
    """Run the lesson's progress cell, expect its bar at a value, and return what is said."""
    panel = cells.run("progress").get_by_role("status")
    bar = panel.get_by_role("progressbar", name="softmax-attention")
    expect(bar).to_have_js_property("value", n_done, timeout=SLOW)
    expect(bar).to_have_js_property("max", len(exercises_of(EXERCISE.lesson)))
    return panel.inner_text()
