"""What `check`, `hint` and `solution` do with answers of every kind, good and bad."""

import _thread
import json
import sys
import threading
import time
import traceback
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

from course_utils.attention import softmax
from course_utils.exercises import Exercise, Misconception
from course_utils.exercises.engine.rendering import LOOKS, RECORD_TYPE

CASES = ((np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]]), 2.0), (np.array([[0.5, -1.0, 2.0]]), 3.0))
STARTER = """
def row_sums(numbers, factor):
    return numbers.sum(axis=0) * factor
"""


def row_sums(numbers, factor):
    return numbers.sum(axis=1) * factor


def exercise(**changes):
    """Make an exercise on row sums, with other data where a test asks for them."""
    data = {
        "name": "row_sums",
        "lesson": "softmax-attention",
        "title": "Row sums",
        "kind": "code",
        "prompt": "Sum each row.",
        "starter": "def row_sums(numbers, factor): ...",
        "reference": row_sums,
        "misconceptions": (
            Misconception("wrong-axis", lambda numbers, factor: numbers.sum(axis=0) * factor, "Columns."),
            Misconception("no-factor", lambda numbers, factor: numbers.sum(axis=1), "Multiply."),
        ),
        "hints": ("Which axis?", "The last."),
        "solution_code": "def row_sums(numbers, factor):\n    return numbers.sum(axis=1) * factor",
        "why": "Axis 1 runs along a row.",
        "notice": "One number for each row.",
        "cases": CASES,
        "seconds": 60.0,
    }
    return Exercise(**(data | changes))


def prediction(value=2.5, **changes):
    data = {
        "kind": "prediction",
        "reference": lambda: value,
        "cases": ((),),
        "misconceptions": (),
        "tolerance": 1e-2,
    }
    return exercise(**(data | changes))


@pytest.fixture(autouse=True)
def _own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))


def only_docstring(numbers, factor):
    """Nothing here."""


def not_implemented(numbers, factor):
    raise NotImplementedError


@pytest.mark.parametrize(
    "answer",
    [
        None,
        ...,
        only_docstring,
        not_implemented,
        lambda numbers, factor: ...,
        lambda numbers, factor: None,
        lambda numbers, factor: (None, None),
    ],
)
def test_empty_function_is_not_attempted(answer):
    assert exercise().check(answer).status == "not attempted"


@pytest.mark.parametrize("answer", [None, ..., "", " ... ", [..., ...], [[1.0, ...], [..., ...]], (None,)])
def test_empty_value_is_not_attempted(answer):
    assert prediction().check(answer).status == "not attempted"


def test_forgotten_return_is_mentioned():
    assert "return" in repr(exercise().check(only_docstring))


def compiled(source, name="row_sums"):
    namespace = {"np": np}
    exec(source, namespace)
    return namespace[name]


def test_repair_is_not_attempted_until_the_code_changes():
    repair = exercise(kind="repair", starter=STARTER)
    assert repair.check(compiled(STARTER)).status == "not attempted"
    assert repair.check(compiled(STARTER + "    # a comment changes nothing\n")).status == "not attempted"
    assert repair.check(compiled(STARTER.replace("axis=0", "axis=1"))).status == "correct"
    assert repair.check(compiled(STARTER.replace("return ", "total = ") + "    return total\n")).record == {
        "exercise": "softmax-attention.row_sums",
        "outcome": "misconception",
        "misconception": "wrong-axis",
    }


def loops(numbers, factor):
    sums = []
    for row in numbers:
        total = 0.0
        for number in row:
            total += number * factor
        sums.append(total)
    return sums


