"""Decides what an answer is: empty, right, a known slip, wrong, or code that stops with an error."""

import contextlib
import copy
import inspect
import io
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import numpy as np

from course_utils.exercises.engine.compare import Difference, describe, first_difference, plain
from course_utils.exercises.engine.rendering import Code
from course_utils.exercises.engine.task import Task
from course_utils.exercises.engine.timeouts import Stopped, run_with_limit

PRINTED = 400  # characters of the student's own prints that are shown
LIBRARIES = (
    str(Path(__file__).parents[2]),
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("platlib"),
    "<frozen",
)
ADVICE = {  # what NumPy's messages do not say
    "truth value of an array": "`and`, `or`, `if` and `a < x < b` want one truth value. For arrays write "
    "`(a < x) & (x < b)`, each comparison in brackets, or `np.where`.",
    "'bitwise_and' not supported": "`&` binds more tightly than `<`: put each comparison in brackets.",
    "'bitwise_or' not supported": "`|` binds more tightly than `<`: put each comparison in brackets.",
    "could not infer output dtype": "`.mean()` wants numbers: `.float()` turns True and False into 1 and 0.",
    "must match the": "Look at the shapes, axis by axis: print `x.shape` before this line.",
    "contains nan; expected finite": "0 times infinity is NaN. `np.where` chooses without multiplying.",
    "contains inf; expected finite": "Plus infinity is no score: is a sign turned round?",
    "a single number; expected an array": "`@` of two rows is their dot product, one number. Shall every query meet "
    "every key? Then the scores are a table.",
    "mismatch in its core dimension": "Look at the shapes: `.T` turns all axes around, also those of a batch; "
    "`np.swapaxes(x, -1, -2)` only the last two.",
}
EMPTY = "Write your answer above, run that cell, then this one."
NOTHING_RETURNED = (
    "Your function gives nothing back yet. Write its body; if you have, does it end with a `return` line?"
)
FORM = (
    ValueError,
    RuntimeError,
    IndexError,
    TypeError,
)  # what numbers in another form than expected may raise
PERCENT = "Your result is a hundred times too large, as a percentage would be. Here a share is a number from 0 to 1."
SWAPPED = "These are the right results, in another order. Read once more which one comes first."
UNTOUCHED = "The code is still as it was. Find what is wrong, change it, and run this cell again."


class Judgement(NamedTuple):
    """An outcome, the misconception's name if it is a known one, and what to tell the student."""

    status: str
    body: tuple[str, ...]
    misconception: str | None = None


class Trial(NamedTuple):
    """What an answer did with one case: its result, or its error; and which arguments it changed."""

    value: object = None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed, however long it goes on."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, PRINTED - self.tell())])
        return len(text)


def judge(task: Task, answer: object) -> Judgement:
    """Run an answer on the cases and say what it is.

    Parameters
    ----------
    task : Task
        What was asked.
    answer : object
        What the student gave.

    Returns
    -------
    Judgement
        The outcome and its words.
    """
    if missing := _missing(answer):
        return Judgement("not attempted", (missing,))
    if _is_untouched(task, answer):
        return Judgement("not attempted", (UNTOUCHED,))
    if complaint := _wrong_kind(task, answer):
        return Judgement("wrong", (complaint,))
    printed = _Printed()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an overflow is judged by its result
        try:
            trials = run_with_limit(lambda: try_cases(task, answer), task.seconds)
        except TimeoutError as error:
            return Judgement("raised", (str(error), *_show_printed(printed)))
        judgement = _judge_trials(task, trials)
    return judgement._replace(body=judgement.body + _show_printed(printed))


def try_cases(task: Task, answer: object) -> list[Trial]:
    """Run an answer on copies of all cases.

    Parameters
    ----------
    task : Task
        What was asked.
    answer : object
        A function, a module or a value.

    Returns
    -------
    list of Trial
        One for each case.
    """
    return [_try_case(task, answer, case) for case in task.cases]


