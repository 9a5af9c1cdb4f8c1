"""Training a classifier: choosing a device, and one readable loop."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset

from course_utils._arguments import require_count, require_positive
from course_utils.learning.stopping import step_by_step
from course_utils.networks._arguments import as_device, require_callable, require_kind, require_whole_numbers

if TYPE_CHECKING:
    from accelerate import Accelerator

Examples = tuple[Tensor, ...] | Dataset


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
    """Return where to compute: an NVIDIA or AMD GPU (cuda), an Apple GPU (mps), or the processor (cpu).

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
            raise ValueError(f"name is {name!r}; expected a device of this computer, one of {names}.")
        return DeviceChoice(torch.device(name), f"{name}, because it was asked for.")
    finding = "finds no GPU that it can use" if names == ["cpu"] else "can use this GPU"
    return DeviceChoice(torch.device(names[0]), f"{names[0]}, because PyTorch {finding}.")


class TrainingState(NamedTuple):
    """Everything that the rest of a training depends on, between two epochs."""

    model: dict[str, Tensor]
    optimizer: dict[str, object]
    schedule: dict[str, object]
    order: Tensor
    random: Tensor
    history: dict[str, list[float]]


LOOK_EVERY = 50  # steps: how often the loss on a GPU is looked at


class OneProcess:
    """What the loop asks of Accelerate, answered for one process on one device."""

    num_processes, process_index, is_main_process = 1, 0, True

    def __init__(self, device: torch.device | str) -> None:
        self.device = as_device("device", device)

    def prepare(self, *things: object) -> tuple[object, ...]:
        """Return model and optimiser as they are."""
        return things

    def backward(self, loss: Tensor) -> None:
        """Run the backward pass."""
        loss.backward()

    def reduce(self, tensor: Tensor, reduction: str) -> Tensor:
        """Return the sum over all processes, of which there is one."""
        return tensor