@pytest.mark.parametrize(
    "answer",
    [
        row_sums,
        loops,
        lambda numbers, factor: tuple(loops(numbers, factor)),
        lambda numbers, factor: np.einsum("ij->i", numbers) * factor,
        lambda numbers, factor: row_sums(numbers.astype(np.float32), factor),
        lambda numbers, factor: (
            torch.tensor(numbers, dtype=torch.float32, requires_grad=True).sum(dim=1) * factor
        ),
        lambda numbers, factor: [torch.tensor(total) for total in loops(numbers, factor)],
        lambda numbers, factor: torch.sum(numbers, dim=-1) * factor,  # written for tensors only
        lambda numbers, factor: numbers.sum(dim=1).mul(factor),
    ],
)
def test_right_answers_pass_in_every_style(answer):
    outcome = exercise().check(answer)
    assert outcome.status == "correct", outcome
    assert "One number for each row." in repr(outcome)


def test_module_is_an_answer_and_stays_as_it_was():
    class Sums(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = torch.nn.BatchNorm1d(1, affine=False)

        def forward(self, numbers, factor):
            self.norm(torch.as_tensor(numbers, dtype=torch.float32)[:1, :1].repeat(2, 1))
            return torch.as_tensor(numbers).sum(dim=1) * factor

    module = Sums()
    assert exercise().check(module).status == "correct"
    assert module.norm.num_batches_tracked == 0


@pytest.mark.parametrize(
    "answer",
    [2.5, 2.503, np.float32(2.5), np.array(2.5), torch.tensor(2.5), Fraction(5, 2), Decimal("2.5"), 5 / 2],
)
def test_right_numbers_pass(answer):
    assert prediction().check(answer).status == "correct"


def test_misconceptions_are_recognised_by_behaviour():
    outcome = exercise().check(lambda numbers, factor: [factor * column.sum() for column in numbers.T])
    assert outcome.status == "misconception"
    assert outcome.record["misconception"] == "wrong-axis"
    assert "Columns." in repr(outcome)


def test_misconception_may_stop_with_an_error_on_some_cases():
    def broken(numbers, factor):
        if numbers.shape == (1, 3):
            raise ValueError("no")
        return numbers[:, 0]

    known = exercise(misconceptions=(Misconception("half-broken", broken, "Half."),))
    assert (
        known.check(lambda numbers, factor: broken(numbers + 0, factor)).record["misconception"]
        == "half-broken"
    )
    assert known.check(lambda numbers, factor: numbers[:, 0]).status == "wrong"


def test_wrong_answer_shows_the_first_failing_case():
    def second_case_wrong(numbers, factor):
        return row_sums(numbers, factor).astype(np.float32) + (factor == 3.0) * np.float32(0.25)

    assert repr(exercise().check(second_case_wrong)) == (
        "✘ Not right yet: row_sums\n"
        "  The first case that fails is 2 of 2: numbers of shape (1, 3), factor `3.0`.\n"
        "  Expected:\n"
        "    float64 of shape (1,)\n"
        "    [4.5]\n"
        "  Got:\n"
        "    float32 of shape (1,)\n"
        "    [4.75]\n"
        "  The largest difference, 0.25, is at index (0,).\n"
        "  For a hint: `row_sums.hint()`."
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda numbers, factor: numbers, "The shape should be (3,), but is (3, 2)."),
        (lambda numbers, factor: np.nan, "The shape should be (3,), but is ()."),
        (
            lambda numbers, factor: np.full(len(numbers), np.nan),
            "nan stands where 6 is expected, at index (0,).",
        ),
        (
            lambda numbers, factor: np.full(len(numbers), np.inf),
            "inf stands where 6 is expected, at index (0,).",
        ),
        (lambda numbers, factor: [[1.0], [1.0, 2.0]], "different lengths"),
        (lambda numbers, factor: "six", "It should hold numbers, but holds words."),
        (lambda numbers, factor: {"six": 6}, "It should hold numbers, but holds neither numbers nor words."),
        (lambda numbers, factor: (n for n in numbers), "The shape should be (3,), but is (3, 2)."),
        (lambda numbers, factor: row_sums(numbers, factor) + 1j, "The largest difference, 1, is at index"),
        (np.zeros(3), "write `check(row_sums)`, without calling it"),
    ],
)
def test_wrong_answers_get_a_sentence(answer, words):
    outcome = exercise().check(answer)
    assert outcome.status == "wrong"
    assert words in repr(outcome)


