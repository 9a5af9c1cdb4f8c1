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
    rows = re.findall(rf'^\| <span lang="zh">{CHINESE}.*', glossary(), re.MULTILINE)
    assert len(rows) >= FEWEST_TERMS, f"The appendix's `glossary-table` has only {len(rows)} Chinese terms."
    for row in rows:
        terms, pinyin, english, _ = (part.strip() for part in row.strip("|").split("|"))
        assert terms.count("<span") == len(pinyin.split(", ")), f"Say how each term sounds: {row}"
        assert english, f"Say what it means: {row}"


def test_every_chinese_term_is_explained():
    terms = set(re.findall(CHINESE, glossary()))
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        cells = [cell for cell in Lesson.read(path).notebook.cells if cell.id != "references"]
        text = re.sub(TITLE, "", "\n".join(cell.source for cell in cells))
        found = {term for term in re.findall(CHINESE, text) if len(term) <= LONGEST_TERM}
        assert found <= terms, f"Explain {found - terms} of {path.name} in the appendix's glossary."