def fit(
    model: nn.Module,
    train: Examples,
    validation: Examples,
    *,
    epochs: int,
    batch_size: int = 128,
    learning_rate: float = 0.1,
    seed: int = 0,
    device: torch.device | str = "cpu",
    progress: bool = True,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    accelerator: Accelerator | None = None,
    workers: int = 0,
    start_from: TrainingState | None = None,
    after_epoch: Callable[[TrainingState], None] | None = None,
) -> History:
    """Train a classifier in place by mini-batch gradient descent on cross-entropy.

    The optimiser is SGD with Nesterov momentum 0.9 and weight decay 0.0005. The learning rate climbs from a
    tenth to its full value in the first quarter of the steps and then falls to almost zero, both in a
    straight line (after Smith and Topin 2018).

    Parameters
    ----------
    model : torch.nn.Module
        Turns images into logits (n, n_classes). It ends on `device`, in evaluation mode.
    train, validation : tuple of torch.Tensor, or torch.utils.data.Dataset
        images and labels in memory; what follows these two, such as the boxes of `Scenes`, is not looked at.
        Or a data set that reads an image and its label when they are needed, for what memory cannot hold.
    epochs : int
        How often each training image is seen.
    batch_size : int
        The most images in one step; the batches of an epoch differ by at most one in size.
    learning_rate : float
        The highest learning rate.
    seed : int
        Decides the order of the images and what `augment` draws. On a CPU the same seed, data, first weights
        and number of threads give the same trained weights.
    device : torch.device or str
        Where to compute, see `choose_device`. An `accelerator` has its own.
    progress : bool
        Whether to show a progress bar.
    augment : callable, optional
        Changes a batch of training images, given the generator to draw from; see `course_utils.data.augment`.
    accelerator : accelerate.Accelerator, optional
        Shares each batch out among its processes, and brings mixed precision. Each step is that of one
        process on the whole batch, if no layer looks across the images of a batch.
    workers : int
        How many processes read images of a data set; of no use to images in memory.
    start_from : TrainingState, optional
        Go on from this state of an earlier training of the same kind.
    after_epoch : callable, optional
        Is given the state after each epoch, in the main process; `learning.checkpoints` can keep it.

    Returns
    -------
    History
        Loss and accuracy after each epoch. Those on training data are averages over the epoch, taken while
        the model was learning.

    Raises
    ------
    ValueError
        If the data do not fit together or to the model, or an argument is not as stated.
    FloatingPointError
        If the loss becomes infinite or NaN; the message says at which step and learning rate. On a CPU the
        model is then what it was before that step; on a GPU some steps may have followed, which ruin it.
    MemoryError
        If the GPU has too little memory; the message says which batch size to try.
    Stopped
        If a person stops it, a KeyboardInterrupt; it says after which step.

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
    here = accelerator or OneProcess(device)
    require_kind("model", model, nn.Module)
    _require_numbers(epochs, batch_size, learning_rate, seed, workers)
    for name, function in {"augment": augment, "after_epoch": after_epoch}.items():
        if function is not None:
            require_callable(name, function, "is called as the documentation says")
    train, validation = _ready("train", train, here), _ready("validation", validation, here)
    n_images = train.n
    n_batches = math.ceil(n_images / batch_size)
    n_steps = epochs * n_batches
    model.to(here.device, memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=learning_rate, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    schedule = rise_and_fall(optimizer, n_steps)
    generator = torch.Generator().manual_seed(seed)
    history = History([], [], [], [], [])
    watch = Watch(schedule, here.device)
    if start_from is not None:
        _restore(start_from, model, optimizer, schedule, generator, history)
    network, stepper = here.prepare(model, optimizer)
    epochs_done = len(history.seconds)
    if schedule.last_epoch != epochs_done * n_batches or epochs_done > epochs:
        raise ValueError(
            f"start_from is {epochs_done} epochs of together {schedule.last_epoch} steps; expected at most "
            f"{epochs} epochs, each of {n_batches} steps."
        )
    start = time.perf_counter() - (history.seconds[-1] if epochs_done else 0.0)
    with step_by_step(schedule, n_steps, progress=progress and here.is_main_process) as bar:
        for epoch in range(epochs_done, epochs):
            model.train()
            sums = torch.zeros(2, device=here.device)  # of the losses, and of the correct answers
            order = torch.randperm(n_images, generator=generator)
            draws = torch.Generator().manual_seed(seed + 1_000_000 * (epoch + 1) + here.process_index)
            with _advice_on_memory(batch_size):
                for size, images, labels in _batches(train, order.tensor_split(n_batches), here, workers):
                    logits = network(images if augment is None else augment(images, draws))
                    losses = _losses(logits, labels, train)
                    loss = losses / size * here.num_processes  # whose gradients are averaged over processes
                    watch.see(loss)
                    stepper.zero_grad()
                    here.backward(loss)
                    stepper.step()
                    schedule.step()
                    sums += torch.stack([losses.detach(), (logits.argmax(dim=1) == labels).sum()])
                    bar.update()
            watch.look()
            on_train = (here.reduce(sums, "sum").cpu().double() / n_images).tolist()
            on_validation = _score(model, validation, batch_size, here, workers)
            if not math.isfinite(on_validation[0]):
                raise _lost(on_validation[0], schedule.last_epoch, schedule)
            measured = *on_train, *on_validation, time.perf_counter() - start
            for numbers, number in zip(history, measured, strict=True):
                numbers.append(number)
            bar.set_postfix(validation_accuracy=f"{on_validation[1]:.3f}")
            if after_epoch is not None and here.is_main_process:
                after_epoch(_state(model, optimizer, schedule, generator, history))
    return history


def rise_and_fall(optimizer: torch.optim.Optimizer, n_steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    """Return a schedule that takes the learning rate from a tenth to its whole and then to almost zero.

    It climbs in the first quarter of the steps and falls in the others, both in a straight line.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Its learning rate is the highest on the way.
    n_steps : int
        How many steps there will be.

    Returns
    -------
    torch.optim.lr_scheduler.LambdaLR

    Examples
    --------
    >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    >>> print(f"{rise_and_fall(optimizer, n_steps=8).get_last_lr()[0]:.2f}")
    0.01
    """
    points, shares = [0, n_steps / 4, n_steps], [0.1, 1.0, 0.0]
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: float(np.interp(step, points, shares)))


def count_images(examples: Examples) -> int:
    """Return how many images there are.

    Parameters
    ----------
    examples : tuple of torch.Tensor, or torch.utils.data.Dataset
        images and labels, as for `fit`.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If there is no telling.

    Examples
    --------
    >>> count_images((torch.zeros(5, 3, 8, 8), torch.zeros(5)))
    5
    """
    return _count("examples", examples)


def _count(name: str, examples: Examples) -> int:
    """Return how many images there are, or refuse what does not say."""
    if not isinstance(examples, Dataset | tuple | list) or not hasattr(examples, "__len__"):
        raise ValueError(
            f"{name} is a {type(examples).__name__}; expected images and labels, or a data set with a length."
        )
    if isinstance(examples, Dataset):
        return len(examples)
    if len(examples) < 2:
        raise ValueError(f"{name} has {len(examples)} part(s); expected images and labels.")
    return len(examples[1])


def score(
    model: nn.Module,
    examples: Examples,
    *,
    batch_size: int = 500,
    device: torch.device | str = "cpu",
    workers: int = 0,
) -> tuple[float, float]:
    """Return a classifier's loss and accuracy on examples that it was not trained on.

    Parameters
    ----------
    model : torch.nn.Module
        Turns images into logits. It ends on `device`, in evaluation mode.
    examples : tuple of torch.Tensor, or torch.utils.data.Dataset
        images and labels, as for `fit`.
    batch_size : int
        How many images at once.
    device : torch.device or str
        Where to compute.
    workers : int
        How many processes read images of a data set.

    Returns
    -------
    tuple of float
        Average cross-entropy in nats, and accuracy.

    Raises
    ------
    ValueError
        If images and labels do not fit together or to the model, there are none, or an argument is not as
        stated.

    Examples
    --------
    >>> images = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    >>> score(nn.Identity(), (images, torch.tensor([0, 1, 1, 0])))[1]
    0.75
    """
    require_kind("model", model, nn.Module)
    require_count("batch_size", batch_size)
    require_count("workers", workers, minimum=0)
    here = OneProcess(device)
    loss, accuracy = _score(
        model.to(here.device), _ready("examples", examples, here), batch_size, here, workers
    )
    return loss, accuracy


@torch.no_grad()
def _score(
    model: nn.Module, examples: _Ready, batch_size: int, here: OneProcess | Accelerator, workers: int
) -> list[float]:
    """Return the average loss and accuracy over examples, shared out among the processes."""
    model.eval()
    sums = torch.zeros(2, device=here.device)
    batches = torch.arange(examples.n).tensor_split(math.ceil(examples.n / batch_size))
    with _advice_on_memory(batch_size):
        for _, images, labels in _batches(examples, batches, here, workers):
            logits = model(images)
            losses = _losses(logits, labels, examples)
            sums += torch.stack([losses, (logits.argmax(dim=1) == labels).sum()])
    return (here.reduce(sums, "sum").cpu().double() / examples.n).tolist()


def _losses(logits: Tensor, labels: Tensor, examples: _Ready) -> Tensor:
    """Return the sum of the losses, or refuse logits that are none for these labels."""
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(labels):
        got = tuple(logits.shape) if isinstance(logits, Tensor) else f"a {type(logits).__name__}"
        raise ValueError(f"model returns {got}; expected logits of shape ({len(labels)}, n_classes).")
    if examples.highest >= logits.shape[1]:
        raise ValueError(
            f"{examples.name} has the label {examples.highest}; expected 0 to {logits.shape[1] - 1}, one for "
            "each logit of the model."
        )
    return cross_entropy(logits, labels, reduction="sum")


@dataclass
class _Ready:
    """Images and labels where the computing is done, or a data set, and the name that they were given by."""

    name: str
    given: tuple[Tensor, Tensor] | Dataset
    n: int
    highest: int = 0  # label; of a data set, in the last batch


def _ready(name: str, examples: Examples, here: OneProcess | Accelerator) -> _Ready:
    """Return examples where the computing is done, or refuse them."""
    n = _count(name, examples)
    if isinstance(examples, Dataset):
        if n == 0:
            raise ValueError(f"{name} is empty; expected at least one image.")
        return _Ready(name, examples, n)
    _require_examples(name, examples)
    images, labels = examples[:2]
    highest = require_whole_numbers(f"the label tensor of {name}", labels)
    try:
        return _Ready(name, (images.to(here.device), labels.long().to(here.device)), n, highest)
    except torch.OutOfMemoryError as error:
        raise MemoryError(
            f"The GPU has no memory left for the images of {name}. Give fewer or smaller ones, or a data set "
            "that reads them one by one."
        ) from error


def _batches(
    examples: _Ready, batches: Iterable[Tensor], here: OneProcess | Accelerator, workers: int
) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yield the size of each whole batch, and this process's share of its images and labels."""
    sizes = [len(batch) for batch in batches]
    shares = [batch.tensor_split(here.num_processes)[here.process_index] for batch in batches]
    if isinstance(examples.given, Dataset):
        listed = [share.tolist() for share in shares]
        loader = DataLoader(examples.given, batch_sampler=listed, num_workers=workers)
        for size, (images, labels, *_) in zip(sizes, loader, strict=True):
            examples.highest = require_whole_numbers(f"the label tensor of {examples.name}", labels)
            yield size, images.to(here.device), labels.long().to(here.device)
    else:
        images, labels = examples.given
        places = torch.cat(shares).to(images.device)  # all at once: each transfer waits for a GPU
        for size, share in zip(sizes, places.split([len(share) for share in shares]), strict=True):
            yield size, images[share], labels[share]


