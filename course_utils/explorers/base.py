"""What explorers share: controls that refuse nonsense, a picture that is updated, and the widget."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import anywidget
import numpy as np
import traitlets
from IPython.display import display
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from PIL import Image

from course_utils.plots import figure_bundle

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
STATIC_NOTE = "This picture stands still: run this cell to play."

# JupyterLab shows the still picture and the widget as two outputs of one cell. The first gives way to the
# second while it lives; a second that has no model any more (saved and reopened) is not shown.
STATIC_STYLE = """<style>
.jp-OutputArea-child:has(.explorer-static):has(+ .jp-OutputArea-child .explorer),
.jp-OutputArea-child:has(.explorer-static) + .jp-OutputArea-child:has(.jupyter-widgets):not(:has(.explorer))
{display: none}
</style>"""


def steps(start: float, end: float, step: float) -> tuple[float, ...]:
    """Return the stops of a slider from start to end, both included.

    Examples
    --------
    >>> steps(0, 1, 0.25)
    (0, 0.25, 0.5, 0.75, 1)
    """
    numbers = (round(start + i * step, 10) for i in range(round((end - start) / step) + 1))
    return tuple(int(number) if number == int(number) else number for number in numbers)


def format_weight(weight: float) -> str:
    """Write a weight with three decimals, or a very small one as a power of ten.

    Examples
    --------
    >>> format_weight(0.6652), format_weight(2.06e-9), format_weight(0.0)
    ('0.665', '2.1e-09', '0')
    """
    if weight == 0:
        return "0"
    return f"{weight:.3f}" if weight >= 0.001 else f"{weight:.1e}"


def read_number(label: str, raw: object, minimum: float, maximum: float, *, whole: bool = False) -> float:
    """Return what came from a control as a number, or raise ValueError with a sentence.

    Parameters
    ----------
    label : str
        The control's name, for the sentence.
    raw : object
        A number, or the text that was typed.
    minimum, maximum : float
        Smallest and largest number allowed.
    whole : bool, default False
        Whether only whole numbers are allowed.

    Returns
    -------
    float or int
        The number; an ``int`` if ``whole``.

    Raises
    ------
    ValueError
        If the text is no number, or one that is not allowed.

    Examples
    --------
    >>> read_number("Temperature", "0.5", 0.1, 10)
    0.5
    >>> read_number("Temperature", "", 0.1, 10)
    Traceback (most recent call last):
        ...
    ValueError: Temperature is empty; expected a number from 0.1 to 10.
    """
    typed = str(raw).strip()
    try:
        value = float(typed)
    except ValueError:
        value = math.nan
    if minimum <= value <= maximum and not (whole and value % 1):
        return int(value) if whole else value
    kind = "a whole number" if whole else "a number"
    found = f"is “{typed[:20]}”" if typed else "is empty"
    raise ValueError(f"{label} {found}; expected {kind} from {minimum:g} to {maximum:g}.")


@dataclass(frozen=True)
class Slider:
    """A slider over listed stops, with a box to type any number between the ends.

    Attributes
    ----------
    name, label, unit : str
        Key among the values, text beside the slider, and unit of the number.
    stops : sequence of float
        Where the slider can stand, in rising order.
    value : float
        Where it stands at first and after a reset.
    whole : bool
        Whether only whole numbers are allowed.
    play : bool
        Whether a button walks it through its stops.
    group : str
        Heading that it stands under.
    """

    name: str
    label: str
    stops: Sequence[float]
    value: float
    unit: str = ""
    whole: bool = False
    play: bool = False
    group: str = ""
    kind: str = "slider"

    def read(self, raw: object) -> float:
        """Return the number, or raise ValueError with a sentence for the student."""
        return read_number(self.label, raw, self.stops[0], self.stops[-1], whole=self.whole)


@dataclass(frozen=True)
class Number:
    """A box to type a number in; `long_label` names it where `label` alone would not."""

    name: str
    label: str
    value: float
    minimum: float
    maximum: float
    step: float = 1
    long_label: str = ""
    group: str = ""
    unit: str = ""
    kind: str = "number"

    def read(self, raw: object) -> float:
        """Return the number, or raise ValueError with a sentence for the student."""
        return read_number(self.long_label or self.label, raw, self.minimum, self.maximum)


@dataclass(frozen=True)
class Choice:
    """A list to choose from; `options` are pairs of a value and its text."""

    name: str
    label: str
    options: Sequence[tuple[Any, str]]
    value: Any
    group: str = ""
    unit: str = ""
    kind: str = "choice"

    def read(self, raw: object) -> Any:  # noqa: ANN401
        """Return the value, or raise ValueError with a sentence for the student."""
        allowed = [value for value, _ in self.options]
        if raw not in allowed:
            raise ValueError(f"{self.label} is {raw!r}; expected one of {allowed}.")
        return raw


@dataclass(frozen=True)
class Text:
    """A box to type words in, at most `longest` characters; empty is allowed."""

    name: str
    label: str
    value: str = ""
    longest: int = 60
    group: str = ""
    unit: str = ""
    kind: str = "text"

    def read(self, raw: object) -> str:
        """Return the words with single spaces, or raise ValueError with a sentence for the student."""
        if not isinstance(raw, str) or len(raw) > self.longest:
            found = f"has {len(raw)} characters" if isinstance(raw, str) else f"is {raw!r}"
            raise ValueError(f"{self.label} {found}; expected words of at most {self.longest} characters.")
        return " ".join(raw.split())


class UploadedPicture(NamedTuple):
    """A picture that the page sent: its file's name, and its bytes; none if the page could not read it."""

    file: str
    data: bytes


