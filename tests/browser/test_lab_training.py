"""A training in the real JupyterLab: no bar on red; stopped, it says one line, and Run All ends there."""

from collections.abc import Callable

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow
SLOW = 120_000  # milliseconds; a hang, not a slow machine
LONG = """
import torch
from course_utils.learning.kept import keep
from course_utils.learning.training import fit

examples = torch.rand(64, 3), torch.arange(64) % 2


def train(networks):
    fit(networks["toy"], examples, examples, epochs=10**5, batch_size=16)


keep("toy", lambda: {"toy": torch.nn.Linear(3, 2)}, train)
"""


def test_a_training_is_stopped(page: Page, lab, open_lesson: Callable, wait_idle: Callable):
    cells = [new_code_cell(LONG, id="train"), new_code_cell("print('behind it')", id="behind")]
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = new_notebook(cells=cells, metadata=metadata)
    nbformat.write(notebook, lab.folder / "notebooks" / "stopped-training.ipynb")
    open_lesson(page, "stopped-training.ipynb")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    first, second = (page.locator(f'.jp-Cell[data-windowed-list-index="{i}"]') for i in range(2))
    outputs = first.locator(".jp-OutputArea-output")
    expect(outputs.first).to_contain_text("validation_accuracy", timeout=SLOW)
    red = first.locator("[data-mime-type='application/vnd.jupyter.stderr']")
    expect(red).to_have_count(0)
    assert outputs.first.inner_text().count("step/s") == 1, "The bar should be one line that moves."

    page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    wait_idle(page)
    expect(outputs).to_have_count(2)
    words = outputs.nth(1).inner_text().strip()
    assert words.startswith("Stopped after step ")
    assert words.endswith("Nothing was kept; run this cell again to train from the start.")
    assert "\n" not in words
    expect(red).to_have_count(1)  # this line, as any error
    expect(second.locator(".jp-OutputArea-output")).to_have_count(0)
