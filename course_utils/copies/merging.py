"""An update of a student's notebook, cell by cell: what the student wrote wins, all else becomes new.

Three notebooks are compared: the course's version that the copy was made from (*base*), the student's copy
(*mine*), and the course's version of today (*theirs*). Cells are known by their ids.
"""

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

MARK = "The course changed this cell. Yours stands above and stays; this is the new one."
NEWER = "newer"  # ends its id; in its metadata, the name of the cell above
RESULT = "-answer"  # ends the ids of cells that hold a student's answer to an exercise


@dataclass
class Merge:
    """An updated notebook, and what happened to its cells.

    Attributes
    ----------
    notebook : NotebookNode
        The student's notebook of today.
    new, changed, gone, both : list of str
        Ids of the course's cells that arrived, that were replaced by their new version, that left, and that
        stand as the student wrote them with the new version below.
    """

    notebook: NotebookNode
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)


def merge(base: NotebookNode, mine: NotebookNode, theirs: NotebookNode) -> Merge:
    """Return a student's notebook brought up to date.

    Parameters
    ----------
    base : NotebookNode
        The copy as the course made it last time, before the student worked in it.
    mine : NotebookNode
        The copy as it is.
    theirs : NotebookNode
        The copy that the course would make today.

    Returns
    -------
    Merge
        None of the three is changed. A cell that the student changed, wrote or deleted stays so. An untouched
        cell is the course's of today, and has left if the course dropped it. The order is the course's, with
        the student's own cells behind their neighbours; if the student moved cells, it is the student's.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> def notebook(**cells):
    ...     return new_notebook(cells=[new_code_cell(source, id=name) for name, source in cells.items()])
    >>> old, new = notebook(a="1", b="2"), notebook(a="1", b="3", c="4")
    >>> done = merge(old, notebook(a="my answer", b="2"), new)
    >>> [cell.source for cell in done.notebook.cells], done.new, done.changed
    (['my answer', '3', '4'], ['c'], ['b'])
    """
    old, new = _by_id(base.cells), _by_id(theirs.cells)
    own = _by_id(_with_known_ids(mine.cells, [*old, *new]))
    outdated = _outdated(own.values(), old, new)
    now = {name: cell for name, cell in own.items() if name not in outdated}
    done = Merge(copy.deepcopy(mine))
    done.notebook.metadata = copy.deepcopy(theirs.metadata)
    for name, part in mine.metadata.items():
        done.notebook.metadata.setdefault(name, copy.deepcopy(part))
    done.notebook.nbformat, done.notebook.nbformat_minor = theirs.nbformat, theirs.nbformat_minor
    kept: dict[str, list[NotebookNode]] = {}  # what stands in the place of each cell, under its id
    for name, cell in now.items():
        kept[name] = _resolve(name, old.get(name), cell, new.get(name), done)
    for name in new:
        if name not in now and name not in old:
            kept[name] = [copy.deepcopy(new[name])]
            done.new.append(name)
    taken = {*now, *new}
    for name in done.both:
        marked = _marked(name, new[name])
        marked.id = _free(marked.id, taken)
        taken.add(marked.id)
        kept[name].append(marked)
    order = _order(list(old), list(now), list(new), kept)
    done.notebook.cells = [cell for name in order for cell in kept[name]]
    return done


def same(one: NotebookNode, other: NotebookNode) -> bool:
    r"""Return whether two cells say the same; line ends, outputs and metadata do not count.

    Examples
    --------
    >>> same(new_code_cell("x = 1\r\ny = 2"), new_code_cell("x = 1\ny = 2"))
    True
    """
    return _content(one) == _content(other)


def _content(cell: NotebookNode) -> tuple:
    return cell.cell_type, "\n".join(re.split("\r\n?|\n", cell.source)), cell.get("attachments") or {}


def _by_id(cells: Iterable[NotebookNode]) -> dict[str, NotebookNode]:
    return {cell.id: cell for cell in cells}