def behave_alike(
    trials: list[Trial], others: list[Trial], tolerance: float, digits: int | None = None
) -> bool:
    """Say whether two answers did the same on every case: equal results, or an error of one kind in both.

    Parameters
    ----------
    trials, others : list of Trial
        What each did. If all cases stopped with an error, nothing is known of what was computed.
    tolerance, digits : float, int
        As in `first_difference`.

    Returns
    -------
    bool
    """
    return any(trial.error is None for trial in trials) and all(
        _fail_alike(one.error, other.error)
        if one.error or other.error
        else first_difference(one.value, other.value, tolerance, digits) is None
        for one, other in zip(trials, others, strict=True)
    )


def _fail_alike(error: BaseException | None, other: BaseException | None) -> bool:
    """Say whether two errors come from the same fault: both from numbers in a wrong form, or of one type."""
    return (isinstance(error, FORM) and isinstance(other, FORM)) or type(error) is type(other)


def _judge_trials(task: Task, trials: list[Trial]) -> Judgement:
    if all(isinstance(trial.error, NotImplementedError) or _gave_nothing(trial) for trial in trials):
        return Judgement("not attempted", (NOTHING_RETURNED,))
    expected = try_cases(task, task.as_answer(task.reference))
    if behave_alike(trials, expected, task.tolerance, task.digits):
        changed = sorted({name for trial in trials for name in trial.changed})
        if not changed:
            return Judgement("correct", (task.notice,))
        return Judgement("wrong", (_changed_sentence(changed),), "changes-input")
    return (
        _known_slip(task, trials, expected, task.digits)
        or _coarse(task, trials, expected)
        or _first_failure(task, trials, expected)
    )


def _known_slip(
    task: Task, trials: list[Trial], expected: list[Trial], digits: int | None
) -> Judgement | None:
    """Judge an answer that did what a known wrong one does."""
    for name, sentence, known in _wrong_trials(task, expected):
        if behave_alike(trials, known, task.tolerance, digits):
            return Judgement("misconception", (sentence,), name)
    return None


def _wrong_trials(task: Task, expected: list[Trial]) -> Iterator[tuple[str, str, list[Trial]]]:
    """Yield the name, the sentence and the trials of each wrong answer: the task's own, and any task's."""
    for slip in task.misconceptions:
        for answer in slip.answers:
            yield slip.name, slip.sentence, try_cases(task, task.as_answer(answer))
    for name, sentence, change in GENERAL:
        values = [change(trial.value) for trial in expected]
        if any(value is not None for value in values):
            yield (
                name,
                sentence,
                [
                    trial if value is None else trial._replace(value=value)
                    for trial, value in zip(expected, values, strict=True)
                ],
            )


def _reversed(value: object) -> object:
    """Return several results in the opposite order."""
    return value[::-1] if isinstance(value, tuple) else None


def _as_percent(value: object) -> object:
    """Return numbers from 0 to 1 times a hundred."""
    if isinstance(value, tuple):
        return tuple(map(_as_percent, value)) if all(np.ndim(item) == 0 for item in value) else None
    array = np.asarray(value)
    share = array.dtype.kind in "iuf" and array.size and array.min() >= 0 and 0 < array.max() <= 1
    return 100 * array if share else None


GENERAL = (  # slips that any exercise may meet: name, sentence, and what they make of a right result
    ("results-swapped", SWAPPED, _reversed),
    ("percent-for-share", PERCENT, _as_percent),
)


