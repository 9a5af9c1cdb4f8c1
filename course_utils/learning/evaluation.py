"""Judging a trained classifier: predictions, accuracy with its interval, and where its attention lies."""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.metrics import confusion_matrix
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d

from course_utils._arguments import require_count, require_positive
from course_utils.networks._arguments import as_device, require_floats, require_kind, require_whole_numbers


class Predictions(NamedTuple):
    """Logits (n, n_classes) and weights of the positions (n, height, width) of n images, on the CPU."""

    logits: Tensor
    weights: Tensor


class Interval(NamedTuple):
    """A proportion, and the lower and upper end of its confidence interval."""

    proportion: float
    low: float
    high: float


class Evaluation(NamedTuple):
    """Accuracy with its 95 % interval, and the confusion matrix: rows are true, columns predicted classes."""

    accuracy: Interval
    confusion: np.ndarray


class AttentionInBox(NamedTuple):
    """Averages over images, each from 0 to 1: how much attention lies in the box, and what to compare with.

    mass is the share of attention inside the box; area is the box's share of the image, the mass of
    attention that is spread evenly; peak is the share of images whose largest weight lies inside the box.
    """

    mass: float
    area: float
    peak: float


@torch.no_grad()
def predict(
    model: nn.Module, images: Tensor, *, batch_size: int = 500, device: torch.device | str = "cpu"
) -> Predictions:
    """Return logits and attention weights of images, taken in evaluation mode, batch by batch.

    Parameters
    ----------
    model : torch.nn.Module
        Has the method ``classify_with_attention``, as `course_utils.networks.Classifier` does.
    images : torch.Tensor
        Shape (n, channels, height, width).
    batch_size : int
        How many images at once.
    device : torch.device or str
        Where to compute; the model is moved there.

    Returns
    -------
    Predictions
        logits and weights.

    Raises
    ------
    ValueError
        If there are no images, or another argument is not as stated.

    Examples
    --------
    >>> from course_utils.networks import Classifier
    >>> predictions = predict(Classifier(n_classes=10), torch.zeros(3, 1, 64, 64))
    >>> predictions.logits.shape, predictions.weights.shape
    (torch.Size([3, 10]), torch.Size([3, 8, 8]))
    """
    if not hasattr(model, "classify_with_attention"):
        raise ValueError(
            f"model is a {type(model).__name__}; expected one with the method classify_with_attention."
        )
    require_kind("images", images, Tensor)
    if images.ndim == 0 or len(images) == 0:
        raise ValueError(f"images has shape {tuple(images.shape)}; expected at least one image.")
    require_count("batch_size", batch_size)
    device = as_device("device", device)
    model.to(device).eval()
    batches = [model.classify_with_attention(batch.to(device)) for batch in images.split(batch_size)]
    logits, weights = (torch.cat(parts).cpu() for parts in zip(*batches, strict=True))
    return Predictions(logits, weights)


def evaluate(logits: Tensor, labels: Tensor) -> Evaluation:
    """Return how predictions compare with the truth.

    Parameters
    ----------
    logits : torch.Tensor
        Shape (n, n_classes).
    labels : torch.Tensor
        The true classes, (n,).

    Returns
    -------
    Evaluation
        accuracy with its 95 % interval; confusion, counts, (n_classes, n_classes).

    Raises
    ------
    ValueError
        If the shapes do not agree, there are no images, a logit is NaN, or a label is no class.

    Examples
    --------
    >>> evaluation = evaluate(torch.tensor([[2.0, 0.0], [0.0, 2.0], [0.0, 2.0]]), torch.tensor([0, 1, 0]))
    >>> round(evaluation.accuracy.proportion, 3), evaluation.confusion.tolist()
    (0.667, [[1, 1], [0, 1]])
    """
    require_kind("logits", logits, Tensor)
    require_kind("labels", labels, Tensor)
    if logits.ndim != 2 or 0 in logits.shape or labels.shape != logits.shape[:1]:
        raise ValueError(
            f"logits has shape {tuple(logits.shape)} and labels {tuple(labels.shape)}; expected "
            "(n, n_classes) and (n,), n at least 1."
        )
    if logits.isnan().any():
        raise ValueError(f"logits of shape {tuple(logits.shape)} contains NaN; expected numbers.")
    require_whole_numbers("labels", labels, logits.shape[1])
    confusion = confusion_matrix(labels.cpu(), logits.argmax(dim=1).cpu(), labels=range(logits.shape[1]))
    return Evaluation(accuracy_interval(int(confusion.trace()), len(labels)), confusion)


