"""Train the reader of the lesson transformer from five seeds, and write what it reaches to a table.

    python -m proofs.seeds_transformer

A look inside the heads and the leak of the random digits are measured by the lesson's own cells. How readers
compare is told by curves_dates.py.
"""

import contextlib
import io
import time

import numpy as np
import torch

from course_utils.data.dates import Dates, dates
from course_utils.learning.sequences import alignment_score, exact_match, fit_reader, uniform_weights
from course_utils.measured import about, measured
from course_utils.networks.transformer import EncoderLayer, TransformerReader, positions
from proofs.lesson_seeds import seeds_file, write_rows
from tools.checks import Lesson

TABLE = seeds_file("transformer")
COMMENT = "python -m proofs.seeds_transformer, one thread, on 2 shared CPU cores"
SETTING = {"epochs": 3, "batch_size": 16, "learning_rate": 0.004}  # what curves_dates chose for 3 epochs


def lesson_measures(model: TransformerReader, test: Dates, exact: float, seed: int) -> dict[str, float]:
    """Run the lesson's cells on a trained Transformer: its heads, what each is needed for, and the leak."""
    untrained = TransformerReader(seed=seed)
    space = {"reader": model, "untrained": untrained, "test": test, "exact": exact, "torch": torch, "np": np}
    space |= {"alignment_score": alignment_score, "uniform_weights": uniform_weights}
    space |= {"exact_match": exact_match, "EncoderLayer": EncoderLayer, "positions": positions}
    space |= {"about": about, "measured": measured}
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


def measure(seed: int) -> dict[str, str]:
    """Train one reader and measure it on days that it has not seen."""
    train = dates(4000, seed=seed, noise=0.2, filler=(0, 6))
    test = dates(1000, seed=100, part="test", noise=0.2, filler=(0, 6))
    model = TransformerReader(seed=seed)
    start = time.process_time()
    losses = fit_reader(model, train, **SETTING, seed=seed)
    row = {"seed": seed, "seconds": time.process_time() - start, "loss": losses[-1]}
    row["exact"] = exact_match(model, test)
    row |= lesson_measures(model, test, row["exact"], seed)
    return {key: f"{value:.4f}" if isinstance(value, float) else str(value) for key, value in row.items()}


def main() -> None:
    """Measure seeds 0 to 4."""
    torch.set_num_threads(1)
    rows = [measure(seed) for seed in range(5)]
    write_rows(TABLE, rows, COMMENT)
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