def test_nan_agrees_with_nan_only():
    with_nan = exercise(reference=lambda numbers, factor: np.array([np.nan, 1.0]), misconceptions=())
    assert with_nan.check(lambda numbers, factor: [float("nan"), 1.0]).status == "correct"
    assert with_nan.check(lambda numbers, factor: [0.0, 1.0]).status == "wrong"
    assert with_nan.check(lambda numbers, factor: [float("nan"), float("nan")]).status == "wrong"


def test_wrong_prediction_does_not_give_the_answer_away():
    outcome = prediction(2.71828).check(3)
    assert outcome.status == "wrong"
    assert "too large" in repr(outcome)
    assert "2.7" not in repr(outcome)
    assert "too small" in repr(prediction(2.71828).check(2))
    assert "shape should be ()" in repr(prediction().check([1, 2]))
    assert "should hold numbers" in repr(prediction().check("2.5"))
    assert "a value is expected" in repr(prediction().check(lambda: 2.5)).lower()


def test_choices():
    choice = prediction(
        "b",
        options={"a": "one", "b": "two", "c": "three"},
        misconceptions=(Misconception("first", lambda: "a", "Not the first."),),
    )
    assert [choice.check(answer).status for answer in ("b", " B ", "(b)", "b.")] == ["correct"] * 4
    assert choice.check("a").record["misconception"] == "first"
    assert choice.check("c").status == "wrong"
    for answer in ("d", 3, 2.5, [1, 2]):
        assert "Choose one of a, b, c." in repr(choice.check(answer))


def test_several_right_answers_through_a_measure():
    parity = prediction(4, measure=lambda number: number % 2, measure_name="remainder of your number")
    assert [parity.check(number).status for number in (4, 6, 7)] == ["correct", "correct", "wrong"]
    assert "Got, as remainder of your number:" in repr(parity.check(7))


def test_results_in_a_tuple():
    pair = exercise(
        reference=lambda numbers, factor: (numbers * factor, numbers.sum(axis=1)),
        misconceptions=(),
    )
    assert (
        pair.check(lambda numbers, factor: [numbers * factor, torch.tensor(numbers).sum(dim=1)]).status
        == "correct"
    )
    assert "A tuple of 2 results is expected." in repr(pair.check(lambda numbers, factor: numbers))
    assert "index (0, 1)" in repr(
        pair.check(
            lambda numbers, factor: (
                numbers * factor + [0, 1] if numbers.shape[1] == 2 else numbers,
                numbers.sum(1),
            )
        )
    )


def test_students_own_line_and_message_without_our_traceback():
    def helper(numbers):
        return numbers.no_such_thing

    def answer(numbers, factor):
        return helper(numbers)

    text = repr(exercise().check(answer))
    assert "return numbers.no_such_thing" in text
    assert f"line {helper.__code__.co_firstlineno + 1}:" in text
    assert "AttributeError: 'numpy.ndarray' object has no attribute 'no_such_thing'" in text
    assert "judging" not in text
    assert "Traceback" not in text
    assert "/" not in text


def test_error_inside_a_library_is_shown_at_the_students_line():
    def answer(numbers, factor):
        return np.concatenate([numbers, numbers.T])

    text = repr(exercise().check(answer))
    assert "return np.concatenate([numbers, numbers.T])" in text
    assert "ValueError: all the input array dimensions" in text


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, BaseException, ZeroDivisionError])
def test_whatever_the_code_raises_is_reported(error):
    def answer(numbers, factor):
        raise error("stop here")

    outcome = exercise().check(answer)
    assert outcome.status == "raised"
    assert f"{error.__name__}: stop here" in repr(outcome)


