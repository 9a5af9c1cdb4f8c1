"""The curve of reading dates: what is chosen, when the test is opened, and that the summary follows."""

import itertools

import pytest
from PIL import Image

from course_utils.data.dates import Dates
from proofs import curves_dates as curves
from proofs.lesson_seeds import ROOT, stored_rows

GRU, NONE, TRANSFORMER = curves.ARMS
RESULTS = ROOT / "results"
BEST = curves.Setting(16, 0.01)


def share(run, best=BEST, last=0.99):
    """Make up a share of dates: the best setting has the most, larger budgets have more."""
    learned = last - 200 / run.examples
    return round(learned if run.setting == best else 0.9 * learned, 4)


def complete(share=share):
    """Make up all runs that the plan asks for, as they would come one after the other."""
    shares = {}
    while left := list(curves.pending(shares)):
        shares |= {run: share(run) for run in left if run.examples == left[0].examples}
    return shares


def rows_of(shares):
    """Write made-up shares as stored rows."""
    some = {"steps": "250", "seconds": "1.50", "date": "2026-01-02 03:04", "machine": "2 cores of a kind"}
    return [
        {name: str(value) for name, value in curves._columns(run).items()} | {"validation": f"{value}"} | some
        for run, value in shares.items()
    ]


def seal(folder, shares):
    """Store test shares, which are .01 below those of validation."""
    for run, value in shares.items():
        curves.append(folder / curves.SEALED, {**curves._columns(run), "test": round(value - 0.01, 4)})
    return folder / curves.SEALED


def number(summary, arm, examples, column):
    return next(row[column] for row in summary if (row["arm"], row["examples"]) == (arm, str(examples)))


def test_parts_share_no_day():
    train, validation, test = parts = curves.data_of(0)
    assert [len(part.iso) for part in parts] == [4000, 1000, 1000]
    curves.require_apart(parts)
    leaking = Dates(*(a[:999] + b[:1] for a, b in zip(test[:2], train[:2], strict=True)), *test[2:])
    with pytest.raises(ValueError, match="1 days in common"):
        curves.require_apart([train, validation, leaking])


def test_seeds_have_dates_of_their_own():
    assert all(one.iso != other.iso for one, other in zip(curves.data_of(0), curves.data_of(1), strict=True))


def test_what_exists_first_is_a_smaller_plan():
    runs = list(curves.pending({}))
    assert {(run.seed, run.examples) for run in runs[: 5 * 3 * 7 * 3]} == set(
        itertools.product((0, 1, 2), curves.EXAMPLES[:5])
    )
    assert [run.examples for run in runs] == sorted(runs[i].examples for i in range(315)) + sorted(
        run.examples for run in runs[315:]
    )
    assert len(runs) == len(set(runs)) == 3 * 7 * 7 * 5


def test_the_best_mean_over_the_seeds_is_chosen_and_the_test_is_read_for_it_alone(tmp_path):
    shares = complete()
    test = curves.unseal(shares, seal(tmp_path, shares))
    summary = curves.summary_of(rows_of(shares), test)
    assert {(row["batch_size"], row["learning_rate"]) for row in summary if " minus " not in row["arm"]} == {
        ("16", "0.01")
    }
    assert number(summary, GRU, 2000, "validation") == "0.8900"
    assert number(summary, GRU, 2000, "test") == "0.8800"
    assert number(summary, f"{GRU} minus {NONE}", 2000, "test") == "0.0000"


def test_intervals_are_of_differences_seed_by_seed():
    """An independent computation, of five differences that vary less than the arms do."""
    levels, gains = [0.5, 0.6, 0.7, 0.8, 0.9], [0.02, 0.03, 0.01, 0.02, 0.02]

    def varied(run):
        value = levels[run.seed] + (gains[run.seed] if run.arm == GRU else 0)
        return value if run.setting == BEST else value - 0.1

    summary = curves.summary_of(rows_of(complete(varied)), None)
    name = f"{GRU} minus {NONE}"
    low, high = (float(number(summary, name, 4000, f"validation_{end}")) for end in ("low", "high"))
    assert float(number(summary, name, 4000, "validation")) == pytest.approx(0.02)
    reach = 2.7764 * 0.0070711 / 5**0.5  # Student's t for 4 degrees, standard deviation of the gains
    assert (low, high) == (pytest.approx(0.02 - reach, abs=1e-4), pytest.approx(0.02 + reach, abs=1e-4))
    assert float(number(summary, GRU, 4000, "validation_low")) < 0.6


