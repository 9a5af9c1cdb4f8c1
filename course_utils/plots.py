"""Pictures for the lessons: one look, and one way to the page that never forgets the alt text."""

from __future__ import annotations

import base64
import html
import io
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib import font_manager

from course_utils.measured import stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

plt.style.use(str(files("course_utils") / "course.mplstyle"))

#: Okabe and Ito's colours, which readers with any common colour blindness can tell apart.
PALETTE = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "pink": "#CC79A7",
    "sky": "#56B4E9",
    "red": "#D55E00",
    "black": "#000000",
}

#: Fonts that hold simplified Chinese, as Linux, macOS and Windows name them; the first that is found is used.
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti TC",
    "STHeiti",
    "Arial Unicode MS",
    "Microsoft YaHei",
    "SimHei",
    "Noto Sans CJK JP",
)


def figure_bundle(png: bytes, *, alt: str, caption: str | None = None) -> dict[str, str]:
    """Return a picture in every form in which a notebook may need it.

    Parameters
    ----------
    png : bytes
        The picture as PNG.
    alt : str
        What the picture shows, numbers included, for who cannot see it.
    caption : str, optional
        One line below the picture: what to look at.

    Returns
    -------
    dict of str
        MIME bundle with ``text/html`` (a ``<figure>``), ``image/png`` and ``text/plain`` (the alt text).

    Raises
    ------
    ValueError
        If the alt text is empty.

    Examples
    --------
    >>> bundle = figure_bundle(b"", alt="A flat line at 2.")
    >>> bundle["text/plain"]
    'A flat line at 2.'
    """
    if not alt.strip():
        raise ValueError(f"alt is {alt!r}; expected what the picture shows, in words.")
    data = base64.b64encode(png).decode("ascii")
    image = f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" style="max-width:100%">'
    below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return {"text/html": f"<figure>{image}{below}</figure>", "image/png": data, "text/plain": alt}


def show(fig: Figure, *, alt: str, caption: str | None = None) -> None:
    """Show a figure on the page with its description, and close it.

    Alt text that is kept in an output's metadata reaches no reader, so the picture is emitted as HTML with
    an ``alt`` attribute; the same words are the plain-text output, which the tests compare.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure; it is closed afterwards.
    alt : str
        What the figure shows, with the computed numbers that it shows.
    caption : str, optional
        One line below the figure: what to look at.

    Raises
    ------
    ValueError
        If the alt text is empty.

    Examples
    --------
    >>> fig, ax = plt.subplots()
    >>> show(fig, alt=" ")
    Traceback (most recent call last):
        ...
    ValueError: alt is ' '; expected what the picture shows, in words.
    """
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(fig)
    display(figure_bundle(buffer.getvalue(), alt=alt, caption=caption), raw=True)


def heatmap(
    ax: Axes,
    matrix: ArrayLike,
    *,
    rows: list[str],
    columns: list[str],
    title: str = "",
    digits: int = 2,
    vmin: float | None = None,
    vmax: float | None = None,
) -> None:
    """Draw a small matrix with the number written in each cell.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    matrix : array_like, shape (n_rows, n_columns)
        The numbers.
    rows, columns : list of str
        A label for each row and column.
    title : str, optional
        Title of the axes.
    digits : int, default 2
        Decimals written in a cell.
    vmin, vmax : float, optional
        Ends of the colour scale; those of the matrix if not given.

    Raises
    ------
    ValueError
        If the labels do not fit the matrix.

    Examples
    --------
    >>> fig, ax = plt.subplots()
    >>> heatmap(ax, [[0.9, 0.1]], rows=["query"], columns=["key 1", "key 2"])
    >>> [text.get_text() for text in ax.texts]
    ['0.90', '0.10']
    >>> plt.close(fig)
    """
    matrix = np.asarray(matrix, dtype=float)
    if matrix.shape != (len(rows), len(columns)):
        raise ValueError(
            f"matrix has shape {matrix.shape}; expected as many rows and columns as there are labels, "
            f"{(len(rows), len(columns))}."
        )
    image = ax.imshow(matrix, cmap="cividis", vmin=vmin, vmax=vmax, aspect="auto")
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(False)
    ax.set_title(title)
    for (i, j), value in np.ndenumerate(matrix):
        bright = image.norm(value) > 0.55
        ax.text(j, i, f"{value:.{digits}f}", ha="center", va="center", color="black" if bright else "white")


