"""A student's folder through updates of a small course: nothing written is lost, all else becomes new."""

import json
import os
import shutil

import nbformat
import pytest
from miniature import (
    DESCENT,
    LOSSES,
    SOFTMAX,
    Course,
    Student,
    changed,
    code,
    exercise,
    text,
    with_behind,
    without,
)
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.commands.report import report
from course_utils.commands.update import tell
from course_utils.copies import Work, find_work, fresh_copy, update_copies
from course_utils.copies.merging import MARK


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path / "course")


@pytest.fixture
def student(course, tmp_path):
    """Return a student whose copies were just made."""
    student = Student(Work(course.folder, tmp_path / "course" / "my-course"))
    student.update()
    return student


def words_of(changes, stem):
    """Return what an update said about one copy."""
    return "; ".join(change.words for change in changes if change.file == f"{stem}.ipynb")


def kinds(changes):
    return {change.file.removesuffix(".ipynb"): change.kind for change in changes}


# What a copy is


def test_a_copy_is_the_master_without_outputs_and_counts(course, student):
    cells = {cell.id: cell for cell in student.read("01-softmax").cells}
    assert list(cells) == [cell.id for cell in SOFTMAX]
    for master in SOFTMAX:
        copy = cells[master.id]
        assert copy.cell_type == master.cell_type
        assert copy.metadata == master.metadata
        if master.cell_type == "code":
            assert (copy.source, copy.outputs, copy.execution_count) == (master.source, [], None)
    assert cells["see"].source == "## See it\n\n![weights](files/weights.png)"
    assert (student.work.folder / "files" / "weights.png").read_bytes() == b"a picture"
    assert (student.work.folder / "files" / "course.css").exists()
    assert course.master("01-softmax").read_text(encoding="utf-8").count("stored by the course") == 4


def test_what_answers_a_prediction_is_folded_below_its_heading(student):
    heading, fold = student.cell("01-softmax", "verdict").source.split("\n\n", 1)
    assert heading == "## Verdict"
    assert fold.startswith("<details>")
    assert fold.endswith("</details>")
    assert "\n\nWrong.\n\n" in fold


def test_copies_are_made_once_and_counted(course, tmp_path):
    student = Student(Work(course.folder, tmp_path / "elsewhere" / "deep"))
    assert set(kinds(update_copies(student.work)).values()) == {"made"}
    assert update_copies(student.work) == []


# Text changed here, there, both


def test_what_the_student_changed_stays(student):
    student.write("01-softmax", "see", "my own text")
    assert student.update() == []
    assert student.cell("01-softmax", "see").source == "my own text"


def test_what_the_course_changed_arrives(course, student):
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = [1]", summary="## Sum"))
    changes = student.update()
    assert student.cell("01-softmax", "scores").source == "scores = [1]"
    assert student.cell("01-softmax", "summary").source == "## Sum"
    assert kinds(changes) == {"01-softmax": "updated"}
    assert "2 cells changed" in words_of(changes, "01-softmax")


def test_a_cell_both_changed_is_the_students_with_the_new_one_below(course, student):
    student.write("01-softmax", "scores", "scores = mine")
    student.write("01-softmax", "summary", "my summary")
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = theirs", summary="their summary"))
    changes = student.update()
    sources = student.sources("01-softmax")
    for mine, theirs in (("scores = mine", "scores = theirs"), ("my summary", "their summary")):
        newer = sources[sources.index(mine) + 1]
        assert MARK in newer
        assert newer.endswith(theirs)
    assert "scores, summary" in words_of(changes, "01-softmax")


def test_both_changed_twice_in_a_row(course, student):
    for version in "12":
        student.write("01-softmax", "scores", f"scores = mine{version}")
        course.publish("01-softmax", changed(SOFTMAX, scores=f"scores = theirs{version}"))
        student.update()
    sources = student.sources("01-softmax")
    place = sources.index("scores = mine2")
    assert sources[place + 1].endswith("scores = theirs2")
    assert len(sources) == len(SOFTMAX) + 1, "The marked cell of the version before gives way."


def test_a_marked_cell_that_the_student_wrote_in_stays_too(course, student):
    student.write("01-softmax", "scores", "scores = mine")
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = theirs1"))
    student.update()
    student.write("01-softmax", "scores-newer", "both = together")
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = theirs2"))
    student.update()
    sources = student.sources("01-softmax")
    assert {"scores = mine", "both = together"} <= set(sources)
    assert any(source.endswith("scores = theirs2") for source in sources)


