"""The command `python -m course_utils update` as a student types it: what it says, and where it may write."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from miniature import LOSSES, SOFTMAX, Course, Student, changed

from course_utils.copies import Work
from course_utils.exercises.engine.record import read_record, remember


@pytest.fixture
def course(tmp_path):
    """Return a checkout with the command in it."""
    course = Course(tmp_path / "checkout")
    course.bring_commands()
    return course


def update(course, *arguments, **how):
    """Run the command in the checkout."""
    environment = {**os.environ, **how.pop("environment", {})}
    environment.pop("COURSE_PROGRESS", None)
    command = [sys.executable, "-B", "-m", "course_utils", "update", *map(str, arguments)]
    streams = {"capture_output": True, "text": True, "encoding": "utf-8"}
    return subprocess.run(command, cwd=course.folder, env=environment, **streams, **how)


STEMS = ("01-softmax", "02-losses", "03-descent")


def test_the_first_update_says_where_the_copies_lie_and_a_later_one_what_changed(course):
    folder = course.folder / "my-course"
    assert update(course).stdout.splitlines() == [f"{stem}.ipynb: a new copy." for stem in STEMS]
    student = Student(Work(course.folder, folder))
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    student.write("01-softmax", "scores", "scores = mine")
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = theirs", summary="## Sum"))
    done = update(course)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "01-softmax.ipynb: 1 cell changed; 1 that you changed kept, the course's new version below: scores.\n"
    )
    assert "answer = 32" in student.sources("01-softmax")
    assert update(course).stdout == f"Your copies in {folder} are up to date.\n"


def test_the_folder_can_be_named_by_option_and_by_the_environment(course, tmp_path):
    update(course, "--to", tmp_path / "by option")
    update(course, environment={"COURSE_WORK": str(tmp_path / "by environment")})
    for folder in (tmp_path / "by option", tmp_path / "by environment"):
        assert sorted(path.stem for path in folder.glob("*.ipynb")) == list(STEMS)
    assert not (course.folder / "my-course").exists()


def test_fresh_says_where_the_old_copy_is(course):
    update(course)
    course.publish("02-losses", changed(LOSSES, curve="curve = 2"))
    done = update(course, "--fresh", "01")
    assert done.stdout.splitlines() == [
        "01-softmax.ipynb: a new copy; your earlier one is earlier-01-softmax.ipynb, "
        "and your progress stays.",
        "02-losses.ipynb: 1 cell changed.",
    ]
    done = update(course, "--fresh", "nothing")
    assert (done.returncode, done.stdout) == (1, "")
    assert "'nothing'; expected the name of a lesson" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_left_alone_is_said_and_told_by_the_exit_status(course):
    update(course)
    (course.folder / "my-course" / "01-softmax.ipynb").write_text("{", encoding="utf-8")
    done = update(course)
    assert done.returncode == 1
    assert done.stdout.startswith(
        "01-softmax.ipynb: it cannot be read as a notebook; `update --fresh softmax`"
    )


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(course, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    done = update(course, "--to", tmp_path / "file")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Nothing was updated in {tmp_path / 'file'}: ")
    assert "Traceback" not in done.stderr


@pytest.fixture
def shared_checkout():
    """Return a checkout that all may read and nobody may write, beside a home that all may write."""
    folder = Path(tempfile.mkdtemp(prefix="shared-course-"))
    try:
        folder.chmod(0o755)
        course = Course(folder / "checkout")
        course.bring_commands()
        (folder / "home").mkdir()
        (folder / "home").chmod(0o777)
        for path in course.folder.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        course.folder.chmod(0o555)
        yield course
    finally:
        course.folder.chmod(0o755)
        for path in course.folder.rglob("*"):
            path.chmod(0o755)
        shutil.rmtree(folder)


# As another user, who may not even read this Python: what it needs is imported before.
AS_NOBODY = """
import os, sys
from course_utils.commands.update import main
main(["--to", sys.argv[1]])
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
sys.exit(main([]))
"""


@pytest.mark.skipif(
    os.name == "nt", reason="Windows does not keep anybody from writing into a folder this way."
)
def test_where_the_course_may_only_be_read_the_copies_lie_in_the_home(shared_checkout, tmp_path):
    course, home = shared_checkout, shared_checkout.folder.parent / "home"
    names = ("HOME", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")
    environment = os.environ | dict.fromkeys(names, str(home)) | {"COURSE_WORK": ""}
    command = [sys.executable, "-B", "-c", AS_NOBODY, str(tmp_path / "first")]

    def update_as_nobody() -> str:
        how = {"capture_output": True, "text": True, "encoding": "utf-8"}
        done = subprocess.run(command, cwd=course.folder, env=environment, **how)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert update_as_nobody().count("a new copy") == 6
    student = Student(Work(course.folder, home / "attention-on-trial"))
    assert sorted(path.stem for path in student.work.folder.glob("*.ipynb")) == list(STEMS)
    assert student.path("01-softmax").stat().st_uid == (os.geteuid() or 65534)
    assert student.path("01-softmax").stat().st_mode & 0o600 == 0o600, "The student may write in the copies."
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    course.master("01-softmax").chmod(0o644)
    course.publish("01-softmax", changed(SOFTMAX, summary="## Sum"))
    course.master("01-softmax").chmod(0o444)
    assert update_as_nobody().splitlines()[-1] == "01-softmax.ipynb: 1 cell changed."
    assert {"answer = 32", "## Sum"} <= set(student.sources("01-softmax"))


# Progress


@pytest.mark.parametrize("content", ["", "{", "[1]", '"words"'])
def test_a_damaged_record_of_progress_is_put_aside(tmp_path, monkeypatch, capsys, content):
    path = tmp_path / ".progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    for number in ("", "1"):
        path.write_text(content, encoding="utf-8")
        assert read_record() == {}
        remember("softmax-attention.attend", "correct")
        assert read_record() == {"softmax-attention.attend": "correct"}
        assert (tmp_path / f".progress-damaged{number}.json").read_text(encoding="utf-8") == content
        assert f".progress-damaged{number}.json" in capsys.readouterr().err
    remember("softmax-attention.one_key", "wrong")
    assert set(json.loads(path.read_text(encoding="utf-8"))) == {
        "softmax-attention.attend",
        "softmax-attention.one_key",
    }
    assert capsys.readouterr().err == ""
