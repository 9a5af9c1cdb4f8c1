"""The quiz: right answers from another source, slips that exercises know, notes that survive, a picture."""

import dataclasses
import json
import re

import pytest
import torch
import torch.nn.functional as F
from nbformat.v4 import new_code_cell, new_notebook, new_output, writes

from course_utils.commands.report import report
from course_utils.exercises import progress, quiz, reset
from course_utils.exercises.engine.progress import exercises_by_lesson
from course_utils.exercises.engine.record import read_record
from course_utils.exercises.engine.rendering import RECORD_TYPE
from course_utils.exercises.quiz_questions import Wrong, descent_step
from course_utils.learning.evaluation import attention_in_box

QUESTIONS = [(asked, question) for asked in (quiz.before, quiz.after) for question in asked.questions]
NAMES = [question.name for question in quiz.before.questions]
EXERCISES = {exercise.key: exercise for lesson in exercises_by_lesson().values() for exercise in lesson}
PLACES = ("first", "second", "third")

every_question = pytest.mark.parametrize(
    "question",
    [question for _, question in QUESTIONS],
    ids=[f"{asked.moment}-{question.name}" for asked, question in QUESTIONS],
)


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


@pytest.fixture
def shown(monkeypatch):
    """Collect what would be put on the page."""
    pictures = []
    monkeypatch.setattr(quiz, "show", lambda fig, *, alt, caption: pictures.append((fig, alt)))
    return pictures


def letters(asked, wanted="correct", names=NAMES):
    """Give letters with a wanted outcome: the right ones, or the first misconception's."""
    return {
        question.name: next(letter for letter in "abcd" if question.judge(letter).outcome == wanted)
        for question in asked.questions
        if question.name in names
    }


# The right options, from the numbers that the reader sees


def place_in(prompt):
    return next(place for place, word in enumerate(PLACES) if word in prompt)


def attended(query, key, value):
    return F.scaled_dot_product_attention(*(tensor[None] for tensor in (query, key, value)))[0]


def one_key(numbers, prompt):
    return attended(*numbers.reshape(3, 1, 2))


def weights_and_output(numbers, prompt):
    scores, _, values = numbers.reshape(3, 2)
    return attended(torch.ones(1, 1), scores[:, None], values[:, None])


def masked(numbers, prompt):
    hidden = torch.arange(3) == place_in(prompt)
    return torch.softmax(numbers.masked_fill(hidden, -torch.inf), dim=0)


def scaled(numbers, prompt):
    return torch.inner(*numbers.reshape(2, 4)) / 2


def additive(numbers, prompt):
    query, key, weight, v = numbers
    return v * torch.tanh(weight * query + weight * key)


def nll(numbers, prompt):
    return F.nll_loss(numbers[None].log(), torch.tensor([place_in(prompt)]))


def autograd(numbers, prompt):
    logits = numbers.log().requires_grad_()
    F.cross_entropy(logits[None], torch.tensor([place_in(prompt)])).backward()
    return logits.grad


def sgd(numbers, prompt):
    parameter = torch.nn.Parameter(numbers[:1])
    parameter.grad = numbers[1:2]
    torch.optim.SGD([parameter], lr=numbers[2].item()).step()
    return parameter.detach()


def backward(numbers, prompt):
    w = torch.nn.Parameter(numbers[0])
    (numbers[2] * w).backward()
    return torch.stack([w.detach(), w.grad])


def softmax_layer(numbers, prompt):
    n = int(numbers[0])
    return torch.nn.Softmax(1)(numbers[1 : n + 1, None])


def in_box(numbers, prompt):
    n_positions, side, _, height, width = (int(number) for number in numbers)
    even = torch.full((1, 8, 8), 1 / n_positions)
    return torch.tensor(attention_in_box(even, torch.tensor([[0, 0, height, width]]), image_size=side).mass)


SOLVERS = {
    "largest-score": lambda numbers, prompt: torch.softmax(numbers, dim=0),
    "one-key": one_key,
    "weights-and-output": weights_and_output,
    "mask": masked,
    "scaling": scaled,
    "additive-score": additive,
    "cross-entropy": nll,
    "gradient": autograd,
    "descent-step": sgd,
    "backward": backward,
    "one-score": softmax_layer,
    "even-attention": in_box,
}


def numbers_in(text):
    return torch.tensor([float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)])


@every_question
def test_right_option_follows_from_the_prompt(question):
    solved = SOLVERS[question.name](numbers_in(question.prompt), question.prompt)
    torch.testing.assert_close(numbers_in(question.right), solved.ravel(), atol=6e-4, rtol=0)


# The questions as data


