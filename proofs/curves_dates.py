"""Measure the reading of dates as a curve: with attention, without, and by a Transformer (make curves).

The protocol, written before the first run with a seed of the comparison
------------------------------------------------------------------------
**Question.** Lessons 06 and 07 compare readers after three epochs, with settings chosen for one of them. How
many dates does each arm read after how much training, when each arm has settings of its own?

**Scientific factor.** The arms: a GRU reader with additive attention, the same without attention, and the
Transformer reader of lesson 07, whose attention is a scaled dot product.
**Nuisance factors.** Learning rate and batch size, chosen for each arm at each budget (`RATES`).
**Fixed.** The networks' sizes (as in the lessons; the Transformer has about twice the parameters), 4,000
training dates (noise 0.2, 0 to 6 words around), Adam, clipping, and `fit_reader` with its schedule: the rate
climbs and falls within each budget. So each budget is a training of its own, and a point of the curve is
what a student gets from `fit_reader`. (A constant rate would give all budgets in one run, at half of the
cost; but then no run ends in a fall of the rate, and the curve would not be about what the lessons do.)
The names are those of Godbole et al., Deep Learning Tuning Playbook.

**Budget.** Training examples seen, `EXAMPLES`: below 4,000 the first ones, each once; from 4,000 on, all in
one or more epochs. Steps and CPU seconds (one thread, training alone) are stored with each run.
**Data.** For each seed its own training, validation (1,000) and test dates (1,000). The training dates are
lesson 06's; validation and test are drawn with seeds that no lesson uses, though of the same parts of the
century. The parts share no day; no run begins where they do.
**Choice.** At each budget an arm has the batch size and rate with the highest share of validation dates read
right in all ten characters, averaged over the seeds 0 to 4 (of equals, the first in `RATES`).
**Edges.** The best rate must not be the lowest or highest of its batch size, unless the arm reads less than
.01 of the dates: then there is nothing to choose. Where it is, two more rates on that side (factor 2.5) are
run for that arm, budget and batch size, once and before the test is read. If the best is at the edge even
then, the test stays sealed, and people have to amend this protocol in writing.
Batch size has two values, so one of them is always at an edge. More steps out of the same examples help at
small budgets down to 8 at least (pilot: attention, 2,000 examples, .96 with 8, .93 with 16), at nearly twice
the seconds. 16 is a limit set by cost: the curve says what can be read with batches of 16 or more.
**Flat.** All arms are trained up to 12,000 examples, lesson 06's three epochs. From there on, an arm that
reads over .9 and gained less than .005 (validation) since the budget before is flat; it is not trained on
more, and its last runs stand for it there too (column `trained_on`). That favours the other arms slightly.
**Test.** Test shares lie in a file of their own, which nothing opens before the plan is complete and no best
rate is at an edge. Then the chosen settings' shares are read, once.
**Uncertainty.** Over five seeds: the mean, and Student's 95 % interval; between arms, of the differences
seed by seed, which share training, validation and test dates. Seeds differ in first weights, order and all
dates, so the interval is about other dates of the same kind too. No correction for the number of comparisons.
**Order.** `STAGES`: seeds 0 to 2 up to 12,000 examples, budget by budget; then seeds 3 and 4; then 24,000 and
48,000. So what exists is always a smaller plan that is complete, or nearly.
**Cut beforehand.** In a pilot with seed 900, on two busy cores, an epoch took 5 to 6.6 CPU s in batches of
16 and 2.4 to 4 in batches of 64. Five rates, three batch sizes and 96,000 examples as well would have taken
over ten CPU hours. This plan takes 2.6 if attention is flat at 12,000 and the others are not, 3.4 if no arm
is. An arm that is not flat at 48,000 is called that. The grid was laid around the pilot's best rates, after
12,000 examples in batches of 16: .0125 without attention (.91; with .03 .56), .005 for the Transformer (.49).

Files, in results/: curves-dates-runs.csv (raw, one row a run), curves-dates-sealed.csv (their test shares),
curves-dates.csv (the summary; the column `arm` also holds the differences) and curves-dates.png.
The work can be stopped at any time, and the same command goes on.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from course_utils.data.dates import Dates, dates
from course_utils.learning.sequences import exact_match, fit_reader
from course_utils.networks.seq2seq import DateReader
from course_utils.networks.transformer import TransformerReader
from course_utils.plots import budget_curves
from proofs.ablation import Mean, mean_of
from proofs.lesson_seeds import ROOT, stored_rows

ARMS: dict[str, Callable[..., nn.Module]] = {
    "additive attention": partial(DateReader, "additive"),
    "no attention": partial(DateReader, None),
    "Transformer": TransformerReader,
}
RATES = {16: (0.0016, 0.004, 0.01, 0.025), 64: (0.004, 0.01, 0.025)}  # for each batch size
FACTOR, WIDER = 2.5, 2  # a grid whose best is at an edge gets so many more rates there, so far apart
N_TRAIN = 4000
EXAMPLES = (1000, 2000, 4000, 8000, 12_000, 24_000, 48_000)
ALL_TRAIN_TO = 12_000
SEEDS = (0, 1, 2, 3, 4)
STAGES = (((0, 1, 2), EXAMPLES[:5]), (SEEDS, EXAMPLES[:5]), (SEEDS, EXAMPLES[5:6]), (SEEDS, EXAMPLES[6:]))
NOTHING, MOST, FLAT = 0.01, 0.9, 0.005  # shares of dates: see the protocol
COMMAND = "python -m proofs.curves_dates"
RUNS, SEALED, SUMMARY, PICTURE = (
    f"curves-dates{end}" for end in ("-runs.csv", "-sealed.csv", ".csv", ".png")
)


class Setting(NamedTuple):
    """What is tuned."""

    batch_size: int
    learning_rate: float


class Run(NamedTuple):
    """One training."""

    arm: str
    seed: int
    examples: int
    setting: Setting


class Choice(NamedTuple):
    """The best setting of an arm at a budget, by which seeds, how good they were, and whether at an edge."""

    setting: Setting
    seeds: tuple[int, ...]
    mean: float
    at_edge: bool


Row = dict[str, str]
Shares = Mapping[Run, float]


class StillSealed(ValueError):
    """The test must not be read yet."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do the runs that are left and write the summary; return 1 if the protocol has to be amended."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--out", type=Path, default=ROOT / "results", help="folder for the files (default: results)")
    add("--summary", action="store_true", help="train nothing, only write the summary of what is stored")
    add("--limit-seconds", type=float, default=math.inf, help="begin no run after this time (default: none)")
    add("--arms", nargs="+", choices=list(ARMS), default=list(ARMS), help="train these arms only")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.summary:
        torch.set_num_threads(1)
        work(options.out, options.arms, options.limit_seconds)
    rows = stored_rows(options.out / RUNS)
    if not rows:
        print(f"No run is stored in {options.out / RUNS}.")
        return 1
    shares = validation_of(rows)
    left = sum(1 for _ in pending(shares))
    try:
        test = unseal(shares, options.out / SEALED)
    except StillSealed as reason:
        print(reason)
        test = None
    summary = summary_of(rows, test)
    (options.out / SUMMARY).write_text(as_text(summary, rows), encoding="utf-8", newline="")
    fig, alt = picture_of(summary)
    fig.savefig(options.out / PICTURE, metadata={"Description": alt, "Software": None})
    plt.close(fig)
    print(table_of(summary), f"{len(rows)} runs are stored, at least {left} are left.", sep="\n")
    return int(not left and test is None)


