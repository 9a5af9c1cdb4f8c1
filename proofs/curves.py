"""What the curves_*.py share: tune each rival at each budget, train, keep the test sealed, summarise, draw.

Each curves_*.py holds the protocol of one comparison as its docstring, committed before its first run, and
a `Comparison`. What they have in common:

**Choice.** At each budget an arm has the setting with the highest share of validation examples right,
averaged over the seeds 0 to 2 (of equals, the first). It is then trained with the seeds 3 and 4 too. Above
the budget `whole_grid_to` only the best setting of the budget before is tried, and the rates below and
above it.
**Edges.** The best rate must not be the lowest or highest of its batch size, unless the arm is right in
less than `NOTHING`: then there is nothing to choose. Where it is, up to two more rates on that side are
run, one after the other, for that arm, budget and batch size, before the test is read. If the best is at
the edge even then, the test stays sealed, and people have to amend the protocol in writing.
**Flat.** Up to `all_train_to` every arm is trained. From there on, one that is right in over .9 and gained
less than .005 (validation) since the budget before is flat; it is not trained on more, and its last runs
stand for it there too (column `trained_on`).
**Test.** Test shares lie in a file of their own, which nothing opens before the plan is complete and no
best rate is at an edge. Then the chosen settings' shares are read, once.
**Uncertainty.** Over the five seeds: the mean, and Student's 95 % interval; between arms, of the
differences seed by seed. Where test examples are made from the same pictures (`sources`), the error from
the choice of pictures (clustered, normal) is added in quadrature. No correction for the number of
comparisons.

Files, in results/: NAME-runs.csv (raw, one row a run), NAME-sealed.csv (their test shares, and where
examples have sources each answer as a bit), NAME.csv (the summary; the column `arm` also holds the
differences) and NAME.png. The work can be stopped at any time, and the same command goes on.
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
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import torch

from course_utils.plots import budget_curves, stored_curves
from proofs.ablation import Mean, mean_of
from proofs.lesson_seeds import ROOT, stored_rows

SEEDS, CHOOSING = (0, 1, 2, 3, 4), (0, 1, 2)
WIDER = 2  # so many more rates, where the best is at an edge
NOTHING, MOST, FLAT = 0.01, 0.9, 0.005  # shares: see above

Row = dict[str, str]


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


class Outcome(NamedTuple):
    """What a training gave: steps, CPU seconds, last loss, shares right; for sources, which answers."""

    steps: int
    seconds: float
    loss: float
    validation: float
    tests: dict[str, float]
    answers: dict[str, np.ndarray]  # for each test (n,) of True and False, where there are sources


class Choice(NamedTuple):
    """The best setting of an arm at a budget, by which seeds, how good they were, and whether at an edge."""

    setting: Setting
    seeds: tuple[int, ...]
    mean: float
    at_edge: bool


class StillSealed(ValueError):
    """The test must not be read yet."""


Shares = Mapping[Run, float]


@dataclass(frozen=True)
class Comparison:
    """A comparison of trained things as curves: what differs, what is tuned, and how one run is done."""

    name: str  # of the files
    command: str
    train: Callable[[Run], Outcome]
    rates: Mapping[str, Mapping[int, Sequence[float]]]  # of each arm, for each batch size, rising
    examples: tuple[int, ...]  # the budgets
    whole_grid_to: int
    all_train_to: int
    factor: float  # from a rate to the next
    measure: str  # what the shares are shares of
    title: str
    tests: tuple[str, ...] = ("test",)
    sources: Mapping[str, Callable[[int], Sequence[int]]] = field(default_factory=dict)  # by test, of a seed

    @property
    def arms(self) -> list[str]:
        """The rivals."""
        return list(self.rates)

    def path(self, folder: Path, end: str) -> Path:
        """Return a file's place."""
        return folder / f"{self.name}{end}"


# What is to be done.


def pending(plan: Comparison, shares: Shares) -> Iterator[Run]:
    """Yield the runs that are left, in their order, as far as the stored ones decide what is to be done."""
    for examples, arm in itertools.product(plan.examples, plan.arms):
        if trained_on(plan, shares, arm, examples) != examples:
            continue
        settings, choice = grid(plan, shares, arm, examples), choose(plan, shares, arm, examples)
        runs = [Run(arm, seed, examples, setting) for setting, seed in itertools.product(settings, CHOOSING)]
        if choice:
            runs += [Run(arm, seed, examples, choice.setting) for seed in SEEDS]
        yield from (run for run in dict.fromkeys(runs) if run not in shares)


