"""The comparison of outputs is real: a lesson whose stored outputs are changed fails in exactly those cells.

Of a figure the alt text is compared, which carries its numbers, and not the bytes.
One lesson by default; all lessons with `--all-lessons` (`make tamper`).
"""

import copy
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat import NotebookNode
from nbval.plugin import get_sanitize_patterns

from course_utils.lessons import find_lessons
from tools.checks import IGNORED, NOTEBOOKS, ROOT, SANITIZE, Lesson, Text, sanitized, tags, texts

FIRST = "softmax-attention"  # the lesson to tamper with, unless all are asked for
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
OPTIONS = ("--nbval", "--nbval-current-env", f"--nbval-sanitize-with={SANITIZE}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for `lesson` softmax-attention, or every lesson with `--all-lessons`."""
    if "lesson" in metafunc.fixturenames:
        every = metafunc.config.getoption("all_lessons")
        paths = [lesson.path for lesson in find_lessons() if every or lesson.name == FIRST]
        assert paths, f"There is no lesson {FIRST} in {NOTEBOOKS} to tamper with."
        lessons = [Lesson.read(path) for path in paths]
        metafunc.parametrize("lesson", lessons, ids=[path.stem for path in paths])


def failing_cells(lesson: Lesson, notebook: NotebookNode, folder: Path) -> set[str]:
    """Run nbval as `make test` does on a changed copy of a lesson; return the ids of the cells that fail."""
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    nbformat.write(notebook, folder / lesson.path.name)
    plugins = ("-p", "nbval.plugin", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", *plugins, *OPTIONS, "--junit-xml=report.xml", lesson.path.name]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stdout + run.stderr
    cases = ElementTree.parse(folder / "report.xml").findall(".//testcase")
    ids = [cell.id for cell in lesson.cells("code")]
    assert [case.get("name") for case in cases] == [f"Cell {number}" for number in range(len(ids))]
    return {name for name, case in zip(ids, cases, strict=True) if len(case)}


def tampered(text: Any) -> Any:
    """Change a figure's alt text; else the last digit, or letter, that nbval compares; add a key to JSON."""
    if not isinstance(text, str):
        return {"tampered": text}
    if "<img" in text:
        return re.sub(r"""alt=(["'])""", r"alt=\1not ", text)
    signs = [place for place, sign in enumerate(text) if sign.isalnum() and place not in hidden_places(text)]
    place = ([place for place in signs if text[place].isdigit()] or signs)[-1]
    return text[:place] + ("8" if text[place] != "8" else "3") + text[place + 1 :]


def hidden_places(text: str) -> set[int]:
    """Return the places of a text that `tests/sanitize.cfg` takes out of the comparison."""
    patterns = get_sanitize_patterns(SANITIZE.read_text(encoding="utf-8"))
    spans = [match.span() for pattern, _ in patterns for match in re.finditer(pattern, text)]
    return {place for span in spans for place in range(*span)}


def store(found: Text, text: Any) -> None:
    """Put a text back into the output that it was found in."""
    if found.output.output_type == "stream":
        found.output.text = text
    else:
        found.output.data[found.kind] = text


def compared_texts(cell: NotebookNode) -> list[Text]:
    """Return the texts of a cell that a change must show in."""
    found = [text for text in texts(cell) if re.search(r"\w", sanitized(str(text.text)))]
    return [] if IGNORED in tags(cell) else found


@pytest.mark.slow
def test_every_changed_output_fails(lesson: Lesson, tmp_path: Path):
    """Change one compared text in each cell, then the next, until each has been changed once."""
    rounds = max(len(compared_texts(cell)) for cell in lesson.cells("code"))
    assert rounds, f"{lesson.path.name} compares no output."
    for number in range(rounds):
        notebook, changed = copy.deepcopy(lesson.notebook), set()
        for cell in notebook.cells:
            if number < len(found := compared_texts(cell)):
                store(found[number], tampered(found[number].text))
                changed.add(cell.id)
        assert failing_cells(lesson, notebook, tmp_path) == changed, (
            "Left are the cells that failed, right those whose output was changed: mend the comparison."
        )


@pytest.mark.slow
def test_what_is_not_compared_passes(lesson: Lesson, tmp_path: Path):
    """Change the outputs of ignored cells, and the bytes of pictures, which differ between machines."""
    notebook = copy.deepcopy(lesson.notebook)
    pictures = 0
    for cell in notebook.cells:
        for found in texts(cell):
            if IGNORED in tags(cell):
                store(found, f"{found.text} tampered")
            elif "<img" in str(found.text):
                store(found, re.sub(r"base64,[^\"']+", f"base64,{PIXEL}", found.text))
                found.output.data["image/png"] = PIXEL
                pictures += 1
    assert failing_cells(lesson, notebook, tmp_path) == set()
    assert pictures or FIRST not in lesson.path.name, f"{FIRST} has no figure to prove this with."


def test_the_comparison_is_the_one_of_make_test(pytestconfig: pytest.Config):
    """The proof stands only if `make test` uses the same options."""
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert pytestconfig.option.nbval_sanitize_with == str(SANITIZE)
    assert all(f'"{option}"' in settings for option in OPTIONS[:2])