def work(out: Path, arms: Iterable[str], limit_seconds: float = math.inf) -> None:
    """Do run after run and store each at once; its test share first, so that no stored run lacks one."""
    start = time.perf_counter()
    while time.perf_counter() - start < limit_seconds:
        left = pending(validation_of(stored_rows(out / RUNS)))
        run = next((run for run in left if run.arm in arms), None)
        if run is None:
            return
        row, test = measure(run)
        append(out / SEALED, {**_columns(run), "test": test})
        append(out / RUNS, row)
        print(", ".join(f"{name} {row[name]}" for name in list(row)[:8]), flush=True)


def measure(run: Run) -> tuple[dict[str, object], float]:
    """Train once; return the row to store and, apart, the share of test dates.

    A loss that becomes infinite is an outcome too: no date is read.
    """
    train, validation, test = data_of(run.seed)
    n = min(run.examples, len(train.iso))
    model = ARMS[run.arm](seed=run.seed)
    epochs, (batch_size, rate) = run.examples // n, run.setting
    loss, shares, start = math.nan, [0.0, 0.0], time.process_time()
    some = Dates(*(part[:n] for part in train))
    try:
        losses = fit_reader(
            model, some, epochs=epochs, batch_size=batch_size, learning_rate=rate, seed=run.seed
        )
        loss, seconds = losses[-1], time.process_time() - start
        shares = [exact_match(model, part) for part in (validation, test)]
    except FloatingPointError:
        seconds = time.process_time() - start
    outcome = {"steps": epochs * math.ceil(n / batch_size), "seconds": f"{seconds:.2f}"}
    outcome |= {"validation": f"{shares[0]:.4f}", "loss": f"{loss:.4f}"}
    now = {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), "machine": machine()}
    now |= {"torch": str(torch.__version__), "command": COMMAND}
    return {**_columns(run), **outcome, **now}, round(shares[1], 4)


