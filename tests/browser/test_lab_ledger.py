"""The links of the ledger's table lead to the cell that settles a claim, in the real JupyterLab."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import Page, TimeoutError

from course_utils.lessons import find_lesson

pytestmark = pytest.mark.slow
SLOW = 60_000  # milliseconds; a hang, not a slow machine
CLICKS = 3
APPENDIX = "appendix-questions-and-sources.ipynb"
CLAIM, CELL = "C053", "article-arithmetic"
LESSON = find_lesson("softmax-attention").path.name

# Whether a lesson is open in front and, if a cell is named, whether that cell can be seen.
SHOWS = """([lesson, cell]) => {
  const panel = window.jupyterapp.shell.currentWidget;
  if (panel?.context?.path.split('/').pop() !== lesson) return false;
  const frame = panel.node.getBoundingClientRect();
  return !cell || panel.content.widgets.some(({ model, node }) => {
    const box = node.getBoundingClientRect();
    return model.id === cell && box.height > 0 && box.bottom > frame.top && box.top < frame.bottom;
  });
}"""
TO_THE_APPENDIX = (
    "() => window.jupyterapp.shell.activateById([...window.jupyterapp.shell.widgets('main')][0].id)"
)


def test_a_link_leads_to_the_cell(page: Page, lab, open_lesson: Callable, wait_idle: Callable):
    """The first click opens the lesson; JupyterLab may stay at its top, so a person clicks again."""
    open_lesson(page, APPENDIX)
    row = page.locator("tr", has=page.get_by_role("rowheader", name=CLAIM, exact=True))
    row.get_by_role("link").click()
    page.wait_for_function(SHOWS, arg=[LESSON, ""], timeout=SLOW)
    wait_idle(page)  # the lesson is drawn
    for _ in range(CLICKS):
        page.evaluate(TO_THE_APPENDIX)
        page.wait_for_function(SHOWS, arg=[APPENDIX, ""], timeout=SLOW)
        row.get_by_role("link").click()
        with suppress(TimeoutError):
            page.wait_for_function(SHOWS, arg=[LESSON, CELL], timeout=SLOW / CLICKS)
            return
    pytest.fail(f"{CLICKS} clicks on the link of {CLAIM} did not show the cell `{CELL}`.")
