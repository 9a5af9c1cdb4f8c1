"""Train the readers of the lesson transformer from five seeds each, and write a table.

    python -m proofs.seeds_transformer transformer "gru, easier dates"

Each call replaces the rows of the readers that it names and keeps the others. A look inside the heads and the
leak of the random digits are measured by the lesson's own cells. The recurrent reader in its own
lesson's setting stands in recurrent-attention-seeds.csv.
"""

import argparse
import contextlib
import functools
import io
import time

import numpy as np
import torch

from course_utils.data.dates import Dates, dates
from course_utils.learning.sequences import alignment_score, exact_match, fit_reader, uniform_weights
from course_utils.networks.seq2seq import DateReader
from course_utils.networks.transformer import EncoderLayer, TransformerReader, positions
from proofs.lesson_seeds import seeds_file, stored_rows, write_rows
from tools.checks import Lesson

TABLE = seeds_file("transformer")
COMMENT = (
    "python -m proofs.seeds_transformer with the names of the readers, one thread, on 2 shared CPU cores"
)
GRU = functools.partial(DateReader, "additive")
READERS = {  # name: network, words around each date, epochs, dates in a batch, learning rate
    "transformer": (TransformerReader, 2, 4, 32, 0.005),
    "gru, easier dates": (GRU, 2, 4, 32, 0.01),  # the same dates, equally often seen
    "transformer, harder dates": (TransformerReader, 6, 3, 64, 0.005),  # equally often seen
}


def lesson_measures(model: TransformerReader, test: Dates, exact: float, seed: int) -> dict[str, float]:
    """Run the lesson's cells on a trained Transformer: its heads, what each is needed for, and the leak."""
    untrained = TransformerReader(seed=seed)
    space = {"reader": model, "untrained": untrained, "test": test, "exact": exact, "torch": torch, "np": np}
    space |= {"alignment_score": alignment_score, "uniform_weights": uniform_weights}
    space |= {"exact_match": exact_match, "EncoderLayer": EncoderLayer, "positions": positions}
    lesson = Lesson.named("transformer")
    with contextlib.redirect_stdout(io.StringIO()):
        for name in ["heads", "without-a-head", "leak-model"]:
            exec(lesson.source(name).replace("manual_seed(0)", f"manual_seed({seed})"), space)
    share = {name: sum(fields.values()) / len(fields) for name, fields in space["shares"].items()}
    row = {"exact_untrained": exact_match(untrained, test), "untrained": share["untrained"]}
    row |= {"mean": share["mean of heads"], "other_date": share["other date"]}
    row |= {f"head_{i}": share[f"head {i}"] for i in range(1, 5)}
    row |= {f"exact_without_{i}": right for i, right in enumerate(space["without"], start=1)}
    digits = space["predict_random_digits"]
    return row | {"digits_causal": digits(causal=True), "digits_leaking": digits(causal=False)}


def measure(name: str, seed: int) -> dict[str, str]:
    """Train one reader and measure it on days that it has not seen."""
    network, words, epochs, batch_size, learning_rate = READERS[name]
    train = dates(4000, seed=seed, noise=0.2, filler=(0, words))
    test = dates(1000, seed=100, part="test", noise=0.2, filler=(0, words))
    model = network(seed=seed)
    row = {"reader": name, "seed": seed, "parameters": sum(part.numel() for part in model.parameters())}
    start = time.process_time()
    losses = fit_reader(
        model, train, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, seed=seed
    )
    row["seconds"] = time.process_time() - start
    row |= {"loss": losses[-1], "exact": exact_match(model, test)}
    if network is TransformerReader:
        row |= lesson_measures(model, test, row["exact"], seed)
    return {key: f"{value:.4f}" if isinstance(value, float) else str(value) for key, value in row.items()}


def main() -> None:
    """Measure the readers named on the command line, from seeds 0 to 4."""
    parser = argparse.ArgumentParser(
        prog="python -m proofs.seeds_transformer", description=__doc__.splitlines()[0]
    )
    parser.add_argument("readers", nargs="*", metavar="READER", help="all, or some of: " + ", ".join(READERS))
    options = parser.parse_args()
    if unknown := set(options.readers) - set(READERS):
        parser.error(f"unknown: {sorted(unknown)}")
    options.readers = options.readers or list(READERS)
    torch.set_num_threads(1)
    rows = [row for row in stored_rows(TABLE) if row["reader"] not in options.readers]
    rows += [measure(name, seed) for name in options.readers for seed in range(5)]
    rows.sort(key=lambda row: (list(READERS).index(row["reader"]), row["seed"]))
    write_rows(TABLE, rows, COMMENT)
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
