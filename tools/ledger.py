"""How the ledger (`claims.csv`), the bibliography (`references.bib`) and the lessons must agree.

As in `checks.py`, each check yields one sentence for each thing that the author should mend.
"""

import ast
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from course_utils.lessons import read_name
from tools.checks import ROOT, Lesson, faulty_identifiers, prose, sanitized, texts
from tools.quotations import MARKS, SEPARATOR, SHORTEST, SPARED, mark, quotations

OURS = ["id", "claim", "verdict", "right", "lesson", "cell", "sources", "shown"]
THEIRS = ["line", "quote", "translation"]  # where and how the article says it; empty for an addition
COLUMNS = [*OURS, *THEIRS, "repeats"]  # the last: the first claim with the same fault, if it is not this one
VERDICTS = ("CORRECT", "WRONG", "MISLEADING", "UNVERIFIABLE", "NOT FOUND", "ADDITION")
FAULTS = ("WRONG", "MISLEADING", "UNVERIFIABLE")  # what a later claim can repeat
LAST_CLAIM = 152  # none of those numbered so far may be lost
COMPUTED = "computed"  # the source of what a lesson computes
REASONED = "reasoned"  # the source of a verdict that is an argument in the lesson's text
KEY = r"[A-Za-z]{2,}\d{2}[a-z]?"  # what a key of the bibliography looks like, if it is not a known one

# Titles that the article names and nobody found: the appendix and the ledger's rows about them may name them.
NOT_FOUND = {
    "C115": "注意力机制导论",
    "C117": "edX",  # the course that it is said to offer has the title of a real one
    "C119": "A Theoretical Framework for Attention and Memory in Recurrent Neural Networks",
    "C121": "注意力机制：深度学习的核心技术",
    "C122": "大脑计算：注意力机制与认知计算",
    "C123": "Visual Attention Driven by Recurrent Neural Networks",
    "C124": "Attention-Based Neural Networks for Speech Recognition",
}
NOT_FOUND_NUMBER = "1705.01406"  # the arXiv number that the article gives to C119
APPENDIX = "appendix"  # how the name of the one lesson begins that may name them

# Hedges, and what a translation has in their place: a statement is judged with them.
HEDGES = {
    "可以": r"\bcan\b",
    "可能": r"\bmay\b",
    "包括": r"\binclud",
    "等[。，；、等任疾方损优多]|等$": r"etc\.|such|others",
    "常": r"common|often|usual",
}
NO_STUDY = r"(?i)\bno\b[^.;:]*\b(study|studies|trial|trials)\b|\bnot measured\b"

Row = dict[str, str]


class Entry(NamedTuple):
    """One entry of the bibliography."""

    key: str
    fields: dict[str, str]


class Docstring(NamedTuple):
    """A docstring of the package: where it stands, and its text."""

    place: str
    text: str


class Course(NamedTuple):
    """The parts that must agree: lessons, rows of the ledger, entries of the bibliography, docstrings.

    `others` are texts that must not name a reference nobody found: the package's files, README and the like.
    `wanted` are the ids that need a row, `marks` those of the article's lines.
    """

    lessons: list[Lesson]
    rows: list[Row]
    entries: list[Entry]
    docstrings: list[Docstring] = []  # noqa: RUF012
    others: dict[str, str] = {}  # noqa: RUF012
    wanted: frozenset[str] = frozenset()
    marks: list[str] = []  # noqa: RUF012

    @classmethod
    def read(cls, root: Path = ROOT) -> "Course":
        """Read the course from its folder."""
        lessons = [Lesson.read(path) for path in sorted((root / "notebooks").glob("*.ipynb"))]
        rows = read_ledger((root / "claims.csv").read_text(encoding="utf-8"))
        entries = read_bibliography((root / "references.bib").read_text(encoding="utf-8"))
        modules = sorted((root / "course_utils").rglob("*.py"))
        files = [
            *modules,
            root / "references.bib",
            *root.glob("*.md"),
            *root.glob("docs/*.md"),
            *root.glob("speaker_notes/*.yaml"),
        ]
        others = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in files}
        docstrings = [docstring for path in modules for docstring in docstrings_of(path, root)]
        wanted = frozenset(f"C{number:03}" for number in range(1, LAST_CLAIM + 1))
        marks = MARKS.read_text(encoding="utf-8").splitlines()
        return cls(lessons, rows, entries, docstrings, others, wanted, marks)

    def rows_of(self, lesson: Lesson) -> list[Row]:
        """Return the rows that name a lesson."""
        return [row for row in self.rows if row["lesson"] == read_name(lesson.path).name]


def read_ledger(text: str) -> list[Row]:
    """Read the rows of the ledger.

    Raises
    ------
    ValueError
        If a row has other columns than the ledger's.
    """
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    if rows[:1] != [COLUMNS]:
        raise ValueError(f"The first row of claims.csv should name its columns: {','.join(COLUMNS)}.")
    for row in rows:
        if len(row) != len(COLUMNS):
            raise ValueError(
                f"The row {row[0]} of claims.csv has {len(row)} columns in place of {len(COLUMNS)}. "
                f"Are texts that hold a comma in quotes?"
            )
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]]