def test_error_whose_message_cannot_be_read():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    def answer(numbers, factor):
        raise Mute

    assert "Mute" in repr(exercise().check(answer))


def test_wrong_number_of_arguments():
    assert "takes 1 positional argument but 2 were given" in repr(exercise().check(lambda numbers: numbers))


def test_infinite_recursion():
    def answer(numbers, factor):
        return answer(numbers, factor)

    def through_c(numbers, factor):
        return max([1], key=lambda _: through_c(numbers, factor))

    for function in (answer, through_c):
        outcome = exercise().check(function)
        assert outcome.status == "raised"
        assert "RecursionError" in repr(outcome)


def no_thread_is_left(before):
    deadline = time.monotonic() + 60  # a hang, not a busy machine
    while time.monotonic() < deadline and not set(threading.enumerate()) <= before:
        time.sleep(0.01)
    return set(threading.enumerate()) <= before


def spin(numbers, factor):
    while True:
        pass


def spin_and_catch(numbers, factor):
    while True:
        try:
            numbers = numbers + 1
        except Exception:
            numbers = 0


def spin_and_catch_everything(numbers, factor):
    while True:
        try:
            numbers = numbers + 1
        except:  # noqa: E722 - what a student may write
            numbers = 0


def spin_and_print(numbers, factor):
    while True:
        print("again and again")


@pytest.mark.parametrize("answer", [spin, spin_and_catch, spin_and_catch_everything, spin_and_print])
def test_endless_loop_is_interrupted(answer, monkeypatch):
    monkeypatch.setattr("course_utils.exercises.engine.timeouts.GRACE", 60.0)  # on a busy machine too
    assert threading.current_thread() is threading.main_thread()
    before = set(threading.enumerate())
    outcome = exercise(seconds=0.4).check(answer)
    assert outcome.status == "raised"
    assert "It was still running after 0.4 seconds, so it was stopped." in repr(outcome)
    assert "restart the kernel" not in repr(outcome)
    assert no_thread_is_left(before)
    assert exercise().check(row_sums).status == "correct"


def test_waiting_in_c_is_given_up_with_a_sentence(monkeypatch):
    monkeypatch.setattr("course_utils.exercises.engine.timeouts.GRACE", 0.1)
    assert "restart the kernel" in repr(exercise(seconds=0.1).check(lambda numbers, factor: time.sleep(3)))


def calls_of_the_main_thread():
    frame = sys._current_frames()[threading.main_thread().ident]
    return [frame.f_code.co_name for frame, _ in traceback.walk_stack(frame)]


def test_interrupting_check_stops_the_students_code_too(monkeypatch):
    monkeypatch.setattr("course_utils.exercises.engine.timeouts.GRACE", 60.0)
    before = set(threading.enumerate())

    def interrupted(numbers, factor):
        while "wait" not in (calls := calls_of_the_main_thread()) or "_start" in calls:
            pass  # the check does not wait for this answer yet
        _thread.interrupt_main()
        spin(numbers, factor)

    with pytest.raises(KeyboardInterrupt):
        exercise().check(interrupted)
    assert no_thread_is_left(before)


def test_slow_import_is_not_cut_in_half(tmp_path, monkeypatch):
    (tmp_path / "slow_library.py").write_text("import time\nfor _ in range(8): time.sleep(0.1)\nFACTOR = 1\n")
    monkeypatch.syspath_prepend(tmp_path)

    def answer(numbers, factor):
        import slow_library

        return row_sums(numbers, factor) * slow_library.FACTOR

    assert exercise(seconds=0.4).check(answer).status == "correct"


def test_check_works_in_another_thread():
    found = []
    worker = threading.Thread(target=lambda: found.append(exercise(seconds=0.4).check(spin).status))
    worker.start()
    worker.join()
    assert found == ["raised"]


