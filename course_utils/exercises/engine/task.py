"""What an exercise asks, all of it data: the task, its cases, the right answer, and known wrong ones."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

KINDS = ("prediction", "code", "repair")


def chosen_letter(answer: object, options: Mapping[str, str]) -> str:
    """Return the letter of the option that an answer means: written with signs around it, or in its words.

    Parameters
    ----------
    answer : object
        What a student wrote, such as "b", "(B)", "**b**" or the option's own words.
    options : mapping
        The letters, and what they stand for.

    Returns
    -------
    str
        A letter; anything else comes back in small letters.

    Examples
    --------
    >>> chosen_letter("**B**", {"a": "one", "b": "two"}), chosen_letter("two", {"a": "one", "b": "two"})
    ('b', 'b')
    """
    text = str(answer).strip().lower()
    words = {said.strip(" .").lower(): letter for letter, said in options.items()}
    begin = re.match(r"[\W_]*([a-z])[\W_]*(?:$|[:.)])", text)
    return begin[1] if begin else words.get(text.strip(" ."), text)


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
    also : tuple of callables
        Other answers that come from the same misunderstanding.
    """

    name: str
    answer: Callable
    sentence: str
    also: tuple[Callable, ...] = ()

    @property
    def answers(self) -> tuple[Callable, ...]:
        """All answers that show this misunderstanding."""
        return (self.answer, *self.also)


def slips_of(table: Mapping[str, tuple]) -> tuple[Misconception, ...]:
    """Make misconceptions of a table.

    Parameters
    ----------
    table : mapping
        For each name one wrong answer or several, and then the sentence.

    Returns
    -------
    tuple of Misconception

    Examples
    --------
    >>> [slip.sentence for slip in slips_of({"perimeter": (lambda: 12, "You went round it.")})]
    ['You went round it.']
    """
    return tuple(
        Misconception(name, answer, sentence, tuple(also))
        for name, (answer, *also, sentence) in table.items()
    )


@dataclass(frozen=True, repr=False)
class Task:
    """What is asked, and what tells right answers from wrong ones.

    Attributes
    ----------
    name : str
        A Python name, borne by the student's function or variable and by the exercise in its module.
    lesson, title : str
        The lesson's name, such as "softmax-attention", and a short title.
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
    digits : int, optional
        How many digits behind the point a prediction's prompt asks for: in place of the tolerance, answers
        and slips are recognised when rounded to them.
    seconds : float
        The longest that an answer may run on all cases.
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
    digits: int | None = None
    seconds: float = 4.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"kind is {self.kind!r} in exercise {self.name!r}; expected one of {', '.join(KINDS)}."
            )
        if not self.name.isidentifier():
            raise ValueError(f"name is {self.name!r}; expected a Python name: the student's answer bears it.")

    @property
    def key(self) -> str:
        """The exercise's name in the whole course, such as "softmax-attention.one_key"."""
        return f"{self.lesson}.{self.name}"

    def as_answer(self, function: Callable) -> object:
        """Turn the reference's or a misconception's function into what a student would have given."""
        return function() if self.kind == "prediction" else function

    def outcome_of(self, answer: object, *case: object) -> object:
        """Say what an answer leads to on one case: this is what is compared."""
        if self.measure is not None:
            return self.measure(answer, *case)
        if self.options:
            return chosen_letter(answer, self.options)
        return answer if self.kind == "prediction" else answer(*case)
