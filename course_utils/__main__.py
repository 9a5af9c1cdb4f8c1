"""The course's command line: ``python -m course_utils COMMAND``."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

#: Each command: the module whose ``main(argv)`` runs it, and its purpose in one line.
COMMANDS = {
    "lab": ("course_utils.commands.lab", "open your copies of the lessons in JupyterLab"),
    "update": ("course_utils.commands.update", "bring your copies up to date; what you wrote stays"),
    "doctor": (
        "course_utils.commands.doctor",
        "say what is installed, which device is used, and what to mend",
    ),
    "train": ("course_utils.commands.train", "train an image classifier on photos, and keep it"),
    "predict": ("course_utils.commands.predict", "name what photos show, and draw where the network looked"),
    "report": ("course_utils.commands.report", "sum up a folder of submitted notebooks for an instructor"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; only its own module is imported.

    Parameters
    ----------
    argv : list of str, optional
        The command and its arguments; those of the process if not given.

    Returns
    -------
    int
        The command's exit status.

    Examples
    --------
    >>> main(["doctor", "--help"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    SystemExit: 0
    """
    parser = argparse.ArgumentParser(
        prog="python -m course_utils",
        description="Commands of the course Attention on Trial.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(
            ["commands:", *(f"  {name:<9} {purpose}" for name, (_, purpose) in COMMANDS.items())]
        ),
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command", help="one of the commands below")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="its arguments; --help after it lists them"
    )
    chosen = parser.parse_args(argv)
    module, _ = COMMANDS[chosen.command]
    return import_module(module).main(chosen.arguments)


if __name__ == "__main__":
    sys.exit(main())
