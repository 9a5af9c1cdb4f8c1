"""Draw the steps from data to a tested model: as the article draws them, and in full."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from drawing import NORMAL, PALETTE, arrow, box, page, save, write

ALT = (
    "Above, the article's chain: clean, scale, extract features, train, validate, test, with what this "
    "course adds: augmentation removes no fault, statistics come from training data, the network can learn "
    "features, backward computes and step updates, validation data also choose, the test is used once. "
    "Below, the chain in full: clean, then split first into three. The training split gives the mean and "
    "the standard deviation, which all three use; it alone feeds the loop: augment, forward, loss, "
    "backward for the gradients, optimiser step, and round again. The validation split chooses the model "
    "after each epoch. The test split is used once, at the end."
)

ARTICLE = [
    ("clean; images:\naugment", "augmenting\nremoves no fault"),
    ("normalise,\nstandardise", "with statistics\nof training data"),
    ("extract\nfeatures", "or the network\nlearns them"),
    ("train", "backward, and\nstep updates"),
    ("validate", "these data\nalso choose"),
    ("test", "once,\nat the end"),
]


def draw() -> Figure:
    """Draw the article's chain above and the full one below."""
    fig, ax = page("From data to a tested model")
    draw_article(ax)
    ax.plot([40, 1240], [448, 448], color="#bbbbbb", lw=1.5)
    draw_right(ax)
    return fig


def draw_article(ax: Axes) -> None:
    """Draw the article's chain, and below each box what this course adds."""
    write(ax, 40, 626, "As the article draws it", size=NORMAL, ha="left", weight="bold", color=PALETTE["red"])
    write(ax, 1240, 626, "in slanted letters: what we add", ha="right", style="italic")
    for i, (step, remark) in enumerate(ARTICLE):
        x = 40 + 206 * i
        box(ax, x, 532, 166, 66, step, color=PALETTE["red"])
        write(ax, x + 83, 492, remark, style="italic", linespacing=1.2)
        if i:
            arrow(ax, (x - 38, 565), (x - 3, 565))


def draw_right(ax: Axes) -> None:
    """Draw the three splits as three rows, and the training loop in the first."""
    blue, orange, green = PALETTE["blue"], PALETTE["orange"], PALETTE["green"]
    write(ax, 40, 420, "In full", size=NORMAL, ha="left", weight="bold", color=blue)
    box(ax, 40, 180, 90, 66, "clean", color=blue)
    box(ax, 160, 180, 90, 66, "split\nfirst", color=blue)
    arrow(ax, (132, 213), (157, 213))
    rows = [(320, "training", blue), (180, "validation", orange), (40, "test", green)]
    for y, name, color in rows:
        box(ax, 300, y, 126, 66, name, color=color)
        arrow(ax, (252, 213), (298, y + 33))
        arrow(ax, (428, y + 33), (457, y + 33))
        arrow(ax, (652, y + 33), (687, y + 33))
    box(ax, 460, 320, 190, 66, "fit mean and std,\nscale with them", color=blue)
    for y, color in [(180, orange), (40, green)]:
        box(ax, 460, y, 190, 66, "scale with that\nmean and std", color=color)
        arrow(ax, (555, y + 137), (555, y + 69), ls="--")
        arrow(ax, (1178, y + 137), (1178, y + 69))
    for i, step in enumerate(["augment,\nforward", "loss", "backward:\ngradients", "step:\nupdate"]):
        x = 690 + 142 * i
        box(ax, x, 320, 124, 66, step, color=blue)
        if i:
            arrow(ax, (x - 16, 353), (x - 2, 353))
    arrow(ax, (1178, 389), (752, 389), connectionstyle="bar,fraction=0.06")
    box(ax, 690, 180, 550, 66, "after each epoch: choose settings, stop early", color=orange)
    box(ax, 690, 40, 550, 66, "once, at the end: report with an interval", color=green)


if __name__ == "__main__":
    save(draw(), __file__)
