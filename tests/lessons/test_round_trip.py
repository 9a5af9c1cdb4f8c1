"""A lesson edited as text keeps the names of its cells, which ledger, slides and translations point to."""

import re

import jupytext
import nbformat
import pytest
from nbformat import NotebookNode

from course_utils.lessons import find_lesson
from tools.notebooks import COURSE, name_cells


@pytest.fixture(scope="module")
def before() -> NotebookNode:
    return nbformat.read(find_lesson("softmax-attention").path, as_version=4)


@pytest.fixture(scope="module")
def edited(before: NotebookNode) -> NotebookNode:
    """Return what jupytext makes of the lesson as text, with a text cell and a code cell changed."""
    text = jupytext.writes(before, fmt="py:percent")
    text, in_text = re.subn(r"^# ## The claim on trial", "# ## The claim, edited", text, flags=re.MULTILINE)
    text, in_code = re.subn(r"^import numpy as np$", "import numpy as np  # edited", text, flags=re.MULTILINE)
    assert (in_text, in_code) == (1, 1), "The lesson has changed: name one of its headings and imports here."
    return jupytext.reads(text, fmt="py:percent")


def ids(notebook: NotebookNode) -> list[str]:
    return [cell.get("id", "") for cell in notebook.cells]


def test_names_bring_back_the_ids_that_a_conversion_loses(before: NotebookNode, edited: NotebookNode):
    assert not set(ids(edited)) & set(ids(before)), "Nothing was lost, so nothing is proven."
    name_cells(edited)
    assert ids(edited) == ids(before)


def test_an_update_keeps_names_and_what_tables_tell(before: NotebookNode, edited: NotebookNode):
    after = jupytext.combine.combine_inputs_with_outputs(edited, before)  # as `jupytext --update` does
    name_cells(after)
    assert ids(after) == ids(before)
    assert after.metadata[COURSE] == before.metadata[COURSE]
    assert sum("edited" in cell.source for cell in after.cells) == 2
