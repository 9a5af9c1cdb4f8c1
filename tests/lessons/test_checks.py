"""Each check of `checks.py` passes a good lesson and names what is wrong in bad ones."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.checks import CHECKS, Lesson

SLIDE = {"slideshow": {"slide_type": "slide"}}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
IMAGE = f"data:image/png;base64,{PIXEL}"
CHECK = {check.__name__: check for check in CHECKS}


def text(name, /, source, **metadata):
    return new_markdown_cell(source, id=name, metadata=metadata)


def code(name, /, source="print(1)", outputs=None, number=1, **metadata):
    printed = [new_output("stream", name="stdout", text="1\n")]
    stored = printed if outputs is None else outputs
    return new_code_cell(source, id=name, outputs=stored, execution_count=number, metadata=metadata)


def picture(html):
    data = {"text/html": html, "image/png": PIXEL, "text/plain": "a line, 1 to 2"}
    return new_output("display_data", data)


def lesson(folder: Path, *cells, name: str = "01-sample.ipynb", **metadata) -> Lesson:
    """Write a lesson with a title and these cells, and read it back."""
    title = text("title", "# A title", **SLIDE)
    notebook = new_notebook(cells=[title, *cells], metadata=metadata)
    (folder / name).write_text(nbformat.writes(notebook), encoding="utf-8")
    return Lesson.read(folder / name)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_good_lesson_passes(check, tmp_path: Path):
    (tmp_path / "picture.png").write_bytes(b"")
    lesson(tmp_path, text("section", "## Elsewhere · there"), name="02-other.ipynb")
    good = lesson(
        tmp_path,
        text(
            "first-section", "## One\n\nSee [one](#One), [this](02-other.ipynb#Elsewhere-·-there).", **SLIDE
        ),
        text("continued", "![A red line that falls](picture.png) <https://d2l.ai> doi:10.1093/brain/awx001."),
        text("term", 'Attention, <span lang="zh">注意力</span>, and **<span lang="zh">《键》</span>**.'),
        text("deeper", "### Two\n\narXiv:1706.03762 (https://doi.org/10.1016/S2589-7500(20)30017-0)."),
        text("formula", "```python\n## no heading\nprint();\n```"),
        text("asks", "### Predict\n\nHow many?", tags=["question"]),
        code("begin-here", "# Begin here: run this\nprint(1)"),
        text("answers", "One.", tags=["answer"]),
        code(
            "figure",
            "show()",
            [picture(f'<img alt="a line, 1 to 2" src="{IMAGE}">')],
            2,
        ),
        *(code(f"number-{name}", number=n) for n, name in enumerate("abcd", start=3)),
        code("seconds", number=7, tags=["nbval-ignore-output"], reason="a duration"),
        code("hidden", "_ = 3  # a comment;", [], number=8),
        text("references", "## References", slideshow={"slide_type": "skip"}),
    )
    assert list(check(good)) == []


TRACEBACK = new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])
PATH = new_output("stream", name="stderr", text="/home/someone/lesson.py:3: UserWarning")
SVG = new_output("display_data", {"image/svg+xml": "<svg></svg>"})
NO_ALT = picture(f'<figure><img src="{IMAGE}"></figure>')
BARE = new_output("display_data", {"image/png": PIXEL})
UNCOMPARED = {"tags": ["nbval-ignore-output"], "reason": "a duration"}

# check, cells after the title, what the sentence must contain
ASKS = text("asks", "Predict: how many?", tags=["question"])
ANSWERS = text("answers", "Three.", tags=["answer"])
CHECKED = code("ex-one-key", "ex.one_key.check(one_key)")
BAD = [
    ("asks_before_it_answers", [text("asks", "Predict: how many?")], "Give it the tag 'question'"),
    ("asks_before_it_answers", [ASKS, ANSWERS], "`asks` is answered in the very next cell"),
    ("asks_before_it_answers", [ASKS, code("run")], "asks what no later cell"),
    ("asks_before_it_answers", [text("both", "?", tags=["question", "answer"])], "asks and answers"),
    ("has_a_place_to_begin", [CHECKED], "needs a code cell `begin-here`"),
    ("has_a_place_to_begin", [CHECKED, code("begin-here", "# Begin here")], "stands behind `ex-one-key`"),
    ("has_a_place_to_begin", [code("begin-here"), CHECKED], "Let its first line be"),
    ("ran_from_top_to_bottom", [code("late", number=2)], "`late` should be number 1"),
    ("ran_from_top_to_bottom", [code("unrun", number=None)], "stores no run"),
    ("ran_from_top_to_bottom", [code("twice"), code("again", number=1)], "`again` should be number 2"),
    ("ran_from_top_to_bottom", [code("empty", " ")], "`empty` is empty"),
    ("raised_nothing", [code("broken", "1 / 0", [TRACEBACK])], "`broken` stores ZeroDivisionError"),
    ("has_no_trailing_semicolon", [code("silent", "3;")], "`silent` ends with `;`"),
    ("has_no_trailing_semicolon", [code("commented", "f(3);  # plot\n")], "`commented` ends"),
    ("skips_nothing", [code("raising", tags=["raises-exception"])], "`raises-exception`"),
    ("skips_nothing", [code("skipping", tags=["nbval-skip"])], "`nbval-skip`"),
    ("skips_nothing", [code("steering", "# NBVAL_SKIP\nprint(1)")], "by a comment"),
    ("is_compared", [code("mute", "_ = 1", [])], "nothing is checked"),
    ("is_compared", [code("mute", "show()", [BARE])], "nothing is checked"),
    ("is_compared", [code("one-number"), code("duration", **UNCOMPARED)], "Only 1 of 2"),
    ("is_compared", [code("duration", tags=["nbval-ignore-output"])], "`duration` needs both"),
    ("is_compared", [code("duration", reason="a duration")], "`duration` needs both"),
    ("is_compared", [code("duration", tags=["nbval-ignore-output"], reason=" ")], "`duration` needs both"),
    ("shows_no_private_path", [code("warned", "warn()", [PATH])], "/home/someone/lesson.py"),
    ("has_readable_ids", [code("0f3a9c1e")], "`0f3a9c1e`"),
    ("has_readable_ids", [code("a3c4e5d6-1b2c-4d5e-8f90-1234567890ab")], "readable name"),
    ("has_readable_ids", [code("cell-12")], "readable name"),
    ("has_readable_ids", [code("Worked_Example")], "readable name"),
    ("has_readable_ids", [code("named", name="softmax")], "still has the name `softmax`"),
    ("has_short_cells", [code("endless", "\n\n".join(["x = 1"] * 13))], "`endless` has 13 lines"),
    ("has_short_cells", [code("endless", "\n".join(["x = 1"] * 13), long="")], "`endless` has 13 lines"),
    ("has_headings_in_order", [text("second-title", "# Another")], "has 2"),
    ("has_headings_in_order", [text("deep", "## One\n\n#### Three")], "from level 2 to level 4"),
    ("has_sane_slides", [text("hidden", "text", slideshow={"slide_type": "-"})], "'-' hides it"),
    ("has_sane_slides", [text("empty", "text", slideshow={})], "slide type 'None'"),
    ("has_sane_slides", [text("section", "## One")], "opens no slide"),
    ("has_sane_slides", [text("section", "## One", slideshow={"slide_type": "skip"})], "opens no slide"),
    ("has_sane_slides", [text("section", "Before.\n\n## One", **SLIDE)], "begins inside"),
    ("has_alt_text", [text("photo", "![](picture.png)")], "`photo` has no alt text"),
    ("has_alt_text", [text("photo", "<img src='picture.png'>")], "`photo` has no alt text"),
    ("has_alt_text", [text("photo", "![picture_of_a_line.png](picture.png)")], "does not say"),
    ("has_alt_text", [text("photo", "![figure](picture.png)")], "does not say"),
    ("has_alt_text", [code("figure", "show()", [NO_ALT])], "`figure` has no alt text"),
    ("has_alt_text", [code("figure", "show()", [BARE])], "`figure` has no alt text"),
    ("has_alt_text", [code("drawing", "show()", [SVG])], "puts out SVG"),
    ("has_alt_text", [text("diagram", "```mermaid\ngraph LR\n  a --> b\n```")], "accDescr"),
    ("has_working_links", [text("linked", "[a](03-nowhere.ipynb)")], "leads to no file"),
    ("has_working_links", [text("linked", "[a](#Nowhere)")], "leads to no heading"),
    ("has_working_links", [text("linked", "[a](01-sample.ipynb#Nowhere)")], "leads to no heading"),
    ("has_working_links", [text("linked", "[a](https://nowhere)")], "well-formed"),
    ("has_working_links", [text("linked", "[a](/etc/hosts)")], "relative"),
    ("has_working_links", [text("linked", "[a](htp://d2l.ai)")], "relative"),
    ("links_to_the_lessons_it_names", [text("named", "See lesson 02.")], "says 'lesson 02' by hand"),
    ("has_well_formed_identifiers", [text("cited", "doi:10.12/x")], "`10.12/x` is not"),
    ("has_well_formed_identifiers", [text("cited", "<https://doi.org/11.1038/nature09042>")], "not a well"),
    ("has_well_formed_identifiers", [text("cited", "arXiv:1713.03762")], "arXiv number"),
    ("has_well_formed_identifiers", [text("cited", "https://arxiv.org/abs/170603762")], "arXiv number"),
    ("marks_chinese", [text("term", "Attention, 注意力.")], '`<span lang="zh">注意力</span>` in cell `term`'),
    ("marks_chinese", [text("term", '| <span lang="en">键</span> |')], '`<span lang="zh">键</span>`'),
]


@pytest.mark.parametrize(("name", "cells", "says"), BAD)
def test_a_bad_lesson_is_named(name: str, cells: list, says: str, tmp_path: Path):
    (tmp_path / "picture.png").write_bytes(b"")
    assert says in "\n".join(CHECK[name](lesson(tmp_path, *cells)))


def test_a_lesson_that_is_no_notebook_is_named(tmp_path: Path):
    bad = lesson(tmp_path)
    del bad.notebook.cells[0]["source"]
    assert "not a valid notebook" in "\n".join(CHECK["is_valid"](bad))


def test_a_lesson_of_an_old_format_is_refused(tmp_path: Path):
    old = lesson(tmp_path)
    old.notebook.nbformat_minor = 4
    del old.notebook.cells[0]["id"]
    nbformat.write(old.notebook, old.path)
    with pytest.raises(ValueError, match=r"01-sample.ipynb has cells without ids.*`make notebooks`"):
        Lesson.read(old.path)


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path):
    (tmp_path / "01-sample.ipynb").write_text("<<<<<<< HEAD", encoding="utf-8")
    with pytest.raises(ValueError, match=r"01-sample.ipynb is no notebook; undo"):
        Lesson.read(tmp_path / "01-sample.ipynb")


def test_a_cell_that_a_test_reads_is_asked_for(tmp_path: Path):
    assert lesson(tmp_path, code("scores")).source("scores") == "print(1)"
    with pytest.raises(ValueError, match=r"01-sample.ipynb has no cell `scores`, which a test reads"):
        lesson(tmp_path).source("scores")


def test_stored_widgets_are_named(tmp_path: Path):
    bad = lesson(tmp_path, widgets={"application/vnd.jupyter.widget-state+json": {}})
    assert "state of widgets" in "\n".join(CHECK["keeps_no_widget_state"](bad))


def test_ids_used_twice_are_named(tmp_path: Path):
    bad = lesson(tmp_path, code("same"), code("same-too", number=2))
    bad.notebook.cells[2]["id"] = "same"
    assert "`same` is used 2 times" in "\n".join(CHECK["has_readable_ids"](bad))


def test_every_check_is_shown_to_fail():
    proven = {name for name, _, _ in BAD} | {"is_valid", "keeps_no_widget_state"}
    assert proven == set(CHECK), "Add a bad lesson for each new check."
