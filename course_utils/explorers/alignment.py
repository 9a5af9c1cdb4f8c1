"""Explorer: choose a written date; what the reader spells and where it looks follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from course_utils.data.dates import FIELD_STEPS, OUTPUT_LENGTH, STYLES, Dates, dates, decode
from course_utils.explorers.base import Choice, Explorer, Picture, Slider, Told, new_figure, steps
from course_utils.learning.kept import NotTrained, find_untrained
from course_utils.learning.sequences import alignment_score
from course_utils.networks.seq2seq import DateReader
from course_utils.plots import PALETTE

LONGEST = 70  # characters of the longest text that can be chosen
PADDING_PLACES = 20
TYPOS = 0.9  # the probability of an error in each long word, where errors are asked for


class Reading(NamedTuple):
    """A date, what a reader made of it, its weights (10, length), and the mean weight on padding."""

    date: Dates
    answer: str
    weights: torch.Tensor
    on_padding: float


def follow(reader: DateReader, style: str, n_words: int, typos: bool, sample: int, padding: str) -> Reading:
    """Return what a reader makes of one date.

    Parameters
    ----------
    reader : DateReader
        With attention.
    style : str
        One of `STYLES`.
    n_words : int
        Words around the date.
    typos : bool
        Whether most long words get an error.
    sample : int
        Which of the 20 samples: each is another day.
    padding : str
        "none", "masked" or "open": 20 places behind the text, which attention may not or may attend to.

    Returns
    -------
    Reading
        date, answer, weights and the mean weight on padding of the ten steps.

    Examples
    --------
    >>> reading = follow(DateReader("additive"), "May 3, 2021", 0, False, 1, "masked")
    >>> reading.date.texts, reading.on_padding
    (['May 1, 2017'], 0.0)
    """
    noise = TYPOS if typos else 0.0
    date = dates(1, seed=sample, part="test", noise=noise, styles=[style], filler=n_words)
    length = date.inputs.shape[1]
    extra = 0 if padding == "none" else PADDING_PLACES
    inputs = torch.nn.functional.pad(date.inputs, (0, extra))
    masked = reader.masked
    reader.masked = padding != "open"
    try:
        ids, weights = reader.read(inputs)
    finally:
        reader.masked = masked
    on_padding = weights[0, :, length:].sum(dim=1).mean().item() if extra else 0.0
    return Reading(date, decode(ids)[0], weights[0, :, :length], on_padding)


class AlignmentPicture(Picture):
    """The map of weights: one row a character written, one column a character read."""

    def __init__(self, figure: Figure, networks: DateReader) -> None:
        super().__init__(figure)
        self.networks = networks
        axes = figure.subplots()
        axes.set(xlim=(-0.04, 1), ylim=(OUTPUT_LENGTH + 1, 0), xticks=[], yticks=[])
        axes.set(xlabel="read, left to right", ylabel="written, top to bottom")
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        self.image = axes.imshow(
            torch.zeros(OUTPUT_LENGTH, 1).numpy(),
            extent=(0, 1, OUTPUT_LENGTH, 0),
            cmap="Blues",
            vmin=0,
            vmax=1,
            aspect="auto",
            interpolation="nearest",
        )
        self.truth = LineCollection([], colors=PALETTE["red"], linewidths=1.5)
        axes.add_collection(self.truth, autolim=False)
        style = {"family": "monospace", "ha": "center", "va": "center"}
        self.read = [axes.text(0, OUTPUT_LENGTH + 0.5, "", fontsize=11, **style) for _ in range(LONGEST)]
        self.written = [axes.text(-0.02, i + 0.5, "", fontsize=12, **style) for i in range(OUTPUT_LENGTH)]
        self.moving = [self.image, self.truth, *self.read, *self.written]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show one date, its reading and its alignment."""
        reading = follow(self.networks, **values)
        (text,), (iso,), answer = reading.date.texts, reading.date.iso, reading.answer
        width = 1 / len(text)
        self.image.set_data(reading.weights.numpy())
        self.truth.set_segments(_boxes(reading.date.alignment[0], width))
        for i, label in enumerate(self.read):
            label.set_x((i + 0.5) * width)
            label.set_text(text[i] if i < len(text) else "")
        for label, character, true in zip(self.written, answer, iso, strict=True):
            label.set_text(character)
            label.set_color("black" if character == true else PALETTE["red"])
        share = alignment_score(reading.weights[None], reading.date.alignment)
        shares = ", ".join(f"{field} {value:.2f}" for field, value in share.items())
        verdict = "right" if answer == iso else f"wrong: it is {iso}"
        places = {
            "none": "No padding.",
            "masked": f"{PADDING_PLACES} places of padding, masked: no weight on them.",
            "open": f"{PADDING_PLACES} places of padding, no mask: weight {reading.on_padding:.2f} on them.",
        }[values["padding"]]
        still = f"Map of weights: 10 written characters over the {len(text)} characters of “{text}”."
        return Told(
            alt=f"{still} Read as {answer}, {verdict}. Weight on the true characters: {shares}. {places}",
            words=f"“{text}” is read as {answer} ({verdict}).\n"
            f"Share of the weight on the characters that spell the field (red): {shares}.\n{places}",
            still=still,
        )


def _boxes(alignment: torch.Tensor, width: float) -> list[list[tuple[float, float]]]:
    """Return the outlines of the squares that are true: field by field, the characters that spell it."""
    outlines = []
    for field, rows in zip(alignment, FIELD_STEPS.values(), strict=True):
        for place in field.nonzero()[:, 0].tolist():
            left, right = place * width, (place + 1) * width
            top, bottom = rows[0], rows[-1] + 1
            outlines.append([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
    return outlines


def alignment_explorer(reader: DateReader) -> Explorer | NotTrained:
    """Return an explorer: choose how a date is written, and watch what a reader spells and where it looks.

    Parameters
    ----------
    reader : DateReader
        A reader with attention, trained or not.

    Returns
    -------
    Explorer or NotTrained
        A widget; as the last line of a cell it is shown. For a reader that is not trained yet, a sentence.

    Raises
    ------
    ValueError
        If the reader has no attention to show.

    Examples
    --------
    >>> print(alignment_explorer(DateReader("additive")).frame["still"])
    Map of weights: 10 written characters over the 26 characters of “bring back 1st of May 2017”.
    """
    if (stand_in := find_untrained(reader)) is not None:
        return stand_in
    if getattr(reader, "score", None) is None:
        raise ValueError("reader has no attention; expected a DateReader made with a score, as 'additive'.")
    padding = [("none", "none"), ("masked", "20 places, masked"), ("open", "20 places, no mask")]
    return Explorer(
        "Alignment explorer",
        [
            Choice("style", "Style", [(style, style) for style in STYLES], "3rd of May 2021"),
            Slider("n_words", "Words around the date", steps(0, 3, 1), 2, whole=True),
            Choice("typos", "Typing errors", [(False, "none"), (True, "in most words")], value=False),
            Slider("sample", "Another day (sample)", steps(1, 20, 1), 1, whole=True),
            Choice("padding", "Padding", padding, "none"),
        ],
        AlignmentPicture(new_figure(), reader),
        caption="Blue: where the reader looks while it writes a character. Red squares: where the truth is. "
        "A red character is wrong.",
    )
