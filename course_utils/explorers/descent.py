"""Explorer: gradient descent on the loss surface of a straight line fitted to 32 points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from course_utils.explorers.base import Explorer, Picture, Pointer, Slider, Told, new_figure, steps
from course_utils.optimizers import minibatches, record_path
from course_utils.plots import PALETTE

N_POINTS = 32
N_STEPS = 60
LEARNING_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 1)
MOMENTA = (0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
BATCH_SIZES = (1, 2, 4, 8, 16, 32)
LIMITS = (-3, 5)


@lru_cache(maxsize=1)
def line_points() -> tuple[np.ndarray, np.ndarray]:
    """Draw the points that the line is fitted to: y = 1.5 x + 0.5 and noise.

    Returns
    -------
    x, y : numpy.ndarray, shape (32,)

    Examples
    --------
    >>> x, y = line_points()
    >>> x.shape, y.shape
    ((32,), (32,))
    """
    rng = np.random.default_rng(4)
    x = rng.normal(0.8, 0.6, N_POINTS)
    return x, 1.5 * x + 0.5 + rng.normal(0, 0.6, N_POINTS)


def line_loss(slope: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Return the mean squared error over all points of lines, slopes and intercepts being of one shape.

    Examples
    --------
    >>> x, y = line_points()
    >>> bool(np.isclose(line_loss(np.array(2.0), np.array(1.0)), np.mean((2 * x + 1 - y) ** 2)))
    True
    """
    x, y = line_points()
    errors = np.multiply.outer(slope, x) + np.asarray(intercept)[..., None] - y
    return np.mean(errors**2, axis=-1)


def line_gradient(position: np.ndarray, batch: np.ndarray) -> np.ndarray:
    """Return the gradient of the mean squared error over a batch of points, at (slope, intercept).

    Examples
    --------
    >>> x, y = line_points()
    >>> gradient = line_gradient(np.array([2.0, 1.0]), np.arange(32))
    >>> bool(np.isclose(gradient[1], 2 * np.mean(2 * x + 1 - y)))
    True
    """
    x, y = (numbers[batch] for numbers in line_points())
    errors = position[0] * x + position[1] - y
    return np.array([2 * np.mean(errors * x), 2 * np.mean(errors)])


def largest_stable_rate() -> float:
    """Return 2 / largest eigenvalue of the Hessian: full-batch descent without momentum diverges above it.

    Examples
    --------
    >>> 0.3 < largest_stable_rate() < 1
    True
    """
    x, _ = line_points()
    hessian = 2 * np.array([[np.mean(x**2), np.mean(x)], [np.mean(x), 1]])
    return float(2 / np.linalg.eigvalsh(hessian)[-1])


@lru_cache(maxsize=64)
def descend(
    start: tuple[float, float], learning_rate: float, momentum: float, batch_size: int, seed: int = 0
) -> np.ndarray:
    """Train the line from a start, with a fresh batch at every step.

    Parameters
    ----------
    start : tuple of float
        First slope and intercept.
    learning_rate, momentum : float
        Settings of the momentum step; momentum 0 is plain descent.
    batch_size : int
        Points per step, 1 to 32; 32 uses all.
    seed : int, default 0
        Shuffles the points.

    Returns
    -------
    numpy.ndarray, shape (61, 2)
        Slope and intercept at the start and after each of 60 steps.

    Raises
    ------
    ValueError
        If a setting is out of its range.

    Examples
    --------
    >>> path = descend((-2.0, 4.0), learning_rate=0.3, momentum=0.0, batch_size=32)
    >>> path.shape, bool(line_loss(*path[-1]) < line_loss(*path[0]))
    ((61, 2), True)
    """
    batches = _endless_batches(batch_size, seed)
    return record_path(
        lambda position: line_gradient(position, next(batches)),
        np.array(start, dtype=float),
        learning_rate,
        N_STEPS,
        method="momentum",
        momentum=momentum,
    )