def faults_of(question):
    """Say what is wrong with a question."""
    if len(question.options) != len(question.wrong) + 1 or len(set(question.options.values())) < 4:
        yield "two options are alike, or there are fewer than four"
    known = {slip.name for slip in EXERCISES[question.exercise].misconceptions}
    for option in question.wrong:
        if option.misconception not in known:
            yield f"{option.misconception} is no misconception of {question.exercise}"
        if not option.sentence.endswith((".", "?")) or len(option.sentence) < 20:
            yield f"{option.misconception} has no sentence that helps"


@every_question
def test_wrong_options_are_the_misconceptions_of_an_exercise(question):
    assert list(faults_of(question)) == []


def test_faulty_questions_are_found_out():
    good = descent_step(parameter=5, gradient=2, learning_rate=0.1)
    unknown = Wrong("not-a-slip", "7", "A sentence that would be long enough.")
    mute = good.wrong[0]._replace(sentence="No.")
    for wrong in (good.wrong[:2], (*good.wrong[:2], unknown), (*good.wrong[:2], mute)):
        assert list(faults_of(dataclasses.replace(good, wrong=wrong)))
    alike = descent_step(parameter=5, gradient=0, learning_rate=0.1)
    assert list(faults_of(alike))


def test_both_quizzes_ask_twelve_concepts_with_different_numbers():
    assert len(set(NAMES)) == 12
    for early, late in zip(quiz.before.questions, quiz.after.questions, strict=True):
        assert (early.name, early.exercise) == (late.name, late.exercise)
        assert early.prompt != late.prompt
        assert [option.misconception for option in early.wrong] == [
            option.misconception for option in late.wrong
        ]
    assert {question.exercise.partition(".")[0] for _, question in QUESTIONS} == {
        "softmax-attention",
        "scoring-functions",
        "loss-functions",
        "gradient-descent",
        "attention-classifier",
    }


def test_no_letter_is_the_right_one_too_often():
    for asked in (quiz.before, quiz.after):
        right = list(letters(asked).values())
        assert set(right) == set("abcd")
        assert max(map(right.count, right)) <= 5


# Answering


@pytest.mark.parametrize("answer", ["b", " B ", "(b)", "b."])
def test_letter_may_be_written_in_many_ways(answer):
    question = descent_step(parameter=5, gradient=2, learning_rate=0.1)
    assert question.judge(answer) == question.judge("b")
    assert question.judge(answer).outcome in ("correct", "misconception")


@pytest.mark.parametrize("blank", [{}, dict.fromkeys(NAMES, "..."), dict.fromkeys(NAMES), {"mask": ...}])
def test_blank_answers_are_not_attempted(blank, path):
    for asked in (quiz.before, quiz.after):
        assert asked.check(blank).status == "not attempted"
    assert not path.exists()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("bacd", "needs a dictionary"),
        (None, "needs a dictionary"),
        ({"masks": "a"}, "There is no question `masks`."),
        ({"mask": "e"}, "`mask`: not noted; choose one of the letters a, b, c, d."),
        ({"mask": 2}, "choose one of the letters"),
        ({"mask": ["e"]}, "choose one of the letters"),
    ],
)
def test_answers_that_make_no_sense_are_told_and_not_noted(answers, words, path):
    panel = quiz.before.check(answers)
    assert panel.status == "not attempted"
    assert words in repr(panel)
    assert not path.exists()


@pytest.mark.parametrize("bad", [{"masks": "a"}, {"one-key": "e"}, {"one-key": 2}, {3: "b"}])
def test_an_answer_that_makes_no_sense_drops_no_good_one(bad):
    panel = quiz.before.check(letters(quiz.before, names=["mask", "scaling"]) | bad)
    assert panel.status == "progress"
    assert "2 of 12 answered" in repr(panel)
    assert read_record() == {"quiz_before.mask": "correct", "quiz_before.scaling": "correct"}
    outcomes = {row["exercise"]: row["outcome"] for row in panel.record["quiz"]}
    assert outcomes["quiz_before.mask"] == "correct"
    assert outcomes["quiz_before.one-key"] == "not attempted"


def test_before_notes_and_gives_nothing_away():
    right = quiz.before.check(letters(quiz.before))
    reset()
    wrong = quiz.before.check(letters(quiz.before, "misconception"))
    assert repr(right) == repr(wrong)
    assert set(read_record().values()) == {"misconception"}


def test_open_questions_are_named():
    panel = quiz.before.check(letters(quiz.before, names=NAMES[:10]))
    assert "10 of 12 answered" in repr(panel)
    assert "Still open: `one-score`, `even-attention`." in repr(panel)


