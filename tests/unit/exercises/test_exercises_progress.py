"""The record of what is done survives whatever happens to its file."""

import json
import os

import pytest

from course_utils import exercises
from course_utils.exercises import progress, reset, softmax_attention
from course_utils.exercises.engine.progress import exercises_by_lesson, exercises_of
from course_utils.exercises.engine.record import progress_file, read_record, remember
from course_utils.lessons import find_lessons


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


def test_file_lies_beside_the_lesson_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.chdir(tmp_path)
    assert progress_file() == tmp_path / ".progress.json"


def test_checks_are_remembered_and_correct_stays_correct(path):
    softmax_attention.largest_weight.check(...)
    assert not path.exists()
    for answer, outcome in (("a", "misconception"), ("b", "correct"), ("c", "correct"), (..., "correct")):
        softmax_attention.largest_weight.check(answer)
        assert json.loads(path.read_text()) == {"softmax-attention.largest_weight": outcome}
    assert os.listdir(path.parent) == [path.name]


def test_progress_shows_a_bar_for_each_lesson_and_what_is_left():
    lessons = exercises_by_lesson()
    assert list(lessons) == [lesson.name for lesson in find_lessons() if lesson.name in lessons]
    (first, exercises), (_, others), *_ = lessons.items()
    for exercise in exercises[1:]:
        remember(exercise.key, "correct")
    remember(others[0].key, "wrong")
    panel = progress()
    count = len(exercises)
    lines = repr(panel).splitlines()
    assert lines[0] == f"▶ Your progress: {count - 1} of {sum(map(len, lessons.values()))} exercises"
    assert lines[1].startswith(f"  {first}  █")
    assert lines[1].endswith(f"{count - 1} of {count}, left: `{exercises[0].name}`")
    assert "░░░░░░░░░░  0 of" in lines[2]
    html = panel._repr_mimebundle_()["text/html"]
    assert f'<progress max="{count}" value="{count - 1}" aria-label="{first}">' in html
    remember(exercises[0].key, "correct")
    assert "all done" in repr(progress()).splitlines()[1]
    assert repr(progress(first)).splitlines() == [
        f"▶ Your progress: {count} of {count} exercises",
        repr(progress()).splitlines()[1],
    ]


def test_progress_of_an_unknown_lesson_says_what_is_expected():
    says = r"lesson is '99'; expected the name of a lesson with exercises: softmax-attention, "
    with pytest.raises(ValueError, match=says):
        progress("99")


def test_a_module_that_cannot_be_imported_is_named(tmp_path, monkeypatch):
    (tmp_path / "no_such_lesson.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    says = r"course_utils/exercises/no_such_lesson\.py cannot be imported; mend it\. ZeroDivisionError"
    with pytest.raises(ImportError, match=says):
        exercises_of("no-such-lesson")


def test_records_and_calls_with_the_former_numbers_are_read(path):
    record = {"lesson_01.one_key": "correct", "lesson_02.scaled_score": "wrong", "quiz.a": "wrong"}
    path.write_text(json.dumps(record))
    assert read_record()["softmax-attention.one_key"] == "correct"
    remember("scoring-functions.scaled_score", "correct")
    assert read_record()["scoring-functions.scaled_score"] == "correct"
    assert repr(progress("01")) == repr(progress("softmax-attention"))
    assert exercises.lesson_01 is softmax_attention
    with pytest.raises(AttributeError, match="lesson_99"):
        exercises.lesson_99  # noqa: B018


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b"null", b'{"a": 1}', b'{"a": ["correct"]}']
)
def test_corrupt_file_counts_as_empty_and_is_replaced(path, content):
    path.write_bytes(content)
    assert read_record() == {}
    remember("softmax-attention.one_key", "correct")
    assert json.loads(path.read_text()) == {"softmax-attention.one_key": "correct"}


def test_unwritable_file_is_told_once_and_the_session_remembers(tmp_path, monkeypatch, capsys):
    blocked = tmp_path / "a-file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("COURSE_PROGRESS", str(blocked / "progress.json"))
    softmax_attention.largest_weight.check("b")
    softmax_attention.one_key.check([7, 8, 9])
    assert capsys.readouterr().err.count("Your progress cannot be saved") == 1
    assert read_record() == {
        "softmax-attention.largest_weight": "correct",
        "softmax-attention.one_key": "correct",
    }
    reset()
    assert read_record() == {}


def test_read_only_file_is_not_replaced(path, monkeypatch, capsys):
    path.write_text('{"softmax-attention.one_key": "correct"}')
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    remember("softmax-attention.attend", "correct")
    assert "read-only" in capsys.readouterr().err
    assert json.loads(path.read_text()) == {"softmax-attention.one_key": "correct"}
    assert read_record() == {"softmax-attention.one_key": "correct", "softmax-attention.attend": "correct"}


def test_reset_clears_everything(path):
    remember("softmax-attention.one_key", "correct")
    assert "cleared" in repr(reset())
    assert not path.exists()
    assert read_record() == {}
    assert "cleared" in repr(reset())


def test_reset_says_what_it_cannot_remove(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "folder"))
    assert "cannot be removed" in repr(reset())
