"""A student's copy in the real JupyterLab, opened by the course's command: written, updated, opened again."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell
from playwright.sync_api import Page, expect

from course_utils.lessons import COURSE, find_lesson
from tools.lab import Lab, free_port, wait_for_server

LESSON = find_lesson("softmax-attention").path.name
ANSWER = "ex-largest-weight-answer"
HOMES = ("HOME", "USERPROFILE", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
GO_TO = """name => {
  const lesson = window.jupyterapp.shell.currentWidget.content;
  lesson.activeCellIndex = lesson.widgets.findIndex(cell => cell.model.id === name);
  lesson.mode = 'edit';
}"""
SOURCES = """() => Object.fromEntries(window.jupyterapp.shell.currentWidget.content.model.toJSON().cells
  .map(cell => [cell.id, [].concat(cell.source).join('')]))"""


class Desk:
    """A checkout of one's own, a folder of copies, and a JupyterLab that has no settings yet."""

    def __init__(self, home: Path) -> None:
        self.checkout, self.folder = home / "checkout", home / "copies"
        unwanted = shutil.ignore_patterns("__pycache__", ".*")
        for part in ("course_utils", "notebooks", "figures"):
            shutil.copytree(COURSE / part, self.checkout / part, ignore=unwanted)
        self.environment = os.environ | {name: str(home / name.lower()) for name in HOMES}
        self.environment["JUPYTERLAB_SETTINGS_DIR"] = str(home / "settings")
        self.environment["JUPYTERLAB_WORKSPACES_DIR"] = str(home / "workspaces")
        self.lab = Lab(f"http://127.0.0.1:{free_port()}", secrets.token_hex(16), self.folder)

    def start(self, command: str, *options: str, **how: object) -> subprocess.Popen:
        """Start a command of the course with the copies' folder."""
        line = [sys.executable, "-m", "course_utils", command, "--to", str(self.folder), *options]
        return subprocess.Popen(line, cwd=self.checkout, env=self.environment, text=True, **how)

    def update(self) -> str:
        """Update the copies; return what is said."""
        with self.start("update", stdout=subprocess.PIPE, encoding="utf-8") as command:
            return command.communicate()[0]

    def ask(self, path: str, method: str = "GET") -> bytes:
        """Ask the server that runs here."""
        headers = {"Authorization": f"token {self.lab.token}"}
        request = urllib.request.Request(f"{self.lab.url}/api/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Open JupyterLab with the course's command, and shut it down in the end."""
    desk = Desk(tmp_path)
    options = {
        "ServerApp.port": desk.lab.url.rpartition(":")[2],
        "ServerApp.port_retries": 0,
        "IdentityProvider.token": desk.lab.token,
        "LabApp.expose_app_in_browser": True,
    }
    words = ["--no-browser", "--allow-root", *(f"--{name}={value}" for name, value in options.items())]
    log = tmp_path / "log"
    with (
        log.open("w") as stream,
        desk.start("lab", *words, stdout=stream, stderr=subprocess.STDOUT) as server,
    ):
        try:
            wait_for_server(desk.lab, server, log)
            yield desk
            desk.ask("shutdown", "POST")
            assert server.wait(timeout=60) == 0
        finally:
            server.kill()


def open_copy(page: Page, desk: Desk, wait_idle) -> None:
    page.goto(desk.lab.address_of(LESSON))
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell")
    wait_idle(page)


@pytest.mark.slow
def test_an_answer_typed_in_jupyterlab_survives_an_update(desk: Desk, page: Page, wait_idle):
    open_copy(page, desk, wait_idle)
    page.evaluate(GO_TO, ANSWER)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type('largest_weight = "my answer"')
    page.evaluate(GO_TO, "scores")
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.press("End")
    page.keyboard.press("ControlOrMeta+Shift+Minus")  # splits the cell behind its first line
    page.keyboard.press("ControlOrMeta+S")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    saved = (desk.folder / LESSON).read_bytes()
    assert b"my answer" in saved
    expect(page.get_by_text("official Jupyter news")).to_have_count(0)

    master = nbformat.read(desk.checkout / "notebooks" / LESSON, as_version=4)
    master.cells.insert(3, new_markdown_cell("New in the course.", id="brand-new"))
    nbformat.write(master, desk.checkout / "notebooks" / LESSON)
    assert "open in JupyterLab" in desk.update()
    assert (desk.folder / LESSON).read_bytes() == saved

    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:close-and-shutdown')")
    page.get_by_role("dialog").get_by_role("button", name="OK").or_(
        page.get_by_role("dialog").get_by_role("button", name="Shut")
    ).first.click()
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget?.sessionContext")
    assert json.loads(desk.ask("sessions")) == []
    assert desk.update() == f"{LESSON}: 1 cell new.\n"

    open_copy(page, desk, wait_idle)
    sources = page.evaluate(SOURCES)
    assert sources[ANSWER] == 'largest_weight = "my answer"'
    assert sources["brand-new"] == "New in the course."
    assert len(sources) == len(master.cells) + 1, "Both halves of the cell that was split."
    expect(page.get_by_text("Unreadable Notebook")).to_have_count(0)
    expect(page.get_by_role("paragraph").filter(has_text="New in the course.")).to_be_visible()
