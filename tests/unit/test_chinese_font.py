"""The course's Chinese font holds each character that the course shows, and its tool says what is wrong."""

import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTCollection, TTFont

from tools import chinese_font as tool

LARGEST = 120_000  # bytes; it is loaded with every lesson


def missing_in(course: Path = tool.COURSE) -> set[str]:
    return set(tool.shown_characters(course)) - set(tool.held_characters())


def test_it_holds_what_the_course_shows():
    assert not missing_in(), f"Run `python -m tools.chinese_font`: {''.join(missing_in())} would be boxes."
    assert tool.FONT.stat().st_size < LARGEST
    assert "SIL OPEN FONT LICENSE" in tool.FONT.with_name("course-chinese-OFL.txt").read_text("utf-8")


def test_a_lesson_with_a_character_that_it_lacks_is_noticed(tmp_path: Path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01-sample.ipynb").write_text("注意力龘：", encoding="utf-8")
    (tmp_path / "claims.csv").write_text("id\n", encoding="utf-8")
    assert missing_in(tmp_path) == {"龘"}


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """Write the course's own font as a collection of one face, as Noto's is one of several."""
    faces = TTCollection()
    faces.fonts = [TTFont(tool.FONT)]
    faces.fonts[0].flavor = None
    faces.save(tmp_path / "faces.ttc")
    return tmp_path / "faces.ttc"


def test_it_is_made_with_just_the_characters_asked_for(collection: Path, tmp_path: Path):
    for name in ("once.woff", "twice.woff"):
        tool.make_font("意注", collection, tmp_path / name)
    assert set(tool.held_characters(tmp_path / "once.woff")) == set("注意")
    assert (tmp_path / "once.woff").read_bytes() == (tmp_path / "twice.woff").read_bytes()


def test_a_character_that_the_source_lacks_is_named(collection: Path, tmp_path: Path):
    with pytest.raises(ValueError, match="characters has 龘; expected what Noto Sans CJK SC can draw"):
        tool.make_font("注龘", collection, tmp_path / "none.woff")


def test_a_source_without_the_face_is_refused(collection: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(tool, "FACE", "Another Face")
    with pytest.raises(
        ValueError, match=r"source is faces\.ttc; expected a collection with the face Another"
    ):
        tool.make_font("注", collection, tmp_path / "none.woff")


@pytest.mark.parametrize("source", ["nowhere.ttc", "claims.csv"])
def test_a_file_that_is_no_font_is_refused(source: str, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["chinese_font", str(tool.COURSE / source)])
    with pytest.raises(SystemExit, match=r"No font was made: .* Install fonts-noto-cjk, or name"):
        tool.main()
