"""Run the trained part of lesson 11 with five seeds and store what it measures: python tools/seeds_11.py.

The code is the lesson's own: its cells run here with another seed, up to the cell that judges the results.
Each seed is a process of its own; a seed that is stored already is not run again.
"""

import contextlib
import csv
import datetime
import io
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
LESSON = ROOT / "notebooks" / "11-evaluating-classifiers.ipynb"
STORED = ROOT / "results" / "lesson-11-seeds.csv"
NEEDED = {
    "counts-by-hand",
    "sklearn-agrees",
}  # imports of the first half; then everything from `scenes` to `bounds`


def lesson_code(seed: int) -> str:
    """Return the code of the lesson's trained part, with this seed."""
    cells = [cell for cell in nbformat.read(LESSON, 4).cells if cell.cell_type == "code"]
    ids = [cell.id for cell in cells]
    trained = cells[ids.index("scenes") : ids.index("bounds")]
    trained = [cell for cell in trained if not cell.id.startswith("figure-")]
    code = [cell.source for cell in cells if cell.id in NEEDED] + [cell.source for cell in trained]
    code.insert(len(NEEDED), "from course_utils import data")
    found = "\n\n".join(code)
    if "SEED = 0\n" not in found:
        raise ValueError("the cell `scenes` must hold the line SEED = 0.")
    return found.replace("SEED = 0\n", f"SEED = {seed}\n")


def measure(seed: int) -> dict[str, float]:
    """Run the lesson's trained part and return its evidence."""
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(lesson_code(seed), names)
    return {name: round(float(value), 4) for name, value in names["evidence"].items()}


def stored_rows() -> list[dict[str, str]]:
    """Return the rows that are stored."""
    if not STORED.exists():
        return []
    lines = [line for line in STORED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def main(argv: list[str]) -> int:
    """Measure the seed that is named, or each of 0 to 4 that is missing."""
    if argv:
        row = {"seed": int(argv[0]), **measure(int(argv[0]))}
        rows = sorted([*stored_rows(), row], key=lambda row: int(row["seed"]))
        with STORED.open("w", encoding="utf-8", newline="") as file:
            file.write(
                f"# {datetime.datetime.now(datetime.UTC):%Y-%m-%d}, python tools/seeds_11.py, 2 CPU cores\n"
            )
            writer = csv.DictWriter(file, fieldnames=list(row), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return 0
    done = {int(row["seed"]) for row in stored_rows()}
    for seed in sorted(set(range(5)) - done):
        subprocess.run([sys.executable, __file__, str(seed)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
