"""Training a classifier on images that lie in memory: choosing a device, and one readable loop."""

import math
import os
import time
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm


class DeviceChoice(NamedTuple):
    """A device and, in a sentence, why it was chosen."""

    device: torch.device
    reason: str


class History(NamedTuple):
    """What `fit` measured, one number per epoch in each list; seconds count from the start."""

    train_loss: list[float]
    train_accuracy: list[float]
    validation_loss: list[float]
    validation_accuracy: list[float]
    seconds: list[float]


def choose_device(name: str | None = None) -> DeviceChoice:
    """Choose where to compute: an NVIDIA or AMD GPU (cuda), an Apple GPU (mps), or the processor (cpu).

    Parameters
    ----------
    name : str, optional
        Take this device, such as "cpu" or "cuda:1". Left out, the environment variable COURSE_DEVICE names
        it; where that is not set either, the fastest device is taken.

    Returns
    -------
    DeviceChoice
        device and reason.

    Raises
    ------
    ValueError
        If the named device is unknown or not available; the message says what is.

    Examples
    --------
    >>> choose_device("cpu")
    DeviceChoice(device=device(type='cpu'), reason='cpu, because it was asked for.')
    """
    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    names = [f"cuda:{i}" for i in range(n_gpus)]
    names += ["mps"] if torch.backends.mps.is_available() else []
    names += ["cpu"]
    if name is None:
        name = os.environ.get("COURSE_DEVICE") or None
    if name is not None:
        if name not in names and not (name == "cuda" and n_gpus):
            raise ValueError(f"name must be a device of this computer, one of {names}, but it is {name!r}.")
        return DeviceChoice(torch.device(name), f"{name}, because it was asked for.")
    finding = "finds no GPU that it can use" if names == ["cpu"] else "can use this GPU"
    return DeviceChoice(torch.device(names[0]), f"{names[0]}, because PyTorch {finding}.")


def fit(
    model: nn.Module,
    train: tuple[Tensor, ...],
    validation: tuple[Tensor, ...],
    *,
    epochs: int,
    batch_size: int = 128,
    learning_rate: float = 0.1,
    seed: int = 0,
    device: torch.device | str = "cpu",
    progress: bool = True,
) -> History:
    """Train a classifier in place by mini-batch gradient descent on cross-entropy.

    The optimiser is SGD with Nesterov momentum 0.9 and weight decay 0.0005. The learning rate climbs from a
    tenth to its full value in the first quarter of the steps and then falls to almost zero, both in a
    straight line (after Smith and Topin 2018).

    Parameters
    ----------
    model : torch.nn.Module
        Turns images into logits (n, n_classes). It ends on `device`, in evaluation mode.
    train, validation : tuple of torch.Tensor
        images and labels; what follows these two, such as the boxes of `Scenes`, is not looked at.
    epochs : int
        How often each training image is seen.
    batch_size : int
        The most images in one step; the batches of an epoch differ by at most one in size.
    learning_rate : float
        The highest learning rate.
    seed : int
        Decides the order of the images. On a CPU the same seed, data, first weights and number of threads
        give the same trained weights.
    device : torch.device or str
        Where to compute, see `choose_device`.
    progress : bool
        Whether to show a progress bar, on the error stream.

    Returns
    -------
    History
        Loss and accuracy after each epoch. Those on training data are averages over the epoch, taken while
        the model was learning.

    Raises
    ------
    ValueError
        If the data do not fit together, or a number is out of range.
    FloatingPointError
        If the loss becomes infinite or NaN; the message says at which step and learning rate.

    References
    ----------
    Smith and Topin (2018), "Super-convergence: very fast training of neural networks using large learning
    rates", arXiv:1708.07120.

    Examples
    --------
    >>> images = torch.cat([torch.zeros(20, 3), torch.ones(20, 3)])
    >>> labels = torch.arange(2).repeat_interleave(20)
    >>> history = fit(nn.Linear(3, 2), (images, labels), (images, labels), epochs=20, batch_size=10,
    ...               progress=False)
    >>> history.validation_accuracy[-1]
    1.0
    """
    _check_numbers(epochs, batch_size, learning_rate)
    _check_examples("train", train)
    _check_examples("validation", validation)
    model.to(device, memory_format=torch.channels_last)
    images, labels = (tensor.to(device) for tensor in train[:2])
    n_batches = math.ceil(len(images) / batch_size)
    n_steps = epochs * n_batches
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=learning_rate, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: np.interp(step, [0, n_steps / 4, n_steps], [0.1, 1.0, 0.0])
    )
    history = History([], [], [], [], [])
    start = time.perf_counter()
    with tqdm(total=n_steps, unit="step", disable=not progress) as bar:
        for _ in range(epochs):
            model.train()
            loss_sum, n_correct = 0.0, 0
            order = torch.randperm(len(images), generator=generator).to(device)
            for batch in order.tensor_split(n_batches):
                logits = model(images[batch])
                loss = cross_entropy(logits, labels[batch])
                _check_loss(loss, schedule)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                loss_sum += loss.item() * len(batch)
                n_correct += (logits.argmax(dim=1) == labels[batch]).sum().item()
                bar.update()
            validation_loss, validation_accuracy = _loss_and_accuracy(model, validation, batch_size, device)
            history.train_loss.append(loss_sum / len(images))
            history.train_accuracy.append(n_correct / len(images))
            history.validation_loss.append(validation_loss)
            history.validation_accuracy.append(validation_accuracy)
            history.seconds.append(time.perf_counter() - start)
            bar.set_postfix(validation_accuracy=f"{validation_accuracy:.3f}")
    return history


