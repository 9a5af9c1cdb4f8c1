"""Keeping what was trained: a training that goes on after any interruption, and models to be used again.

Whatever is written goes to a new file first, reaches the disk, and only then takes the old one's name. So
there is always one whole file, whenever the power fails.
"""

import io
import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import nn

from course_utils.learning.training import TrainingState
from course_utils.networks import (
    AttentionPooling,
    AveragePooling,
    Classifier,
    DotProductPooling,
    MaxPooling,
)

#: The poolings that a saved model may have, by name.
POOLINGS: dict[str, Callable[[int], nn.Module]] = {
    "attention": AttentionPooling,
    "average": AveragePooling,
    "max": MaxPooling,
    "dot-product": DotProductPooling,
    "dot-product-4-heads": partial(DotProductPooling, n_heads=4),
}


class Recipe(NamedTuple):
    """How to build a model and how to make its input: what a file of weights alone does not say."""

    class_names: tuple[str, ...]
    pooling: str
    in_channels: int
    size: int


def write_whole(path: str | Path, data: bytes) -> None:
    """Write a file so that it is whole or, if anything fails, what it was before.

    Parameters
    ----------
    path : str or Path
        The file; its folder is made if need be.
    data : bytes
        Its new content.

    Raises
    ------
    OSError
        If it cannot be written; the message says that the earlier file, if any, is unharmed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "new" / "file", b"all of it")
    ...     (Path(folder) / "new" / "file").read_bytes()
    b'all of it'
    """
    path = Path(path)
    temporary = path.with_name(f"{path.name}.part")  # one that a kill left behind is written over
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        unharmed = " The file of that name from before is unharmed." if path.exists() else ""
        raise OSError(
            f"{path} cannot be written ({error.strerror or error}). "
            f"Make room or choose another folder.{unharmed}"
        ) from error


def _sync_folder(folder: Path) -> None:
    """Write the new name to the disk too, where the system can do that for a folder."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def save_training(path: str | Path, state: TrainingState, settings: dict[str, object]) -> None:
    """Write a training so that it can go on.

    Parameters
    ----------
    path : str or Path
        The file.
    state : TrainingState
        What `course_utils.learning.training.fit` gives after each epoch.
    settings : dict
        What the training was started with, to be compared when it goes on: texts and numbers.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> from course_utils.learning.training import fit
    >>> from tempfile import TemporaryDirectory
    >>> examples = torch.eye(2), torch.arange(2)
    >>> with TemporaryDirectory() as folder:
    ...     keep = lambda state: save_training(Path(folder) / "training.pt", state, {"seed": 0})
    ...     first = fit(nn.Linear(2, 2), examples, examples, epochs=1, progress=False, after_epoch=keep)
    ...     state, settings = load_training(Path(folder) / "training.pt")
    >>> state.history["train_loss"] == first.train_loss, settings
    (True, {'seed': 0})
    """
    buffer = io.BytesIO()
    torch.save({"settings": settings, "state": state._asdict()}, buffer)
    write_whole(path, buffer.getvalue())


def load_training(path: str | Path) -> tuple[TrainingState, dict[str, object]]:
    """Read what `save_training` kept. Only tensors, numbers and texts are read: such a file can run no code.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    tuple
        The state, on the CPU, and the settings.

    Raises
    ------
    ValueError
        If the file is missing, damaged or something else.
    """
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
        return TrainingState(**kept["state"]), kept["settings"]
    except FileNotFoundError as error:
        raise ValueError(f"path is {path}, which is no file; expected a kept training.") from error
    except Exception as error:  # whatever a damaged file makes the reader say
        raise ValueError(f"path is {path}, damaged or something else; expected a kept training.") from error


def save_model(path: str | Path, model: Classifier, recipe: Recipe) -> None:
    """Write a trained classifier as safetensors, with all that is needed to use it.

    Parameters
    ----------
    path : str or Path
        The file, by custom named ``.safetensors``.
    model : Classifier
        Its weights, and the mean and spread of the training images, are kept.
    recipe : Recipe
        Its classes, pooling, channels, and the height and width of the images it was trained on.

    Raises
    ------
    ValueError
        If the recipe builds another network than `model`.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_model(Path(folder) / "m", Classifier(2), Recipe(("cat", "dog"), "attention", 1, 64))
    ...     model, recipe = load_model(Path(folder) / "m")
    >>> recipe.class_names, recipe.size
    (('cat', 'dog'), 64)
    """
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    _build(recipe, weights)
    write_whole(path, safetensors.torch.save(weights, {"recipe": json.dumps(recipe._asdict())}))


def load_model(path: str | Path) -> tuple[Classifier, Recipe]:
    """Read a classifier that `save_model` kept.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    tuple
        The model, on the CPU and in evaluation mode, and its recipe.

    Raises
    ------
    ValueError
        If the file is missing, damaged or something else.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            fields = json.loads(file.metadata()["recipe"])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
        recipe = Recipe(**fields | {"class_names": tuple(fields["class_names"])})
    except FileNotFoundError as error:
        raise ValueError(f"path is {path}, which is no file; expected a kept model.") from error
    except (OSError, safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"path is {path}, damaged or something else; expected a kept model.") from error
    try:
        return _build(recipe, weights), recipe
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"path is {path}, whose parts do not fit; expected a kept model. {error}") from error


def _build(recipe: Recipe, weights: dict[str, torch.Tensor]) -> Classifier:
    """Return the classifier that a recipe describes, with these weights."""
    if recipe.pooling not in POOLINGS:
        raise ValueError(f"pooling is {recipe.pooling!r}; expected one of {', '.join(POOLINGS)}.")
    model = Classifier(len(recipe.class_names), recipe.in_channels, POOLINGS[recipe.pooling])
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"recipe is {recipe}; expected one that fits the weights.") from error
    return model.eval()
