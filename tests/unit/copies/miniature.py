"""A course of three small lessons in a temporary folder, and a student who works in its copies."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_utils.copies import Change, Work, update_copies
from course_utils.lessons import COURSE

PACKAGE = ("__init__.py", "__main__.py", "_arguments.py", "lessons.py", "copies", "commands")


def text(name: str, source: str, **metadata: object) -> NotebookNode:
    """Make a text cell as the course has them: its name is its id."""
    return new_markdown_cell(source, id=name, metadata={"name": name, **metadata})


def code(name: str, source: str, **metadata: object) -> NotebookNode:
    """Make a code cell as the course has them, with an output and a count."""
    output = new_output("stream", text="stored by the course\n")
    cell = new_code_cell(source, id=name, metadata={"name": name, **metadata}, outputs=[output])
    cell.execution_count = 7
    return cell


def exercise(name: str, starter: str = "answer = ...") -> list[NotebookNode]:
    """Make the three cells of an exercise."""
    return [
        text(f"ex-{name}-task", f"### Exercise: {name}"),
        code(f"ex-{name}-answer", starter),
        code(f"ex-{name}", "seen = answer"),
    ]


SOFTMAX = [
    text("title", "# 01 · Softmax"),
    code("begin-here", "import math"),
    text("see", "## See it\n\n![weights](../figures/weights.png)"),
    code("scores", "scores = [4, 5, 6]"),
    text("verdict", "## Verdict\n\nWrong.", tags=["answer"]),
    *exercise("one-key"),
    text("summary", "## Summary"),
]
LOSSES = [text("title", "# 02 · Losses"), *exercise("entropy"), code("curve", "curve = 1")]
DESCENT = [text("title", "# 03 · Descent"), code("step", "step = 0.1"), *exercise("minimum")]


class Course:
    """A checkout with masters, pictures and, where asked for, git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "notebooks" / "files").mkdir(parents=True)
        (folder / "figures").mkdir()
        (folder / "notebooks" / "files" / "course.css").write_text("p {}", encoding="utf-8")
        (folder / "figures" / "weights.png").write_bytes(b"a picture")
        self.publish("01-softmax", SOFTMAX)
        self.publish("02-losses", LOSSES)
        self.publish("03-descent", DESCENT)

    def publish(self, stem: str, cells: list[NotebookNode], formerly: list[str] | None = None) -> None:
        """Write a master."""
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        if formerly:
            metadata["course"] = {"formerly": formerly}
        nbformat.write(new_notebook(cells=cells, metadata=metadata), self.master(stem))

    def master(self, stem: str) -> Path:
        """Return the path of a master."""
        return self.folder / "notebooks" / f"{stem}.ipynb"

    def commit(self) -> None:
        """Put the course as it is under git."""
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "a version"]):
            who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false"]
            subprocess.run(["git", "-C", str(self.folder), *who, *words], check=True)

    def bring_commands(self) -> list[str]:
        """Put the package's commands into the checkout; return the command line that README names."""
        for part in PACKAGE:
            source, target = COURSE / "course_utils" / part, self.folder / "course_utils" / part
            target.parent.mkdir(exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        return [sys.executable, "-m", "course_utils"]


class Student:
    """Somebody who works in a folder of copies."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def update(self, *open_now: str) -> list[Change]:
        """Update the copies; each of them is valid afterwards, and a second update changes nothing."""
        changes = update_copies(self.work, open_now)
        before = self.files()
        again = update_copies(self.work, open_now)
        assert all(change.kind == "left alone" for change in again), again
        assert self.files() == before, "A second update changed something."
        for path in self.work.folder.glob("*.ipynb"):
            if not any(change.file == path.name and change.kind == "left alone" for change in changes):
                self.read(path.stem)
        return changes

    def files(self) -> dict[Path, bytes]:
        """Return what lies in the folder, but for what was put aside."""
        paths = (path for path in self.work.folder.rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in paths if self.work.before not in path.parents}

    def path(self, stem: str) -> Path:
        """Return the path of a copy."""
        return self.work.folder / f"{stem}.ipynb"

    def read(self, stem: str) -> NotebookNode:
        """Read a copy, which has to be valid."""
        notebook = nbformat.read(self.path(stem), as_version=4)
        nbformat.validate(notebook)
        ids = [cell.id for cell in notebook.cells]
        assert len(ids) == len(set(ids))
        assert not any(line.startswith(("<<<<<<<", ">>>>>>>")) for line in self.lines(notebook))
        return notebook

    @staticmethod
    def lines(notebook: NotebookNode) -> list[str]:
        """Return all lines of all cells."""
        return [line for cell in notebook.cells for line in cell.source.splitlines()]

    def sources(self, stem: str) -> list[str]:
        """Return what stands in the cells of a copy."""
        return [cell.source for cell in self.read(stem).cells]

    def ids(self, stem: str) -> list[str]:
        """Return the ids of the cells of a copy."""
        return [cell.id for cell in self.read(stem).cells]

    def cell(self, stem: str, name: str) -> NotebookNode:
        """Return one cell of a copy."""
        return next(cell for cell in self.read(stem).cells if cell.id == name)

    def save(self, stem: str, notebook: NotebookNode) -> None:
        """Save a copy."""
        nbformat.write(notebook, self.path(stem))

    def write(self, stem: str, name: str, source: str) -> None:
        """Write into a cell and run it."""
        notebook = self.read(stem)
        cell = next(cell for cell in notebook.cells if cell.id == name)
        cell.source = source
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [new_output("stream", text="mine\n")], 3
        self.save(stem, notebook)

    def insert(self, stem: str, behind: str, cell: NotebookNode) -> None:
        """Put a cell of one's own behind another."""
        notebook = self.read(stem)
        notebook.cells.insert(self.ids(stem).index(behind) + 1, cell)
        self.save(stem, notebook)


def changed(cells: list[NotebookNode], **sources: str) -> list[NotebookNode]:
    """Return cells with new sources; underscores stand for hyphens."""
    new = {name.replace("_", "-"): source for name, source in sources.items()}
    return [nbformat.from_dict({**cell, "source": new.get(cell.id, cell.source)}) for cell in cells]


def without(cells: list[NotebookNode], *names: str) -> list[NotebookNode]:
    """Return cells but for some."""
    return [cell for cell in cells if cell.id not in names]


def with_behind(cells: list[NotebookNode], name: str, *more: NotebookNode) -> list[NotebookNode]:
    """Return cells with more behind one of them."""
    place = [cell.id for cell in cells].index(name) + 1
    return [*cells[:place], *more, *cells[place:]]
