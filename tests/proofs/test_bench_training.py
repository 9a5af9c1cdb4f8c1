"""The timing of training: other recipes are what they claim to be, and the summary claims no more."""

from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from course_utils.data.fashion import SYSTEM_FOLDER
from course_utils.networks import DotProductPooling
from proofs import bench_training as bench

ROOT = Path(__file__).parents[2]


def line(job, seed, **outcome):
    """Make up a finished job."""
    numbers = {
        "parameters": 1000,
        "epochs": 2,
        "validation_accuracy": 0.91,
        "test_accuracy": 0.905,
        "reached": True,
    }
    where = {"date": "2026-01-02T00:00:00+00:00", "machine": "m", "threads": 1, "versions": "v"}
    return {"job": job, "seed": seed, **numbers, **where, **outcome}


def test_networks_have_the_published_sizes():
    """LeNet-5 with 28 x 28 images has 61,706 parameters; ResNet-18's 11,689,512 change with its ends."""
    count = {
        name: sum(p.numel() for p in recipe.network().parameters()) for name, recipe in bench.RECIPES.items()
    }
    assert count["LeNet"] == 61_706
    assert count["ResNet-18"] == 11_689_512 - 2 * 64 * 7 * 7 - (513 * 1000 - 513 * 10)
    images = torch.rand(2, 1, 28, 28)
    assert bench.RECIPES["tutorial"].network()(images).shape == (2, 10)


def test_the_fused_layer_is_the_same_layer():
    explicit = DotProductPooling(8, n_heads=2, hidden=4)
    fused = bench.FusedPooling(8, n_heads=2, hidden=4)
    features = torch.randn(3, 8, 5, 6)
    assert not torch.allclose(fused(features)[0], explicit(features)[0]), "Other weights, other outputs."
    fused.load_state_dict(explicit.state_dict())
    torch.testing.assert_close(fused(features)[0], explicit(features)[0])


def test_an_epoch_stops_at_the_limit():
    network = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    loader = DataLoader(TensorDataset(torch.rand(50, 3), torch.zeros(50, dtype=torch.long)), batch_size=10)
    assert bench.train_epoch(network, optimizer, loader, limit=60)[1:] == (5, 50)
    assert bench.train_epoch(network, optimizer, loader, limit=0)[1:] == (1, 10)


def test_the_table_gives_ratios_within_a_seed_and_admits_what_did_not_arrive():
    lines = [line("ours", seed, seconds=20.0 + seed) for seed in range(3)]
    lines += [line("tutorial", seed, seconds=63.0) for seed in range(2)]
    lines += [line("LeNet", 0, seconds=900.0, reached=False, validation_accuracy=0.74)]
    rows = [row for row in bench.summary(lines).splitlines() if row.startswith("|")]
    ours, tutorial, lenet = (
        next(row for row in rows if row.startswith(f"| {n} ")) for n in ("ours", "tutorial", "LeNet")
    )
    assert "| 3 of 3 |" in ours
    assert "| 3.1 |" in tutorial, "63 / 20 and 63 / 21"
    assert "| 0 of 1 |" in lenet
    assert "| at least 45.0 |" in lenet
    assert not any(row.startswith("| ResNet-18") for row in rows), "What was not measured has no row."
    assert bench.summary([]) == "Nothing has been measured.\n"


