"""Measure preparing-data on several dirty folders: run the lesson's own cells with other seeds.

    python -m proofs.seeds_preparing_data --seeds 0 1 2 3 4

It writes results/preparing-data-seeds.csv, one row a seed; rows of other seeds stay as they were.
A bound that does not hold is said on the error stream, and the measuring goes on.
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat
import torch

from course_utils.lessons import find_lesson
from proofs.lesson_seeds import seeds_file, stored_rows, write_rows

LESSON = find_lesson("preparing-data").path
LAST = "five-seeds"  # this cell reads the results, so the measuring ends before it
UNUSED = ("ex-", "figure-", "scaling-explorer")
BOUNDS = "bounds"  # this cell says how the lesson measures


def measure(seed: int) -> dict[str, float]:
    """Run the lesson's cells with a seed.

    Parameters
    ----------
    seed : int
        Stands for the lesson's own.

    Returns
    -------
    dict of str to float
        What the lesson measured, by the name that it gives.
    """
    space, figures = {}, {}

    def measured(name: str, value: float) -> None:
        figures[name] = float(value)
        low, high = space["bounds"][name]
        if not low <= value <= high:
            print(f"seed {seed}: {name} is {value:.3f}, outside {low} to {high}.", file=sys.stderr)

    for cell in nbformat.read(LESSON, as_version=4).cells:
        if cell.id == LAST:
            return figures
        if cell.cell_type == "code" and not cell.id.startswith(UNUSED):
            exec(compile(cell.source.replace("seed = 0", f"seed = {seed}"), cell.id, "exec"), space)
        if cell.id == BOUNDS:
            space["measured"] = measured
    raise ValueError(f"The lesson has no cell {LAST!r}, before which the measuring ends.")


def main() -> None:
    """Measure each seed and write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m proofs.seeds_preparing_data", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=seeds_file("preparing-data"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    os.chdir(LESSON.parent)
    rows = {int(row["seed"]): row for row in stored_rows(arguments.out)}
    for seed in arguments.seeds:
        rows[seed] = {"seed": seed} | {name: round(value, 4) for name, value in measure(seed).items()}
    seeds = " ".join(map(str, sorted(rows)))
    how = f"python -m proofs.seeds_preparing_data --seeds {seeds}; 2 CPU cores, one thread"
    write_rows(arguments.out, [rows[seed] for seed in sorted(rows)], how)


if __name__ == "__main__":
    main()
