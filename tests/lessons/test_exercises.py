"""Properties that every exercise of every lesson must have; `answers/` holds right answers to each."""

import ast
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course_utils.exercises
from course_utils import attention, losses, optimizers
from course_utils.attention import softmax
from course_utils.exercises import Exercise
from course_utils.exercises.engine.judging import behave_alike, try_cases
from course_utils.exercises.engine.progress import exercises_by_lesson
from course_utils.lessons import find_lesson, find_lessons
from tools.exercise_cells import ANSWER, cell_id, write_exercises

EXERCISES = [exercise for lesson in exercises_by_lesson().values() for exercise in lesson]
SLIPS = [(one, slip, answer) for one in EXERCISES for slip in one.misconceptions for answer in slip.answers]
CHOICES = [exercise for exercise in EXERCISES if exercise.options]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # overflows are part of the misconceptions
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.key)


def module_of(lesson: str) -> str:
    """Return the name of the module that holds a lesson's exercises, and of the one with its answers."""
    return lesson.replace("-", "_")


def place_of(exercise: Exercise) -> str:
    """Say where an exercise's data stand."""
    return f"`{exercise.name}` in course_utils/exercises/{module_of(exercise.lesson)}.py"


def answers_to(exercise: Exercise) -> list:
    """Return right answers in independent styles; a value may come as a list, an array or a tensor.

    Raises
    ------
    ValueError
        If the lesson's file of answers does not have two of them.
    """
    if exercise.options:
        letter = exercise.reference()
        return [f" {letter.upper()} ", f"({letter})"]
    if exercise.kind == "prediction":
        value = np.asarray(exercise.reference())
        return [value.tolist(), value.astype(np.float32), torch.as_tensor(value)]
    name = f"answers.{module_of(exercise.lesson)}"
    module = importlib.import_module(name) if importlib.util.find_spec(name) else None
    answers = getattr(module, "ANSWERS", {}).get(exercise.name)
    if not isinstance(answers, tuple) or len(answers) < 2:
        raise ValueError(
            f"Write tests/lessons/{name.replace('.', '/')}.py with two right answers to `{exercise.name}` "
            f'that share nothing with the reference: `ANSWERS = {{"{exercise.name}": (one, another)}}`.'
        )
    return [*answers]


def run(source: str, exercise: Exercise) -> object:
    """Run a cell as a lesson would, and return what it defines under the exercise's name."""
    namespace = {"np": np, "softmax": softmax, "torch": torch, "nn": nn, "cross_entropy": F.cross_entropy}
    exec(source, namespace)
    assert exercise.name in namespace, f"Starter and solution should define {place_of(exercise)}."
    return namespace[exercise.name]


@pytest.fixture(autouse=True)
def _own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))


@every_exercise
def test_empty_answer_is_not_attempted(exercise):
    outcome = exercise.check(run(exercise.starter, exercise))
    assert outcome.status == "not attempted", f"The starter of {place_of(exercise)} is an answer: {outcome}"


@every_exercise
def test_solution_and_independent_answers_pass(exercise):
    for answer in [run(exercise.solution_code, exercise), *answers_to(exercise)]:
        outcome = exercise.check(answer)
        assert outcome.status == "correct", f"A right answer to {place_of(exercise)} is refused: {outcome}"


ANSWERED = next(exercise for exercise in EXERCISES if exercise.kind == "code")


@pytest.mark.parametrize(
    ("unanswered", "says"),
    [
        (
            replace(ANSWERED, lesson="no-such-lesson"),
            r"^Write tests/lessons/answers/no_such_lesson\.py with",
        ),
        (replace(ANSWERED, name="unheard"), r'`ANSWERS = \{"unheard": \(one, another\)\}`'),
    ],
    ids=["no-file", "no-answer"],
)
def test_a_missing_answer_is_asked_for(unanswered: Exercise, says: str):
    with pytest.raises(ValueError, match=says):
        answers_to(unanswered)


@pytest.mark.parametrize(
    ("exercise", "slip", "answer"), SLIPS, ids=[f"{e.key}-{s.name}" for e, s, _ in SLIPS]
)
def test_misconception_is_recognised_as_itself(exercise, slip, answer):
    outcome = exercise.check(exercise.as_answer(answer))
    found = outcome.status, outcome.record["misconception"]
    assert found == ("misconception", slip.name), (
        f"Mend the slip {slip.name} of {place_of(exercise)}: {outcome}"
    )
    trials = try_cases(exercise, exercise.as_answer(answer))
    assert any(trial.error is None for trial in trials), f"{slip.name} of {place_of(exercise)} always stops."


FORMS = {
    "list": np.ndarray.tolist,
    "array": np.array,
    "tensor": torch.as_tensor,
    "tuple of tensors": lambda array: tuple(torch.as_tensor(array)) if array.ndim else torch.as_tensor(array),
    "list of numbers": lambda array: [*array] if array.ndim else array,
}


def in_form(value: object, form: str) -> object:
    """Turn the numbers of a result, or of each of several results, into a list, an array or a tensor."""
    if isinstance(value, tuple):
        return tuple(in_form(item, form) for item in value)
    array = np.array(value.detach() if isinstance(value, torch.Tensor) else value)
    return FORMS[form](array) if array.dtype.kind in "biuf" else value


