"""A real JupyterLab and a Chromium to look at it: for the browser tests, and for what times explorers."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
START_SECONDS = 120  # a hang, not a slow machine

# Whether the kernel of the notebook in front is idle and no cell shows [*].
IDLE = """() => {
  const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
  const kernel = panel?.sessionContext?.session?.kernel;
  const waiting = [...document.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('*'));
  return kernel?.status === 'idle' && !waiting;
}"""


class Lab(NamedTuple):
    """A running JupyterLab: its address, its token and the folder it serves."""

    url: str
    token: str
    folder: Path

    def address_of(self, path: str) -> str:
        """Return the address of a notebook of the folder, opened alone."""
        return f"{self.url}/lab/tree/{path}?token={self.token}&reset"


def is_upstream(text: str, url: str) -> bool:
    """Tell an error that JupyterLab's own scripts log from one of the course's.

    When tabs change while React still draws a toolbar, it may miss a node; a person sees nothing of it.
    """
    return (
        text.startswith("NotFoundError: Failed to execute 'removeChild' on 'Node'") and "/static/lab/" in url
    )


def launch_chromium(playwright: Playwright) -> Browser:
    """Start an installed Chromium, or the one that Playwright downloaded.

    Raises
    ------
    FileNotFoundError
        If there is neither.
    """
    installed = next(filter(None, map(shutil.which, BROWSERS)), None)
    path = installed or playwright.chromium.executable_path
    if not Path(path).exists():
        raise FileNotFoundError(
            "No Chromium was found. Get one: `apt install chromium` on Debian and Ubuntu, "
            "`.venv/bin/playwright install chromium` elsewhere."
        )
    return playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)


@contextmanager
def running_lab(home: Path) -> Iterator[Lab]:
    """Serve the folder `home/course` with the installed JupyterLab; its settings and log lie beside it."""
    lab = Lab(f"http://127.0.0.1:{free_port()}", secrets.token_hex(16), home / "course")
    log = home / "log"
    with log.open("w") as words:
        streams = {"stdout": words, "stderr": subprocess.STDOUT}
        server = subprocess.Popen(lab_command(lab), env=lab_environment(home), **streams)
        try:
            wait_for_server(lab, server, log)
            yield lab
        finally:
            server.terminate()
            server.wait(timeout=60)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lab_command(lab: Lab) -> list[str]:
    """Build the command line; `window.jupyterapp` is what the tests drive the page through."""
    settings = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": lab.url.rpartition(":")[2],
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": lab.folder,
        "IdentityProvider.token": lab.token,
        "LabApp.expose_app_in_browser": True,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    return [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options]


def lab_environment(home: Path) -> dict[str, str]:
    """Write settings that ask nobody for news, and return the environment that points to them."""
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet), encoding="utf-8")
    return os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "COURSE_PROGRESS": str(home / "progress.json"),
    }


def wait_for_server(lab: Lab, server: subprocess.Popen, log: Path) -> None:
    """Return once the server answers; raise with its log when it stops or does not answer in time."""
    status = f"{lab.url}/api/status?token={lab.token}"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(status, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"JupyterLab did not start. Its log says:\n{log.read_text(encoding='utf-8')}")