def _coarse(task: Task, trials: list[Trial], expected: list[Trial]) -> Judgement | None:
    """Judge a prediction that is rounded to fewer digits than were asked for, or to a wrong last digit."""
    (trial,), asked = trials if len(trials) == 1 else (None,), task.digits
    if asked is None or trial is None or trial.error is not None:
        return None
    for digits in range(asked - 1, 0, -1):
        if first_difference(trial.value, _rounded(trial.value, digits), 1e-12):
            break
        if behave_alike(trials, expected, task.tolerance, digits):
            said = f"Right to {_count(digits)}; {asked} are asked."
            return Judgement("wrong", (said,))
        if judgement := _known_slip(task, trials, expected, digits):
            return judgement
    # within one unit of the last digit: cut off, or rounded on the way
    if first_difference(trial.value, expected[0].value, 0, asked - np.log10(2)) is None:
        said = "Nearly: the last digit is off. Keep more digits on the way, and round once, at the end."
        return Judgement("wrong", (said,))
    return None


def _rounded(value: object, digits: int) -> object:
    if isinstance(value, tuple):
        return tuple(_rounded(item, digits) for item in value)
    return np.round(value, digits) if np.asarray(value).dtype.kind in "iuf" else value


def _count(digits: int) -> str:
    return f"{digits} digit" + "s" * (digits > 1) + " behind the point"


def _first_failure(task: Task, trials: list[Trial], expected: list[Trial]) -> Judgement:
    """Describe the first case on which the answer differs from the reference."""
    tries = enumerate(zip(task.cases, trials, expected, strict=True), start=1)
    for number, (case, trial, wanted) in tries:
        place = _describe_case(task, number, case)
        if trial.error and task.kind == "prediction":
            return Judgement(
                "wrong", (f"Your answer has another form than asked: `{task.starter.strip()}`.",)
            )
        if trial.error:
            return Judgement("raised", (*place, *_describe_error(trial.error)))
        difference = first_difference(trial.value, wanted.value, task.tolerance, task.digits)
        if difference:
            break
    got = (
        f"Got, as {task.measure_name}:" if task.measure else "Got:",
        Code(describe(difference.got)),
    )
    if task.options:
        return Judgement("wrong", (f"Choose one of {', '.join(task.options)}.",))
    if task.kind == "prediction":  # the right numbers stay hidden: the student predicts again
        return Judgement("wrong", (*got, _nudge(difference)))
    want = ("Expected:", Code(describe(difference.expected)))
    changed = (_changed_sentence(sorted(trial.changed)),) if trial.changed else ()
    return Judgement("wrong", (*place, *want, *got, difference.sentence, *changed))


def _try_case(task: Task, answer: object, case: tuple) -> Trial:
    arguments = copy.deepcopy(case)
    try:
        value = plain(task.outcome_of(_copy(answer), *arguments))
    except Stopped:
        raise
    except BaseException as error:
        if isinstance(error, TypeError | ValueError | AttributeError) and "torch" in sys.modules:
            with contextlib.suppress(Exception):  # the answer may be written for tensors
                return Trial(plain(task.outcome_of(_copy(answer), *_as_tensors(case))))
        return Trial(error=error)
    names = inspect.signature(task.reference).parameters
    pairs = zip(names, arguments, case, strict=False)
    return Trial(value, changed=tuple(name for name, now, before in pairs if _has_changed(now, before)))


def _copy(answer: object) -> object:
    """Copy the answer, so that running it leaves the student's own as it was."""
    try:
        return copy.deepcopy(answer)
    except Exception:
        return answer


def _as_tensors(case: tuple) -> tuple:
    torch = sys.modules["torch"]
    return tuple(torch.tensor(item) if isinstance(item, np.ndarray) else item for item in case)


def _has_changed(now: object, before: object) -> bool:
    return isinstance(before, np.ndarray) and not (
        now.shape == before.shape and np.array_equal(now, before, equal_nan=before.dtype.kind == "f")
    )


def _is_empty(value: object) -> bool:
    """Say whether a value is a placeholder."""
    if isinstance(value, list | tuple):
        return any(_is_empty(item) for item in value)
    return value is None or value is ... or (isinstance(value, str) and value.strip() in ("", "..."))


