"""Explorer: the sizes of stimulus and attention field decide which gain attention gives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from course_utils.brain.normalization import POSITIONS, ContrastResponse, contrast_response
from course_utils.explorers.base import Explorer, Picture, Slider, Told, new_figure, steps
from course_utils.plots import PALETTE

CONTRASTS = np.logspace(-4, 0, 81)
STIMULUS_WIDTHS = (1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30)
FIELD_WIDTHS = (1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40)
GAINS = steps(1, 4, 0.25)
SHOWN_CONTRASTS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1)


class AttentionGain(NamedTuple):
    """The contrast responses without and with attention, and what their ratio says.

    Attributes
    ----------
    away, attended : ContrastResponse
        The middle neuron without and with attention.
    r_max_ratio, c50_ratio : float
        How much attention multiplies the largest response, and the contrast that gives half of it.
    """

    away: ContrastResponse
    attended: ContrastResponse
    r_max_ratio: float
    c50_ratio: float


@lru_cache(maxsize=4096)
def attention_gain(stimulus_width: float, field_width: float, peak: float) -> AttentionGain:
    """Return the contrast responses of the neuron that looks at a stimulus, without and with attention.

    Parameters
    ----------
    stimulus_width, field_width : float
        Standard deviations of the stimulus and of the attention field, in positions, above 0.
    peak : float
        The gain in the middle of the field, at least 0.

    Returns
    -------
    AttentionGain
        `r_max_ratio / c50_ratio` is always `peak`: the sizes only decide how the gain is split.

    References
    ----------
    Reynolds, J. H. & Heeger, D. J. (2009). doi:10.1016/j.neuron.2009.01.002

    Examples
    --------
    >>> gain = attention_gain(stimulus_width=3, field_width=30, peak=2)
    >>> print(f"r_max × {gain.r_max_ratio:.3f}, c50 × {gain.c50_ratio:.3f}")
    r_max × 1.009, c50 × 0.504
    """
    away = contrast_response(stimulus_width)
    attended = contrast_response(stimulus_width, field_width, peak=peak)
    return AttentionGain(away, attended, attended.r_max / away.r_max, attended.c50 / away.c50)


def name_gain(gain: AttentionGain) -> str:
    """Return which gain it is nearer to, by how much of the gain, in logarithms, strong contrast keeps.

    Examples
    --------
    >>> name_gain(attention_gain(3, 30, 2)), name_gain(attention_gain(20, 2, 2))
    ('nearer contrast gain', 'nearer response gain')
    """
    r_max, c50 = np.log(gain.r_max_ratio), -np.log(gain.c50_ratio)
    if r_max + c50 < 1e-6:
        return "no attention"
    share = r_max / (r_max + c50)
    return (
        "nearer contrast gain" if share < 0.4 else "nearer response gain" if share > 0.6 else "half and half"
    )


def respond(response: ContrastResponse, contrast: np.ndarray | float) -> np.ndarray | float:
    """Return the response to a contrast: r_max · c / (c + c50).

    Examples
    --------
    >>> respond(ContrastResponse(r_max=8.0, c50=0.1), 0.1)
    4.0
    """
    return response.r_max * contrast / (contrast + response.c50)


class AttentionFieldPicture(Picture):
    """Stimulus and attention field over positions on the left, the two contrast responses on the right."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
        left.set(title="where they are", xlabel="position", xlim=(-60, 60), ylim=(0, 4.3))
        left.set_ylabel("attention field (gain)")
        self.bump = left.plot([], [], color=PALETTE["sky"], linestyle=":", label="stimulus (height 1)")[0]
        self.field = left.plot([], [], color=PALETTE["orange"], linestyle="--", label="attention field")[0]
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), fontsize=11)
        right.set(title="response to contrast", xlabel="contrast (log scale)", xscale="log", ylim=(0, 3.6))
        right.set(xlim=(CONTRASTS[0], CONTRASTS[-1]), ylabel="response / r_max away")
        self.curves = [
            right.plot(CONTRASTS, CONTRASTS, style, color=PALETTE[color], label=label)[0]
            for style, color, label in (("-", "blue", "attention away"), ("--", "orange", "attended"))
        ]
        right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), fontsize=11)
        self.halves = [
            right.plot([], [], marker, color=PALETTE[color], ms=9, mec="black")[0]
            for marker, color in (("o", "blue"), ("s", "orange"))
        ]
        self.here = right.axvline(1, color="black", linewidth=1)
        self.text = right.text(0.03, 0.97, "", transform=right.transAxes, va="top", fontsize=11)
        self.text.set_bbox({"fc": "white", "ec": "none", "pad": 1})
        self.moving = [self.bump, self.field, *self.curves, self.here, *self.halves, self.text]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show the two curves for these sizes."""
        size, width, peak = values["stimulus_width"], values["field_width"], values["gain"]
        contrast = values["contrast"]
        gain = attention_gain(size, width, peak)
        self.bump.set_data(POSITIONS, np.exp(-0.5 * (POSITIONS / size) ** 2))
        self.field.set_data(POSITIONS, 1 + (peak - 1) * np.exp(-0.5 * (POSITIONS / width) ** 2))
        pairs = zip(self.curves, self.halves, (gain.away, gain.attended), strict=True)
        for curve, half, response in pairs:
            curve.set_ydata(respond(response, CONTRASTS) / gain.away.r_max)
            half.set_data([response.c50], [response.r_max / gain.away.r_max / 2])
        self.here.set_xdata([contrast, contrast])
        here = respond(gain.attended, contrast) / respond(gain.away, contrast)
        name = name_gain(gain)
        self.text.set_text(f"r_max × {gain.r_max_ratio:.2f}, c50 × {gain.c50_ratio:.2f}\n{name}")
        sizes = f"a stimulus of size {size:g} and an attention field of size {width:g} with gain {peak:g}"
        ratios = f"r_max times {gain.r_max_ratio:.3f}, c50 times {gain.c50_ratio:.3f}"
        return Told(
            alt=f"Left: {sizes}, over positions. Right: responses over contrast, without and with "
            f"attention: {ratios}, {name}. At contrast {contrast:g} attention multiplies the response by "
            f"{here:.3f}.",
            words=f"Largest response: × {gain.r_max_ratio:.3f}. Contrast for half of it: × "
            f"{gain.c50_ratio:.3f}.\n"
            f"{name[0].upper()}{name[1:]}. Divided by each other, the two give the gain: "
            f"{gain.r_max_ratio / gain.c50_ratio:.2f}.\n"
            f"At contrast {contrast:g}: response × {here:.3f}.",
        )


def attention_field_explorer() -> Explorer:
    """Return an explorer: change the sizes of a stimulus and of attention; see which gain comes out.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> attention_field_explorer().frame["words"].splitlines()[0]
    'Largest response: × 1.009. Contrast for half of it: × 0.504.'
    """
    return Explorer(
        "Attention field explorer",
        [
            Slider("stimulus_width", "Stimulus size", STIMULUS_WIDTHS, 3, unit="positions"),
            Slider("field_width", "Attention field size", FIELD_WIDTHS, 30, unit="positions"),
            Slider("gain", "Gain in its middle", GAINS, 2, unit="times"),
            Slider("contrast", "Contrast", SHOWN_CONTRASTS, 0.01),
        ],
        AttentionFieldPicture(new_figure()),
        caption="A wide field moves the curve to the left; a narrow one on a large stimulus lifts it.",
    )
