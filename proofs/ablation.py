"""Compare ways to pool a feature map, each tuned and trained alike, on cluttered scenes (make ablation).

Every finished run is one line of ablation.jsonl; a run that stands there is not done again, so the work can
be stopped at any time and taken up with the same command. From the lines come ablation.csv and ablation.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import platform
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from scipy.stats import t as student_t

from course_utils.data import Scenes, scenes
from course_utils.learning.evaluation import attention_in_box, evaluate, predict
from course_utils.learning.training import choose_device, fit
from course_utils.networks import (
    AttentionPooling,
    AveragePooling,
    Classifier,
    DotProductPooling,
    FlattenPooling,
    MaxPooling,
    SqueezeExcitation,
)

ROOT = Path(__file__).parents[1]
N_CLASSES = 10
TUNING_SEED = 100  # never one of the seeds of the comparison
VARIANTS: dict[str, Callable[..., Classifier]] = {
    "average": partial(Classifier, pooling=AveragePooling),
    "max": partial(Classifier, pooling=MaxPooling),
    "flatten": partial(Classifier, pooling=FlattenPooling),
    "additive": partial(Classifier, pooling=AttentionPooling),
    "dot-product": partial(Classifier, pooling=DotProductPooling),
    "dot-product-4-heads": partial(Classifier, pooling=partial(DotProductPooling, n_heads=4)),
    "squeeze-excitation": partial(Classifier, pooling=AveragePooling, channel_attention=SqueezeExcitation),
}
REFERENCES = ("average", "max")  # what every variant is compared with
Line = dict[str, object]


class Setting(NamedTuple):
    """A kind of scene: its height and width in pixels, and the fewest and most crops of clutter."""

    size: int
    clutter: tuple[int, int]

    def __str__(self) -> str:
        """Write it as the command line takes it, such as 64x4-8."""
        return "{}x{}-{}".format(self.size, *self.clutter)


Plan = Mapping[Setting, Sequence[str]]  # which variants are compared in which setting
PLAN: Plan = {
    Setting(64, (4, 8)): tuple(VARIANTS),
    Setting(64, (8, 16)): ("average", "max", "additive"),
    Setting(96, (4, 8)): ("average", "max", "additive"),
    Setting(96, (8, 16)): ("average", "max", "additive"),
}


class Experiment(NamedTuple):
    """What is the same for every variant; validation and test have a fifth as many scenes as training."""

    n_scenes: int = 20_000
    epochs: int = 3
    batch_size: int = 128
    learning_rates: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


class Run(NamedTuple):
    """One training. The stage is "tune" (judged on validation scenes) or "test"."""

    stage: str
    setting: Setting
    variant: str
    seed: int
    learning_rate: float


class Mean(NamedTuple):
    """A mean over seeds, the standard deviation, and Student's 95 % interval for the mean."""

    mean: float
    spread: float
    low: float
    high: float


TEXT = """<!-- Written by proofs/ablation.py: ways to pool a feature map, compared. -->
# Does attention help? A fair comparison

{commands}, {dates}, {device}, {versions}. {progress}

The same for all: {n_scenes:,} training scenes, {epochs} epochs, batches of {batch_size}, and for each of the
seeds {seeds} the same scenes, first convolutions and order of images. The learning rate is the best of
{learning_rates} for each variant and kind of scene, chosen with seed {tuning_seed} on {n_heldout:,}
validation scenes. Each network was then tested once, on {n_heldout:,} test scenes.

- Accuracy: mean ± standard deviation over the seeds, [95 % interval of the mean, Student's t]. Differences
  are paired by seed; **bold** where the interval leaves out 0. The intervals are about other seeds and
  scenes made from the same pictures; they are not corrected for the number of comparisons.
- Mass: the share of attention inside the item's box; area: the box's share of the image. Peak: how often
  the largest weight lies inside. In brackets: the same networks untrained. Averages over the seeds. Average
  pooling weighs all positions alike, so its mass is the area and its peak says nothing; max pooling's
  weights are shares of channels; flattening has none.
- Seconds: the median over the seeds, with a validation after each epoch.
"""