@pytest.mark.parametrize("gone", [False, True], ids=["adopted", "gone"])
def test_a_marked_cell_leaves_with_its_reason(course, student, gone):
    student.write("01-softmax", "scores", "scores = mine")
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = theirs1"))
    student.update()
    if gone:
        course.publish("01-softmax", without(SOFTMAX, "scores"))
    else:
        student.write("01-softmax", "scores", "scores = theirs1")
        course.publish("01-softmax", changed(SOFTMAX, scores="scores = theirs2"))
    student.update()
    assert "scores-newer" not in student.ids("01-softmax")
    assert ("scores = mine" if gone else "scores = theirs2") in student.sources("01-softmax")


def test_both_wrote_the_same(course, student):
    student.write("01-softmax", "scores", "scores = [1]")
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = [1]"))
    student.update()
    assert student.sources("01-softmax").count("scores = [1]") == 1
    assert len(student.ids("01-softmax")) == len(SOFTMAX)


@pytest.mark.parametrize(
    "mine", ["scores = [4, 5, 6]  ", "\n\nscores = [4, 5, 6]\n", "scores = [4, 5, 6]\n\n"]
)
def test_a_change_of_blanks_alone_is_the_students_too(course, student, mine):
    student.write("01-softmax", "scores", mine)
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = [1]"))
    student.update()
    assert mine in student.sources("01-softmax")


def test_two_versions_skipped(course, student):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    student.insert("01-softmax", "scores", new_code_cell("mine = scores"))
    first = changed(with_behind(SOFTMAX, "scores", text("read", "Read.")), scores="scores = 1")
    second = without(changed(first, read="Read it.", scores="scores = 2"), "see")
    for cells in (
        first,
        second,
        changed(with_behind(second, "read", code("third", "3")), scores="scores = 3"),
    ):
        course.publish("01-softmax", cells)
    student.update()
    sources = student.sources("01-softmax")
    assert sources[2:6] == ["scores = 3", "mine = scores", "Read it.", "3"]
    assert "answer = 32" in sources


# Cells added, moved, removed, split


def test_a_cell_added_by_the_course_stands_where_the_course_put_it(course, student):
    student.insert("01-softmax", "scores", new_markdown_cell("my note"))
    course.publish("01-softmax", with_behind(SOFTMAX, "see", text("new", "New.")))
    assert "1 cell new" in words_of(student.update(), "01-softmax")
    sources = student.sources("01-softmax")
    assert sources.index("New.") == sources.index("scores = [4, 5, 6]") - 1
    assert sources.index("my note") == sources.index("scores = [4, 5, 6]") + 1


def test_notes_at_the_very_beginning_and_end_stay_there(course, student):
    notebook = student.read("01-softmax")
    notebook.cells = [new_markdown_cell("first"), *notebook.cells, new_markdown_cell("last")]
    student.save("01-softmax", notebook)
    course.publish("01-softmax", [text("banner", "New."), *SOFTMAX, text("end", "End.")])
    student.update()
    sources = student.sources("01-softmax")
    assert sources[0] == "first"
    assert sources.index("last") == sources.index("## Summary") + 1


def test_cells_moved_by_the_course_take_answers_along(course, student):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    moved = [*SOFTMAX[:2], *SOFTMAX[5:8], *SOFTMAX[2:5], *SOFTMAX[8:]]
    course.publish("01-softmax", moved)
    student.update()
    assert student.ids("01-softmax") == [cell.id for cell in moved]
    assert student.cell("01-softmax", "ex-one-key-answer").source == "answer = 32"


def test_the_students_own_cells_keep_their_order_when_the_course_moves_what_they_stood_behind(
    course, student
):
    student.insert("01-softmax", "see", new_code_cell("one = 1"))
    student.insert("01-softmax", "scores", new_code_cell("two = one + 1"))
    course.publish("01-softmax", [*SOFTMAX[:2], SOFTMAX[3], SOFTMAX[2], *SOFTMAX[4:]])
    student.update()
    sources = student.sources("01-softmax")
    assert sources.index("one = 1") < sources.index("two = one + 1")
    assert [name for name in student.ids("01-softmax") if name in ("see", "scores")] == ["scores", "see"]


def test_cells_that_left_the_course_leave_unless_the_student_touched_them(course, student):
    student.write("01-softmax", "scores", "scores = mine")
    student.insert("01-softmax", "see", new_markdown_cell("about the picture"))
    course.publish("01-softmax", without(SOFTMAX, "see", "scores"))
    changes = student.update()
    sources = student.sources("01-softmax")
    assert sources[1:4] == ["import math", "about the picture", "scores = mine"]
    assert "see" not in student.ids("01-softmax")
    assert "1 cell gone" in words_of(changes, "01-softmax")


def test_a_removed_cell_that_comes_back_meets_the_students_version(course, student):
    student.write("01-softmax", "scores", "scores = mine")
    course.publish("01-softmax", without(SOFTMAX, "scores"))
    student.update()
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = theirs"))
    student.update()
    sources = student.sources("01-softmax")
    assert sources[sources.index("scores = mine") + 1].endswith("scores = theirs")