def grid(plan: Comparison, shares: Shares, arm: str, examples: int) -> list[Setting]:
    """List the settings to try; wider where the best is at an edge; none while the budget before decides."""
    first = [Setting(size, rate) for size, rates in plan.rates[arm].items() for rate in rates]
    if examples > plan.whole_grid_to:
        before = choose(plan, shares, arm, plan.examples[plan.examples.index(examples) - 1])
        if before is None:
            return []
        size, rate = before.setting
        first = [Setting(size, _rounded(rate * plan.factor**i)) for i in (-1, 0, 1)]
    settings = list(first)
    for _ in range(WIDER):
        choice = _best(shares, arm, examples, settings)
        if choice is None or not choice.at_edge:
            break
        size, rate = choice.setting
        factor = (
            plan.factor if rate == max(rate for one, rate in settings if one == size) else 1 / plan.factor
        )
        settings.append(Setting(size, _rounded(rate * factor)))
    return settings


def choose(plan: Comparison, shares: Shares, arm: str, examples: int) -> Choice | None:
    """Choose among all settings by the mean over the seeds 0 to 2; None while a run is missing."""
    return _best(shares, arm, examples, grid(plan, shares, arm, examples))


def _best(shares: Shares, arm: str, examples: int, settings: Sequence[Setting]) -> Choice | None:
    """Return the best of some settings."""
    runs = {setting: [Run(arm, seed, examples, setting) for seed in CHOOSING] for setting in settings}
    if not runs or any(run not in shares for some in runs.values() for run in some):
        return None
    means = {setting: statistics.fmean(shares[run] for run in some) for setting, some in runs.items()}
    best = max(means, key=means.get)
    rates = [rate for size, rate in settings if size == best.batch_size]
    at_edge = best.learning_rate in (min(rates), max(rates)) and means[best] >= NOTHING
    known = tuple(seed for seed in SEEDS if Run(arm, seed, examples, best) in shares)
    return Choice(best, known, means[best], at_edge)


def trained_on(plan: Comparison, shares: Shares, arm: str, examples: int) -> int:
    """Return the budget whose runs stand for an arm: this one, or the one at which it was found flat."""
    for before, budget in itertools.pairwise(plan.examples):
        if plan.all_train_to <= budget < examples:
            one, two = (choose(plan, shares, arm, some) for some in (before, budget))
            if one and two and two.mean > MOST and two.mean - one.mean < FLAT:
                return budget
    return examples


def unseal(plan: Comparison, shares: Shares, sealed: Path) -> dict[Run, Row]:
    """Read the tests, or say why that must wait."""
    if left := sum(1 for _ in pending(plan, shares)):
        raise StillSealed(f"The test stays sealed: at least {left} runs of the plan are left.")
    for examples, arm in itertools.product(plan.examples, plan.arms):
        choice = choose(plan, shares, arm, trained_on(plan, shares, arm, examples))
        if choice.at_edge:
            size, rate = choice.setting
            raise StillSealed(
                f"The test stays sealed: the best rate of {arm} at {examples:,} examples, {rate:g} with "
                f"batches of {size}, is at the edge of its grid. Amend the protocol."
            )
    return {run_of(row): row for row in stored_rows(sealed)}


# Doing it.