def accuracy_interval(n_correct: int, n: int, confidence: float = 0.95) -> Interval:
    """Return an accuracy and Wilson's confidence interval for it.

    The interval holds for n images drawn independently. It says how sure the accuracy of *this* trained
    network is, not how much another training run would differ.

    Parameters
    ----------
    n_correct : int
        How many images were classified correctly.
    n : int
        Of how many.
    confidence : float
        How often such an interval covers the true accuracy, between 0 and 1.

    Returns
    -------
    Interval
        proportion, low and high.

    Raises
    ------
    ValueError
        Unless 0 <= n_correct <= n, n >= 1 and 0 < confidence < 1.

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22, 209-212, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> [round(number, 3) for number in accuracy_interval(80, 100)]
    [0.8, 0.711, 0.867]
    """
    if require_count("n_correct", n_correct, minimum=0) > require_count("n", n):
        raise ValueError(f"n_correct is {n_correct} and n {n}; expected 0 to n, and n at least 1.")
    return _wilson(n_correct / n, n, confidence)


def clustered_interval(right: ArrayLike, sources: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return an accuracy and its interval, where several images are made from the same source.

    Answers to images that share their source resemble each other, so n of them say less than n drawn
    independently. The variance is that of sums over sources; Wilson's interval is then taken for as many
    independent images as would have that variance. It speaks of images made from *other sources*.

    Parameters
    ----------
    right : array_like, shape (n,)
        Whether each image was classified correctly.
    sources : array_like, shape (n,)
        What each image was made from, such as the number of a picture or of a patient.
    confidence : float
        How often such an interval covers the true accuracy, between 0 and 1.

    Returns
    -------
    Interval
        proportion, low and high.

    Raises
    ------
    ValueError
        If the two do not fit together, there are fewer than two sources, or `confidence` is out of range.

    References
    ----------
    Miller (2024), "Adding error bars to evals", arXiv:2411.00640, for the clustered error.

    Examples
    --------
    >>> right = [True] * 80 + [False] * 20
    >>> [round(number, 3) for number in clustered_interval(right, range(100))]
    [0.8, 0.711, 0.867]
    >>> [round(number, 3) for number in clustered_interval(right, [i // 5 for i in range(100)])]
    [0.8, 0.584, 0.919]
    """
    right, sources = np.asarray(right, dtype=float), np.asarray(sources)
    if right.ndim != 1 or right.shape != sources.shape:
        raise ValueError(f"right has shape {right.shape} and sources {sources.shape}; expected (n,) of both.")
    which = np.unique(sources, return_inverse=True)[1]
    if not len(which) or which.max() < 1:
        raise ValueError(f"sources has {len(np.unique(sources))} different values; expected at least 2.")
    p, n = right.mean(), len(right)
    variance = (np.bincount(which, right - p) ** 2).sum() / n**2
    n_alike = p * (1 - p) / variance if variance > 0 else which.max() + 1.0
    return _wilson(float(p), float(n_alike), confidence)


def _wilson(p: float, n: float, confidence: float) -> Interval:
    """Return Wilson's interval for a proportion of n independent images."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected a number between 0 and 1.")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return Interval(p, centre - reach, centre + reach)


def attention_in_box(weights: Tensor, boxes: Tensor, image_size: int) -> AttentionInBox:
    """Return how much of the attention lies inside each image's box.

    Each position of the map stands for a rectangle of pixels, over which its weight is spread evenly, so
    that a rectangle half inside the box counts half.

    Parameters
    ----------
    weights : torch.Tensor
        Attention maps, (n, height, width), not negative; each sums to one.
    boxes : torch.Tensor
        Shape (n, 4): top, left, bottom, right in pixels, bottom and right being the first pixels outside.
    image_size : int
        Height and width of the images in pixels.

    Returns
    -------
    AttentionInBox
        mass, area and peak, averages over the images. The peak lies inside if the centre of the rectangle
        with the largest weight does; of equal weights the first counts.

    Raises
    ------
    ValueError
        If the shapes do not agree, the weights are none, or a box is empty or leaves the image.

    Examples
    --------
    >>> weights = torch.tensor([[[0.5, 0.25], [0.125, 0.125]]])
    >>> box = torch.tensor([[0, 0, 4, 6]])  # all of the first cell and half of the second
    >>> attention_in_box(weights, box, image_size=8)
    AttentionInBox(mass=0.625, area=0.375, peak=1.0)
    """
    _require_maps(weights, boxes, image_size)
    weights, boxes = weights.cpu().double(), boxes.cpu().double()
    height, width = weights.shape[1:]
    top, left, bottom, right = boxes.T
    rows_inside = _share_inside(height, top, bottom, image_size)  # (n, height)
    columns_inside = _share_inside(width, left, right, image_size)  # (n, width)
    mass = torch.einsum("nhw,nh,nw->n", weights, rows_inside, columns_inside)
    area = (bottom - top) * (right - left) / image_size**2
    peak = weights.flatten(1).argmax(dim=1)
    peak_y = (peak // width + 0.5) * image_size / height
    peak_x = (peak % width + 0.5) * image_size / width
    peak_inside = (top <= peak_y) & (peak_y < bottom) & (left <= peak_x) & (peak_x < right)
    return AttentionInBox(mass.mean().item(), area.mean().item(), peak_inside.double().mean().item())


def brightness_spotlight(images: Tensor, *, side: int = 8, sharpness: float = 40) -> Tensor:
    """Return a map of weights that looks at what is large and bright, with nothing learned: a control.

    The image is averaged over squares, each square with its eight neighbours, and a softmax sharpens that.
    Attention that finds no more than this has found brightness.

    Parameters
    ----------
    images : torch.Tensor
        Shape (n, 1, height, width), bytes 0 to 255; height and width at least `side`.
    side : int
        Height and width of the map.
    sharpness : float
        What brightness, from 0 to 1, is multiplied by before the softmax. 0 weighs all places alike.

    Returns
    -------
    torch.Tensor
        Weights (n, side, side), which sum to one in each image.

    Raises
    ------
    ValueError
        If `images` has another shape.

    Examples
    --------
    >>> images = torch.zeros(1, 1, 64, 64)
    >>> images[..., 24:40, 24:40] = 255  # four of the squares, in the middle
    >>> brightness_spotlight(images)[0, 3:5, 3:5].sum().round(decimals=2).item()
    1.0
    """
    if images.ndim != 4 or images.shape[1] != 1 or min(images.shape[2:]) < side:
        raise ValueError(
            f"images has shape {tuple(images.shape)}; expected (n, 1, height, width), both at least {side}."
        )
    squares = adaptive_avg_pool2d(images.float() / 255, side)
    scores = sharpness * avg_pool2d(squares, 3, stride=1, padding=1)
    return scores.flatten(1).softmax(dim=1).view(-1, side, side)


def _share_inside(n_cells: int, start: Tensor, end: Tensor, image_size: int) -> Tensor:
    """Return which share of each of n_cells equal intervals lies between start and end: (n, n_cells)."""
    cell = image_size / n_cells
    edges = torch.arange(n_cells, dtype=torch.float64) * cell
    overlap = torch.minimum(edges + cell, end[:, None]) - torch.maximum(edges, start[:, None])
    return overlap.clamp(min=0) / cell


def _require_maps(weights: Tensor, boxes: Tensor, image_size: int) -> None:
    """Refuse maps and boxes that cannot be compared."""
    require_floats("weights", weights)
    require_kind("boxes", boxes, Tensor)
    require_positive("image_size", image_size)
    if weights.ndim != 3 or 0 in weights.shape or boxes.shape != (len(weights), 4):
        raise ValueError(
            f"weights has shape {tuple(weights.shape)} and boxes {tuple(boxes.shape)}; expected "
            "(n, height, width) and (n, 4), n at least 1."
        )
    sums = weights.float().sum(dim=(1, 2))
    if weights.min() < 0 or not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        raise ValueError(
            f"weights has minimum {weights.min():.3g} and maps with sums from {sums.min():.3g} to "
            f"{sums.max():.3g}; expected none negative, and each map to sum to 1."
        )
    top, left, bottom, right = boxes.T
    inside = (top >= 0) & (top < bottom) & (bottom <= image_size)
    inside &= (left >= 0) & (left < right) & (right <= image_size)
    if not inside.all():
        raise ValueError(
            f"boxes contains {boxes[~inside][0].tolist()}; expected top, left, bottom, right inside "
            f"{image_size} pixels."
        )
