"""Bring the student's copies of the lessons up to date: ``python -m course_utils update``."""

import argparse
import json
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from course_utils.copies import Change, Work, find_work, fresh_copy, update_copies


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Read which other folder is named, if one is."""
    parser.add_argument(
        "--to",
        metavar="FOLDER",
        help="where your copies lie; default: COURSE_WORK, or my-course beside the lessons",
    )


def main(argv: list[str]) -> int:
    """Write or update the copies, and say for each lesson what changed.

    Parameters
    ----------
    argv : list of str
        The command's arguments.

    Returns
    -------
    int
        0, or 1 if a copy had to be left alone.

    Examples
    --------
    >>> main(["--help"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    SystemExit: 0
    """
    parser = argparse.ArgumentParser(
        prog="python -m course_utils update",
        description="Make your copies of the lessons, or bring them up to date. What you wrote stays.",
    )
    add_folder(parser)
    parser.add_argument(
        "--fresh",
        metavar="LESSON",
        help="begin this lesson anew, as 01 or softmax-attention; keep the old copy",
    )
    arguments = parser.parse_args(argv)
    return update(find_work(arguments.to), fresh=arguments.fresh)


def update(work: Work, fresh: str | None = None) -> int:
    """Write new copies into a folder or update its own, print what happened, and return the exit status.

    Parameters
    ----------
    work : Work
        Where the course lies, and where the copies lie.
    fresh : str, optional
        A lesson to begin anew, while the others are updated.

    Returns
    -------
    int
        0, or 1 if something had to be left alone.
    """
    try:
        open_now = open_files(work.folder)
        changes = fresh_copy(work, fresh, open_now) if fresh else update_copies(work, open_now)
    except (OSError, ValueError) as problem:
        print(f"Nothing was updated in {work.folder}: {_reason(problem)}", file=sys.stderr)
        return 1
    for line in tell(work, changes):
        print(line)
    return int(any(change.kind == "left alone" for change in changes))


def _reason(problem: OSError | ValueError) -> str:
    return problem.strerror or str(problem) if isinstance(problem, OSError) else str(problem)


def tell(work: Work, changes: Iterable[Change]) -> list[str]:
    """Return the lines that say what happened; new copies are only counted.

    Examples
    --------
    >>> tell(Work(Path(), Path("my-course")), [])
    ['Your copies in my-course are up to date.']
    """
    changes = list(changes)
    made = [change for change in changes if change.kind == "made"]
    lines = [f"{change.file}: {change.words}." for change in changes if change.kind != "made"]
    if len(made) > 3:
        lines.insert(
            0, f"Your copies of {len(made)} lessons lie in {work.folder}; work in them, they are yours."
        )
    else:
        lines += [f"{change.file}: {change.words}." for change in made]
    kinds = {change.kind for change in changes}
    if "moved over" in kinds and "not moved over" not in kinds:  # else git would take what was not moved
        lines.append(
            "From now on work in your copies. `git checkout -- notebooks` gives the lessons back to the "
            "course, so that `git pull` works again."
        )
    return lines or [f"Your copies in {work.folder} are up to date."]


def running_labs(folder: Path) -> list[dict]:
    """Return what Jupyter knows of its servers that run in a folder.

    Examples
    --------
    >>> running_labs(Path("no/such/folder"))
    []
    """
    return [server for server in _servers() if Path(server["root_dir"]) == folder.resolve()]


def _servers() -> list[dict]:
    from jupyter_server.serverapp import list_running_servers

    return list(list_running_servers())


def open_files(folder: Path) -> frozenset[str]:
    """Return the notebooks of a folder for which a JupyterLab that runs there, or above it, has a kernel."""
    found: set[str] = set()
    for server in _servers():
        address = f"{server['url']}api/sessions?token={quote(server['token'])}"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                paths = [Path(server["root_dir"], session["path"]).resolve() for session in json.load(answer)]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it has stopped, or is none that answers; Jupyter itself warns before it overwrites
        found |= {path.name for path in paths if path.parent == folder.resolve()}
    return frozenset(found)
