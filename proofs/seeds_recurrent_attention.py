"""Train the date readers of recurrent-attention from five seeds each, and write what they reach to a table.

    python -m proofs.seeds_recurrent_attention

Each row is written as soon as it is measured, and rows that the table holds already are kept: delete the
table to begin anew. The names of readers, as in ``additive none``, measure these alone.
"""

import argparse
import time

import torch

from course_utils.data.dates import dates
from course_utils.learning.sequences import alignment_score, exact_match, fit_reader, right_characters
from course_utils.networks.seq2seq import DateReader
from proofs.lesson_seeds import seeds_file, stored_rows, write_rows

TABLE = seeds_file("recurrent-attention")
COMMENT = "python -m proofs.seeds_recurrent_attention, one thread on a shared machine of 2 CPU cores"
READERS = {  # name: the score, the epochs, whether padding is masked
    "additive": ("additive", 2, True),
    "none": (None, 2, True),
    "none, 12 epochs": (None, 12, True),
    "general": ("general", 2, True),
    "dot": ("dot", 2, True),
    "additive, never masked": ("additive", 2, False),
}
SETTING = {"batch_size": 16, "learning_rate": 0.01}  # what curves_dates chose for 2 epochs, with and without
WORDS = (0, 4, 8, 12)  # around each date, in the tests of length; training sees 0 to 6

Row = dict[str, str]


def measure(name: str, seed: int) -> Row:
    """Train one reader and measure it on days that it has not seen."""
    attention, epochs, masked = READERS[name]
    train = dates(4000, seed=seed, noise=0.2, filler=(0, 6))
    test = dates(1000, seed=100, part="test", noise=0.2, filler=(0, 6))
    model = DateReader(attention, seed=seed)
    model.masked = masked
    start = time.process_time()
    fit_reader(model, train, epochs=epochs, **SETTING, seed=seed)
    seconds = time.process_time() - start
    ids, weights = model.read(test.inputs)
    row = {"reader": name, "seed": seed, "exact": (ids == test.targets).all(dim=1).float().mean().item()}
    for n_words in WORDS:
        some = dates(500, seed=200 + n_words, part="test", noise=0.2, filler=n_words)
        row[f"exact_{n_words}_words"] = exact_match(model, some)
    row["characters_forced"] = right_characters(model, test, forced=True).float().mean().item()
    row["characters_free"] = (ids == test.targets).float().mean().item()
    row |= alignment_score(weights, test.alignment)
    zero = torch.tensor(
        [iso[8] == "0" and "/" not in text for iso, text in zip(test.iso, test.texts, strict=True)]
    )
    on_day = (weights[:, 8] * test.alignment[:, 2]).sum(dim=1)  # while the day's first digit is written
    row |= {"day_zero": on_day[zero].mean().item(), "day_other": on_day[~zero].mean().item()}
    model.masked = not masked
    row["exact_other_mask"] = exact_match(model, test) if name.startswith("additive") else float("nan")
    row["seconds"] = seconds
    return {key: f"{value:.4f}" if isinstance(value, float) else str(value) for key, value in row.items()}


def main() -> None:
    """Measure what the table lacks, seed by seed."""
    parser = argparse.ArgumentParser(
        prog="python -m proofs.seeds_recurrent_attention", description=__doc__.splitlines()[0]
    )
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(READERS))
    wanted = parser.parse_args().readers or list(READERS)
    if unknown := set(wanted) - set(READERS):
        parser.error(f"no reader is called {unknown}; there are {', '.join(READERS)}")
    torch.set_num_threads(1)
    rows = stored_rows(TABLE)
    for seed in range(5):
        for name in wanted:
            held = any((row["reader"], row["seed"]) == (name, str(seed)) for row in rows)
            if not held:
                rows.append(measure(name, seed))
                print(rows[-1], flush=True)
                rows.sort(key=lambda row: (list(READERS).index(row["reader"]), row["seed"]))
                write_rows(TABLE, rows, COMMENT)


if __name__ == "__main__":
    main()
