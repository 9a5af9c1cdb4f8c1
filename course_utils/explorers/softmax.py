"""Explorer: scores become weights by softmax, and a temperature sharpens or flattens them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from course_utils.attention import softmax
from course_utils.explorers.base import Explorer, Picture, Slider, Told, format_weight, new_figure, steps
from course_utils.plots import PALETTE

SCORES = (4, 5, 6)
TEMPERATURES = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


class SoftmaxView(NamedTuple):
    """Weights of shape ``(n,)``, their entropy in nats, and the index of the largest."""

    weights: np.ndarray
    entropy: float
    largest: int


def softmax_view(scores: Sequence[float], temperature: float) -> SoftmaxView:
    """Return what the softmax explorer shows.

    Parameters
    ----------
    scores : sequence of float
        One score per token.
    temperature : float
        What the scores are divided by; positive.

    Returns
    -------
    SoftmaxView
        The weights, their entropy in nats, and which is largest.

    Raises
    ------
    ValueError
        If the temperature is not a positive number or a score is not finite.

    Examples
    --------
    >>> view = softmax_view([4, 5, 6], temperature=1)
    >>> view.weights.round(3).tolist(), round(view.entropy, 3), view.largest
    ([0.09, 0.245, 0.665], 0.832, 2)
    """
    weights = softmax(scores, temperature=temperature)
    positive = weights[weights > 0]
    return SoftmaxView(weights, float(-np.sum(positive * np.log(positive))), int(np.argmax(weights)))


class SoftmaxPicture(Picture):
    """Bars for the scores on the left, bars for their weights on the right."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        left, right = figure.subplots(1, 2)
        names = [f"token {i + 1}" for i in range(len(SCORES))]
        self.scores = left.bar(names, SCORES, color=PALETTE["orange"])
        self.weights = right.bar(names, np.zeros(len(SCORES)), color=PALETTE["blue"])
        left.set(title="scores", ylim=(-24, 24))
        left.axhline(0, color="black", linewidth=1)
        right.set(title="softmax weights", ylim=(0, 1.12))
        for axes in (left, right):
            axes.grid(visible=False, axis="x")
        self.score_texts = [left.text(i, 0, "", ha="center") for i in range(len(SCORES))]
        self.weight_texts = [right.text(i, 0, "", ha="center", va="bottom") for i in range(len(SCORES))]
        self.moving = [*self.scores, *self.weights, *self.score_texts, *self.weight_texts]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show the scores and their weights."""
        scores = [values[f"score_{i + 1}"] for i in range(len(SCORES))]
        view = softmax_view(scores, values["temperature"])
        for bar, text, score in zip(self.scores, self.score_texts, scores, strict=True):
            bar.set_height(score)
            text.set(text=f"{score:g}", y=score, va="bottom" if score >= 0 else "top")
        for bar, text, weight in zip(self.weights, self.weight_texts, view.weights, strict=True):
            bar.set_height(weight)
            text.set(text=format_weight(weight), y=weight + 0.01)
        shown_scores = ", ".join(f"{score:g}" for score in scores)
        shown_weights = ", ".join(format_weight(weight) for weight in view.weights)
        said = f"Scores {shown_scores} at temperature {values['temperature']:g} give weights {shown_weights}"
        return Told(
            alt=f"Two bar charts. {said}.",
            words=f"{said}, which sum to {view.weights.sum():.3f}. Entropy {view.entropy:.3f} nats; "
            f"equal weights would have {np.log(len(SCORES)):.3f}.",
        )


def softmax_explorer() -> Explorer:
    """Return an explorer: move three scores and the temperature, and watch the weights follow.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> softmax_explorer().frame["words"]
    'Scores 4, 5, 6 at temperature 1 give weights 0.090, 0.245, 0.665, which sum to 1.000. Entropy 0.832 nats; equal weights would have 1.099.'
    """  # noqa: E501
    scores = [
        Slider(f"score_{i + 1}", f"Score of token {i + 1}", steps(-20, 20, 0.5), score)
        for i, score in enumerate(SCORES)
    ]
    temperature = Slider("temperature", "Temperature", TEMPERATURES, 1)
    return Explorer(
        "Softmax explorer",
        [*scores, temperature],
        SoftmaxPicture(new_figure()),
        caption="Softmax turns scores into positive weights that sum to one.",
    )
