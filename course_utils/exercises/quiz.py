"""The quiz before and after the course: twelve concepts, asked twice with different numbers.

A lesson shows `before.text()`, takes letters in a dictionary and runs `before.check(letters)`; after the last
lesson it does the same with `after`, and `show_change()` draws what changed. Every wrong option is a
misconception that an exercise of the course recognises under the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.pyplot as plt

from course_utils.exercises import quiz_questions as ask
from course_utils.exercises.engine.record import read_record, remember
from course_utils.exercises.engine.rendering import LOOKS, Panel
from course_utils.exercises.quiz_questions import Question, Verdict
from course_utils.plots import show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTHING_YET = "Write your letters over the dots in the cell above, run it, then run this one."
NOTED = (
    "Your answers are noted; the first one to each question counts. The lessons will tell which are "
    "right. Near the end of the course the questions come back with other numbers, and you will see what has changed."
)
SHORT = {"correct": "right", "misconception": "a slip", "not attempted": "open"}


@dataclass(frozen=True)
class Quiz:
    """Twelve questions, before or after the course.

    Attributes
    ----------
    moment : str
        "before" or "after".
    questions : tuple of Question
        One for each concept.
    gives_feedback : bool
        True after the course. Before it the answers are only noted, so that the lessons can surprise.

    Examples
    --------
    >>> before.check({"largest-score": "..."}).status
    'not attempted'
    """

    moment: str
    questions: tuple[Question, ...]
    gives_feedback: bool

    @property
    def title(self) -> str:
        """What the quiz is called in messages."""
        return f"the quiz {self.moment} the course"

    def key(self, question: Question) -> str:
        """Give a question's name in the record, such as "quiz_before.mask"."""
        return f"quiz_{self.moment}.{question.name}"

    def text(self) -> str:
        """Write the questions and their options in Markdown, as a lesson shows them.

        Returns
        -------
        str
            A heading, a question and a list of options for each concept.
        """
        return "\n\n".join(
            f"### {number}. {question.title}\n\n{question.prompt}\n\n"
            + "\n".join(f"- **{letter}**: {option}" for letter, option in question.options.items())
            for number, question in enumerate(self.questions, start=1)
        )

    def check(self, letters: Mapping[str, str]) -> Panel:
        """Note the answers; after the course also say which are right, and what helps where one is not.

        Parameters
        ----------
        letters : mapping
            Letters by the names of the questions. Placeholders and missing names count as not answered.

        Returns
        -------
        Panel
            `status` is "not attempted"; "wrong" if a name or a letter is unknown, and then nothing is noted;
            or "progress". `record` is what instructors read.
        """
        if complaints := self._complaints(letters):
            return Panel("wrong", self.title, complaints)
        verdicts = [question.judge(letters.get(question.name)) for question in self.questions]
        n_given = sum(verdict.outcome != "not attempted" for verdict in verdicts)
        if not n_given:
            return Panel("not attempted", self.title, (NOTHING_YET,))
        self._remember(verdicts)
        body = self._feedback(verdicts) if self.gives_feedback else (NOTED, *self._open(verdicts))
        title = f"{self.title}, {n_given} of {len(verdicts)} answered"
        return Panel("progress", title, body, {"quiz": self._records(verdicts)})

    def _complaints(self, letters: object) -> tuple[str, ...]:
        """Say which names and letters cannot be understood."""
        if not isinstance(letters, Mapping):
            return ("`check` needs the dictionary of the cell above: a letter for each name.",)
        names = {question.name for question in self.questions}
        unknown = [f"There is no question `{name}`." for name in letters if name not in names]
        verdicts = {question.name: question.judge(letters.get(question.name)) for question in self.questions}
        wrong = [
            f"`{name}`: {found.sentence}" for name, found in verdicts.items() if found.outcome == "wrong"
        ]
        return (*unknown, *wrong)

    def _remember(self, verdicts: list[Verdict]) -> None:
        noted = read_record()
        for question, verdict in zip(self.questions, verdicts, strict=True):
            if self.key(question) not in noted:
                remember(self.key(question), verdict.outcome)

    def _records(self, verdicts: list[Verdict]) -> list[dict[str, str | None]]:
        return [
            {
                "exercise": self.key(question),
                "outcome": verdict.outcome,
                "misconception": verdict.misconception,
            }
            for question, verdict in zip(self.questions, verdicts, strict=True)
        ]

    def _open(self, verdicts: list[Verdict]) -> tuple[str, ...]:
        pairs = zip(self.questions, verdicts, strict=True)
        names = [f"`{question.name}`" for question, verdict in pairs if verdict.outcome == "not attempted"]
        return (f"Still open: {', '.join(names)}.",) if names else ()

    def _feedback(self, verdicts: list[Verdict]) -> tuple[str, ...]:
        n_right = sum(verdict.outcome == "correct" for verdict in verdicts)
        lines = [
            f"{LOOKS[verdict.outcome].sign} {question.title} ({SHORT[verdict.outcome]}): {verdict.sentence}"
            for question, verdict in zip(self.questions, verdicts, strict=True)
        ]
        return (f"Right: {n_right} of {len(verdicts)}.", *lines)


