"""Explorer of the appendix: the ledger, searched by lesson, verdict and words; and its table as HTML."""

from __future__ import annotations

import csv
import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from course_utils.explorers.base import Choice, Explorer, Picture, Text, Told, new_figure
from course_utils.lessons import find_lessons
from course_utils.plots import PALETTE

VERDICTS = {
    "CORRECT": "green",
    "MISLEADING": "orange",
    "WRONG": "red",
    "UNVERIFIABLE": "sky",
    "NOT FOUND": "pink",
    "ADDITION": "blue",
}
ALL = "all"
SHOWN = 8  # rows that the readout lists
ASK = "Choose a lesson or a verdict, or type a word, and they are listed here."
LONGEST_CLAIM = 78  # characters of a claim in the readout
CHINESE = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+"

Row = dict[str, str]


def read_ledger(folder: str | Path | None = None) -> list[Row]:
    """Read the rows of claims.csv.

    Parameters
    ----------
    folder : str or Path, optional
        Where to look. Without it: the current folder, the one above it (lessons run in `notebooks`), and the
        folder that holds this package.

    Returns
    -------
    list of dict
        One dict per row, with the keys id, claim, verdict, right, lesson, cell, sources, shown, line, quote,
        translation and repeats.

    Raises
    ------
    FileNotFoundError
        If there is no claims.csv, with a sentence on what to do.

    Examples
    --------
    >>> read_ledger()[0]["id"]
    'C001'
    """
    here = Path.cwd()
    places = [Path(folder)] if folder else [here, here.parent, Path(__file__).resolve().parents[2]]
    for place in places:
        if (place / "claims.csv").is_file():
            with (place / "claims.csv").open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
    raise FileNotFoundError(
        "There is no claims.csv here. It lies in the folder above the lessons; open the appendix from the "
        "folder `notebooks` of the whole course."
    )


def search_ledger(
    rows: Sequence[Row], *, lesson: str = ALL, verdict: str = ALL, words: str = ""
) -> list[Row]:
    """Find the rows of one lesson, of one verdict, that hold all the words.

    Parameters
    ----------
    rows : sequence of dict
        Rows of the ledger, from `read_ledger`.
    lesson : str
        The name of a lesson, such as "softmax-attention"; "all" for any.
    verdict : str
        A verdict in capitals; "all" for any.
    words : str
        Words that a row must hold, each of them, in any of its columns; small and capital letters are alike.

    Returns
    -------
    list of dict
        The rows found, in their order.

    Examples
    --------
    >>> rows = [{"id": "C001", "claim": "Softmax ignores", "lesson": "softmax-x", "verdict": "WRONG"}]
    >>> len(search_ledger(rows, words="ignores SOFTMAX")), len(search_ledger(rows, verdict="CORRECT"))
    (1, 0)
    """
    wanted = words.casefold().split()
    return [
        row
        for row in rows
        if lesson in (ALL, row["lesson"])
        and verdict in (ALL, row["verdict"])
        and all(word in " ".join(row.values()).casefold() for word in wanted)
    ]


def as_html(text: str) -> str:
    """Write a text as HTML that says of its Chinese words that they are Chinese.

    Examples
    --------
    >>> as_html("1 < 2 (键)")
    '1 &lt; 2 (<span lang="zh">键</span>)'
    """
    return re.sub(CHINESE, r'<span lang="zh">\g<0></span>', html.escape(text))


def as_said(row: Row) -> str:
    """Write as HTML how the article says it: line and words of each quotation, and the translation.

    Examples
    --------
    >>> as_said({"line": "5", "quote": "大脑", "translation": "the brain"})
    '<br><small>line 5: <span lang="zh">大脑</span> “the brain”</small>'
    >>> as_said({"id": "C031"})  # an addition of ours
    ''
    """
    if not row.get("quote"):
        return ""
    pairs = zip(row["line"].split(" ; "), row["quote"].split(" ; "), strict=True)
    # in <code>, a page sets no formula
    told = [f"line {n}: " + (f"<code>{as_html(q)}</code>" if "\\" in q else as_html(q)) for n, q in pairs]
    return f"<br><small>{'; '.join(told)} “{as_html(row['translation'])}”</small>"


