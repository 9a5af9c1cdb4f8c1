"""Training readers of dates, and measuring them: exact matches, and attention against the true alignment."""

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from course_utils._arguments import require_count, require_positive
from course_utils.data.dates import FIELD_STEPS, FIELDS, OUTPUT_LENGTH, PADDING, Dates
from course_utils.learning.stopping import step_by_step
from course_utils.learning.training import Watch, rise_and_fall
from course_utils.networks._arguments import as_device, require_floats, require_kind, text_lengths


class Reader(Protocol):
    """What a network must offer to be trained and measured here; see `networks.seq2seq.DateReader`."""

    def __call__(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (n, 10, 11) and weights (n, 10, longest), with teacher forcing."""
        ...

    def read(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return output ids (n, 10) and weights (n, 10, longest), running freely."""
        ...


def fit_reader(
    model: nn.Module,
    data: Dates,
    *,
    epochs: int,
    batch_size: int = 64,
    learning_rate: float = 0.01,
    seed: int = 0,
    clip: float = 1.0,
    progress: bool | str = False,
    device: torch.device | str = "cpu",
) -> list[float]:
    """Train a reader in place by Adam on cross-entropy, with teacher forcing.

    The learning rate climbs from a tenth to its full value in the first quarter of the steps and then falls
    to almost zero, both in a straight line. Texts of like length are put into one batch, and each batch is
    cut to the length of its longest text, which saves more than half of the time.

    Parameters
    ----------
    model : torch.nn.Module
        A `Reader`. It ends in evaluation mode.
    data : Dates
        What to learn from.
    epochs : int
        How often each date is seen.
    batch_size : int
        Dates in one step; the last step of an epoch may have fewer.
    learning_rate : float
        The highest learning rate.
    seed : int
        Decides the order of the dates.
    clip : float
        The gradient is shortened to this length where it is longer; recurrent networks need that.
    progress : bool or str
        Whether to show a progress bar, or the name that it shows.
    device : torch.device or str
        Where to compute, see `choose_device`; then the model comes back to the processor, where it is used.

    Returns
    -------
    list of float
        The average loss in nats per character in each epoch, taken while the reader was learning.

    Raises
    ------
    ValueError
        If an argument is not as stated.
    FloatingPointError
        If the loss becomes infinite or NaN; as for `course_utils.learning.training.fit`.
    Stopped
        If a person stops it, a KeyboardInterrupt; it says after which step.

    Examples
    --------
    >>> from course_utils.data.dates import dates
    >>> from course_utils.networks.seq2seq import DateReader
    >>> losses = fit_reader(DateReader("additive"), dates(64, seed=0), epochs=3, batch_size=32)
    >>> losses[-1] < losses[0]
    True
    """
    _require_some(model, data, batch_size)
    require_count("epochs", epochs)
    require_positive("learning_rate", learning_rate)
    require_positive("clip", clip)
    require_count("seed", seed, minimum=0)
    device = as_device("device", device)
    generator = torch.Generator().manual_seed(seed)
    n_steps = epochs * len(_batches(data.inputs, batch_size, generator))
    model.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = rise_and_fall(optimizer, n_steps)
    watch = Watch(schedule, device)
    losses = []
    model.train()
    with step_by_step(schedule, n_steps, progress=progress) as bar:
        for _ in range(epochs):
            seen = []
            for batch in _batches(data.inputs, batch_size, generator):
                inputs, targets = _cut(data.inputs[batch]).to(device), data.targets[batch].to(device)
                logits, _ = model(inputs, targets)
                loss = cross_entropy(logits.flatten(0, 1), targets.flatten())
                watch.see(loss)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), clip)
                optimizer.step()
                schedule.step()
                bar.update()
                seen.append((loss.detach(), len(batch)))
            watch.look()
            total = 0.0
            for loss, n in seen:  # read here, for a GPU has to be waited for
                total += loss.item() * n
            losses.append(total / len(data.inputs))
    model.to("cpu").eval()
    return losses


def matches(model: nn.Module, data: Dates, *, batch_size: int = 256) -> Tensor:
    """Return which dates a reader, running freely, spells right in all ten characters.

    Teacher forcing would give the same answer: as long as all characters are right, the reader's own previous
    character is the true one.

    Parameters
    ----------
    model : torch.nn.Module
        A `Reader`; it is put into evaluation mode.
    data : Dates
        What to read.
    batch_size : int
        Dates read together.

    Returns
    -------
    torch.Tensor
        bool, (n,).

    Raises
    ------
    ValueError
        If an argument is not as stated.

    Examples
    --------
    >>> from course_utils.data.dates import dates
    >>> from course_utils.networks.seq2seq import DateReader
    >>> matches(DateReader("additive"), dates(5, seed=0)).shape
    torch.Size([5])
    """
    return right_characters(model, data, batch_size=batch_size).all(dim=1)


def exact_match(model: nn.Module, data: Dates, *, batch_size: int = 256) -> float:
    """Return the share of dates that a reader spells right in all ten characters; see `matches`.

    Parameters
    ----------
    model, data, batch_size
        As for `matches`.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If an argument is not as stated.

    Examples
    --------
    >>> from course_utils.data.dates import dates
    >>> from course_utils.networks.seq2seq import DateReader
    >>> exact_match(DateReader("additive"), dates(20, seed=0))  # has learned nothing
    0.0
    """
    return matches(model, data, batch_size=batch_size).float().mean().item()


