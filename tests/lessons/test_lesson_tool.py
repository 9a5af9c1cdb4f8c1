"""`make lesson` puts a lesson between two others: it passes every check of lessons, and so do the others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils.lessons import find_lesson, find_lessons
from tools.checks import ROOT
from tools.lesson import TEMPLATE, begin, next_claim, places_of

NAME, AFTER = "label-smoothing", "loss-functions"
CHANGED = ("start-here", "appendix-questions-and-sources")  # lessons that put out what the ledger holds


def copy_of_the_course(folder: Path) -> Path:
    """Copy what git knows or would add, as a fresh clone with the changes at hand has it."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess:
    """Run a module in the copy, which is imported in place of this course, also by kernels.

    The environment lies in the copy as in a clone, so that the doctor names no folder of this machine.
    """
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    environment = os.environ | {"PYTHONPATH": str(folder)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [str(folder / ".venv" / "bin" / "python"), "-m", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=1200
    )


@pytest.mark.slow
def test_a_lesson_between_two_others_passes_all_checks(tmp_path: Path):
    course = copy_of_the_course(tmp_path)
    before = [lesson.name for lesson in find_lessons()]
    made = run(course, "tools.lesson", NAME, AFTER)
    assert made.returncode == 0, made.stdout + made.stderr
    lessons = find_lessons(course / "notebooks")
    place = before.index(AFTER) + 1
    assert [lesson.name for lesson in lessons] == [*before[:place], NAME, *before[place:]]
    assert [lesson.number for lesson in lessons[:-1]] == [f"{i:02}" for i in range(len(before))]
    shown = [
        lesson.path
        for lesson in lessons
        if lesson.name in (NAME, "start-here", "appendix-questions-and-sources")
    ]
    tests = ["tests/lessons", "tests/unit/test_floors.py", *map(str, shown)]
    left_out = [
        "--deselect",
        "tests/lessons/test_lesson_tool.py",
        "--deselect",
        "tests/lessons/test_tamper.py",
    ]
    checked = run(course, "pytest", "-q", "-m", "not slow", *left_out, *tests)
    assert checked.returncode == 0, checked.stdout[-6000:] + checked.stderr
    assert f"{lessons[place].number}-{NAME}" in made.stdout


@pytest.mark.parametrize(
    ("name", "after", "says"),
    [
        ("Label Smoothing", AFTER, "expected words in small letters"),
        (
            "softmax-attention",
            AFTER,
            r"there is course_utils/exercises/softmax_attention\.py, .*expected a new name",
        ),
        (NAME, "appendix-questions-and-sources", "expected a numbered lesson"),
        (NAME, "nowhere", "expected the name of a lesson, one of start-here"),
    ],
)
def test_what_cannot_be_a_lesson_is_refused(name: str, after: str, says: str):
    with pytest.raises(ValueError, match=says):
        places_of(name, find_lesson(after), ROOT)


def test_the_next_claim_follows_the_last(tmp_path: Path):
    (tmp_path / "claims.csv").write_text("id,claim\nC135,a\nC141,b\n", encoding="utf-8")
    assert next_claim(tmp_path / "claims.csv") == "C142"


@pytest.mark.parametrize("name", [NAME, "attention"], ids=["new words", "the end of another lesson's name"])
def test_nothing_is_left_or_lost_when_a_lesson_cannot_be_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    notebooks = tmp_path / "notebooks"
    for lesson in find_lessons()[:2]:
        notebooks.mkdir(exist_ok=True)
        shutil.copy(lesson.path, notebooks)
    for folder in ("course_utils/exercises", "tests/lessons/answers", "speaker_notes"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "claims.csv").write_text("id,claim\nC135,a\n", encoding="utf-8")
    state = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail(path: Path) -> None:
        ran.append(path)
        sys.exit(f"{path.name}: cell `sum` failed, so nothing was stored.")

    ran: list[Path] = []
    monkeypatch.setattr("tools.lesson.refresh", fail)
    with pytest.raises(SystemExit, match="nothing was stored"):
        begin(name, find_lesson("start-here", notebooks), tmp_path)
    left = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert set(left) == set(state)
    assert ran[0].stem.endswith(f"a-{name}") or ran[0].stem == f"01-{name}", "Others run after it."
    assert left[tmp_path / "claims.csv"] == state[tmp_path / "claims.csv"]


def test_the_template_has_all_that_a_lesson_needs():
    assert {path.name for path in TEMPLATE.iterdir() if path.suffix != ".pyc" and path.is_file()} == {
        "lesson.ipynb",
        "exercises.py",
        "answers.py",
        "notes.yaml",
        "test.py",
    }
