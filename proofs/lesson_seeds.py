"""What some seeds_*.py share: run a lesson's own cells with five seeds and store its evidence.

Such a lesson holds the line ``SEED = 0`` and collects what it measures in a dict ``evidence``. Each seed is a
process of its own; a seed that is stored already is not run again.
"""

import contextlib
import csv
import datetime
import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course_utils.lessons import find_lesson

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class TrainedPart:
    """The part of a lesson that is run: from the cell `first` to before `end`, without figures and explorers.

    Before it come the cells named in `needed`, in the lesson's order, and then the code in `extra`.
    """

    lesson: str
    first: str
    end: str
    needed: tuple[str, ...]
    extra: str

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
        found = "\n\n".join(parts)
        if "SEED = 0\n" not in found:
            raise ValueError(f"the cell `{self.first}` must hold the line SEED = 0.")
        return found.replace("SEED = 0\n", f"SEED = {seed}\n")

    def measure(self, seed: int) -> dict[str, float]:
        """Run the code and return its evidence."""
        names: dict = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(self.code(seed), names)
        return {name: round(float(value), 4) for name, value in names["evidence"].items()}


def stored_rows(stored: Path) -> list[dict[str, str]]:
    """Return the rows that are stored."""
    if not stored.exists():
        return []
    lines = [line for line in stored.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def run(part: TrainedPart, machine: str, argv: list[str]) -> int:
    """Measure the seed named in `argv`, its script first, or each of 0 to 4 that is missing."""
    script, *seeds = argv
    stored = ROOT / "results" / f"{part.lesson}-seeds.csv"
    if seeds:
        row = {"seed": int(seeds[0]), **part.measure(int(seeds[0]))}
        rows = sorted([*stored_rows(stored), row], key=lambda row: int(row["seed"]))
        with stored.open("w", encoding="utf-8", newline="") as file:
            today = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
            file.write(f"# {today}, python -m proofs.{Path(script).stem}, {machine}\n")
            writer = csv.DictWriter(file, fieldnames=list(row), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return 0
    done = {int(row["seed"]) for row in stored_rows(stored)}
    for seed in sorted(set(range(5)) - done):
        subprocess.run([sys.executable, "-m", f"proofs.{Path(script).stem}", str(seed)], cwd=ROOT, check=True)
    return 0