def test_prints_are_shown_once_and_shortened(capsys):
    def answer(numbers, factor):
        print("shape", numbers.shape)
        return numbers

    assert "Your code printed:\n    shape (3, 2)\n    shape (1, 3)" in repr(exercise().check(answer))
    assert capsys.readouterr().out == ""
    assert len(repr(exercise().check(lambda numbers, factor: print("long " * 1000)))) < 1000


def test_warnings_are_not_shown(recwarn):
    exercise().check(lambda numbers, factor: np.exp(numbers * 1000) / 0)
    assert not recwarn.list


def test_students_arrays_and_the_cases_never_change():
    own, before = [[3.0, 1.0, 2.0]], [case[0].copy() for case in CASES]

    def sort_in_place(values):
        values.sort()
        return values

    array = np.array(own[0])
    prediction(np.zeros(3), measure=sort_in_place).check(array)
    assert array.tolist() == own[0]
    exercise().check(lambda numbers, factor: numbers.fill(0.0))
    for case, numbers in zip(CASES, before, strict=True):
        assert np.array_equal(case[0], numbers)


def test_function_that_changes_its_input_is_noticed():
    def answer(numbers, factor):
        numbers *= factor
        return numbers.sum(axis=1)

    outcome = exercise().check(answer)
    assert outcome.status == "wrong"
    assert outcome.record["misconception"] == "changes-input"
    assert "changes what it is given: `numbers`" in repr(outcome)

    def wrong_too(numbers, factor):
        numbers += 1
        return numbers.sum(axis=1) + 5

    assert "changes what it is given" in repr(exercise().check(wrong_too))


def test_result_that_is_overwritten_later_is_kept():
    buffer = np.zeros(3)

    def answer(numbers, factor):
        buffer[: len(numbers)] = row_sums(numbers, factor)
        return buffer[: len(numbers)]

    assert exercise().check(answer).status == "correct"


class Malicious:
    """Refuses to be looked at."""

    def __array__(self, *arguments, **settings):
        raise RuntimeError("not me")

    def __deepcopy__(self, memory):
        raise RuntimeError("no copies")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = None


@pytest.mark.parametrize(
    "answer", [Malicious(), lambda numbers, factor: Malicious(), [Malicious()], object(), type]
)
def test_check_never_raises(answer):
    for subject in (exercise(), prediction()):
        outcome = subject.check(answer)
        assert outcome.status in ("wrong", "raised")
        assert outcome._repr_mimebundle_()["text/html"]


def test_panel_holds_text_html_and_the_record():
    bundle = exercise().check(lambda numbers, factor: "<b>&")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", RECORD_TYPE}
    assert bundle[RECORD_TYPE] == {
        "exercise": "softmax-attention.row_sums",
        "outcome": "wrong",
        "misconception": None,
    }
    assert json.loads(json.dumps(bundle[RECORD_TYPE])) == bundle[RECORD_TYPE]
    assert "&lt;b&gt;&amp;" in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]


def test_each_status_has_its_own_sign_words_and_colour():
    outcomes = ("not attempted", "correct", "misconception", "wrong", "raised")
    for part in zip(*(LOOKS[outcome] for outcome in outcomes), strict=True):
        assert len(set(part)) == len(outcomes)


def test_text_is_the_same_each_time():
    def answer(numbers, factor):
        raise ValueError(f"shape {numbers.shape}")

    assert repr(exercise().check(answer)) == repr(exercise().check(answer))


def test_hints_come_one_by_one():
    subject = exercise()
    first, second, third = subject.hint(), subject.hint(), subject.hint()
    assert first.body == ("1. Which axis?",)
    assert second.body[:2] == ("1. Which axis?", "2. The last.")
    assert "row_sums.solution()" in second.body[-1]
    assert third == second


def folds_of(answer, subject=None):
    """Return the folds of a check's panel as the page has them, outer ones first."""
    page = (subject or exercise()).check(answer)._repr_mimebundle_()["text/html"]
    return BeautifulSoup(page, "html.parser").find_all("details")


