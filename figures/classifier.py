"""Draw the classifier of the last lesson; the shapes are read off the network itself."""

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor
from torch.nn import Conv2d
from torch.nn.functional import avg_pool2d

from course_utils.data import scenes
from course_utils.networks import Classifier
from drawing import NORMAL, PALETTE, arrow, box, page, save, write

ALT = (
    "The classifier with attention pooling. An image of 1 x 64 x 64 pixels goes through 4 convolutions, "
    "which give a feature map of 96 channels at 8 x 8 positions. A small network scores each position, "
    "and a softmax over all 64 positions gives weights that sum to one; ideally they lie on the item. "
    "The sum of the positions' features times their weights is one vector of 96 numbers, from which a linear "
    "layer makes one logit for each of 10 classes. Average pooling would give every position the weight 1/64."
)


def draw() -> Figure:
    """Draw the way from the image to the class from left to right, with the weights above."""
    fig, ax = page("A classifier that says where it looks")
    images, _, boxes, _ = scenes("test", 1, generator=torch.Generator().manual_seed(7))
    model = Classifier(n_classes=10).eval()
    n_convolutions = sum(isinstance(layer, Conv2d) for layer in model.features)
    features = model.features(torch.zeros_like(images, dtype=torch.float32))
    pooled, weights = model.pooling(features)
    logits = model.head(pooled)
    ideal = ideal_weights(boxes[0], images.shape[-1], weights.shape[-1])
    blue, orange, green = PALETTE["blue"], PALETTE["orange"], PALETTE["green"]

    picture(fig, images[0, 0], 40, 150, cmap="gray")
    caption(ax, 130, "image", images)
    arrow(ax, (224, 240), (258, 240))
    box(ax, 262, 190, 142, 100, f"{n_convolutions}\nconvolutions", color=blue)
    arrow(ax, (407, 240), (441, 240))
    for i in range(4, -1, -1):
        sheet = (452 + 12 * i, 162 + 12 * i)
        ax.add_patch(Rectangle(sheet, 132, 132, facecolor="#d6e8f4", edgecolor=blue, lw=1.5))
    ax.vlines([452 + 16.5 * i for i in range(1, 8)], 162, 294, color=blue, lw=0.7)
    ax.hlines([162 + 16.5 * i for i in range(1, 8)], 452, 584, color=blue, lw=0.7)
    caption(ax, 540, "feature map", features)

    arrow(ax, (540, 348), (540, 426))
    box(ax, 412, 430, 256, 110, "score each position:\n1×1 convolution, tanh,\n1×1 convolution", color=orange)
    arrow(ax, (671, 485), (697, 485))
    box(ax, 700, 430, 156, 110, "softmax over\nall positions", color=orange)
    arrow(ax, (859, 485), (885, 485))
    picture(fig, ideal, 890, 400, cmap="cividis", width=170)
    write(ax, 1150, 520, "weights", weight="bold")
    write(ax, 1150, 488, shape(weights))
    write(ax, 1150, 444, "ideal here:\nall on the item", style="italic")
    write(ax, 975, 592, f"sum to one over {weights[0].numel()} positions")

    arrow(ax, (642, 240), (731, 240))
    box(ax, 734, 190, 166, 100, "weighted sum\nover positions", color=green)
    arrow(ax, (940, 396), (850, 294))
    arrow(ax, (903, 240), (936, 240))
    ax.add_patch(Rectangle((939, 160), 26, 160, facecolor="#d0ebe2", edgecolor=green, lw=2))
    caption(ax, 952, "vector", pooled)
    arrow(ax, (969, 240), (1005, 240))
    box(ax, 1009, 190, 96, 100, "linear", color=blue)
    arrow(ax, (1108, 240), (1144, 240))
    box(ax, 1148, 190, 92, 100, "class", color=blue, size=NORMAL)
    caption(ax, 1194, "logits", logits)
    write(ax, 640, 44, f"Average pooling: the same network with every weight 1/{weights[0].numel()}.")
    return fig


def ideal_weights(item: Tensor, size: int, cells: int) -> Tensor:
    """Share the weight of one among the positions as the item's box covers them."""
    top, left, bottom, right = item.tolist()
    inside = torch.zeros(1, 1, size, size)
    inside[..., top:bottom, left:right] = 1 / ((bottom - top) * (right - left))
    return avg_pool2d(inside, size // cells)[0, 0] * (size // cells) ** 2


def picture(fig: Figure, image: Tensor, x: float, y: float, *, cmap: str, width: float = 180) -> None:
    """Show an image with its lower left corner at (x, y)."""
    ax = fig.add_axes((x / 1280, y / 720, width / 1280, width / 720))
    ax.imshow(image.numpy(), cmap=cmap)
    ax.axis("off")


def caption(ax: Axes, x: float, name: str, tensor: Tensor) -> None:
    """Write what a tensor is and the shape it has for one image."""
    write(ax, x, 124, name, weight="bold")
    write(ax, x, 94, shape(tensor))


def shape(tensor: Tensor) -> str:
    """Write a tensor's shape without its batch axis."""
    return " × ".join(str(length) for length in tensor.shape[1:])


if __name__ == "__main__":
    save(draw(), __file__)