def main(plan: Comparison, argv: Sequence[str] | None = None) -> int:
    """Do the runs that are left and write the summary; return 1 if the protocol has to be amended."""
    parser = argparse.ArgumentParser(prog=plan.command)
    add = parser.add_argument
    add("--out", type=Path, default=ROOT / "results", help="folder for the files (default: results)")
    add("--summary", action="store_true", help="train nothing, only write the summary of what is stored")
    add("--limit-seconds", type=float, default=math.inf, help="begin no run after this time (default: none)")
    add("--arms", nargs="+", choices=plan.arms, default=plan.arms, help="train these arms only")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.summary:
        torch.set_num_threads(1)
        work(plan, options.out, options.arms, options.limit_seconds)
    rows = stored_rows(plan.path(options.out, "-runs.csv"))
    if not rows:
        print(f"No run is stored in {plan.path(options.out, '-runs.csv')}.")
        return 1
    shares = validation_of(rows)
    left = sum(1 for _ in pending(plan, shares))
    try:
        test = unseal(plan, shares, plan.path(options.out, "-sealed.csv"))
    except StillSealed as reason:
        print(reason)
        test = None
    summary = summary_of(plan, rows, test)
    told = plan.path(options.out, ".csv")
    told.write_text(as_text(plan, summary, rows), encoding="utf-8", newline="")
    fig, alt = picture_of(plan, told)
    metadata = {"Description": alt, "Software": None}
    fig.savefig(plan.path(options.out, ".png"), metadata=metadata)
    plt.close(fig)
    print(table_of(summary), f"{len(rows)} runs are stored, at least {left} are left.", sep="\n")
    return int(not left and test is None)


def work(plan: Comparison, out: Path, arms: Iterable[str], limit_seconds: float = math.inf) -> None:
    """Do run after run and store each at once; its test share first, so that no stored run lacks one."""
    start = time.perf_counter()
    while time.perf_counter() - start < limit_seconds:
        left = pending(plan, validation_of(stored_rows(plan.path(out, "-runs.csv"))))
        run = next((run for run in left if run.arm in arms), None)
        if run is None:
            return
        row, sealed = measure(plan, run)
        append(plan.path(out, "-sealed.csv"), sealed)
        append(plan.path(out, "-runs.csv"), row)
        print(", ".join(f"{name} {row[name]}" for name in list(row)[:8]), flush=True)


def measure(plan: Comparison, run: Run) -> tuple[dict[str, object], dict[str, object]]:
    """Train once; return the row to store and, apart, the one to seal."""
    found = plan.train(run)
    row = _columns(run) | {"steps": found.steps, "seconds": f"{found.seconds:.2f}"}
    row |= {"validation": f"{found.validation:.4f}", "loss": f"{found.loss:.4f}"}
    row |= {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), "machine": machine()}
    row |= {"torch": str(torch.__version__), "command": plan.command}
    sealed = _columns(run) | {test: f"{share:.4f}" for test, share in found.tests.items()}
    return row, sealed | {f"{test} answers": _as_hex(right) for test, right in found.answers.items()}


# Telling it.


def summary_of(plan: Comparison, rows: Sequence[Row], test: Mapping[Run, Row] | None) -> list[Row]:
    """Return a row for each budget and arm, and for each two arms their differences, as texts."""
    shares = validation_of(rows)
    stored = {run_of(row): row for row in rows}
    parts: dict[str, Shares] = {"validation": shares}
    for name in plan.tests:
        parts[name] = {run: float(row[name]) for run, row in (test or {}).items()}
    found: list[dict[str, object]] = []
    for examples in plan.examples:
        runs: dict[str, list[Run]] = {}
        for arm in plan.arms:
            budget = trained_on(plan, shares, arm, examples)
            choice = choose(plan, shares, arm, budget)
            if choice is None:
                continue
            runs[arm] = [Run(arm, seed, budget, choice.setting) for seed in choice.seeds]
            some = [stored[run] for run in runs[arm]]
            row = {"examples": examples, "arm": arm, "seeds": len(some), "trained_on": budget}
            row |= {**choice.setting._asdict(), "at_edge": "yes" if choice.at_edge else "no"}
            row["steps"] = some[0]["steps"]
            row["seconds"] = f"{statistics.median(float(one['seconds']) for one in some):.1f}"
            found.append(row | _intervals(plan, runs[arm], None, parts, test))
        for one, other in itertools.combinations(runs, 2):
            both = {run.seed for run in runs[one]} & {run.seed for run in runs[other]}
            pair = [[run for run in runs[arm] if run.seed in both] for arm in (one, other)]
            if both:
                row = {"examples": examples, "arm": f"{one} minus {other}", "seeds": len(both)}
                found.append(row | _intervals(plan, *pair, parts, test))
    columns = list(dict.fromkeys(name for row in found for name in row))
    return [{name: str(row.get(name, "")) for name in columns} for row in found]


