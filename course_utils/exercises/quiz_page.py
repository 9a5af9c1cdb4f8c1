"""The quiz on the page: one question at a time, options to choose from, each answer noted at once."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets
from IPython.display import display

from course_utils.exercises.engine.rendering import RECORD_TYPE
from course_utils.exercises.quiz_questions import Question

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# The questions as text give way to the living quiz, and stay where no kernel runs: on code hosts, in slides.
STATIC_STYLE = """<style>
.jp-OutputArea-child:has(.quiz-static):has(+ .jp-OutputArea-child .quiz),
.jp-OutputArea-child:has(.quiz-static) + .jp-OutputArea-child:has(.jupyter-widgets):not(:has(.quiz))
{display: none}
</style>"""


class Quiz(Protocol):
    """What the page asks of a quiz, as `course_utils.exercises.quiz.Quiz` has it."""

    title: str
    rule: str
    questions: tuple[Question, ...]
    gives_feedback: bool

    def text(self) -> str:
        """Return the questions in Markdown."""

    def given(self) -> dict[str, dict[str, str]]:
        """Return what is answered already."""

    def answer(self, name: str, letter: str) -> dict[str, str]:
        """Note an answer, and return what becomes of it."""

    def records(self) -> list[dict[str, str | None]]:
        """Return what instructors read."""


class QuizPage(anywidget.AnyWidget):
    """A quiz to answer by buttons, or by the letters on them.

    Parameters
    ----------
    quiz : Quiz
        Its questions, and what becomes of an answer.
    """

    _esm = Path(__file__).with_name("quiz.js")
    _css = Path(__file__).with_name("quiz.css")
    title = traitlets.Unicode().tag(sync=True)
    rule = traitlets.Unicode().tag(sync=True)
    judges = traitlets.Bool().tag(sync=True)
    questions = traitlets.List().tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)  # by name of a question: its letter, and what is said of it
    reply = traitlets.List().tag(sync=True)  # the question that was answered last, and how many were

    def __init__(self, quiz: Quiz) -> None:
        questions = [
            {"name": one.name, "title": one.title, "prompt": one.prompt, "options": list(one.options.items())}
            for one in quiz.questions
        ]
        super().__init__(
            title=quiz.title[0].upper() + quiz.title[1:],
            rule=quiz.rule,
            judges=quiz.gives_feedback,
            questions=questions,
            answers=quiz.given(),
        )
        self._quiz = quiz
        self.on_msg(lambda widget, message, buffers: self.answer(**message))

    def answer(self, name: str, letter: str) -> None:
        """Note the answer that the page sent, and say what becomes of it."""
        with self.hold_sync():
            self.answers = self.answers | {name: self._quiz.answer(name, letter)}
            self.reply = [name, self.reply[1] + 1 if self.reply else 1]
        display(self._still(), raw=True, display_id=self.model_id, update=True)

    def _still(self) -> dict[str, Any]:
        """Return the quiz as text, folded, with what instructors read of the answers."""
        head = f"{self.title}: {len(self.answers)} of {len(self.questions)} answered"
        lines = [f"<p>{html.escape(head)}. Run this cell to answer.</p>", "<details>"]
        lines.append("<summary>The questions</summary>")
        for number, question in enumerate(self.questions, start=1):
            lines.append(f"<p><strong>{number}.</strong> {_inline(question['prompt'])}</p><ul>")
            lines += [f"<li><b>{letter}</b>: {_inline(text)}</li>" for letter, text in question["options"]]
            lines.append("</ul>")
        text = f'<div class="quiz-static">{"".join(lines)}</details></div>{STATIC_STYLE}'
        bundle = {"text/plain": f"{head}.\n\n{self._quiz.text()}", "text/html": text}
        records = self._quiz.records()
        return bundle | ({RECORD_TYPE: {"quiz": records}} if self.answers else {})

    def _ipython_display_(self) -> None:
        """Show the quiz as text and the living one; only one of them is seen."""
        display(self._still(), raw=True, display_id=self.model_id)
        view = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        display({WIDGET_VIEW: view}, raw=True)


def _inline(text: str) -> str:
    """Escape a line for HTML and set what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
