"""Lesson numbers, written from the names of the files wherever one stands: titles, links, tables of lessons.

A lesson's number is the prefix of its file. To put a lesson behind another, name its file `03a-name.ipynb`;
to move one, rename it. `make renumber` then counts the files anew (00, 01, 02 …) and writes the numbers.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from course_utils.lessons import Lesson, find_lessons
from tools.checks import read_notebook
from tools.exercise_cells import name_of

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/*.md")
LINK = re.compile(
    r"\[([^\][]*)\]\(((?:\.\./)?(?:notebooks/)?)(?:\d\d[a-z]?-)?([a-z][a-z0-9-]*)\.ipynb(#[^)]*)?\)"
)
NUMBER = re.compile(r"^((?:[Ll]esson )?)\d\d\b")
TABLE = re.compile(r"^\| Lesson \|.*\n(?:\|.*(?:\n|\Z))+", re.MULTILINE)
PARTS = re.compile(r"^\| Lessons \|.*\n(?:\|.*(?:\n|\Z))+", re.MULTILINE)
NEXT = re.compile(r"\n*^\*\*Next:\*\*.*\n?", re.MULTILINE)


class Facts(NamedTuple):
    """What tables and links tell of a lesson, as its own notebook has it."""

    lesson: Lesson
    title: str
    minutes: str
    on_trial: str
    part: str
    know_first: tuple[str, ...]

    def link(self, folder: str = "") -> str:
        """Return a link with number and title."""
        return f"[{self.lesson.number} {self.title}]({folder}{self.lesson.path.name})".replace("[ ", "[")

    def short_link(self, folder: str = "") -> str:
        """Return a link with the number alone, or the first word of a name without one."""
        return (
            f"[{self.lesson.number or self.lesson.name.partition('-')[0]}]({folder}{self.lesson.path.name})"
        )


def count_anew(folder: Path) -> list[tuple[str, str]]:
    """Rename the numbered lessons of a folder to 00, 01, 02 … in their order; return old and new names."""
    numbered = [lesson for lesson in find_lessons(folder) if lesson.number]
    wanted = [lesson.path.with_name(f"{i:02}-{lesson.name}.ipynb") for i, lesson in enumerate(numbered)]
    moves = [(one.path, path) for one, path in zip(numbered, wanted, strict=True) if one.path != path]
    for old, new in moves:  # first aside, because a new name may be another's old one
        old.rename(new.with_suffix(".moving"))
    for _, new in moves:
        new.with_suffix(".moving").rename(new)
    return [(old.name, new.name) for old, new in moves]


def facts_of(lesson: Lesson, notebook: NotebookNode) -> Facts:
    """Read what tables tell of a lesson.

    Raises
    ------
    ValueError
        If the notebook does not say it, naming the cell or metadata that should.
    """
    cells = {name_of(cell): cell.source for cell in notebook.cells}
    start = cells.get("before-you-start", "")
    title = re.match(r"# (?:\d\d · )?(.+)", cells.get("title", ""))
    minutes = re.search(r"\*\*Time:\*\* about (\d+) minutes", start)
    course = notebook.metadata.get("course", {})
    for found, what in (
        (title, "a cell `title` that begins with `# `"),
        ("summary" in cells, "a cell `summary`, which ends with the line **Next:**"),
        (minutes, "a cell `before-you-start` with the words `**Time:** about 40 minutes`"),
        (course.get("on_trial"), 'the metadata `"course": {"on_trial": "what is on trial"}`'),
    ):
        if not found:
            raise ValueError(f"{lesson.path.name} needs {what}.")
    know = re.search(r"\*\*Know first:\*\* (.*?)(?:\.\s|\.?$)", start, re.MULTILINE)
    names = [name for _, _, name, _ in LINK.findall(know[1])] if know else []
    return Facts(
        lesson, title[1], minutes[1], course["on_trial"], course.get("part", ""), tuple(dict.fromkeys(names))
    )


def write_links(text: str, lessons: Iterable[Lesson]) -> str:
    """Give each link to a lesson the file's present name, and its words the present number.

    >>> lessons = [Lesson("04", "loss", Path("04-loss.ipynb"))]
    >>> write_links("See [lesson 03](03-loss.ipynb), [03 Losses](notebooks/loss.ipynb#x).", lessons)
    'See [lesson 04](04-loss.ipynb), [04 Losses](notebooks/04-loss.ipynb#x).'
    """
    known = {lesson.name: lesson for lesson in lessons}

    def write(found: re.Match) -> str:
        words, folder, name, place = found.groups(default="")
        if name not in known:
            return found[0]
        words = NUMBER.sub(lambda number: number[1] + known[name].number, words)
        return f"[{words}]({folder}{known[name].path.name}{place})"

    return LINK.sub(write, text)


def table_of_lessons(course: list[Facts], folder: str = "") -> str:
    """Write the table of all lessons, as README and the first lesson show it."""
    by_name = {facts.lesson.name: facts for facts in course}
    rows = ["| Lesson | What is on trial | Minutes | Know first |", "| --- | --- | --- | --- |"]
    for facts in course:
        know = [by_name[name].short_link(folder) for name in facts.know_first if name in by_name]
        cells = (facts.link(folder), facts.on_trial, facts.minutes, ", ".join(know) or "–")
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def table_of_parts(course: list[Facts]) -> str:
    """Write the table of the course's parts: a lesson whose metadata name a `part` opens one."""
    starts = [i for i, facts in enumerate(course) if facts.part]
    rows = ["| Lessons | On trial |", "| --- | --- |"]
    for start, end in pairwise([*starts, len(course)]):
        first, last = course[start], course[end - 1]
        links = first.short_link() if first is last else f"{first.short_link()} to {last.short_link()}"
        rows.append(f"| {links} | {first.part} |")
    return "\n".join(rows)


