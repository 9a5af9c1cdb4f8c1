"""What the seeds_*.py share: the tables they write, and how some run a lesson's own cells with five seeds.

Such a lesson holds the line ``SEED = 0`` and collects what it measures in a dict ``evidence``. Each seed is a
process of its own; a seed that is stored already is not run again.
"""

import argparse
import contextlib
import csv
import datetime
import io
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import torch

from course_utils import measured
from course_utils.lessons import find_lesson

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class TrainedPart:
    """The part of a lesson that is run: from the cell `first` to before `end`, without figures and explorers.

    Before it come the cells named in `needed`, in the lesson's order, and then the code in `extra`.
    Last comes `after`: what is too dear for the lesson.
    """

    lesson: str
    first: str
    end: str
    needed: tuple[str, ...]
    extra: str
    after: str = ""

    def code(self, seed: int) -> str:
        """Return the code with this seed."""
        cells = nbformat.read(find_lesson(self.lesson).path, 4).cells
        names = [cell.metadata.get("name", cell.id) for cell in cells]  # a name waits for `make notebooks`
        if missing := {self.first, self.end, *self.needed} - set(names):
            raise ValueError(f"{self.lesson} has no cell {', '.join(sorted(missing))}.")
        code = {
            name: cell.source for name, cell in zip(names, cells, strict=True) if cell.cell_type == "code"
        }
        trained = names[names.index(self.first) : names.index(self.end)]
        parts = [code[name] for name in names if name in self.needed] + [self.extra]
        unused = {name for name in code if name.startswith("figure-") or name.endswith("-explorer")}
        parts += [code[name] for name in trained if name in code and name not in unused]
        found = "\n\n".join([*parts, self.after])
        if "SEED = 0\n" not in found:
            raise ValueError(f"the cell `{self.first}` must hold the line SEED = 0.")
        return found.replace("SEED = 0\n", f"SEED = {seed}\n")

    def measure(self, seed: int) -> dict[str, float]:
        """Run the code and return its evidence."""
        names: dict = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(self.code(seed), names)
        return {name: round(float(value), 4) for name, value in names["evidence"].items()}


def seeds_file(lesson: str) -> Path:
    """Return where the seeds of a lesson are stored."""
    return ROOT / "results" / f"{lesson}-seeds.csv"


def stored_rows(stored: Path) -> list[dict[str, str]]:
    """Return the rows that are stored so far; none, before the first."""
    return measured.stored(stored) if stored.exists() else []


def numbers_of(lesson: str) -> list[dict[str, float | str]]:
    """Return what is stored of a lesson's seeds, as numbers but for the names of readers."""
    return [
        {column: value if column == "reader" else float(value) for column, value in row.items()}
        for row in stored_rows(seeds_file(lesson))
    ]


def write_rows(stored: Path, rows: Sequence[Mapping[str, object]], how: str) -> None:
    """Write rows with the columns of the first, behind a line that says when and how they came about."""
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), restval="nan", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    heading = f"# {datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {how}\n"
    stored.write_text(heading + table.getvalue(), encoding="utf-8", newline="")


def run(part: TrainedPart, module: str, machine: str, threads: int | None = None) -> int:
    """Measure the seed that the command line names, or each of 0 to 4 that is missing."""
    command = ["-m", f"proofs.{module}"]
    purpose = f"Run the trained part of {part.lesson} with seeds 0 to 4, and store what it measures."
    parser = argparse.ArgumentParser(prog=f"python -m proofs.{module}", description=purpose)
    parser.add_argument("seed", nargs="?", type=int, help="measure this one alone, stored or not")
    seed = parser.parse_args().seed
    stored = seeds_file(part.lesson)
    rows = {int(row["seed"]): row for row in stored_rows(stored)}
    if seed is None:
        for missing in sorted(set(range(5)) - set(rows)):
            subprocess.run([sys.executable, *command, str(missing)], cwd=ROOT, check=True)
        return 0
    if threads:
        torch.set_num_threads(threads)
    rows[seed] = {"seed": seed, **part.measure(seed)}
    write_rows(stored, [rows[seed] for seed in sorted(rows)], f"python -m proofs.{module}, {machine}")
    return 0
