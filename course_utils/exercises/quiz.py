"""The quiz before and after the course: twelve concepts, asked twice with different numbers.

The first lesson shows `before.ask()`, a later one `after.ask()` and `show_change()`, which draws what changed.
Scripts, and who would rather type, give letters in a dictionary: `before.check({"mask": "b"})`. Every wrong
option is a misconception that an exercise of the course recognises under the same name.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.pyplot as plt

from course_utils.exercises import quiz_questions as ask
from course_utils.exercises.engine.record import read_record, remember
from course_utils.exercises.engine.rendering import LOOKS, Panel
from course_utils.exercises.engine.task import chosen_letter
from course_utils.exercises.quiz_questions import Question, Verdict
from course_utils.plots import show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from course_utils.exercises.quiz_page import QuizPage

NOTHING_YET = 'Give a letter for each question that you want to answer, such as {"mask": "b"}.'
SECONDS_TO_TAKE_BACK = 60
NOTED = (
    "Your answers are noted; the first one to each question counts. The lessons will tell which are "
    "right. Near the end of the course the questions come back with other numbers, and you will see what has changed."
)
NOTABLE = ("correct", "misconception")  # outcomes of an answer that is one of the letters
SHORT = {"correct": "right", "misconception": "a slip", "not attempted": "open"}


class Given(NamedTuple):
    """An answer of this session: its letter, and when it was first given, on a clock that only rises."""

    letter: str
    time: float


_given: dict[str, Given] = {}  # by the question's name in the record


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

    @property
    def rule(self) -> str:
        """Which answer counts, as the page says it."""
        if self.gives_feedback:
            return "Your first answer to each question that is judged counts; try others to learn."
        return f"Your first answer counts. For {SECONDS_TO_TAKE_BACK} seconds you can take it back: choose another."

    def ask(self) -> "QuizPage":
        """Show one question at a time, with buttons to answer; each answer is noted at once.

        Returns
        -------
        QuizPage
            A widget; as the last line of a cell it is shown.

        Examples
        --------
        >>> before.ask().questions[3]["options"][3]
        ('d', '0.5, 0.5, 0')
        """
        from course_utils.exercises.quiz_page import QuizPage  # late: progress() reads this module too

        return QuizPage(self)

    def text(self) -> str:
        """Write the questions and their options in Markdown.

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
            `status` is "not attempted" or "progress". Of a name or a letter that is unknown a sentence tells,
            and the others are noted all the same. `record` is what instructors read.
        """
        complaints = self._complaints(letters)
        chosen = letters if isinstance(letters, Mapping) else {}
        judged = {question: question.judge(chosen.get(question.name)) for question in self.questions}
        for question, verdict in judged.items():
            if verdict.outcome in NOTABLE:
                self._note(question, chosen[question.name])
            else:
                judged[question] = Verdict("not attempted", "Not answered.")
        verdicts = list(judged.values())
        n_given = sum(verdict.outcome in NOTABLE for verdict in verdicts)
        if not n_given:
            return Panel("not attempted", self.title, complaints or (NOTHING_YET,))
        body = self._feedback(verdicts) if self.gives_feedback else (NOTED, *self._open(verdicts))
        title = f"{self.title}, {n_given} of {len(verdicts)} answered"
        return Panel("progress", title, (*complaints, *body), {"quiz": self._records(verdicts)})

    def answer(self, name: str, letter: str) -> dict[str, str]:
        """Note one answer, and say what becomes of it.

        Parameters
        ----------
        name : str
            The question's name.
        letter : str
            The option chosen.

        Returns
        -------
        dict
            "letter", the one to show as chosen, and "said", a sentence.

        Raises
        ------
        ValueError
            If there is no such question, or no such option.
        """
        question = next((one for one in self.questions if one.name == name), None)
        if question is None or letter not in question.options:
            raise ValueError(
                f"name and letter are {name!r} and {letter!r}; expected a question and an option."
            )
        counts = self._note(question, letter)
        if self.gives_feedback:
            verdict = question.judge(letter)
            look = LOOKS[verdict.outcome]
            first = "" if counts else " (Your first answer counts.)"
            return {"letter": letter, "said": f"{look.sign} {look.words}. {verdict.sentence}{first}"}
        if counts:
            return {"letter": letter, "said": f"Noted: {letter}."}
        return {"letter": self._letter(question), "said": "Your first answer counts; this one is not noted."}

    def given(self) -> dict[str, dict[str, str]]:
        """Return what is answered already, by question, as `answer` does; no letter if it was another day."""
        record = read_record()
        said = "You answered this question before, and that answer counts; it is not shown again."
        noted = [question for question in self.questions if record.get(self.key(question)) in NOTABLE]
        return {question.name: {"letter": self._letter(question), "said": said} for question in noted}

    def records(self) -> list[dict[str, str | None]]:
        """Return the outcome of each question, as instructors read it."""
        record = read_record()
        verdicts = []
        for question in self.questions:
            outcome = record.get(self.key(question), "not attempted")
            known = question.judge(self._letter(question))
            verdicts.append(known if known.outcome == outcome else Verdict(outcome, ""))
        return self._records(verdicts)

    def _letter(self, question: Question) -> str:
        """Return the letter given in this session, "" if there is none."""
        return _given[self.key(question)].letter if self.key(question) in _given else ""

    def _note(self, question: Question, answer: str) -> bool:
        """Note an answer if it is the first, or takes it back in time; return whether it counts."""
        key, now, letter = self.key(question), time.monotonic(), chosen_letter(answer, question.options)
        first = _given.get(key)
        if key not in read_record():
            first = Given(letter, now)
        elif first is None or (self.gives_feedback or now - first.time > SECONDS_TO_TAKE_BACK):
            return first is not None and first.letter == letter
        _given[key] = Given(letter, first.time)
        remember(key, question.judge(letter).outcome, replace=True)
        return True

    def _complaints(self, letters: object) -> tuple[str, ...]:
        """Say which names and letters cannot be understood."""
        if not isinstance(letters, Mapping):
            return ("`check` needs a dictionary: a letter for each name.",)
        names = {question.name for question in self.questions}
        unknown = [f"There is no question `{name}`." for name in letters if name not in names]
        verdicts = {question.name: question.judge(letters.get(question.name)) for question in self.questions}
        wrong = [
            f"`{name}`: {found.sentence}" for name, found in verdicts.items() if found.outcome == "wrong"
        ]
        return (*unknown, *wrong)

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