@pytest.mark.parametrize(
    "exercise",
    [one for one in EXERCISES if not one.options and (one.kind != "prediction" or one.measure is None)],
    ids=lambda exercise: exercise.key,
)
@pytest.mark.slow
def test_the_verdict_does_not_depend_on_the_form_of_a_result(exercise):
    for answer in (exercise.reference, *(a for slip in exercise.misconceptions for a in slip.answers)):
        usual = exercise.check(exercise.as_answer(answer)).record
        for form in FORMS:

            def formed(*case, answer=answer, form=form):
                return in_form(answer(*case), form)

            assert exercise.check(exercise.as_answer(formed)).record == usual, f"{usual} as {form}"


@every_exercise
def test_no_two_misconceptions_behave_alike_and_none_is_right(exercise):
    functions = {"the reference": exercise.reference} | {
        f"{slip.name}, {number}": answer
        for slip in exercise.misconceptions
        for number, answer in enumerate(slip.answers, start=1)
    }
    trials = {name: try_cases(exercise, exercise.as_answer(answer)) for name, answer in functions.items()}
    for name, one in trials.items():
        for other in (other for other in trials if other != name):
            assert not behave_alike(one, trials[other], exercise.tolerance), (
                f"{name} and {other} are told apart by no case of {place_of(exercise)}; add one."
            )


def faults_of(exercise: Exercise) -> Iterator[str]:
    """Yield a sentence for each thing that an exercise's data lack."""
    slips, hints, is_value = exercise.misconceptions, exercise.hints, exercise.kind == "prediction"
    texts = (exercise.title, exercise.prompt, exercise.why, exercise.notice, *hints)
    for kept, what in (
        (len(slips) >= 2, "at least two misconceptions"),
        (len({slip.name for slip in slips}) == len(slips), "a name of its own for each misconception"),
        (
            len({slip.sentence for slip in slips}) == len(slips),
            "one misconception for one sentence, with all its answers in `also`",
        ),
        (all(re.fullmatch(r"[\w-]+", slip.name) for slip in slips), "names such as `no-scale` for slips"),
        (
            all(slip.sentence.endswith((".", "?")) for slip in slips),
            "a whole sentence for each misconception",
        ),
        (len(hints) >= 3, "at least three hints"),
        ("?" in "".join(hints[:1]), "a question as its first hint"),
        (all(len(text.strip()) > 5 for text in texts), "words in title, prompt, why, notice and each hint"),
        (is_value or len(exercise.cases) >= 3, "at least three cases"),
        (is_value or '"""' in exercise.starter, "a docstring in its starter that states the shapes"),
    ):
        if not kept:
            yield f"{place_of(exercise)} needs {what}."
    known = {exercise.reference(), *(slip.answer() for slip in slips)} if exercise.options else set()
    if known != set(exercise.options):
        yield f"{place_of(exercise)} needs a misconception for each wrong option, and no other."


@every_exercise
def test_data_are_complete(exercise):
    assert not (faults := list(faults_of(exercise))), "\n".join(faults)


SLIP = ANSWERED.misconceptions[0]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (replace(ANSWERED, misconceptions=(SLIP,)), "needs at least two misconceptions"),
        (replace(ANSWERED, misconceptions=(SLIP, SLIP)), "a name of its own"),
        (
            replace(ANSWERED, misconceptions=(SLIP, replace(SLIP, name="b"))),
            "one misconception for one sentence",
        ),
        (replace(ANSWERED, misconceptions=(replace(SLIP, name="a b"), SLIP)), "names such as `no-scale`"),
        (replace(ANSWERED, misconceptions=(replace(SLIP, sentence="No"), SLIP)), "a whole sentence"),
        (replace(ANSWERED, hints=()), "at least three hints"),
        (replace(ANSWERED, hints=("Divide by it.",) * 3), "a question as its first hint"),
        (replace(ANSWERED, why=" "), "words in title, prompt, why"),
        (replace(ANSWERED, cases=ANSWERED.cases[:2]), "at least three cases"),
        (replace(ANSWERED, starter="..."), "a docstring in its starter"),
        (replace(CHOICES[0], misconceptions=CHOICES[0].misconceptions[1:]), "for each wrong option"),
    ],
)
def test_what_an_exercise_lacks_is_named(bad: Exercise, says: str):
    assert f"{place_of(bad)} needs" in (told := "\n".join(faults_of(bad)))
    assert says in told


def faults_among(lesson: str, exercises: list[Exercise]) -> Iterator[str]:
    """Yield a sentence for each thing that a lesson's exercises lack together."""
    place, kinds = f"course_utils/exercises/{module_of(lesson)}.py", [exercise.kind for exercise in exercises]
    if lesson not in {known.name for known in find_lessons()}:
        yield f"{place} belongs to no lesson: notebooks/ has none of the name {lesson}."
    if len(exercises) < 4 or set(kinds) != {"prediction", "code", "repair"}:
        yield f"{place} needs at least four exercises: predictions, code and a repair."
    if max(map(kinds.count, kinds)) > len(kinds) / 2:
        yield f"{place} should have no kind for more than half of its exercises."


