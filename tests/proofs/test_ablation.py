"""The fair comparison of poolings: it resumes, tunes on validation scenes only, and sums up right."""

import json
import math
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats

from proofs import ablation

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
SEEDS = range(5)
ACCURACIES = {
    "average": (0.770, 0.781, 0.772, 0.765, 0.774),
    "max": (0.795, 0.812, 0.801, 0.790, 0.806),
    "additive": (0.801, 0.808, 0.799, 0.797, 0.803),
}


@pytest.fixture
def tiny():
    """Give a plan and an experiment that take seconds: two tunings of each variant, and two tests."""
    experiment = ablation.Experiment(60, epochs=1, batch_size=20, learning_rates=(0.05, 0.1), seeds=(0, 1))
    return {ablation.Setting(64, (4, 8)): ["average", "flatten"]}, experiment


def line(stage="test", variant="additive", seed=0, rate=0.1, setting=(64, (4, 8)), **outcome):
    """Make up a stored run."""
    numbers = {"parameters": 83_002, "seconds": 1.0 + seed, "area": 0.2, "mass": 0.9, "peak": 1.0}
    numbers |= {"untrained_accuracy": 0.1, "untrained_mass": 0.2, "untrained_peak": 0.5}
    return {
        "stage": stage,
        "setting": {"size": setting[0], "clutter": list(setting[1])},
        "variant": variant,
        "seed": seed,
        "learning_rate": rate,
        "experiment": {"n_scenes": 20_000, "epochs": 3, "batch_size": 128}
        | {"learning_rates": [0.03, 0.1, 0.3, 1.0], "seeds": [0, 1, 2, 3, 4]},
        "device": "a device",
        "versions": {"Python": "3.12", "PyTorch": "2.11"},
        "date": f"2026-01-0{1 + seed}T00:00:00+00:00",
        "command": "python -m proofs.ablation",
        **(outcome if "error" in outcome else numbers | outcome),
    }


def comparison():
    """Make up the test runs of three variants."""
    return [
        line(variant=variant, seed=seed, accuracy=accuracies[seed])
        for seed, (variant, accuracies) in product(SEEDS, ACCURACIES.items())
    ]


def tunings(accuracies, variant="additive"):
    """Make up tuning runs from a validation accuracy, or None for a failure, for each learning rate."""
    return [
        line("tune", variant, seed=100, rate=rate)
        | ({"error": "The loss became nan."} if found is None else {"validation_accuracy": found})
        for rate, found in accuracies.items()
    ]


def store(folder, lines):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "ablation.jsonl").write_text(text, encoding="utf-8")


def stable(lines):
    """Leave out what differs from one time to the next."""
    return [{k: v for k, v in line.items() if k not in ("seconds", "date", "command")} for line in lines]


def test_a_run_in_pieces_gives_what_one_run_gives_and_repeats_nothing(tiny, tmp_path):
    plan, experiment = tiny
    pieces, whole = tmp_path / "pieces.jsonl", tmp_path / "whole.jsonl"
    ablation.work(pieces, {setting: ["average"] for setting in plan}, experiment, CPU, "first")
    first = pieces.read_text()
    assert len(first.splitlines()) == 4
    ablation.work(pieces, plan, experiment, CPU, "second")
    assert pieces.read_text().startswith(first)
    done = pieces.read_text()
    ablation.work(pieces, plan, experiment, CPU, "third")
    assert pieces.read_text() == done
    ablation.work(whole, plan, experiment, CPU, "all at once")
    expected, found = stable(ablation.read(whole)), stable(ablation.read(pieces))
    assert len(expected) == 8
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert [line["command"] for line in ablation.read(pieces)] == ["first"] * 4 + ["second"] * 4


