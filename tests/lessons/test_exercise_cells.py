"""Exercise cells follow their data: stale ones go, new ones come last, an author's own cells stay."""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.exercises.engine.progress import exercises_of
from tools.exercise_cells import sources_of, write_exercises

LESSON = "softmax-attention"


def test_stale_exercises_go_and_an_authors_cells_stay():
    own = [new_markdown_cell("Text.", id="ex-ante"), new_code_cell("x = 1", id="ex-post")]
    stale = [
        new_markdown_cell("### Exercise: gone", id="ex-gone-task"),
        new_code_cell("gone = ...", id="ex-gone-answer"),
        new_code_cell("ex.gone.check(gone)  # also .hint() and .solution()", id="ex-gone"),
    ]
    notebook = new_notebook(cells=[new_markdown_cell("## Exercises", id="exercises"), *own, *stale])
    write_exercises(notebook, LESSON)
    ids = [cell.id for cell in notebook.cells]
    assert ids[:3] == ["exercises", "ex-ante", "ex-post"]
    assert not [name for name in ids if "gone" in name]
    wanted = [name for exercise in exercises_of(LESSON) for name in sources_of(exercise)]
    assert ids[3:] == wanted


def test_a_lesson_without_exercises_keeps_all_cells():
    notebook = new_notebook(cells=[new_code_cell("x = 1", id="ex-post")])
    write_exercises(notebook, "no-such-lesson")
    assert [cell.id for cell in notebook.cells] == ["ex-post"]
