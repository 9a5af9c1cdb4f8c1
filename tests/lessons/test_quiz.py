"""The lessons ask the quiz as its data have it: before in the first lesson, after beside the classifier."""

import nbformat
import pytest

from course_utils.exercises import quiz
from course_utils.lessons import find_lesson


@pytest.mark.parametrize(
    ("asked", "lesson"),
    [(quiz.before, "start-here"), (quiz.after, "attention-classifier")],
    ids=["before", "after"],
)
def test_lesson_asks_the_quiz_and_leaves_it_open(asked, lesson):
    path = find_lesson(lesson).path
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells]
    assert any(asked.text() in source for source in sources), f"Lesson {lesson} shows other questions."
    answers = [source for source in sources if source.startswith("letters = {")]
    assert len(answers) == 1, (
        f"{path.name} needs one cell that begins with `letters = {{`; it has {len(answers)}."
    )
    namespace = {}
    exec(answers[0], namespace)
    names = [question.name for question in asked.questions]
    assert list(namespace["letters"]) == names, f"`letters` in {path.name} should hold the quiz's questions."
    assert asked.check(namespace["letters"]).status == "not attempted", f"Empty `letters` in {path.name}."
    check = f"quiz.{asked.moment}.check(letters)"
    assert any(check in source for source in sources), f"{path.name} needs a cell with `{check}`."


def test_attention_classifier_shows_what_has_changed():
    path = find_lesson("attention-classifier").path
    cells = nbformat.read(path, as_version=4).cells
    shown = any("quiz.show_change()" in cell.source for cell in cells if cell.cell_type == "code")
    assert shown, f"{path.name} needs a cell with `quiz.show_change()`."
