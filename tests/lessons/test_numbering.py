"""A lesson's number is stated once, in its file's name: all others are written from there."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from tools.numbering import count_anew, rewritten, write_numbers

README = """# Course

| Lesson | by hand |
| --- | --- |
| old | row |

See [02 Old](notebooks/losses.ipynb).
"""


def lesson(title: str, know: str = "nothing.", **course: str) -> nbformat.NotebookNode:
    cells = {
        "title": f"# 77 · {title}\n\nA promise.",
        "before-you-start": f"**Time:** about 40 minutes. **Know first:** {know}\n\nMore.",
        "map": "| Lessons | On trial |\n| --- | --- |\n| old | row |\n\nText.",
        "summary": "## Summary\n\n- One.\n\n**Next:** [somewhere](nowhere.ipynb)",
    }
    metadata = {"course": {"on_trial": f"whether {title.lower()}", **course}}
    return new_notebook(
        cells=[new_markdown_cell(source, id=name) for name, source in cells.items()], metadata=metadata
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a course of three lessons and an appendix, whose numbers are wrong in every place."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    first = "[lesson 05](00-start.ipynb#cell-id=map), [09](losses.ipynb). See [lesson 03](late.ipynb)."
    for name, notebook in {
        "00-start": lesson("Start", part="all of it"),
        "03-losses": lesson("Losses"),
        "03a-new": lesson("New", know=first),
        "appendix-sources": lesson("Sources", part="sources"),
    }.items():
        nbformat.write(notebook, notebooks / f"{name}.ipynb")
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    return tmp_path


def cells(root: Path, name: str) -> dict[str, str]:
    notebook = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    return {cell.id: cell.source for cell in notebook.cells}


def test_files_are_counted_in_their_order(root: Path):
    moves = count_anew(root / "notebooks")
    assert moves == [("03-losses.ipynb", "01-losses.ipynb"), ("03a-new.ipynb", "02-new.ipynb")]
    names = sorted(path.name for path in (root / "notebooks").iterdir())
    assert names == ["00-start.ipynb", "01-losses.ipynb", "02-new.ipynb", "appendix-sources.ipynb"]
    assert count_anew(root / "notebooks") == []


def test_lessons_that_change_places_keep_their_contents(root: Path):
    notebooks = root / "notebooks"
    count_anew(notebooks)
    (notebooks / "02-new.ipynb").rename(notebooks / "00a-new.ipynb")
    assert count_anew(notebooks) == [
        ("00a-new.ipynb", "01-new.ipynb"),
        ("01-losses.ipynb", "02-losses.ipynb"),
    ]
    assert cells(root, "01-new")["title"].startswith("# 77 · New")
    assert cells(root, "02-losses")["title"].startswith("# 77 · Losses")


def test_numbers_are_written_in_titles_links_tables_and_next_lines(root: Path):
    count_anew(root / "notebooks")
    write_numbers(root)
    new = cells(root, "02-new")
    assert new["title"].startswith("# 02 · New")
    assert "[lesson 00](00-start.ipynb#cell-id=map), [01](01-losses.ipynb)" in new["before-you-start"]
    assert "[lesson 03](late.ipynb)" in new["before-you-start"], "A file that is no lesson is left alone."
    assert new["summary"] == "## Summary\n\n- One.\n\n**Next:** [Sources](appendix-sources.ipynb)"
    assert cells(root, "appendix-sources")["summary"] == "## Summary\n\n- One."
    assert cells(root, "appendix-sources")["title"].startswith("# Sources"), "It has no number."
    assert cells(root, "00-start")["map"].startswith(
        "| Lessons | On trial |\n| --- | --- |\n| [00](00-start.ipynb) to [02](02-new.ipynb) | all of it |\n"
        "| [appendix](appendix-sources.ipynb) | sources |\n\nText."
    )
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert "| [01 Losses](notebooks/01-losses.ipynb) | whether losses | 40 | – |" in readme
    know = "[00](notebooks/00-start.ipynb), [01](notebooks/01-losses.ipynb)"
    assert f"| [02 New](notebooks/02-new.ipynb) | whether new | 40 | {know} |" in readme
    assert "row" not in readme
    assert "[01 Old](notebooks/01-losses.ipynb)" in readme


def test_a_second_time_changes_nothing(root: Path):
    count_anew(root / "notebooks")
    assert write_numbers(root)
    assert rewritten(root) == {}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("# 77 · New", "New", r"02-new.ipynb needs a cell `title`"),
        ("about 40 minutes", "some time", r"02-new.ipynb needs a cell `before-you-start`"),
        ('"id": "summary"', '"id": "ending"', r"02-new.ipynb needs a cell `summary`"),
        ('"on_trial"', '"nothing"', r"02-new.ipynb needs the metadata"),
    ],
)
def test_what_a_table_needs_is_asked_for(old: str, new: str, says: str, root: Path):
    count_anew(root / "notebooks")
    path = root / "notebooks" / "02-new.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        write_numbers(root)


def test_one_name_for_two_lessons_is_refused(root: Path):
    nbformat.write(lesson("Twice"), root / "notebooks" / "05-losses.ipynb")
    with pytest.raises(ValueError, match="holds losses twice"):
        count_anew(root / "notebooks")


def test_every_number_of_the_course_is_written_from_the_files():
    wrong = [path.name for path in rewritten()]
    assert not wrong, f"Numbers, links or tables are not right in {', '.join(wrong)}: run `make renumber`."
