"""Train the Transformer of lesson 07 in two settings, from five seeds each, and write a table.

    OMP_NUM_THREADS=1 .venv/bin/python tools/seeds_07.py transformer "transformer, as in lesson 06"

Each call replaces the rows of the settings that it names and keeps the others. The recurrent reader to
compare with stands in lesson-06-seeds.csv.
"""

import argparse
import csv
import datetime
import time
from pathlib import Path

import torch

from course_utils.data.dates import Dates, dates
from course_utils.networks.transformer import TransformerReader
from course_utils.sequences import alignment_score, exact_match, fit_reader

TABLE = Path(__file__).resolve().parents[1] / "results" / "lesson-07-seeds.csv"
COMMENT = "tools/seeds_07.py with the names of the readers, one thread, on a shared machine of 2 CPU cores"
READERS = {  # name: words around each date, epochs, dates in a batch, learning rate
    "transformer": (2, 4, 32, 0.005),
    "transformer, as in lesson 06": (6, 3, 64, 0.005),  # the same dates, equally often seen
}


@torch.no_grad()
def shares(model: TransformerReader, data: Dates) -> dict[str, float]:
    """Give the share of attention on the right characters, mean of the three fields: mean and by head."""
    by_head = model.look(data.inputs, data.targets)[1]  # (n, heads, 10, longest)
    found = {"mean": by_head.mean(dim=1)}
    found |= {f"head_{number}": weights for number, weights in enumerate(by_head.unbind(dim=1), start=1)}
    scores = {name: alignment_score(weights, data.alignment) for name, weights in found.items()}
    return {name: sum(score.values()) / len(score) for name, score in scores.items()}


def measure(name: str, seed: int) -> dict[str, str]:
    """Train one reader and measure it on days that it has not seen."""
    words, epochs, batch_size, learning_rate = READERS[name]
    train = dates(4000, seed=seed, noise=0.2, filler=(0, words))
    test = dates(1000, seed=100, part="test", noise=0.2, filler=(0, words))
    model = TransformerReader(seed=seed)
    row = {"reader": name, "seed": seed, "parameters": sum(part.numel() for part in model.parameters())}
    untrained = shares(model, test)["mean"]
    start = time.process_time()
    losses = fit_reader(
        model, train, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, seed=seed
    )
    row["seconds"] = time.process_time() - start
    row |= {"loss": losses[-1], "exact": exact_match(model, test), "untrained": untrained}
    row |= shares(model, test)
    return {key: f"{value:.4f}" if isinstance(value, float) else str(value) for key, value in row.items()}


def main() -> None:
    """Measure the readers named on the command line, from seeds 0 to 4."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("readers", nargs="*", metavar="READER", help="all, or some of: " + ", ".join(READERS))
    options = parser.parse_args()
    if unknown := set(options.readers) - set(READERS):
        parser.error(f"unknown: {sorted(unknown)}")
    options.readers = options.readers or list(READERS)
    torch.set_num_threads(1)
    rows = []
    if TABLE.exists():
        kept = csv.DictReader(line for line in TABLE.open(encoding="utf-8") if not line.startswith("#"))
        rows = [row for row in kept if row["reader"] not in options.readers]
    rows += [measure(name, seed) for name in options.readers for seed in range(5)]
    rows.sort(key=lambda row: (list(READERS).index(row["reader"]), row["seed"]))
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {datetime.date.today()}; {COMMENT}\n")
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
