"""The curves: what is chosen, when the test is opened, what intervals hold, and that summaries follow."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState
from PIL import Image

from course_utils.data import Scenes
from course_utils.data.dates import Dates
from proofs import curves, curves_augmentation, curves_dates, curves_scenes, curves_spotlight
from proofs.curves import Outcome, Run, Setting
from proofs.lesson_seeds import ROOT, stored_rows
from tools.checks import Lesson

RESULTS = ROOT / "results"
DATES = curves_dates.PLAN
PLANS = [DATES, curves_scenes.PLAN, curves_spotlight.PLAN, curves_augmentation.PLAN]
GRU, NONE, TRANSFORMER = DATES.arms
BEST = Setting(16, 0.01)


@pytest.fixture(autouse=True)
def no_precision_is_left_behind():
    """Let later tests in this process choose their own."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


def share(run, best=BEST, last=0.99):
    """Make up a share of dates: the best setting has the most, larger budgets have more."""
    learned = last - 200 / run.examples
    return round(learned if run.setting == best else 0.9 * learned, 4)


def complete(share=share, plan=DATES):
    """Make up all runs that the plan asks for, as they would come one after the other."""
    shares = {}
    while run := next(curves.pending(plan, shares), None):
        shares[run] = share(run)
    return shares


COMPLETE = complete()


def rows_of(shares):
    """Write made-up shares as stored rows."""
    some = {"steps": "250", "seconds": "1.50", "date": "2026-01-02 03:04", "machine": "2 cores of a kind"}
    return [
        {name: str(value) for name, value in curves._columns(run).items()} | {"validation": f"{value}"} | some
        for run, value in shares.items()
    ]


def seal(folder, shares, plan=DATES):
    """Store test shares, which are .01 below those of validation."""
    for run, value in shares.items():
        row = {**curves._columns(run), "test": round(value - 0.01, 4)}
        curves.append(plan.path(folder, "-sealed.csv"), row)
    return plan.path(folder, "-sealed.csv")


def number(summary, arm, examples, column):
    return next(row[column] for row in summary if (row["arm"], row["examples"]) == (arm, str(examples)))


# What is run, and chosen.


def test_settings_are_chosen_with_three_seeds_and_only_the_best_is_run_with_all():
    at = [run for run in COMPLETE if (run.arm, run.examples) == (NONE, 2000)]
    assert {run.seed for run in at if run.setting != BEST} == set(curves.CHOOSING)
    assert {run.seed for run in at if run.setting == BEST} == set(curves.SEEDS)
    assert len(at) == 7 * 3 + 2


def test_beyond_the_whole_grid_only_the_best_and_its_neighbours_are_tried():
    at = {run.setting for run in COMPLETE if (run.arm, run.examples) == (NONE, 24_000)}
    assert at == {(16, 0.004), (16, 0.01), (16, 0.025)}
    assert curves.grid(DATES, {}, NONE, 24_000) == []


def test_what_exists_first_is_a_smaller_plan():
    budgets = [run.examples for run in COMPLETE]
    assert budgets == sorted(budgets)
    assert len(set(COMPLETE)) == len(COMPLETE) == 3 * (5 * 23 + 2 * 11)


def test_the_best_mean_is_chosen_and_the_test_is_read_for_it_alone(tmp_path):
    test = curves.unseal(DATES, COMPLETE, seal(tmp_path, COMPLETE))
    summary = curves.summary_of(DATES, rows_of(COMPLETE), test)
    assert {(row["batch_size"], row["learning_rate"]) for row in summary if " minus " not in row["arm"]} == {
        ("16", "0.01")
    }
    assert number(summary, GRU, 2000, "validation") == "0.8900"
    assert number(summary, GRU, 2000, "test") == "0.8800"
    assert number(summary, f"{GRU} minus {NONE}", 2000, "test") == "0.0000"


def test_a_best_rate_at_the_edge_widens_the_grid_once():
    def higher_is_better(run):
        return share(run, best=Setting(16, 0.0625)) + (run.setting == (16, 0.025)) * 0.01

    shares = complete(higher_is_better)
    settings = curves.grid(DATES, shares, NONE, 1000)
    assert settings[7:] == [(16, 0.0625), (16, 0.156)]
    choice = curves.choose(DATES, shares, NONE, 1000)
    assert (choice.setting, choice.at_edge, choice.seeds) == ((16, 0.0625), False, curves.SEEDS)


