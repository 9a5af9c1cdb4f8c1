"""Every lesson passes every check of `checks.py`; `test_checks.py` shows that each check can fail."""

import pytest

from tools.checks import CHECKS, NOTEBOOKS, Lesson

LESSONS = {path.stem: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return Lesson.read(LESSONS[request.param])


def test_there_are_lessons():
    assert LESSONS, f"There is no notebook in {NOTEBOOKS}, so nothing would be checked."


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_lesson(check, lesson: Lesson):
    assert not (faults := list(check(lesson))), "\n".join([f"{lesson.path.name}: {check.__doc__}", *faults])