def budget_curves(
    ax: Axes, budgets: ArrayLike, curves: Mapping[str, ArrayLike], *, budget: str, measure: str
) -> str:
    """Draw how good each rival is against what its training was given, and say it in words.

    Each rival has a colour, a marker and a kind of line of its own, so it is told apart without colours too.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; the axis of the budgets becomes logarithmic.
    budgets : array_like, shape (n,)
        What each training was given, such as examples or seconds; above 0 and rising.
    curves : mapping of str to array_like, shape (3, n)
        For each rival its mean, and the low and the high end of the mean's interval; NaN where nothing
        was measured. Seven rivals at most.
    budget, measure : str
        The labels of the axes.

    Returns
    -------
    str
        Alt text with every number of the picture.

    Raises
    ------
    ValueError
        If the budgets do not rise from above 0, or the curves do not fit them or are too many.

    Examples
    --------
    >>> fig, ax = plt.subplots()
    >>> curves = {"old": [[0.25, 0.5], [0.125, 0.5], [0.375, 0.5]]}
    >>> print(budget_curves(ax, [500, 1000], curves, budget="examples", measure="right"))
    right by examples, mean [interval]; old: 0.250 [0.125, 0.375] at 500, 0.500 [0.500, 0.500] at 1,000.
    >>> plt.close(fig)
    """
    budgets = np.asarray(budgets, dtype=float)
    if budgets.ndim != 1 or not budgets.size or budgets[0] <= 0 or not (np.diff(budgets) > 0).all():
        raise ValueError(f"budgets is {budgets}; expected numbers above 0 that rise.")
    arrays = {name: np.asarray(curve, dtype=float) for name, curve in curves.items()}
    shapes = {name: array.shape for name, array in arrays.items()}
    if not 0 < len(shapes) <= len(PALETTE) or set(shapes.values()) != {(3, len(budgets))}:
        raise ValueError(
            f"curves has the shapes {shapes}; expected 1 to {len(PALETTE)} of shape (3, {len(budgets)})."
        )
    parts = [f"{measure} by {budget}, mean [interval]"]
    looks = zip(PALETTE.values(), "osD^vPX", ["-", "--", "-.", ":", "-", "--", "-."], strict=True)
    for (name, array), (color, marker, line) in zip(arrays.items(), looks, strict=False):
        known = ~np.isnan(array[0])
        at, (mean, low, high) = budgets[known], array[:, known]
        ax.plot(at, mean, color=color, marker=marker, linestyle=line, label=name)
        ax.fill_between(at, low, high, color=color, alpha=0.2, linewidth=0)
        numbers = zip(mean, low, high, at, strict=True)
        parts.append(
            f"{name}: " + ", ".join(f"{m:.3f} [{lo:.3f}, {hi:.3f}] at {x:,g}" for m, lo, hi, x in numbers)
        )
    ax.set_xscale("log")
    ax.set_xticks(budgets, [f"{x:,g}" for x in budgets])
    ax.minorticks_off()
    ax.set(xlabel=budget, ylabel=measure)
    ax.legend()
    return "; ".join(parts) + "."


def stored_curves(
    name: str | Path, arms: Sequence[str], part: str | None = None
) -> tuple[str, list[int], dict[str, list[list[float]]]]:
    """Read how good rivals are at each budget from a summary in results/, ready for `budget_curves`.

    Parameters
    ----------
    name : str or Path
        The summary, such as "curves-dates", or the path of another one.
    arms : sequence of str
        The rivals, in their order. Of "one minus another" the paired differences are stored too.
    part : str, optional
        Which examples: a test's name, or "validation". By default the test if it has been read.

    Returns
    -------
    tuple
        The part, the budgets in training examples seen, and for each rival its means and the low and high
        ends of their intervals; NaN where nothing was measured.

    Raises
    ------
    ValueError
        If the summary has no such rival or part.

    Examples
    --------
    >>> part, budgets, curves = stored_curves("curves-dates", ["no attention"], "validation")
    >>> budgets[0], len(curves["no attention"])
    (1000, 3)
    """
    rows = stored(name)
    at = {(row["arm"], int(row["examples"])): row for row in rows}
    if part is None:
        part = "test" if all(row.get("test") for row in rows) else "validation"
    for argument, wanted, known in [
        ("arms", arms, list(dict.fromkeys(arm for arm, _ in at))),
        ("part", [part], [name.removesuffix("_low") for name in rows[0] if name.endswith("_low")]),
    ]:
        if not set(wanted) <= set(known):
            raise ValueError(f"{argument} is {wanted}; expected of {known}.")
    budgets = sorted({examples for _, examples in at})
    ends = (part, f"{part}_low", f"{part}_high")
    return (
        part,
        budgets,
        {
            arm: [[float(at.get((arm, x), {}).get(end) or "nan") for x in budgets] for end in ends]
            for arm in arms
        },
    )


@lru_cache(maxsize=1)
def chinese_font() -> str | None:
    """Return a font for Chinese among those installed, and let every later figure fall back to it.

    Returns
    -------
    str or None
        The font's name; None where no font of `CHINESE_FONTS` is installed.

    Examples
    --------
    >>> chinese_font() in (None, *CHINESE_FONTS)
    True
    """
    installed = {font.name for font in font_manager.fontManager.ttflist}
    found = next((name for name in CHINESE_FONTS if name in installed), None)
    if found:
        plt.rcParams["font.family"] = [*plt.rcParams["font.family"], found]  # where DejaVu Sans has no glyph
    return found


def chinese(term: str, english: str) -> str:
    """Write a Chinese term with its English in a figure, or the English alone where no font can draw it.

    Without this, a machine that has no Chinese font draws an empty box for each character. Use it for words
    inside figures only: alt text, captions and the page always hold the term itself, so that they are the
    same everywhere.

    Parameters
    ----------
    term : str
        The Chinese term.
    english : str
        What it means, or how it sounds.

    Returns
    -------
    str
        Both, or ``english`` alone.

    Raises
    ------
    ValueError
        If one of the two is empty.

    Examples
    --------
    >>> chinese("标准化", "standardisation") in ("标准化 standardisation", "standardisation")
    True
    """
    if not term.strip() or not english.strip():
        raise ValueError(f"term is {term!r} and english {english!r}; expected words for both.")
    return f"{term} {english}" if chinese_font() else english


def chinese_note() -> str:
    """Return a line that says why Chinese terms are missing, or nothing where they are drawn.

    Returns
    -------
    str
        A note, empty where a Chinese font is found.

    Examples
    --------
    >>> bool(chinese_note()) == (chinese_font() is None)
    True
    """
    return "" if chinese_font() else "No Chinese font was found: the terms stand in English alone."
