"""The proof that killed trainings go on: it counts kills, and it would notice other bits."""

import json
import os
from pathlib import Path

import pytest

from course_utils.__main__ import main
from proofs import kills

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def short_training(monkeypatch):
    """Let a training take a moment."""
    words = ("--data", "fashion-mnist", "--images", "60", "--epochs", "2", "--cpu", "--quiet")
    monkeypatch.setattr(kills, "TRAINING", words)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Windows knows no SIGKILL.")
def test_a_kill_hits_and_the_training_ends_alike(tmp_path):
    words = ["--kills", "1", "--seed", "5"]  # whose first moment is late, but before the end
    assert kills.main([*words, "--out", str(tmp_path / "kills.json")]) == 0
    outcome = json.loads((tmp_path / "kills.json").read_text(encoding="utf-8"))
    assert outcome["kills"] == len(outcome["epochs_kept_at_each"]) >= 1
    assert outcome["rounds_with_other_bits"] == 0


def test_another_seed_is_not_alike(tmp_path):
    """The known-bad case: the comparison must not call every pair of trainings the same."""
    for seed in (0, 1):
        assert main(["train", *kills.TRAINING, "--seed", str(seed), "--out", str(tmp_path / str(seed))]) == 0
    assert kills.alike(tmp_path / "0", tmp_path / "0")
    assert not kills.alike(tmp_path / "0", tmp_path / "1")


def test_the_stored_proof_is_of_twenty_kills_in_the_midst_of_training():
    stored = json.loads((ROOT / "results" / "kills.json").read_text(encoding="utf-8"))
    assert stored["kills"] >= 20
    assert stored["rounds_with_other_bits"] == 0
    assert sum(0 < epochs < 20 for epochs in stored["epochs_kept_at_each"]) >= 5