def test_where_nothing_is_read_no_rate_is_best():
    shares = complete(lambda run: 0.0 if run.examples < 4000 else share(run))
    assert not curves.choose(DATES, shares, NONE, 1000).at_edge
    assert len(curves.grid(DATES, shares, NONE, 1000)) == 7


def test_a_flat_arm_is_trained_no_more_and_its_last_runs_stand_for_it():
    shares = complete(lambda run: share(run) if run.arm != GRU else 0.98 + (run.setting == BEST) * 0.01)
    assert max(run.examples for run in shares if run.arm == GRU) == 12_000
    assert max(run.examples for run in shares if run.arm == NONE) == 48_000
    summary = curves.summary_of(DATES, rows_of(shares), None)
    assert number(summary, GRU, 48_000, "trained_on") == "12000"
    assert number(summary, GRU, 48_000, "validation") == "0.9900"


def test_an_arm_that_rises_or_reads_little_is_not_flat():
    def slow(run):
        found = 0.5 if run.arm == NONE else share(run) if run.arm == GRU else run.examples / 100_000
        return found * (1 if run.setting == BEST else 0.9)

    assert {run.arm for run in complete(slow) if run.examples == 48_000} == set(DATES.arms)


# The test stays sealed.


def test_the_test_stays_sealed_while_a_run_is_left(tmp_path):
    shares = dict(COMPLETE)
    sealed = seal(tmp_path, shares)
    del shares[next(reversed(shares))]
    with pytest.raises(curves.StillSealed, match="at least 1 runs of the plan are left"):
        curves.unseal(DATES, shares, sealed)
    assert {row["test"] for row in curves.summary_of(DATES, rows_of(shares), None)} == {""}


def test_a_best_rate_at_the_edge_of_the_wider_grid_is_refused(tmp_path):
    shares = complete(lambda run: run.setting.learning_rate * (run.setting.batch_size == 16) * 0.5 + 0.05)
    sealed = seal(tmp_path, shares)
    with pytest.raises(curves.StillSealed, match=r"0\.156 with batches of 16, is at the edge"):
        curves.unseal(DATES, shares, sealed)
    assert number(curves.summary_of(DATES, rows_of(shares), None), GRU, 1000, "at_edge") == "yes"


# Intervals.


def test_intervals_are_of_differences_seed_by_seed():
    """An independent computation, of five differences that vary less than the arms do."""
    levels, gains = [0.5, 0.6, 0.7, 0.8, 0.9], [0.02, 0.03, 0.01, 0.02, 0.02]

    def varied(run):
        value = levels[run.seed] + (gains[run.seed] if run.arm == GRU else 0)
        return value if run.setting == BEST else value - 0.1

    summary = curves.summary_of(DATES, rows_of(complete(varied)), None)
    name = f"{GRU} minus {NONE}"
    low, high = (float(number(summary, name, 4000, f"validation_{end}")) for end in ("low", "high"))
    assert float(number(summary, name, 4000, "validation")) == pytest.approx(0.02)
    reach = 2.7764 * 0.0070711 / 5**0.5  # Student's t for 4 degrees, standard deviation of the gains
    assert (low, high) == (pytest.approx(0.02 - reach, abs=1e-4), pytest.approx(0.02 + reach, abs=1e-4))
    assert float(number(summary, GRU, 4000, "validation_low")) < 0.6


def test_answers_are_kept_bit_by_bit():
    right = np.random.default_rng(0).random(1003) < 0.7
    assert np.array_equal(curves._from_hex(curves._as_hex(right)), right)


def test_the_error_of_the_pictures_agrees_with_drawing_the_pictures_anew():
    """Five seeds of 800 scenes from the same 200 pictures, of which one arm is better on some."""
    random = np.random.default_rng(0)
    easy, gain = np.clip(random.normal(0.7, 0.3, 200), 0, 1), random.normal(0.05, 0.2, 200)
    sources = {seed: random.integers(200, size=800) for seed in range(5)}
    plan = replace(DATES, sources={"test": sources.get})
    rows, sums, sizes = {}, np.zeros(200), np.zeros(200)
    runs = {arm: [Run(arm, seed, 1000, BEST) for seed in range(5)] for arm in (GRU, NONE)}
    for seed in range(5):
        which = sources[seed]
        right = {GRU: random.random(800) < easy[which] + gain[which], NONE: random.random(800) < easy[which]}
        for arm in runs:
            rows[runs[arm][seed]] = {"test answers": curves._as_hex(right[arm])}
        sums += np.bincount(which, right[GRU].astype(float) - right[NONE], minlength=200)
        sizes += np.bincount(which, minlength=200)
    found = curves._error_of_pictures(plan, "test", runs[GRU], runs[NONE], rows)
    drawn = random.integers(200, size=(4000, 200))
    resampled = (sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)).std()
    assert found == pytest.approx(resampled, rel=0.06)
    alone = np.sqrt((sums.sum() / 4000) * (1 - sums.sum() / 4000) / 4000)
    assert found > 1.3 * alone  # scenes taken as independent: too sure