class StoredElsewhere(ValueError):
    """The folder holds runs that were done on another machine, or otherwise."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do the runs that are left, write the summary; return 1 if a run of the comparison failed."""
    argv = sys.argv[1:] if argv is None else argv
    parser = _parser()
    arguments = parser.parse_args(argv)
    lines_file = arguments.out / "ablation.jsonl"
    plan = {
        setting: [variant for variant in variants if variant in arguments.only]
        for setting, variants in PLAN.items()
        if str(setting) in arguments.settings
    }
    if not arguments.summary:
        if TUNING_SEED in arguments.seeds:
            parser.error(f"--seeds must not hold {TUNING_SEED}, by which the learning rates are chosen.")
        experiment = Experiment(
            arguments.scenes,
            arguments.epochs,
            arguments.batch_size,
            tuple(arguments.learning_rates),
            tuple(arguments.seeds),
        )
        command = shlex.join(["python", "-m", "proofs.ablation", *argv])
        arguments.out.mkdir(parents=True, exist_ok=True)
        try:
            work(lines_file, plan, experiment, choose_device().device, command, arguments.limit_seconds)
        except StoredElsewhere as error:
            parser.error(str(error))
    lines = read(lines_file)
    if not lines:
        print(f"No run is stored in {lines_file}.")
        return 1
    rows = table(lines)
    write_csv(arguments.out / "ablation.csv", rows)
    (arguments.out / "ablation.md").write_text(report(lines, rows, plan), encoding="utf-8")
    faults = faults_of(lines)
    print("\n".join([*faults, progress(lines, plan)]))
    return int(bool(faults))


def work(
    lines_file: Path,
    plan: Plan,
    experiment: Experiment,
    device: torch.device,
    command: str,
    limit_seconds: float = math.inf,
) -> None:
    """Do the runs that are not stored yet; begin none that would probably end after the limit."""
    circumstances = {
        "experiment": experiment._asdict(),
        "device": _name(device),
        "versions": {"Python": platform.python_version(), "PyTorch": str(torch.__version__)},
    }
    lines = read(lines_file)
    _check_alike(lines, circumstances)
    start, longest = time.perf_counter(), 0.0
    while runs := pending(lines, plan, experiment):
        splits: list[Scenes] = []
        for run in runs:
            run_start = time.perf_counter()
            if run_start - start + longest > limit_seconds:
                return
            splits = splits or make_scenes(run, experiment.n_scenes, device)  # once for all these runs
            outcome = carry_out(run, splits, experiment, device)
            now = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "command": command}
            line = {**run._asdict(), "setting": run.setting._asdict(), **outcome, **circumstances, **now}
            with lines_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            lines = read(lines_file)
            longest = max(longest, time.perf_counter() - run_start)
            print(_sentence(run, outcome), flush=True)


def pending(lines: Sequence[Line], plan: Plan, experiment: Experiment) -> list[Run]:
    """List the runs to do next, which share one set of scenes; an empty list if everything is done."""
    done = {run_of(line) for line in lines}
    lefts = ([run for run in group if run not in done] for group in runs_of(lines, plan, experiment))
    return next((left for left in lefts if left), [])


def runs_of(lines: Sequence[Line], plan: Plan, experiment: Experiment) -> Iterator[list[Run]]:
    """Give a plan's runs in groups that share scenes; a test has the learning rate tuned best so far."""
    for setting, variants in plan.items():
        yield [
            Run("tune", setting, variant, TUNING_SEED, rate)
            for variant in variants
            for rate in experiment.learning_rates
        ]
        rates = best_rates(lines, setting)
        for seed in experiment.seeds:
            yield [
                Run("test", setting, variant, seed, rates[variant])
                for variant in variants
                if variant in rates
            ]


def best_rates(lines: Iterable[Line], setting: Setting) -> dict[str, float]:
    """Choose for each variant the learning rate with the highest validation accuracy, the smallest of equals.

    A variant that failed with every rate is left out.
    """
    tuned = [line for line in lines if run_of(line)[:2] == ("tune", setting) and "error" not in line]
    tuned.sort(key=lambda line: (line["validation_accuracy"], -line["learning_rate"]))
    return {line["variant"]: line["learning_rate"] for line in tuned}  # the best one comes last and stays


