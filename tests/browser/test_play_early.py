"""The first four lessons let a student play before the fifth screen; their exercises prove the measure."""

import shutil
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tools.checks import Lesson, shows_an_explorer
from tools.lab import Lab

pytestmark = pytest.mark.slow
LESSONS = ("softmax-attention", "scoring-functions", "loss-functions", "gradient-descent")
SCREEN, SCREENS = 650, 5  # pixels, and before how many of them something moves

# Walks to the end until its last cell is laid out, which JupyterLab does late when busy, and gives how
# far below the title each cell begins.
TOPS = """async () => {
  const lesson = window.jupyterapp.shell.currentWidget.content;
  const panel = lesson.node.querySelector('.jp-WindowedPanel-outer');
  const tops = {};
  const walk = async () => {
    for (let place = 0; place < panel.scrollHeight; place += 300) {
      panel.scrollTop = place;
      await new Promise(done => setTimeout(done, 100));
      for (const cell of lesson.widgets.filter(cell => cell.node.isConnected)) {
        const top = cell.node.getBoundingClientRect().top - panel.getBoundingClientRect().top;
        tops[cell.model.id] = top + panel.scrollTop;
      }
    }
  };
  for (let round = 0; round < 20 && !(lesson.widgets.at(-1).model.id in tops); round += 1) await walk();
  return tops;
}"""


@pytest.mark.parametrize("name", LESSONS)
def test_something_moves_before_the_fifth_screen(name: str, page: Page, lab: Lab, open_lesson: Callable):
    lesson = Lesson.named(name)
    shutil.copy(lesson.path, lab.folder / "notebooks" / f"early-{lesson.path.name}")  # it loses its outputs
    open_lesson(page, f"early-{lesson.path.name}")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    screens = {cell: top / SCREEN for cell, top in page.evaluate(TOPS).items()}
    first = next(cell.id for cell in lesson.cells("code") if shows_an_explorer(cell))
    print(f"{name}: {first} begins after {screens[first]:.1f} screens of {screens['references']:.1f}")
    assert screens[first] < SCREENS, f"Move `{first}` of {lesson.path.name} up; its theory may follow."
    assert screens["exercises"] > SCREENS, "The measure is broken: what comes late is said to be early."
