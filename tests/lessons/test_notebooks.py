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
from tools.lone_explorers import NEEDS, find_explorer, make_explorer

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
        mend = f"Cell `{cell.id}` of {path.name} should put out the explorer alone: run `make notebooks`."
        assert [output.get("data", {}).get("text/plain") for output in cell.outputs] == [still], mend
        (output,) = cell.outputs
        assert set(output.data) == {"text/html", "image/png", "text/plain"}, mend
        assert Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).size == (740, 400)
        lesson = Lesson.read(path)
        assert "widgets" not in lesson.notebook.metadata
        assert not lesson.page.find_all("script", type=WIDGET_VIEW)
        images = lesson.page.find_all("img", alt=still)
        assert len(images) == 1, mend
        (image,) = images
        assert image["src"] == f"data:image/png;base64,{output.data['image/png'].strip()}"
        assert STATIC_NOTE in image.find_parent("figure").figcaption.get_text()


def test_an_explorer_that_nobody_can_show_is_named(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ValueError, match=r"No lesson shows unheard_explorer\(\.\.\.\)"):
        find_explorer("unheard_explorer")
    monkeypatch.delitem(NEEDS, "alignment_explorer")
    with pytest.raises(
        ValueError, match=r"Say what alignment_explorer needs in NEEDS of tools/lone_explorers"
    ):
        make_explorer("alignment_explorer")