# The work.


def test_the_work_goes_on_where_it_stopped(tmp_path, monkeypatch):
    done = []

    def train(run):
        done.append(run)
        return Outcome(250, 1.5, 0.1, share(run), {"test": share(run) - 0.01}, {})

    plan = replace(DATES, examples=(1000, 2000), train=train)
    whole = list(complete(plan=plan))
    limits = iter([0.0, *range(10), 1e9])
    monkeypatch.setattr(curves.time, "perf_counter", lambda: next(limits, 0.0))
    curves.work(plan, tmp_path, plan.arms, limit_seconds=5)
    assert done == whole[:5]
    monkeypatch.setattr(curves.time, "perf_counter", lambda: 0.0)
    assert curves.main(plan, ["--out", str(tmp_path)]) == 0
    assert done == whole
    runs, sealed = (stored_rows(plan.path(tmp_path, end)) for end in ("-runs.csv", "-sealed.csv"))
    assert len(runs) == len(sealed) == 2 * 3 * 23
    assert "2,000" in Image.open(plan.path(tmp_path, ".png")).text["Description"]


def test_parts_share_no_day():
    train, validation, test = parts = curves_dates.data_of(0)
    assert [len(part.iso) for part in parts] == [4000, 1000, 1000]
    curves_dates.require_apart(parts)
    leaking = Dates(*(a[:999] + b[:1] for a, b in zip(test[:2], train[:2], strict=True)), *test[2:])
    with pytest.raises(ValueError, match="1 days in common"):
        curves_dates.require_apart([train, validation, leaking])


def test_seeds_have_data_of_their_own():
    for one, other in zip(curves_dates.data_of(0), curves_dates.data_of(1), strict=True):
        assert one.iso != other.iso
    (images, _), (held, _) = curves_augmentation.data_of(0)
    (others, _), _ = curves_augmentation.data_of(1)
    assert not images.equal(others)
    assert (len(images), len(held)) == (5000, 1000)


@pytest.fixture
def few(monkeypatch):
    """Take few examples, of each comparison."""
    parts = [Dates(*(part[:80] for part in dates)) for dates in curves_dates.data_of(0)]
    monkeypatch.setattr(curves_dates, "data_of", lambda seed: parts)
    monkeypatch.setattr(curves_scenes, "COUNTS", {"train": 64, "validation": 32, "test": 32})
    (images, labels), held = curves_augmentation.data_of(0)
    cut = (images[:64], labels[:64]), (held[0][:32], held[1][:32])
    monkeypatch.setattr(curves_augmentation, "data_of", lambda seed: cut)
    monkeypatch.setattr(curves_augmentation, "N_TRAIN", 64)
    curves_scenes.data_of.cache_clear()
    yield
    curves_scenes.data_of.cache_clear()


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_one_run_is_stored_with_what_it_gave_and_repeats(plan):
    size = next(iter(plan.rates[plan.arms[0]]))
    run = Run(plan.arms[0], 0, 64, Setting(size, 0.01))
    (row, sealed), (again, _) = curves.measure(plan, run), curves.measure(plan, run)
    assert curves.run_of({name: str(value) for name, value in row.items()}) == run
    assert int(row["steps"]) == 64 // min(size, 64)
    assert 2.2 < float(row["loss"]) < 2.8  # a guess: ln 10 is 2.30, ln 11 2.40
    assert row["loss"] == again["loss"]
    for test in plan.tests:
        if test in plan.sources:
            right = curves._from_hex(sealed[f"{test} answers"])
            assert len(right) == len(plan.sources[test](0))
            assert right.mean() == pytest.approx(float(sealed[test]), abs=1e-4)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("module", "fit"), [(curves_dates, "fit_reader"), (curves_scenes, "fit"), (curves_augmentation, "fit")]
)
def test_a_training_that_breaks_down_is_an_outcome(module, fit, monkeypatch):
    def broken(*_, **__):
        raise FloatingPointError

    monkeypatch.setattr(module, fit, broken)
    size = next(iter(module.PLAN.rates[module.PLAN.arms[0]]))
    row, _ = curves.measure(module.PLAN, Run(module.PLAN.arms[0], 0, 64, Setting(size, 0.01)))
    assert row["loss"] == "nan"
    assert float(row["validation"]) <= 0.1