def _state(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    generator: torch.Generator,
    history: History,
) -> TrainingState:
    """Return what the next epoch depends on."""
    return TrainingState(
        model.state_dict(),
        optimizer.state_dict(),
        schedule.state_dict(),
        generator.get_state(),
        torch.get_rng_state(),
        {name: list(numbers) for name, numbers in history._asdict().items()},
    )


def _restore(
    state: TrainingState,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    generator: torch.Generator,
    history: History,
) -> None:
    """Restore everything to where an earlier training left it."""
    require_kind("start_from", state, TrainingState)
    try:
        model.load_state_dict(state.model)
    except RuntimeError as error:
        raise ValueError(
            f"start_from is another network's state; expected one of such a network. {error}"
        ) from error
    optimizer.load_state_dict(state.optimizer)
    schedule.load_state_dict(state.schedule)
    generator.set_state(state.order)
    torch.set_rng_state(state.random)
    for name, numbers in state.history.items():
        getattr(history, name).extend(numbers)


@contextmanager
def _advice_on_memory(batch_size: int) -> Iterator[None]:
    """Raise MemoryError, with the batch size to try, where a GPU has no memory left."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        advice = f"Try batch_size={batch_size // 2}." if batch_size > 1 else "Try smaller images."
        raise MemoryError(f"The GPU has no memory left for batch_size={batch_size}. {advice}") from error


class Watch:
    """Note the first step whose loss is infinite or NaN, where the loss is computed: no later step mends it.

    To look at the note is to wait until a GPU has computed so far. So it is looked at now and then there, and
    at each step on a CPU, which has nothing to wait for.
    """

    def __init__(self, schedule: torch.optim.lr_scheduler.LambdaLR, device: torch.device) -> None:
        self.schedule, self.every = schedule, 1 if device.type == "cpu" else LOOK_EVERY
        self.first = torch.full((2,), math.nan, device=device)  # the step, and its loss

    def see(self, loss: Tensor) -> None:
        """Read a step's loss, and look if it is time to."""
        step = self.schedule.last_epoch
        now = torch.stack([torch.full((), float(step), device=loss.device), loss.detach().float()])
        new = self.first[0].isnan() & ~now[1].isfinite()
        self.first = torch.where(new, now, self.first)
        if (step + 1) % self.every == 0:
            self.look()

    def look(self) -> None:
        """Raise FloatingPointError if a loss was infinite or NaN."""
        step, loss = self.first.tolist()
        if not math.isnan(step):
            raise _lost(loss, int(step), self.schedule)


