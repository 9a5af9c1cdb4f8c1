"""What slides say: size, sections, notes, and the instructors' page; `tests/browser` sees how they fit."""

import base64
import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from course_utils import explorers
from course_utils.explorers.base import WIDGET_VIEW
from course_utils.lessons import find_lessons, read_name
from tools import instructors
from tools import slides as tool
from tools.checks import NOT_A_SLIDE, NOTEBOOKS
from tools.lone_explorers import find_explorer, make_explorer

LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
MOST_WORDS, MOST_LINES = 60, 12
STYLE = {"styles": {"@import": "url('./files/course.css')"}}
SLIDE, SUBSLIDE, SKIP = ({"slideshow": {"slide_type": kind}} for kind in ("slide", "subslide", "skip"))


def read(lesson: Path) -> nbformat.NotebookNode:
    return nbformat.read(lesson, as_version=4)


each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)


@each_lesson
def test_a_slide_is_one_thought(lesson: Path):
    slides = tool.slides_of(read(lesson))
    wordy = [f"`{s.name}` has {s.words} words" for s in slides if s.words > MOST_WORDS]
    long = [f"`{s.name}` has {s.code_lines} lines of code" for s in slides if s.code_lines > MOST_LINES]
    limits = f"{MOST_WORDS} words and {MOST_LINES} lines of code fit a slide; open a subslide, or skip a cell"
    assert not wordy + long, f"{limits}: {', '.join(wordy + long)}."


@lru_cache
def parse(deck: Path) -> BeautifulSoup:
    """Read a deck, once for all tests of it."""
    return BeautifulSoup(deck.read_text(encoding="utf-8"), "html.parser")


@each_lesson
def test_every_section_reaches_the_deck(lesson: Path, deck_of: Callable):
    deck = parse(deck_of(lesson))
    shown = [heading.get_text().rstrip("¶") for heading in deck.select("section section :is(h1, h2)")]
    sections = [
        line.lstrip("# ")
        for cell in read(lesson).cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith(("# ", "## ")) and line != NOT_A_SLIDE
    ]
    assert shown == sections


@pytest.mark.parametrize("name", explorers.__all__)
def test_an_explorer_stands_still_in_the_deck(name: str, deck_of: Callable):
    for lesson, _ in find_explorer(name):
        deck = parse(deck_of(lesson))
        images = deck.find_all("img", alt=make_explorer(name).frame["still"])
        assert len(images) == 1, f"{lesson.name} shows {len(images)} stills of {name}: run `make notebooks`."
        (image,) = images
        picture = base64.b64decode(image["src"].removeprefix("data:image/png;base64,"))
        assert Image.open(io.BytesIO(picture)).size == (740, 400)
        assert tool.PLAY_NOTE in image.find_parent("figure").figcaption.get_text()
        assert not deck.find_all("script", type=WIDGET_VIEW)


@each_lesson
def test_every_question_has_a_note(lesson: Path):
    notes = tool.read_notes(lesson)
    missing = [slide.name for slide in tool.slides_of(read(lesson)) if slide.asks and slide.name not in notes]
    assert not missing, (
        f"Slides ask the room; write in speaker_notes/{read_name(lesson).name}.yaml for {missing}."
    )


@each_lesson
def test_notes_reach_the_speaker_and_no_student(lesson: Path, deck_of: Callable):
    notes = tool.read_notes(lesson)
    deck = parse(deck_of(lesson))
    slides = [note.find_parent("section") for note in deck.select("aside.notes")]
    told = {slide.select_one("[id^='cell-id=']")["id"] for slide in slides}
    assert told == {f"cell-id={name}" for name in notes}
    page = lesson.read_text(encoding="utf-8")
    read_by_all = [name for name, note in notes.items() if note["misconception"].strip() in page]
    assert not read_by_all, f"{lesson.name} says what the notes of {read_by_all} say; take it out of one."


@each_lesson
def test_a_class_ends_in_time(lesson: Path):
    told = instructors.read_lesson(lesson)
    late = {length: instructors.minutes_in_class(told, length) for length in told.classes}
    assert all(needed <= length - 5 for length, needed in late.items()), (
        f"Spare five minutes: leave more out in speaker_notes/{read_name(lesson).name}.yaml. It needs {late}."
    )


@each_lesson
def test_live_slides_have_the_style_of_the_course(lesson: Path):
    assert read(lesson).metadata.get("@deathbeds/jupyterlab-fonts") == STYLE, "Run `make notebooks`."


def test_plans_hold_every_lesson_in_order_but_that_of_one_day():
    lessons = {read_name(path).name: instructors.read_lesson(path) for path in LESSONS}
    course = [lesson.name for lesson in find_lessons() if lesson.number]
    for title, plan in instructors.read_plans(lessons).items():
        names = [name for part in plan.values() for name in part]
        wanted = [name for name in course if title != instructors.ONE_DAY or name in names]
        assert names == wanted, f"See '{title}' in speaker_notes/plans.yaml."


