"""The mutation tool finds the holes of a weak check, and none in a strong one."""

import dataclasses

import numpy as np
import pytest

from course_utils.exercises import scoring_functions
from proofs import mutants


@pytest.fixture(autouse=True)
def progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))


def test_strong_cases_leave_no_survivor():
    rejected, survivors = mutants.examine(scoring_functions.scaled_scores)
    assert len(rejected) >= 10
    assert survivors == []


def test_weak_cases_are_found_out():
    symmetric = np.ones((2, 2))
    weak = dataclasses.replace(
        scoring_functions.scaled_scores, cases=((symmetric, symmetric),), misconceptions=()
    )
    _, survivors = mutants.examine(weak)
    assert any("np.swapaxes(keys, -1, -2) → keys" in name for name in survivors), "a missing transpose"


def test_choices_and_lambdas_are_mutated_too():
    rejected, survivors = mutants.examine(scoring_functions.which_is_additive)
    assert len(rejected) == 2
    assert survivors == []
