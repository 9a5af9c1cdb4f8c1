"""Explorer: one synapse under two rules, the order of spikes (STDP) or a threshold (BCM)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from course_utils.brain.plasticity import bcm_curve, stdp_window
from course_utils.explorers.base import Choice, Explorer, Picture, Slider, Told, new_figure, steps
from course_utils.plots import PALETTE

START = 0.5  # the first weight; a weight stays from 0 to 1
TARGET = 10.0  # Hz, where the threshold stands at first, and where a sliding one lets the neuron settle
BCM_RATE, BCM_TAU = (
    0.05,
    5.0,
)  # change of weight for a curve of 1, and steps over which the threshold averages
DELAYS = np.linspace(-60, 60, 241)  # ms
RATES = np.linspace(0, 100, 201)  # Hz
LONGEST = 400
SETTLED = 0.5  # Hz: nearer than this to the target counts as settled


class Course(NamedTuple):
    """What a synapse went through.

    Attributes
    ----------
    weights : numpy.ndarray, shape (n_steps + 1,)
        The weight, the start first.
    thresholds : numpy.ndarray, shape (n_steps + 1,)
        The threshold in Hz; not a number under STDP, which has none.
    """

    weights: np.ndarray
    thresholds: np.ndarray


@lru_cache(maxsize=128)
def follow_stdp(delay: float, ratio: float, n_steps: int) -> Course:
    """Return a weight under repeated pairs of spikes: it changes by `stdp_window` each time, within 0 and 1.

    Parameters
    ----------
    delay : float
        The neuron's spike minus the input's, in milliseconds.
    ratio : float
        The depth of the window over its height, A₋/A₊.
    n_steps : int
        How many pairings.

    Returns
    -------
    Course
        The weights; the thresholds are not numbers.

    References
    ----------
    Song, Miller & Abbott (2000), doi:10.1038/78829

    Examples
    --------
    >>> float(follow_stdp(10.0, 1.05, 60).weights[-1].round(4))
    0.682
    """
    change = float(stdp_window(delay, 0.005, 0.005 * ratio))
    weights = np.clip(START + change * np.arange(n_steps + 1), 0, 1)
    return Course(weights, np.full(n_steps + 1, np.nan))


@lru_cache(maxsize=128)
def follow_bcm(rate: float, n_steps: int, *, sliding: bool) -> Course:
    """Return the weight of a synapse at a steady rate: y = w · rate, and it changes by `bcm_curve` of y.

    A sliding threshold follows y²/10 Hz, so that y = 10 Hz is the only activity at which it stands still.

    Parameters
    ----------
    rate : float
        Spikes a second of the input, above 0.
    n_steps : int
        How many steps.
    sliding : bool
        Whether the threshold slides, or stays at 10 Hz.

    Returns
    -------
    Course
        The weights, within 0 and 1, and the thresholds.

    References
    ----------
    Bienenstock, Cooper & Munro (1982), doi:10.1523/JNEUROSCI.02-01-00032.1982

    Examples
    --------
    >>> course = follow_bcm(25.0, 200, sliding=True)
    >>> float((25 * course.weights[-1]).round(1)), float(course.thresholds[-1].round(1))
    (10.0, 10.0)
    >>> float(follow_bcm(25.0, 200, sliding=False).weights[-1])
    1.0
    """
    weights, thresholds = np.empty(n_steps + 1), np.empty(n_steps + 1)
    weights[0], thresholds[0] = START, TARGET
    for step in range(n_steps):
        activity, threshold = rate * weights[step], thresholds[step]
        change = BCM_RATE * float(bcm_curve(activity, threshold))
        weights[step + 1] = min(max(weights[step] + change, 0.0), 1.0)
        moved = (activity**2 / TARGET - threshold) / BCM_TAU if sliding else 0.0
        thresholds[step + 1] = max(threshold + moved, 0.1)  # above 0, where the curve has a meaning
    return Course(weights, thresholds)


class PlasticityPicture(Picture):
    """The two rules on the left, one above the other; on the right the weight under each."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        panels = figure.subplot_mosaic([["stdp", "weight"], ["bcm", "weight"]])
        window, curve, weight = panels["stdp"], panels["bcm"], panels["weight"]
        window.set(title="STDP: change per pairing", xlabel="delay Δt (ms)", xlim=(-60, 60))
        window.set(ylim=(-0.0115, 0.0075), xticks=(-50, 0, 50), yticks=(-0.01, 0))
        curve.set(title="BCM: change per step", xlabel="neuron's activity (Hz)", xlim=(0, 100))
        curve.set(ylim=(-0.01, 0.05), yticks=(0, 0.04))
        weight.set(title="weight under each rule", xlabel="pairings or steps", ylabel="weight")
        weight.set(xlim=(0, LONGEST + 8), ylim=(-0.03, 1.2), yticks=np.linspace(0, 1, 6))
        self.panels = {"stdp": window, "bcm": curve}
        self.lines, self.dots, self.paths, self.ends = {}, {}, {}, {}
        for (name, axes), color, line in zip(self.panels.items(), ("blue", "red"), ("-", "--"), strict=True):
            style = {"color": PALETTE[color], "linewidth": 2.2, "linestyle": line}
            dot = {"color": PALETTE[color], "markeredgecolor": "black", "markersize": 9}
            axes.axhline(0, color="black", linewidth=0.8)
            self.lines[name] = axes.plot([], [], **style)[0]
            self.dots[name] = axes.plot([], [], "o", **dot)[0]
            self.paths[name] = weight.plot([], [], **style, label=name.upper())[0]
            self.ends[name] = weight.plot([], [], "o", **dot)[0]
        self.bar = curve.axvline(TARGET, color="black", linestyle=":", linewidth=2)
        weight.legend(loc="upper left", ncols=2, fontsize=11)
        self.moving = [*self.lines.values(), self.bar, *self.dots.values()]
        self.moving += [*self.paths.values(), *self.ends.values()]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show both rules and what they make of the weight."""
        count = values["count"]
        spikes, alt_of_spikes = self._spikes(values["delay"], values["ratio"], count)
        activity, alt_of_activity = self._activity(values["rate"], values["threshold"], count)
        return Told(
            alt=f"Two rules for one synapse, {count} pairings or steps. {alt_of_spikes} {alt_of_activity}",
            words=f"{spikes}\n{activity}",
        )

    def _draw(self, name: str, course: Course, at: float, change: float) -> None:
        numbers = np.arange(len(course.weights))
        self.paths[name].set_data(numbers, course.weights)
        self.ends[name].set_data(numbers[-1:], course.weights[-1:])
        self.dots[name].set_data([at], [change])

    def _spikes(self, delay: float, ratio: float, count: int) -> tuple[str, str]:
        """Draw STDP; return its words and its part of the alt text."""
        course, height = follow_stdp(delay, ratio, count), 0.005
        change, end = float(stdp_window(delay, height, height * ratio)), course.weights[-1]
        self._draw("stdp", course, delay, change)
        changes = stdp_window(DELAYS, height, height * ratio)
        self.lines["stdp"].set_data(DELAYS, np.where(DELAYS == 0, np.nan, changes))
        order = (
            "comes first: LTP" if delay > 0 else "comes last: LTD" if delay < 0 else "comes at the same time"
        )
        limit = ", its bound" if end in (0, 1) else ""
        area = 20 * height * (1 - ratio)  # ms; of both sides, each with a time constant of 20 ms
        return (
            f"STDP: the input {order}, {change:+.4f} a pairing; weight {START:g} → {end:.3f}{limit}. "
            f"Spikes in no order {_in_no_order(area)}.",
            f"STDP, A-/A+ = {ratio:g}: at {delay:g} ms the change is {change:+.4f}, and the weight goes from "
            f"{START:g} to {end:.3f}.",
        )

    def _activity(self, rate: float, kind: str, count: int) -> tuple[str, str]:
        """Draw BCM; return its words and its part of the alt text."""
        course = follow_bcm(rate, count, sliding=kind == "sliding")
        end, threshold = course.weights[-1], course.thresholds[-1]
        activity = rate * end
        self._draw("bcm", course, activity, BCM_RATE * float(bcm_curve(activity, threshold)))
        self.lines["bcm"].set_data(RATES, BCM_RATE * bcm_curve(RATES, threshold))
        self.bar.set_xdata([threshold, threshold])
        return (
            f"BCM: the neuron, {rate * START:.1f} → {activity:.1f} Hz; weight {START:g} → {end:.3f}; "
            f"{kind} threshold {threshold:.1f} Hz. {_verdict(end, activity)}",
            f"BCM, {kind} threshold, now {threshold:.1f} Hz: with an input of {rate:g} Hz the weight goes "
            f"from {START:g} to {end:.3f}.",
        )


def _in_no_order(area: float) -> str:
    """Return what spikes in no order do to a weight."""
    if abs(area) < 1e-9:
        return "leave a weight on the whole"
    return "weaken" if area < 0 else "strengthen"


def _verdict(weight: float, activity: float) -> str:
    """Return in words where a synapse under BCM stands."""
    if abs(activity - TARGET) < SETTLED:
        return f"It stands near {TARGET:g} Hz, where the threshold meets it."
    if weight < 0.02:
        return "The synapse has all but vanished: silence."
    if weight == 1:
        return "The weight has reached its upper bound."
    return "It is still on its way: give it more steps."


def plasticity_explorer() -> Explorer:
    """Return an explorer: move spikes, rate and threshold, and see what two rules make of a weight.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> plasticity_explorer().frame["words"][:50]
    'STDP: the input comes first: LTP, +0.0030 a pairin'
    """
    thresholds = [("fixed", "fixed at 10 Hz"), ("sliding", "sliding")]
    return Explorer(
        "Plasticity explorer",
        [
            Slider("count", "Pairings or steps", steps(0, LONGEST, 20), 60, whole=True),
            Slider("delay", "Delay Δt, neuron minus input", steps(-50, 50, 2), 10, "ms", group="STDP"),
            Slider("ratio", "A₋/A₊", steps(0.5, 2, 0.05), 1.05, group="STDP"),
            Slider("rate", "Rate of the input", steps(5, 100, 5), 25, "Hz", group="BCM"),
            Choice("threshold", "Threshold θ", thresholds, "fixed", group="BCM"),
        ],
        PlasticityPicture(new_figure()),
        caption="Left: what each rule does (dotted: the threshold θ). Right: what becomes of the weight.",
    )
