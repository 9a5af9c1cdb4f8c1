"""``python -m course_utils predict``: name what photos show, and draw where the network looked."""

from __future__ import annotations

import argparse
import io
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

SHOWN = 3  # classes named for each photo


def main(argv: list[str] | None = None) -> int:
    """Run the classifier on photos as the arguments say.

    Parameters
    ----------
    argv : list of str, optional
        The arguments; those of the process if not given.

    Returns
    -------
    int
        0; 1 if the model or one of the photos cannot be read.

    Examples
    --------
    >>> main(["no-model.safetensors", "photo.jpg"])
    1
    """
    parser = argparse.ArgumentParser(
        prog="python -m course_utils predict",
        description="Name what photos show, and draw for each what the network attended to.",
    )
    parser.add_argument("model", help="a model that `python -m course_utils train` kept")
    parser.add_argument("photos", nargs="+", type=Path, metavar="photo")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the pictures, if not this one")
    options = parser.parse_args(argv)

    from course_utils.data.photos import read_photo
    from course_utils.learning.checkpoints import load_model

    try:
        model, recipe = load_model(options.model)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    failed, names = 0, Counter()
    for photo in options.photos:
        try:
            image = read_photo(photo, recipe.size, colour=recipe.in_channels == 3)
            names[photo.stem] += 1
            number = f"-{names[photo.stem]}" if names[photo.stem] > 1 else ""
            _tell(
                model, recipe.class_names, photo, image, options.out / f"{photo.stem}-attention{number}.png"
            )
        except (ValueError, OSError) as error:
            print(error, file=sys.stderr)
            failed += 1
    return int(failed > 0)


def _tell(
    model: torch.nn.Module, class_names: tuple[str, ...], photo: Path, image: torch.Tensor, file: Path
) -> None:
    """Print the most probable classes of one photo, then draw its attention."""
    from course_utils.learning.checkpoints import write_whole
    from course_utils.learning.evaluation import predict

    logits, weights = predict(model, image[None])
    probabilities = logits[0].softmax(dim=0)
    best = probabilities.argsort(descending=True)[:SHOWN].tolist()
    print(f"{photo}: {', '.join(f'{class_names[i]} {probabilities[i]:.3f}' for i in best)}")
    name = class_names[best[0]] if _can_be_drawn(class_names[best[0]]) else f"class {best[0] + 1}"
    write_whole(file, _drawn(image, weights[0], f"{name} {probabilities[best[0]]:.3f}"))
    print(f"  attention drawn in {file}")


def _can_be_drawn(text: str) -> bool:
    """Return whether the fonts of figures have every character; a Chinese font is used where there is one."""
    import matplotlib.pyplot as plt
    from matplotlib.font_manager import findfont, get_font

    from course_utils.plots import chinese_font

    chinese_font()
    fonts = [get_font(findfont(family)) for family in plt.rcParams["font.family"]]
    return all(any(font.get_char_index(ord(character)) for font in fonts) for character in text)


def _drawn(image: torch.Tensor, weights: torch.Tensor, title: str) -> bytes:
    """Draw a photo and, beside it, the weights over it."""
    import matplotlib.pyplot as plt

    import course_utils.plots  # noqa: F401 (its style)

    figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained")
    size = image.shape[-1]
    for axis in axes:
        axis.imshow(image.permute(1, 2, 0).squeeze(), cmap="gray", vmin=0, vmax=255)
        axis.set_axis_off()
    axes[0].set_title(title)
    even = 1 / weights.numel()  # each weight, where nothing is preferred: such a map must look flat
    style = {"cmap": "viridis", "alpha": 0.6, "vmin": 0, "vmax": max(weights.max().item(), 3 * even)}
    shown = axes[1].imshow(weights, extent=(-0.5, size - 0.5, size - 0.5, -0.5), **style)
    axes[1].set_title("attention")
    figure.colorbar(shown, ax=axes[1], label=f"weight of a position (all alike: {even:.3f})")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    plt.close(figure)
    return drawn.getvalue()
