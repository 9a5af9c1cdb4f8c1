"""Checks of tensors and devices for networks and their training: each refusal names the argument."""

import torch
from torch import Tensor

from course_utils._arguments import require_count
from course_utils.data.dates import INPUT_CHARACTERS, OUTPUT_CHARACTERS, OUTPUT_LENGTH, PADDING


def as_device(name: str, device: torch.device | str) -> torch.device:
    """Return a device, or refuse one that this computer lacks."""
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, TypeError, AssertionError) as error:
        raise ValueError(
            f"{name} is {device!r}; expected a device of this computer, such as 'cpu'; see choose_device."
        ) from error


def require_kind(name: str, value: object, kind: type) -> None:
    """Refuse what is no such thing, for instance an array in place of a tensor."""
    if not isinstance(value, kind):
        whose = "PyTorch's" if kind.__module__.startswith("torch") else "the course's"
        raise ValueError(f"{name} is a {type(value).__name__}; expected {whose} {kind.__name__}.")


def require_callable(name: str, value: object, what: str) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise ValueError(f"{name} is {value!r}; expected a callable that {what}.")


def require_counts(**numbers: int) -> None:
    """Refuse numbers that count nothing."""
    for name, number in numbers.items():
        require_count(name, number)


def require_floats(name: str, tensor: Tensor) -> None:
    """Refuse what is no tensor of floats."""
    require_kind(name, tensor, Tensor)
    if not tensor.is_floating_point():
        raise ValueError(f"{name} has type {tensor.dtype}; expected floats.")


def require_whole_numbers(name: str, tensor: Tensor, n: int | None = None) -> int:
    """Refuse a tensor unless it holds whole numbers from 0 to n - 1; return the largest of them."""
    require_kind(name, tensor, Tensor)
    if tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool:
        raise ValueError(f"{name} has type {tensor.dtype}; expected whole numbers, as torch.int64.")
    lowest, highest = (int(end) for end in tensor.aminmax())
    if lowest < 0 or (n is not None and highest >= n):
        limits = "of at least 0" if n is None else f"from 0 to {n - 1}"
        raise ValueError(f"{name} contains {min(lowest, 0) or highest}; expected whole numbers {limits}.")
    return highest


def require_features(features: Tensor, channels: int | str) -> None:
    """Refuse what is no batch of feature maps with so many channels; as a text, with any number of them."""
    require_kind("features", features, Tensor)
    fits = features.ndim == 4 and channels in ("channels", features.shape[1]) and 0 not in features.shape[2:]
    if not (fits and features.is_floating_point()):
        raise ValueError(
            f"features has shape {tuple(features.shape)} and type {features.dtype}; expected "
            f"(batch, {channels}, height, width) with at least one position, of floats."
        )


def require_mask(mask: Tensor, scores: Tensor, axes: str) -> None:
    """Refuse a mask that does not hold booleans or would change the shape of the scores."""
    require_kind("mask", mask, Tensor)
    if mask.dtype != torch.bool:
        raise ValueError(
            f"mask has shape {tuple(mask.shape)} and type {mask.dtype}; expected booleans, True where a "
            "query may attend to a key."
        )
    try:
        fits = torch.broadcast_shapes(mask.shape, scores.shape) == scores.shape
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"mask has shape {tuple(mask.shape)}; expected one that broadcasts to {axes}, here "
            f"{tuple(scores.shape)}."
        )


def text_lengths(inputs: Tensor) -> Tensor:
    """Return the number of characters of each text, (n,), and refuse what is no batch of texts."""
    require_kind("inputs", inputs, Tensor)
    if inputs.ndim != 2 or 0 in inputs.shape or inputs.dtype not in (torch.int64, torch.int32):
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)} and type {inputs.dtype}; "
            "expected character ids, (n, longest), int64, of at least one text."
        )
    require_whole_numbers("inputs", inputs, len(INPUT_CHARACTERS) + 1)
    lengths = (inputs != PADDING).sum(dim=1)
    behind_the_end = torch.arange(inputs.shape[1], device=inputs.device) >= lengths[:, None]
    if (lengths == 0).any() or not ((inputs == PADDING) == behind_the_end).all():
        raise ValueError(
            f"inputs of shape {tuple(inputs.shape)} has an empty text or padding inside a text; "
            "expected at least one character in each row, and padding only behind the last."
        )
    return lengths


def require_targets(targets: Tensor, inputs: Tensor) -> None:
    """Refuse what is not a date in ISO form for each text."""
    require_kind("inputs", inputs, Tensor)
    require_kind("targets", targets, Tensor)
    expected = (*inputs.shape[:1], OUTPUT_LENGTH)
    if targets.shape != expected or targets.dtype not in (torch.int64, torch.int32):
        raise ValueError(
            f"targets has shape {tuple(targets.shape)} and type {targets.dtype}; expected {expected}, "
            "ids of output characters, int64."
        )
    if len(targets):
        require_whole_numbers("targets", targets, len(OUTPUT_CHARACTERS))