before = Quiz(
    moment="before",
    gives_feedback=False,
    questions=(
        ask.largest_score(scores=(1, 2, 4)),
        ask.one_key(query=(2, 1), key=(1, 3), value=(4, 6)),
        ask.weights_and_output(scores=(0, 2), values=(8, 4)),
        ask.mask(scores=(2, 2, 2), hidden=2),
        ask.scaling(query=(1, 2, 0, 1), key=(2, 1, 3, 2)),
        ask.additive_score(query=0.5, key=1, vector=2),
        ask.cross_entropy(probabilities=(0.1, 0.25, 0.65), true_class=1),
        ask.gradient(probabilities=(0.7, 0.2, 0.1), true_class=0),
        ask.descent_step(parameter=5, gradient=2, learning_rate=0.1),
        ask.backward(parameter=3, gradient=0.5, learning_rate=0.2),
        ask.one_score(scores=(1, 3)),
        ask.even_attention(height=32, width=16),
    ),
)

after = Quiz(
    moment="after",
    gives_feedback=True,
    questions=(
        ask.largest_score(scores=(2, 5, 4)),
        ask.one_key(query=(3, 1), key=(1, -1), value=(5, 2)),
        ask.weights_and_output(scores=(1, 0), values=(2, 10)),
        ask.mask(scores=(3, 1, 3), hidden=1),
        ask.scaling(query=(2, 0, 1, 3), key=(1, 5, 2, 2)),
        ask.additive_score(query=1, key=-0.4, vector=3),
        ask.cross_entropy(probabilities=(0.5, 0.3, 0.2), true_class=0),
        ask.gradient(probabilities=(0.2, 0.3, 0.5), true_class=1),
        ask.descent_step(parameter=1, gradient=-4, learning_rate=0.05),
        ask.backward(parameter=-1, gradient=2, learning_rate=0.1),
        ask.one_score(scores=(0, -2, 4)),
        ask.even_attention(height=24, width=48),
    ),
)


class Change(NamedTuple):
    """A concept, and its outcomes before and after the course: keys of `SHORT`."""

    concept: str
    before: str
    after: str


def show_change() -> Panel | None:
    """Draw for each concept whether the first answer was right, before and after the course.

    Returns
    -------
    Panel or None
        None when the picture is shown; a message when one of the quizzes has not been answered yet.
    """
    outcomes = {quiz.moment: _noted(quiz) for quiz in (before, after)}
    for quiz in (before, after):
        if set(outcomes[quiz.moment]) == {"not attempted"}:
            sentence = f"There is nothing to compare yet: {quiz.title} has not been answered."
            return Panel("not attempted", "what has changed", (sentence,))
    titles = [question.title for question in before.questions]
    changes = [Change(*row) for row in zip(titles, *outcomes.values(), strict=True)]
    show(_picture(changes), alt=_describe(changes), caption="One row for each concept. First answers count.")
    return None


def _noted(quiz: Quiz) -> list[str]:
    """Read the outcomes of a quiz; what the record cannot mean counts as not attempted."""
    record = read_record()
    outcomes = [record.get(quiz.key(question)) for question in quiz.questions]
    return [outcome if outcome in SHORT else "not attempted" for outcome in outcomes]


def _picture(changes: list[Change]) -> "Figure":
    fig, ax = plt.subplots(figsize=(7.5, 5.6))
    for row, change in enumerate(changes):
        for column, outcome in enumerate((change.before, change.after)):
            look = LOOKS[outcome]
            box = {"boxstyle": "round", "facecolor": "white", "edgecolor": look.colour, "linewidth": 2}
            ax.text(column, row, f"{look.sign} {SHORT[outcome]}", ha="center", va="center", size=11, bbox=box)
    n_before, n_after = _count_right(changes)
    ax.set_xticks([0, 1], [f"before: {n_before} right", f"after: {n_after} right"])
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(changes)), [change.concept for change in changes])
    ax.set(xlim=(-0.5, 1.5), ylim=(len(changes) - 0.5, -0.5))
    ax.grid(False)
    return fig


def _describe(changes: list[Change]) -> str:
    """Say in words what the picture shows."""
    kinds = {
        "newly right": (False, True),
        "right both times": (True, True),
        "right only before": (True, False),
        "right neither time": (False, False),
    }
    rights = {change.concept: (change.before == "correct", change.after == "correct") for change in changes}
    parts = [
        f"{kind}: {', '.join(name.lower() for name, right in rights.items() if right == wanted) or 'none'}"
        for kind, wanted in kinds.items()
    ]
    n_before, n_after = _count_right(changes)
    return (
        f"Quiz of {len(changes)} concepts: {n_before} right before, {n_after} after. "
        + "; ".join(parts).capitalize()
        + "."
    )


def _count_right(changes: list[Change]) -> tuple[int, int]:
    return (
        sum(change.before == "correct" for change in changes),
        sum(change.after == "correct" for change in changes),
    )
