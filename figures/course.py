"""Draw the picture of the course for README: one card a lesson, each with something that it computes."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from scipy.stats import norm

from course_utils.attention import dot_scores, softmax
from course_utils.explorers.classifier import draw_clutter, paste
from course_utils.explorers.scene import ScenePicture
from course_utils.lessons import find_lessons
from course_utils.optimizers import record_path
from drawing import INK, NORMAL, PALETTE, arrow, box, page, pale, save, write

ALT = (
    "A path from claim through predict, compute, agree and break it to the verdict, above fifteen cards, "
    "one a lesson. Start: a scene with a network's attention. Softmax: three weights as the temperature "
    "rises. Scores: a variance that grows, and one that is scaled. Losses: two curves. Descent: a zigzag "
    "to the bottom of a valley. Data: raw, then split and scaled. Recurrent: a diagonal of attention. "
    "Transformer: a triangle of it. Synapses: change by timing. Brain: a curve, and one with more gain. "
    "People: two groups that overlap. Evaluation: a curve above the diagonal. Classifier: a scene with a "
    "box. In depth: the same with a mark. Sources: a question mark."
)
PATH = ["claim", "predict", "compute", "agree", "break it", "verdict"]
WIDTH, HEIGHT, ACROSS = 232, 172, 5  # of a card in pixels, and how many stand in a row


def draw() -> Figure:
    """Draw the path of a trial, and a card for each lesson below it."""
    fig, ax = page("Attention on Trial")
    for i, step in enumerate(PATH):
        x = 40 + 208 * i
        color = PALETTE["green"] if step == "verdict" else PALETTE["orange"]
        box(ax, x, 586, 160, 46, step, color=color, size=NORMAL)
        if i:
            arrow(ax, (x - 45, 609), (x - 3, 609))
    for i, ((name, contents), _) in enumerate(zip(CARDS.items(), find_lessons(), strict=True)):
        x, y = 40 + 242 * (i % ACROSS), 390 - 186 * (i // ACROSS)
        style = {"boxstyle": "round,pad=0,rounding_size=12", "fc": "white", "ec": "#bbbbbb", "lw": 2}
        ax.add_patch(FancyBboxPatch((x, y), WIDTH, HEIGHT, **style))
        write(ax, x + 14, y + HEIGHT - 20, name, ha="left", weight="bold")
        inner = fig.add_axes(((x + 14) / 1280, (y + 12) / 720, (WIDTH - 28) / 1280, (HEIGHT - 52) / 720))
        inner.set(xticks=[], yticks=[])
        inner.grid(False)
        contents(inner)
    return fig


def scene(ax: Axes, *, attended: bool = False, mark: bool = False) -> None:
    """Draw a scene: with the attention of the first lesson's network, with a mark, or with the item's box."""
    picture = ScenePicture(plt.figure())
    plt.close(picture.figure)
    pixels = draw_clutter(picture.sources, 6, 1)
    paste(pixels, picture.sources[picture.labels == 9][0], 10, 26)
    ax.imshow(pixels, cmap="gray", extent=(0, 64, 64, 0))
    if attended:
        weights = picture.look_at(pixels, (10, 26, 38, 54)).weights
        sky = np.dstack([np.full((*weights.shape, 3), [0.34, 0.71, 0.91]), 0.8 * weights / weights.max()])
        ax.imshow(sky, extent=(0, 64, 64, 0), interpolation="nearest")
    else:
        ax.add_patch(Rectangle((26, 10), 28, 28, fill=False, ec=PALETTE["orange"], lw=3))
    if mark:
        ax.add_patch(Rectangle((2, 54), 8, 8, color=PALETTE["red"]))
    ax.axis("off")


def temperatures(ax: Axes) -> None:
    """Plot the weights of the scores 4, 5, 6 against the temperature."""
    temperature = np.geomspace(0.5, 4, 60)
    weights = np.array([softmax([4.0, 5.0, 6.0], temperature=t) for t in temperature])
    for j, color in enumerate(["blue", "orange", "green"]):
        ax.plot(temperature, weights[:, j], color=PALETTE[color], lw=3)


def variances(ax: Axes) -> None:
    """Measure the variance of dot products of random vectors, plain and scaled."""
    rng = np.random.default_rng(0)
    lengths = np.array([1, 4, 16, 64])
    pairs = [rng.normal(size=(2, 4000, 1, d)) for d in lengths]
    plain = [np.var(dot_scores(*pair)) for pair in pairs]
    ax.plot(lengths, plain, "o-", color=PALETTE["red"])
    ax.plot(lengths, plain / lengths, "s-", color=PALETTE["blue"])
    ax.set(ylim=(-8, 72), xlim=(-3, 70))


def losses(ax: Axes) -> None:
    """Plot cross-entropy and squared error against the probability of the true class."""
    probability = np.linspace(0.01, 1, 200)
    ax.plot(probability, -np.log(probability), color=PALETTE["red"])
    ax.plot(probability, (1 - probability) ** 2, color=PALETTE["blue"], ls="--")


def descent(ax: Axes) -> None:
    """Draw a path of gradient descent on a long valley."""
    x, y = np.meshgrid(np.linspace(-4.5, 4.5, 90), np.linspace(-1.6, 1.6, 60))
    ax.contour(x, y, x**2 + 10 * y**2, levels=[0.3, 1.5, 4, 8, 14, 22], colors=[pale(INK, 0.35)])
    path = record_path(lambda point: np.array([2, 20]) * point, np.array([-4.0, 1.2]), 0.088, 25)
    ax.plot(path[:, 0], path[:, 1], "o-", color=PALETTE["red"], ms=4, lw=2)


def splits(ax: Axes) -> None:
    """Scatter numbers as they come, and the same in three colours, standardised by the first."""
    rng = np.random.default_rng(3)
    raw = rng.normal(loc=(60, 8), scale=(9, 3), size=(60, 2))
    scaled = (raw - raw[:36].mean(axis=0)) / raw[:36].std(axis=0)
    ax.scatter(*(scaled * (0.6, 0.9) + (-3.2, 0)).T, s=12, color=pale(INK, 0.45))
    for color, part in zip(["blue", "orange", "green"], np.split(scaled, [36, 48]), strict=True):
        ax.scatter(*(part * 0.9 + (2.6, 0)).T, s=12, color=PALETTE[color])
    arrow(ax, (-1.2, 0), (0.2, 0))


def alignment(ax: Axes) -> None:
    """Show a map of attention in which each output looks at the next input."""
    places = np.arange(9)
    ax.imshow(softmax(-np.abs(places[:, None] - places) * 1.2), cmap="Blues", aspect="auto")


def causal(ax: Axes) -> None:
    """Show attention weights that see no later token."""
    scores = np.random.default_rng(1).normal(size=(9, 9))
    scores[np.triu_indices(9, 1)] = -np.inf
    ax.imshow(softmax(scores), cmap="Blues", aspect="auto")


def timing(ax: Axes) -> None:
    """Plot how a synapse changes with the time between two spikes."""
    delay = np.linspace(1, 60, 60)
    ax.plot(delay, np.exp(-delay / 20), color=PALETTE["green"], lw=3)
    ax.plot(-delay, -0.6 * np.exp(-delay / 20), color=PALETTE["red"], lw=3)
    ax.axhline(0, color=pale(INK, 0.35), lw=1)


def gains(ax: Axes) -> None:
    """Plot a neuron's answer to contrast, without and with attention."""
    contrast = np.geomspace(0.01, 1, 80)
    for gain, color in ((1, "blue"), (3, "orange")):
        ax.semilogx(contrast, gain * contrast**2 / (gain * contrast**2 + 0.04), color=PALETTE[color], lw=3)
    ax.set(xticks=[], yticks=[])
    ax.minorticks_off()