def make_scenes(run: Run, n_scenes: int, device: torch.device) -> list[Scenes]:
    """Make training and validation scenes, and test scenes only for a run that is judged by them."""
    counts = {"train": n_scenes, "validation": n_scenes // 5}
    if run.stage == "test":
        counts["test"] = n_scenes // 5
    generator = torch.Generator(device).manual_seed(run.seed)
    size, clutter = run.setting
    return [scenes(split, n, generator=generator, size=size, clutter=clutter) for split, n in counts.items()]


def carry_out(run: Run, splits: Sequence[Scenes], experiment: Experiment, device: torch.device) -> Line:
    """Train one network and measure it; a loss that becomes infinite is an outcome too, an error."""
    train, validation, *tests = splits
    model = VARIANTS[run.variant](n_classes=N_CLASSES, seed=run.seed).standardise_with(train.images)
    untrained = [judge(model, test, device) for test in tests]
    try:
        history = fit(
            model,
            train,
            validation,
            epochs=experiment.epochs,
            batch_size=experiment.batch_size,
            learning_rate=run.learning_rate,
            seed=run.seed,
            device=device,
            progress=False,
        )
    except FloatingPointError as error:
        return {"error": str(error)}
    outcome: Line = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "seconds": round(history.seconds[-1], 3),
        "validation_accuracy": history.validation_accuracy[-1],
    }
    for test, before in zip(tests, untrained, strict=True):
        outcome |= judge(model, test, device)
        outcome |= {f"untrained_{name}": number for name, number in before.items() if name != "area"}
    return outcome


def judge(model: Classifier, test: Scenes, device: torch.device) -> dict[str, float | None]:
    """Measure accuracy and where the attention lies; None for the latter if there are no weights."""
    logits, weights = predict(model, test.images, device=device)
    accuracy = evaluate(logits, test.labels).accuracy.proportion
    if weights.isnan().any():
        return {"accuracy": accuracy, "mass": None, "area": None, "peak": None}
    return {"accuracy": accuracy, **attention_in_box(weights, test.boxes, test.images.shape[-1])._asdict()}


def mean_of(values: Sequence[float]) -> Mean:
    """Average over seeds; from a single seed there is neither spread nor interval (NaN)."""
    mean, n = statistics.fmean(values), len(values)
    if n < 2:
        return Mean(mean, math.nan, math.nan, math.nan)
    spread = statistics.stdev(values)
    reach = student_t.ppf(0.975, n - 1) * spread / math.sqrt(n)
    return Mean(mean, spread, mean - reach, mean + reach)


def table(lines: Iterable[Line]) -> list[Line]:
    """Give a row for each setting and variant: means over the seeds, and paired differences.

    The seconds are a median, which the first run on a device, always slow, hardly moves.
    """
    groups: dict[tuple[Setting, str], dict[int, Line]] = {}
    for line in lines:
        run = run_of(line)
        if run.stage == "test" and "error" not in line:
            groups.setdefault((run.setting, run.variant), {})[run.seed] = line
    order = [(setting, variant) for setting, variants in PLAN.items() for variant in variants]
    rows = []
    for setting, variant in sorted(groups, key=order.index):
        runs = groups[setting, variant]
        some = next(iter(runs.values()))
        row: Line = {"size": setting.size, "clutter": "{}-{}".format(*setting.clutter), "variant": variant}
        row |= {"seeds": len(runs), "learning_rate": some["learning_rate"], "parameters": some["parameters"]}
        row["seconds"] = round(statistics.median(line["seconds"] for line in runs.values()), 2)
        row |= _columns("accuracy", mean_of([line["accuracy"] for line in runs.values()]))
        for reference in REFERENCES:
            others = groups.get((setting, reference), {}) if reference != variant else {}
            pairs = [runs[seed]["accuracy"] - others[seed]["accuracy"] for seed in runs if seed in others]
            row |= _columns(f"minus_{reference}", mean_of(pairs) if pairs else Mean(*[math.nan] * 4))
        for name in ("area", "mass", "peak", "untrained_accuracy", "untrained_mass", "untrained_peak"):
            values = [line[name] for line in runs.values()]
            row[name] = math.nan if None in values else round(statistics.fmean(values), 4)
        rows.append(row)
    return rows


def faults_of(lines: Sequence[Line]) -> list[str]:
    """Say in sentences which runs of the comparison failed, and what could not be tuned."""
    failed = [line for line in lines if _failed(line) and line["stage"] == "test"]
    tuned = {run_of(line)[1:3] for line in lines if line["stage"] == "tune"}
    worked = {run_of(line)[1:3] for line in lines if line["stage"] == "tune" and not _failed(line)}
    hopeless = [f"tune: {variant}, {_words(setting)}: failed" for setting, variant in sorted(tuned - worked)]
    return [_sentence(run_of(line), line) for line in failed] + hopeless