def test_the_course_splits_a_cell_in_two(course, student):
    student.write("01-softmax", "scores", "scores = [4, 5, 6]  # mine")
    split = with_behind(changed(SOFTMAX, scores="scores = ["), "scores", code("scores-end", "4, 5, 6]"))
    course.publish("01-softmax", split)
    student.update()
    sources = student.sources("01-softmax")
    place = sources.index("scores = [4, 5, 6]  # mine")
    assert sources[place + 1].endswith("scores = [")
    assert sources[place + 2] == "4, 5, 6]"


@pytest.mark.parametrize("heir", ["first", "second", "neither"], ids="the id stays with the {}".format)
def test_the_student_splits_a_cell(course, student, heir):
    notebook = student.read("01-softmax")
    place = student.ids("01-softmax").index("scores")
    halves = [code("scores", "scores = [4]"), code("scores", "scores += [5, 6]")]
    for half, name in zip(halves, ("first", "second"), strict=True):
        if heir != name:
            half.id = f"random-{name}"
    notebook.cells[place : place + 1] = halves
    student.save("01-softmax", notebook)
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = [7]", summary="## Sum"))
    student.update()
    sources = student.sources("01-softmax")
    mine = [source for source in sources if source in ("scores = [4]", "scores += [5, 6]")]
    assert mine == ["scores = [4]", "scores += [5, 6]"]
    assert "## Sum" in sources
    assert sum(source.endswith("scores = [7]") for source in sources) == 1


def test_the_student_reorders_cells(course, student):
    notebook = student.read("01-softmax")
    notebook.cells.insert(1, notebook.cells.pop(3))  # scores before begin-here
    student.save("01-softmax", notebook)
    course.publish("01-softmax", with_behind(changed(SOFTMAX, see="## Look"), "see", text("new", "New.")))
    student.update()
    ids = student.ids("01-softmax")
    assert ids[:5] == ["title", "scores", "begin-here", "see", "new"]
    assert student.cell("01-softmax", "see").source == "## Look"


def test_a_cell_moved_by_cut_and_paste_gets_a_new_id_and_is_known_by_its_name(course, student):
    notebook = student.read("01-softmax")
    cell = notebook.cells.pop(3)
    cell.id = "0a1b2c3d"
    notebook.cells.insert(1, cell)
    student.save("01-softmax", notebook)
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = [1]"))
    student.update()
    assert student.sources("01-softmax")[1] == "scores = [1]"
    assert len(student.ids("01-softmax")) == len(SOFTMAX)


def test_a_cell_that_the_student_deleted_stays_deleted(course, student):
    notebook = student.read("01-softmax")
    notebook.cells = without(notebook.cells, "see")
    student.save("01-softmax", notebook)
    course.publish("01-softmax", changed(SOFTMAX, see="## Look", summary="## Sum"))
    student.update()
    assert "see" not in student.ids("01-softmax")
    assert "## Sum" in student.sources("01-softmax")


def test_a_cell_that_the_student_duplicated(course, student):
    duplicate = code("scores", "scores = [4, 5, 6]")
    duplicate.id = "copied"
    student.insert("01-softmax", "scores", duplicate)
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = [1]"))
    student.update()
    sources = student.sources("01-softmax")
    assert sources[sources.index("scores = [1]") + 1] == "scores = [4, 5, 6]", (
        "The duplicate is the student's."
    )


def test_a_pasted_picture_stays(course, student):
    notebook = student.read("01-softmax")
    picture = {"image.png": {"image/png": "aGVsbG8="}}
    notebook.cells[2].attachments = picture  # its text is as it was
    notebook.cells.insert(3, new_markdown_cell("![mine](attachment:image.png)", attachments=picture))
    student.save("01-softmax", notebook)
    course.publish("01-softmax", changed(SOFTMAX, see="## Look"))
    student.update()
    kept = [cell for cell in student.read("01-softmax").cells if cell.get("attachments") == picture]
    assert [cell.source[:7] for cell in kept] == ["## See ", "![mine]"]


def test_outputs_and_counts_alone_are_no_change(course, student):
    notebook = student.read("01-softmax")
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.execution_count = number + 40
            cell.outputs = nbformat.from_dict([{"output_type": "stream", "name": "stdout", "text": "mine\n"}])
    student.save("01-softmax", notebook)
    shifted = changed(SOFTMAX)
    for cell in shifted:
        if cell.cell_type == "code":
            cell.execution_count = 99
    course.publish("01-softmax", shifted)
    assert student.update() == []
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = [1]"))
    student.update()
    assert student.cell("01-softmax", "scores").outputs == [], "An output of the old source says nothing."
    assert student.cell("01-softmax", "begin-here").outputs, "What the student ran and nobody changed stays."


# Exercises


def run(sources):
    """Run cells in their order and return their names."""
    names = {}
    for source in sources:
        exec(source, names)
    return names