def _missing(value: object) -> str:
    """Say what is still a placeholder: all of it, or one of several things."""
    if not isinstance(value, list | tuple) or not _is_empty(value):
        return EMPTY if _is_empty(value) else ""
    empty = [number for number, item in enumerate(value, start=1) if _is_empty(item)]
    if len(empty) in (0, len(value)):
        return EMPTY
    return f"Number {empty[0]} of {len(value)} is still missing. Write it, run that cell, then this one."


def _gave_nothing(trial: Trial) -> bool:
    """Say whether nothing at all came back; one empty result among others is a wrong answer."""
    value = trial.value
    several = isinstance(value, tuple) and value
    return trial.error is None and (all(map(_is_empty, value)) if several else _is_empty(value))


def _is_untouched(task: Task, answer: object) -> bool:
    """Say whether a function to repair is still the starter's: their compiled code is compared."""
    code = getattr(answer, "__code__", None)
    if task.kind != "repair" or code is None:
        return False
    codes = [
        item for item in compile(task.starter, "<starter>", "exec").co_consts if isinstance(item, CodeType)
    ]
    return any(_instructions(code) == _instructions(item) for item in codes if item.co_name == task.name)


def _instructions(code: CodeType) -> tuple:
    constants = [_instructions(item) if isinstance(item, CodeType) else repr(item) for item in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, constants


def _wrong_kind(task: Task, answer: object) -> str:
    """Say what is wrong when a function stands for a value, or a value for a function."""
    if task.kind == "prediction" and callable(answer):
        return f"A value is expected here, and you gave a function: `{task.name} = ...`, then check it."
    if task.kind != "prediction" and not callable(answer):
        return f"`check` needs the function itself: write `check({task.name})`, without calling it."
    return ""


def _describe_case(task: Task, number: int, case: tuple) -> tuple[str, ...]:
    if not case:
        return ()
    names = inspect.signature(task.reference).parameters
    arguments = ", ".join(f"{name} {_brief(value)}" for name, value in zip(names, case, strict=False))
    return (f"The first case that fails is {number} of {len(task.cases)}: {arguments}.",)


def _brief(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"of shape {value.shape}"
    return f"`{getattr(value, '__name__', value)}`"


def _describe_error(error: BaseException) -> tuple[str, ...]:
    """Give the student's own line and the message, without the frames of this package and of libraries."""
    try:
        message = str(error)[:300]
    except Exception:
        message = ""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(LIBRARIES) and "-packages" not in frame.filename
    ]
    advice = tuple(said for part, said in ADVICE.items() if part in message)
    line = (Code(f"line {frames[-1].lineno}: {frames[-1].line}".rstrip(": ")),) if frames else ()
    return (*line, f"{type(error).__name__}: {message}".rstrip(": "), *advice)


def _nudge(difference: Difference) -> str:
    """Help with a wrong prediction without giving the answer away."""
    got = np.asarray(difference.got)
    if (
        difference.in_form
        and np.shape(difference.expected) == ()
        and got.size == 1
        and got.dtype.kind in "iuf"
    ):
        return "One value is expected, without brackets around it."
    if difference.in_form:
        return difference.sentence
    if np.shape(difference.got) == () and difference.expected.dtype.kind in "biuf":
        return "That is too large." if difference.got > difference.expected else "That is too small."
    return "Work it out step by step; a hint may help."


def _changed_sentence(names: list[str]) -> str:
    listed = " and ".join(f"`{name}`" for name in names)
    return (
        f"Your function changes what it is given: {listed}. Whoever called it would find other numbers there "
        f"afterwards. Work on a copy, `{names[0]} = {names[0]}.copy()`, or make a new array, as `np.where` and "
        f"`{names[0]} + 1` do."
    )


def _show_printed(printed: _Printed) -> tuple[str, ...]:
    text = printed.getvalue().rstrip()
    more = "\n…" if printed.tell() >= PRINTED else ""
    return ("Your code printed:", Code(text + more)) if text else ()