def test_the_limit_lets_no_run_begin_that_would_end_after_it(tiny, tmp_path, monkeypatch):
    plan, experiment = tiny
    now = [100.0]

    def ten_seconds(*_):
        now[0] += 10
        return {"validation_accuracy": 0.5}

    monkeypatch.setattr(ablation, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    monkeypatch.setattr(ablation, "carry_out", ten_seconds)
    lines_file = tmp_path / "runs.jsonl"
    ablation.work(lines_file, plan, experiment, CPU, "", limit_seconds=35)
    assert len(ablation.read(lines_file)) == 3


def test_tuning_comes_first_and_decides_the_learning_rate():
    setting = ablation.Setting(64, (4, 8))
    plan, experiment = {setting: ["additive"]}, ablation.Experiment()
    tuning = ablation.pending([], plan, experiment)
    assert [run.learning_rate for run in tuning] == list(experiment.learning_rates)
    assert {(run.stage, run.seed) for run in tuning} == {("tune", ablation.TUNING_SEED)}
    lines = tunings({0.03: 0.7, 0.1: 0.8, 0.3: 0.8, 1.0: 0.2})  # of equals the smaller rate
    assert ablation.pending(lines, plan, experiment) == [ablation.Run("test", setting, "additive", 0, 0.1)]
    lines += [line(seed=seed, accuracy=0.8) for seed in range(4)]
    assert ablation.pending(lines, plan, experiment) == [ablation.Run("test", setting, "additive", 4, 0.1)]
    assert ablation.pending([*lines, line(seed=4, accuracy=0.8)], plan, experiment) == []


def test_a_plan_can_be_cut_to_some_scenes_and_variants(tmp_path, capsys):
    store(tmp_path, [*tunings({0.03: 0.7, 0.1: 0.8, 0.3: 0.6, 1.0: 0.2}), *comparison()])
    small = ["--settings", "64x4-8", "--only", "additive"]
    assert ablation.main(["--summary", "--out", str(tmp_path), *small]) == 0
    assert "9 of 9 planned runs are stored. Others, superseded or outside it: 10." in capsys.readouterr().out
    with pytest.raises(SystemExit):
        ablation.main(["--summary", "--out", str(tmp_path), "--settings", "32x4-8"])
    assert "invalid choice: '32x4-8'" in capsys.readouterr().err
    assert [str(setting) for setting in ablation.PLAN] == ["64x4-8", "64x8-16", "96x4-8", "96x8-16"]


def test_a_setting_is_tuned_by_its_own_scenes():
    other = tunings({0.03: 0.9, 0.1: 0.1, 0.3: 0.1})
    for one in other:
        one["setting"]["size"] = 96
    lines = tunings({0.03: 0.1, 0.1: 0.1, 0.3: 0.9}) + other
    assert ablation.best_rates(lines, ablation.Setting(64, (4, 8))) == {"additive": 0.3}
    assert ablation.best_rates(lines, ablation.Setting(96, (4, 8))) == {"additive": 0.03}


def test_a_learning_rate_that_fails_is_not_chosen():
    setting = ablation.Setting(64, (4, 8))
    assert ablation.best_rates(tunings({0.03: 0.2, 0.1: None, 0.3: None}), setting) == {"additive": 0.03}
    hopeless = tunings(dict.fromkeys((0.03, 0.1, 0.3, 1.0)))
    assert ablation.best_rates(hopeless, setting) == {}
    assert ablation.pending(hopeless, {setting: ["additive"]}, ablation.Experiment()) == []


def test_scenes_are_the_same_for_all_variants_and_tuning_makes_no_test_scenes():
    setting = ablation.Setting(96, (8, 16))
    one, other = (
        ablation.make_scenes(ablation.Run("test", setting, name, 3, rate), 20, CPU)
        for name, rate in [("max", 0.1), ("additive", 0.3)]
    )
    assert [len(split.labels) for split in one] == [20, 4, 4]
    for ours, theirs in zip(one, other, strict=True):
        assert torch.equal(ours.images, theirs.images)
        assert torch.equal(ours.labels, theirs.labels)
    tuning = ablation.make_scenes(ablation.Run("tune", setting, "max", 100, 0.1), 20, CPU)
    assert len(tuning) == 2
    assert not torch.equal(tuning[0].images, one[0].images)


def test_every_variant_of_the_plan_can_be_judged():
    for setting, variants in ablation.PLAN.items():
        *_, test = ablation.make_scenes(ablation.Run("test", setting, "", 0, 0.1), 40, CPU)
        for variant in variants:
            found = ablation.judge(ablation.VARIANTS[variant](n_classes=10), test, CPU)
            assert 0 <= found["accuracy"] <= 1
            assert (found["mass"] is None) == (variant == "flatten")
            if variant in ("average", "squeeze-excitation"):
                assert found["mass"] == pytest.approx(found["area"])


def test_means_and_intervals_agree_with_scipy():
    found = ablation.mean_of(ACCURACIES["max"])
    standard_error = stats.sem(ACCURACIES["max"])
    expected = stats.t.interval(0.95, 4, np.mean(ACCURACIES["max"]), standard_error)
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.spread == pytest.approx(standard_error * math.sqrt(5))
    single = ablation.mean_of([0.5])
    assert single.mean == 0.5
    assert np.isnan(single[1:]).all()


def test_differences_are_paired_by_seed():
    lines = comparison()
    rows = {row["variant"]: row for row in ablation.table(reversed(lines))}  # in any order
    assert list(rows) == ["average", "max", "additive"]
    for variant, reference in [("additive", "average"), ("additive", "max"), ("average", "max")]:
        test = stats.ttest_rel(ACCURACIES[variant], ACCURACIES[reference])
        row, name = rows[variant], f"minus_{reference}"
        difference = np.mean(ACCURACIES[variant]) - np.mean(ACCURACIES[reference])
        assert row[name] == pytest.approx(difference, abs=1e-5)
        found = row[f"{name}_low"], row[f"{name}_high"]
        assert found == pytest.approx(tuple(test.confidence_interval(0.95)), abs=1e-5)
    assert np.isnan(rows["max"]["minus_max"])
    assert rows["max"]["seconds"] == 3.0  # the median
    assert (rows["max"]["mass"], rows["max"]["untrained_peak"]) == (0.9, 0.5)


def test_a_missing_seed_is_counted_and_left_out_of_the_pairs():
    lines = [line for line in comparison() if (line["variant"], line["seed"]) != ("max", 2)]
    lines.append(line(variant="max", seed=2, error="The loss became nan at step 7."))
    rows = {row["variant"]: row for row in ablation.table(lines)}
    assert [row["seeds"] for row in rows.values()] == [5, 4, 5]
    pairs = [ACCURACIES["additive"][seed] - ACCURACIES["max"][seed] for seed in (0, 1, 3, 4)]
    assert rows["additive"]["minus_max"] == pytest.approx(np.mean(pairs), abs=1e-5)


def test_the_summary_is_written_from_what_is_stored(tmp_path, capsys):
    lines = [*tunings({0.03: 0.7, 0.1: 0.812, 0.3: None}), *comparison()]
    lines.append(line(variant="flatten", accuracy=0.75, mass=None, peak=None, area=None, untrained_mass=None))
    lines[-1]["untrained_peak"] = None
    store(tmp_path, lines)
    assert ablation.main(["--summary", "--out", str(tmp_path)]) == 0
    assert (
        "8 of 144 planned runs are stored. Others, superseded or outside it: 11." in capsys.readouterr().out
    )
    report = (tmp_path / "ablation.md").read_text(encoding="utf-8")
    assert "2026-01-01 to 2026-01-05, a device, Python 3.12, PyTorch 2.11" in report
    (additive,) = [text for text in report.splitlines() if text.startswith("| additive")]
    assert "**+0.029 [" in additive  # the interval leaves out 0
    assert " +0.001 [" in additive  # this one does not
    (flatten,) = [text for text in report.splitlines() if text.startswith("| flatten")]
    assert "| 0.750 |" in flatten
    assert flatten.count("–") == 5  # no interval from one seed, and no weights
    assert "| 0.700 | **0.812** | failed |" in report
    header, *rows = (tmp_path / "ablation.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[2] for row in rows] == ["average", "max", "flatten", "additive"]
    assert "nan" not in "".join(rows)
    assert all(row.count(",") == header.count(",") for row in rows)


def test_a_run_that_fails_is_stored_and_reported(tiny, tmp_path, capsys):
    plan, experiment = tiny
    ablation.work(
        tmp_path / "ablation.jsonl", plan, experiment._replace(learning_rates=(1e30,)), CPU, "a command"
    )
    lines = ablation.read(tmp_path / "ablation.jsonl")
    assert [line["stage"] for line in lines] == ["tune", "tune"]  # nothing is left to test with
    assert all("where the learning rate was" in line["error"] for line in lines)
    assert ablation.main(["--summary", "--out", str(tmp_path)]) == 1
    assert "tune: flatten, 64x64 pixels with 4-8 crops: failed" in capsys.readouterr().out
    assert "seed 100, learning rate 1e+30: failed: The loss became" in (tmp_path / "ablation.md").read_text()


def test_a_failure_of_the_comparison_itself_is_reported(tmp_path, capsys):
    store(tmp_path, [*comparison()[:-1], line(seed=4, error="The loss became nan at step 7.")])
    assert ablation.main(["--summary", "--out", str(tmp_path)]) == 1
    expected = (
        "test: additive, 64x64 pixels with 4-8 crops, seed 4, learning rate 0.1: failed: The loss became nan"
    )
    assert expected in capsys.readouterr().out


def test_runs_from_elsewhere_are_not_mixed(tiny, tmp_path):
    store(tmp_path, comparison())
    with pytest.raises(ValueError, match=r"stored runs have experiment .* Give another folder with --out"):
        ablation.work(tmp_path / "ablation.jsonl", *tiny, CPU, "a command")


def test_the_command_says_so_without_a_traceback(tmp_path, capsys):
    store(tmp_path, comparison())
    with pytest.raises(SystemExit) as stop:
        ablation.main(["--out", str(tmp_path), "--scenes", "60"])
    assert stop.value.code == 2
    assert "Give another folder with --out" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["results", "results/replication"])
def test_the_stored_summary_follows_from_the_stored_runs(tmp_path, folder):
    stored = ROOT / folder
    (tmp_path / "ablation.jsonl").write_bytes((stored / "ablation.jsonl").read_bytes())
    words = [] if folder == "results" else ["--settings", "64x4-8", "--only", "average", "max", "additive"]
    assert ablation.main(["--summary", "--out", str(tmp_path), *words]) == 0
    for name in ("ablation.csv", "ablation.md"):
        assert (tmp_path / name).read_text() == (stored / name).read_text(), name


def test_a_line_cut_off_by_a_crash_is_named(tmp_path):
    store(tmp_path, comparison()[:2])
    with (tmp_path / "ablation.jsonl").open("a") as file:
        file.write('{"stage": "te')
    with pytest.raises(ValueError, match=r"Line 3 of .*ablation.jsonl is not JSON; delete it"):
        ablation.main(["--summary", "--out", str(tmp_path)])


def test_the_tuning_seed_is_kept_out_of_the_comparison(tmp_path, capsys):
    with pytest.raises(SystemExit):
        ablation.main(["--out", str(tmp_path), "--seeds", "0", str(ablation.TUNING_SEED)])
    assert "--seeds must not hold 100" in capsys.readouterr().err
    assert ablation.TUNING_SEED not in ablation.Experiment().seeds


def test_without_any_run_there_is_nothing_to_sum_up(tmp_path, capsys):
    assert ablation.main(["--summary", "--out", str(tmp_path)]) == 1
    assert "No run is stored" in capsys.readouterr().out