@pytest.mark.parametrize("answer", ["answer = 32", "answer = 16\nanswer *= 2"])
def test_the_check_sees_the_students_answer_though_the_starter_changed(course, student, answer):
    student.write("01-softmax", "ex-one-key-answer", answer)
    course.publish("01-softmax", changed(SOFTMAX, ex_one_key_answer="answer = [...]"))
    student.update()
    cells = student.read("01-softmax").cells
    assert run(cell.source for cell in cells if cell.cell_type == "code")["seen"] == 32
    assert any("answer = [...]" in cell.source for cell in cells), "The new beginning is shown all the same."


def test_an_exercise_that_left_the_course_leaves_its_answer(course, student):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    course.publish("01-softmax", SOFTMAX[:5])
    student.update()
    assert student.ids("01-softmax") == [*(cell.id for cell in SOFTMAX[:5]), "ex-one-key-answer"]
    assert student.sources("01-softmax")[-1] == "answer = 32"


def test_names_may_look_like_numbered_ones(course, student):
    cells = with_behind(SOFTMAX, "scores", code("scores-2", "second = 2"), code("scores-newer", "newer = 3"))
    course.publish("01-softmax", cells)
    student.update()
    student.write("01-softmax", "scores", "scores = mine")
    notebook = student.read("01-softmax")
    notebook.cells.insert(
        3, code("scores", "a duplicate")
    )  # with the same id, as tools other than Jupyter do
    student.path("01-softmax").write_text(json.dumps(notebook), encoding="utf-8")
    course.publish("01-softmax", changed(cells, scores="scores = theirs", scores_newer="newer = 4"))
    student.update()
    sources = student.sources("01-softmax")
    assert {"scores = mine", "a duplicate", "second = 2", "newer = 4"} <= set(sources)
    assert sum(source.endswith("scores = theirs") for source in sources) == 1
    assert sources.count("second = 2") == 1


# Lessons renamed, renumbered, inserted, split, gone


@pytest.mark.parametrize("stem", ["05-attention-first", "05-softmax"], ids=["renamed", "renumbered"])
def test_a_lesson_with_another_name_or_number_keeps_its_answers(course, student, stem):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    course.master("01-softmax").unlink()
    course.publish(
        stem, changed(SOFTMAX, summary="## Sum"), formerly=["softmax"] if stem[3:] != "softmax" else None
    )
    changes = student.update()
    assert not student.path("01-softmax").exists()
    assert "answer = 32" in student.sources(stem)
    assert "## Sum" in student.sources(stem)
    assert "it was 01-softmax.ipynb" in words_of(changes, stem)
    assert kinds(changes) == {stem: "updated"}


def test_a_lesson_renamed_twice_while_the_student_was_away(course, student):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    course.master("01-softmax").unlink()
    course.publish("01-third", SOFTMAX, formerly=["softmax", "second"])
    student.update()
    assert "answer = 32" in student.sources("01-third")
    assert sorted(path.name for path in student.work.folder.glob("*.ipynb"))[0] == "01-third.ipynb"
    assert len(list(student.work.folder.glob("*.ipynb"))) == 3


def test_a_lesson_inserted_moves_the_numbers_behind_it(course, student):
    student.write("02-losses", "ex-entropy-answer", "answer = 1.5")
    student.write("03-descent", "step", "step = 0.2")
    course.master("02-losses").unlink()
    course.master("03-descent").unlink()
    course.publish("02-scoring", [text("title", "# 02 · Scoring")])
    course.publish("03-losses", LOSSES)
    course.publish("04-descent", DESCENT)
    changes = student.update()
    names = sorted(path.stem for path in student.work.folder.glob("*.ipynb"))
    assert names == ["01-softmax", "02-scoring", "03-losses", "04-descent"]
    assert "answer = 1.5" in student.sources("03-losses")
    assert "step = 0.2" in student.sources("04-descent")
    assert kinds(changes) == {"02-scoring": "made", "03-losses": "updated", "04-descent": "updated"}


def test_two_lessons_that_change_places(course, student):
    student.write("02-losses", "ex-entropy-answer", "answer = 1.5")
    student.write("03-descent", "step", "step = 0.2")
    course.master("02-losses").rename(course.master("03-losses"))
    course.master("03-descent").rename(course.master("02-descent"))
    student.update()
    assert "answer = 1.5" in student.sources("03-losses")
    assert "step = 0.2" in student.sources("02-descent")
    assert len(list(student.work.folder.glob("*.ipynb"))) == 3


def test_a_lesson_that_takes_the_former_name_of_another(course, student):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    course.publish("04-more-softmax", [text("title", "# 04 · More")], formerly=["softmax"])
    student.update()
    assert "answer = 32" in student.sources("01-softmax")
    assert student.sources("04-more-softmax") == ["# 04 · More"]


