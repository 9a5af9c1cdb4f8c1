"""What a student sees after check, hint, solution and progress: one panel, as rich HTML and as plain text."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

RECORD_TYPE = "application/vnd.attention-on-trial.check+json"


class Look(NamedTuple):
    """How a kind of panel is told apart: by sign, words and colour, never by colour alone."""

    sign: str
    words: str
    colour: str


SUMMARY_STYLE = "cursor: pointer; width: fit-content; color: var(--jp-content-link-color, #0072B2)"

LOOKS = {  # colours from Okabe & Ito's palette, which colour-blind readers can tell apart
    "not attempted": Look("○", "Not attempted yet", "#999999"),
    "correct": Look("✔", "Correct", "#009E73"),
    "misconception": Look("◆", "A well-known slip", "#E69F00"),
    "wrong": Look("✘", "Not right yet", "#D55E00"),
    "raised": Look("⚠", "Your code stopped before the end", "#CC79A7"),
    "hint": Look("?", "Hint", "#56B4E9"),
    "solution": Look("★", "Solution", "#0072B2"),
    "progress": Look("▶", "Your progress", "#0072B2"),
}


class Code(str):
    """Text that is shown letter for letter, in a fixed-width font."""

    __slots__ = ()


class Bar(NamedTuple):
    """How much of a lesson is done."""

    label: str
    done: int
    total: int
    note: str


class Fold(NamedTuple):
    """What stays folded on a page until the reader opens it; `text` stands for it where nothing folds."""

    words: str
    body: tuple
    text: str = ""


@dataclass(frozen=True)
class Panel:
    """A message that a notebook shows as HTML, and a terminal as text.

    Attributes
    ----------
    status : str
        A key of `LOOKS`; for a check it is the outcome.
    title : str
        What the message is about.
    body : tuple of str, Code, Bar and Fold
        Paragraphs, code and bars, in order; folds come last. `Backticks` in a paragraph mark code.
    record : mapping
        What `check` leaves for instructors in the notebook; empty in other panels.

    Examples
    --------
    >>> Panel("correct", "scaled_scores", ("Notice the shape.",))
    ✔ Correct: scaled_scores
      Notice the shape.
    """

    status: str
    title: str
    body: tuple = ()
    record: Mapping[str, object] = field(default_factory=dict)

    def __repr__(self) -> str:
        look = LOOKS[self.status]
        lines = [f"{look.sign} {look.words}: {self.title}"]
        for part in self.body:
            indent = "    " if isinstance(part, Code) else "  "
            lines += [f"{indent}{line}".rstrip() for line in _as_text(part).splitlines()]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        bundle = {"text/plain": repr(self), "text/html": self._as_html()}
        return bundle | ({RECORD_TYPE: dict(self.record)} if self.record else {})

    def _as_html(self) -> str:
        look = LOOKS[self.status]
        head = f'<span aria-hidden="true">{look.sign}</span> {look.words}: {_inline(self.title)}'
        body = "".join(_part_as_html(part) for part in self.body if not isinstance(part, Fold))
        said = f"<p><strong>{head}</strong></p>{body}"
        style = f"border-left: 0.4em solid {look.colour}; padding: 0.2em 1em; margin: 0.3em 0"
        folds = "".join(_part_as_html(part) for part in self.body if isinstance(part, Fold))
        if not folds:
            return f'<div role="status" style="{style}">{said}</div>'
        return f'<div style="{style}"><div role="status">{said}</div>{folds}</div>'


def _as_text(part: str | Bar | Fold) -> str:
    if isinstance(part, Fold):
        return part.text
    if isinstance(part, Bar):
        filled = round(10 * part.done / part.total) if part.total else 0
        return f"{part.label}  {'█' * filled}{'░' * (10 - filled)}  {part.done} of {part.total}{part.note}"
    return str(part)


def _part_as_html(part: str | Bar | Fold) -> str:
    if isinstance(part, Fold):
        body = "".join(map(_part_as_html, part.body))
        summary = f'<summary style="{SUMMARY_STYLE}">{_inline(part.words)}</summary>'
        return f'<details style="margin: 0.3em 0">{summary}{body}</details>'
    if isinstance(part, Bar):
        label = html.escape(part.label)
        bar = f'<progress max="{part.total}" value="{part.done}" aria-label="{label}"></progress>'
        return f"<p>{label} {bar} {part.done} of {part.total}{_inline(part.note)}</p>"
    if isinstance(part, Code):
        style = "font-family: monospace; white-space: pre-wrap; margin: 0.3em 0 0.9em 1.5em"
        return f'<pre style="{style}">{html.escape(part)}</pre>'
    return f"<p>{_inline(part)}</p>"


def _inline(text: str) -> str:
    """Escape a paragraph for HTML and set what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