@dataclass(frozen=True)
class Upload:
    """A picture from the student's disk. The page shrinks it, so that little travels with every value.

    Attributes
    ----------
    name, label : str
        Key among the values, and text beside the button.
    side : int
        Longest side in pixels that the page sends.
    sets : mapping
        Values of other controls that an upload changes with its own.
    value : None
        Nothing is uploaded at first and after a reset.
    """

    name: str
    label: str
    side: int = 128
    sets: Mapping[str, Any] = field(default_factory=dict)
    value: None = None
    group: str = ""
    unit: str = ""
    kind: str = "upload"

    def read(self, raw: object) -> UploadedPicture | None:
        """Return the picture, None without one, or raise ValueError with a sentence for the student."""
        if raw is None:
            return None
        try:
            return UploadedPicture(str(raw["file"]), base64.b64decode(raw["data"], validate=True))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{self.label} is no picture; expected one. Choose a file again.") from error


Control = Slider | Number | Choice | Text | Upload


def read_values(controls: Sequence[Control], raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Read every control; return the values that are right and a sentence for each that is not.

    Examples
    --------
    >>> controls = [Number("a", "A", 1, 0, 10), Number("b", "B", 2, 0, 10)]
    >>> read_values(controls, {"a": "7", "b": "1e999"})
    ({'a': 7.0}, {'b': 'B is “1e999”; expected a number from 0 to 10.'})
    """
    values, problems = {}, {}
    for control in controls:
        try:
            values[control.name] = control.read(raw.get(control.name, ""))
        except ValueError as problem:
            problems[control.name] = str(problem)
    return values, problems


class Pointer(NamedTuple):
    """Axes on which a click or drag sets the controls named `x` and `y` (none: that direction is free)."""

    axes: Axes
    x: str | None = None
    y: str | None = None


class Told(NamedTuple):
    """What a picture says: `alt`, for who cannot see it, and `words`, the readout below it.

    `still` replaces `alt` below the still picture, which is stored: without numbers that differ by machine.
    """

    alt: str
    words: str
    still: str = ""


class Refused(ValueError):
    """Values that are right one by one but cannot be shown together; its sentence is for the student."""


class Picture:
    """A figure whose moving artists are drawn afresh on a kept background of axes, ticks and labels.

    A subclass draws everything once in ``__init__``, lists what moves in ``moving`` (in drawing order) and
    changes those artists in ``update``. Axes limits stay as they are.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        An empty figure.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.moving: list[Artist] = []
        self.pointers: list[Pointer] = []
        self._background = None

    def update(self, values: Mapping[str, Any]) -> Told:
        """Draw the values with the moving artists and return what they show, or raise Refused."""
        raise NotImplementedError

    def png(self) -> bytes:
        """Draw what moves and return the picture as PNG."""
        if self._background is None:
            for artist in self.moving:
                artist.set_animated(True)
            canvas = FigureCanvasAgg(self.figure)
            canvas.draw()
            self._background = canvas.copy_from_bbox(self.figure.bbox)
        self.figure.canvas.restore_region(self._background)
        for artist in self.moving:
            self.figure.draw_artist(artist)
        pixels = np.asarray(self.figure.canvas.buffer_rgba())
        buffer = io.BytesIO()
        Image.fromarray(pixels).convert("RGB").save(buffer, "png", compress_level=1)
        return buffer.getvalue()


class Explorer(anywidget.AnyWidget):
    """A formula to play with: controls, one picture that follows them, and a readout.

    Parameters
    ----------
    title : str
        Name of the explorer, for screen readers.
    controls : sequence of Slider, Number, Choice, Text or Upload
        What can be moved.
    picture : Picture
        Draws the values.
    caption : str
        What to look at; it stands below the still picture.
    """

    _esm = Path(__file__).with_name("explorer.js")
    _css = Path(__file__).with_name("explorer.css")
    title = traitlets.Unicode().tag(sync=True)
    controls = traitlets.List().tag(sync=True)
    pointers = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)

    def __init__(self, title: str, controls: Sequence[Control], picture: Picture, *, caption: str) -> None:
        self._parts = tuple(controls)
        self._picture = picture
        self._caption = caption
        values = {control.name: control.value for control in controls}
        frame = self._draw(values, {})
        pointers = [_describe_pointer(pointer) for pointer in picture.pointers]
        described = [asdict(control) for control in controls]
        super().__init__(title=title, controls=described, pointers=pointers, values=values, frame=frame)
        self.observe(lambda change: self.set_trait("frame", self._draw(change.new, self.frame)), "values")

    def _draw(self, raw: Mapping[str, Any], frame: dict[str, Any]) -> dict[str, Any]:
        """Return the frame that shows the values; if one is wrong, the last frame and a sentence."""
        values, problems = read_values(self._parts, raw)
        number = frame.get("number", 0) + 1
        if problems:
            return {**frame, "number": number, "problems": problems}
        try:
            told = self._picture.update(values)
        except Refused as refusal:
            return {**frame, "number": number, "problems": {"together": str(refusal)}}
        said = {"alt": told.alt, "words": told.words, "still": told.still or told.alt}
        return {"number": number, "png": self._picture.png(), **said, "problems": {}}

    def _ipython_display_(self) -> None:
        """Show the still picture and the living one on the page; only one of them is seen."""
        still = figure_bundle(
            self.frame["png"], alt=self.frame["still"], caption=f"{self._caption} {STATIC_NOTE}"
        )
        still["text/html"] = f'<div class="explorer-static">{still["text/html"]}</div>{STATIC_STYLE}'
        display(still, raw=True)
        view = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        display({WIDGET_VIEW: view}, raw=True)


def _describe_pointer(pointer: Pointer) -> dict[str, Any]:
    return {
        "x": pointer.x,
        "y": pointer.y,
        "box": list(pointer.axes.get_position().bounds),
        "x_limits": list(pointer.axes.get_xlim()),
        "y_limits": list(pointer.axes.get_ylim()),
    }


def new_figure() -> Figure:
    """Return an empty figure of the explorers' size, made without pyplot."""
    return Figure(figsize=(7.4, 4.0), dpi=100, layout="constrained")


def clear_legend(axes: Axes, place: str) -> Legend:
    """Return a new legend of the axes on a white ground: drawn last of what moves, it stays readable.

    Examples
    --------
    >>> axes = new_figure().subplots()
    >>> _ = axes.plot([0, 1], label="loss")
    >>> clear_legend(axes, "upper right").get_frame().get_alpha()
    1
    """
    return axes.legend(loc=place, fontsize=11, frameon=True, framealpha=1, edgecolor="none")
