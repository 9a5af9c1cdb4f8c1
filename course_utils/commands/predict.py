"""``python -m course_utils predict``: name what photos show, and draw where the network looked."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

SHOWN = 3  # classes named for each photo


def main(argv: list[str] | None = None) -> int:
    """Classify photos as the arguments say.

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
        description="Name what photos show, and write beside each what the network attended to.",
    )
    parser.add_argument("model", help="a model that `python -m course_utils train` kept")
    parser.add_argument("photos", nargs="+", type=Path, metavar="photo")
    parser.add_argument("--out", type=Path, help="folder for the pictures, if not beside the photos")
    options = parser.parse_args(argv)

    from course_utils.checkpoints import load_model
    from course_utils.data.photos import read_photo

    try:
        model, recipe = load_model(options.model)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    failed = 0
    for photo in options.photos:
        try:
            image = read_photo(photo, recipe.size, colour=recipe.in_channels == 3)
            print(_named(model, recipe.class_names, photo, image, options.out or photo.parent))
        except (ValueError, OSError) as error:
            print(error, file=sys.stderr)
            failed += 1
    return int(failed > 0)


def _named(
    model: torch.nn.Module, class_names: tuple[str, ...], photo: Path, image: torch.Tensor, folder: Path
) -> str:
    """Draw the attention of one photo, and return a line with its most probable classes."""
    from course_utils.checkpoints import write_whole
    from course_utils.evaluation import predict

    logits, weights = predict(model, image[None])
    probabilities = logits[0].softmax(dim=0)
    ranked = [
        f"{class_names[i]} {probabilities[i]:.3f}" for i in probabilities.argsort(descending=True)[:SHOWN]
    ]
    file = folder / f"{photo.stem}-attention.png"
    write_whole(file, _drawn(image, weights[0], ranked[0]))
    return f"{photo}: {', '.join(ranked)} (attention drawn in {file})"


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
    shown = axes[1].imshow(weights, extent=(-0.5, size - 0.5, size - 0.5, -0.5), cmap="viridis", alpha=0.6)
    axes[1].set_title("attention")
    figure.colorbar(shown, ax=axes[1], label="weight of a position")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    plt.close(figure)
    return drawn.getvalue()
