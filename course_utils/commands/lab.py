"""Open the student's copies in JupyterLab: ``python -m course_utils lab``."""

import argparse
import os
import subprocess
import sys
import webbrowser
from pathlib import Path

from course_utils.commands.update import add_folder, running_labs, update
from course_utils.copies import find_work
from course_utils.lessons import find_lessons

CONFIG = Path(__file__).resolve().parent  # holds `labconfig`: no question about Jupyter's news


def main(argv: list[str]) -> int:
    """Run JupyterLab in the folder of the copies, which are made or updated first.

    Parameters
    ----------
    argv : list of str
        The command's arguments; those that it does not know go to JupyterLab.

    Returns
    -------
    int
        The exit status of JupyterLab; 0 where one runs in this folder already.

    Examples
    --------
    >>> main(["--help"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    SystemExit: 0
    """
    parser = argparse.ArgumentParser(
        prog="python -m course_utils lab",
        description="Make or update your copies of the lessons, and open JupyterLab in their folder.",
        epilog="All other options go to JupyterLab, as --no-browser or --port=8889.",
        allow_abbrev=False,
    )
    add_folder(parser)
    arguments, others = parser.parse_known_args(argv)
    work = find_work(arguments.to)
    update(work)
    if not work.folder.is_dir():
        return 1
    if running := running_labs(work.folder):
        address = f"{running[0]['url']}lab?token={running[0]['token']}"
        print(f"JupyterLab runs in this folder already, at {address}; File → Shut Down stops it.")
        if "--no-browser" not in others:
            webbrowser.open(address)
        return 0
    lesson = find_lessons(work.course / "notebooks")[0]
    first = f"/lab/tree/{lesson.path.name}"  # where the printed address leads too
    settings = {"ServerApp.ip": "127.0.0.1", "ServerApp.root_dir": work.folder, "LabApp.default_url": first}
    options = [*(f"--{name}={value}" for name, value in settings.items()), *others]
    return run_lab(options, work.folder)


def run_lab(options: list[str], folder: Path) -> int:
    """Run the JupyterLab of this Python in a folder until it is stopped, and return its exit status."""
    paths = [str(CONFIG), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    environment = os.environ | {"JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "jupyterlab", *options]
    if os.name == "posix":  # JupyterLab takes this process's place: whatever stops it reaches JupyterLab
        sys.stdout.flush()
        os.chdir(folder)
        os.execve(command[0], command, environment)
    with subprocess.Popen(command, cwd=folder, env=environment) as lab:
        while True:
            try:
                return lab.wait()
            except KeyboardInterrupt:  # Ctrl-C reaches JupyterLab too, which asks before it stops
                continue
