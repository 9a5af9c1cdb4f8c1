"""How the ledger (`claims.csv`), the bibliography (`references.bib`) and the lessons must agree.

As in `checks.py`, each check yields one sentence for each thing that the author should mend.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from checks import ROOT, Lesson, faulty_identifiers, prose, sanitized, texts

COLUMNS = ["id", "claim", "verdict", "right_value", "lesson", "cell", "sources"]
VERDICTS = ("CORRECT", "WRONG", "MISLEADING", "UNVERIFIABLE", "FABRICATED REFERENCE", "ADDITION")
LAST_CLAIM = 135
SEPARATOR = " ; "  # between the parts of a right value, and between sources
COMPUTED = "computed"  # the source of what a lesson computes
REASONED = "reasoned"  # the source of a verdict that is an argument in the lesson's text

Row = dict[str, str]


class Entry(NamedTuple):
    """One entry of the bibliography."""

    key: str
    fields: dict[str, str]


class Course(NamedTuple):
    """The parts that must agree: lessons, rows of the ledger, entries of the bibliography."""

    lessons: list[Lesson]
    rows: list[Row]
    entries: list[Entry]

    @classmethod
    def read(cls, root: Path = ROOT) -> "Course":
        """Read the course from its folder."""
        lessons = [Lesson.read(path) for path in sorted((root / "notebooks").glob("*.ipynb"))]
        with (root / "claims.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return cls(lessons, rows, read_bibliography((root / "references.bib").read_text(encoding="utf-8")))

    def rows_of(self, lesson: Lesson) -> list[Row]:
        """Return the rows that name a lesson, by its number ("01") or its file's whole stem."""
        stem = lesson.path.stem
        return [row for row in self.rows if row["lesson"] in (stem, stem.partition("-")[0])]


def read_bibliography(text: str) -> list[Entry]:
    """Read the entries of a BibTeX file whose fields stand one a line, as `name = {value},`."""
    parts = re.split(r"^@(\w+)\{([^,\s]+),\s*$", text, flags=re.MULTILINE)
    field = re.compile(r"^\s*(\w+)\s*=\s*\{(.*)\},?\s*$", re.MULTILINE)
    entries = zip(parts[2::3], parts[3::3], strict=True)
    return [Entry(key, dict(field.findall(body))) for key, body in entries]


def citations(cell: NotebookNode, keys: set[str]) -> list[str]:
    """Return what a text cell cites in brackets, as [Vas17] or [Bah14; Luo15]."""
    brackets = re.findall(r"\[([^\[\]]+)\]", prose(cell))
    parts = [part.strip() for bracket in brackets for part in re.split("[,;]", bracket)]
    return [part for part in parts if part in keys or re.fullmatch(r"[A-Za-z]{2,}\d{2}[a-z]?", part)]


def output_text(cell: NotebookNode) -> str:
    """Return the text that a code cell puts out, with alt texts, without other tags of HTML."""
    text = "\n".join(sanitized(str(text.text)) for text in texts(cell))
    return unescape(re.sub(r"<(?!img)[^>]*>", " ", text))


def holds(text: str, value: str) -> bool:
    """Say whether a text holds a value whole: not within a longer number or word, nor with another sign.

    >>> holds("weights [0.25 0.75]", "0.25"), holds("loss -0.5108", "0.5108"), holds("12.5", "2.5")
    (True, False, False)
    """
    words = r"\s+".join(map(re.escape, value.split()))
    before = r"(?<![\w.])(?<!^[-−])(?<![^\w)][-−])" if value[:1].isalnum() else ""
    after = r"(?!\w)(?!\.\d)" if value[-1:].isalnum() else ""
    return bool(re.search(before + words + after, text))


def has_sound_rows(course: Course) -> Iterator[str]:
    """Give each row of the ledger its own id, a known verdict, and no empty column."""
    if not course.rows:
        yield "The ledger is empty. Write a row for each claim that a lesson puts on trial."
    for row in course.rows:
        name = row.get("id")
        if list(row) != COLUMNS:
            yield f"Row {name} of claims.csv has the columns {list(row)}; they should be {COLUMNS}."
            continue
        if not re.fullmatch(r"C\d{3}", name) or not 1 <= int(name[1:]) <= LAST_CLAIM:
            yield f"The id `{name}` should be one of C001 to C{LAST_CLAIM}."
        if row["verdict"] not in VERDICTS:
            yield f"{name} has the verdict '{row['verdict']}'; it should be one of {', '.join(VERDICTS)}."
        for column in COLUMNS:
            parts = row[column].split(SEPARATOR) if column in ("right_value", "sources") else [row[column]]
            if not all(part.strip() for part in parts):
                yield f"{name} has an empty part in its column `{column}`. Fill it."
    for name, count in Counter(row["id"] for row in course.rows).items():
        if count > 1:
            yield f"{name} stands in {count} rows of claims.csv. Keep one."