@torch.no_grad()
def right_characters(model: nn.Module, data: Dates, *, forced: bool = False, batch_size: int = 256) -> Tensor:
    """Return which output characters a reader gets right.

    Parameters
    ----------
    model, data, batch_size
        As for `matches`.
    forced : bool
        Whether the reader is given the true previous characters (teacher forcing), as in training, instead
        of its own, as in use. The two can differ only behind a date's first wrong character.

    Returns
    -------
    torch.Tensor
        bool, (n, 10).

    Raises
    ------
    ValueError
        If an argument is not as stated.

    Examples
    --------
    >>> from course_utils.data.dates import dates
    >>> from course_utils.networks.seq2seq import DateReader
    >>> right_characters(DateReader("additive"), dates(5, seed=0), forced=True).shape
    torch.Size([5, 10])
    """
    _require_some(model, data, batch_size)
    model.eval()
    right = []
    for inputs, targets in zip(data.inputs.split(batch_size), data.targets.split(batch_size), strict=True):
        inputs = _cut(inputs)
        ids = model(inputs, targets)[0].argmax(dim=2) if forced else model.read(inputs)[0]
        right.append(ids == targets)
    return torch.cat(right)


def alignment_score(weights: Tensor, alignment: Tensor) -> dict[str, float]:
    """Return the share of attention that lies on the characters which spell the field being written.

    For each of the output's four characters of the year it is the weight that lies on the written year, and
    likewise for month and day; the two dashes are not counted. A share alone says little: compare it with
    `uniform_weights` and with the weights of a network that has learned nothing.

    Parameters
    ----------
    weights : torch.Tensor
        Shape (n, 10, longest); each row sums to 1.
    alignment : torch.Tensor
        bool, (n, 3, longest): the characters that spell year, month and day.

    Returns
    -------
    dict of str to float
        The mean share, 0 to 1, for "year", "month" and "day".

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> alignment = torch.eye(3, dtype=torch.bool)[None]  # three characters: one each
    >>> alignment_score(torch.tensor([0.5, 0.25, 0.25]).expand(1, 10, 3), alignment)
    {'year': 0.5, 'month': 0.25, 'day': 0.25}
    """
    require_floats("weights", weights)
    require_kind("alignment", alignment, Tensor)
    n, _, longest = alignment.shape if alignment.ndim == 3 else (0, 0, 0)
    if weights.shape != (n, OUTPUT_LENGTH, longest) or alignment.shape[1:2] != (3,) or n == 0:
        raise ValueError(
            f"weights has shape {tuple(weights.shape)} and alignment {tuple(alignment.shape)}; "
            f"expected (n, {OUTPUT_LENGTH}, longest) and (n, 3, longest)."
        )
    return {
        field: (weights[:, list(steps)] * alignment[:, i, None]).sum(dim=2).mean().item()
        for i, (field, steps) in enumerate((field, FIELD_STEPS[field]) for field in FIELDS)
    }


def uniform_weights(inputs: Tensor) -> Tensor:
    """Return the weights of a reader that attends to all characters of a text alike: the control.

    Parameters
    ----------
    inputs : torch.Tensor
        Character ids, (n, longest), 0 behind the end of each text.

    Returns
    -------
    torch.Tensor
        Shape (n, 10, longest); each row sums to 1 and is zero behind the end.

    Raises
    ------
    ValueError
        If `inputs` is no batch of texts, a text is empty, or there is padding inside one.

    Examples
    --------
    >>> uniform_weights(torch.tensor([[5, 6, 0]]))[0, 0]
    tensor([0.5000, 0.5000, 0.0000])
    """
    text_lengths(inputs)
    mask = (inputs != PADDING).float()
    return (mask / mask.sum(dim=1, keepdim=True))[:, None].repeat(1, OUTPUT_LENGTH, 1)


def _require_some(model: nn.Module, data: Dates, batch_size: int) -> None:
    """Refuse what is no network, and no dates or no batch of them."""
    require_kind("model", model, nn.Module)
    require_kind("data", data, Dates)
    if len(data.inputs) == 0:
        raise ValueError("data is empty; expected at least one date.")
    require_count("batch_size", batch_size)


def _batches(inputs: Tensor, batch_size: int, generator: torch.Generator) -> list[Tensor]:
    """Return the rows in random batches of texts of like length, (at most batch_size,) numbers each."""
    order = torch.randperm(len(inputs), generator=generator)
    lengths = (inputs != PADDING).sum(dim=1)
    batches = []
    for some in order.split(16 * batch_size):
        batches += some[lengths[some].argsort(stable=True)].split(batch_size)
    return [batches[i] for i in torch.randperm(len(batches), generator=generator)]


def _cut(inputs: Tensor) -> Tensor:
    """Return a batch without the padding that each of its texts has."""
    return inputs[:, : int((inputs != PADDING).sum(dim=1).max())]
