"""Explorers outside their lessons: where a lesson shows each, and what it needs of the lesson, untrained."""

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course_utils import explorers
from course_utils.explorers.base import Explorer
from course_utils.lessons import find_lessons

NETWORKS = """
from course_utils.data.fashion import CLASS_NAMES
from course_utils.networks import AveragePooling, Classifier

networks = {"attention": Classifier(10).eval(), "average": Classifier(10, pooling=AveragePooling).eval()}
"""
NEEDS = {
    "classifier_explorer": NETWORKS + "arguments = networks, CLASS_NAMES\n",
    "shortcut_explorer": NETWORKS
    + "import numpy as np\n\narguments = networks, CLASS_NAMES, np.eye(8, dtype=np.uint8)\n",
    "alignment_explorer": """
from course_utils.networks.seq2seq import DateReader

arguments = (DateReader("additive"),)
""",
}


def make_explorer(name: str) -> Explorer:
    """Return an explorer, with untrained networks where its lesson trains some.

    Raises
    ------
    ValueError
        If it needs arguments of which `NEEDS` does not know.
    """
    made: dict[str, Any] = {"arguments": ()}
    exec(NEEDS.get(name, ""), made)
    try:
        return getattr(explorers, name)(*made["arguments"])
    except TypeError as error:
        raise ValueError(f"Say what {name} needs in NEEDS of tools/lone_explorers.py: {error}.") from error


def source_of(name: str) -> str:
    """Return the source of a cell that shows an explorer and needs no other cell."""
    call = f"{name}(*arguments)" if name in NEEDS else f"{name}()"
    return f"from course_utils.explorers import {name}\n{NEEDS.get(name, '')}\n{call}"


def find_explorer(name: str) -> list[tuple[Path, NotebookNode]]:
    """Return the cells that show an explorer, each after its lesson's file, in the order of the lessons.

    Raises
    ------
    ValueError
        If no lesson shows it.
    """
    found = [
        (lesson.path, cell)
        for lesson in find_lessons()
        for cell in nbformat.read(lesson.path, as_version=4).cells
        if cell.cell_type == "code" and f"\n{name}(" in cell.source
    ]
    if not found:
        raise ValueError(f"No lesson shows {name}(...); give it a cell in the lesson that needs it.")
    return found
