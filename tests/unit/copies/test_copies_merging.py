"""Random edits of course and student, over several versions: nothing is lost, all else is new."""

import copy
from collections.abc import Callable, Iterator

import nbformat
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_utils.copies import merge

EXAMPLES = settings(max_examples=100, derandomize=True, database=None)
FIRST = settings(
    EXAMPLES, phases=[Phase.generate], report_multiple_bugs=False
)  # a failure is not made smaller
KINDS = ("edit", "edit", "insert", "insert", "delete", "move", "split", "duplicate", "run", "undo")
step = st.tuples(st.sampled_from(KINDS), st.integers(0, 40), st.integers(0, 40))
steps = st.lists(step, max_size=6)
rounds = st.lists(st.tuples(steps, steps), min_size=1, max_size=3)


class Writer:
    """Edits a notebook as course or student do; no text of one is ever a text of the other."""

    def __init__(self, who: str, numbers: Iterator[int]) -> None:
        self.who, self.numbers = who, numbers

    def cell(self, source: str | None = None) -> NotebookNode:
        """Make a cell; two of three hold code. The course's ids are names, some of them look like ours."""
        number = next(self.numbers)
        make = new_markdown_cell if number % 3 == 0 else new_code_cell
        cell = make(source or f"{self.who} {number}")
        if self.who == "course":
            cell.id = (f"c{number}", f"c{number - 1}-newer", f"c{number - 1}-2", f"ex-{number}-answer")[
                number % 4
            ]
            cell.metadata = {"name": cell.id}
        return cell

    def edit(
        self, notebook: NotebookNode, steps: list[tuple[str, int, int]], base: NotebookNode
    ) -> NotebookNode:
        """Return an edited copy of a notebook."""
        notebook = copy.deepcopy(notebook)
        for kind, one, other in steps:
            if notebook.cells:
                self.step(notebook.cells, kind, one % len(notebook.cells), other % len(notebook.cells), base)
        return notebook

    def step(self, cells: list[NotebookNode], kind: str, one: int, other: int, base: NotebookNode) -> None:
        """Make one edit."""
        cell = cells[one]
        if kind == "edit":
            cell.source = f"{self.who} {next(self.numbers)}\nand more"
        elif kind == "insert":
            cells.insert(one, self.cell())
        elif kind == "delete":
            del cells[one]
        elif kind == "move":
            cells.insert(other, cells.pop(one))
        elif kind == "split":
            half = self.cell(f"{self.who} {next(self.numbers)}")
            if self.who == "student":  # JupyterLab copies a cell's metadata
                half.metadata = copy.deepcopy(cell.metadata)
                half, cell.source = half, f"{self.who} {next(self.numbers)}"
            cells.insert(one + 1, half)
        elif kind == "duplicate" and self.who == "student":
            twin = copy.deepcopy(cell)
            twin.id = f"s{next(self.numbers)}"
            twin.source += "\n# a twin"
            cells.insert(one + 1, twin)
        elif kind == "run" and cell.cell_type == "code":
            cell.outputs, cell.execution_count = [new_output("stream", text="out")], next(self.numbers)
        elif kind == "undo":
            cell.source = next((old.source for old in base.cells if old.id == cell.id), cell.source)


def known_by_name(mine: NotebookNode, *versions: NotebookNode) -> NotebookNode:
    """Return a copy in which the first twin of a cell that is gone bears its id, as after cut and paste."""
    mine = copy.deepcopy(mine)
    known = {cell.id for version in versions for cell in version.cells}
    missing = known - {cell.id for cell in mine.cells}
    for cell in mine.cells:
        if cell.id not in known and cell.metadata.get("name") in missing:
            cell.id = cell.metadata.name
            missing.remove(cell.id)
    return mine


def demand(old: NotebookNode, mine: NotebookNode, new: NotebookNode, done: NotebookNode) -> None:
    """Hold an update to what the course promises a student."""
    nbformat.validate(done)
    mine = known_by_name(mine, old, new)
    ids = [cell.id for cell in done.cells]
    assert len(ids) == len(set(ids)), "a cell stands twice"
    assert not any("<<<<" in cell.source or ">>>>" in cell.source for cell in done.cells)
    was, is_now = ({cell.id: cell for cell in version.cells} for version in (old, new))
    here = {cell.id: cell for cell in done.cells}

    def untouched(cell: NotebookNode) -> bool:
        return cell.id in was and (was[cell.id].cell_type, was[cell.id].source) == (
            cell.cell_type,
            cell.source,
        )

    written = [cell for cell in mine.cells if not untouched(cell) and "newer" not in cell.metadata]
    for cell in written:
        assert here[cell.id].source == cell.source, "what the student wrote was changed"
        assert here[cell.id].cell_type == cell.cell_type
    present = {cell.id for cell in mine.cells}
    for cell in new.cells:
        if cell.id not in present and cell.id not in was:
            assert here[cell.id].source == cell.source, "a new cell did not arrive"
        elif cell.id not in present:
            assert cell.id not in here, "a cell that the student deleted is back"
    for cell in filter(untouched, mine.cells):
        if cell.id in is_now:
            assert here[cell.id].source == is_now[cell.id].source, "an untouched cell is old"
        else:
            assert cell.id not in here, "an untouched cell stays that left the course"
    for cell in written:
        theirs, before = is_now.get(cell.id), was.get(cell.id)
        if theirs is None or theirs.source == cell.source or (before and before.source == theirs.source):
            continue
        below = done.cells[ids.index(cell.id) + 1]
        assert below.metadata.get("newer") == cell.id, "the new version does not stand below the student's"
        assert theirs.source in below.source
    demand_order(old, mine, new, ids, [cell.id for cell in written])