@pytest.mark.parametrize("lesson", exercises_by_lesson())
def test_each_lesson_has_enough_exercises_of_each_kind(lesson):
    assert not (faults := list(faults_among(lesson, exercises_by_lesson()[lesson]))), "\n".join(faults)


def test_too_few_exercises_are_named():
    faults = "\n".join(faults_among("no-such-lesson", [ANSWERED]))
    assert "belongs to no lesson" in faults
    assert "needs at least four exercises" in faults
    assert "no kind for more than half" in faults


def test_names_are_unique_and_hide_nothing_that_lessons_use():
    names = [exercise.name for exercise in EXERCISES]
    twice = {name for name in names if names.count(name) > 1}
    helpers = {name for module in (attention, losses, optimizers) for name in vars(module)}
    taken = sorted(twice | (helpers & set(names)))
    assert not taken, f"Rename {taken} in course_utils/exercises: another exercise or a helper has that name."


def strays_in(module: ModuleType) -> Iterator[str]:
    """Yield a sentence for each exercise of a module that states another name, or another lesson."""
    file = module.__name__.rpartition(".")[2]
    for variable, member in vars(module).items():
        stated = (member.lesson, member.name) if isinstance(member, Exercise) else None
        if stated not in (None, (file.replace("_", "-"), variable)):
            yield (
                f"`{variable}` in course_utils/exercises/{file}.py should state this name, and "
                f'`lesson="{file.replace("_", "-")}"`; it states {stated[1]} of {stated[0]}.'
            )


@pytest.mark.parametrize(
    "name", [info.name for info in pkgutil.iter_modules(course_utils.exercises.__path__)]
)
def test_exercises_state_their_variable_and_their_lesson(name):
    module = importlib.import_module(f"course_utils.exercises.{name}")
    assert not (strays := list(strays_in(module))), "\n".join(strays)


@pytest.mark.parametrize(
    ("variable", "exercise", "says"),
    [
        (
            "unheard",
            replace(ANSWERED, lesson="no-such-lesson"),
            "`unheard` in course_utils/exercises/no_such_lesson.py",
        ),
        (ANSWERED.name, ANSWERED, f"it states {ANSWERED.name} of {ANSWERED.lesson}"),
    ],
)
def test_a_stray_exercise_is_named(variable: str, exercise: Exercise, says: str):
    module = ModuleType("course_utils.exercises.no_such_lesson")
    setattr(module, variable, exercise)
    assert says in "\n".join(strays_in(module))


@pytest.mark.parametrize("lesson", exercises_by_lesson())
def test_lesson_shows_its_exercises_as_their_data_have_them(lesson):
    notebook = nbformat.read(find_lesson(lesson).path, as_version=4)
    before = [(cell.id, cell.source) for cell in notebook.cells]
    write_exercises(notebook, lesson)
    after = [(cell.id, cell.source) for cell in notebook.cells]
    assert after == before, f"The data have changed: run `make notebooks ARGS={lesson}`."


@every_exercise
def test_no_solution_stands_in_a_lesson(exercise):
    path = find_lesson(exercise.lesson).path
    for cell in nbformat.read(path, as_version=4).cells:
        shown = exercise.solution_code.strip() in cell.source
        assert not shown, (
            f"Cell `{cell.id}` of {path.name} shows the solution of `{exercise.name}`; take it out."
        )


def overwritten_in(cells: list[nbformat.NotebookNode], exercises: list[Exercise]) -> Iterator[str]:
    """Yield a sentence for each cell that gives an exercise's name to something else than its answer."""
    names = {exercise.name: cell_id(exercise) + ANSWER for exercise in exercises}
    for cell in cells:
        for node in ast.walk(ast.parse(cell.source)) if cell.cell_type == "code" else ():
            name = getattr(node, "id" if isinstance(getattr(node, "ctx", None), ast.Store) else "name", None)
            if name in names and cell.id != names[name]:
                yield f"Cell `{cell.id}` writes over the student's `{name}`; call it otherwise."


@pytest.mark.parametrize("lesson", exercises_by_lesson())
def test_no_cell_writes_over_an_answer(lesson):
    cells = nbformat.read(find_lesson(lesson).path, as_version=4).cells
    assert not (faults := list(overwritten_in(cells, exercises_by_lesson()[lesson]))), "\n".join(faults)


@pytest.mark.parametrize("source", ["{0} = 3", "for {0} in [1]: pass", "def {0}(): ...", "_, {0} = 1, 2"])
def test_a_cell_that_writes_over_an_answer_is_named(source: str):
    cell = nbformat.v4.new_code_cell(source.format(ANSWERED.name), id="later")
    assert f"`later` writes over the student's `{ANSWERED.name}`" in "".join(
        overwritten_in([cell], [ANSWERED])
    )
    answer = nbformat.v4.new_code_cell(cell.source, id=cell_id(ANSWERED) + ANSWER)
    assert not list(overwritten_in([answer], [ANSWERED]))