def _intervals(
    plan: Comparison,
    runs: Sequence[Run],
    minus: Sequence[Run] | None,
    parts: Mapping[str, Shares],
    test: Mapping[Run, Row] | None,
) -> dict[str, str]:
    """Return mean and interval over the seeds, of shares or of differences; no test, no numbers of it."""
    columns = {}
    for name, part in parts.items():
        values = np.array([part[run] for run in runs]) if part else np.empty(0)
        if part and minus:
            values -= [part[run] for run in minus]
        mean = mean_of(values.tolist()) if part else Mean(*[math.nan] * 4)
        reach = (mean.high - mean.low) / 2
        if part and name in plan.sources:
            reach = math.hypot(reach, 1.96 * _error_of_pictures(plan, name, runs, minus, test))
        for end, number in {"": mean.mean, "_low": mean.mean - reach, "_high": mean.mean + reach}.items():
            columns[f"{name}{end}"] = "" if math.isnan(number) else f"{number:.4f}"
    return columns


def _error_of_pictures(
    plan: Comparison,
    name: str,
    runs: Sequence[Run],
    minus: Sequence[Run] | None,
    test: Mapping[Run, Row],
) -> float:
    """Return the standard error of a mean over examples of which several are made from the same picture."""
    sums: dict[int, float] = {}
    answers = [_from_hex(test[run][f"{name} answers"]) for run in runs]
    if minus:
        others = [_from_hex(test[run][f"{name} answers"]) for run in minus]
        answers = [one - other for one, other in zip(answers, others, strict=True)]
    mean, n = np.mean(answers), np.size(answers)
    for run, right in zip(runs, answers, strict=True):
        for source, value in zip(plan.sources[name](run.seed), right, strict=True):
            sums[int(source)] = sums.get(int(source), 0.0) + value - mean
    return math.sqrt(sum(value**2 for value in sums.values())) / n


def as_text(plan: Comparison, summary: Sequence[Row], rows: Sequence[Row]) -> str:
    """Write the summary as it is stored, behind a line that says how it came about."""
    days = sorted(row["date"][:10] for row in rows)
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    machines = " and ".join(dict.fromkeys(row["machine"] for row in rows))
    lines = [f"# {when}, {plan.command}, {len(rows)} runs of one thread each, shared machine: {machines}"]
    lines += [",".join(summary[0]), *(",".join(row.values()) for row in summary)]
    return "\n".join(lines) + "\n"


def picture_of(plan: Comparison, summary: Path) -> tuple[plt.Figure, str]:
    """Draw the arms' curves: of each test where it was read, else of validation; return the alt text too."""
    rows = stored_rows(summary)
    read = all(row[name] for row in rows for name in plan.tests)
    parts = plan.tests if read else ("validation",)
    seeds = sorted({int(row["seeds"]) for row in rows})
    fig, axes = plt.subplots(1, len(parts), figsize=(9, 5), squeeze=False, sharey=True)
    title = plan.title + ("" if read else " (preliminary)")
    alts = []
    for ax, part in zip(axes[0], parts, strict=True):
        _, budgets, curves = stored_curves(summary, plan.arms, part)
        measure = f"{part} {plan.measure}"
        alts.append(budget_curves(ax, budgets, curves, budget="training examples seen", measure=measure))
    fig.suptitle(title)
    return fig, f"{title}; means over {seeds[0]} to {seeds[-1]} seeds. {' '.join(alts)}"


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


# Rows and runs.


def validation_of(rows: Iterable[Row]) -> Shares:
    """Return the share of validation examples right of each stored run."""
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


def _rounded(rate: float) -> float:
    """Return a rate with three digits, so that it is the same when read again."""
    return float(f"{rate:.3g}")


def _as_hex(right: np.ndarray) -> str:
    """Write answers, True or False, as bits, and behind a colon how many they are."""
    return np.packbits(right.astype(bool)).tobytes().hex() + f":{len(right)}"


def _from_hex(text: str) -> np.ndarray:
    """Read answers back, as numbers 0 and 1."""
    digits, n = text.split(":")
    return np.unpackbits(np.frombuffer(bytes.fromhex(digits), np.uint8))[: int(n)].astype(float)
