"""Explorer: design a trial of a training, and see what many such trials would find."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from course_utils.brain.clinical_trials import Measure, TrialDesign, critical_t, simulate_trials
from course_utils.explorers.base import Choice, Explorer, Picture, Slider, Told, new_figure, steps
from course_utils.plots import PALETTE

N_TRIALS, N_SHOWN = 200, 40
LIMITS = (-1.0, 2.5)
SIZES = (10, 20, 30, 40, 60, 80, 100, 150)
CONTROLS = [("none", "none: before and after"), ("waitlist", "waiting list"), ("sham", "sham training")]
RATERS = [("parent", "parents"), ("teacher", "teachers, who don't know"), ("objective", "an objective test")]


class DesignView(NamedTuple):
    """What `design_view` gives back: one number for each simulated trial.

    Attributes
    ----------
    effects : numpy.ndarray, shape (200,)
        Estimated effects, in standard deviations of unselected ratings: the difference between the arms' mean
        improvements, or the mean improvement without a control.
    half_widths : numpy.ndarray, shape (200,)
        Half the width of each 95 % interval.
    significant : numpy.ndarray of bool, shape (200,)
        Whether a t-test has p < 0.05: the interval leaves 0 out.
    """

    effects: np.ndarray
    half_widths: np.ndarray
    significant: np.ndarray


@lru_cache(maxsize=32)
def critical(freedom: int) -> float:
    """Return `critical_t`, remembered.

    Examples
    --------
    >>> print(f"{critical(140):.3f}")
    1.977
    """
    return critical_t(freedom)


@lru_cache(maxsize=64)
def design_view(
    n: int, control: str, see_through: float, rater: Measure, cutoff: float, specific: float
) -> DesignView:
    """Run 200 trials of a design and analyse each.

    Parameters
    ----------
    n : int
        People in each arm.
    control : {"none", "waitlist", "sham"}
    see_through : float
        Per cent of the sham arm who see that it is sham.
    rater : {"parent", "teacher", "objective"}
    cutoff : float
        Enrol those rated so many standard deviations above the mean; -inf enrols all.
    specific : float
        What the training itself improves, in standard deviations of unselected ratings.

    Returns
    -------
    DesignView

    Examples
    --------
    >>> useless = design_view(80, "waitlist", 0, "parent", 1.0, 0.0)
    >>> bool(useless.significant.mean() > 0.9)
    True
    """
    sizes = {arm: n if arm == control else 2 for arm in ("sham", "waitlist")}
    design = TrialDesign(
        n_training=n,
        n_sham=sizes["sham"],
        n_waitlist=sizes["waitlist"],
        cutoff=cutoff,
        specific=specific,
        sham_belief=1 - see_through / 100,
    )
    improvements = simulate_trials(design, N_TRIALS, seed=0).improvements[rater]
    training = improvements["training"]  # (n_trials, n)
    effects, variances, freedom = training.mean(axis=1), training.var(axis=1, ddof=1), n - 1
    if control != "none":
        other = improvements[control]
        effects, variances = effects - other.mean(axis=1), variances + other.var(axis=1, ddof=1)
        freedom = 2 * n - 2
    half_widths = critical(freedom) * np.sqrt(variances / n)
    return DesignView(effects, half_widths, np.abs(effects) > half_widths)


class TrialPicture(Picture):
    """The first 40 trials with their intervals on the left, all 200 as a histogram on the right."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        forest, counts = figure.subplots(1, 2, width_ratios=[3, 2])
        forest.set(title=f"{N_SHOWN} of the trials", xlim=LIMITS, ylim=(-1, N_SHOWN), yticks=[])
        forest.set_xlabel("estimated effect (sd)")
        counts.set(xlim=LIMITS, ylim=(0, 100), ylabel="trials")
        counts.set_xlabel("estimated effect (sd)")
        for axes in (forest, counts):
            axes.axvline(0, color="black", linewidth=1)
        self.intervals = forest.add_collection(LineCollection([], linewidths=1.6))
        self.dots = forest.scatter(np.zeros(N_SHOWN), range(N_SHOWN), s=14, zorder=3)
        self.edges = np.linspace(*LIMITS, 36)
        self.bars = counts.bar(
            self.edges[:-1], 0.0, np.diff(self.edges), align="edge", color=PALETTE["sky"], edgecolor="white"
        )
        self.truth = [
            axes.axvline(0, color=PALETTE["red"], linestyle="--", linewidth=1.8) for axes in (forest, counts)
        ]
        self.note = counts.set_title("two\nlines")
        self.moving = [*self.bars, self.intervals, self.dots, *self.truth, self.note]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show what trials of this design find."""
        cutoff = 1.0 if values["selection"] else -math.inf
        view = design_view(
            values["n"],
            values["control"],
            values["see_through"] if values["control"] == "sham" else 0.0,
            values["rater"],
            cutoff,
            values["specific"],
        )
        effects, halves = view.effects[:N_SHOWN], view.half_widths[:N_SHOWN]
        colours = [PALETTE["blue"] if found else "#999999" for found in view.significant[:N_SHOWN]]
        rows = range(N_SHOWN)
        ends = zip(effects, halves, rows, strict=True)
        self.intervals.set_segments([[(e - half, y), (e + half, y)] for e, half, y in ends])
        self.intervals.set_color(colours)
        self.dots.set_offsets(np.column_stack([effects, rows]))
        self.dots.set_color(colours)
        heights, _ = np.histogram(view.effects, self.edges)
        for bar, height in zip(self.bars, heights, strict=True):
            bar.set_height(min(height, 100))
        for line in self.truth:
            line.set_xdata([values["specific"]] * 2)
        share, mean = view.significant.mean(), round(view.effects.mean(), 2) + 0.0  # no minus zero
        self.note.set_text(f"all {N_TRIALS}: mean {mean:.2f},\n{share:.0%} significant")
        found = f"mean estimated effect {mean:.2f} sd, significant in {share:.0%} of {N_TRIALS} trials"
        spread = np.percentile(view.effects, [2.5, 97.5])
        truth = "The training is useless" if values["specific"] == 0 else "The training itself improves"
        size = "" if values["specific"] == 0 else f" {values['specific']:g} sd"
        judged = f"{dict(CONTROLS)[values['control']]}; rated by {dict(RATERS)[values['rater']]}"
        return Told(
            alt=f"Estimated effects of simulated trials, with 95 % intervals, and their histogram. "
            f"{truth}{size}. {values['n']} people an arm; control {judged}; {values['see_through']:g} % see "
            f"through a sham; selected: {'yes' if values['selection'] else 'no'}. Result: {found}.",
            words=f"{truth}{size}; {found}.\n95 of 100 trials estimate {spread[0]:.2f} to {spread[1]:.2f}. "
            f"Dashed: the true effect. Blue: p < 0.05. sd: standard deviation of unselected ratings.",
        )


def trial_explorer() -> Explorer:
    """Return an explorer: choose how a trial is made and the true effect; see what trials find.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> trial_explorer().frame["words"].split(";")[0]
    'The training is useless'
    """
    return Explorer(
        "Trial designer",
        [
            Slider("n", "People in each arm", SIZES, 60, whole=True),
            Slider("specific", "True specific effect", steps(0, 0.8, 0.1), 0, unit="sd"),
            Choice("control", "Control", CONTROLS, "sham"),
            Slider("see_through", "See through the sham", steps(0, 100, 10), 0, unit="%"),
            Choice("rater", "Rated by", RATERS, "parent"),
            Choice(
                "selection",
                "Enrolled",
                [(True, "worst rated, over 1 sd"), (False, "everybody")],
                True,
            ),
        ],
        TrialPicture(new_figure()),
        caption="A useless training should be significant in about 5 % of trials, by chance.",
    )