def progress(lines: Sequence[Line], plan: Plan) -> str:
    """Say how many of the planned runs are stored; a test counts with the learning rate now chosen."""
    stored = lines[0]["experiment"]
    experiment = Experiment(**{**stored, "learning_rates": tuple(stored["learning_rates"])})
    each = len(experiment.learning_rates) + len(experiment.seeds)
    planned = each * sum(len(variants) for variants in plan.values())
    runs = {run for group in runs_of(lines, plan, experiment) for run in group}
    done = {run_of(line) for line in lines}
    others = f" Others, superseded or outside it: {len(done - runs)}." if done - runs else ""
    return f"{len(done & runs)} of {planned} planned runs are stored.{others}"


def write_csv(path: Path, rows: Sequence[Line]) -> None:
    """Write the rows; what is not a number becomes an empty field."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0] if rows else [])
        for row in rows:
            writer.writerow(["" if value != value else value for value in row.values()])  # NaN is not itself


def report(lines: Sequence[Line], rows: Sequence[Line], plan: Plan) -> str:
    """Write what was done, when and where, and the tables, in Markdown."""
    first, experiment = lines[0], lines[0]["experiment"]
    dates = sorted(line["date"][:10] for line in lines)
    parts = [
        TEXT.format(
            commands=", then ".join(f"`{it}`" for it in dict.fromkeys(line["command"] for line in lines)),
            dates=" to ".join(dict.fromkeys((dates[0], dates[-1]))),
            device=first["device"],
            versions=", ".join(f"{name} {number}" for name, number in first["versions"].items()),
            progress=progress(lines, plan),
            n_heldout=experiment["n_scenes"] // 5,
            tuning_seed=TUNING_SEED,
            **{
                name: ", ".join(map(str, value)) if isinstance(value, list) else value
                for name, value in experiment.items()
            },
        )
    ]
    for setting in dict.fromkeys((row["size"], row["clutter"]) for row in rows):
        size, clutter = setting
        parts.append(f"## {size} × {size} pixels, {clutter} crops of clutter\n\n" + _markdown(rows, setting))
    parts.append("## Validation accuracy by learning rate\n\n" + _tuning(lines))
    failed = [f"- {_sentence(run_of(line), line)}" for line in lines if _failed(line)]
    parts.append("## Runs that failed\n\n" + ("\n".join(failed) or "None.") + "\n")
    return "\n".join(parts)


def read(lines_file: Path) -> list[Line]:
    """Read the stored runs; a line that a crash cut off is refused."""
    texts = lines_file.read_text(encoding="utf-8").splitlines() if lines_file.exists() else []
    lines = []
    for number, text in enumerate(texts, start=1):
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError as error:
            raise ValueError(f"Line {number} of {lines_file} is not JSON; delete it. ({error})") from error
    return lines


def run_of(line: Line) -> Run:
    """Read from a line which run it is about."""
    setting = Setting(line["setting"]["size"], tuple(line["setting"]["clutter"]))
    return Run(line["stage"], setting, line["variant"], line["seed"], line["learning_rate"])


def _check_alike(lines: Iterable[Line], circumstances: Line) -> None:
    """Refuse to add runs to others that were done elsewhere or otherwise."""
    wanted = json.loads(json.dumps(circumstances))  # tuples become lists, as in the file
    for line in lines:
        for name, value in wanted.items():
            if line[name] != value:
                raise StoredElsewhere(
                    f"The stored runs have {name} {line[name]}, these would have {value}, and cannot be "
                    "compared with them. Give another folder with --out."
                )


def _failed(line: Line) -> bool:
    return "error" in line


def _words(setting: Setting) -> str:
    return "{0}x{0} pixels with {1}-{2} crops".format(setting.size, *setting.clutter)


def _sentence(run: Run, outcome: Line) -> str:
    """Say in one line what a run was and came to."""
    name = "validation_accuracy" if run.stage == "tune" else "accuracy"
    end = f"failed: {outcome['error']}" if _failed(outcome) else f"{name} {outcome[name]:.4f}"
    place = f"{_words(run.setting)}, seed {run.seed}, learning rate {run.learning_rate:g}"
    return f"{run.stage}: {run.variant}, {place}: {end}"


def _columns(name: str, mean: Mean) -> Line:
    """Name the four numbers of a mean, as columns of the table."""
    numbers = zip(("", "_spread", "_low", "_high"), mean, strict=True)
    return {name + ending: round(number, 5) for ending, number in numbers}


def _markdown(rows: Iterable[Line], setting: tuple[int, str]) -> str:
    """Draw the table of one setting."""
    heads = ["variant", "parameters", "seconds", "learning rate", "seeds", "accuracy"]
    heads += [f"minus {reference}" for reference in REFERENCES]
    cells = [[*heads, "mass (untrained)", "area", "peak (untrained)"]]
    for row in rows:
        if (row["size"], row["clutter"]) == setting:
            accuracy = "{accuracy:.3f}"
            if row["seeds"] > 1:
                accuracy += " ± {accuracy_spread:.3f} [{accuracy_low:.3f}, {accuracy_high:.3f}]"
            cells.append(
                [
                    row["variant"],
                    f"{row['parameters']:,}",
                    f"{row['seconds']:.1f}",
                    f"{row['learning_rate']:g}",
                    str(row["seeds"]),
                    accuracy.format(**row),
                    *(_difference(row, f"minus_{reference}") for reference in REFERENCES),
                    "{mass:.3f} ({untrained_mass:.3f})".format(**row),
                    f"{row['area']:.3f}",
                    "{peak:.3f} ({untrained_peak:.3f})".format(**row),
                ]
            )
    return _lines_of(cells)


def _difference(row: Line, name: str) -> str:
    """Write a difference and its interval, in bold if that leaves out 0."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    text = f"{row[name]:+.3f} [{low:+.3f}, {high:+.3f}]"
    return f"**{text}**" if low > 0 or high < 0 else text


