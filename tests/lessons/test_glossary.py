"""Every Chinese term of the course stands in the appendix's glossary."""

import re

from tools.checks import NOTEBOOKS, Lesson

CHINESE = r"[\u4e00-\u9fff]+"
TITLE = r"《[^》]*》"
FEWEST_TERMS = 40
LONGEST_TERM = 8  # characters; what is longer is a quotation, which its own lesson translates


def glossary() -> str:
    return Lesson.named("appendix-questions-and-sources").source("glossary-table")


def test_it_explains_many_terms():
    rows = len(re.findall(rf"^\| {CHINESE}", glossary(), re.MULTILINE))
    assert rows >= FEWEST_TERMS, f"The appendix's `glossary-table` has only {rows} rows with Chinese terms."


def test_every_chinese_term_is_explained():
    terms = set(re.findall(CHINESE, glossary()))
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        cells = [cell for cell in Lesson.read(path).notebook.cells if cell.id != "references"]
        text = re.sub(TITLE, "", "\n".join(cell.source for cell in cells))
        found = {term for term in re.findall(CHINESE, text) if len(term) <= LONGEST_TERM}
        assert found <= terms, f"Explain {found - terms} of {path.name} in the appendix's glossary."