def test_the_test_stays_sealed_while_a_run_is_left(tmp_path):
    shares = complete()
    sealed = seal(tmp_path, shares)
    del shares[next(reversed(shares))]
    with pytest.raises(curves.StillSealed, match="at least 1 runs of the plan are left"):
        curves.unseal(shares, sealed)
    assert {row["test"] for row in curves.summary_of(rows_of(shares), None)} == {""}


def test_a_best_rate_at_the_edge_widens_the_grid_once():
    def higher_is_better(run):
        return share(run, best=curves.Setting(16, 0.0625))

    shares = complete(lambda run: higher_is_better(run) + (run.setting == (16, 0.025)) * 0.01)
    settings = curves.grid(shares, NONE, 1000)
    assert settings[len(curves.grid({}, NONE, 1000)) :] == [(16, 0.0625), (16, 0.156)]
    choice = curves.choose(shares, NONE, 1000)
    assert (choice.setting, choice.at_edge) == ((16, 0.0625), False)


def test_a_best_rate_at_the_edge_of_the_wider_grid_is_refused(tmp_path):
    shares = complete(lambda run: run.setting.learning_rate * (run.setting.batch_size == 16) * 0.9 + 0.05)
    assert max(run.setting.learning_rate for run in shares) == 0.156
    sealed = seal(tmp_path, shares)
    with pytest.raises(curves.StillSealed, match=r"0\.156 with batches of 16, is at the edge"):
        curves.unseal(shares, sealed)
    assert number(curves.summary_of(rows_of(shares), None), GRU, 1000, "at_edge") == "yes"


def test_where_nothing_is_read_no_rate_is_best():
    shares = complete(lambda run: 0.0 if run.examples < 4000 else share(run))
    assert not curves.choose(shares, NONE, 1000).at_edge
    assert curves.grid(shares, NONE, 1000) == curves.grid({}, NONE, 1000)


def test_a_flat_arm_is_trained_no_more_and_its_last_runs_stand_for_it():
    shares = complete(lambda run: share(run) if run.arm != GRU else 0.98 + (run.setting == BEST) * 0.01)
    assert max(run.examples for run in shares if run.arm == GRU) == 12_000
    assert max(run.examples for run in shares if run.arm == NONE) == 48_000
    summary = curves.summary_of(rows_of(shares), None)
    assert number(summary, GRU, 48_000, "trained_on") == "12000"
    assert number(summary, GRU, 48_000, "validation") == "0.9900"


def test_an_arm_that_rises_or_reads_little_is_not_flat():
    def slow(run):
        return 0.5 if run.arm == NONE else share(run) if run.arm == GRU else run.examples / 100_000

    shares = complete(lambda run: slow(run) * (1 if run.setting == BEST else 0.9))
    assert {run.arm for run in shares if run.examples == 48_000} == set(curves.ARMS)


def test_the_work_goes_on_where_it_stopped(tmp_path, monkeypatch):
    done = []

    def measured(run):
        done.append(run)
        row = rows_of({run: share(run)})[0] | {"loss": "0.1"}
        return row, share(run) - 0.01

    monkeypatch.setattr(curves, "measure", measured)
    monkeypatch.setattr(curves, "EXAMPLES", (1000, 2000))
    monkeypatch.setattr(curves, "STAGES", [((0, 1, 2), (1000, 2000)), (curves.SEEDS, (1000, 2000))])
    whole = list(curves.pending({}))
    limits = iter([0.0, *range(10), 1e9])
    monkeypatch.setattr(curves.time, "perf_counter", lambda: next(limits, 0.0))
    curves.work(tmp_path, curves.ARMS, limit_seconds=5)
    assert done == whole[:5]
    monkeypatch.setattr(curves.time, "perf_counter", lambda: 0.0)
    assert curves.main(["--out", str(tmp_path)]) == 0
    assert done == whole
    assert len(stored_rows(tmp_path / curves.RUNS)) == len(stored_rows(tmp_path / curves.SEALED)) == 210