@pytest.mark.parametrize("new", [True, False], ids=["into a new lesson", "into another lesson"])
def test_an_answered_exercise_moves_with_its_lesson(course, student, new):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    course.publish("01-softmax", without(SOFTMAX, *(cell.id for cell in SOFTMAX[5:8])))
    stem, cells = ("01a-one-key", [text("title", "# One key")]) if new else ("03-descent", DESCENT)
    course.publish(stem, [*cells, *SOFTMAX[5:8]])
    student.update()
    assert student.sources(stem)[-3:] == ["### Exercise: one-key", "answer = 32", "seen = answer"]
    assert "answer = 32" not in student.sources("01-softmax")


def test_an_answer_stays_where_it_was_if_its_exercise_moved_and_changed(course, student):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    course.publish("01-softmax", without(SOFTMAX, *(cell.id for cell in SOFTMAX[5:8])))
    course.publish("03-descent", [*DESCENT, *exercise("one-key", "answer = [...]")])
    student.update()
    assert "answer = 32" in student.sources("01-softmax")
    assert "answer = [...]" in student.sources("03-descent")


def test_a_lesson_gone_leaves_what_was_written_in_it(course, student):
    student.write("02-losses", "ex-entropy-answer", "answer = 1.5")
    course.master("02-losses").unlink()
    course.master("03-descent").unlink()
    changes = student.update()
    assert "answer = 1.5" in student.sources("02-losses")
    assert not student.path("03-descent").exists()
    assert kinds(changes) == {"02-losses": "gone", "03-descent": "gone"}
    assert "you wrote in it" in words_of(changes, "02-losses")
    assert (student.work.before / "03-descent.ipynb").exists()


# Files that are damaged, foreign, old, open