def test_there_is_a_page_for_each_lesson_and_an_index_of_them():
    pages = instructors.write_pages()
    assert set(pages) == {"index.md", *(f"{path.stem}.md" for path in LESSONS)}
    for path in LESSONS:
        assert f"({path.stem}.md)" in pages["index.md"]


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ("{Monday: [nowhere]}", "names `nowhere`, which is no lesson"),
        ("[start-here]", "plans.yaml: 'One week' needs lists of lessons"),
        ("{}", "plans.yaml: 'One week' needs lists of lessons"),
        ("{Monday: }", "plans.yaml: 'One week' needs lists of lessons"),
        ("{", r"plans.yaml in .* cannot be read as YAML"),
    ],
)
def test_a_plan_that_is_none_is_refused(plan: str, says: str, tmp_path: Path):
    (tmp_path / "plans.yaml").write_text(f"One week: {plan}", encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        instructors.read_plans({}, tmp_path)


# The counting and the refusals, on small lessons


def text(name: str, source: str, metadata: dict) -> nbformat.NotebookNode:
    return new_markdown_cell(source, id=name, metadata=metadata)


PICTURE = new_output("display_data", {"text/html": "<figure><img src='x'></figure>"})
PRINTED = new_output("stream", text="1\n")
SAMPLE = new_notebook(
    cells=[
        text("title", "# A *short* title\n\n- **one** [two](https://d2l.ai)\n\n$x + y$ and $$z$$", SLIDE),
        text("details", "Words, words, words. Are they counted?", SKIP),
        new_code_cell("x = 1\n\nprint(x)", id="number", outputs=[PRINTED]),
        text(
            "table",
            "| <span lang='zh'>a</span> | b |\n| --- | --- |\n| c | d |\n\n![many words of alt](x.png)",
            SUBSLIDE,
        ),
        new_code_cell("draw()\nshow()", id="figure", outputs=[PICTURE]),
        text("question", "## Why?\n\nPredict: is it?", SLIDE),
    ]
)


def test_a_lesson_is_divided_into_slides():
    slides = tool.slides_of(SAMPLE)
    assert [[cell.id for cell in slide.cells] for slide in slides] == [
        ["title", "number"],
        ["table", "figure"],
        ["question"],
    ]
    assert [slide.title for slide in slides] == ["A *short* title", "A *short* title", "Why?"]
    assert [slide.continues for slide in slides] == [False, True, False]


def test_words_and_lines_are_counted_as_a_room_sees_them():
    slides = tool.slides_of(SAMPLE)
    assert [slide.words for slide in slides] == [8, 4, 4]  # a formula is one word, a picture or tag none
    assert [slide.code_lines for slide in slides] == [2, 0, 0]  # code that draws is not shown
    assert [slide.asks for slide in slides] == [False, False, True]


def write_lesson(folder: Path, notes: str) -> Path:
    lesson = folder / "99-sample.ipynb"
    nbformat.write(SAMPLE, lesson)
    (folder / "sample.yaml").write_text(notes, encoding="utf-8")
    return lesson


@pytest.mark.parametrize(
    ("notes", "says"),
    [
        ("slides: {nowhere: {minutes: 1, answer: a, misconception: b}}", "no slide of 99-sample.ipynb"),
        ("slides: {details: {minutes: 1, answer: a, misconception: b}}", "no slide of 99-sample.ipynb"),
        ("slides: {question: {minutes: 1, answer: a}}", "needs minutes, answer, misconception"),
        ("slides: {question: {minutes: 1, answer: a, misconception: ''}}", "needs minutes, answer"),
        ("slides: {question: {minutes: one, answer: a, misconception: b}}", "minutes as a number"),
        ("slides: {question: }", "it has none of them"),
        ("classes: {}", r"sample.yaml in .* needs `slides:`"),
        ("slides:", r"sample.yaml in .* needs `slides:`"),
        ("", r"sample.yaml in .* needs `slides:`"),
        ("slides: {", r"sample.yaml in .* cannot be read as YAML"),
    ],
)
def test_notes_that_nobody_would_see_are_refused(notes: str, says: str, tmp_path: Path):
    lesson = write_lesson(tmp_path, notes)
    with pytest.raises(ValueError, match=says):
        tool.read_notes(lesson, tmp_path)


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ("{50: {leave_out: [nowhere], exercises: []}, 90: {}}", "there is no slide `nowhere`"),
        ("{50: {leave_out: [], exercises: [nothing]}, 90: {}}", "there is no exercise `nothing`"),
        ("{50: {leave_out: []}, 90: {}}", r"class of 50 needs \{leave_out: \[\], exercises: \[\]\}"),
        ("{50: , 90: }", "sample.yaml: class of 50 needs"),
        ("{50: {leave_out: [], exercises: []}}", r"sample.yaml: `classes` needs \(50, 90\)"),
        ("", r"sample.yaml in .* needs `classes:`"),
        (
            "{50: {leave_out: [], exercises: []}, 90: {leave_out: [], exercises: []}}",
            r"99-sample.ipynb needs a cell `summary`",
        ),
    ],
)
def test_plans_for_what_does_not_exist_are_refused(plan: str, says: str, tmp_path: Path):
    lesson = write_lesson(tmp_path, f"slides: {{}}\nclasses: {plan}")
    with pytest.raises(ValueError, match=says):
        instructors.read_lesson(lesson, tmp_path)


def test_a_lesson_without_notes_is_told_which_file_to_write(tmp_path: Path):
    lesson = write_lesson(tmp_path, "slides: {}")
    with pytest.raises(ValueError, match=r"99-sample.ipynb has no speaker notes: write nowhere/sample\.yaml"):
        instructors.read_lesson(lesson, tmp_path / "nowhere")


def test_a_lesson_without_a_slide_is_refused():
    with pytest.raises(ValueError, match="Give its cell `title` the slide type 'slide'"):
        tool.slides_of(new_notebook(cells=[text("title", "# A title", SKIP)]))


def test_a_diagram_that_no_deck_could_show_is_refused(tmp_path: Path):
    lesson = tmp_path / "99-sample.ipynb"
    nbformat.write(new_notebook(cells=[text("flow", "```mermaid\ngraph LR\n```", SLIDE)]), lesson)
    with pytest.raises(ValueError, match="cell `flow` would show its source"):
        tool.make_deck(lesson, tmp_path, {})


def test_the_lock_names_no_registry():
    lock = (tool.DECK / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "://" not in lock
    assert lock.count('"integrity": "sha512-') == 2
