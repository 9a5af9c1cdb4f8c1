"""Explorer: four scoring functions on the same random queries and keys, as d_k grows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from course_utils.attention import (
    additive_scores,
    dot_scores,
    general_scores,
    scaled_dot_scores,
    softmax,
    softmax_jacobian,
)
from course_utils.explorers.base import Explorer, Picture, Slider, Told, clear_legend, new_figure, steps
from course_utils.plots import PALETTE

DIMENSIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
STYLES = {
    "dot": ("blue", "o"),
    "scaled dot": ("orange", "s"),
    "general": ("green", "^"),
    "additive": ("pink", "D"),
}
N_QUERIES, N_KEYS = 64, 8


class Scoring(NamedTuple):
    """One scoring function on random data: `weights` of the first query, and averages over all queries."""

    weights: np.ndarray
    variance: float
    largest: float
    gradient: float


@lru_cache(maxsize=256)
def compare_scoring(d_k: int, seed: int) -> dict[str, Scoring]:
    """Return the scores of random queries and keys under four scoring functions.

    Queries and keys have independent standard normal components. The weights of `general` and `additive` are
    drawn with variance 1/d_k, as layers usually start.

    Parameters
    ----------
    d_k : int
        Number of components of a query and a key.
    seed : int
        Which random numbers.

    Returns
    -------
    dict of str to Scoring
        For each function: the weights of the first query over the keys, the variance of the scores, the mean
        of the largest weight, and the mean size (Frobenius norm) of the softmax's Jacobian, which scales
        every gradient that flows back to the scores.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.2.1: why the scores are divided by the root of d_k.

    Examples
    --------
    >>> scoring = compare_scoring(d_k=256, seed=0)
    >>> scoring["dot"].largest > 0.9 > scoring["scaled dot"].largest
    True
    """
    rng = np.random.default_rng(seed)
    queries = rng.standard_normal((N_QUERIES, d_k))
    keys = rng.standard_normal((N_KEYS, d_k))
    general, for_queries, for_keys = rng.standard_normal((3, d_k, d_k)) / np.sqrt(d_k)
    vector = rng.standard_normal(d_k) / np.sqrt(d_k)
    scores = {
        "dot": dot_scores(queries, keys),
        "scaled dot": scaled_dot_scores(queries, keys),
        "general": general_scores(queries, keys, general),
        "additive": additive_scores(queries, keys, for_queries, for_keys, vector),
    }
    return {name: _summarise(table) for name, table in scores.items()}


def _summarise(scores: np.ndarray) -> Scoring:
    weights = softmax(scores)
    sizes = np.linalg.norm(softmax_jacobian(weights), axis=(-2, -1))
    return Scoring(weights[0], float(scores.var()), float(weights.max(axis=-1).mean()), float(sizes.mean()))


class ScoringPicture(Picture):
    """One query's weights under each function on the left, the variance of the scores on the right."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        panels = figure.subplot_mosaic(
            [["dot", "scaled dot", "variance"], ["general", "additive", "variance"]], width_ratios=(1, 1, 1.6)
        )
        variance = panels["variance"]
        variance.set(title="variance of the scores", xlabel="d_k", ylim=(0.01, 4 * DIMENSIONS[-1]))
        variance.set_xscale("log", base=2)
        variance.set_yscale("log")
        variance.set_xticks(DIMENSIONS[::3], DIMENSIONS[::3])
        variance.set_xlim(0.8, 1.25 * DIMENSIONS[-1])
        self.bars, self.curves, self.texts = {}, {}, {}
        for name, (color, marker) in STYLES.items():
            axes = panels[name]
            axes.set(title=name, ylim=(0, 1.4), xticks=[], yticks=(0, 0.5, 1))  # words above the bars
            self.bars[name] = axes.bar(range(N_KEYS), np.zeros(N_KEYS), color=PALETTE[color])
            self.texts[name] = axes.text(0.98, 0.98, "", ha="right", va="top", transform=axes.transAxes)
            self.curves[name] = variance.plot(
                DIMENSIONS, np.ones(len(DIMENSIONS)), marker, ls="-", color=PALETTE[color], ms=5, label=name
            )[0]
        panels["additive"].set_xlabel("8 keys")
        panels["general"].set_xlabel("8 keys")
        self.here = variance.axvline(1, color="black", linewidth=1.5)
        self.moving = [*(bar for bars in self.bars.values() for bar in bars), *self.texts.values()]
        self.moving += [*self.curves.values(), self.here, clear_legend(variance, "upper left")]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show the scoring functions at one d_k."""
        d_k, sample = values["d_k"], values["sample"]
        scoring = compare_scoring(d_k, sample)
        along = [compare_scoring(dimension, sample) for dimension in DIMENSIONS]
        for name, result in scoring.items():
            for bar, weight in zip(self.bars[name], result.weights, strict=True):
                bar.set_height(weight)
            self.texts[name].set_text(f"max {result.weights.max():.2f}")
            self.curves[name].set_ydata([at_dimension[name].variance for at_dimension in along])
        self.here.set_xdata([d_k, d_k])
        variances = ", ".join(f"{name} {result.variance:.3g}" for name, result in scoring.items())
        largest = ", ".join(f"{name} {result.largest:.2f}" for name, result in scoring.items())
        gradients = ", ".join(f"{name} {result.gradient:.2f}" for name, result in scoring.items())
        return Told(
            alt=f"Bar charts of one query's weights under four scoring functions, and the variance of their "
            f"scores over d_k, marked at {d_k}. Variances: {variances}. Mean largest weight: {largest}.",
            words=f"d_k = {d_k}. Variance of the scores: {variances}.\n"
            f"Largest of {N_KEYS} weights, mean of {N_QUERIES} queries: {largest} (near 1: saturated).\n"
            f"Size of the softmax's gradient: {gradients}.",
        )


def scoring_explorer() -> Explorer:
    """Return an explorer: let d_k grow and compare the weights of four scoring functions.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> scoring_explorer().frame["words"].splitlines()[0][:9]
    'd_k = 64.'
    """
    return Explorer(
        "Scoring functions explorer",
        [
            Slider("d_k", "Components of a key, d_k", DIMENSIONS, 64, whole=True),
            Slider("sample", "Random sample", steps(1, 20, 1), 1, whole=True),
        ],
        ScoringPicture(new_figure()),
        caption="Without the scale the scores spread as d_k grows, and one key takes all the weight.",
    )
