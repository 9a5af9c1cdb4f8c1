"""The instructors' report reads good, bad and hostile notebooks, and reruns them in kernels of their own."""

import csv
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course_utils.commands.report import main, report
from course_utils.exercises.engine.rendering import RECORD_TYPE


def checked(exercise, outcome, misconception=None):
    """Make a cell that holds what a check leaves behind."""
    record = {"exercise": exercise, "outcome": outcome, "misconception": misconception}
    return new_code_cell(
        "", outputs=[new_output("execute_result", data={"text/plain": "", RECORD_TYPE: record})]
    )


def submit(folder, name, *cells):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells)), path)


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


def test_stored_checks_are_read_and_summed_up(tmp_path):
    submit(
        tmp_path,
        "ada/01.ipynb",
        checked("softmax-attention.attend", "misconception", "no-scale"),
        checked("softmax-attention.one_key", "wrong"),
        checked("softmax-attention.one_key", "correct"),
    )
    submit(tmp_path, "bob/01.ipynb", checked("softmax-attention.attend", "misconception", "no-scale"))
    submit(tmp_path, "bob/.ipynb_checkpoints/01.ipynb", checked("softmax-attention.attend", "correct"))
    submit(tmp_path, "bob/.course/before/01.ipynb", checked("softmax-attention.attend", "wrong"))
    submit(
        tmp_path,
        "cleo.ipynb",
        checked("softmax-attention.attend", "misconception", "divided-by-d_k"),
        new_code_cell("1"),
    )
    summary = report(tmp_path, tmp_path / "out.csv")
    assert table(tmp_path / "out.csv") == [
        ("./ada/01.ipynb", "softmax-attention.attend", "misconception", "no-scale"),
        ("./ada/01.ipynb", "softmax-attention.one_key", "correct", ""),
        ("./bob/01.ipynb", "softmax-attention.attend", "misconception", "no-scale"),
        ("./cleo.ipynb", "softmax-attention.attend", "misconception", "divided-by-d_k"),
    ]
    assert summary.splitlines() == [
        "Notebooks: 3",
        "    1 correct",
        "    3 misconception",
        "Misconceptions, the most frequent first:",
        "    2 softmax-attention.attend: no-scale",
        "    1 softmax-attention.attend: divided-by-d_k",
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"not json", b"\x00\xff", b"[]", b'{"cells": 3}', b'{"cells": [3]}', b"[" * 100_000],
    ids=["empty", "text", "bytes", "list", "cells-3", "cell-3", "deep"],
)
def test_what_is_no_notebook_is_a_row(tmp_path, content):
    (tmp_path / "=1+1.ipynb").write_bytes(content)
    submit(tmp_path, "good.ipynb", checked("softmax-attention.one_key", "correct"))
    report(tmp_path, tmp_path / "out.csv")
    assert table(tmp_path / "out.csv") == [
        ("./=1+1.ipynb", "", "not a notebook", ""),
        ("./good.ipynb", "softmax-attention.one_key", "correct", ""),
    ]


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        3,
        [3],
        [{"data": 3}],
        [{"data": {RECORD_TYPE: 3}}],
        [{"data": {RECORD_TYPE: {"exercise": "=HYPERLINK(1)", "outcome": "correct", "misconception": None}}}],
        [
            {
                "data": {
                    RECORD_TYPE: {
                        "exercise": "softmax-attention.attend",
                        "outcome": "splendid",
                        "misconception": None,
                    }
                }
            }
        ],
        [
            {
                "data": {
                    RECORD_TYPE: {
                        "exercise": "softmax-attention.attend",
                        "outcome": ["wrong"],
                        "misconception": "=1",
                    }
                }
            }
        ],
        [
            {
                "data": {
                    RECORD_TYPE: {
                        "exercise": "softmax-attention.attend",
                        "outcome": "wrong",
                        "misconception": "=1",
                    }
                }
            }
        ],
    ],
)
def test_forged_outputs_are_passed_over(tmp_path, outputs):
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": outputs}]}))
    report(tmp_path, tmp_path / "out.csv")
    assert table(tmp_path / "out.csv") == [("./a.ipynb", "", "no exercise was checked", "")]


def test_wrong_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a folder with submitted notebooks"):
        report(tmp_path / "nowhere", tmp_path / "out.csv")
    with pytest.raises(ValueError, match=r"holds no \.ipynb file"):
        report(tmp_path, tmp_path / "out.csv")
    submit(tmp_path, "a.ipynb")
    with pytest.raises(ValueError, match="timeout is 0"):
        report(tmp_path, tmp_path / "out.csv", timeout=0)


def test_command_line(tmp_path, capsys):
    submit(tmp_path, "a.ipynb", checked("softmax-attention.one_key", "correct"))
    assert main([str(tmp_path), "--out", str(tmp_path / "out.csv")]) == 0
    assert "Notebooks: 1" in capsys.readouterr().out
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "expected a folder" in capsys.readouterr().err


SETUP = "from course_utils.exercises import softmax_attention as ex"


@pytest.mark.slow
def test_rerun_replaces_what_was_stored_and_contains_hang_and_crash(tmp_path):
    forged = checked("softmax-attention.one_key", "correct")
    forged.source = "ex.one_key.check([7, 8, 8])"
    endless = "def attend(queries, keys, values):\n    while True: pass\nex.attend.check(attend)"
    submit(
        tmp_path,
        "a-loop.ipynb",
        new_code_cell(SETUP),
        new_code_cell(endless),
        new_code_cell("ex.one_key.check([7, 8, 9])"),
    )
    submit(tmp_path, "b-forged.ipynb", new_code_cell(SETUP), new_code_cell("1 / 0"), forged)
    submit(tmp_path, "c-crash.ipynb", new_code_cell(SETUP), forged, new_code_cell("import os; os._exit(1)"))
    (tmp_path / "d-nothing.ipynb").write_text("{}")
    report(tmp_path, tmp_path / "out.csv", rerun=True, timeout=60)
    assert table(tmp_path / "out.csv") == [
        ("./a-loop.ipynb", "softmax-attention.attend", "raised", ""),
        ("./a-loop.ipynb", "softmax-attention.one_key", "correct", ""),
        ("./b-forged.ipynb", "softmax-attention.one_key", "wrong", ""),
        ("./c-crash.ipynb", "softmax-attention.one_key", "wrong", ""),
        ("./c-crash.ipynb", "", "its kernel died", ""),
        ("./d-nothing.ipynb", "", "not a notebook", ""),
    ]


def test_rerun_stops_a_notebook_that_hangs(tmp_path):
    hang = "while True:\n    try:\n        turns = 0\n    except KeyboardInterrupt:\n        pass"
    submit(tmp_path, "hang.ipynb", new_code_cell(hang), checked("softmax-attention.one_key", "correct"))
    report(tmp_path, tmp_path / "out.csv", rerun=True, timeout=2)
    assert table(tmp_path / "out.csv") == [("./hang.ipynb", "", "stopped at the time limit", "")]