def _endless_batches(batch_size: int, seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    while True:
        yield from minibatches(N_POINTS, batch_size, rng)


class DescentPicture(Picture):
    """The path over the contours of the loss on the left, the loss after each step on the right."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        surface, curve = figure.subplots(1, 2)
        slopes, intercepts = np.meshgrid(np.linspace(*LIMITS, 120), np.linspace(*LIMITS, 120))
        losses = line_loss(slopes, intercepts)
        self.lowest = float(losses.min())
        levels = np.geomspace(self.lowest * 1.02, losses.max(), 14)
        surface.contourf(slopes, intercepts, losses, levels=levels, norm="log", cmap="cividis", alpha=0.55)
        surface.contour(slopes, intercepts, losses, levels=levels, colors="black", linewidths=0.5, alpha=0.5)
        surface.set(title="loss surface: click to start", xlabel="slope", ylabel="intercept")
        surface.grid(visible=False)
        curve.set(title="loss after each step", xlabel="step", xlim=(0, N_STEPS), ylim=(self.lowest / 2, 2e2))
        curve.set_yscale("log")
        style = {"color": PALETTE["red"], "linewidth": 1.8, "marker": "o", "markersize": 3.5}
        self.path = surface.plot([], [], **style)[0]
        self.start = surface.plot([], [], "s", color="white", markeredgecolor="black", markersize=10)[0]
        self.here = surface.plot([], [], "o", color=PALETTE["red"], markeredgecolor="black", markersize=10)[0]
        self.curve = curve.plot([], [], **style)[0]
        self.note = curve.set_title("", loc="right", weight="bold")
        self.moving = [self.path, self.start, self.here, self.curve, self.note]
        self.pointers = [Pointer(surface, x="slope", y="intercept")]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show the path up to the chosen step."""
        step = values["step"]
        start = (values["slope"], values["intercept"])
        settings = (values["learning_rate"], values["momentum"], values["batch_size"])
        path = descend(start, *settings)[: step + 1]
        losses = line_loss(path[:, 0], path[:, 1])
        self.path.set_data(*path.T)
        self.start.set_data(*path[:1].T)
        self.here.set_data(*path[-1:].T)
        self.curve.set_data(range(step + 1), losses)
        diverged = losses[-1] > 10 * losses[0]
        self.note.set_text("diverges" if diverged else "")
        place = f"slope {path[-1, 0]:.4g}, intercept {path[-1, 1]:.4g}"
        told = f"After step {step}: {place}, loss {losses[-1]:.4g}"
        rate, momentum, batch_size = settings
        return Told(
            alt=f"Contours of a loss with the path of descent, and the loss after each step. {told}; "
            f"it began at {losses[0]:.4g}. Learning rate {rate:g}, momentum {momentum:g}, "
            f"batch size {batch_size}.",
            words=f"{told} (start {losses[0]:.4g}).{' It diverges.' if diverged else ''}\n"
            f"All points, no momentum: learning rates above {largest_stable_rate():.3f} diverge.",
        )


def descent_explorer() -> Explorer:
    """Return an explorer: choose start, learning rate, momentum and batch size, and play the descent.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> descent_explorer().frame["words"].split(":")[0]
    'After step 60'
    """
    return Explorer(
        "Gradient descent explorer",
        [
            Slider("step", "Step", steps(0, N_STEPS, 1), N_STEPS, whole=True, play=True),
            Slider("learning_rate", "Learning rate", LEARNING_RATES, 0.2),
            Slider("momentum", "Momentum", MOMENTA, 0),
            Slider("batch_size", f"Batch size, of {N_POINTS} points", BATCH_SIZES, N_POINTS, whole=True),
            Slider("slope", "Start: slope", steps(*LIMITS, 0.1), 4),
            Slider("intercept", "Start: intercept", steps(*LIMITS, 0.1), 3),
        ],
        DescentPicture(new_figure()),
        caption="Each step goes downhill by the learning rate times the slope.",
    )