@pytest.fixture
def few(monkeypatch):
    """Take few dates."""
    parts = [Dates(*(part[:80] for part in dates)) for dates in curves.data_of(0)]
    monkeypatch.setattr(curves, "data_of", lambda seed: parts)


@pytest.mark.usefixtures("few")
def test_one_run_is_stored_with_what_it_gave_and_repeats():
    run = curves.Run(GRU, 0, 64, curves.Setting(16, 0.01))
    row, test = curves.measure(run)
    assert curves.run_of({name: str(value) for name, value in row.items()}) == run
    assert (row["steps"], row["validation"], test) == (4, "0.0000", 0.0)
    assert 2.2 < float(row["loss"]) < 2.5  # ln 11 is 2.40: a guess
    again, _ = curves.measure(run)
    assert again["loss"] == row["loss"]


@pytest.mark.usefixtures("few")
def test_a_training_that_breaks_down_reads_nothing(monkeypatch):
    def broken(*_, **__):
        raise FloatingPointError

    monkeypatch.setattr(curves, "fit_reader", broken)
    row, test = curves.measure(curves.Run(TRANSFORMER, 0, 64, BEST))
    assert (row["validation"], row["loss"], test) == ("0.0000", "nan", 0.0)


# What is stored.


def stored_summary(rows):
    shares = curves.validation_of(rows)
    try:
        test = curves.unseal(shares, RESULTS / curves.SEALED)
    except curves.StillSealed:
        test = None
    return curves.summary_of(rows, test)


def test_the_stored_summary_follows_from_the_stored_runs():
    rows = stored_rows(RESULTS / curves.RUNS)
    stored = (RESULTS / curves.SUMMARY).read_text(encoding="utf-8")
    assert curves.as_text(stored_summary(rows), rows) == stored


def test_a_summary_that_does_not_follow_is_found():
    rows = stored_rows(RESULTS / curves.RUNS)
    told = stored_rows(RESULTS / curves.SUMMARY)[0]
    names = ("arm", "examples", "batch_size", "learning_rate")
    row = next(row for row in rows if all(row[name] == told[name] for name in names))
    row["validation"] = f"{float(row['validation']) + 0.5}"
    stored = (RESULTS / curves.SUMMARY).read_text(encoding="utf-8")
    assert curves.as_text(stored_summary(rows), rows) != stored


def test_the_stored_picture_says_what_the_summary_says():
    fig, alt = curves.picture_of(stored_summary(stored_rows(RESULTS / curves.RUNS)))
    curves.plt.close(fig)
    with Image.open(RESULTS / curves.PICTURE) as picture:
        assert picture.text["Description"] == alt


def test_every_stored_run_is_in_the_plan_has_a_sealed_share_and_says_how_it_came_about():
    rows = stored_rows(RESULTS / curves.RUNS)
    runs = [curves.run_of(row) for row in rows]
    assert len(runs) == len(set(runs))
    shares = curves.validation_of(rows)
    for run in runs:
        assert run.setting in curves.grid(shares, run.arm, run.examples)
        assert run.seed in curves.SEEDS
    assert set(runs) <= {curves.run_of(row) for row in stored_rows(RESULTS / curves.SEALED)}
    for row in rows:
        assert int(row["steps"]) == -(-min(int(row["examples"]), 4000) // int(row["batch_size"])) * max(
            1, int(row["examples"]) // 4000
        )
        assert float(row["seconds"]) > 0
        assert all(row[name] for name in ("date", "machine", "torch", "command"))