def test_what_is_stored_is_not_done_again(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(
        bench, "JOBS", {"scenes": lambda seed: done.append(seed) or {"made": 10, "trained": 5}}
    )
    words = ["--out", str(tmp_path), "--only", "scenes"]
    assert bench.main([*words, "--seeds", "0", "1"]) == 0
    assert bench.main([*words, "--seeds", "0", "1", "2"]) == 0
    assert done == [0, 1, 2]
    assert "| 2.00, 2.00, 2.00 |" in (tmp_path / "bench-training.md").read_text(encoding="utf-8")


@pytest.mark.skipif(
    not SYSTEM_FOLDER.exists(), reason="Needs all of Fashion-MNIST (Debian: dataset-fashion-mnist)."
)
def test_both_pipelines_show_the_same_images(tmp_path):
    train, validation, test = bench.in_memory()
    assert [len(part.labels) for part in (train, validation, test)] == [50_000, 10_000, 10_000]
    shown = bench.one_by_one(str(tmp_path), 28)
    for part, other in zip((train, validation, test), shown, strict=True):
        image, label = other[7]
        assert label == part.labels[7]
        torch.testing.assert_close(image, part.images[7] / 255)


@pytest.fixture
def small(monkeypatch):
    """Let the jobs see a few pictures that are easy to tell apart: ten levels of brightness."""

    def pictures(n, size=28):
        labels = torch.arange(n) % 10
        noise = torch.randint(0, 10, (n, 1, size, size), generator=torch.Generator().manual_seed(n))
        return (20 * labels[:, None, None, None] + noise).to(torch.uint8), labels

    counts = 400, 100, 50
    in_memory = tuple(bench.Tensors(*pictures(n)) for n in counts)
    shown = tuple(TensorDataset(images / 255, labels) for images, labels in in_memory)
    monkeypatch.setattr(bench, "in_memory", lambda: in_memory)
    monkeypatch.setattr(bench, "one_by_one", lambda folder, size: shown)


def test_each_job_measures_what_it_says_on_small_data(small):
    found = bench.ours(0, epochs=2)
    assert 0 <= found["test_accuracy"] <= 1
    assert found["reached"] == (found["validation_accuracy"] >= bench.GOAL)
    assert set(bench.pipelines(0, n=200)) == {"in_memory", "data_loader"}
    found = bench.scene_making(0, n=60)
    assert found["made"] > 0
    assert found["trained"] > 0
    assert bench.pooling(0, repeats=2)["largest_difference"] < 1e-5


def test_another_recipe_stops_where_it_reaches_the_goal_or_where_time_is_up(small, monkeypatch):
    found = bench.theirs(0, name="tutorial")
    assert found["reached"]
    assert found["validation_accuracy"] >= bench.GOAL
    assert found["epochs"] == int(found["epochs"]), "It is looked at after whole epochs."
    monkeypatch.setattr(bench, "LIMIT", 1e-6)
    monkeypatch.setattr(bench, "GOAL", 2.0)
    found = bench.theirs(0, name="tutorial")
    assert not found["reached"]


def stored(job):
    return {
        line["seed"]: line
        for line in bench.read(ROOT / "results" / "bench-training.jsonl")
        if line["job"] == job
    }


@pytest.mark.parametrize(("name", "times"), [("tutorial", 2), ("LeNet", 10), ("ResNet-18", 10)])
def test_what_is_stored_meets_the_aims_of_speed(name, times):
    """So many times sooner than another recipe, seed by seed; one that never arrives took all its time."""
    ours, theirs = stored("ours"), stored(name)
    assert all(line["reached"] for line in ours.values())
    assert set(theirs) <= set(ours)
    assert all(line["seconds"] >= times * ours[seed]["seconds"] for seed, line in theirs.items())


def test_what_is_stored_meets_the_other_aims():
    longest = stored("ten-minutes")
    assert len(longest) == 3
    assert all(line["seconds"] <= 600 for line in longest.values())
    assert sum(line["test_accuracy"] for line in longest.values()) / 3 >= 0.93
    made = stored("scenes").values()
    assert all(line["made"] > 10 * line["trained"] for line in made), "Generation is under 10 % of a step."


def test_when_nothing_is_left_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "JOBS", {"scenes": lambda seed: {"made": 10, "trained": 5}})
    words = ["--out", str(tmp_path), "--only", "scenes", "--seeds", "0"]
    assert bench.main(words) == 0
    assert "Nothing is left" not in capsys.readouterr().out
    assert bench.main(words) == 0
    assert "Nothing is left to do" in capsys.readouterr().out
