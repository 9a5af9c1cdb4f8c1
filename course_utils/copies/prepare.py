"""What a copy shows of its master: no outputs, answers folded, pictures from the folder beside it."""

import copy
import re

from nbformat import NotebookNode

ANSWER = "answer"  # the tag of a text cell that gives away what the student is to predict
FOLDED = "<details>\n<summary>Answer: open it when you have your own</summary>\n\n{}\n\n</details>"
HEADING = re.compile(r"(#+ [^\n]*\n*)?(.*)", re.DOTALL)
FIGURES, FILES = "](../figures/", "](files/"  # where a master and a copy look for pictures


def prepare(master: NotebookNode) -> NotebookNode:
    r"""Return the copy that a student begins with.

    Parameters
    ----------
    master : NotebookNode
        A lesson as the course keeps it; it is not changed.

    Returns
    -------
    NotebookNode
        The same cells, without outputs and execution counts. Text cells tagged ``answer`` are folded below
        their heading; pictures are looked for in the folder ``files`` beside the copy.

    Examples
    --------
    >>> from nbformat.v4 import new_markdown_cell, new_notebook
    >>> cell = new_markdown_cell("## Verdict\n\nRight.", metadata={"tags": ["answer"]})
    >>> print(prepare(new_notebook(cells=[cell])).cells[0].source)
    ## Verdict
    <BLANKLINE>
    <details>
    <summary>Answer: open it when you have your own</summary>
    <BLANKLINE>
    Right.
    <BLANKLINE>
    </details>
    """
    notebook = copy.deepcopy(master)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = cell.source.replace(FIGURES, FILES)
            if ANSWER in cell.metadata.get("tags", []):
                cell.source = fold(cell.source)
    return notebook


def fold(text: str) -> str:
    """Return a text in a fold that opens on a press; its heading, if it begins with one, stays outside.

    Examples
    --------
    >>> fold("Yes.").splitlines()[1]
    '<summary>Answer: open it when you have your own</summary>'
    """
    heading, body = HEADING.fullmatch(text).groups(default="")
    return heading + FOLDED.format(body.strip()) if body.strip() else text