def demand_order(
    old: NotebookNode, mine: NotebookNode, new: NotebookNode, ids: list[str], written: list[str]
) -> None:
    """Hold the order of an update to the course's and the student's."""
    before, after = ([cell.id for cell in version.cells] for version in (old, new))
    present = [cell.id for cell in mine.cells if "newer" not in cell.metadata]
    shared = [name for name in present if name in before]
    student_moved = shared != [name for name in before if name in shared]
    staying = [name for name in before if name in after]
    course_moved = staying != [name for name in after if name in staying]
    if student_moved:
        assert [name for name in ids if name in present] == [name for name in present if name in ids]
    else:
        assert [name for name in ids if name in after] == [name for name in after if name in ids]
    own = written if student_moved or not course_moved else [name for name in written if name not in after]
    if set(own).isdisjoint(before) or student_moved or not course_moved:
        back = [
            name for name in after if name not in before and name in own
        ]  # was gone, is the course's again
        own = [name for name in own if name not in back]
        assert [name for name in ids if name in own] == own, "the student's cells lost their order"


def play(updating: Callable, history: list) -> None:
    """Let course and student edit and update in turn, and hold each update to the promises."""
    numbers = iter(range(10**9))
    course, student = Writer("course", numbers), Writer("student", numbers)
    base = new_notebook(cells=[course.cell() for _ in range(6)])
    mine = copy.deepcopy(base)
    for edits_of_course, edits_of_student in history:
        mine = student.edit(mine, edits_of_student, base)
        theirs = course.edit(base, edits_of_course, base)
        for cell in theirs.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        done = updating(base, mine, theirs)
        demand(base, mine, theirs, done)
        assert updating(theirs, done, theirs) == done, "the same version again changed something"
        again = updating(base, done, theirs)  # as after a crash between a copy and what it was made from
        assert sorted(cell.source for cell in again.cells) == sorted(cell.source for cell in done.cells)
        base, mine = theirs, done


@EXAMPLES
@given(rounds)
def test_random_edits_on_both_sides(history):
    play(lambda base, mine, theirs: merge(base, mine, theirs).notebook, history)


@EXAMPLES
@given(rounds)
def test_nothing_is_changed_that_was_handed_over(history):
    def watched(base: NotebookNode, mine: NotebookNode, theirs: NotebookNode) -> NotebookNode:
        before = copy.deepcopy([base, mine, theirs])
        done = merge(base, mine, theirs).notebook
        assert [base, mine, theirs] == before
        return done

    play(watched, history)


def theirs_wins(base: NotebookNode, mine: NotebookNode, theirs: NotebookNode) -> NotebookNode:
    """Take the course's version."""
    return copy.deepcopy(theirs)


def mine_wins(base: NotebookNode, mine: NotebookNode, theirs: NotebookNode) -> NotebookNode:
    """Leave the student's copy as it is."""
    return copy.deepcopy(mine)


def by_place(base: NotebookNode, mine: NotebookNode, theirs: NotebookNode) -> NotebookNode:
    """Compare the first cell with the first, the second with the second."""
    cells = []
    for place, cell in enumerate(mine.cells):
        old = base.cells[place] if place < len(base.cells) else None
        new = theirs.cells[place] if place < len(theirs.cells) else None
        cells.append(new if old is not None and new is not None and old.source == cell.source else cell)
    return copy.deepcopy(new_notebook(cells=cells + theirs.cells[len(mine.cells) :]))


def without_base(base: NotebookNode, mine: NotebookNode, theirs: NotebookNode) -> NotebookNode:
    """Compare with nothing: whatever differs counts as the student's."""
    return merge(new_notebook(), mine, theirs).notebook


def by_source(base: NotebookNode, mine: NotebookNode, theirs: NotebookNode) -> NotebookNode:
    """Keep the student's sources that the base does not have, behind all that the course has."""
    old = [cell.source for cell in base.cells]
    own = [cell for cell in mine.cells if cell.source not in old]
    ids = [cell.id for cell in own]
    return copy.deepcopy(new_notebook(cells=[cell for cell in theirs.cells if cell.id not in ids] + own))


@pytest.mark.parametrize("naive", [theirs_wins, mine_wins, by_place, without_base, by_source])
def test_the_property_catches_a_naive_update(naive):
    @FIRST
    @given(rounds)
    def look(history: list) -> None:
        play(naive, history)

    with pytest.raises((AssertionError, KeyError)):
        look()