@lru_cache(maxsize=len(SEEDS))
def data_of(seed: int) -> tuple[Dates, Dates, Dates]:
    """Return the training, validation and test dates of a seed, which share no day."""
    like = {"noise": 0.2, "filler": (0, 6)}
    parts = (
        dates(N_TRAIN, seed=seed, part="train", **like),
        dates(1000, seed=2000 + seed, part="validation", **like),
        dates(1000, seed=3000 + seed, part="test", **like),
    )
    require_apart(parts)
    return parts


def require_apart(parts: Iterable[Dates]) -> None:
    """Refuse parts that have a day in common."""
    for one, other in itertools.combinations([set(part.iso) for part in parts], 2):
        if both := one & other:
            raise ValueError(f"parts have {len(both)} days in common; expected none.")


def pending(shares: Shares) -> Iterator[Run]:
    """Yield the runs that are left, in their order, as far as the stored ones decide what is to be done."""
    given = set()
    for seeds, budgets in STAGES:
        for examples, arm in itertools.product(budgets, ARMS):
            if trained_on(shares, arm, examples) == examples:
                for setting, seed in itertools.product(grid(shares, arm, examples), seeds):
                    run = Run(arm, seed, examples, setting)
                    if run not in shares and run not in given:
                        given.add(run)
                        yield run


def grid(shares: Shares, arm: str, examples: int) -> list[Setting]:
    """List the settings to try: the first grid, wider where all its seeds have the best at an edge."""
    first = [Setting(size, rate) for size, rates in RATES.items() for rate in rates]
    choice = choose(shares, arm, examples, first)
    if choice is None or choice.seeds != SEEDS or not choice.at_edge:
        return first
    size, rate = choice.setting
    factor = FACTOR if rate == max(RATES[size]) else 1 / FACTOR
    return first + [Setting(size, float(f"{rate * factor**i:.3g}")) for i in range(1, WIDER + 1)]


