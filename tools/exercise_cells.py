"""The cells of a lesson's exercises, written from their data, where prompt and starter stand once."""

import re

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from course_utils.exercises import Exercise
from course_utils.exercises.engine.progress import exercises_of

PREFIX, TASK, ANSWER = "ex-", "-task", "-answer"
HEADING = "exercises"  # the cell behind which a new exercise is put
SKIPPED = {"slideshow": {"slide_type": "skip"}}


def cell_id(exercise: Exercise) -> str:
    """Return the id of the cell that checks an exercise: `ex-one-key` for `one_key`."""
    return PREFIX + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", exercise.name).replace("_", "-").lower()


def sources_of(exercise: Exercise) -> dict[str, str]:
    """Return what an exercise's three cells hold, by their ids."""
    options = "".join(f"\n- **{letter}**: {option}" for letter, option in exercise.options.items())
    task = f"### Exercise: {exercise.title}\n\n{exercise.prompt.strip()}" + f"\n{options}" * bool(options)
    name = cell_id(exercise)
    return {
        name + TASK: task,
        name + ANSWER: exercise.starter.strip("\n"),
        name: f"ex.{exercise.name}.check({exercise.name})  # also .hint() and .solution()",
    }


def write_exercises(notebook: NotebookNode, lesson: str) -> None:
    """Write the exercise cells of a lesson: those there are stay in place, new ones come last, stale ones go.

    Parameters
    ----------
    notebook : NotebookNode
        The lesson; it is changed.
    lesson : str
        Its name.

    Raises
    ------
    ValueError
        If an exercise is new and the lesson has no cell `exercises` to put it behind.
    """
    exercises = exercises_of(lesson)
    sources = {name: source for exercise in exercises for name, source in sources_of(exercise).items()}
    stale = stale_names(notebook, set(sources))
    cells = [cell for cell in notebook.cells if name_of(cell) not in stale]
    for cell in cells:
        cell.source = sources.get(name_of(cell), cell.source)
    for exercise in exercises:
        there = [name_of(cell) for cell in cells]
        new = [make_cell(name, source) for name, source in sources_of(exercise).items() if name not in there]
        last = [i for i, name in enumerate(there) if name == HEADING or name.startswith(PREFIX)]
        if new and HEADING not in there:
            raise ValueError(
                f"The notebook of {lesson} needs a cell `{HEADING}`, behind which `{exercise.name}` is put."
            )
        if new:
            cells[last[-1] + 1 : last[-1] + 1] = new
    notebook.cells = cells


def stale_names(notebook: NotebookNode, known: set[str]) -> set[str]:
    """Return the cells' names of exercises that are gone; an author's own `ex-…` is none of them."""
    checks = {name_of(cell) for cell in notebook.cells if re.match(r"ex\.\w+\.check\(", cell.source)}
    return {name + part for name in checks - known for part in ("", TASK, ANSWER)}


def make_cell(name: str, source: str) -> NotebookNode:
    """Make a text cell for a task, else a code cell."""
    new = new_markdown_cell if name.endswith(TASK) else new_code_cell
    cell = new(source, id=name)
    cell.metadata = {"slideshow": dict(SKIPPED["slideshow"])}
    return cell


def name_of(cell: NotebookNode) -> str:
    """Return the name that a cell has or will take."""
    return cell.metadata.get("name", cell.get("id", ""))
