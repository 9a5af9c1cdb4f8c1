"""Chinese words are drawn with the course's own font, which needs none installed, and say what they are."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Locator, Page

from course_utils.explorers import ledger
from tools import slides as tool
from tools.notebooks import METADATA

pytestmark = pytest.mark.slow
SLIDE = {"slideshow": {"slide_type": "slide"}}
WORDS = 'Attention: **<span lang="zh">《注意力》</span>**'
LOADED = "async () => { await document.fonts.ready; return document.fonts.size; }"


def brought(place: Locator) -> bool:
    """Say whether Chromium draws the text of an element with a font that the page brought."""
    place.wait_for()
    page = place.page
    page.evaluate(LOADED)
    place.evaluate("element => element.setAttribute('data-probe', '')")
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    document = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": document, "selector": "[data-probe]"})["nodeId"]
    fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    place.evaluate("element => element.removeAttribute('data-probe')")
    assert fonts, "The element has no text of its own."
    return any(font["isCustomFont"] for font in fonts)


def lesson(metadata: dict) -> NotebookNode:
    cells = [
        new_markdown_cell(f"# Words\n\n{WORDS}", id="words", metadata=SLIDE),
        new_code_cell('term = "注意力"\nprint(term)', id="printed"),
        new_code_cell("from course_utils.explorers import ledger_explorer\n\nledger_explorer()", id="play"),
    ]
    return new_notebook(cells=cells, metadata=metadata)


def test_a_deck_brings_the_font(page: Page, vendor: Path, tmp_path: Path):
    (tmp_path / "notebooks").mkdir()
    nbformat.write(lesson({}), tmp_path / "notebooks" / "97-words.ipynb")
    (tmp_path / "vendor").symlink_to(vendor)
    tool.make_all([tmp_path / "notebooks" / "97-words.ipynb"], tmp_path)
    page.goto((tmp_path / "97-words.html").as_uri())
    page.wait_for_selector(".reveal.ready")
    assert brought(page.locator("[lang=zh]"))
    assert brought(page.locator("span.s2", has_text="注意力"))  # in code no tag can say what is Chinese


def test_jupyterlab_keeps_the_mark_and_loads_the_font(
    page: Page, lab, open_lesson: Callable, run_all: Callable
):
    nbformat.write(lesson(METADATA), lab.folder / "notebooks" / "97-words.ipynb")
    open_lesson(page, "97-words.ipynb")
    run_all(page)
    page.locator(".explorer input[type=text]").fill(ledger.read_ledger()[113]["id"])
    page.get_by_role("status").get_by_text("神经网络与深度学习").wait_for()
    assert brought(page.locator(".jp-RenderedMarkdown [lang=zh]"))  # the sanitiser left its mark
    assert brought(page.locator(".jp-CodeCell .cm-line span", has_text="注意力"))
    assert brought(page.locator(".jp-OutputArea pre", has_text="注意力"))
    assert brought(page.locator(".explorer-readout"))


def test_without_the_style_sheet_the_machine_decides(page: Page, lab, open_lesson: Callable):
    nbformat.write(lesson({"kernelspec": METADATA["kernelspec"]}), lab.folder / "notebooks" / "96-bare.ipynb")
    open_lesson(page, "96-bare.ipynb")
    assert not brought(page.locator(".jp-RenderedMarkdown [lang=zh]"))
