"""Explorer: move the prediction; watch the losses, their slopes and the cliff at 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from course_utils.attention import softmax_jacobian
from course_utils.explorers.base import Explorer, Picture, Pointer, Slider, Told, new_figure, steps
from course_utils.losses import (
    cross_entropy_from_logits_gradient,
    cross_entropy_from_probabilities,
    mse,
    mse_gradient,
)
from course_utils.plots import PALETTE

TARGETS = np.array([0.0, 1.0, 0.0])
TOP = 5.0


class LossView(NamedTuple):
    """Losses of one prediction, and the slope of each at the logit of the true class."""

    probabilities: np.ndarray
    cross_entropy: float
    squared_error: float
    cross_entropy_slope: float
    squared_error_slope: float


def loss_view(probability: float) -> LossView:
    """Return what the loss explorer shows, for three classes of which the second is true.

    Parameters
    ----------
    probability : float
        Predicted probability of the true class, 0 to 1; the other two share the rest equally.

    Returns
    -------
    LossView
        Cross-entropy in nats (infinite at 0), mean squared error, and the derivative of each with respect to
        the logit of the true class, the logits being those that softmax turned into the probabilities.

    Raises
    ------
    ValueError
        If the probability is not between 0 and 1.

    Examples
    --------
    >>> view = loss_view(0.6)
    >>> round(view.cross_entropy, 6), round(view.squared_error, 6), round(view.cross_entropy_slope, 6)
    (0.510826, 0.08, -0.4)
    """
    rest = (1 - probability) / 2
    probabilities = np.array([rest, probability, rest])
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities)
    return LossView(
        probabilities,
        float(cross_entropy_from_probabilities(probabilities, TARGETS)),
        float(mse(probabilities, TARGETS)),
        float(cross_entropy_from_logits_gradient(logits, 1)[1]),
        float((mse_gradient(probabilities, TARGETS) @ softmax_jacobian(probabilities))[1]),
    )


class LossPicture(Picture):
    """The losses over the probability on the left, their slopes at the true class's logit on the right."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        left, right = figure.subplots(1, 2)
        grid = np.linspace(0.001, 1, 400)
        losses = np.array([loss_view(probability)[1:] for probability in grid])
        for axes, curves in ((left, losses[:, :2]), (right, losses[:, 2:])):
            axes.plot(grid, curves[:, 0], color=PALETTE["blue"], label="cross-entropy")
            axes.plot(grid, curves[:, 1], color=PALETTE["orange"], linestyle="--", label="squared error")
            axes.set(xlim=(0, 1), xlabel="probability of the true class")
        left.set(title="loss", ylim=(0, TOP))
        right.set(title="slope at the true class's logit", ylim=(-1.05, 0.05))
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
        self.lines = [axes.axvline(0, color="black", linewidth=1) for axes in (left, right)]
        self.dots = [
            axes.plot([], [], marker, color=PALETTE[color], ms=10, mec="black", clip_on=False)[0]
            for axes in (left, right)
            for color, marker in (("blue", "o"), ("orange", "s"))
        ]
        self.cliff = left.text(0.5, 0.68 * TOP, "", ha="center", color=PALETTE["blue"], weight="bold")
        self.moving = [*self.lines, *self.dots, self.cliff]
        self.pointers = [Pointer(axes, x="probability") for axes in (left, right)]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show one prediction on every curve."""
        probability = values["probability"]
        view = loss_view(probability)
        for line in self.lines:
            line.set_xdata([probability, probability])
        for dot, height in zip(self.dots, view[1:], strict=True):
            dot.set_data([probability], [height if np.isfinite(height) else np.nan])
        entropy = f"{view.cross_entropy:.4f} nats" if probability else "infinite"
        self.cliff.set_text("" if probability else "cross-entropy: ∞")
        slope = f"{-1 / probability:.3f}" if probability else "minus infinity"
        numbers = ", ".join(f"{number:.3g}" for number in view.probabilities)
        entropy_slope, squared_slope = view[3:]
        slopes = f"{entropy_slope:.3f} for cross-entropy, {squared_slope:.3f} for squared error"
        return Told(
            alt=f"Two charts with curves over the probability of the true class, marked at {probability:g}. "
            f"Cross-entropy {entropy}; mean squared error {view.squared_error:.4f}. "
            f"Slopes at the logit: {slopes}.",
            words=f"Probabilities {numbers}; the second class is the true one.\n"
            f"Cross-entropy: {entropy}, with slope -1/p = {slope}.\n"
            f"Mean squared error: {view.squared_error:.4f}.\n"
            f"Slope at the true class's logit: {slopes}.",
        )


def loss_explorer() -> Explorer:
    """Return an explorer: move the probability of the true class; compare two losses.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> print(loss_explorer().frame["alt"])
    Two charts with curves over the probability of the true class, marked at 0.6. Cross-entropy 0.5108 nats; mean squared error 0.0800. Slopes at the logit: -0.400 for cross-entropy, -0.096 for squared error.
    """  # noqa: E501
    probability = Slider("probability", "Probability of the true class", steps(0, 1, 0.01), 0.6)
    return Explorer(
        "Loss explorer",
        [probability],
        LossPicture(new_figure()),
        caption="Cross-entropy rises without bound as the true class's probability falls to 0.",
    )