def ledger_table(rows: Sequence[Row]) -> str:
    """Write rows as an HTML table, each with the article's words and a link to the cell of its lesson.

    The links are relative, so they work from a notebook in the lessons' own folder: JupyterLab opens the
    lesson at the cell.

    Parameters
    ----------
    rows : sequence of dict
        Rows of the ledger, from `read_ledger`.

    Returns
    -------
    str
        A ``<table>`` with a caption, a header row, and one row per claim.

    Examples
    --------
    >>> row = {"id": "C001", "claim": "1 < 2", "verdict": "CORRECT", "right": "1 < 2.",
    ...        "lesson": "softmax-attention", "cell": "sum"}
    >>> "softmax-attention.ipynb#cell-id=sum" in ledger_table([row]), "1 &lt; 2" in ledger_table([row])
    (True, True)
    """
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("id", "claim", "verdict", "what is right", "lesson and cell")
    )
    files, lines = {lesson.name: lesson.path.name for lesson in find_lessons()}, []
    for row in rows:
        text = {name: as_html(value) for name, value in row.items()}
        file = files.get(row["lesson"], f"{row['lesson']}.ipynb")
        link = f'<a href="{file}#cell-id={text["cell"]}">{text["lesson"]}: {text["cell"]}</a>'
        again = f" (as {row['repeats']})" if row.get("repeats") else ""
        told = (text["claim"] + as_said(row), text["verdict"].lower() + again, text["right"], link)
        cells = "".join(f"<td>{words}</td>" for words in told)
        lines.append(f'<tr><th scope="row">{text["id"]}</th>{cells}</tr>')
    claims = f"{len(rows)} claim{'s' * (len(rows) != 1)}"
    caption = f"<caption>{claims}; each link opens the cell that settles the claim</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def describe_rows(rows: Sequence[Row]) -> str:
    """Write what was found in lines: a number, then a line for each of the first rows.

    Examples
    --------
    >>> row = {"id": "C001", "claim": "A claim", "verdict": "WRONG", "lesson": "loss-x", "cell": "sum"}
    >>> print(describe_rows([row]))
    1 claim found.
    C001 wrong: A claim (loss-x, sum)
    """
    lines = [f"{len(rows)} claim{'s' * (len(rows) != 1)} found."]
    for row in rows[:SHOWN]:
        claim = row["claim"]
        short = claim if len(claim) <= LONGEST_CLAIM else claim[: LONGEST_CLAIM - 1] + "…"
        place = f"{row['lesson']}, {row['cell']}"
        lines.append(f"{row['id']} {row['verdict'].lower()}: {short} ({place})")
    if len(rows) > SHOWN:
        lines.append(f"… and {len(rows) - SHOWN} more; add a word, or choose a lesson or a verdict.")
    return "\n".join(lines)


def count_verdicts(rows: Sequence[Row]) -> Counter[str]:
    """Return how many statements have each verdict; a claim that repeats a fault is not counted again.

    Examples
    --------
    >>> count_verdicts([{"verdict": "WRONG", "repeats": ""}, {"verdict": "WRONG", "repeats": "C002"},
    ...                 {"verdict": "ADDITION", "repeats": ""}])
    Counter({'WRONG': 1})
    """
    return Counter(row["verdict"] for row in rows if row["verdict"] != "ADDITION" and not row["repeats"])


class LedgerPicture(Picture):
    """A bar for each verdict: all rows in grey, those found in colour."""

    def __init__(self, figure: Figure, rows: Sequence[Row] | None = None) -> None:
        super().__init__(figure)
        self.rows = read_ledger() if rows is None else list(rows)
        axes = figure.subplots()
        whole = Counter(row["verdict"] for row in self.rows)
        places = range(len(VERDICTS))
        axes.barh(places, [whole[name] for name in VERDICTS], color="#e3e3e3", height=0.7)
        axes.set_yticks(places, [name.lower() for name in VERDICTS])
        axes.invert_yaxis()
        widest = max([*whole.values(), 1])
        axes.set(xlabel="claims", xlim=(0, 1.2 * widest), title="verdicts of what was found (grey: all)")
        axes.grid(axis="y", visible=False)
        self.bars = axes.barh(
            places, [0] * len(places), color=[PALETTE[c] for c in VERDICTS.values()], height=0.7
        )
        self.counts = [
            axes.text(whole[name] + 0.015 * widest, place, "", va="center")
            for place, name in enumerate(VERDICTS)
        ]
        for count in self.counts:
            count.set_in_layout(False)  # the axes stay where they are, however long the count
        self.whole = whole
        self.moving = [*self.bars, *self.counts]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show how many rows of each verdict were found."""
        rows = search_ledger(self.rows, **values)
        found = Counter(row["verdict"] for row in rows)
        for name, bar, count in zip(VERDICTS, self.bars, self.counts, strict=True):
            bar.set_width(found[name])
            count.set_text(f"{found[name]} of {self.whole[name]}")
        numbers = ", ".join(f"{name.lower()} {found[name]} of {self.whole[name]}" for name in VERDICTS)
        lesson, verdict, words = (values[name] for name in ("lesson", "verdict", "words"))
        asked = f"Lesson: {lesson}; verdict: {verdict.lower()}; words: {words or 'none'}."
        listed = describe_rows(rows) if len(rows) < len(self.rows) else f"{len(rows)} claims. {ASK}"
        return Told(alt=f"Bars of the claims found, by verdict. {asked} Found: {numbers}.", words=listed)


def ledger_explorer(rows: Sequence[Row] | None = None) -> Explorer:
    """Search the ledger of claims by lesson, verdict and words.

    Parameters
    ----------
    rows : sequence of dict, optional
        Rows of a ledger; those of claims.csv if not given.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Raises
    ------
    FileNotFoundError
        If there is no claims.csv, with a sentence on what to do.

    Examples
    --------
    >>> "claims. Choose a lesson or a verdict" in ledger_explorer().frame["words"]
    True
    """
    picture = LedgerPicture(new_figure(), rows)
    judged = {row["lesson"] for row in picture.rows}
    course = [lesson.name for lesson in find_lessons() if lesson.name in judged]
    lessons = [*course, *sorted(judged - set(course))]
    return Explorer(
        "Ledger explorer",
        [
            Choice("lesson", "Lesson", [(ALL, "all lessons"), *((name, name) for name in lessons)], ALL),
            Choice("verdict", "Verdict", [(ALL, "all verdicts"), *((v, v.lower()) for v in VERDICTS)], ALL),
            Text("words", "Words to find"),
        ],
        picture,
        caption="The ledger by verdict; the readout below it lists what was found.",
    )
