"""A training on its way: the bar that shows it, and the one line that a person who stops it reads."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from torch.optim.lr_scheduler import LRScheduler


class Stopped(KeyboardInterrupt):
    """A training that a person stopped. A notebook shows its one line, and no traceback.

    Parameters
    ----------
    where : str
        How far it came, without a full stop.
    what_holds : str
        What that means for the network, in a sentence or two.

    Examples
    --------
    >>> print(Stopped("Stopped after step 3 of 9", "Nothing was kept."))
    Stopped after step 3 of 9. Nothing was kept.
    """

    def __init__(
        self,
        where: str,
        what_holds: str = "The network holds what it learned so far: build it anew to train from the start.",
    ) -> None:
        super().__init__(f"{where}. {what_holds}")
        self.where = where

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback."""
        return [str(self)]


@contextmanager
def step_by_step(schedule: LRScheduler, n_steps: int, *, progress: bool | str) -> Iterator[tqdm]:
    """Show a bar of steps while a training runs, and say how far it came if a person stops it.

    In a notebook the bar goes to the output stream, for JupyterLab prints the error stream on red; in a
    terminal to the error stream, as bars do.

    Parameters
    ----------
    schedule : torch.optim.lr_scheduler.LRScheduler
        Counts the steps that were taken.
    n_steps : int
        How many there will be.
    progress : bool or str
        Whether to show the bar, or the name that it shows.

    Yields
    ------
    tqdm.tqdm
        The bar, to be updated after each step.

    Raises
    ------
    Stopped
        If a person stops it.

    Examples
    --------
    >>> import torch
    >>> schedule = torch.optim.lr_scheduler.ConstantLR(torch.optim.SGD([torch.zeros(1)], lr=0.1))
    >>> with step_by_step(schedule, 9, progress=False) as bar:
    ...     bar.total
    9
    """
    stream = sys.stdout if hasattr(builtins, "get_ipython") else sys.stderr
    done, name = schedule.last_epoch, progress if isinstance(progress, str) else None
    try:
        with tqdm(
            total=n_steps, desc=name, initial=done, unit="step", file=stream, disable=not progress
        ) as bar:
            yield bar
    except KeyboardInterrupt:
        raise Stopped(f"Stopped after step {schedule.last_epoch} of {n_steps}") from None