def choose(
    shares: Shares, arm: str, examples: int, settings: Sequence[Setting] | None = None
) -> Choice | None:
    """Choose by the mean over the seeds that have every setting; None if none has."""
    settings = grid(shares, arm, examples) if settings is None else settings
    seeds = tuple(
        seed for seed in SEEDS if all(Run(arm, seed, examples, setting) in shares for setting in settings)
    )
    if not seeds:
        return None
    means = {
        setting: statistics.fmean(shares[Run(arm, seed, examples, setting)] for seed in seeds)
        for setting in settings
    }
    best = max(means, key=means.get)
    rates = [rate for size, rate in settings if size == best.batch_size]
    at_edge = best.learning_rate in (min(rates), max(rates)) and means[best] >= NOTHING
    return Choice(best, seeds, means[best], at_edge)


def trained_on(shares: Shares, arm: str, examples: int) -> int:
    """Return the budget whose runs stand for an arm: this one, or the one at which it was found flat."""
    budgets = [budget for budget in EXAMPLES if ALL_TRAIN_TO <= budget < examples]
    for budget in budgets:
        before = EXAMPLES[EXAMPLES.index(budget) - 1]
        one, two = choose(shares, arm, before), choose(shares, arm, budget)
        known = one and two and one.seeds == two.seeds == SEEDS
        if known and two.mean > MOST and two.mean - one.mean < FLAT:
            return budget
    return examples


def unseal(shares: Shares, sealed: Path) -> Shares:
    """Read the test shares, or say why that must wait."""
    if left := sum(1 for _ in pending(shares)):
        raise StillSealed(f"The test stays sealed: at least {left} runs of the plan are left.")
    for examples, arm in itertools.product(EXAMPLES, ARMS):
        choice = choose(shares, arm, trained_on(shares, arm, examples))
        if choice.at_edge:
            size, rate = choice.setting
            raise StillSealed(
                f"The test stays sealed: the best rate of {arm} at {examples:,} examples, {rate:g} with "
                f"batches of {size}, is at the edge of its grid. Amend the protocol."
            )
    return {run_of(row): float(row["test"]) for row in stored_rows(sealed)}


def summary_of(rows: Sequence[Row], test: Shares | None) -> list[Row]:
    """Return a row for each budget and arm, and for each two arms their differences, as texts."""
    shares = validation_of(rows)
    stored = {run_of(row): row for row in rows}
    found: list[dict[str, object]] = []
    for examples in EXAMPLES:
        runs: dict[str, list[Run]] = {}
        for arm in ARMS:
            budget = trained_on(shares, arm, examples)
            choice = choose(shares, arm, budget)
            if choice is None:
                continue
            runs[arm] = [Run(arm, seed, budget, choice.setting) for seed in choice.seeds]
            some = [stored[run] for run in runs[arm]]
            row = {"examples": examples, "arm": arm, "seeds": len(some), "trained_on": budget}
            row |= {**choice.setting._asdict(), "at_edge": "yes" if choice.at_edge else "no"}
            row["steps"] = some[0]["steps"]
            row["seconds"] = f"{statistics.median(float(one['seconds']) for one in some):.1f}"
            found.append(row | _intervals(runs[arm], None, shares, test))
        for one, other in itertools.combinations(runs, 2):
            pairs = list(zip(*_of_both(runs[one], runs[other]), strict=True))
            if pairs:
                row = {"examples": examples, "arm": f"{one} minus {other}", "seeds": len(pairs)}
                found.append(row | _intervals(*zip(*pairs, strict=True), shares, test))
    columns = list(dict.fromkeys(name for row in found for name in row))
    return [{name: str(row.get(name, "")) for name in columns} for row in found]


def as_text(summary: Sequence[Row], rows: Sequence[Row]) -> str:
    """Write the summary as it is stored, behind a line that says how it came about."""
    days = sorted(row["date"][:10] for row in rows)
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    machines = " and ".join(dict.fromkeys(row["machine"] for row in rows))
    lines = [f"# {when}, {COMMAND}, {len(rows)} runs of one thread each, shared machine: {machines}"]
    lines += [",".join(summary[0]), *(",".join(row.values()) for row in summary)]
    return "\n".join(lines) + "\n"


