"""For instructors: what a folder of submitted notebooks says about each exercise and about the class."""

import argparse
import csv
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from course_utils.exercises.engine.record import current_key
from course_utils.exercises.engine.rendering import RECORD_TYPE

OUTCOMES = ("correct", "misconception", "wrong", "raised", "not attempted")


class Row(NamedTuple):
    """One line of the table: what a notebook says about an exercise, or what is wrong with the notebook."""

    file: str
    exercise: str
    outcome: str
    misconception: str


def report(folder: str | Path, out: str | Path, rerun: bool = False, timeout: float = 600.0) -> str:
    """Write a table of all exercises in a folder of notebooks, and sum up the class's misconceptions.

    What `check` left in the stored outputs is read; nothing is run, unless `rerun` asks for it. Rerunning
    executes students' code with your rights: do it in a container, or on a machine without anything of value.

    Parameters
    ----------
    folder : str or Path
        Searched with its subfolders for `.ipynb` files.
    out : str or Path
        The CSV file to write, with the columns of `Row`.
    rerun : bool
        Run each notebook from the start, in a kernel process of its own, in place of reading its outputs.
    timeout : float
        The longest that one notebook may run, in seconds.

    Returns
    -------
    str
        The summary.

    Raises
    ------
    ValueError
        If the folder does not exist or holds no notebook, or the timeout is not above 0.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"folder is {str(folder)!r}; expected a folder with submitted notebooks.")
    if not timeout > 0:
        raise ValueError(f"timeout is {timeout}; expected a number of seconds above 0.")
    found = sorted(folder.rglob("*.ipynb"))
    paths = [path for path in found if not _is_hidden(path.relative_to(folder))]
    if not paths:
        raise ValueError(f"folder {str(folder)!r} holds no .ipynb file; expected submitted notebooks.")
    rows = [row for path in paths for row in _rows(folder, path, rerun, timeout)]
    with open(out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Row._fields)
        writer.writerows(rows)
    return _summary(rows)


def _is_hidden(path: Path) -> bool:
    """Return whether a file lies in a hidden folder: a checkpoint, or what a copy was made from."""
    return any(part.startswith(".") for part in path.parts)


def _rows(folder: Path, path: Path, rerun: bool, timeout: float) -> list[Row]:
    """Read one notebook; whatever is wrong with it becomes a row."""
    name = (
        f"./{path.relative_to(folder).as_posix()}"  # "./" keeps spreadsheets from reading "=…" as a formula
    )
    problem = ""
    try:
        cells = _cells(path)
        if rerun:
            cells, problem = _run(path, timeout)
    except (OSError, ValueError, RecursionError):
        return [Row(name, "", "not a notebook", "")]
    found = {current_key(record["exercise"]): record for record in _records(cells)}
    rows = [
        Row(name, key, record["outcome"], record.get("misconception") or "")
        for key, record in sorted(found.items())
    ]
    if problem or not rows:
        rows.append(Row(name, "", problem or "no exercise was checked", ""))
    return rows


def _cells(path: Path) -> list[dict]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError(f"{path.name} is JSON, but no notebook with cells.")
    return cells


def _records(cells: list[dict]) -> Iterator[dict]:
    """Return the records that checks and quizzes left, in order, without what does not look like one."""
    for cell in cells:
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            data = output.get("data") if isinstance(output, dict) else None
            record = data.get(RECORD_TYPE) if isinstance(data, dict) else None
            several = record.get("quiz") if isinstance(record, dict) else None
            yield from filter(_is_record, several if isinstance(several, list) else [record])


def _is_record(record: object) -> bool:
    return (
        isinstance(record, dict)
        and re.fullmatch(r"(lesson_\d+|quiz_\w+|[a-z][a-z\d-]*)\.[\w-]+", str(record.get("exercise")))
        is not None
        and record.get("outcome") in OUTCOMES
        and re.fullmatch(r"[\w-]+", str(record.get("misconception"))) is not None
    )


def _run(path: Path, timeout: float) -> tuple[list[dict], str]:
    """Run a notebook in a kernel of its own; return its cells and what went wrong, if anything."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    deadline = time.monotonic() + timeout
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout_func=lambda cell: max(0.1, deadline - time.monotonic()),
            allow_errors=True,
            kernel_name="python3",
            shutdown_kernel="immediate",
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute(env=os.environ | {"COURSE_PROGRESS": str(Path(folder) / "progress.json")})
            problem = ""
        except CellTimeoutError:
            problem = "stopped at the time limit"
        except DeadKernelError:
            problem = "its kernel died"
        except Exception as error:
            problem = f"could not be run ({type(error).__name__})"
    return notebook.cells, problem


def _summary(rows: list[Row]) -> str:
    outcomes = Counter(row.outcome for row in rows)
    slips = Counter((row.exercise, row.misconception) for row in rows if row.misconception)
    lines = [f"Notebooks: {len({row.file for row in rows})}"]
    lines += [f"{count:5} {outcome}" for outcome, count in sorted(outcomes.items())]
    lines.append("Misconceptions, the most frequent first:" if slips else "No misconception was recognised.")
    lines += [
        f"{count:5} {exercise}: {name}"
        for (exercise, name), count in sorted(slips.items(), key=lambda item: (-item[1], item[0]))
    ]
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Run `python -m course_utils report`.

    Parameters
    ----------
    argv : list of str
        The command's arguments.

    Returns
    -------
    int
        0, or 2 if the folder cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="python -m course_utils report", description="Sum up submitted notebooks."
    )
    parser.add_argument("folder", help="folder with the notebooks, searched with its subfolders")
    parser.add_argument("--out", default="report.csv", help="the table to write (default: report.csv)")
    parser.add_argument(
        "--rerun", action="store_true", help="run each notebook; contain it: this is students' code"
    )
    parser.add_argument(
        "--timeout", type=float, default=600.0, metavar="S", help="seconds for each notebook (600)"
    )
    arguments = parser.parse_args(argv)
    try:
        print(report(**vars(arguments)))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"The table is in {arguments.out}.")
    return 0
