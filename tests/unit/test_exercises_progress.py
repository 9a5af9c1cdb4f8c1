"""The record of what is done survives whatever happens to its file."""

import json
import os

import pytest

from course_utils.exercises import lesson_01, progress, reset
from course_utils.exercises.record import exercises_by_lesson, progress_file, read_record, remember


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


def test_file_lies_beside_the_lesson_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.chdir(tmp_path)
    assert progress_file() == tmp_path / ".progress.json"


def test_checks_are_remembered_and_correct_stays_correct(path):
    lesson_01.largest_weight.check(...)
    assert not path.exists()
    for answer, outcome in (("a", "misconception"), ("b", "correct"), ("c", "correct"), (..., "correct")):
        lesson_01.largest_weight.check(answer)
        assert json.loads(path.read_text()) == {"lesson_01.largest_weight": outcome}
    assert os.listdir(path.parent) == [path.name]


def test_progress_shows_a_bar_for_each_lesson_and_what_is_left():
    lessons = exercises_by_lesson()
    assert {"01", "02", "03", "04"} <= set(lessons)
    for exercise in lessons["01"][1:]:
        remember(exercise.key, "correct")
    remember(lessons["02"][0].key, "wrong")
    panel = progress()
    count = len(lessons["01"])
    lines = repr(panel).splitlines()
    assert lines[0] == f"▶ Your progress: {count - 1} of {sum(map(len, lessons.values()))} exercises"
    assert lines[1].startswith("  Lesson 01  █")
    assert lines[1].endswith(f"{count - 1} of {count}, left: `{lessons['01'][0].name}`")
    assert "░░░░░░░░░░  0 of" in lines[2]
    html = panel._repr_mimebundle_()["text/html"]
    assert f'<progress max="{count}" value="{count - 1}" aria-label="Lesson 01">' in html
    remember(lessons["01"][0].key, "correct")
    assert "all done" in repr(progress()).splitlines()[1]
    assert repr(progress("01")).splitlines() == [
        f"▶ Your progress: {count} of {count} exercises",
        repr(progress()).splitlines()[1],
    ]


def test_progress_of_an_unknown_lesson_says_what_is_expected():
    with pytest.raises(ValueError, match="lesson must be the number of a lesson with exercises"):
        progress("99")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b"null", b'{"a": 1}', b'{"a": ["correct"]}']
)
def test_corrupt_file_counts_as_empty_and_is_replaced(path, content):
    path.write_bytes(content)
    assert read_record() == {}
    remember("lesson_01.one_key", "correct")
    assert json.loads(path.read_text()) == {"lesson_01.one_key": "correct"}


def test_unwritable_file_is_told_once_and_the_session_remembers(tmp_path, monkeypatch, capsys):
    blocked = tmp_path / "a-file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("COURSE_PROGRESS", str(blocked / "progress.json"))
    lesson_01.largest_weight.check("b")
    lesson_01.one_key.check([7, 8, 9])
    assert capsys.readouterr().err.count("Your progress cannot be saved") == 1
    assert read_record() == {"lesson_01.largest_weight": "correct", "lesson_01.one_key": "correct"}
    reset()
    assert read_record() == {}


def test_read_only_file_is_not_replaced(path, monkeypatch, capsys):
    path.write_text('{"lesson_01.one_key": "correct"}')
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    remember("lesson_01.attend", "correct")
    assert "read-only" in capsys.readouterr().err
    assert json.loads(path.read_text()) == {"lesson_01.one_key": "correct"}
    assert read_record() == {"lesson_01.one_key": "correct", "lesson_01.attend": "correct"}


def test_reset_clears_everything(path):
    remember("lesson_01.one_key", "correct")
    assert "cleared" in repr(reset())
    assert not path.exists()
    assert read_record() == {}
    assert "cleared" in repr(reset())


def test_reset_says_what_it_cannot_remove(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "folder"))
    assert "cannot be removed" in repr(reset())
