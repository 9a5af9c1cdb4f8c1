"""A student's folder through three real updates: four versions of this repository's own history."""

import io
import subprocess
import tarfile
from pathlib import Path

import nbformat
import pytest
from miniature import Student
from nbformat.v4 import new_code_cell, new_markdown_cell

from course_utils.copies import Work, prepare
from course_utils.exercises.engine.progress import exercises_by_lesson
from course_utils.lessons import COURSE, find_lessons, read_name

# All lessons are there; fresh readers mended them; they are run anew with names in their cells; today.
VERSIONS = ("7178a68", "638d1ee", "b0065d0", "HEAD")
LESSONS = (
    *("softmax-attention", "scoring-functions", "loss-functions", "gradient-descent"),
    *("transformer", "attention-in-the-brain", "evaluating-classifiers"),
)


def publish(version: str, folder: Path) -> None:
    """Put the lessons of a version into a course's folder, without what lay there before."""
    command = ["git", "-C", str(COURSE), "archive", version, "notebooks", "figures"]
    archive = subprocess.run(command, capture_output=True, check=True).stdout
    for path in folder.glob("notebooks/*.ipynb"):
        path.unlink()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")


@pytest.fixture(scope="module")
def solutions() -> dict[str, str]:
    """Return right answers by the ids of their cells, lesson by lesson."""
    return {
        (lesson, f"ex-{exercise.name.replace('_', '-')}-answer"): exercise.solution_code
        for lesson, exercises in exercises_by_lesson().items()
        for exercise in exercises
    }


def work_in(student: Student, stem: str, solutions: dict[str, str]) -> dict[str, str]:
    """Answer every exercise of a lesson, change its summary, add two cells; return what stands in them."""
    lesson = read_name(Path(stem)).name
    notebook = student.read(stem)
    written = {}
    for cell in notebook.cells:
        if cell.id.endswith("-answer"):
            written[cell.id] = solutions.get((lesson, cell.id), f"mine = {cell.id!r}")
        elif cell.id == "summary":
            written[cell.id] = f"{cell.source}\n\nAnd what I take with me from {lesson}."
        cell.source = written.get(cell.id, cell.source)
    own = [new_markdown_cell(f"A note on {lesson}"), new_code_cell(f"mine = 'tried in {lesson}'")]
    notebook.cells[5:5] = own
    student.save(stem, notebook)
    return written | {cell.id: cell.source for cell in own}


@pytest.mark.slow
def test_answers_in_seven_lessons_survive_three_updates_of_this_repository(tmp_path, solutions):
    known = [["git", "-C", str(COURSE), "cat-file", "-e", f"{version}:notebooks"] for version in VERSIONS]
    if any(subprocess.run(command, capture_output=True).returncode for command in known):
        pytest.skip("This clone has no history; `git fetch --unshallow` brings it.")
    course = tmp_path / "course"
    course.mkdir()
    student = Student(Work(course, course / "my-course"))
    publish(VERSIONS[0], course)
    student.update()
    stems = [lesson.path.stem for lesson in find_lessons(student.work.folder) if lesson.name in LESSONS]
    written = {read_name(Path(stem)).name: work_in(student, stem, solutions) for stem in stems}
    assert set(written) == set(LESSONS)
    assert min(len(sources) for sources in written.values()) >= 7
    for version in VERSIONS[1:]:
        publish(version, course)
        changes = student.update()
        assert {change.kind for change in changes} <= {"updated", "made"}
        for lesson in find_lessons(course / "notebooks"):
            master = prepare(nbformat.read(lesson.path, as_version=4))
            compare(student, lesson.path.stem, master, written.get(lesson.name, {}))


def compare(student: Student, stem: str, master: nbformat.NotebookNode, written: dict[str, str]) -> None:
    """Hold a copy to what the student wrote, and to the course's version in all else."""
    copy = student.read(stem)
    here = {cell.id: cell.source for cell in copy.cells}
    assert {name: here.get(name) for name in written} == written
    theirs = {cell.id: cell.source for cell in master.cells}
    untouched = [name for name in theirs if name not in written]
    assert [name for name in here if name in theirs] == list(theirs), "not in the course's order"
    assert {name: here[name] for name in untouched} == {name: theirs[name] for name in untouched}
    others = [cell for cell in copy.cells if cell.id not in theirs and cell.id not in written]
    assert all(cell.metadata.get("newer") in written for cell in others)
    for name in (name for name in written if name.endswith("-answer") and name in theirs):
        place = list(here).index(name)
        check = list(here).index(name.removesuffix("-answer"))
        between = copy.cells[place + 1 : check]
        assert place < check
        assert all(cell.cell_type == "markdown" for cell in between), "The check sees another answer."