@pytest.mark.parametrize(
    "content", [b"", b"{", b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> stash\n", b"[1]", b"\xff\xfe"]
)
@pytest.mark.parametrize("course_changes", [True, False], ids=["new version", "same version"])
def test_a_damaged_copy_is_left_alone_with_a_sentence(course, student, content, course_changes):
    student.path("01-softmax").write_bytes(content)
    if course_changes:
        course.publish("01-softmax", changed(SOFTMAX, summary="## Sum"))
        course.publish("02-losses", changed(LOSSES, curve="curve = 2"))
    changes = student.update()
    assert student.path("01-softmax").read_bytes() == content
    assert "--fresh softmax" in words_of(changes, "01-softmax")
    assert ("curve = 2" in student.sources("02-losses")) == course_changes, "The others are updated."
    change, *_ = fresh_copy(student.work, "softmax")
    assert change.kind == "fresh"
    assert len(student.ids("01-softmax")) == len(SOFTMAX)
    assert student.path("earlier-01-softmax").read_bytes() == content


def test_a_foreign_notebook_under_a_lessons_name_is_left_alone(course, student):
    own = new_notebook(cells=[new_code_cell("nothing to do with the course")])
    nbformat.write(own, student.path("01-softmax"))
    before = student.path("01-softmax").read_bytes()
    course.publish("01-softmax", changed(SOFTMAX, summary="## Sum"))
    changes = student.update()
    assert student.path("01-softmax").read_bytes() == before
    assert "notebook of your own" in words_of(changes, "01-softmax")


def test_a_foreign_notebook_that_was_there_before_the_copies(course, tmp_path):
    student = Student(Work(course.folder, tmp_path / "mine"))
    student.work.folder.mkdir()
    nbformat.write(new_notebook(cells=[new_code_cell("mine")]), student.path("01-softmax"))
    nbformat.write(new_notebook(cells=[new_code_cell("notes")]), student.path("notes"))
    assert kinds(student.update()) == {"01-softmax": "left alone", "02-losses": "made", "03-descent": "made"}
    assert student.sources("01-softmax") == ["mine"]
    assert student.sources("notes") == ["notes"]


@pytest.mark.parametrize("damage", ["no ids, version 4.4", "no ids", "one id for all"])
def test_a_copy_saved_by_an_old_tool_is_updated_by_names(course, student, damage):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    notebook = json.loads(student.path("01-softmax").read_text(encoding="utf-8"))
    notebook["cells"].insert(3, {"cell_type": "markdown", "metadata": {}, "source": ["my note"], "id": "own"})
    for cell in notebook["cells"]:
        cell["id"] = "twice"
        if damage != "one id for all":
            del cell["id"]
    if damage.endswith("4.4"):
        notebook["nbformat_minor"] = 4
    student.path("01-softmax").write_text(json.dumps(notebook), encoding="utf-8")
    course.publish("01-softmax", changed(SOFTMAX, scores="scores = [1]", summary="## Sum"))
    student.update()
    sources = student.sources("01-softmax")
    assert sources[3:5] == ["my note", "scores = [1]"]
    assert "answer = 32" in sources
    assert sources[-1] == "## Sum"
    assert len(sources) == len(SOFTMAX) + 1


@pytest.mark.parametrize("inside", [True, False], ids=["inside sources", "between lines of the file"])
def test_line_ends_of_windows_are_no_change_and_do_no_harm(course, student, inside):
    student.write("01-softmax", "ex-one-key-answer", "answer = (\n    32\n)")
    if inside:
        notebook = student.read("01-softmax")
        for cell in notebook.cells:
            cell.source = cell.source.replace("\n", "\r\n")
        student.save("01-softmax", notebook)
    else:
        path = student.path("01-softmax")
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    course.publish("01-softmax", changed(SOFTMAX, see="## Look\n\nHere.", verdict="## Verdict\n\nRight."))
    changes = student.update()
    sources = [source.replace("\r\n", "\n") for source in student.sources("01-softmax")]
    assert "## Look\n\nHere." in sources
    assert "answer = (\n    32\n)" in sources
    assert len(sources) == len(SOFTMAX)
    assert "2 cells changed" in words_of(changes, "01-softmax")


def test_masters_checked_out_with_line_ends_of_windows(course, student):
    path = course.master("01-softmax")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert student.update() == []
    assert len(student.ids("01-softmax")) == len(SOFTMAX)


@pytest.mark.parametrize("lost", ["all of it", "one base", "a base is damaged"])
def test_without_the_hidden_folder_nothing_of_the_student_is_lost(course, student, lost):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    student.write("01-softmax", "summary", "my summary")
    student.insert("01-softmax", "see", new_markdown_cell("my note"))
    base = student.work.bases / "softmax.ipynb"
    if lost == "all of it":
        shutil.rmtree(student.work.folder / ".course")
    elif lost == "one base":
        base.unlink()
    else:
        base.write_bytes(b"{")
    course.publish("01-softmax", with_behind(SOFTMAX, "see", text("new", "New.")))
    student.update()
    sources = student.sources("01-softmax")
    assert {"answer = 32", "my summary", "my note", "New."} <= set(sources)
    assert sum(source == "scores = [4, 5, 6]" for source in sources) == 1
    assert (
        run(cell.source for cell in student.read("01-softmax").cells if cell.cell_type == "code")["seen"]
        == 32
    )


def test_a_copy_that_the_student_deleted_is_made_again(course, student):
    student.path("01-softmax").unlink()
    assert kinds(student.update()) == {"01-softmax": "made"}
    assert len(student.ids("01-softmax")) == len(SOFTMAX)


def test_a_file_that_is_open_waits(course, student):
    course.publish("01-softmax", changed(SOFTMAX, summary="## Sum"))
    course.publish("02-losses", changed(LOSSES, curve="curve = 2"))
    before = student.path("01-softmax").read_bytes()
    changes = student.update("01-softmax.ipynb")
    assert student.path("01-softmax").read_bytes() == before
    assert "open in JupyterLab" in words_of(changes, "01-softmax")
    assert "curve = 2" in student.sources("02-losses")
    student.update()
    assert "## Sum" in student.sources("01-softmax")


@pytest.mark.parametrize("gone", [False, True], ids=["renumbered", "gone"])
def test_a_file_that_is_open_is_neither_renamed_nor_taken_away(course, student, gone):
    course.master("03-descent").unlink()
    if not gone:
        course.publish("04-descent", DESCENT)
    before = student.path("03-descent").read_bytes()
    student.update("03-descent.ipynb")
    assert student.path("03-descent").read_bytes() == before
    assert not student.path("04-descent").exists()
    student.update()
    assert not student.path("03-descent").exists()


def test_a_file_saved_while_the_update_runs_is_not_overwritten(course, student, monkeypatch):
    from course_utils.copies import folder

    course.publish("01-softmax", changed(SOFTMAX, summary="## Sum"))
    real = folder.merge

    def merge_while_the_student_saves(*versions):
        student.write("01-softmax", "scores", "saved just now")
        return real(*versions)

    with monkeypatch.context() as patch:
        patch.setattr(folder, "merge", merge_while_the_student_saves)
        changes = update_copies(student.work)
    assert kinds(changes) == {"01-softmax": "left alone"}
    assert "saved just now" in student.sources("01-softmax")
    student.update()
    assert {"saved just now", "## Sum"} <= set(student.sources("01-softmax"))


def test_a_damaged_master_without_git_stops_no_other_lesson(course, student):
    course.master("01-softmax").write_bytes(b"{")
    course.publish("02-losses", changed(LOSSES, curve="curve = 2"))
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    changes = student.update()
    assert kinds(changes) == {"01-softmax": "left alone", "02-losses": "updated"}
    assert "get the course anew" in words_of(changes, "01-softmax")
    assert "answer = 32" in student.sources("01-softmax")


@pytest.mark.parametrize("cells", [[{"cell_type": "novel", "metadata": {}, "source": ""}], "no list"])
def test_an_invalid_master_is_a_sentence_too(course, student, cells):
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    course.master("01-softmax").write_text(json.dumps(notebook), encoding="utf-8")
    assert kinds(student.update()) == {"01-softmax": "left alone"}
    assert len(student.ids("01-softmax")) == len(SOFTMAX)


# Disk full, crash


@pytest.fixture
def busy(course, student):
    """Return a student with answers in three lessons, all of which the course changed."""
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    student.write("01-softmax", "scores", "scores = mine")
    student.write("02-losses", "ex-entropy-answer", "answer = 1.5")
    student.write("03-descent", "step", "step = 0.2")
    course.publish(
        "01-softmax", changed(without(SOFTMAX, *(c.id for c in SOFTMAX[5:8])), scores="scores = theirs")
    )
    course.master("02-losses").unlink()
    course.publish("04-entropy", changed(LOSSES, curve="curve = 2"), formerly=["losses"])
    course.publish("03-descent", [*DESCENT, *SOFTMAX[5:8], text("new", "New.")])
    return student


def all_sources(student):
    """Return what stands in all copies, in their order."""
    stems = sorted(path.stem for path in student.work.folder.glob("*.ipynb"))
    return {stem: student.sources(stem) for stem in stems}


MINE = {"answer = 32", "scores = mine", "answer = 1.5", "step = 0.2"}


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_wherever_the_disk_is_full_or_the_machine_stops_a_later_update_completes(
    busy, tmp_path, monkeypatch, step
):
    """Stop before each of the writes in turn; compare with an update that nothing stopped."""
    kept = tmp_path / "kept"
    shutil.copytree(busy.work.folder, kept)
    busy.update()
    whole = all_sources(busy)
    real = getattr(os, step)
    for stop in (OSError(28, "No space left on device"), KeyboardInterrupt()):
        for last in range(40):
            shutil.rmtree(busy.work.folder)
            shutil.copytree(kept, busy.work.folder)
            calls = []

            def fail(*arguments, calls=calls, last=last, stop=stop):
                calls.append(arguments)
                if len(calls) > last:
                    raise stop
                return real(*arguments)

            with monkeypatch.context() as patch:
                patch.setattr(os, step, fail)
                try:
                    changes = update_copies(busy.work)
                except (OSError, KeyboardInterrupt):
                    changes = []
            found = {source for sources in all_sources(busy).values() for source in sources}
            assert found >= MINE, f"lost after {last} writes: {MINE - found}"
            assert not list(busy.work.folder.rglob(".writing-*"))
            if isinstance(stop, OSError) and 0 < len(calls) > last:
                assert any("No space left" in change.words for change in changes) or not changes
            busy.update()
            assert all_sources(busy) == whole, f"another result after {last} writes and a second update"
            if len(calls) <= last:
                break
        else:
            pytest.fail("The update makes more than 40 writes.")


def test_a_full_disk_never_takes_an_answer_that_two_lessons_exchange(course, student, monkeypatch):
    student.write("02-losses", "ex-entropy-answer", "answer = 1.5")
    student.write("03-descent", "ex-minimum-answer", "answer = 0")
    course.publish("02-losses", [LOSSES[0], *DESCENT[2:]])
    course.publish("03-descent", [DESCENT[0], *LOSSES[1:4]])
    real = os.replace

    def full(source, target):
        if os.fspath(target).endswith("my-course/03-descent.ipynb"):
            raise OSError(28, "No space left on device")
        return real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        update_copies(student.work)
    student.update()
    found = [source for sources in all_sources(student).values() for source in sources]
    assert {"answer = 1.5", "answer = 0"} <= set(found)


def test_the_last_copy_is_kept_aside(course, student):
    student.write("01-softmax", "scores", "scores = mine")
    before = student.path("01-softmax").read_bytes()
    course.publish("01-softmax", changed(SOFTMAX, summary="## Sum"))
    update_copies(student.work)
    update_copies(student.work)
    assert (student.work.before / "01-softmax.ipynb").read_bytes() == before


# Beginning anew, moving over


def test_fresh_begins_one_lesson_anew_and_keeps_the_old_copy(course, student):
    for answer in ("first", "second"):
        student.write("01-softmax", "scores", answer)
        course.publish("02-losses", changed(LOSSES, curve=answer))
        changes = fresh_copy(student.work, "01")
        assert student.cell("01-softmax", "scores").source == "scores = [4, 5, 6]"
        assert kinds(changes) == {"01-softmax": "fresh", "02-losses": "updated"}, (
            "What else happened is said."
        )
    assert "first" in student.sources("earlier-01-softmax")
    assert "second" in student.sources("earlier1-01-softmax")
    assert student.update() == []


def test_fresh_of_a_lesson_that_was_renamed_since(course, student):
    student.write("01-softmax", "scores", "mine")
    course.master("01-softmax").unlink()
    course.publish("01-attention", SOFTMAX, formerly=["softmax"])
    changes = fresh_copy(student.work, "attention")
    assert kinds(changes) == {"01-attention": "fresh"}
    assert "mine" not in student.sources("01-attention")
    assert "mine" in student.sources("earlier-01-softmax")


def test_fresh_waits_for_an_open_file_and_knows_only_lessons(student):
    student.write("01-softmax", "scores", "mine")
    assert kinds(fresh_copy(student.work, "01", ["01-softmax.ipynb"])) == {"01-softmax": "left alone"}
    assert "mine" in student.sources("01-softmax")
    with pytest.raises(ValueError, match="expected the name of a lesson"):
        fresh_copy(student.work, "nothing")


def work_in_the_master(course):
    """Answer an exercise and write a note in the master itself, as before there were copies."""
    notebook = nbformat.read(course.master("01-softmax"), as_version=4)
    notebook.cells[6].source = "answer = 32"
    notebook.cells.insert(4, new_markdown_cell("my note"))
    nbformat.write(notebook, course.master("01-softmax"))


def test_who_worked_in_the_masters_is_moved_over_once(course, tmp_path):
    course.commit()
    work_in_the_master(course)
    (course.folder / "notebooks" / ".progress.json").write_text(
        '{"softmax.one_key": "correct"}', encoding="utf-8"
    )
    student = Student(Work(course.folder, course.folder / "my-course"))
    changes = student.update()
    assert kinds(changes) == {"01-softmax": "moved over", "02-losses": "made", "03-descent": "made"}
    assert "git checkout -- notebooks" in tell(student.work, changes)[-1]
    sources = student.sources("01-softmax")
    assert sources[3:5] == ["scores = [4, 5, 6]", "my note"]
    assert sources[7:9] == ["answer = 32", "seen = answer"]
    assert (student.work.folder / ".progress.json").read_text(
        encoding="utf-8"
    ) == '{"softmax.one_key": "correct"}'
    assert "answer = 32" in course.master("01-softmax").read_text(encoding="utf-8"), (
        "The master is not touched."
    )
    student.write("01-softmax", "ex-one-key-answer", "answer = 33")
    (student.work.folder / ".progress.json").unlink()  # all progress forgotten, on purpose
    assert student.update() == []
    assert "answer = 33" in student.sources("01-softmax")
    assert not (student.work.folder / ".progress.json").exists()
    assert kinds(fresh_copy(student.work, "01")) == {"01-softmax": "fresh"}
    assert "answer = 32" not in student.sources("01-softmax"), "Fresh is fresh, not what the master holds."


def test_an_answer_in_a_master_with_conflict_marks_is_not_advised_away(course):
    course.commit()
    work_in_the_master(course)
    master = course.master("02-losses")
    master.write_text("<<<<<<< Updated upstream\n" + master.read_text(encoding="utf-8"), encoding="utf-8")
    student = Student(Work(course.folder, course.folder / "my-course"))
    changes = student.update()
    assert kinds(changes)["02-losses"] == "not moved over"
    assert len(student.ids("02-losses")) == len(LOSSES)
    told = " ".join(tell(student.work, changes))
    assert "notebooks/02-losses.ipynb cannot be read" in told
    assert "git checkout" not in told


def test_an_author_without_changes_in_lessons_is_not_moved_over(course):
    course.commit()
    notebook = nbformat.read(course.master("01-softmax"), as_version=4)
    notebook.cells[1].execution_count = 99
    nbformat.write(notebook, course.master("01-softmax"))
    student = Student(Work(course.folder, course.folder / "my-course"))
    assert set(kinds(student.update()).values()) == {"made"}


# Where the copies lie


def test_the_folder_is_the_one_named_or_the_one_of_the_environment(course, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "named"))
    assert find_work(tmp_path / "to", course.folder).folder == tmp_path / "to"
    assert find_work(None, course.folder).folder == tmp_path / "named"
    monkeypatch.delenv("COURSE_WORK")
    assert find_work(None, course.folder).folder == course.folder / "my-course"


def test_copies_are_never_made_in_the_folder_of_the_masters(course):
    before = course.master("01-softmax").read_bytes()
    with pytest.raises(ValueError, match="expected a folder of your own"):
        update_copies(find_work(course.folder / "notebooks", course.folder))
    assert course.master("01-softmax").read_bytes() == before
    assert sorted(path.name for path in (course.folder / "notebooks").iterdir())[-1] == "files"


def test_a_report_reads_copies_and_not_what_they_were_made_from(student, tmp_path):
    student.write("01-softmax", "ex-one-key-answer", "answer = 32")
    assert report(student.work.folder, tmp_path / "out.csv").startswith("Notebooks: 3\n")