# What is stored.


def stored_summary(plan, rows):
    shares = curves.validation_of(rows)
    try:
        test = curves.unseal(plan, shares, plan.path(RESULTS, "-sealed.csv"))
    except curves.StillSealed:
        test = None
    return curves.summary_of(plan, rows, test)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_the_stored_summary_and_picture_follow_from_the_stored_runs(plan):
    rows = stored_rows(plan.path(RESULTS, "-runs.csv"))
    path = plan.path(RESULTS, ".csv")
    stored = path.read_text(encoding="utf-8")
    assert curves.as_text(plan, stored_summary(plan, rows), rows) == stored
    fig, alt = curves.picture_of(plan, path)
    curves.plt.close(fig)
    with Image.open(plan.path(RESULTS, ".png")) as picture:
        assert picture.text["Description"] == alt
    told = stored_rows(path)[0]
    names = ("arm", "examples", "batch_size", "learning_rate")
    row = next(row for row in rows if all(row[name] == told[name] for name in names))
    row["validation"] = f"{float(row['validation']) + 0.5}"  # a summary that does not follow is found
    assert curves.as_text(plan, stored_summary(plan, rows), rows) != stored


def trained_on_less(plan, shares, arm, examples):
    return curves.trained_on(plan, shares, arm, examples) < examples


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_every_stored_run_is_in_the_plan_has_a_sealed_share_and_says_how_it_came_about(plan):
    rows = stored_rows(plan.path(RESULTS, "-runs.csv"))
    runs = [curves.run_of(row) for row in rows]
    assert len(runs) == len(set(runs))
    shares = curves.validation_of(rows)
    for arm, examples in itertools.product(plan.arms, plan.examples):
        settings = curves.grid(plan, shares, arm, examples)
        tried = {run.setting for run in runs if (run.arm, run.examples) == (arm, examples)}
        assert set(settings) <= tried or trained_on_less(plan, shares, arm, examples)
        assert len(tried - set(settings)) <= 1  # the second of two wider rates, run before the first sufficed
    sealed = stored_rows(plan.path(RESULTS, "-sealed.csv"))
    assert set(runs) <= {curves.run_of(row) for row in sealed}
    for row in rows:
        assert int(row["steps"]) >= int(row["examples"]) / int(row["batch_size"])
        assert float(row["seconds"]) > 0
        assert all(row[name] for name in ("date", "machine", "torch", "command"))


def test_a_spotlight_on_the_item_has_mass_1_and_elsewhere_none():
    images = torch.zeros(2, 1, 64, 64, dtype=torch.uint8)
    images[:, :, 8:16, 8:16] = 255
    boxes = torch.tensor([[0, 0, 28, 28], [36, 36, 64, 64]])
    some = Scenes(images, torch.zeros(2, dtype=torch.long), boxes, torch.arange(2))
    on, off = curves_spotlight.masses(some)
    assert on > 0.9
    assert off < 0.05


def test_the_stored_comparison_by_mass_follows_from_the_sealed_answers():
    stored = stored_rows(RESULTS / "spotlight-by-mass.csv")
    assert curves_spotlight.by_mass(RESULTS) == stored
    whole, *parts = stored
    (told,) = stored_rows(curves_spotlight.PLAN.path(RESULTS, ".csv"))
    assert float(whole["spotlight"]) == pytest.approx(float(told["test"]), abs=0.001)
    assert sum(float(row["scenes"]) for row in parts) == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize("arm", ["attention", "average"])
def test_what_the_classifier_lesson_trains_live_has_the_rate_chosen_at_its_budget(arm):
    source = Lesson.named("attention-classifier").source("train")
    (row,) = (
        row
        for row in stored_rows(ROOT / "results/curves-scenes.csv")
        if (row["arm"], row["examples"]) == (arm, "60000")
    )
    assert '"epochs": 3' in source  # of 20,000 scenes
    assert f'"{arm}": {row["learning_rate"]}' in source
