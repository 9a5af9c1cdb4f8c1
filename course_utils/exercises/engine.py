"""Exercises that know what went wrong: an exercise is data, and `check` compares behaviour with it."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from course_utils.exercises.judging import Judgement, judge
from course_utils.exercises.record import remember
from course_utils.exercises.rendering import Code, Panel

KINDS = ("prediction", "code", "repair")


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that people really give, and what helps whoever gave it.

    Attributes
    ----------
    name : str
        A readable name, such as "no-scale".
    answer : callable
        The wrong answer; for a prediction a function without arguments that computes it.
    sentence : str
        What the student reads: what was done, and what to think about.
    """

    name: str
    answer: Callable
    sentence: str


@dataclass(frozen=True, repr=False)
class Exercise:
    """One exercise, all of it data.

    Attributes
    ----------
    name : str
        A Python name, borne by the student's function or variable and by the exercise in its module.
    lesson, title : str
        The lesson's number, such as "01", and a short title.
    kind : str
        "prediction" (a value: number, array, choice), "code" or "repair" (a function or a module).
    prompt, starter : str
        The task in Markdown, and the cell that the student edits.
    reference : callable
        The right answer; for a prediction a function without arguments that computes it.
    misconceptions : tuple of Misconception
        Each is recognised by its behaviour on the cases.
    hints : tuple of str
        From a question to a pointer to the line.
    solution_code, why : str
        Code that a student could have written, and the reason for it.
    notice : str
        What to notice once it is right.
    cases : tuple of tuples
        The arguments of each call. A prediction has one case without arguments.
    options : mapping
        For a choice: the letters and what they stand for.
    measure : callable, optional
        Turns an answer and a case into what is compared; with it several answers can be right. The default
        calls a function and takes a value as it is.
    measure_name : str
        What `measure` gives, in words.
    tolerance : float
        Two numbers agree if they differ by at most tolerance · (1 + |expected|).
    seconds : float
        The longest that an answer may run on all cases.

    Examples
    --------
    >>> area = Exercise(
    ...     name="area", lesson="01", title="A square", kind="prediction",
    ...     prompt="What is the area of a square with side 3?", starter="area = ...", reference=lambda: 9,
    ...     misconceptions=(Misconception("perimeter", lambda: 12, "You went round it. What is inside?"),),
    ...     hints=("How many unit squares fit in?",), solution_code="area = 3 * 3", why="Rows of 3, 3 times.",
    ...     notice="Twice the side, four times the area.",
    ... )
    >>> area.check(12)
    ◆ A well-known slip: area
      You went round it. What is inside?
    >>> area.check(...).status
    'not attempted'
    """

    name: str
    lesson: str
    title: str
    kind: str
    prompt: str
    starter: str
    reference: Callable
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, ...]
    solution_code: str
    why: str
    notice: str
    cases: tuple[tuple, ...] = ((),)
    options: Mapping[str, str] = field(default_factory=dict)
    measure: Callable | None = None
    measure_name: str = "result"
    tolerance: float = 1e-5
    seconds: float = 4.0
    _hint_counter: Iterator[int] = field(
        default_factory=lambda: itertools.count(1), init=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"kind is {self.kind!r} in exercise {self.name!r}; expected one of {', '.join(KINDS)}."
            )
        if not self.name.isidentifier():
            raise ValueError(f"name is {self.name!r}; expected a Python name: the student's answer bears it.")

    @property
    def key(self) -> str:
        """The exercise's name in the whole course, such as "lesson_01.one_key"."""
        return f"lesson_{self.lesson}.{self.name}"

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
        return Panel(judgement.status, self.name, judgement.body, record)

    def hint(self) -> Panel:
        """Show one hint more at each call, from a question to a pointer to the line."""
        count = min(next(self._hint_counter), len(self.hints))
        shown = [f"{number}. {hint}" for number, hint in enumerate(self.hints[:count], start=1)]
        if count == len(self.hints):
            shown.append(f"That was the last hint; `{self.name}.solution()` shows one way.")
        return Panel("hint", f"{self.name}, {count} of {len(self.hints)}", tuple(shown))

    def solution(self) -> Panel:
        """Show one right answer, and why it is right."""
        return Panel("solution", self.name, (Code(self.solution_code.strip("\n")), self.why))

    def as_answer(self, function: Callable) -> object:
        """Turn the reference's or a misconception's function into what a student would have given."""
        return function() if self.kind == "prediction" else function

    def outcome_of(self, answer: object, *case: object) -> object:
        """Say what an answer leads to on one case: this is what is compared."""
        if self.measure is not None:
            return self.measure(answer, *case)
        if self.options:
            return str(answer).strip(" ().").lower()
        return answer if self.kind == "prediction" else answer(*case)

    def __repr__(self) -> str:
        return f"Exercise {self.key}: {self.title} ({self.kind})"

    def _repr_markdown_(self) -> str:
        options = "".join(f"\n- **{letter}**: {text}" for letter, text in self.options.items())
        return f"**{self.title}** ({self.kind})\n\n{self.prompt.strip()}\n{options}"