def picture_of(summary: Sequence[Row]) -> tuple[plt.Figure, str]:
    """Draw the arms' curves: of the test where it was read, else of validation; return the alt text too."""
    part = "test" if all(row["test"] for row in summary) else "validation"
    budgets = sorted({int(row["examples"]) for row in summary})
    at = {(row["arm"], int(row["examples"])): row for row in summary}
    curves = {}
    for arm in ARMS:
        points = [at.get((arm, budget), {}) for budget in budgets]
        curves[arm] = [
            [float(point.get(name) or "nan") for point in points]
            for name in (part, f"{part}_low", f"{part}_high")
        ]
    fig, ax = plt.subplots(figsize=(9, 5))
    measure = f"{part} dates read right"
    alt = budget_curves(ax, budgets, curves, budget="training examples seen", measure=measure)
    ax.set_ylim(-0.03, 1.03)
    seeds = {row["seeds"] for row in summary}
    title = "Reading dates, tuned at each budget" + ("" if part == "test" else " (preliminary)")
    ax.set_title(title)
    return fig, f"{title}; means over {min(seeds)} to {max(seeds)} seeds. {alt}"


def table_of(summary: Sequence[Row]) -> str:
    """Write the summary for the terminal; the test is not in it."""
    lines = []
    for row in summary:
        setting = f"{row['batch_size']:>3} {row['learning_rate']:>7} {row['at_edge']:>4} {row['seconds']:>6}"
        interval = f"[{row['validation_low'] or '–'}, {row['validation_high'] or '–'}]"
        numbers = f"{row['seeds']} {setting} {row['validation']:>7} {interval}"
        lines.append(f"{row['examples']:>6} {row['arm']:36} {numbers}")
    head = f"{'seen':>6} {'arm':36} n bat    rate edge    sec validation [95 %]"
    return "\n".join([head, *lines])


def validation_of(rows: Iterable[Row]) -> Shares:
    """Return the share of validation dates of each stored run."""
    return {run_of(row): float(row["validation"]) for row in rows}


def run_of(row: Row) -> Run:
    """Read from a row which run it is about."""
    setting = Setting(int(row["batch_size"]), float(row["learning_rate"]))
    return Run(row["arm"], int(row["seed"]), int(row["examples"]), setting)


def append(path: Path, row: Mapping[str, object]) -> None:
    """Add a row to a table, with its head if it is the first."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def machine() -> str:
    """Say how many cores of which processor there are."""
    known = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", known.read_text(encoding="utf-8")) if known.exists() else []
    name = [*names, platform.processor() or platform.machine()][0]
    return f"{os.cpu_count()} cores {name}".replace(",", "")


def _columns(run: Run) -> dict[str, object]:
    """Return what tells a run from the others, as columns."""
    return {"arm": run.arm, "seed": run.seed, "examples": run.examples, **run.setting._asdict()}


def _of_both(one: Sequence[Run], other: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Return the runs of two arms whose seeds both arms have, seed by seed."""
    both = {run.seed for run in one} & {run.seed for run in other}
    return [run for run in one if run.seed in both], [run for run in other if run.seed in both]


def _intervals(
    runs: Sequence[Run], minus: Sequence[Run] | None, shares: Shares, test: Shares | None
) -> dict[str, str]:
    """Return mean and interval over the seeds, of shares or of differences; no test, no numbers of it."""
    columns = {}
    for name, part in {"validation": shares, "test": test}.items():
        values = np.array([part[run] for run in runs]) if part else np.empty(0)
        if part and minus:
            values -= [part[run] for run in minus]
        mean = mean_of(values.tolist()) if part else Mean(*[math.nan] * 4)
        for column, number in {name: mean.mean, f"{name}_low": mean.low, f"{name}_high": mean.high}.items():
            columns[column] = "" if math.isnan(number) else f"{number:.4f}"
    return columns


if __name__ == "__main__":
    sys.exit(main())
