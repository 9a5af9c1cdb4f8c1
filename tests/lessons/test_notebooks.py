"""Every lesson passes every check of `checks.py`, and holds a still picture of each of its explorers.

`test_checks.py` shows that each check can fail.
"""

import base64
import io

import pytest
from PIL import Image

from course_utils import explorers
from course_utils.explorers.base import STATIC_NOTE, WIDGET_VIEW
from tools.checks import CHECKS, NOTEBOOKS, Lesson
from tools.lone_explorers import find_explorer, make_explorer

LESSONS = {path.stem: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return Lesson.read(LESSONS[request.param])


def test_there_are_lessons():
    assert LESSONS, f"There is no notebook in {NOTEBOOKS}, so nothing would be checked."


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_lesson(check, lesson: Lesson):
    assert not (faults := list(check(lesson))), "\n".join([f"{lesson.path.name}: {check.__doc__}", *faults])


@pytest.mark.parametrize("name", explorers.__all__)
def test_an_explorer_stands_still_where_no_kernel_runs(name: str):
    """What a code host reads is stored: a picture, its words, no widget. The page has its note too."""
    still = make_explorer(name).frame["still"]
    for path, cell in find_explorer(name):
        (output,) = cell.outputs
        assert set(output.data) == {"text/html", "image/png", "text/plain"}
        assert output.data["text/plain"] == still
        assert Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).size == (740, 400)
        lesson = Lesson.read(path)
        assert "widgets" not in lesson.notebook.metadata
        assert not lesson.page.find_all("script", type=WIDGET_VIEW)
        (image,) = lesson.page.find_all("img", alt=still)
        assert image["src"] == f"data:image/png;base64,{output.data['image/png'].strip()}"
        assert STATIC_NOTE in image.find_parent("figure").figcaption.get_text()