def _with_known_ids(cells: list[NotebookNode], known: Iterable[str]) -> list[NotebookNode]:
    """Return cells with ids of their own: the course's if it has that id, or bears that name without it.

    Editors give new ids when a cell is split, pasted, or saved in an old format; the name stays.
    """
    cells, known = copy.deepcopy(cells), set(known)
    taken = {cell.id for cell in cells}
    seen: set[str] = set()
    for cell in cells:
        name = str(cell.metadata.get("name"))
        if cell.id not in known and name in known - taken:
            cell.id = name
        elif cell.id in seen:
            cell.id = _free(cell.id, taken | known)
        taken.add(cell.id)
        seen.add(cell.id)
    return cells


def _free(name: str, taken: Iterable[str]) -> str:
    """Return the name, or with the next number behind it that makes it free."""
    names = (name if number == 1 else f"{name[:58]}-{number}" for number in range(1, 10**6))
    return next(candidate for candidate in names if candidate not in taken)


def _resolve(
    name: str, old: NotebookNode | None, cell: NotebookNode, new: NotebookNode | None, done: Merge
) -> list[NotebookNode]:
    """Return what stays in the place of one of the student's cells, and note what happened to it."""
    touched = old is None or not same(cell, old)
    if new is None:
        if touched:
            return [cell]
        done.gone.append(name)
        return []
    if not touched and not same(old, new):
        done.changed.append(name)
        return [copy.deepcopy(new)]
    if touched and not same(cell, new) and (old is None or not same(old, new)):
        done.both.append(name)
    return [_with_metadata(cell, old, new)]


def _with_metadata(cell: NotebookNode, old: NotebookNode | None, new: NotebookNode) -> NotebookNode:
    """Return a cell with the course's metadata of today; what an editor or the student added stays."""
    dropped = set(old.metadata if old is not None else ()) - set(new.metadata)
    cell.metadata = {key: part for key, part in cell.metadata.items() if key not in dropped}
    cell.metadata.update(copy.deepcopy(new.metadata))
    return cell


def _outdated(
    cells: Iterable[NotebookNode], old: dict[str, NotebookNode], new: dict[str, NotebookNode]
) -> set[str]:
    """Return the ids of marked cells that the student left as they were, where the course went on since."""
    found: dict[str, str] = {}
    for cell in cells:
        name = str(cell.metadata.get(NEWER))
        versions = [version[name] for version in (old, new) if name in version]
        stands = name in old and name in new and same(old[name], new[name])
        if not stands and any(same(cell, _marked(name, version)) for version in versions):
            found.setdefault(name, cell.id)
    return set(found.values())


def _marked(name: str, new: NotebookNode) -> NotebookNode:
    """Return a cell marked as the new version of one that stands above it.

    The beginning of an answer is shown as text: run as code, it would put its dots over the student's answer.
    """
    if new.cell_type == "code" and name.endswith(RESULT):
        cell = new_markdown_cell(f"*{MARK}*\n\n```python\n{new.source}\n```")
    elif new.cell_type == "code":
        cell = new_code_cell(f"# {MARK}\n{new.source}")
    else:
        cell = new_markdown_cell(f"*{MARK}*\n\n{new.source}")
    cell.id = f"{name[:56]}-{NEWER}"
    cell.metadata = {NEWER: name}
    return cell


def _order(old: list[str], mine: list[str], new: list[str], kept: dict[str, list]) -> list[str]:
    """Return the ids of all cells that stand in the notebook in their order.

    The course's order holds where the student moved none of its cells; then cells that the course does not
    know stand behind those which they stood behind, and keep their own order. Otherwise the student's order
    holds, and what the course brings stands behind what precedes it there.
    """
    shared = [name for name in mine if name in old]
    moved = shared != [name for name in old if name in shared]
    order, others = (mine, new) if moved else ([name for name in new if name in kept], mine)
    order = list(order)
    place = last = -1  # in the order: of the last cell of the others that stands in it, and that came into it
    for name in others:
        if name in order:
            place = order.index(name)
        elif name in kept:
            place = (place if moved else max(place, last)) + 1
            order.insert(place, name)
            last = place if kept[name] else last
    return order