@torch.no_grad()
def _loss_and_accuracy(
    model: nn.Module, examples: tuple[Tensor, ...], batch_size: int, device: torch.device | str
) -> tuple[float, float]:
    """Average loss and accuracy over examples, in evaluation mode."""
    model.eval()
    batches = zip(examples[0].split(batch_size), examples[1].split(batch_size), strict=True)
    loss_sum, n_correct = 0.0, 0
    for images, labels in batches:
        logits, labels = model(images.to(device)), labels.to(device)
        loss_sum += cross_entropy(logits, labels, reduction="sum").item()
        n_correct += (logits.argmax(dim=1) == labels).sum().item()
    return loss_sum / len(examples[1]), n_correct / len(examples[1])


def _check_loss(loss: Tensor, schedule: torch.optim.lr_scheduler.LRScheduler) -> None:
    """Stop training whose loss has become infinite or NaN: no later step could mend it."""
    if not loss.isfinite():
        raise FloatingPointError(
            f"The loss became {loss.item()} at step {schedule.last_epoch + 1}, where the learning rate was "
            f"{schedule.get_last_lr()[0]:.3g}. Try a smaller learning_rate, and look for NaN in the images."
        )


def _check_numbers(epochs: int, batch_size: int, learning_rate: float) -> None:
    """Refuse numbers that train nothing."""
    for name, number in {"epochs": epochs, "batch_size": batch_size}.items():
        if number < 1:
            raise ValueError(f"{name} must be at least 1, but it is {number}.")
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate must be above 0 and finite, but it is {learning_rate}.")


def _check_examples(name: str, examples: tuple[Tensor, ...]) -> None:
    """Refuse images and labels that do not fit together."""
    if len(examples) < 2:
        raise ValueError(f"{name} must hold images and labels, but it holds {len(examples)} thing(s).")
    images, labels = examples[:2]
    if labels.ndim != 1 or len(labels) == 0 or len(images) != len(labels):
        raise ValueError(
            f"{name} must hold one label for each image and at least one image, but its images have the "
            f"shape {tuple(images.shape)} and its labels {tuple(labels.shape)}."
        )
