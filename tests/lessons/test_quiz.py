"""The lessons ask the quiz as its data have it: before in lesson 00, after at the end of lesson 12."""

import nbformat
import pytest

from checks import NOTEBOOKS
from course_utils.exercises import quiz


@pytest.mark.parametrize(
    ("asked", "lesson"), [(quiz.before, "00"), (quiz.after, "12")], ids=["before", "after"]
)
def test_lesson_asks_the_quiz_and_leaves_it_open(asked, lesson):
    [path] = NOTEBOOKS.glob(f"{lesson}-*.ipynb")
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells]
    assert any(asked.text() in source for source in sources), f"Lesson {lesson} shows other questions."
    [answers] = [source for source in sources if source.startswith("letters = {")]
    namespace = {}
    exec(answers, namespace)
    assert list(namespace["letters"]) == [question.name for question in asked.questions]
    assert asked.check(namespace["letters"]).status == "not attempted"
    assert any(f"quiz.{asked.moment}.check(letters)" in source for source in sources)


def test_lesson_12_shows_what_has_changed():
    [path] = NOTEBOOKS.glob("12-*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    assert any("quiz.show_change()" in cell.source for cell in cells if cell.cell_type == "code")
