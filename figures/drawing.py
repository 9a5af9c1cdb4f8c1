"""What the figure scripts share: a page of 1280 x 720 pixels, boxes, arrows, tables, and saving as PNG."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.text import Text
from numpy.typing import ArrayLike

from course_utils.plots import PALETTE

WIDTH, HEIGHT, DPI = 1280, 720, 100
SMALL, NORMAL, LARGE = 15, 17, 26  # points; 15 points are 21 pixels here
INK = "#222222"


def page(title: str) -> tuple[Figure, Axes]:
    """Make an empty page measured in pixels from its lower left corner, with a title."""
    fig = plt.figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, layout="none")
    ax = fig.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
    ax.axis("off")
    write(ax, 40, HEIGHT - 46, title, size=LARGE, ha="left", weight="bold")
    return fig, ax


def write(ax: Axes, x: float, y: float, text: str, *, size: float = SMALL, **style: object) -> None:
    """Write text centred at a point, unless told otherwise."""
    ax.text(x, y, text, **{"fontsize": size, "ha": "center", "va": "center_baseline", "color": INK, **style})


def box(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    text: str,
    *,
    color: str = PALETTE["blue"],
    size: float = SMALL,
    style: str = "-",
) -> None:
    """Draw a rounded box with its lower left corner at (x, y) and text in its middle."""
    ax.add_patch(
        FancyBboxPatch(
            (x, y),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=10",
            facecolor=pale(color),
            edgecolor=color,
            lw=2,
            ls=style,
        )
    )
    write(ax, x + width / 2, y + height / 2, text, size=size, linespacing=1.25)


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], **style: object) -> None:
    """Draw an arrow between two points."""
    arrowprops = {
        "arrowstyle": "-|>,head_width=0.35,head_length=0.6",
        "color": INK,
        "lw": 2.2,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    ax.annotate("", end, start, arrowprops={**arrowprops, **style})


def table(
    ax: Axes,
    x: float,
    y: float,
    numbers: ArrayLike,
    text: str = "{:g}",
    *,
    color: str = PALETTE["blue"],
    cell: tuple[float, float] = (72, 52),
) -> None:
    """Draw a matrix with its lower left corner at (x, y); a cell is darker the larger its number is."""
    numbers = np.atleast_2d(numbers)
    shades = (numbers - numbers.min()) / max(np.ptp(numbers), 1e-12)
    for (row, column), number in np.ndenumerate(numbers):
        corner = (x + column * cell[0], y + (len(numbers) - 1 - row) * cell[1])
        ax.add_patch(
            Rectangle(
                corner, *cell, facecolor=pale(color, 0.1 + 0.4 * shades[row, column]), edgecolor="white", lw=2
            )
        )
        write(ax, corner[0] + cell[0] / 2, corner[1] + cell[1] / 2, text.format(number))


def pale(color: str, strength: float = 0.16) -> tuple[float, float, float]:
    """Mix a colour with white."""
    return tuple(1 - strength * (1 - channel) for channel in mpl.colors.to_rgb(color))


def save(fig: Figure, script: str) -> None:
    """Save a figure as the PNG of its script's name, beside it or in the folder named on the command line.

    The PNG also holds the words drawn, by which pictures of other versions of Matplotlib are compared.
    """
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(script).parent
    words = "\n".join(text.get_text() for text in fig.findobj(Text) if text.get_text().strip())
    metadata = {"Software": None, "Description": words}
    fig.savefig(folder / f"{Path(script).stem}.png", dpi=DPI, metadata=metadata)
    plt.close(fig)