WRONG = {
    "misconception": lambda numbers, factor: numbers.sum(axis=1),
    "wrong": lambda numbers, factor: numbers,
    "raised": lambda numbers, factor: numbers[99],
}


@pytest.mark.parametrize("status", WRONG)
def test_a_wrong_answer_offers_hints_one_in_the_other_and_then_the_solution(status):
    assert exercise().check(WRONG[status]).status == status
    first, second, solution = folds_of(WRONG[status])
    assert [fold.summary.text for fold in (first, second, solution)] == [
        "Hint 1 of 2",
        "Hint 2 of 2",
        "Solution",
    ]
    assert first.p.text == "Which axis?"
    assert second.parent is first
    assert second.p.text == "The last."
    assert solution.parent is second
    assert "axis=1" in solution.pre.text
    assert solution.p.text == "Axis 1 runs along a row."
    assert not any(
        fold.has_attr("open") or fold.find_parent(attrs={"role": "status"}) for fold in (first, second)
    )
    assert repr(exercise().check(WRONG[status])).endswith("\n  For a hint: `row_sums.hint()`.")


def test_a_right_answer_offers_the_solution_and_an_empty_one_nothing():
    (fold,) = folds_of(row_sums)
    assert (fold.summary.text, fold.p.text) == ("One way to write it", "Axis 1 runs along a row.")
    assert "hint" not in repr(exercise().check(row_sums))
    (fold,) = folds_of(2.5, prediction())
    assert fold.text == "WhyAxis 1 runs along a row."
    assert folds_of(...) == []


def test_solution_shows_code_and_reason():
    text = repr(exercise().solution())
    assert "    def row_sums(numbers, factor):" in text
    assert "Axis 1 runs along a row." in text


def test_bad_data_is_refused():
    with pytest.raises(ValueError, match="kind is 'quiz' in exercise 'row_sums'"):
        exercise(kind="quiz")
    with pytest.raises(ValueError, match="name is 'row sums'"):
        exercise(name="row sums")


def test_bfloat16_and_missing_torch(monkeypatch):
    assert prediction().check(torch.tensor(2.5, dtype=torch.bfloat16)).status == "correct"
    monkeypatch.delitem(sys.modules, "torch")
    assert exercise().check(row_sums).status == "correct"
    assert exercise().check(lambda numbers, factor: numbers.no_such).status == "raised"


TWO = (np.array([1.0, 2.0]), np.array([3.0, 4.0]))


@pytest.mark.parametrize(
    "answer", [TWO, [*TWO], np.stack(TWO), torch.tensor(np.stack(TWO)), [[1, 2], [3, 4]], iter(TWO)]
)
def test_two_results_may_come_stacked(answer):
    assert prediction(TWO).check(answer).status == "correct"


def test_results_in_another_order_are_named():
    assert prediction(TWO).check(TWO[::-1]).record["misconception"] == "results-swapped"
    assert prediction(TWO).check((TWO[0], TWO[0])).status == "wrong"


def test_a_percentage_is_named_where_a_share_is_meant():
    outcome = prediction(0.226, digits=3).check(22.6)
    assert outcome.record["misconception"] == "percent-for-share"
    assert prediction(2.5).check(250.0).status == "wrong"


SLIP = Misconception("natural-log", lambda: 0.11384, "Which logarithm?")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (0.33251, "Correct"),
        (0.333, "Correct"),
        (0.33, "Right to 2 digits behind the point; 3 are asked."),
        (0.332, "Nearly: the last digit is off."),
        (0.331, "That is too small."),
        (0.114, "Which logarithm?"),
        (0.11, "Which logarithm?"),
        (0.112, "That is too small."),
        ([0.333], "without brackets"),
    ],
)
def test_a_prediction_is_judged_by_the_digits_that_are_asked(answer, words):
    asked = prediction(0.33251, digits=3, misconceptions=(SLIP,))
    assert words in repr(asked.check(answer))