def test_after_helps_whoever_slipped():
    answers = letters(quiz.after) | letters(quiz.after, "misconception", ["mask"])
    words = repr(quiz.after.check(answers))
    assert "Right: 11 of 12." in words
    slipped = next(question for question in quiz.after.questions if question.name == "mask")
    assert f"◆ Mask (a slip): {slipped.judge(answers['mask']).sentence}" in words
    assert words.count("✔") == 11


@pytest.fixture
def clock(monkeypatch):
    """Give a clock that the test sets."""
    time = [1000.0]
    monkeypatch.setattr(quiz.time, "monotonic", lambda: time[0])
    return time


def test_first_answer_counts_after_a_minute_and_open_ones_can_follow(clock):
    quiz.before.check(letters(quiz.before, "misconception", ["mask"]))
    clock[0] += quiz.SECONDS_TO_TAKE_BACK + 1
    quiz.before.check(letters(quiz.before, names=["mask", "scaling"]))
    assert read_record() == {"quiz_before.mask": "misconception", "quiz_before.scaling": "correct"}


@pytest.mark.parametrize("outcome", ["correct", "misconception"])
def test_a_slip_can_be_taken_back_within_the_minute_of_the_first(clock, outcome):
    other = {"correct": "misconception", "misconception": "correct"}[outcome]
    quiz.before.check(letters(quiz.before, other, ["mask"]))
    clock[0] += 40
    quiz.before.check(letters(quiz.before, outcome, ["mask"]))
    assert read_record() == {"quiz_before.mask": outcome}
    clock[0] += 40  # the minute began with the first answer
    quiz.before.check(letters(quiz.before, other, ["mask"]))
    assert read_record() == {"quiz_before.mask": outcome}


def test_what_is_judged_cannot_be_taken_back(clock):
    quiz.after.check(letters(quiz.after, "misconception", ["mask"]))
    quiz.after.check(letters(quiz.after, names=["mask"]))
    assert read_record() == {"quiz_after.mask": "misconception"}


def test_a_cleared_record_begins_a_new_minute(clock):
    quiz.before.check(letters(quiz.before, "misconception", ["mask"]))
    clock[0] += 100
    reset()
    quiz.before.check(letters(quiz.before, names=["mask"]))
    assert read_record() == {"quiz_before.mask": "correct"}


def test_an_answer_of_another_day_counts(monkeypatch):
    quiz.before.check(letters(quiz.before, "misconception", ["mask"]))
    monkeypatch.setattr(quiz, "_given", {})  # as in a new kernel
    assert quiz.before.answer("mask", "d") == {
        "letter": "",
        "said": "Your first answer counts; this one is not noted.",
    }
    assert read_record() == {"quiz_before.mask": "misconception"}


# On the page


def test_page_notes_each_answer_at_once_and_says_so(clock):
    page = quiz.before.ask()
    assert [question["name"] for question in page.questions] == NAMES
    assert page.answers == {}
    page.answer("mask", "b")
    assert read_record() == {"quiz_before.mask": quiz.before.questions[3].judge("b").outcome}
    assert page.answers["mask"] == {"letter": "b", "said": "Noted: b."}
    clock[0] += 100
    for number in (2, 3):  # the page hears of each, though the answer stays the same
        page.answer("mask", "a")
        assert page.answers["mask"]["letter"] == "b"
        assert page.reply == ["mask", number]
    assert quiz.before.ask().answers["mask"]["letter"] == "b", "The cell was run again."


def test_page_before_gives_nothing_away():
    page = quiz.before.ask()
    said = []
    for outcome in ("correct", "misconception"):
        for name, letter in letters(quiz.before, outcome).items():
            page.answer(name, letter)
            said.append(page.answers[name]["said"].replace(f": {letter}.", ""))
    assert set(said) == {"Noted"}
    assert not page.judges


def test_page_after_judges_and_keeps_the_first():
    page = quiz.after.ask()
    slip, right = (letters(quiz.after, outcome, ["mask"])["mask"] for outcome in ("misconception", "correct"))
    question = next(question for question in quiz.after.questions if question.name == "mask")
    page.answer("mask", slip)
    assert page.answers["mask"]["said"] == f"◆ A well-known slip. {question.judge(slip).sentence}"
    page.answer("mask", right)
    said = f"✔ Correct. {question.judge(right).sentence} (Your first answer counts.)"
    assert page.answers["mask"] == {"letter": right, "said": said}
    assert read_record() == {"quiz_after.mask": "misconception"}


@pytest.mark.parametrize(("name", "letter"), [("masks", "a"), ("mask", "e"), ("mask", None), (3, "a")])
def test_page_refuses_what_no_button_sends(name, letter, path):
    with pytest.raises(ValueError, match="expected a question and an option"):
        quiz.before.ask().answer(name, letter)
    assert not path.exists()


