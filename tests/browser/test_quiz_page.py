"""The quiz in a real JupyterLab: answered by mouse and by letters, taken back, judged, and kept."""

import json
from collections.abc import Callable

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from course_utils.exercises import quiz
from course_utils.exercises.engine.rendering import RECORD_TYPE
from tools.lab import Lab

pytestmark = pytest.mark.slow
SLOW = 60_000  # milliseconds; a hang, not a slow machine
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"


def letter_of(asked: quiz.Quiz, place: int, outcome: str) -> str:
    """Return a letter with a wanted outcome."""
    return next(letter for letter in "abcd" if asked.questions[place].judge(letter).outcome == outcome)


def option(section: Locator, letter: str) -> Locator:
    """Find the button of an option, by the letter that it begins with."""
    return section.locator(f"button[data-letter={letter}]")


def check_rules(page: Page) -> None:
    """Look for what axe-core holds against the quizzes on the page."""
    found = Axe().run(page, context={"include": [[".quiz"]]}).response["violations"]
    assert not found, [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def test_quiz_is_answered_taken_back_and_judged(
    page: Page, lab: Lab, open_lesson: Callable, run_cell: Callable
):
    sources = [
        f"from course_utils.exercises import quiz\n\nquiz.{moment}.ask()" for moment in ("before", "after")
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(
        nbformat.v4.new_notebook(metadata=KERNEL, cells=cells), lab.folder / "notebooks" / "quiz.ipynb"
    )
    record = lab.folder.parent / "progress.json"
    open_lesson(page, "quiz.ipynb")
    run_cell(page, 0)
    before = page.get_by_role("region", name="The quiz before the course")
    expect(before.locator(".quiz-count")).to_have_text("Question 1 of 12 · 0 of 12 answered", timeout=SLOW)
    expect(page.locator(".quiz-static")).to_be_hidden()
    slip, right = (letter_of(quiz.before, 0, outcome) for outcome in ("misconception", "correct"))
    option(before, right).click()
    expect(before.get_by_role("status")).to_have_text(f"Noted: {right}.", timeout=SLOW)
    expect(before.locator(".quiz-count")).to_contain_text("1 of 12 answered")
    page.keyboard.press(slip)
    expect(before.get_by_role("status")).to_have_text(f"Noted: {slip}.", timeout=SLOW)
    expect(option(before, slip)).to_have_attribute("aria-pressed", "true")
    expect(option(before, right)).to_have_attribute("aria-pressed", "false")
    assert json.loads(record.read_text(encoding="utf-8"))["quiz_before.largest-score"] == "misconception"
    before.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(before.locator(".quiz-question")).to_be_focused()
    expect(before.locator(".quiz-question")).to_contain_text(quiz.before.questions[1].prompt)
    expect(before.get_by_role("status")).to_be_empty()
    before.get_by_role("button", name="Back").click()
    expect(option(before, slip)).to_have_attribute("aria-pressed", "true")
    assert len(page.evaluate(CELLS)) == 2, "A letter reached the notebook as a command."
    stored = page.evaluate(CELLS)[0]["outputs"][0]["data"]
    outcomes = {row["exercise"]: row["outcome"] for row in stored[RECORD_TYPE]["quiz"]}
    assert outcomes["quiz_before.largest-score"] == "misconception"

    run_cell(page, 1)
    after = page.get_by_role("region", name="The quiz after the course")
    slip = letter_of(quiz.after, 0, "misconception")
    judge = after.get_by_role("button", name="Judge my answer")
    expect(judge).to_be_disabled()
    option(after, slip).click()
    expect(after.get_by_role("status")).to_be_empty()
    judge.click()
    sentence = quiz.after.questions[0].judge(slip).sentence
    expect(after.get_by_role("status")).to_have_text(f"◆ A well-known slip. {sentence}", timeout=SLOW)

    check_rules(page)
    page.evaluate(THEME, "JupyterLab Dark")
    try:
        page.wait_for_timeout(1500)
        check_rules(page)
    finally:  # JupyterLab keeps a theme, also for the tests after this one
        page.evaluate(THEME, "JupyterLab Light")
        page.wait_for_timeout(1500)
    page.set_viewport_size({"width": 620, "height": 720})
    for section in (before, after):
        assert section.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), (
            "The quiz is cut in a narrow window."
        )
