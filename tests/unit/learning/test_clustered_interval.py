"""The interval for images made from the same sources: against resampling, and where nothing is shared."""

import numpy as np
import pytest

from course_utils.learning.evaluation import accuracy_interval, clustered_interval


def alike(n_sources, each, seed, spread=0.35):
    """Draw answers that resemble each other within a source."""
    random = np.random.default_rng(seed)
    easy = np.clip(random.normal(0.75, spread, n_sources), 0, 1)
    sources = np.repeat(np.arange(n_sources), each)
    return random.random(len(sources)) < easy[sources], sources


def resampled(right, sources, n=2000):
    """Draw the sources again and again, with all their images, and average anew."""
    random = np.random.default_rng(1)
    sums, sizes = np.bincount(sources, right), np.bincount(sources)
    drawn = random.integers(len(sums), size=(n, len(sums)))
    return np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [0.025, 0.975])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_agrees_with_resampling_the_sources(seed):
    right, sources = alike(1000, 4, seed)
    found = clustered_interval(right, sources)
    naive = accuracy_interval(int(right.sum()), len(right))
    assert found[1:] == pytest.approx(resampled(right, sources), abs=0.002)
    assert found.high - found.low > 1.4 * (naive.high - naive.low)  # the known-bad one is too narrow


def test_images_of_their_own_give_wilsons_interval():
    right = np.arange(200) < 150
    assert clustered_interval(right, np.arange(200)) == pytest.approx(accuracy_interval(150, 200))


def test_it_covers_as_often_as_it_says():
    """Of 400 intervals from 60 sources each about 95 % contain the truth; of naive ones fewer than 80 %."""
    truth = np.clip(np.random.default_rng(9).normal(0.75, 0.35, 1_000_000), 0, 1).mean()
    covered = {"clustered": 0, "naive": 0}
    for seed in range(400):
        right, sources = alike(60, 20, seed)
        _, low, high = clustered_interval(right, sources)
        covered["clustered"] += low <= truth <= high
        _, low, high = accuracy_interval(int(right.sum()), len(right))
        covered["naive"] += low <= truth <= high
    assert 0.92 <= covered["clustered"] / 400 <= 0.975
    assert covered["naive"] / 400 < 0.8


def test_names_serve_as_sources_and_all_right_is_not_certain():
    found = clustered_interval([True] * 6, ["a", "a", "b", "b", "c", "c"])
    assert (found.proportion, found.high) == (1.0, pytest.approx(1.0))
    assert found.low == pytest.approx(accuracy_interval(3, 3).low)


@pytest.mark.parametrize(
    ("right", "sources", "message"),
    [
        ([True, False], [1], r"right has shape \(2,\) and sources \(1,\)"),
        ([], [], "sources has 0 different values"),
        ([True, False], [7, 7], "sources has 1 different values"),
    ],
)
def test_what_cannot_be_clustered_is_refused(right, sources, message):
    with pytest.raises(ValueError, match=message):
        clustered_interval(right, sources)
