"""The ledger, the bibliography and the lessons agree; and each check of `ledger.py` can fail."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.checks import Lesson
from tools.ledger import CHECKS, COLUMNS, Course, Docstring, identifiers, read_bibliography, read_ledger
from tools.quotations import mark_lines

CHECK = {check.__name__: check for check in CHECKS}


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.read()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_course(check, course: Course):
    assert not (faults := list(check(course))), "\n".join([check.__doc__, *faults])


# A course of one lesson, sound, and then with one fault at a time.

VERDICT = (
    "| **C006** | ignores | misleading | no [Vas17] |\n| **C015** | names | correct | shapes (2, 3) |\n"
    "| **C016** | (ours) | addition | 1.5 |"
)
BIBLIOGRAPHY = """@article{Vas17,
  author = {Vaswani, A.},
  title = {Attention Is All You Need},
  year = {2017},
  eprint = {1706.03762},
  archiveprefix = {arXiv},
}
"""
ARTICLE = "# Attention\n它可以忽略其余的部分。\n这些名称是正确的名称。"
SAID = "2,它可以忽略其余的部分,it can ignore the rest,"
SOUND = {
    "rows": [
        f"C006,ignores,MISLEADING,All are above 0.,sample,weights,computed ; Vas17,2.06e-09 ; 1.5,{SAID}",
        "C015,names,CORRECT,They agree.,sample,verdict,Vas17,shapes,3,这些名称是正确的,these are right,",
        "C016,ours,ADDITION,A sum.,sample,weights,computed,1.5,,,,",
    ],
    "verdict": VERDICT,
    "output": "weights [-1.5 2.06e-09]\nsum 1.5\n",
    "bibliography": BIBLIOGRAPHY,
    "docstring": "Attend.\n\nReferences\n----------\nVaswani (2017). arXiv:1706.03762",
    "readme": "A course.",
}


def make_course(
    rows: list[str], verdict: str, output: str, bibliography: str, docstring: str, readme: str
) -> Course:
    printed = new_output("stream", name="stdout", text=output)
    cells = [
        new_markdown_cell(verdict, id="verdict"),
        new_code_cell("print(weights)", id="weights", outputs=[printed]),
    ]
    lesson = Lesson(Path("01-sample.ipynb"), new_notebook(cells=cells))
    table = read_ledger("\n".join([",".join(COLUMNS), *rows]))
    docstrings, others = [Docstring("attention.py:attend", docstring)], {"README.md": readme}
    wanted, marks = frozenset({"C006", "C015"}), mark_lines(ARTICLE)
    return Course([lesson], table, read_bibliography(bibliography), docstrings, others, wanted, marks)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_course_passes(check):
    assert list(check(make_course(**SOUND))) == []


def with_row(old: str, new: str) -> dict:
    return {"rows": [row.replace(old, new) for row in SOUND["rows"]]}


def with_reference(text: str) -> dict:
    return {"docstring": f"Attend.\n\nReferences\n----------\n{text}\n\nExamples\n--------"}


def said_with(row: str, old: str, new: str) -> dict:
    """Change one row of the sound course, which has its place in the list."""
    rows = [line.replace(old, new) if line.startswith(row) else line for line in SOUND["rows"]]
    assert rows != SOUND["rows"]
    return {"rows": rows}


REPEATING = {"rows": [SOUND["rows"][0] + "C015", *SOUND["rows"][1:]]}
TWICE = BIBLIOGRAPHY + BIBLIOGRAPHY.replace("Vas17", "Vas18")
NOT_CITED = {"docstring": "Attend.", "verdict": VERDICT.replace("Vas17", "")}

BAD = [
    ("has_sound_rows", {"rows": []}, "is empty"),
    ("has_sound_rows", with_row("C006", "C6"), "`C6` in claims.csv should be C and three digits"),
    ("has_sound_rows", with_row("C015", "C006"), "C006 stands in 2 rows"),
    ("has_sound_rows", with_row("CORRECT", "RIGHT"), "the verdict 'RIGHT'"),
    (
        "has_sound_rows",
        with_row("C015,names", "C015,"),
        "C015 of claims.csv has an empty part in its column `claim`",
    ),
    ("has_sound_rows", with_row("2.06e-09 ; 1.5", " ; 1.5"), "`shown`"),
    ("values_are_found", with_row(",weights,", ",lost,"), "C006 points to the cell `lost`"),
    ("values_are_found", with_row("2.06e-09", "2.07e-09"), "promises `2.07e-09`"),
    ("values_are_found", with_row("2.06e-09", "06e-09"), "promises `06e-09`"),
    ("values_are_found", with_row("2.06e-09", "2.06"), "promises `2.06`"),
    ("values_are_found", {"output": "weights [-1.5 2.06e-09]"}, "promises `1.5`"),
    ("values_are_found", with_row(",shapes", ",weights"), "promises `weights`"),
    ("computed_means_computed", with_row(",weights,", ",verdict,"), "`verdict` is a text cell"),
    ("computed_means_computed", with_row("computed ; ", ""), "`weights` is a code cell"),
    ("lessons_and_ledger_agree", {"verdict": VERDICT.replace("C006", "C007")}, "has 0 table rows"),
    ("lessons_and_ledger_agree", {"verdict": VERDICT + " C007"}, "mentions C007, which has no row"),
    ("lessons_and_ledger_agree", {"verdict": VERDICT.replace("correct", "wrong")}, "calls C015 CORRECT"),
    ("sources_are_known", with_row("Vas17", "Vas18"), "the source `Vas18`"),
    ("citations_are_known", {"verdict": VERDICT + " [Bah14; Vas17]"}, "[Bah14]"),
    (
        "entries_are_cited",
        {"bibliography": BIBLIOGRAPHY.replace("Vas17", "vP99"), **NOT_CITED},
        "cites [vP99]",
    ),
    ("entries_differ", {"bibliography": TWICE}, "Vas17 and Vas18 are one work, 1706.03762"),
    ("docstrings_cite_entries", {"docstring": "See doi:10.1007/BF00275687."}, "names 10.1007/bf00275687"),
    ("docstrings_cite_entries", with_reference("Hebb (1949). A book."), "a work of (1949)"),
    ("docstrings_cite_entries", with_reference("Hebb (1949). Oja (1982). arXiv:1706.03762"), "of (1949)"),
    ("docstrings_cite_entries", with_reference("Hebb (1949). A book. [Heb49]"), "a work of (1949)"),
    ("works_not_found_stay_in_the_appendix", {"readme": "arXiv:1705.01406"}, "README.md names “1705.01406”"),
    (
        "works_not_found_stay_in_the_appendix",
        {"verdict": VERDICT + "《注意力机制导论》"},
        "01-sample.ipynb names",
    ),
    ("works_not_found_stay_in_the_appendix", with_row("names", "on edX"), "C015 of claims.csv names “edX”"),
    ("every_claim_is_judged", {"rows": SOUND["rows"][1:]}, "C006 has no row"),
    ("every_claim_is_judged", with_row(",sample,", ",other,"), "C006 of claims.csv names no lesson"),
    ("every_claim_is_judged", with_row("CORRECT", "NOT FOUND"), "C015 is NOT FOUND"),
    (
        "quotations_stand_in_the_article",
        said_with("C006", "忽略", "注意"),
        "C006 quotes what line 2 does not say",
    ),
    ("quotations_stand_in_the_article", said_with("C006", ",2,", ",3,"), "what line 3 does not say"),
    ("quotations_stand_in_the_article", said_with("C006", ",2,", ",9,"), "what line 9 does not say"),
    (
        "quotations_stand_in_the_article",
        said_with("C015", "这些名称是正确的", "这些名称"),
        "or too little of it",
    ),
    (
        "quotations_stand_in_the_article",
        said_with("C006", ",2,", ",2 ; 3,"),
        "not as many lines as quotations",
    ),
    ("quotations_stand_in_the_article", said_with("C015", "these are right", ""), "it has line, quote."),
    (
        "quotations_stand_in_the_article",
        said_with("C016", ",,,,", ",3,,,"),
        "C016 is ours; empty its column `line`",
    ),
    ("every_sentence_is_judged", {"rows": SOUND["rows"][:1]}, "Line 3 of the article is quoted by no row"),
    ("the_standard_is_kept", said_with("C006", "it can ignore", "it ignores"), "C006 quotes the hedge 可以"),
    (
        "the_standard_is_kept",
        said_with("C015", "CORRECT,They agree", "WRONG,We found no study"),
        "UNVERIFIABLE",
    ),
    ("the_standard_is_kept", with_row("CORRECT", "NOT FOUND"), "does not say where it was looked for"),
    ("the_standard_is_kept", REPEATING, "C006 repeats C015, which is no first fault"),
    (
        "the_standard_is_kept",
        {"rows": [SOUND["rows"][0], SOUND["rows"][1] + "C006"]},
        "C015 is CORRECT, so it repeats no fault",
    ),
    ("entries_are_sound", {"bibliography": BIBLIOGRAPHY * 2}, "2 entries"),
    ("entries_are_sound", {"bibliography": BIBLIOGRAPHY.replace("year", "ear")}, "has no year"),
    ("entries_are_sound", {"bibliography": BIBLIOGRAPHY.replace("1706", "1766")}, "arXiv number"),
    ("entries_are_sound", {"bibliography": BIBLIOGRAPHY.replace("eprint =", "doi =")}, "well-formed DOI"),
]


@pytest.mark.parametrize(("name", "fault", "says"), BAD)
def test_a_fault_is_named(name: str, fault: dict, says: str):
    assert says in "\n".join(CHECK[name](make_course(**(SOUND | fault))))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "first row of claims.csv should name its columns: id,claim"),
        ("id,claim\nC001,a", "first row of claims.csv"),
        (
            f"{','.join(COLUMNS)}\n\nC006,ignores,WRONG,1,sample",
            "row C006 of claims.csv has 5 columns in place",
        ),
        (f"{','.join(COLUMNS)}\n{SOUND['rows'][0]}, and more", "has 13 columns .* a comma in quotes"),
    ],
)
def test_a_row_of_other_columns_is_refused(text: str, says: str):
    with pytest.raises(ValueError, match=says):
        read_ledger(text)


def test_every_check_is_shown_to_fail():
    assert {name for name, _, _ in BAD} == set(CHECK), "Add a fault for each new check."


def test_a_docstring_counts_as_a_citation():
    course = make_course(**(SOUND | {"rows": [SOUND["rows"][1].replace("Vas17", "reasoned")], **NOT_CITED}))
    assert list(CHECK["entries_are_cited"](course))
    for docstring in (
        "See arXiv:1706.03762.",
        "See https://arxiv.org/abs/1706.03762",
        "Vaswani (2017) [Vas17]",
    ):
        cited = course._replace(docstrings=[Docstring("attention.py", docstring)])
        assert not list(CHECK["entries_are_cited"](cited))


def test_an_identifier_is_read_whole():
    text = (
        "doi:10.1016/S0987-7053(00)00055-1. (See doi:10.1038/78829), or <https://doi.org/10.1007/BF00275687>."
    )
    expected = ["10.1016/s0987-7053(00)00055-1", "10.1038/78829", "10.1007/bf00275687"]
    assert identifiers(text.replace("<", "").replace(">", "")) == expected