def docstrings_of(path: Path, root: Path) -> Iterator[Docstring]:
    """Yield the docstrings of a module, its classes and its functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            name = getattr(node, "name", "")
            yield Docstring(f"{path.relative_to(root)}:{name}".rstrip(":"), ast.get_docstring(node))


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
    return [part for part in parts if part in keys or re.fullmatch(KEY, part)]


def identifiers(text: str) -> list[str]:
    """Return the DOIs and arXiv numbers that a text names, in small letters.

    >>> identifiers("Oja (1982). doi:10.1007/BF00275687, and arXiv:1706.03762.")
    ['10.1007/bf00275687', '1706.03762']
    """
    found = re.findall(r"(?i:\bdoi:\s*|doi\.org/|\barxiv:\s*|arxiv\.org/abs/)([^\s\"'`,;\]]+)", text)
    return [unbracketed(name.rstrip(".:")).casefold() for name in found]


def unbracketed(name: str) -> str:
    """Take off a closing bracket that was not opened, and what follows it."""
    return name[: name.rindex(")")] if name.count(")") > name.count("(") else name


def keys_by_identifier(entries: list[Entry]) -> dict[str, str]:
    """Return the key of the entry that has a DOI or an arXiv number."""
    fields = [(entry.fields.get(name), entry.key) for entry in entries for name in ("doi", "eprint")]
    return {identifier.casefold(): key for identifier, key in fields if identifier}


def cited_in(docstring: str, course: "Course") -> set[str]:
    """Return the keys of what a docstring cites: in brackets, as [Goo16], or by DOI or arXiv number."""
    known = {entry.key for entry in course.entries}
    by_identifier = keys_by_identifier(course.entries)
    keys = {key for key in re.findall(r"\[(\w+)\]", docstring) if key in known}
    return keys | {by_identifier[name] for name in identifiers(docstring) if name in by_identifier}


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
        name = row["id"]
        if not re.fullmatch(r"C\d{3}", name):
            yield f"The id `{name}` in claims.csv should be C and three digits, as C001."
        if row["verdict"] not in VERDICTS:
            yield f"{name} has the verdict '{row['verdict']}'; it should be one of {', '.join(VERDICTS)}."
        for column in OURS:
            parts = row[column].split(SEPARATOR) if column in ("shown", "sources") else [row[column]]
            if not all(part.strip() for part in parts):
                yield f"{name} of claims.csv has an empty part in its column `{column}`. Fill it."
    for name, count in Counter(row["id"] for row in course.rows).items():
        if count > 1:
            yield f"{name} stands in {count} rows of claims.csv. Keep one."


def values_are_found(course: Course) -> Iterator[str]:
    """Find in each row's cell what it is to show: in what a code cell puts out, in what a text cell says."""
    for lesson in course.lessons:
        cells = {cell.id: cell for cell in lesson.notebook.cells}
        for row in course.rows_of(lesson):
            cell = cells.get(row["cell"])
            if cell is None:
                yield f"{row['id']} points to the cell `{row['cell']}`, which {lesson.path.name} has not."
                continue
            text = output_text(cell) if cell.cell_type == "code" else cell.source
            for value in row["shown"].split(SEPARATOR):
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
                place = f"{row['id']} of claims.csv"
                yield f"{place} has the sources `{row['sources']}`, but `{row['cell']}` is {kind} cell."


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
    """Keep no entry that no lesson and no docstring cites, nor the ledger names."""
    keys = {entry.key for entry in course.entries}
    cited = {source.strip() for row in course.rows for source in row["sources"].split(SEPARATOR)}
    for lesson in course.lessons:
        cited.update(*(citations(cell, keys) for cell in lesson.cells("markdown")))
    for docstring in course.docstrings:
        cited |= cited_in(docstring.text, course)
    for key in sorted(keys - cited):
        yield f"No lesson, docstring or row of the ledger cites [{key}]. Cite it or delete the entry."


def docstrings_cite_entries(course: Course) -> Iterator[str]:
    """Name in docstrings only works that the bibliography holds, by DOI, arXiv number or key."""
    by_identifier = keys_by_identifier(course.entries)
    known = {entry.key for entry in course.entries}
    for place, text in course.docstrings:
        for name in identifiers(text):
            if name not in by_identifier:
                yield f"{place} names {name}, which no entry of references.bib has. Add the entry."
        section = re.search(r"^References\n-+\n(.*?)(?=\n\n|\Z)", text, re.DOTALL | re.MULTILINE)
        # each year in the section opens one work; its identifier or key follows before the next
        for work in re.split(r"(?=\(\d{4}\))", section[1])[1:] if section else []:
            if not identifiers(work) and not {*re.findall(r"\[(\w+)\]", work)} & known:
                yield f"{place} cites a work of {work[:6]} without DOI, arXiv number or [Key]. Add one."


