"""An exercise: a task that checks an answer by its behaviour, gives hints, and shows a solution."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from course_utils.exercises.engine.judging import Judgement, judge
from course_utils.exercises.engine.record import remember
from course_utils.exercises.engine.rendering import Code, Fold, Panel
from course_utils.exercises.engine.task import Task


@dataclass(frozen=True, repr=False)
class Exercise(Task):
    """A task that a student can answer; `Task` names its attributes.

    Examples
    --------
    >>> from course_utils.exercises.engine import Misconception
    >>> area = Exercise(
    ...     name="area", lesson="softmax-attention", title="A square", kind="prediction",
    ...     prompt="What is the area of a square with side 3?", starter="area = ...", reference=lambda: 9,
    ...     misconceptions=(Misconception("perimeter", lambda: 12, "You went round it. What is inside?"),),
    ...     hints=("How many unit squares fit in?",), solution_code="area = 3 * 3", why="Rows of 3, 3 times.",
    ...     notice="Twice the side, four times the area.",
    ... )
    >>> area.check(12)
    ◆ A well-known slip: area
      You went round it. What is inside?
      For a hint: `area.hint()`.
    >>> area.check(...).status
    'not attempted'
    """

    _hint_counter: Iterator[int] = field(
        default_factory=lambda: itertools.count(1), init=False, compare=False
    )

    def check(self, answer: object) -> Panel:
        """Compare an answer with the reference and with every misconception, by behaviour. Nothing is raised.

        Parameters
        ----------
        answer : object
            The student's function, module or value. It works on copies of the cases.

        Returns
        -------
        Panel
            `status` is "not attempted", "correct", "misconception", "wrong" or "raised"; `record` is what
            instructors read. The notebook shows it when it is the last line of a cell.
        """
        try:
            judgement = judge(self, answer)
        except Exception as problem:  # an answer that cannot even be looked at
            sentence = f"This answer cannot be read: looking at it stopped with {type(problem).__name__}."
            judgement = Judgement("raised", (sentence,))
        remember(self.key, judgement.status)
        record = {
            "exercise": self.key,
            "outcome": judgement.status,
            "misconception": judgement.misconception,
        }
        return Panel(judgement.status, self.name, judgement.body + self._folded(judgement.status), record)

    def _folded(self, status: str) -> tuple[Fold, ...]:
        """Return each hint folded into the one before it, the solution into the last; once right, the solution."""
        if status == "not attempted":
            return ()
        if status == "correct":
            predicted = self.kind == "prediction"  # its code is what the student has just written
            return (Fold("Why", (self.why,)) if predicted else Fold("One way to write it", self._solution),)
        fold = Fold("Solution", self._solution)
        for number in range(len(self.hints), 0, -1):
            fold = Fold(f"Hint {number} of {len(self.hints)}", (self.hints[number - 1], fold))
        return (fold._replace(text=f"For a hint: `{self.name}.hint()`."),)

    def hint(self) -> Panel:
        """Show one hint more at each call, from a question to a pointer to the line."""
        count = min(next(self._hint_counter), len(self.hints))
        shown = [f"{number}. {hint}" for number, hint in enumerate(self.hints[:count], start=1)]
        if count == len(self.hints):
            shown.append(f"That was the last hint; `{self.name}.solution()` shows one way.")
        return Panel("hint", f"{self.name}, {count} of {len(self.hints)}", tuple(shown))

    def solution(self) -> Panel:
        """Show one right answer, and why it is right."""
        return Panel("solution", self.name, self._solution)

    @property
    def _solution(self) -> tuple[Code, str]:
        return Code(self.solution_code.strip("\n")), self.why

    def __repr__(self) -> str:
        return f"Exercise {self.key}: {self.title} ({self.kind})"

    def _repr_markdown_(self) -> str:
        options = "".join(f"\n- **{letter}**: {text}" for letter, text in self.options.items())
        return f"**{self.title}** ({self.kind})\n\n{self.prompt.strip()}\n{options}"