def _lost(loss: float, step: int, schedule: torch.optim.lr_scheduler.LambdaLR) -> FloatingPointError:
    """Return what to raise of a loss that, in a step or after an epoch, is infinite or NaN."""
    rate = schedule.base_lrs[0] * schedule.lr_lambdas[0](step)
    return FloatingPointError(
        f"The loss became {loss} at step {step + 1}, where the learning rate was {rate:.3g}. "
        "Try a smaller learning_rate, and look for NaN in the data."
    )


def _require_numbers(epochs: int, batch_size: int, learning_rate: float, seed: int, workers: int) -> None:
    """Refuse numbers that train nothing."""
    require_count("epochs", epochs)
    require_count("batch_size", batch_size)
    require_positive("learning_rate", learning_rate)
    require_count("seed", seed, minimum=0)
    require_count("workers", workers, minimum=0)


def _require_examples(name: str, examples: tuple[Tensor, ...]) -> None:
    """Refuse images and labels that do not fit together."""
    images, labels = examples[:2]
    require_kind(f"the image tensor of {name}", images, Tensor)
    require_kind(f"the label tensor of {name}", labels, Tensor)
    if labels.ndim != 1 or len(labels) == 0 or len(images) != len(labels):
        raise ValueError(
            f"{name} has images of shape {tuple(images.shape)} and labels of shape {tuple(labels.shape)}; "
            "expected one label for each image and at least one image."
        )
