"""Explorer: one threshold on the scores of a rare and a common class, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from course_utils.explorers.base import Explorer, Picture, Slider, Told, clear_legend, new_figure, steps
from course_utils.plots import PALETTE

N_PEOPLE = 1000
EDGES = np.arange(-4, 8.5, 0.5)


class Counts(NamedTuple):
    """The four counts of a yes-or-no classifier; each measure is NaN where it would be 0/0."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def accuracy(self) -> float:
        """Return the share of all answers that are right."""
        return _share(self.tp + self.tn, sum(self))

    @property
    def precision(self) -> float:
        """Return the share of the yes answers that are right."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Return the share of the rare class that is found."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


@lru_cache(maxsize=512)
def class_scores(separation: float, percent: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw the scores of 1000 people, always with the same random numbers.

    Parameters
    ----------
    separation : float
        How much higher the rare class scores on average, in standard deviations.
    percent : float
        Share of the rare class in percent, rounded to whole people, at least one.

    Returns
    -------
    tuple of numpy.ndarray
        Scores of the rare and of the common class.

    Raises
    ------
    ValueError
        If `percent` is not above 0 and below 100.

    Examples
    --------
    >>> rare, common = class_scores(separation=2.0, percent=10)
    >>> rare.shape, common.shape
    ((100,), (900,))
    """
    if not 0 < percent < 100:
        raise ValueError(f"percent is {percent}; expected a number above 0 and below 100.")
    n_rare = max(1, round(N_PEOPLE * percent / 100))
    noise = np.random.default_rng(0).normal(size=N_PEOPLE)
    return noise[:n_rare] + separation, noise[n_rare:]


def count_at(rare: np.ndarray, common: np.ndarray, threshold: float) -> Counts:
    """Return the counts when scores at the threshold or above are answered with yes.

    Parameters
    ----------
    rare, common : numpy.ndarray
        Scores of the two classes, each of shape (n,).
    threshold : float
        From here on the answer is yes.

    Returns
    -------
    Counts
        tp, fp, fn and tn.

    Examples
    --------
    >>> count_at(np.array([1.0, 3.0]), np.array([0.0, 1.0, 2.0]), threshold=1.5)
    Counts(tp=1, fp=1, fn=1, tn=2)
    """
    tp, fp = int(np.sum(rare >= threshold)), int(np.sum(common >= threshold))
    return Counts(tp, fp, len(rare) - tp, len(common) - fp)


@lru_cache(maxsize=512)
def precision_recall(separation: float, percent: float) -> tuple[np.ndarray, np.ndarray]:
    """Return precision and recall for every threshold that is a score, the highest first.

    Parameters
    ----------
    separation, percent : float
        As for `class_scores`.

    Returns
    -------
    tuple of numpy.ndarray
        precision and recall, each of shape (1000,).

    Examples
    --------
    >>> precision, recall = precision_recall(separation=2.0, percent=10)
    >>> float(recall[-1]), float(precision[-1])
    (1.0, 0.1)
    """
    rare, common = class_scores(separation, percent)
    is_rare = np.repeat([1, 0], [len(rare), len(common)])
    found = is_rare[np.argsort(-np.concatenate([rare, common]), kind="stable")].cumsum()
    return found / np.arange(1, N_PEOPLE + 1), found / len(rare)


def _written(measure: float) -> str:
    return "undefined (0/0)" if math.isnan(measure) else f"{measure:.3f}"


class ThresholdPicture(Picture):
    """Histograms of both classes with the threshold on the left, the precision-recall curve on the right."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        left, right = figure.subplots(1, 2)
        left.set(title="scores of 1000 people", xlabel="score", ylabel="people", xlim=(-4, 8), ylim=(0, 220))
        right.set(
            title="every threshold", xlabel="recall", ylabel="precision", xlim=(0, 1.03), ylim=(0, 1.05)
        )
        zeros, centres = np.zeros(len(EDGES) - 1), (EDGES[1:] + EDGES[:-1]) / 2
        self.common = left.bar(centres, zeros, width=0.5, color=PALETTE["sky"], label="common")
        self.rare = left.bar(centres, zeros, width=0.3, color=PALETTE["orange"], label="rare")
        self.line = left.axvline(0, color="black", linestyle="--", linewidth=2)
        self.curve = right.plot([0], [0], color=PALETTE["blue"], linewidth=2)[0]
        self.floor = right.axhline(0.1, color="black", linestyle=":")
        self.point = right.plot([0], [0], "o", color="black", markersize=9)[0]
        legend = clear_legend(left, "upper right")
        self.moving = [*self.common, *self.rare, self.line, legend, self.curve, self.floor, self.point]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show one threshold."""
        separation, percent, threshold = (values[name] for name in ("separation", "percent", "threshold"))
        rare, common = class_scores(separation, percent)
        counts = count_at(rare, common, threshold)
        for bars, scores in ((self.common, common), (self.rare, rare)):
            for bar, height in zip(bars, np.histogram(scores, EDGES)[0], strict=True):
                bar.set_height(height)
        precision, recall = precision_recall(separation, percent)
        self.line.set_xdata([threshold, threshold])
        self.curve.set_data(recall, precision)
        self.floor.set_ydata([len(rare) / N_PEOPLE] * 2)
        shown = not math.isnan(counts.precision)
        self.point.set_data([counts.recall if shown else -1], [counts.precision if shown else -1])
        four = f"TP {counts.tp}, FP {counts.fp}, FN {counts.fn}, TN {counts.tn}"
        measures = ", ".join(
            f"{name} {_written(getattr(counts, name.lower()))}"
            for name in ("accuracy", "precision", "recall", "F1")
        )
        return Told(
            alt=f"Histograms of the scores of {len(rare)} people of a rare and {len(common)} of a common "
            f"class, and a precision-recall curve. At threshold {threshold:g}: {four}; {measures}.",
            words=f"At threshold {threshold:g}: {four}.\n{measures[0].upper()}{measures[1:]}.\n"
            f"Saying no to everybody scores {len(common) / N_PEOPLE:.3f} in accuracy and 0 in recall.",
        )


def threshold_explorer() -> Explorer:
    """Return an explorer: move a threshold through the scores of a rare and a common class.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> threshold_explorer().frame["words"].splitlines()[2][:39]
    'Saying no to everybody scores 0.900 in '
    """
    return Explorer(
        "Threshold explorer",
        [
            Slider("threshold", "Threshold", steps(-4, 8, 0.25), 1.0, unit="standard deviations"),
            Slider(
                "separation", "Separation of the classes", steps(0, 4, 0.25), 1.5, unit="standard deviations"
            ),
            Slider("percent", "Share of the rare class", (1, 2, 5, 10, 20, 30, 40, 50), 10, unit="%"),
        ],
        ThresholdPicture(new_figure()),
        caption="The dotted line is the precision of saying yes to everybody.",
    )
