"""The lessons ask the quiz: before in the first lesson, after beside the classifier."""

import nbformat
import pytest

from course_utils.exercises import quiz
from course_utils.lessons import find_lesson


@pytest.mark.parametrize(
    ("asked", "lesson"),
    [(quiz.before, "start-here"), (quiz.after, "attention-classifier")],
    ids=["before", "after"],
)
def test_lesson_asks_the_quiz_and_stores_nobodys_answers(asked, lesson):
    path = find_lesson(lesson).path
    call = f"quiz.{asked.moment}.ask()"
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if call in cell.source.splitlines()]
    assert len(cells) == 1, f"{path.name} needs one cell whose last line is `{call}`; it has {len(cells)}."
    stored = [output.data for output in cells[0].outputs if "text/html" in output.get("data", {})]
    assert stored == [asked.ask()._still()], (
        f"Other questions are stored in {path.name}: run `make notebooks`."
    )


def test_attention_classifier_shows_what_has_changed():
    path = find_lesson("attention-classifier").path
    cells = nbformat.read(path, as_version=4).cells
    shown = any("quiz.show_change()" in cell.source for cell in cells if cell.cell_type == "code")
    assert shown, f"{path.name} needs a cell with `quiz.show_change()`."