def still_of(page):
    """Return the text that stands where no kernel runs."""
    return page._still()


def test_text_stands_in_where_no_kernel_runs():
    still = still_of(quiz.before.ask())
    assert quiz.before.text() in still["text/plain"]
    assert still["text/html"].count("<li>") == 48
    assert "0 of 12 answered" in still["text/html"]
    assert "<code>w.grad</code>" in still["text/html"]
    assert RECORD_TYPE not in still, "A lesson as it ships holds nobody's answers."


def test_instructors_see_what_was_answered_on_the_page(tmp_path):
    page = quiz.after.ask()
    answers = letters(quiz.after) | letters(quiz.after, "misconception", ["mask"])
    for name, letter in answers.items():
        page.answer(name, letter)
    summary, table = report_on(still_of(page), tmp_path / "class")
    assert "11 correct" in summary
    assert f"1 quiz_after.mask: {quiz.after.questions[3].judge(answers['mask']).misconception}" in summary
    assert table.count("./ada.ipynb,quiz_after.") == 12


def test_quiz_does_not_count_as_exercise_and_reset_clears_it():
    exercises = repr(progress())
    quiz.after.check(letters(quiz.after))
    assert repr(progress()) == exercises
    reset()
    assert read_record() == {}


# What has changed


def test_nothing_to_compare_until_both_are_answered(shown):
    assert "the quiz before the course has not been answered" in repr(quiz.show_change())
    quiz.before.check(letters(quiz.before))
    assert "the quiz after the course has not been answered" in repr(quiz.show_change())
    assert shown == []


def test_picture_and_words_tell_what_has_changed(shown):
    before = letters(quiz.before, "misconception", NAMES[:6]) | letters(quiz.before, names=NAMES[6:11])
    after = letters(quiz.after, names=NAMES[:10]) | letters(quiz.after, "misconception", NAMES[10:])
    quiz.before.check(before)
    quiz.after.check(after)
    assert quiz.show_change() is None
    [(fig, alt)] = shown
    assert alt == (
        "Quiz of 12 concepts: 5 right before, 10 after. "
        "Newly right: largest score, one key, weights and output, mask, scaling, additive score; "
        "right both times: cross entropy, gradient, descent step, backward; "
        "right only before: one score; right neither time: even attention."
    )
    texts = [text.get_text() for text in fig.axes[0].texts]
    assert texts[:2] == ["◆ a slip", "✔ right"]
    assert texts[-2:] == ["○ open", "◆ a slip"]
    assert [label.get_text() for label in fig.axes[0].get_xticklabels()] == [
        "before: 5 right",
        "after: 10 right",
    ]


def test_picture_needs_no_missing_letter_and_reaches_the_page(capsys, recwarn):
    quiz.before.check(letters(quiz.before))
    quiz.after.check(letters(quiz.after, "misconception"))
    quiz.show_change()
    assert "12 right before, 0 after" in capsys.readouterr().out
    assert [warning for warning in recwarn if "Glyph" in str(warning.message)] == []


@pytest.mark.parametrize("nonsense", ["hint", "wrong", 7, None])
def test_record_that_makes_no_sense_counts_as_open(nonsense, path, shown):
    quiz.after.check(letters(quiz.after))
    quiz.before.check(letters(quiz.before))
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"quiz_before.mask": nonsense}))
    assert quiz.show_change() is None
    assert "11 right before, 12 after. Newly right: mask;" in shown[0][1]


def report_on(data, folder):
    """Write a notebook with one output, and give the report's summary and table."""
    cell = new_code_cell("", outputs=[new_output("execute_result", data=data)])
    folder.mkdir()
    (folder / "ada.ipynb").write_text(writes(new_notebook(cells=[cell])), encoding="utf-8")
    out = folder.with_suffix(".csv")
    return report(folder, out), out.read_text(encoding="utf-8")


def test_instructors_see_the_quiz(tmp_path):
    answers = letters(quiz.after) | letters(quiz.after, "misconception", ["mask"])
    summary, table = report_on(quiz.after.check(answers)._repr_mimebundle_(), tmp_path / "class")
    slip = quiz.after.questions[NAMES.index("mask")].judge(answers["mask"]).misconception
    assert "11 correct" in summary
    assert f"1 quiz_after.mask: {slip}" in summary
    assert table.count("./ada.ipynb,quiz_after.") == 12


@pytest.mark.parametrize("record", [{"quiz": "x"}, {"quiz": [None, 5, {}]}, {"quiz": {"exercise": "a"}}])
def test_report_passes_over_a_quiz_that_is_none(record, tmp_path):
    summary, _ = report_on({RECORD_TYPE: record}, tmp_path / "class")
    assert "1 no exercise was checked" in summary
