"""Coming back tomorrow: after the cell `begin-here` alone, exercises can be answered and explorers move."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from course_utils.exercises.engine.progress import exercises_of
from course_utils.exercises.engine.rendering import RECORD_TYPE
from course_utils.lessons import find_lessons
from tools.checks import BEGIN, Lesson, is_exercise, shows_an_explorer
from tools.exercise_cells import ANSWER, cell_id

LESSONS = [lesson for lesson in find_lessons() if exercises_of(lesson.name)]
SHOWN = ("error", "display_data", "execute_result")
TRAINED = (
    "attention-classifier",
    "classifier-in-depth",
    "recurrent-attention",
)  # explorers wait for networks
SECONDS = 300  # a hang, not a slow machine


class Student:
    """A fresh kernel in which cells are run one by one."""

    def __init__(self, folder: Path) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3", cwd=str(folder))

    def run(self, source: str) -> list[dict]:
        """Run a cell; return what it shows, an error too."""
        shown: list[dict] = []
        self.client.execute_interactive(
            source, timeout=SECONDS, output_hook=shown.append, store_history=False
        )
        return [message for message in shown if message["msg_type"] in SHOWN]

    def stop(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """Give a fresh kernel in an empty folder, with a record of progress of its own."""
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    student = Student(tmp_path)
    yield student
    student.stop()


def errors(shown: list[dict]) -> list[str]:
    return [f"{m['content']['ename']}: {m['content']['evalue']}" for m in shown if m["msg_type"] == "error"]


def outcomes(shown: list[dict]) -> list[str]:
    bundles = [message["content"].get("data", {}) for message in shown]
    return [bundle[RECORD_TYPE]["outcome"] for bundle in bundles if RECORD_TYPE in bundle]


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
def test_one_cell_is_enough_to_come_back(lesson, student: Student):
    notebook = Lesson.read(lesson.path)
    assert not errors(student.run(notebook.source(BEGIN)))
    for exercise in exercises_of(lesson.name):
        check = cell_id(exercise)
        found = errors(student.run(notebook.source(check + ANSWER)))
        assert not found, f"The beginning of `{check}` needs more than `{BEGIN}`: {found}"
        student.run(exercise.solution_code)
        assert outcomes(student.run(notebook.source(check))) == ["correct"], check
    if lesson.name not in TRAINED:
        for cell in filter(shows_an_explorer, notebook.cells("code")):
            assert not (found := errors(student.run(cell.source))), f"`{cell.id}`: {found}"


def test_a_lesson_without_its_beginning_fails(student: Student):
    notebook = Lesson.named("softmax-attention")
    check = next(cell for cell in notebook.cells("code") if is_exercise(cell))
    assert "NameError" in errors(student.run(check.source))[0]
