"""A real JupyterLab and a real browser for the tests of this folder.

`page` is a fresh tab; its test fails when the page logs an error or asks for anything outside this machine.
`lab` is one server for all tests of a worker, on a copy of the lessons; `open_lesson`, `run_all`, `run_cell`
and `wait_idle` drive it.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tools import slides
from tools.checks import ROOT
from tools.lab import IDLE, Lab, is_upstream, launch_chromium, running_lab

LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "file:", "about:")
PAGE_MILLISECONDS = 120_000
CELL_MILLISECONDS = 600_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests of a worker."""
    with sync_playwright() as playwright:
        try:
            chromium = launch_chromium(playwright)
        except FileNotFoundError as problem:
            pytest.skip(f"The browser tests did not run. {problem}")
        yield chromium
        chromium.close()


@contextmanager
def watched_tab(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """Open a fresh tab, and note the errors in its console and its requests off this machine."""
    problems: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 720})

    def note_request(request: Request) -> None:
        if not request.url.startswith(LOCAL):
            problems.append(f"The page asked for {request.url}; ship that file with the course instead.")

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error" and not is_upstream(message.text, message.location["url"]):
            problems.append(f"The console says: {message.text} ({message.location})")

    context.route(lambda url: not url.startswith(LOCAL), lambda route: route.abort())
    tab = context.new_page()
    tab.set_default_timeout(PAGE_MILLISECONDS)
    tab.on("request", note_request)
    tab.on("pageerror", lambda error: problems.append(f"The page raised {error}."))
    tab.on("console", note_message)
    yield tab, problems
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a fresh tab; errors in its console and requests off this machine fail the test."""
    with watched_tab(browser) as (tab, problems):
        yield tab
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module")
def shared_tab(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """Give the tests of a file one tab, and what was wrong with it; each test looks at that and clears it."""
    with watched_tab(browser) as tab:
        yield tab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start the installed JupyterLab on a copy of the lessons, and stop it after the last test."""
    home = tmp_path_factory.mktemp("lab")
    for part in filter(Path.exists, (ROOT / "notebooks", ROOT / "figures", ROOT / "results")):
        unwanted = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(part, home / "course" / part.name, ignore=unwanted)
    shutil.copy(ROOT / "claims.csv", home / "course")
    with running_lab(home) as lab:
        yield lab


@pytest.fixture(scope="session")
def vendor(shared_folder: Path) -> Path:
    """Fetch reveal.js and MathJax to slides/vendor, unless they are there."""
    slides.SLIDES.mkdir(exist_ok=True)
    with FileLock(shared_folder / "vendor.lock"):
        slides.fetch_vendor(slides.SLIDES / "vendor")
    return slides.SLIDES / "vendor"


@pytest.fixture(scope="session")
def wait_idle() -> Callable[[Page], None]:
    """Return `wait_idle(page)`: wait until the kernel is idle and no cell shows [*]."""

    def wait_idle(page: Page, milliseconds: int = CELL_MILLISECONDS) -> None:
        page.wait_for_function(IDLE, timeout=milliseconds)
        page.wait_for_timeout(300)  # the last output reaches the page after the kernel is idle

    return wait_idle


@pytest.fixture(scope="session")
def open_lesson(lab: Lab, wait_idle: Callable[[Page], None]) -> Callable[[Page, str], None]:
    """Return `open_lesson(page, name)`: open `notebooks/name` of `lab.folder` and wait for its kernel."""

    def open_lesson(page: Page, name: str) -> None:
        page.goto(lab.address_of(f"notebooks/{name}"))
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell")
        wait_idle(page, PAGE_MILLISECONDS)

    return open_lesson


@pytest.fixture(scope="session")
def run_all(wait_idle: Callable[[Page], None]) -> Callable[[Page], None]:
    """Return `run_all(page)`: run every cell of the open lesson and wait for the last output."""

    def run_all(page: Page) -> None:
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        wait_idle(page)

    return run_all


@pytest.fixture(scope="session")
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
