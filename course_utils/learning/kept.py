"""Keeping what a lesson trained, beside a student's copy of it: the next run of the same code loads it.

Only a student's copy keeps anything: a lesson that runs where there is a folder `.course`, or under
COURSE_KEEP=1 (COURSE_KEEP=0 forbids it). A file holds weights, numbers and texts, and can run no code.
"""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from course_utils.learning.fingerprint import UnknownError, code_key, course_key
from course_utils.learning.stopping import Stopped

if TYPE_CHECKING:  # explorers ask here whether networks are trained, and some of them run without torch
    from torch import nn

    Networks = dict[str, nn.Module]

FOLDER = ".kept"


class NotTrainedError(AttributeError):
    """Something was asked of networks that are not there. A notebook shows its one line, and no traceback."""

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback."""
        return [str(self)]


class NotTrained(dict):
    """Stands in for networks that are not there, and for each of them; a cell that shows it says what to do.

    Parameters
    ----------
    sentence : str
        What to do.

    Examples
    --------
    >>> networks = NotTrained("They are not trained yet.")
    >>> networks["attention"]
    They are not trained yet.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence

    def __missing__(self, name: str) -> NotTrained:
        """Return the stand-in for each network."""
        return self

    def __getattr__(self, name: str) -> NoReturn:
        """Raise what says what to do, in place of a network's own functions."""
        raise NotTrainedError(self.sentence)

    def __repr__(self) -> str:
        """Return what to do."""
        return self.sentence

    _repr_markdown_ = __repr__


class Kept(NamedTuple):
    """What a file holds: the digests of code and course, when it was made, results, weights."""

    code: str
    course: str
    when: str
    results: Any
    weights: bytes


class DamagedError(Exception):
    """What was kept cannot be read, or does not fit the networks."""


def keep(
    name: str, build: Callable[[], Networks], train: Callable[[Networks], Any], *, again: bool = False
) -> tuple[Networks, Any]:
    """Return trained networks: what the same code gave before, else trained now; a line says which it was.

    Code is the same if both functions are, what they refer to (see `fingerprint.code_key`), the course's own
    data, networks and learning, and the version of PyTorch.

    Parameters
    ----------
    name : str
        Of the file, `.kept/NAME.zip` in the folder of the running lesson.
    build : callable
        Returns the networks, untrained, by name. It is called here, so that a cell that runs twice or was
        stopped never goes on silently from where its networks were.
    train : callable
        Trains the networks that it is given, in place, and returns what JSON can hold, such as losses.
    again : bool
        Train anew, whatever is kept.

    Returns
    -------
    tuple
        The networks, in evaluation mode, and what `train` returned, as JSON has it: in lists and dicts.

    Raises
    ------
    ValueError
        If `name` is no name of a file, `build` returns no networks by name, or `train` returns what JSON
        cannot hold.
    Stopped
        If a person stops it, a KeyboardInterrupt. Nothing is kept then.

    Examples
    --------
    >>> from torch import nn
    >>> networks, losses = keep("toy", lambda: {"line": nn.Linear(1, 1)}, lambda networks: (0.5, 0.25))
    >>> networks["line"], losses
    (Linear(in_features=1, out_features=1, bias=True), [0.5, 0.25])
    """
    path, key = _path_of(name), None
    if keeps():
        try:
            key = code_key(build, train), course_key()
            kept = None if again else _read(path)
            if kept is not None and (kept.code, kept.course) == key:
                networks = _fill(build(), kept)
                print(f"Loaded what this very code gave on {kept.when}; keep(…, again=True) trains anew.")
                return networks, kept.results
        except UnknownError as error:
            print(f"Nothing will be kept: the code uses {error}, and nobody can tell whether that changed.")
        except DamagedError:
            print(f"{path} is damaged, so the networks are trained anew.")
    start = time.perf_counter()
    networks, results = _train(build, train)
    if key:
        told = f"Trained in {time.perf_counter() - start:.0f} s"
        try:
            _write(path, Kept(*key, in_words(datetime.now()), results, _weights_of(networks)))
            print(f"{told} and kept; the next run of this cell loads it.")
        except OSError as error:
            why = getattr(error.__cause__, "strerror", None) or error
            print(f"{told}, but not kept ({why}): the next run of this cell trains again.")
    return networks, results