CHOICE = {"a": "the first", "b": "The last."}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        *(
            (given, "correct")
            for given in ["b", " B ", "**b**", "b\n", "(b)", "b: the last", "b.", "the last"]
        ),
        *((given, "wrong") for given in ["bb", "a or b", "the", 2, "c"]),
        ("(a)", "misconception"),
    ],
)
def test_a_letter_may_be_written_in_many_ways(answer, status):
    slip = Misconception("first", lambda: "a", "No.")
    asked = prediction("b", options=CHOICE, misconceptions=(slip,))
    assert asked.check(answer).status == status


def test_the_one_placeholder_that_is_left_is_pointed_out():
    outcome = prediction([1.0, 2.0, 3.0]).check([1.0, ..., 3.0])
    assert outcome.status == "not attempted"
    assert "Number 2 of 3" in repr(outcome)


def test_truth_values_that_differ_are_said_as_such():
    outcome = exercise(reference=lambda numbers, factor: numbers[:, 0] > 1, misconceptions=()).check(
        lambda numbers, factor: numbers[:, 0] > 9
    )
    assert "True is expected at index (1,), and False stands there." in repr(outcome)


def test_a_value_of_another_form_than_a_measure_reads_gets_a_sentence():
    outcome = prediction(starter="x = ...", measure=lambda value: float(value) ** 2).check([1.0, 2.0])
    assert outcome.status == "wrong"
    assert "another form than asked: `x = ...`" in repr(outcome)


def test_a_slip_that_stops_on_a_batch_is_named_and_one_that_always_stops_is_not():
    batch = (np.ones((2, 3, 4)), 2.0)
    asked = exercise(
        reference=lambda numbers, factor: np.swapaxes(numbers, -1, -2) @ numbers,
        misconceptions=(Misconception("all-axes", lambda numbers, factor: numbers.T @ numbers, "A batch?"),),
        cases=(CASES[0], batch),
    )
    assert asked.check(lambda numbers, factor: np.dot(numbers.T, numbers)).status != "correct"
    assert (
        asked.check(lambda numbers, factor: np.einsum("ij,ik->jk", numbers, numbers)).record["misconception"]
        == "all-axes"
    )
    assert asked.check(lambda numbers, factor: numbers @ np.ones(7)).record["misconception"] is None


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (lambda numbers, factor: numbers > 1 and numbers < 4, "each comparison in brackets, or `np.where`"),
        (lambda numbers, factor: numbers.sum() if numbers > 0 else 0, "want one truth value"),
        (lambda numbers, factor: numbers > 1.0 & numbers < 4.0, "`&` binds more tightly than `<`"),
        (lambda numbers, factor: np.ones((2, 3, 4)) @ np.ones((2, 3, 4)).T, "also those of a batch"),
        (lambda numbers, factor: (torch.ones(3) > 0).mean(), "`.float()` turns True and False into 1 and 0"),
        (lambda numbers, factor: torch.ones(3) + torch.ones(4), "axis by axis"),
        (lambda numbers, factor: softmax(numbers + 0 * -np.inf), "`np.where` chooses without multiplying"),
    ],
)
def test_an_error_of_arrays_gets_advice(answer, advice):
    outcome = exercise().check(answer)
    assert outcome.status == "raised"
    assert advice in repr(outcome)


def test_one_empty_result_among_others_is_an_answer():
    two = exercise(reference=lambda numbers, factor: (numbers, numbers[0]), misconceptions=())
    assert two.check(lambda numbers, factor: (numbers, None)).status == "wrong"
    assert two.check(lambda numbers, factor: (None, None)).status == "not attempted"


def test_a_prediction_that_holds_no_numbers_gets_a_sentence():
    assert "neither numbers nor words" in repr(prediction(digits=2).check({"x": 2.5}))
