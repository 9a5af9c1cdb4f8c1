"""Pictures for the lessons: one look, and one way to the page that never forgets the alt text."""

from __future__ import annotations

import base64
import html
import io
from importlib.resources import files
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

if TYPE_CHECKING:
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


def figure_bundle(png: bytes, *, alt: str, caption: str | None = None) -> dict[str, str]:
    """Describe a picture in every form a notebook may need it.

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
        raise ValueError(f"alt must say in words what the picture shows; got {alt!r}.")
    data = base64.b64encode(png).decode("ascii")
    image = f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" style="max-width:100%">'
    below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return {"text/html": f"<figure>{image}{below}</figure>", "image/png": data, "text/plain": alt}


def show(fig: Figure, *, alt: str, caption: str | None = None) -> None:
    """Put a figure on the page with its description, and close it.

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
    ValueError: alt must say in words what the picture shows; got ' '.
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
            f"matrix has shape {matrix.shape}, but there are {len(rows)} row labels "
            f"and {len(columns)} column labels."
        )
    image = ax.imshow(matrix, cmap="cividis", vmin=vmin, vmax=vmax, aspect="auto")
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(False)
    ax.set_title(title)
    for (i, j), value in np.ndenumerate(matrix):
        bright = image.norm(value) > 0.55
        ax.text(j, i, f"{value:.{digits}f}", ha="center", va="center", color="black" if bright else "white")