def values_are_found(course: Course) -> Iterator[str]:
    """Find each row's right value in its cell: in what a code cell puts out, in what a text cell says."""
    for lesson in course.lessons:
        cells = {cell.id: cell for cell in lesson.notebook.cells}
        for row in course.rows_of(lesson):
            cell = cells.get(row["cell"])
            if cell is None:
                yield f"{row['id']} points to the cell `{row['cell']}`, which {lesson.path.name} has not."
                continue
            text = output_text(cell) if cell.cell_type == "code" else cell.source
            for value in row["right_value"].split(SEPARATOR):
                if not holds(text, value):
                    place = f"cell `{cell.id}` of {lesson.path.name}"
                    yield f"{row['id']} promises `{value}`, which {place} does not show."


def computed_means_computed(course: Course) -> Iterator[str]:
    """Point to a code cell, and name the source "computed", or do neither."""
    for lesson in course.lessons:
        computing = {cell.id for cell in lesson.cells("code")}
        for row in course.rows_of(lesson):
            says_so = COMPUTED in row["sources"].split(SEPARATOR)
            if says_so != (row["cell"] in computing):
                kind = "a text" if says_so else "a code"
                yield f"{row['id']} has the sources `{row['sources']}`, but `{row['cell']}` is {kind} cell."


def lessons_and_ledger_agree(course: Course) -> Iterator[str]:
    """Judge once in each lesson the claims that the ledger gives it, as the ledger does; know every id."""
    known = {row["id"] for row in course.rows}
    for lesson in course.lessons:
        text = "\n".join(cell.source for cell in lesson.cells("markdown"))
        for row in course.rows_of(lesson):
            name, verdict = row["id"], row["verdict"]
            found = re.findall(rf"^\| \*\*{name}\*\* \|.*", text, re.MULTILINE)
            if len(found) != 1:
                yield f"{lesson.path.name} has {len(found)} table rows `| **{name}** | ...`; give it one."
            elif f"| {verdict} |".casefold() not in found[0].casefold():
                yield f"The ledger calls {name} {verdict}, but {lesson.path.name} says: {found[0]}"
        for name in sorted(set(re.findall(r"\bC\d{3}\b", text)) - known):
            yield f"{lesson.path.name} mentions {name}, which has no row in claims.csv."


def sources_are_known(course: Course) -> Iterator[str]:
    """Name as sources only entries of the bibliography, "computed" or "reasoned"."""
    known = {entry.key for entry in course.entries} | {COMPUTED, REASONED}
    for row in course.rows:
        for source in row["sources"].split(SEPARATOR):
            if source.strip() not in known:
                yield f"{row['id']} names the source `{source}`, which references.bib does not hold."


def citations_are_known(course: Course) -> Iterator[str]:
    """Cite only entries of the bibliography."""
    keys = {entry.key for entry in course.entries}
    for lesson in course.lessons:
        for cell in lesson.cells("markdown"):
            for key in sorted(set(citations(cell, keys)) - keys):
                yield f"{lesson.path.name} cites [{key}] in `{cell.id}`; references.bib does not hold it."


def entries_are_cited(course: Course) -> Iterator[str]:
    """Keep no entry that neither a lesson cites nor the ledger names."""
    keys = {entry.key for entry in course.entries}
    cited = {source.strip() for row in course.rows for source in row["sources"].split(SEPARATOR)}
    for lesson in course.lessons:
        cited.update(*(citations(cell, keys) for cell in lesson.cells("markdown")))
    for key in sorted(keys - cited):
        yield f"No lesson and no row of the ledger cites [{key}]. Cite it or delete the entry."


def entries_are_sound(course: Course) -> Iterator[str]:
    """Give each entry its own key, an author, a title, a year, and identifiers that could be one."""
    for key, count in Counter(entry.key for entry in course.entries).items():
        if count > 1:
            yield f"references.bib holds {count} entries with the key {key}. Keep one."
    for key, fields in course.entries:
        missing = [name for name in ("author", "title", "year") if not fields.get(name, "").strip()]
        if missing:
            yield f"The entry {key} has no {' and no '.join(missing)}."
        identifiers = f"doi:{fields['doi']}\n" if "doi" in fields else ""
        identifiers += f"arXiv:{fields.get('eprint', 'none')}" if "archiveprefix" in fields else ""
        for fault in faulty_identifiers(identifiers):
            yield f"The entry {key}: {fault}"


CHECKS: tuple[Callable[[Course], Iterator[str]], ...] = (
    has_sound_rows,
    values_are_found,
    computed_means_computed,
    lessons_and_ledger_agree,
    sources_are_known,
    citations_are_known,
    entries_are_cited,
    entries_are_sound,
)