def _tuning(lines: Iterable[Line]) -> str:
    """Draw the table of what each learning rate came to in tuning, the chosen one in bold."""
    found = {run_of(line): line for line in lines if line["stage"] == "tune"}
    rates = sorted({run.learning_rate for run in found})
    cells = [["scenes", "variant", *(f"{rate:g}" for rate in rates)]]
    for setting, variants in PLAN.items():
        best = best_rates(found.values(), setting)
        for variant in variants:
            row = [found.get(Run("tune", setting, variant, TUNING_SEED, rate)) for rate in rates]
            if any(row):
                texts = ["" if line is None else _validation(line, best.get(variant)) for line in row]
                cells.append([_words(setting), variant, *texts])
    return _lines_of(cells)


def _validation(line: Line, best_rate: float | None) -> str:
    text = "failed" if _failed(line) else f"{line['validation_accuracy']:.3f}"
    return f"**{text}**" if line["learning_rate"] == best_rate else text


def _lines_of(cells: Sequence[Sequence[str]]) -> str:
    """Draw a Markdown table whose first row is the head; what is not a number is drawn as a dash."""
    rows = [["–" if "nan" in cell else cell for cell in row] for row in cells]
    rows.insert(1, ["---"] * len(rows[0]))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _name(device: torch.device) -> str:
    """Name a device as a reader knows it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU (MPS)" if device.type == "mps" else f"CPU, threads: {torch.get_num_threads()}"


def _parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    default = Experiment()
    parser = argparse.ArgumentParser(prog="python -m proofs.ablation", description=__doc__)
    add = parser.add_argument
    add("--out", type=Path, default=ROOT / "results", help="folder for the three files (default: results)")
    add("--summary", action="store_true", help="train nothing, only write the summary of what is stored")
    help_on_limit = (
        "begin no run that would end later than this (default: two hours); the same command goes on"
    )
    add("--limit-seconds", type=float, default=7200.0, help=help_on_limit)
    add("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS), help="do these variants only")
    settings = [str(setting) for setting in PLAN]
    add("--settings", nargs="+", choices=settings, default=settings, help="do these kinds of scenes only")
    add("--scenes", type=int, default=default.n_scenes, help="training scenes (default: %(default)s)")
    add("--epochs", type=int, default=default.epochs, help="default: %(default)s")
    add("--batch-size", type=int, default=default.batch_size, help="default: %(default)s")
    add("--learning-rates", nargs="+", type=float, default=default.learning_rates, help="the grid for tuning")
    add("--seeds", nargs="+", type=int, default=default.seeds, help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
