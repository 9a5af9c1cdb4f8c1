"""Explorer: drag a mark over a scene; see whose attention and whose answer it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from IPython.display import Markdown
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_utils.data.fashion import CLASS_NAMES
from course_utils.data.scenes import ITEM_SIZE
from course_utils.explorers.base import Choice, Explorer, Pointer, Slider, Told, new_figure, steps
from course_utils.explorers.classifier import (
    CLUTTER,
    NEEDS_SCENES,
    SIZE,
    WHICH,
    ClassifierPicture,
    copies_of,
    draw_clutter,
    look_at,
    paste,
    take_scenes,
)
from course_utils.learning.evaluation import attention_in_box
from course_utils.learning.kept import NotTrained, find_untrained
from course_utils.networks import Classifier
from course_utils.plots import PALETTE

MIDDLE = (SIZE - ITEM_SIZE) // 2  # where the item's box begins, in rows and in columns
ITEM_AREA = ITEM_SIZE**2 / SIZE**2  # the share of a scene that an item's box covers
ON, OFF = "on", "off"


def put_mark(scene: np.ndarray, stamp: np.ndarray, top: int, left: int) -> np.ndarray:
    """Return a copy of a scene with the stamp over what was there.

    Parameters
    ----------
    scene : numpy.ndarray
        uint8, shape (height, width).
    stamp : numpy.ndarray
        uint8, shape (stamp_height, stamp_width).
    top, left : int
        Pixel of the scene where the stamp begins.

    Returns
    -------
    numpy.ndarray
        The marked scene, uint8, shape (height, width).

    Examples
    --------
    >>> put_mark(np.array([[1, 5, 9]]), np.array([[3, 3]]), top=0, left=1).tolist()
    [[1, 3, 3]]
    """
    height, width = stamp.shape
    marked = scene.copy()
    marked[top : top + height, left : left + width] = stamp
    return marked


class ShortcutPicture(ClassifierPicture):
    """A scene with a mark under the chosen network's attention, and every class's probability.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        An empty figure.
    networks : mapping of str to Classifier
        In evaluation mode and on the CPU.
    stamp : numpy.ndarray
        The mark, uint8, shape (side, side).
    """

    def __init__(self, figure: Figure, networks: Mapping[str, Classifier], stamp: np.ndarray) -> None:
        super().__init__(figure, networks)
        self.stamp = stamp
        scene = self.pointers[0].axes
        scene.set_title("drag the mark · blue: attention", fontsize=12)
        self.mark = Rectangle((0, 0), len(stamp), len(stamp), fill=False, color=PALETTE["pink"], linewidth=2)
        scene.add_patch(self.mark)
        self.moving.append(self.mark)
        self.pointers = [Pointer(scene, x="column", y="row")]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show the mark where it is asked for, and what the networks make of it."""
        item = self.sources[self.labels == values["item"]][values["number"] - 1]
        scene = draw_clutter(self.sources, values["clutter"], values["seed"])
        paste(scene, item, MIDDLE, MIDDLE)
        side, is_on = len(self.stamp), values["mark"] == ON
        top, left = values["row"] - side // 2, values["column"] - side // 2
        if is_on:
            scene = put_mark(scene, self.stamp, top, left)
        chosen = values["map"]
        networks = {chosen: self.networks[chosen], **self.networks}  # the first one's map is drawn
        view = look_at(networks, scene, (MIDDLE, MIDDLE, MIDDLE + ITEM_SIZE, MIDDLE + ITEM_SIZE))
        box = torch.tensor([[top, left, top + side, left + side]])
        in_mark = attention_in_box(torch.from_numpy(view.weights)[None], box, SIZE)
        self.show_scene(scene, view.weights)
        self.frame.set_xy((MIDDLE - 0.5, MIDDLE - 0.5))
        self.mark.set_xy((left - 0.5, top - 0.5))
        self.mark.set_linestyle("-" if is_on else ":")
        self.truth.set_y(values["item"] - 0.5)
        answers = "; ".join(self.show_answer(name, view.probabilities[name]) for name in self.networks)
        name = f"{CLASS_NAMES[values['item']]} {values['number']} {'with' if is_on else 'without'} the mark"
        at = f"{'its' if is_on else 'whose'} middle {'is' if is_on else 'was'} in row {values['row']}"
        at += f" and column {values['column']} of {SIZE}"
        shares = (
            f"{view.inside:.2f} of the attention of {chosen} lies in the item's box ({ITEM_AREA:.2f} of the "
            f"scene) and {in_mark.mass:.2f} in the mark's ({in_mark.area:.2f})"
        )
        about = "A scene with attention laid over it, and bars for the probability of each class."
        still = f"{about} {name}, {at}, {values['clutter']} pieces of clutter."
        return Told(
            alt=f"{still} {answers}. {shares}.",
            words=f"{name}: {answers}.\n{shares}.",
            still=still,
        )


def shortcut_explorer(
    networks: Mapping[str, Classifier], class_names: Sequence[str], stamp: np.ndarray
) -> Explorer | Markdown | NotTrained:
    """Return an explorer: drag a mark over a scene, take it away, and see which network follows it.

    Parameters
    ----------
    networks : mapping of str to Classifier
        One to five, trained on `course_utils.data.scenes`, such as ``{"marked": ..., "clean": ...}``.
        They are copied to the CPU and stay as they are.
    class_names : sequence of str
        Names of the classes.
    stamp : numpy.ndarray
        The mark, uint8, shape (side, side), with an even side from 2 to 28 pixels.

    Returns
    -------
    Explorer, IPython.display.Markdown or NotTrained
        A widget; as the last line of a cell it is shown. For networks that were trained on other pictures
        than scenes, or are not trained yet, a sentence that says so.

    Raises
    ------
    ValueError
        If there is no network, or more than five, one has not as many outputs as there are names, or the
        stamp is none.

    Examples
    --------
    >>> stamp = np.full((8, 8), 255, dtype=np.uint8)
    >>> explorer = shortcut_explorer({"marked": Classifier(n_classes=10)}, CLASS_NAMES, stamp)
    >>> explorer.frame["words"].split(" says ")[0]
    'Bag 1 with the mark: marked'
    """
    stamp = np.asarray(stamp)
    if stamp.dtype != np.uint8 or stamp.shape not in [(side, side) for side in range(2, ITEM_SIZE + 1, 2)]:
        raise ValueError(
            f"stamp has shape {stamp.shape} and type {stamp.dtype}; expected uint8 of shape (side, side), "
            f"side even and from 2 to {ITEM_SIZE}."
        )
    if (stand_in := find_untrained(networks)) is not None:
        return stand_in
    if not take_scenes(networks, class_names):
        return Markdown(NEEDS_SCENES)
    copies = copies_of(networks)
    half = len(stamp) // 2
    middles = steps(half, SIZE - half, 1)
    names = [(name, name) for name in copies]
    return Explorer(
        "Shortcut explorer",
        [
            Slider("row", "Row of its middle", middles, 8, unit="pixels", whole=True, group="Mark"),
            Slider("column", "Column of its middle", middles, 8, unit="pixels", whole=True, group="Mark"),
            Choice("mark", "The mark is", [(ON, "there"), (OFF, "taken away")], ON, group="Mark"),
            Choice("map", "Attention of", names, names[0][0], group="Network"),
            Choice("item", "Item", list(enumerate(CLASS_NAMES)), 8, group="What to find"),
            WHICH,
            *CLUTTER,
        ],
        ShortcutPicture(new_figure(), copies, stamp),
        caption="Does the blue follow the mark, and does the answer?",
    )