def write_tables(text: str, course: list[Facts], folder: str = "") -> str:
    """Replace the tables of lessons and of parts in a text."""
    for pattern, table in ((TABLE, table_of_lessons(course, folder)), (PARTS, table_of_parts(course))):
        text = pattern.sub(lambda found, table=table: table + "\n" * found[0].endswith("\n"), text)
    return text


def write_notebook(notebook: NotebookNode, own: Facts, course: list[Facts]) -> None:
    """Write title, links, tables and the line **Next:** of one lesson."""
    place = course.index(own)
    following = course[place + 1].link() if place + 1 < len(course) else ""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        cell.source = write_tables(write_links(cell.source, [facts.lesson for facts in course]), course)
        name = name_of(cell)
        if name == "title":
            number = f"{own.lesson.number} · " if own.lesson.number else ""
            cell.source = re.sub(r"^# (?:\d\d · )?", f"# {number}", cell.source)
        if name == "summary":
            ending = f"\n\n**Next:** {following}" if following else ""
            cell.source = NEXT.sub("", cell.source).rstrip() + ending


def rewritten(root: Path = ROOT) -> dict[Path, str]:
    """Return the new text of each notebook and page in which a number, link or table is not right."""
    lessons = find_lessons(root / "notebooks")
    notebooks = [read_notebook(lesson.path) for lesson in lessons]
    course = [facts_of(lesson, notebook) for lesson, notebook in zip(lessons, notebooks, strict=True)]
    new = {}
    for facts, notebook in zip(course, notebooks, strict=True):
        write_notebook(notebook, facts, course)
        new[facts.lesson.path] = nbformat.writes(notebook) + "\n"
    for path in (path for pattern in PAGES for path in sorted(root.glob(pattern))):
        folder = "notebooks/" if path.parent == root else "../notebooks/"
        new[path] = write_tables(write_links(path.read_text(encoding="utf-8"), lessons), course, folder)
    return {path: text for path, text in new.items() if text != path.read_text(encoding="utf-8")}


def write_numbers(root: Path = ROOT) -> list[Path]:
    """Write every number, link and table that is not right; return the files changed."""
    changed = rewritten(root)
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")
    return list(changed)
