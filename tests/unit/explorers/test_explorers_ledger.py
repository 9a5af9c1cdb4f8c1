"""The ledger explorer: what it reads, finds, writes and refuses; and the control for words."""

import csv
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from course_utils.explorers import base, ledger, ledger_explorer

ROOT = Path(__file__).resolve().parents[3]
ROWS = [
    {
        "id": "C001",
        "claim": "Softmax ignores <b>",
        "verdict": "WRONG",
        "right": "A sentence.",
        "lesson": "softmax-attention",
        "cell": "sum",
    },
    {
        "id": "C002",
        "claim": "Backpropagation",
        "verdict": "CORRECT",
        "right": "A sentence.",
        "lesson": "scoring-functions",
        "cell": "read-sum",
    },
    {
        "id": "C003",
        "claim": "softmax is smooth",
        "verdict": "CORRECT",
        "right": "A sentence.",
        "lesson": "softmax-attention",
        "cell": "sum",
    },
]


def ids(rows):
    return [row["id"] for row in rows]


def test_it_reads_every_line_of_the_file():
    with (ROOT / "claims.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))[1:]
    assert [list(row.values()) for row in ledger.read_ledger(ROOT)] == lines


def test_it_looks_here_then_above(tmp_path: Path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "claims.csv").write_text("id,claim\nC009,above\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "notebooks")
    assert ledger.read_ledger()[0]["claim"] == "above"
    (tmp_path / "notebooks" / "claims.csv").write_text("id,claim\nC009,here\n", encoding="utf-8")
    assert ledger.read_ledger()[0]["claim"] == "here"


def test_without_a_file_it_says_what_to_do(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"There is no claims\.csv here\. .* folder `notebooks`"):
        ledger.read_ledger(tmp_path)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["C001", "C002", "C003"]),
        ({"lesson": "softmax-attention"}, ["C001", "C003"]),
        ({"verdict": "CORRECT"}, ["C002", "C003"]),
        ({"lesson": "softmax-attention", "verdict": "CORRECT"}, ["C003"]),
        ({"words": "SOFTMAX"}, ["C001", "C003"]),
        ({"words": "smooth softmax"}, ["C003"]),
        ({"words": "c002"}, ["C002"]),
        ({"words": "nothing"}, []),
    ],
)
def test_it_finds_rows_that_meet_every_wish(asked: dict, found: list):
    assert ids(ledger.search_ledger(ROWS, **asked)) == found


def test_the_table_links_each_claim_to_its_cell():
    table = BeautifulSoup(ledger.ledger_table(ROWS), "html.parser")
    assert [link["href"] for link in table.find_all("a")] == [
        "01-softmax-attention.ipynb#cell-id=sum",
        "02-scoring-functions.ipynb#cell-id=read-sum",
        "01-softmax-attention.ipynb#cell-id=sum",
    ]
    assert [head.text for head in table.find_all("th", scope="row")] == ids(ROWS)
    assert table.caption.text.startswith("3 claims; ")
    assert "<caption>1 claim; " in ledger.ledger_table(ROWS[:1])
    assert table.find("td").text == "Softmax ignores <b>"  # escaped, so no tag of its own
    assert len(table.find_all("th", scope="col")) == len(table.tbody.tr.find_all(["th", "td"])) == 5


def test_the_table_gives_the_article_s_words_with_line_and_translation():
    said = {"line": "5 ; 43", "quote": "键 < 值 ; \\frac{1}{2}", "translation": "key < value"}
    row = ROWS[1] | said | {"repeats": "C001"}
    cells = BeautifulSoup(ledger.ledger_table([row]), "html.parser").find_all("td")
    assert cells[0].small.text == "line 5: 键 < 值; line 43: \\frac{1}{2} “key < value”"
    assert [code.text for code in cells[0].find_all("code")] == ["\\frac{1}{2}"]
    assert cells[1].text == "correct (as C001)"


def test_a_fault_is_counted_once():
    rows = ledger.read_ledger(ROOT)
    counts = ledger.count_verdicts(rows)
    assert counts["ADDITION"] == 0
    again = sum(bool(row["repeats"]) for row in rows)
    ours = sum(row["verdict"] == "ADDITION" for row in rows)
    assert again > 0
    assert counts.total() == len(rows) - ours - again


def test_the_table_says_which_words_are_chinese():
    row = ROWS[0] | {"claim": "The key <键>", "right": "See 《键：值》."}
    table = BeautifulSoup(ledger.ledger_table([row]), "html.parser")
    assert [words.text for words in table.find_all(lang="zh")] == ["键", "《键：值》"]
    assert table.find("td").text == "The key <键>"


def test_long_lists_and_claims_are_cut_in_the_readout():
    many = [ROWS[0] | {"claim": 200 * "x"}] * (ledger.SHOWN + 3)
    lines = ledger.describe_rows(many).splitlines()
    assert len(lines) == ledger.SHOWN + 2
    assert lines[0] == f"{ledger.SHOWN + 3} claims found."
    assert "… and 3 more" in lines[-1]
    assert max(map(len, lines)) < 130


def test_it_lists_nothing_before_it_is_asked():
    assert ledger_explorer(ROWS).frame["words"] == f"3 claims. {ledger.ASK}"


def test_the_bars_count_what_was_found():
    explorer = ledger_explorer(ROWS)
    explorer.values = {**explorer.values, "words": "  softmax   smooth "}
    assert "correct 1 of 2" in explorer.frame["alt"]
    assert "wrong 0 of 1" in explorer.frame["alt"]
    assert explorer.frame["words"].startswith(
        "1 claim found.\nC003 correct: softmax is smooth (softmax-attention, sum)"
    )
    assert [bar.get_width() for bar in explorer._picture.bars] == [1, 0, 0, 0, 0, 0]


def test_it_offers_every_lesson_and_verdict_of_the_ledger():
    choices = {
        control.name: [value for value, _ in control.options] for control in ledger_explorer()._parts[:2]
    }
    rows = ledger.read_ledger()
    assert {row["lesson"] for row in rows} == set(choices["lesson"]) - {ledger.ALL}
    assert {row["verdict"] for row in rows} <= set(choices["verdict"])


# The control for words


@pytest.mark.parametrize(("typed", "read"), [("", ""), ("  two   words ", "two words"), ("准确率", "准确率")])
def test_words_are_read_with_single_spaces(typed: str, read: str):
    assert base.Text("words", "Words").read(typed) == read


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (None, "find is None;"),
        ([1], "find is [1];"),
        (61 * "x", "has 61 characters; expected words of at most"),
    ],
)
def test_what_are_no_words_gets_a_sentence(wrong: object, says: str):
    values, problems = base.read_values([base.Text("words", "Words to find")], {"words": wrong})
    assert values == {}
    assert problems["words"].startswith("Words to find ")
    assert says in problems["words"]