def fetch(name: str, networks: Networks, cell: str) -> Networks | NotTrained:
    """Return what a lesson kept, without its cell that trains; a line says what was loaded or what to do.

    Parameters
    ----------
    name : str
        As for `keep`.
    networks : dict
        Networks of the same names and sizes as those that were kept. They are filled.
    cell : str
        How the cell begins that trains them.

    Returns
    -------
    dict or NotTrained
        The networks, in evaluation mode, or what stands in for them.

    Examples
    --------
    >>> fetch("toy", {}, "# Train both")["attention"].sentence[:34]
    'These networks are not trained yet'
    """
    why, nothing_kept = "These networks are not trained yet.", False
    if keeps():
        try:
            kept = _read(_path_of(name))
            if kept is not None and kept.course == course_key():
                networks = _fill(networks, kept)
                print(f"Loaded what the cell `{cell}` gave on {kept.when}.")
                return networks
            nothing_kept = kept is None
            if kept is not None:
                why = "The course has changed since these networks were trained."
        except DamagedError:
            why = "What was kept of these networks is damaged, or of another size."
    way = "Select it, choose Run All Above Selected Cell in the menu Run, then run it"
    stand_in = NotTrained(f"{why} The cell that begins `{cell}` trains them. {way}.")
    if nothing_kept:
        print("Nothing is kept of these networks yet. First time here? Read on: a cell below trains them.")
    elif keeps():
        print(stand_in)
    return stand_in


def find_untrained(networks: object) -> NotTrained | None:
    """Return what stands in for networks, or for one of them; None if all are there.

    Parameters
    ----------
    networks : object
        A network, or several by name.

    Returns
    -------
    NotTrained or None

    Examples
    --------
    >>> find_untrained({"attention": NotTrained("It is not trained yet.")})
    It is not trained yet.
    """
    parts = [networks, *(networks.values() if isinstance(networks, Mapping) else ())]
    return next((part for part in parts if isinstance(part, NotTrained)), None)


def keeps() -> bool:
    """Return whether trainings are kept here: in a student's copy, unless COURSE_KEEP says otherwise.

    Returns
    -------
    bool

    Examples
    --------
    >>> keeps()
    False
    """
    said = os.environ.get("COURSE_KEEP")
    return said == "1" or (said != "0" and Path(".course").is_dir())


def in_words(moment: datetime) -> str:
    """Return a moment as people write it.

    Parameters
    ----------
    moment : datetime.datetime

    Returns
    -------
    str

    Examples
    --------
    >>> in_words(datetime(2026, 5, 3, 14, 2))
    '3 May 2026, 14:02'
    """
    return f"{moment.day} {moment:%B %Y, %H:%M}"


def _path_of(name: str) -> Path:
    """Return where something is kept, or refuse what is no name of a file."""
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise ValueError(f"name is {name!r}; expected the name of a file, such as 'attention'.")
    return Path(FOLDER) / f"{name}.zip"


def _train(build: Callable[[], Networks], train: Callable[[Networks], Any]) -> tuple[Networks, Any]:
    """Train new networks; what comes back is what would be loaded, so nothing works the first time only."""
    try:
        networks = build()
        if not isinstance(networks, Mapping):
            raise ValueError(f"build returns a {type(networks).__name__}; expected networks by name, a dict.")
        results = train(networks)
    except KeyboardInterrupt as stop:
        where = stop.where if isinstance(stop, Stopped) else "Stopped"
        raise Stopped(where, "Nothing was kept; run this cell again to train from the start.") from None
    try:
        results = json.loads(json.dumps(results))
    except TypeError as error:
        raise ValueError(
            f"train returns what JSON cannot hold ({error}); expected numbers, texts, lists and dicts."
        ) from error
    for network in networks.values():
        network.eval()
    return networks, results


def _weights_of(networks: Networks) -> bytes:
    """Return the weights of networks as safetensors."""
    import safetensors.torch

    weights = {
        f"{name}/{part}": tensor.detach().cpu().contiguous().clone()
        for name, network in networks.items()
        for part, tensor in network.state_dict().items()
    }
    return safetensors.torch.save(weights)


def _fill(networks: Networks, kept: Kept) -> Networks:
    """Return networks filled with kept weights, in evaluation mode."""
    import safetensors.torch

    try:
        weights = safetensors.torch.load(kept.weights)
        for name, network in networks.items():
            network.load_state_dict({part: weights.pop(f"{name}/{part}") for part in network.state_dict()})
            network.eval()
    except (safetensors.SafetensorError, KeyError, RuntimeError) as error:
        raise DamagedError from error
    if weights:
        raise DamagedError
    return networks


def _write(path: Path, kept: Kept) -> None:
    """Write a file, whole or not at all: an archive, whose check sums tell damage."""
    from course_utils.learning.checkpoints import write_whole

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("kept.json", json.dumps(kept._replace(weights=None)._asdict()))
        archive.writestr("weights.safetensors", kept.weights)
    write_whole(path, buffer.getvalue())


def _read(path: Path) -> Kept | None:
    """Read a file; None if there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            kept = json.loads(archive.read("kept.json"))
            return Kept(**kept | {"weights": archive.read("weights.safetensors")})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception as error:  # whatever a damaged file makes the reader say
        raise DamagedError from error