def entries_differ(course: Course) -> Iterator[str]:
    """Give each work one entry: no two with the same DOI or arXiv number."""
    for field in ("doi", "eprint"):
        names = [entry.fields[field].casefold() for entry in course.entries if field in entry.fields]
        for name in sorted({name for name in names if names.count(name) > 1}):
            keys = [entry.key for entry in course.entries if entry.fields.get(field, "").casefold() == name]
            yield f"The entries {' and '.join(keys)} are one work, {name}. Keep one key."


def works_not_found_stay_in_the_appendix(course: Course) -> Iterator[str]:
    """Name the references that nobody found in the appendix alone, and in the ledger's rows about them."""
    names = "|".join(map(re.escape, [*NOT_FOUND.values(), NOT_FOUND_NUMBER]))
    texts = dict(course.others)
    for lesson in course.lessons:
        if not lesson.path.name.startswith(APPENDIX):
            texts[lesson.path.name] = "\n".join(cell.source for cell in lesson.notebook.cells)
    for row in course.rows:
        if row["id"] not in NOT_FOUND:
            texts[f"{row['id']} of claims.csv"] = " ".join(row.values())
    for place, text in texts.items():
        for name in set(re.findall(rf"(?i)(?<![A-Za-z])(?:{names})(?![A-Za-z])", " ".join(text.split()))):
            yield f"{place} names “{name}”, a reference that nobody found. Leave it to the appendix."


def every_claim_is_judged(course: Course) -> Iterator[str]:
    """Hold a row for each claim numbered so far, and judge each in a lesson that exists."""
    known = {row["id"] for row in course.rows}
    for name in sorted(course.wanted - known):
        yield f"{name} has no row in claims.csv. Give it a lesson, a cell and a verdict."
    judged = {row["id"] for lesson in course.lessons for row in course.rows_of(lesson)}
    for name in sorted(known - judged):
        yield f"{name} of claims.csv names no lesson that exists. Write a name as in notebooks/."
    for row in course.rows:
        if (row["verdict"] == "NOT FOUND") != (row["id"] in NOT_FOUND):
            yield f"{row['id']} is {row['verdict']}; NOT_FOUND in tools/ledger.py disagrees."


def quotations_stand_in_the_article(course: Course) -> Iterator[str]:
    """Give each claim of the article its words, where they stand, and their translation."""
    for row in course.rows:
        name, given = row["id"], [column for column in THEIRS if row[column].strip()]
        if row["verdict"] == "ADDITION":
            if given:
                yield f"{name} is ours; empty its column `{given[0]}`."
        elif given != THEIRS:
            had = ", ".join(given) or "none"
            yield f"{name} is the article's and needs {', '.join(THEIRS)}; it has {had}."
        elif len(row["line"].split(SEPARATOR)) != len(row["quote"].split(SEPARATOR)):
            yield f"{name} has not as many lines as quotations. Part both by ` ; `."
        else:
            for number, quote in quotations(row):
                line = course.marks[number - 1] if 0 < number <= len(course.marks) else ""
                if len(quote) < SHORTEST or mark(quote) not in line:
                    yield f"{name} quotes what line {number} does not say, or too little of it: {quote}"


def every_sentence_is_judged(course: Course) -> Iterator[str]:
    """Quote each sentence of the article in a row, or say in `SPARED` why not."""
    judged = {number for row in course.rows for number, _ in quotations(row)}
    for number, line in enumerate(course.marks, start=1):
        if line.startswith("+") and number not in judged and number not in SPARED:
            yield f"Line {number} of the article is quoted by no row of claims.csv. Judge it."


def the_standard_is_kept(course: Course) -> Iterator[str]:
    """Keep what of the written standard a program can see: hedges, no proof by absence, one fault once."""
    rows = {row["id"]: row for row in course.rows}
    for name, row in rows.items():
        quote = row["quote"].replace(SEPARATOR, "。")
        for hedge, said in HEDGES.items():
            if re.search(hedge, quote) and not re.search(said, row["translation"]):
                yield f"{name} quotes the hedge {hedge[:2]}, which its translation drops."
        if row["verdict"] == "WRONG" and re.search(NO_STUDY, row["right"]):
            yield f"{name} is WRONG because no study was found; that makes it UNVERIFIABLE."
        if row["verdict"] == "NOT FOUND" and not re.search(r"\bsearched\b|\bpage\b", row["right"]):
            yield f"{name} is NOT FOUND, but does not say where it was looked for."
        first = rows.get(row["repeats"])
        if row["repeats"] and (first is None or first["repeats"] or first["verdict"] not in FAULTS):
            yield f"{name} repeats {row['repeats']}, which is no first fault."
        if row["repeats"] and row["verdict"] not in FAULTS:
            yield f"{name} is {row['verdict']}, so it repeats no fault. Empty its column `repeats`."


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
    entries_differ,
    docstrings_cite_entries,
    works_not_found_stay_in_the_appendix,
    every_claim_is_judged,
    quotations_stand_in_the_article,
    every_sentence_is_judged,
    the_standard_is_kept,
)
