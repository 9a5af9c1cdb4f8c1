"""Draw the moving picture of README: frames of the first lesson's explorer while an item is dragged."""

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from course_utils.explorers import scene_explorer

ALT = (
    "The first lesson's explorer, played: an ankle boot is dragged around a dark scene with six pieces of "
    "other clothes. Blue squares, the network's attention, follow it; bars beside the scene show how "
    "probable each of ten classes is, most of the time the ankle boot most of all."
)
N_FRAMES = 36
MILLISECONDS = 140  # each frame stays
COLOURS = 48


def frames() -> list[Image.Image]:
    """Return the explorer's pictures while the item goes once around, and ends where it began."""
    explorer, pictures = scene_explorer(), []
    for angle in np.linspace(0, 2 * np.pi, N_FRAMES, endpoint=False):
        place = {
            "row": round(32 + 14 * float(np.sin(angle))),
            "column": round(32 + 16 * float(np.cos(angle))),
        }
        explorer.values = explorer.values | place
        pictures.append(Image.open(io.BytesIO(explorer.frame["png"])).convert("RGB"))
    return pictures


def save_moving(pictures: list[Image.Image], path: Path) -> None:
    """Write frames as a GIF that goes on for ever, in the colours of its first frame."""
    palette = pictures[0].quantize(COLOURS)
    first, *others = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    first.save(path, save_all=True, append_images=others, duration=MILLISECONDS, loop=0)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    save_moving(frames(), folder / "moving.gif")