def groups(ax: Axes) -> None:
    """Plot what two groups of people gain in a trial."""
    gain = np.linspace(-3.5, 4, 120)
    for middle, color in ((0, "orange"), (0.4, "blue")):
        ax.fill_between(gain, norm.pdf(gain, middle), color=pale(PALETTE[color], 0.5), lw=0, alpha=0.7)
        ax.plot(gain, norm.pdf(gain, middle), color=PALETTE[color], lw=3)


def hits(ax: Axes) -> None:
    """Plot hits against false alarms as the threshold moves."""
    threshold = np.linspace(-4, 6, 120)
    ax.plot(norm.sf(threshold), norm.sf(threshold, 1.7), color=PALETTE["blue"], lw=3)
    ax.plot([0, 1], [0, 1], color=pale(INK, 0.35), ls="--")


def question(ax: Axes) -> None:
    """Ask."""
    ax.axis("off")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    write(ax, 0.5, 0.5, "?", size=56, color=PALETTE["blue"])


CARDS: dict[str, Callable[[Axes], None]] = {
    "start": lambda ax: scene(ax, attended=True),
    "softmax": temperatures,
    "scores": variances,
    "losses": losses,
    "descent": descent,
    "data": splits,
    "recurrent": alignment,
    "Transformer": causal,
    "synapses": timing,
    "brain": gains,
    "people": groups,
    "evaluation": hits,
    "classifier": scene,
    "in depth": lambda ax: scene(ax, mark=True),
    "sources": question,
}

if __name__ == "__main__":
    save(draw(), __file__)
