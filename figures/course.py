"""Draw the picture of the course for README: one card a lesson, each with something the lesson computes."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from course_utils.attention import dot_scores, softmax
from course_utils.data import scenes
from course_utils.optimizers import record_path
from drawing import INK, NORMAL, PALETTE, arrow, box, page, pale, save, write

ALT = (
    "Attention on Trial: a path from claim through predict, compute, agree with PyTorch and break it to the "
    "verdict, above six cards. Start here: one word, three meanings, the model, the mechanism and the "
    "person. Softmax attention: the weights of three keys as the temperature rises from 0.5 to 4. "
    "Scoring functions: the variance of a dot product grows with d_k, the scaled one stays at 1. "
    "Loss functions: cross-entropy climbs steeply as the probability of the true class goes to 0, the "
    "squared error does not. Gradient descent: a path zigzags to the bottom of a valley. "
    "Attention classifier: two cluttered pictures with a box around the item to be named."
)
SEED = 7
PATH = ["claim", "predict", "compute", "agree", "break it", "verdict"]


def draw() -> Figure:
    """Draw the path of a trial, and a card for each lesson below it."""
    fig, ax = page("Attention on Trial")
    for i, step in enumerate(PATH):
        x = 40 + 207.2 * i
        color = PALETTE["green"] if step == "verdict" else PALETTE["orange"]
        box(ax, x, 574, 164, 52, step, color=color, size=NORMAL)
        if i:
            arrow(ax, (x - 41, 600), (x - 3, 600))
    lessons = [
        ("start here", meanings),
        ("softmax attention", temperatures),
        ("scoring functions", variances),
        ("loss functions", losses),
        ("gradient descent", descent),
        ("attention classifier", examples),
    ]
    for i, (name, contents) in enumerate(lessons):
        x, y = 40 + 412 * (i % 3), 300 - 268 * (i // 3)
        card = FancyBboxPatch(
            (x, y), 376, 248, boxstyle="round,pad=0,rounding_size=12", fc="white", ec="#bbbbbb", lw=2
        )
        ax.add_patch(card)
        write(ax, x + 18, y + 222, name, ha="left", weight="bold")
        inner = fig.add_axes(((x + 24) / 1280, (y + 20) / 720, 328 / 1280, 178 / 720))
        inner.set(xticks=[], yticks=[])
        inner.grid(False)
        contents(inner)
    return fig


def meanings(ax: Axes) -> None:
    """Draw the three meanings of the word."""
    ax.set(xlim=(0, 328), ylim=(0, 178))
    ax.axis("off")
    words = [("a model learns", "blue"), ("a mechanism weighs", "orange"), ("a person attends", "green")]
    for i, (word, color) in enumerate(words):
        box(ax, 4, 124 - 60 * i, 320, 48, word, color=PALETTE[color])


def temperatures(ax: Axes) -> None:
    """Plot the weights of the scores 4, 5, 6 against the temperature."""
    temperature = np.geomspace(0.5, 4, 60)
    weights = np.array([softmax([4.0, 5.0, 6.0], temperature=t) for t in temperature])
    for j, color in enumerate(["blue", "orange", "green"]):
        ax.plot(temperature, weights[:, j], color=PALETTE[color], lw=3)
        write(ax, 0, weights[0, j] + 0.02 * j, f"key {j + 1}")
    ax.set(xlim=(-0.5, 4.1), ylim=(-0.12, 1.0))
    write(ax, 2.6, 0.86, "temperature rises")
    arrow(ax, (1.7, 0.72), (3.6, 0.72))


def variances(ax: Axes) -> None:
    """Measure the variance of dot products of random vectors, plain and scaled."""
    rng = np.random.default_rng(0)
    lengths = np.array([1, 4, 16, 64])
    plain = [
        np.var(dot_scores(rng.normal(size=(4000, 1, d)), rng.normal(size=(4000, 1, d)))) for d in lengths
    ]
    ax.plot(lengths, plain, "o-", color=PALETTE["red"])
    ax.plot(lengths, plain / lengths, "s-", color=PALETTE["blue"])
    ax.set(ylim=(-8, 70), xlim=(-3, 72))
    write(ax, 22, 48, "variance of q·k")
    write(ax, 48, 11, "scaled")


def losses(ax: Axes) -> None:
    """Plot cross-entropy and squared error against the probability of the true class."""
    probability = np.linspace(0.01, 1, 200)
    ax.plot(probability, -np.log(probability), color=PALETTE["red"])
    ax.plot(probability, (1 - probability) ** 2, color=PALETTE["blue"], ls="--")
    write(ax, 0.36, 3.0, "cross-entropy")
    write(ax, 0.68, 1.6, "squared error")
    arrow(ax, (0.5, 1.35), (0.3, 0.6))


def descent(ax: Axes) -> None:
    """Draw a path of gradient descent on a long valley."""
    x, y = np.meshgrid(np.linspace(-4.5, 4.5, 90), np.linspace(-1.6, 1.6, 60))
    ax.contour(x, y, x**2 + 10 * y**2, levels=[0.3, 1.5, 4, 8, 14, 22], colors=[pale(INK, 0.35)])
    path = record_path(lambda point: np.array([2, 20]) * point, np.array([-4.0, 1.2]), 0.088, 25)
    ax.plot(path[:, 0], path[:, 1], "o-", color=PALETTE["red"], ms=5, lw=2)


def examples(ax: Axes) -> None:
    """Show two scenes of the classifier's lesson with the item's box."""
    images, _, boxes = scenes("test", 2, generator=torch.Generator().manual_seed(SEED))
    for i, (image, (top, left, bottom, right)) in enumerate(zip(images[:, 0], boxes.tolist(), strict=True)):
        ax.imshow(image.numpy(), cmap="gray", extent=(67 * i, 67 * i + 64, 64, 0))
        corner = (67 * i + left, top)
        ax.add_patch(Rectangle(corner, right - left, bottom - top, fill=False, ec=PALETTE["orange"], lw=3))
    ax.set(xlim=(0, 131), ylim=(67.5, -3.5))
    ax.axis("off")


if __name__ == "__main__":
    save(draw(), __file__)
