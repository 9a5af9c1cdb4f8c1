"""A real JupyterLab and a real browser for the tests of this folder.

`page` is a fresh tab; its test fails when the page logs an error or asks for anything outside this machine.
`lab` is one server for all tests, on a copy of the lessons; `open_lesson`, `run_all`, `run_cell`, `wait_idle`
drive it.
"""

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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "file:", "about:")
START_SECONDS = 120  # a hang, not a slow machine
PAGE_MILLISECONDS = 120_000
CELL_MILLISECONDS = 600_000

IDLE = """() => {
  const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
  const kernel = panel?.sessionContext?.session?.kernel;
  const waiting = [...document.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('*'));
  return kernel?.status === 'idle' && !waiting;
}"""


class Lab(NamedTuple):
    """A running JupyterLab: its address, its token and the folder it serves (a copy of the course)."""

    url: str
    token: str
    folder: Path


def find_chromium(playwright: Playwright) -> str | None:
    """Path of an installed Chromium, or of the one that Playwright downloaded; None when there is neither."""
    installed = next(filter(None, map(shutil.which, BROWSERS)), None)
    downloaded = playwright.chromium.executable_path
    return installed or (downloaded if Path(downloaded).exists() else None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            pytest.skip(
                "No Chromium was found, so the browser tests did not run. Get one: `apt install chromium` "
                "on Debian and Ubuntu, `.venv/bin/playwright install chromium` elsewhere."
            )
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a fresh tab; errors in its console and requests off this machine fail the test."""
    problems: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 720})

    def note_request(request: Request) -> None:
        if not request.url.startswith(LOCAL):
            problems.append(f"The page asked for {request.url}; ship that file with the course instead.")

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"The console says: {message.text} ({message.location})")

    context.route(lambda url: not url.startswith(LOCAL), lambda route: route.abort())
    tab = context.new_page()
    tab.set_default_timeout(PAGE_MILLISECONDS)
    tab.on("request", note_request)
    tab.on("pageerror", lambda error: problems.append(f"The page raised {error}."))
    tab.on("console", note_message)
    yield tab
    context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start the installed JupyterLab on a copy of the lessons, and stop it after the last test."""
    folder = tmp_path_factory.mktemp("lab")
    lab = Lab(f"http://127.0.0.1:{free_port()}", secrets.token_hex(16), folder / "course")
    for part in filter(Path.exists, (ROOT / "notebooks", ROOT / "figures", ROOT / "results")):
        unwanted = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(part, lab.folder / part.name, ignore=unwanted)
    shutil.copy(ROOT / "claims.csv", lab.folder)
    with (folder / "log").open("w") as log:
        streams = {"stdout": log, "stderr": subprocess.STDOUT}
        server = subprocess.Popen(lab_command(lab), env=lab_environment(folder), **streams)
        try:
            wait_for_server(lab, server, folder / "log")
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


def lab_environment(folder: Path) -> dict[str, str]:
    """Write settings that ask nobody for news, and return the environment that points to them."""
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet), encoding="utf-8")
    return os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "COURSE_PROGRESS": str(folder / "progress.json"),
    }


def wait_for_server(lab: Lab, server: subprocess.Popen, log: Path) -> None:
    """Return once the server answers; fail with its log when it stops or does not answer in time."""
    status = f"{lab.url}/api/status?token={lab.token}"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(status, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"JupyterLab did not start. Its log says:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture
def wait_idle() -> Callable[[Page], None]:
    """Return `wait_idle(page)`: wait until the kernel is idle and no cell shows [*]."""

    def wait_idle(page: Page, milliseconds: int = CELL_MILLISECONDS) -> None:
        page.wait_for_function(IDLE, timeout=milliseconds)
        page.wait_for_timeout(300)  # the last output reaches the page after the kernel is idle

    return wait_idle


@pytest.fixture
def open_lesson(lab: Lab, wait_idle: Callable[[Page], None]) -> Callable[[Page, str], None]:
    """Return `open_lesson(page, name)`: open `notebooks/name` of `lab.folder` and wait for its kernel."""

    def open_lesson(page: Page, name: str) -> None:
        page.goto(f"{lab.url}/lab/tree/notebooks/{name}?token={lab.token}&reset")
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell")
        wait_idle(page, PAGE_MILLISECONDS)

    return open_lesson


@pytest.fixture
def run_all(wait_idle: Callable[[Page], None]) -> Callable[[Page], None]:
    """Return `run_all(page)`: run every cell of the open lesson and wait for the last output."""

    def run_all(page: Page) -> None:
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        wait_idle(page)

    return run_all


@pytest.fixture
def run_cell(wait_idle: Callable[[Page], None]) -> Callable[[Page, int], None]:
    """Return `run_cell(page, place)`: run one cell of the open lesson, 0 the first, and wait for it."""

    def run_cell(page: Page, place: int) -> None:
        page.evaluate(
            """place => {
              window.jupyterapp.shell.currentWidget.content.activeCellIndex = place;
              return window.jupyterapp.commands.execute('notebook:run-cell');
            }""",
            place,
        )
        wait_idle(page)

    return run_cell
