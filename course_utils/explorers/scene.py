"""Explorer of the first lesson: a trained network that ships with the course, and a scene to drag an item in.

The network's forward pass is written in NumPy, so that the first picture need not wait for torch; a test
holds it to PyTorch's. ``scene_network.txt`` beside the weights says how they were made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from safetensors.numpy import load_file

from course_utils.attention import softmax
from course_utils.data.fashion import CLASS_NAMES
from course_utils.explorers.base import Choice, Explorer, Slider, Told, new_figure, steps
from course_utils.explorers.classifier import HALF, SIZE, ClassifierPicture, SceneView

WEIGHTS = Path(__file__).with_name("scene_network.safetensors")
NAME = "the network"
# Controls of `classifier_explorer` that a first look spares.
FIXED = {"number": 1, "seed": 1, "upload": None}


def convolve(images: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """Return what ``torch.nn.functional.conv2d`` with ``padding=1`` makes of images.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (channels, height, width).
    kernel : numpy.ndarray
        Shape (new channels, channels, 3, 3).
    stride : int
        Pixels from one window to the next.

    Returns
    -------
    numpy.ndarray
        Shape (new channels, height / stride, width / stride).

    Examples
    --------
    >>> convolve(np.ones((1, 2, 2)), np.ones((5, 1, 3, 3)))[0].tolist()
    [[4.0, 4.0], [4.0, 4.0]]
    """
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::stride, ::stride]
    return np.tensordot(kernel, windows, axes=((1, 2, 3), (0, 3, 4)))


def classify(weights: Mapping[str, np.ndarray], scene: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what `course_utils.networks.Classifier` with attention pooling says of a scene, in NumPy.

    Parameters
    ----------
    weights : mapping of str to numpy.ndarray
        The network's numbers, by the names that PyTorch gives them.
    scene : numpy.ndarray
        uint8, shape (height, width).

    Returns
    -------
    tuple of numpy.ndarray
        Logits, (n_classes,), and attention weights, (height / 8, width / 8), which sum to one.

    Examples
    --------
    >>> logits, attention = classify(load_file(WEIGHTS), np.zeros((64, 64), dtype=np.uint8))
    >>> logits.shape, attention.shape, round(float(attention.sum()), 3)
    ((10,), (8, 8), 1.0)
    """
    features = (scene[None] - weights["mean"]) / weights["std"]
    norms = [name.rpartition(".")[0] for name in weights if name.endswith("running_mean")]
    kernels = [name for name, array in weights.items() if name.startswith("features") and array.ndim == 4]
    for number, (kernel, norm) in enumerate(zip(_in_order(kernels), _in_order(norms), strict=True)):
        features = convolve(features, weights[kernel], stride=2 if number == 0 else 1)
        if number in (1, 2):  # the largest of each 2 x 2
            channels, height, width = features.shape
            features = features.reshape(channels, height // 2, 2, width // 2, 2).max(axis=(2, 4))
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + 1e-5)
        centred = features - weights[f"{norm}.running_mean"][:, None, None]
        features = np.maximum(centred * scale[:, None, None] + weights[f"{norm}.bias"][:, None, None], 0)
    hidden = np.einsum("hc,cij->hij", weights["pooling.score.0.weight"][:, :, 0, 0], features)
    hidden = np.tanh(hidden + weights["pooling.score.0.bias"][:, None, None])
    scores = np.einsum("h,hij->ij", weights["pooling.score.2.weight"][0, :, 0, 0], hidden)
    attention = softmax(scores.ravel()).reshape(scores.shape)
    pooled = np.einsum("ij,cij->c", attention, features)
    return weights["head.weight"] @ pooled + weights["head.bias"], attention


def _in_order(names: Sequence[str]) -> list[str]:
    """Return names such as "features.10.weight" in the order of their numbers."""
    return sorted(names, key=lambda name: int(name.split(".")[1]))


def share_inside(attention: np.ndarray, box: Sequence[int], size: int = SIZE) -> float:
    """Return the attention that lies in a box; each position counts by the part that the box covers.

    Parameters
    ----------
    attention : numpy.ndarray
        Shape (n, n); position (i, j) is a square of ``size / n`` pixels.
    box : sequence of int
        Top, left, bottom, right in pixels; bottom and right are the first pixels outside.
    size : int
        Side of the scene in pixels.

    Returns
    -------
    float

    Examples
    --------
    >>> float(share_inside(np.full((2, 2), 0.25), (0, 0, 64, 48)))
    0.75
    """
    top, left, bottom, right = box
    pixels = np.arange(size)
    rows = ((pixels >= top) & (pixels < bottom)).reshape(len(attention), -1).mean(axis=1)
    columns = ((pixels >= left) & (pixels < right)).reshape(len(attention), -1).mean(axis=1)
    return rows @ attention @ columns


class ScenePicture(ClassifierPicture):
    """The scene under the shipped network's attention on the left, every class's probability on the right."""

    about = "A scene with a trained network's attention in blue, and bars for the probability of each class."

    def __init__(self, figure: Figure) -> None:
        self.weights = load_file(WEIGHTS)
        super().__init__(figure, {NAME: self.weights})
        figure.axes[0].set_title("drag the item · blue: attention", fontsize=12)

    def look_at(self, scene: np.ndarray, box: Sequence[int]) -> SceneView:
        """Show a scene to the network, without torch."""
        logits, attention = classify(self.weights, scene)
        return SceneView({NAME: softmax(logits)}, attention, share_inside(attention, box))

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show the item in the scene, and what the network makes of it."""
        return super().update(FIXED | values)


def scene_explorer() -> Explorer:
    """Return an explorer: drag an item through a scene; see where a trained network attends, and its answer.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> scene_explorer().frame["words"].splitlines()[0]
    'Ankle boot 1: the network says Ankle boot (1.00).'
    """
    middles = steps(HALF, SIZE - HALF, 1)
    return Explorer(
        "Scene explorer",
        [
            Slider("row", "Down", middles, 24, unit="pixels", whole=True),
            Slider("column", "Across", middles, 40, unit="pixels", whole=True),
            Slider("clutter", "Pieces of clutter", steps(0, 16, 1), 6, whole=True),
            Choice("item", "Item", list(enumerate(CLASS_NAMES)), 9),
        ],
        ScenePicture(new_figure()),
        caption="Drag the item: the blue follows.",
    )
